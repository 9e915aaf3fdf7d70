#include "sql/parser_runtime.h"

namespace shale {

void RememberingPredictor::UseMemory(size_t num_decisions, size_t max_token_type) {
  // One grammar, so one memory: under a megabyte for about two hundred decisions.
  static auto* const memory =
      new std::vector<std::atomic<uint8_t>>(num_decisions * kPrecedences * (max_token_type + 1));
  memory_ = memory->data();
  num_types_ = max_token_type + 1;
}

void DepthLimitedParser::Prepare(antlr4::atn::PredictionMode mode) {
  reset();
  if (predictor_ == nullptr) {
    auto* made = antlr4::Parser::getInterpreter<antlr4::atn::ParserATNSimulator>();
    predictor_ = std::make_unique<RememberingPredictor>(this, made->atn, made->decisionToDFA,
                                                        made->getSharedContextCache());
  }
  predictor_->setPredictionMode(mode);
  if (mode == antlr4::atn::PredictionMode::SLL) {
    predictor_->UseMemory(predictor_->decisionToDFA.size(), predictor_->atn.maxTokenType);
  } else {
    predictor_->ForgetMemory();
  }
}

LexedTokenStream::LexedTokenStream(const LexedToken* tokens, size_t num_tokens,
                                   uint32_t end_offset) {
  tokens_.reserve(num_tokens + 1);
  for (size_t i = 0; i < num_tokens; ++i) tokens_.emplace_back(tokens[i], i);
  tokens_.emplace_back(LexedToken{end_offset, end_offset, kEndOfInput, 0, 0}, num_tokens);
}

antlr4::Token* LexedTokenStream::LT(ssize_t k) {
  if (k == 0) return nullptr;
  if (k < 0) {
    const size_t back = static_cast<size_t>(-k);
    return back <= position_ ? &tokens_[position_ - back] : nullptr;
  }
  const size_t index = position_ + static_cast<size_t>(k) - 1;
  return &tokens_[index < tokens_.size() ? index : tokens_.size() - 1];
}

antlr4::Token* StopAtFirstError::recoverInline(antlr4::Parser* parser) {
  throw ParseFailed{parser->getCurrentToken()->getTokenIndex()};
}

void StopAtFirstError::recover(antlr4::Parser* parser, std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const antlr4::RecognitionException& e) {
    const antlr4::Token* token = e.getOffendingToken();
    throw ParseFailed{token != nullptr ? token->getTokenIndex()
                                       : parser->getCurrentToken()->getTokenIndex()};
  }
}

}  // namespace shale
