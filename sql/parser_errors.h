// The words of a syntax error: what stands there, what was expected, which keyword was meant.
//
// Private to parser*.cc. ANTLR only says which token it could not take; the rest is found by
// trying: replace or insert a token, parse again, see whether the parse gets further.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/parser_lexer.h"

namespace shale {

// Index of the token at which a parse of these tokens fails, SIZE_MAX when it does not.
using ProbeParse = std::function<size_t(const std::vector<LexedToken>&)>;

// `tokens` are one statement's (folded), tokens[error_index] or their end is where the parse
// failed; `end_offset` is the end of the statement's text.
std::string ExplainSyntaxError(std::string_view sql, const std::vector<LexedToken>& tokens,
                               size_t error_index, uint32_t end_offset, const ProbeParse& probe);

}  // namespace shale
