// What the generated parser stands on: tokens without copies, a stream over them, and a base class
// that counts how deep the rules have called each other.
//
// Private to parser*.cc and to the generated code; the only header besides the generated one that
// sees ANTLR. Everything lives for one parse and one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "antlr4-runtime.h"
#include "sql/parser_lexer.h"

namespace shale {

// Rule calls inside one another. One parenthesis costs three, so kMaxNesting of them fit; the
// stack needed is about 2 MB.
inline constexpr int kMaxRuleDepth = 6000;

// Thrown through ANTLR's frames and caught in parser.cc, never further.
struct ParseTooDeep {};
struct ParseFailed {
  size_t token_index = 0;
};

// A LexedToken in ANTLR's clothes.
class StreamToken final : public antlr4::Token {
 public:
  StreamToken() = default;
  StreamToken(const LexedToken& token, size_t index) : token_(token), index_(index) {}

  const LexedToken& lexed() const { return token_; }

  std::string getText() const override { return {}; }
  size_t getType() const override {
    return token_.type == kEndOfInput ? antlr4::Token::EOF : token_.type;
  }
  size_t getLine() const override { return 0; }
  size_t getCharPositionInLine() const override { return 0; }
  size_t getChannel() const override { return antlr4::Token::DEFAULT_CHANNEL; }
  size_t getTokenIndex() const override { return index_; }
  size_t getStartIndex() const override { return token_.begin; }
  size_t getStopIndex() const override { return token_.end; }
  antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  antlr4::CharStream* getInputStream() const override { return nullptr; }
  std::string toString() const override { return {}; }

 private:
  LexedToken token_;
  size_t index_ = 0;
};

// The tokens of one statement, all there from the start; an end token closes them.
class LexedTokenStream final : public antlr4::TokenStream {
 public:
  // `tokens` need not end in kEndOfInput; `end_offset` is where that token stands in the text.
  LexedTokenStream(const LexedToken* tokens, size_t num_tokens, uint32_t end_offset);

  const StreamToken& at(size_t index) const { return tokens_[index]; }

  antlr4::Token* LT(ssize_t k) override;
  antlr4::Token* get(size_t index) const override {
    return const_cast<StreamToken*>(&tokens_[index]);
  }
  antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  std::string getText(const antlr4::misc::Interval&) override { return {}; }
  std::string getText() override { return {}; }
  std::string getText(antlr4::RuleContext*) override { return {}; }
  std::string getText(antlr4::Token*, antlr4::Token*) override { return {}; }
  void consume() override {
    ++num_consumed_;
    if (position_ + 1 < tokens_.size()) ++position_;
  }
  // Counts every consume(), those that a seek() takes back too.
  size_t num_consumed() const { return num_consumed_; }
  size_t first_type() const { return tokens_[position_].getType(); }
  size_t LA(ssize_t k) override {
    const size_t index = position_ + static_cast<size_t>(k - (k > 0 ? 1 : 0));
    return index < tokens_.size() ? tokens_[index].getType() : antlr4::Token::EOF;
  }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return position_; }
  void seek(size_t index) override {
    position_ = index < tokens_.size() ? index : tokens_.size() - 1;
  }
  size_t size() override { return tokens_.size(); }
  std::string getSourceName() const override { return "sql"; }

 private:
  std::vector<StreamToken> tokens_;
  size_t position_ = 0;
  size_t num_consumed_ = 0;
};

// Stops at the first error: no repair, no message; parser_errors.cc finds the words.
class StopAtFirstError final : public antlr4::ANTLRErrorStrategy {
 public:
  void reset(antlr4::Parser*) override {}
  antlr4::Token* recoverInline(antlr4::Parser* parser) override;
  void recover(antlr4::Parser* parser, std::exception_ptr error) override;
  void sync(antlr4::Parser*) override {}
  bool inErrorRecoveryMode(antlr4::Parser*) override { return false; }
  void reportMatch(antlr4::Parser*) override {}
  void reportError(antlr4::Parser*, const antlr4::RecognitionException&) override {}
};

// ANTLR's predictor with a memory: nearly every decision of the grammar is made on one token, and
// in SLL mode such a decision depends on nothing but its number, that token and the precedence
// asked for. The memory is shared by all parsers and threads; entries are written once, always
// with the same value.
class RememberingPredictor final : public antlr4::atn::ParserATNSimulator {
 public:
  using ParserATNSimulator::ParserATNSimulator;

  void UseMemory(size_t num_decisions, size_t max_token_type);

  // Hides the virtual one: the generated code calls this directly.
  size_t adaptivePredict(antlr4::TokenStream* input, size_t decision,
                         antlr4::ParserRuleContext* context) {
    auto* stream = static_cast<LexedTokenStream*>(input);
    const size_t precedence = static_cast<size_t>(parser->getPrecedence() + 1);
    size_t type = stream->first_type();
    if (type == antlr4::Token::EOF) type = 0;
    if (memory_ == nullptr || precedence >= kPrecedences) {
      return ParserATNSimulator::adaptivePredict(input, decision, context);
    }
    std::atomic<uint8_t>& entry =
        memory_[(decision * kPrecedences + precedence) * num_types_ + type];
    if (const uint8_t known = entry.load(std::memory_order_relaxed); known != 0) return known;
    const size_t before = stream->num_consumed();
    const size_t alternative = ParserATNSimulator::adaptivePredict(input, decision, context);
    if (stream->num_consumed() == before && alternative < 256) {
      entry.store(static_cast<uint8_t>(alternative), std::memory_order_relaxed);
    }
    return alternative;
  }

  // Full LL looks at the rules around, which the memory does not know.
  void ForgetMemory() { memory_ = nullptr; }

 private:
  static constexpr size_t kPrecedences = 16;

  std::atomic<uint8_t>* memory_ = nullptr;
  size_t num_types_ = 0;
};

class DepthLimitedParser : public antlr4::Parser {
 public:
  explicit DepthLimitedParser(antlr4::TokenStream* input) : antlr4::Parser(input) {}

  // For a new parse; `mode` LL makes it slow and exact.
  void Prepare(antlr4::atn::PredictionMode mode);

  // Hides the base's, so that the generated code finds this one without a cast.
  template <typename Simulator>
  RememberingPredictor* getInterpreter() const {
    return predictor_.get();
  }

  // A parse started from within another one goes on counting where that one stands.
  void set_depth(int depth) { depth_ = depth; }

  void enterRule(antlr4::ParserRuleContext* context, size_t state, size_t rule) override {
    Enter();
    antlr4::Parser::enterRule(context, state, rule);
  }
  void exitRule() {
    --depth_;
    antlr4::Parser::exitRule();
  }
  void enterRecursionRule(antlr4::ParserRuleContext* context, size_t state, size_t rule,
                          int precedence) override {
    Enter();
    antlr4::Parser::enterRecursionRule(context, state, rule, precedence);
  }
  void unrollRecursionContexts(antlr4::ParserRuleContext* parent) override {
    --depth_;
    antlr4::Parser::unrollRecursionContexts(parent);
  }

 private:
  void Enter() {
    if (++depth_ > kMaxRuleDepth) throw ParseTooDeep();
  }
  int depth_ = 0;
  std::unique_ptr<RememberingPredictor> predictor_;
};

}  // namespace shale
