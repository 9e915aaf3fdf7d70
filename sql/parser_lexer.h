// SQL text to tokens. Knows quotes, comments, numbers, operators and keywords; refuses what is too
// deep or too long before any parser sees it; settles what depends on neighbouring tokens only.
//
// Private to parser*.cc. Pure functions, any thread. Token types are ShaleParser's (generated);
// keywords are read from its vocabulary, so the grammar file is the only list of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace shale {

inline constexpr uint16_t kEndOfInput = 0;

struct LexedToken {
  uint32_t begin = 0;  // byte offsets into the text given to the parser
  uint32_t end = 0;
  uint16_t type = kEndOfInput;
  uint16_t keyword = 0;  // the keyword's own type, also where `type` was settled as IDENT
  // A '(' or '[': the index of what closes it (0: nothing does). VALUES_LIST, LITERAL_LIST: the
  // index in FoldedTokens::ranges.
  uint32_t payload = 0;
};

// Half-open range of token indexes.
struct TokenRange {
  size_t begin = 0, end = 0;
};

// What the grammar reads: the statement's tokens with its VALUES lists and long literal lists each
// folded into one token. Ranges index the unfolded tokens.
struct FoldedTokens {
  std::vector<LexedToken> tokens;
  std::vector<TokenRange> ranges;
};

struct LexedSql {
  std::vector<LexedToken> tokens;
  std::vector<TokenRange> statements;  // not empty ones, without their semicolons
};

// All of `sql`, settled. Errors: InvalidArgument (bad quote, number, character), ResourceExhausted
// (kMaxNesting).
StatusOr<LexedSql> LexSql(std::string_view sql);

// Errors: ResourceExhausted when more than kMaxTokens remain.
StatusOr<FoldedTokens> FoldTokens(std::string_view sql, const std::vector<LexedToken>& tokens,
                                  TokenRange range);

// Is the token at `index` plain, that is a number (with its sign), string, NULL, TRUE or FALSE?
// Gives the number of tokens, 0 if it is not.
size_t PlainLiteralLength(const std::vector<LexedToken>& tokens, size_t index, size_t end);

// The value of a STRING token: quotes, doubling, escapes and continuation undone.
StatusOr<std::string> DecodeString(std::string_view sql, const LexedToken& token);
// The value of an IDENT token and whether it was quoted.
std::pair<std::string, bool> DecodeIdentifier(std::string_view sql, const LexedToken& token);
// The digits of a NUMBER token: underscores removed, 0x, 0o and 0b turned decimal.
StatusOr<std::string> DecodeNumber(std::string_view sql, const LexedToken& token);

// The type of keyword `word` (any case), 0 if it is none.
uint16_t FindKeyword(std::string_view word);
// Lower case, sorted.
struct Keyword {
  std::string word;
  uint16_t type = 0;
  bool reserved = false;
};
const std::vector<Keyword>& AllKeywords();

inline std::string_view TokenText(std::string_view sql, const LexedToken& token) {
  return sql.substr(token.begin, token.end - token.begin);
}
std::string AsciiLower(std::string_view text);
// "day", "Days", "millennium": a unit of INTERVAL.
bool IsTimeUnit(std::string_view word);

// Where a quote, comment or dollar quote that opens at `offset` ends; npos if it does not.
// `offset` may stand anywhere else too: then it is the end of that one character.
size_t SkipQuotedOrComment(std::string_view sql, size_t offset);

}  // namespace shale
