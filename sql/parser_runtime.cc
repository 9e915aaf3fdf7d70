#include "sql/parser_runtime.h"

namespace shale {

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
