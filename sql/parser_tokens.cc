// The second half of the lexer: what needs whole tokens. Settles words by their neighbours, pairs
// brackets, tells the '(' of a query from others, splits statements, folds literal lists.
#include <algorithm>

#include "ShaleParser.h"
#include "sql/parser.h"
#include "sql/parser_lexer.h"

namespace shale {

Status LexCharacters(std::string_view sql, std::vector<LexedToken>* tokens);

namespace {

using T = ShaleParser;
// A run of plain literals at least this long becomes one token.
constexpr size_t kMinFoldedLiterals = 32;
// Parts of one dotted name. The grammar reads a name to its end to tell t.* from f(x).
constexpr size_t kMaxNameParts = 16;

bool WordIs(std::string_view sql, const LexedToken& token, std::string_view word) {
  const std::string_view text = TokenText(sql, token);
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != word[i]) return false;
  }
  return true;
}

// How many of the last tokens of `tokens`, itself ending in ZONE, PRECISION or VARYING, are one
// type's name; 0 when they are not.
size_t MultiwordLength(std::string_view sql, const std::vector<LexedToken>& tokens, size_t count) {
  const auto back = [&](size_t n) -> const LexedToken& { return tokens[count - 1 - n]; };
  const auto is = [&](size_t n, std::string_view word) {
    return n < count && WordIs(sql, back(n), word);
  };
  if (is(0, "precision")) return is(1, "double") ? 2 : 0;
  if (is(0, "varying")) {
    if (!is(1, "character") && !is(1, "char") && !is(1, "nchar")) return 0;
    return is(2, "national") ? 3 : 2;
  }
  if (!is(0, "zone") || !is(1, "time") || (!is(2, "with") && !is(2, "without"))) return 0;
  size_t n = 3;
  if (n + 2 < count && back(n).type == T::RPAREN && back(n + 1).type == T::NUMBER &&
      back(n + 2).type == T::LPAREN) {
    n += 3;
  }
  return is(n, "timestamp") || is(n, "time") ? n + 1 : 0;
}

void MergeMultiwordTypes(std::string_view sql, std::vector<LexedToken>* tokens) {
  size_t kept = 0;
  for (size_t i = 0; i < tokens->size(); ++i) {
    LexedToken& token = (*tokens)[i];
    (*tokens)[kept++] = token;
    const size_t length = token.end - token.begin;
    const bool candidate =
        token.type == T::K_ZONE || (token.type == T::IDENT && (length == 9 || length == 7));
    if (!candidate) continue;
    const size_t words = MultiwordLength(sql, *tokens, kept);
    if (words == 0) continue;
    kept -= words - 1;
    LexedToken& merged = (*tokens)[kept - 1];
    merged.end = token.end;
    merged.type = T::MULTIWORD_TYPE;
    merged.keyword = 0;
  }
  tokens->resize(kept);
}

Status CheckDottedNames(std::string_view sql, const std::vector<LexedToken>& tokens) {
  size_t dots = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].type != T::DOT) continue;
    dots = i >= 2 && tokens[i - 2].type == T::DOT ? dots + 1 : 1;
    if (dots >= kMaxNameParts) {
      return InvalidArgument("{}", DescribeError(sql, static_cast<int>(tokens[i].begin),
                                                 fmt::format("a name has more than {} parts here "
                                                             "(kMaxNameParts)",
                                                             kMaxNameParts)));
    }
  }
  return OkStatus();
}

// A word that cannot be INTERVAL's field: in INTERVAL '1 day' x it names the column.
bool IsPlainName(std::string_view sql, const LexedToken& token) {
  return token.type == T::IDENT && !IsTimeUnit(TokenText(sql, token));
}

// Words that are keywords only beside certain others become names elsewhere.
void SettleWords(std::string_view sql, std::vector<LexedToken>* tokens) {
  const size_t count = tokens->size();
  for (size_t i = 0; i < count; ++i) {
    LexedToken& token = (*tokens)[i];
    if (token.keyword == 0) continue;
    const uint16_t next = i + 1 < count ? (*tokens)[i + 1].type : kEndOfInput;
    const uint16_t previous = i > 0 ? (*tokens)[i - 1].type : kEndOfInput;
    bool keyword = true;
    switch (token.type) {
      case T::K_EXTRACT:
      case T::K_SUBSTRING:
      case T::K_POSITION:
      case T::K_OVERLAY:
      case T::K_TRIM:
      case T::K_TRY_CAST:
      case T::K_ROLLUP:
      case T::K_CUBE:
      case T::K_OPERATOR: keyword = next == T::LPAREN; break;
      case T::K_VALUES: keyword = next == T::LPAREN || previous == T::K_DEFAULT; break;
      case T::K_LEFT:
      case T::K_RIGHT: keyword = next != T::LPAREN; break;
      case T::K_FILTER: keyword = previous == T::RPAREN && next == T::LPAREN; break;
      case T::K_OVER: keyword = previous == T::RPAREN || previous == T::K_NULLS; break;
      case T::K_WITHIN: keyword = next == T::K_GROUP; break;
      case T::K_IGNORE:
      case T::K_RESPECT: {
        const uint16_t third = i + 2 < count ? (*tokens)[i + 2].type : kEndOfInput;
        keyword = next == T::K_NULLS && (third == T::RPAREN || previous == T::RPAREN);
        break;
      }
      case T::K_NULLS:
        keyword = next == T::K_FIRST || next == T::K_LAST || previous == T::K_IGNORE ||
                  previous == T::K_RESPECT;
        break;
      case T::K_OVERLAPS: keyword = previous == T::RPAREN && next == T::LPAREN; break;
      case T::K_INTERVAL:
        // As a name it reads like any type before a text.
        keyword = next == T::NUMBER ||
                  (next == T::STRING && !(i + 2 < count && IsPlainName(sql, (*tokens)[i + 2])));
        break;
      case T::K_AT: keyword = next == T::K_TIME; break;
      case T::K_SAMPLE: keyword = next == T::NUMBER; break;
      case T::K_RECURSIVE: keyword = previous == T::K_WITH; break;
      case T::K_PARTITION: keyword = next == T::K_BY; break;
      case T::K_GROUPING: keyword = next == T::K_SETS; break;
      case T::K_SEMI:
      case T::K_ANTI:
      case T::K_ASOF:
        keyword = next == T::K_JOIN || next == T::K_LEFT || next == T::K_RIGHT ||
                  next == T::K_INNER || next == T::K_OUTER;
        break;
      case T::K_ROW:
        if (next == T::LPAREN) token.type = T::ROW_CONSTRUCTOR;
        break;
      default: break;
    }
    // After a dot any word is a name.
    if (!keyword || previous == T::DOT) token.type = T::IDENT;
  }
}

// May a '(' after this token open the arguments of something, so that "((SELECT 1))" there is an
// argument and not a query in two pairs of parentheses?
bool TakesArguments(const LexedToken& token) {
  switch (token.type) {
    case T::IDENT:
    case T::K_CAST:
    case T::K_TRY_CAST:
    case T::K_EXTRACT:
    case T::K_SUBSTRING:
    case T::K_POSITION:
    case T::K_OVERLAY:
    case T::K_TRIM:
    case T::K_ROLLUP:
    case T::K_CUBE:
    case T::K_SETS:
    case T::K_ON:
    case T::K_VALUES:
    case T::ROW_CONSTRUCTOR: return true;
    case T::K_MATERIALIZED:
    case T::K_EXPLAIN:
    case T::K_COPY:
    case T::K_DESCRIBE: return false;
    default: {
      // A plain keyword is a name, as in replace((SELECT …), 'a', 'b').
      if (token.keyword == 0) return false;
      for (const Keyword& keyword : AllKeywords()) {
        if (keyword.type == token.type) return !keyword.reserved;
      }
      return false;
    }
  }
}

bool OpensQuery(const std::vector<LexedToken>& tokens, size_t open) {
  const LexedToken& first = tokens[open + 1];
  switch (first.type) {
    case T::K_SELECT:
    case T::K_WITH:
    case T::K_TABLE: return true;
    case T::K_VALUES: return true;  // settled: it is followed by '('
    case T::QPAREN: break;
    default: return false;
  }
  if (open > 0 && TakesArguments(tokens[open - 1])) return false;
  const size_t close = first.payload;
  if (close == 0 || close + 1 >= tokens.size()) return true;
  switch (tokens[close + 1].type) {
    case T::RPAREN:
    case T::K_UNION:
    case T::K_EXCEPT:
    case T::K_INTERSECT:
    case T::K_ORDER:
    case T::K_LIMIT:
    case T::K_OFFSET:
    case T::K_FETCH: return true;
    default: return false;
  }
}

// Pairs brackets, marks QPAREN, counts depth.
Status SettleBrackets(std::string_view sql, std::vector<LexedToken>* tokens) {
  std::vector<size_t> open;
  int depth = 0;
  for (size_t i = 0; i < tokens->size(); ++i) {
    LexedToken& token = (*tokens)[i];
    switch (token.type) {
      case T::LPAREN:
      case T::LBRACKET:
        open.push_back(i);
        ++depth;
        break;
      case T::K_CASE: ++depth; break;
      case T::K_END: depth -= depth > 0; break;
      case T::RPAREN:
      case T::RBRACKET: {
        depth -= depth > 0;
        const size_t kind = token.type == T::RPAREN ? T::LPAREN : T::LBRACKET;
        if (open.empty() || (*tokens)[open.back()].type != kind) break;
        (*tokens)[open.back()].payload = static_cast<uint32_t>(i);
        if (kind == T::LPAREN && OpensQuery(*tokens, open.back())) {
          (*tokens)[open.back()].type = T::QPAREN;
        }
        open.pop_back();
        break;
      }
      case T::SEMI:
        for (const size_t unclosed : open) {
          if ((*tokens)[unclosed].type == T::LPAREN && OpensQuery(*tokens, unclosed)) {
            (*tokens)[unclosed].type = T::QPAREN;
          }
        }
        open.clear();
        depth = 0;
        break;
      default: break;
    }
    if (depth > kMaxNesting) {
      return ResourceExhausted(
          "{}", DescribeError(sql, static_cast<int>(token.begin),
                              fmt::format("parentheses, brackets and CASE nest deeper than {} here "
                                          "(kMaxNesting)",
                                          kMaxNesting)));
    }
  }
  for (const size_t unclosed : open) {
    if (unclosed + 1 < tokens->size() && (*tokens)[unclosed].type == T::LPAREN &&
        OpensQuery(*tokens, unclosed)) {
      (*tokens)[unclosed].type = T::QPAREN;
    }
  }
  return OkStatus();
}

// Marks the WITH of an INSERT, DELETE or UPDATE, so that the grammar need not read to its end.
void SettleWith(std::vector<LexedToken>* tokens) {
  const size_t count = tokens->size();
  const auto type = [&](size_t i) { return i < count ? (*tokens)[i].type : kEndOfInput; };
  const auto behind = [&](size_t i) {  // of the parentheses that open at i; 0: none
    if (type(i) != T::LPAREN && type(i) != T::QPAREN) return size_t{0};
    return (*tokens)[i].payload == 0 ? size_t{0} : size_t{(*tokens)[i].payload} + 1;
  };
  for (size_t i = 0; i < count; ++i) {
    if (type(i) != T::K_WITH) continue;
    size_t at = type(i + 1) == T::K_RECURSIVE ? i + 2 : i + 1;
    while (true) {
      ++at;  // its name
      if (const size_t columns = behind(at)) at = columns;
      if (type(at) != T::K_AS) break;
      ++at;
      if (type(at) == T::K_NOT) ++at;
      if (type(at) == T::K_MATERIALIZED) ++at;
      at = behind(at);
      if (at == 0) break;
      if (type(at) == T::COMMA) {
        ++at;
        continue;
      }
      if (type(at) == T::K_INSERT || type(at) == T::K_DELETE || type(at) == T::K_UPDATE) {
        (*tokens)[i].type = T::CHANGE_WITH;
      }
      break;
    }
  }
}

// The index behind the rows that follow VALUES at `index`.
size_t SkipRows(const std::vector<LexedToken>& tokens, size_t index, size_t end) {
  size_t i = index;
  while (true) {
    if (i >= end || (tokens[i].type != T::LPAREN && tokens[i].type != T::QPAREN)) return i;
    const size_t close = tokens[i].payload;
    if (close == 0 || close >= end) return end;
    i = close + 1;
    const bool more = i + 1 < end && tokens[i].type == T::COMMA &&
                      (tokens[i + 1].type == T::LPAREN || tokens[i + 1].type == T::QPAREN);
    if (!more) return i;
    ++i;
  }
}

// With a plain literal at `index`, the index behind the last of the run "a, b, c"; the number of
// literals in *count.
size_t SkipLiterals(const std::vector<LexedToken>& tokens, size_t index, size_t end,
                    size_t* count) {
  *count = 0;
  size_t i = index;
  while (true) {
    const size_t length = PlainLiteralLength(tokens, i, end);
    if (length == 0) return i;
    ++*count;
    i += length;
    if (i >= end || tokens[i].type != T::COMMA) return i;
    ++i;
  }
}

}  // namespace

size_t PlainLiteralLength(const std::vector<LexedToken>& tokens, size_t index, size_t end) {
  if (index >= end) return 0;
  switch (tokens[index].type) {
    case T::NUMBER:
    case T::STRING:
    case T::K_NULL:
    case T::K_TRUE:
    case T::K_FALSE: return 1;
    case T::MINUS: return index + 1 < end && tokens[index + 1].type == T::NUMBER ? 2 : 0;
    default: return 0;
  }
}

bool IsTimeUnit(std::string_view word) {
  static constexpr std::string_view kUnits[] = {
      "millennium", "century", "decade", "year",   "quarter",     "month",      "week",
      "day",        "hour",    "minute", "second", "millisecond", "microsecond"};
  std::string unit = AsciiLower(word);
  if (unit.size() > 1 && unit.back() == 's') unit.pop_back();
  return std::find(std::begin(kUnits), std::end(kUnits), unit) != std::end(kUnits);
}

StatusOr<LexedSql> LexSql(std::string_view sql) {
  LexedSql lexed;
  RETURN_IF_ERROR(LexCharacters(sql, &lexed.tokens));
  MergeMultiwordTypes(sql, &lexed.tokens);
  RETURN_IF_ERROR(CheckDottedNames(sql, lexed.tokens));
  SettleWords(sql, &lexed.tokens);
  RETURN_IF_ERROR(SettleBrackets(sql, &lexed.tokens));
  SettleWith(&lexed.tokens);
  size_t begin = 0;
  for (size_t i = 0; i <= lexed.tokens.size(); ++i) {
    if (i < lexed.tokens.size() && lexed.tokens[i].type != T::SEMI) continue;
    if (i > begin) lexed.statements.push_back({begin, i});
    begin = i + 1;
  }
  return lexed;
}

StatusOr<FoldedTokens> FoldTokens(std::string_view sql, const std::vector<LexedToken>& tokens,
                                  TokenRange range) {
  FoldedTokens folded;
  folded.tokens.reserve(std::min<size_t>(range.end - range.begin, 4096));
  const auto fold = [&](size_t type, size_t from, TokenRange inner) {
    LexedToken token = tokens[from];
    token.end = tokens[inner.end - 1].end;
    token.type = static_cast<uint16_t>(type);
    token.payload = static_cast<uint32_t>(folded.ranges.size());
    folded.ranges.push_back(inner);
    folded.tokens.push_back(token);
  };
  for (size_t i = range.begin; i < range.end;) {
    const LexedToken& token = tokens[i];
    if (token.type == T::K_VALUES && i + 1 < range.end &&
        (tokens[i + 1].type == T::LPAREN || tokens[i + 1].type == T::QPAREN)) {
      const size_t end = SkipRows(tokens, i + 1, range.end);
      fold(T::VALUES_LIST, i, {i + 1, end});
      i = end;
      continue;
    }
    folded.tokens.push_back(token);
    ++i;
    if (token.type == T::LPAREN || token.type == T::LBRACKET) {
      size_t count = 0;
      const size_t end = SkipLiterals(tokens, i, range.end, &count);
      if (count >= kMinFoldedLiterals && end == token.payload) {
        fold(T::LITERAL_LIST, i, {i, end});
        i = end;
      }
    }
    if (folded.tokens.size() > static_cast<size_t>(kMaxTokens)) {
      return ResourceExhausted(
          "{}",
          DescribeError(sql, static_cast<int>(token.begin),
                        fmt::format("the statement has more than {} words and symbols outside "
                                    "VALUES lists and lists of literals (kMaxTokens)",
                                    kMaxTokens)));
    }
  }
  return folded;
}

// ---- values of tokens -------------------------------------------------------------------------

namespace {

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (code >> 6)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (code >> 12)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (code >> 18)));
    out->push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads up to `max_digits` hexadecimal digits at *i; false when there are fewer than `min_digits`.
bool ReadHex(std::string_view text, size_t* i, size_t min_digits, size_t max_digits,
             uint32_t* value) {
  size_t digits = 0;
  *value = 0;
  while (digits < max_digits && *i < text.size() && HexDigit(text[*i]) >= 0) {
    *value = *value * 16 + static_cast<uint32_t>(HexDigit(text[*i]));
    ++*i;
    ++digits;
  }
  return digits >= min_digits;
}

Status StringError(std::string_view sql, size_t offset, std::string_view message) {
  return InvalidArgument("{}", DescribeError(sql, static_cast<int>(offset), message));
}

// Appends the character for code, joining surrogate halves through *high.
bool AppendCodePoint(uint32_t code, uint32_t* high, std::string* out) {
  if (*high != 0) {
    if (code < 0xDC00 || code > 0xDFFF) return false;
    code = 0x10000 + ((*high - 0xD800) << 10) + (code - 0xDC00);
    *high = 0;
  } else if (code >= 0xD800 && code <= 0xDBFF) {
    *high = code;
    return true;
  }
  if (code == 0 || code > 0x10FFFF || (code >= 0xDC00 && code <= 0xDFFF)) return false;
  AppendUtf8(code, out);
  return true;
}

// One backslash escape of E'…' with *i behind the backslash.
Status DecodeEscape(std::string_view sql, size_t at, std::string_view body, size_t* i,
                    uint32_t* high, std::string* out) {
  if (*i >= body.size()) return StringError(sql, at, "a backslash ends this string");
  const char c = body[(*i)++];
  uint32_t code = 0;
  switch (c) {
    case 'b': out->push_back('\b'); return OkStatus();
    case 'f': out->push_back('\f'); return OkStatus();
    case 'n': out->push_back('\n'); return OkStatus();
    case 'r': out->push_back('\r'); return OkStatus();
    case 't': out->push_back('\t'); return OkStatus();
    case 'x':
      if (!ReadHex(body, i, 1, 2, &code)) {
        out->push_back('x');
        return OkStatus();
      }
      break;
    case 'u':
    case 'U': {
      const size_t digits = c == 'u' ? 4 : 8;
      if (!ReadHex(body, i, digits, digits, &code) || !AppendCodePoint(code, high, out)) {
        return StringError(sql, at,
                           fmt::format("\\{} takes {} hexadecimal digits of a Unicode "
                                       "character",
                                       c, digits));
      }
      return OkStatus();
    }
    default:
      if (c >= '0' && c <= '7') {
        code = static_cast<uint32_t>(c - '0');
        for (int k = 0; k < 2 && *i < body.size() && body[*i] >= '0' && body[*i] <= '7'; ++k) {
          code = code * 8 + static_cast<uint32_t>(body[(*i)++] - '0');
        }
        break;
      }
      out->push_back(c);
      return OkStatus();
  }
  if (code == 0 || code > 0x7F) {
    return StringError(sql, at,
                       "an escape of one byte must name a character from 1 to 127; write "
                       "others as \\u and four digits");
  }
  out->push_back(static_cast<char>(code));
  return OkStatus();
}

// One backslash escape of U&'…' with *i behind the backslash.
Status DecodeUnicode(std::string_view sql, size_t at, std::string_view body, size_t* i,
                     uint32_t* high, std::string* out) {
  if (*i < body.size() && body[*i] == '\\') {
    out->push_back('\\');
    ++*i;
    return OkStatus();
  }
  size_t digits = 4;
  if (*i < body.size() && body[*i] == '+') {
    ++*i;
    digits = 6;
  }
  uint32_t code = 0;
  if (!ReadHex(body, i, digits, digits, &code) || !AppendCodePoint(code, high, out)) {
    return StringError(sql, at, "in U&'…' a backslash takes four hexadecimal digits, or + and six");
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::string> DecodeString(std::string_view sql, const LexedToken& token) {
  std::string_view text = TokenText(sql, token);
  std::string out;
  if (text[0] == '$') {
    const size_t tag = text.find('$', 1) + 1;
    out = text.substr(tag, text.size() - 2 * tag);
    return out;
  }
  const char kind = text[0] == '\'' ? '\'' : static_cast<char>(text[0] | 0x20);
  text.remove_prefix(text.find('\''));
  out.reserve(text.size());
  const size_t at = token.begin;
  uint32_t high = 0;
  bool inside = false;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i++];
    if (c == '\'') {
      if (inside && i < text.size() && text[i] == '\'') {
        out.push_back('\'');
        ++i;
      } else {
        inside = !inside;
      }
    } else if (!inside) {
      // White space between the pieces of a continued string.
    } else if (c == '\\' && kind == 'e') {
      RETURN_IF_ERROR(DecodeEscape(sql, at, text, &i, &high, &out));
      continue;
    } else if (c == '\\' && kind == 'u') {
      RETURN_IF_ERROR(DecodeUnicode(sql, at, text, &i, &high, &out));
      continue;
    } else {
      out.push_back(c);
    }
    if (high != 0) break;
  }
  if (high != 0)
    return StringError(sql, at, "half of a surrogate pair stands alone in this string");
  return out;
}

std::pair<std::string, bool> DecodeIdentifier(std::string_view sql, const LexedToken& token) {
  const std::string_view text = TokenText(sql, token);
  if (text[0] != '"') return {std::string(text), false};
  std::string name;
  name.reserve(text.size());
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    name.push_back(text[i]);
    if (text[i] == '"') ++i;
  }
  return {std::move(name), true};
}

StatusOr<std::string> DecodeNumber(std::string_view sql, const LexedToken& token) {
  const std::string_view text = TokenText(sql, token);
  std::string digits;
  digits.reserve(text.size());
  const char radix_letter = text.size() > 1 ? static_cast<char>(text[1] | 0x20) : '0';
  const uint32_t radix = radix_letter == 'x' ? 16 : radix_letter == 'o' ? 8 : 2;
  if (text[0] != '0' || (radix_letter != 'x' && radix_letter != 'o' && radix_letter != 'b')) {
    for (const char c : text) {
      if (c != '_') digits.push_back(c);
    }
    return digits;
  }
  // Decimal digits of the value, lowest first, by long multiplication.
  std::vector<uint8_t> decimal{0};
  bool any = false;
  for (size_t i = 2; i < text.size(); ++i) {
    if (text[i] == '_' && i + 1 < text.size()) continue;
    const int digit = HexDigit(text[i]);
    if (digit < 0 || digit >= static_cast<int>(radix) || decimal.size() > 40) {
      return StringError(
          sql, token.begin,
          fmt::format("\"{}\" is not a number of base {} up to 38 digits", text, radix));
    }
    any = true;
    uint32_t carry = static_cast<uint32_t>(digit);
    for (uint8_t& d : decimal) {
      const uint32_t value = d * radix + carry;
      d = static_cast<uint8_t>(value % 10);
      carry = value / 10;
    }
    for (; carry > 0; carry /= 10) decimal.push_back(static_cast<uint8_t>(carry % 10));
  }
  if (!any) return StringError(sql, token.begin, fmt::format("\"{}\" has no digits", text));
  for (auto d = decimal.rbegin(); d != decimal.rend(); ++d)
    digits.push_back(static_cast<char>('0' + *d));
  return digits;
}

}  // namespace shale
