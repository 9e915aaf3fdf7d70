#include "sql/parser_lexer.h"

#include <algorithm>
#include <array>

#include "ShaleParser.h"
#include "sql/parser.h"

namespace shale {
namespace {

using T = ShaleParser;
constexpr size_t kNpos = std::string_view::npos;

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c) || c == '$'; }
bool IsOperator(char c) { return std::string_view("+-*/<>=~!@#%^&|?").find(c) != kNpos; }
char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Offset just past the quote that closes one opened at `offset`, npos if none does.
size_t SkipQuote(std::string_view sql, size_t offset, bool backslashes) {
  const char quote = sql[offset];
  for (size_t i = offset + 1; i < sql.size(); ++i) {
    if (backslashes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 < sql.size() && sql[i + 1] == quote) {
        ++i;
      } else {
        return i + 1;
      }
    }
  }
  return kNpos;
}

size_t SkipBlockComment(std::string_view sql, size_t offset) {
  size_t depth = 0;
  for (size_t i = offset; i + 1 < sql.size(); ++i) {
    if (sql[i] == '/' && sql[i + 1] == '*') {
      ++depth;
      ++i;
    } else if (sql[i] == '*' && sql[i + 1] == '/') {
      ++i;
      if (--depth == 0) return i + 1;
    }
  }
  return kNpos;
}

size_t SkipLineComment(std::string_view sql, size_t offset) {
  const size_t end = sql.find('\n', offset);
  return end == kNpos ? sql.size() : end;
}

// The length of the opening $tag$ at `offset`, 0 if there is none.
size_t DollarTagLength(std::string_view sql, size_t offset) {
  size_t i = offset + 1;
  if (i < sql.size() && IsDigit(sql[i])) return 0;
  while (i < sql.size() && sql[i] != '$' && IsWord(sql[i])) ++i;
  return i < sql.size() && sql[i] == '$' ? i + 1 - offset : 0;
}

size_t SkipDollarQuote(std::string_view sql, size_t offset, size_t tag_length) {
  const size_t close = sql.find(sql.substr(offset, tag_length), offset + tag_length);
  return close == kNpos ? kNpos : close + tag_length;
}

// The letter before a quote: E'', U&'', X'', B'', N''. Gives the prefix's length, 0 without one.
size_t StringPrefixLength(std::string_view sql, size_t offset) {
  const char c = LowerChar(sql[offset]);
  const std::string_view rest = sql.substr(offset + 1);
  if (c == 'u' && rest.size() > 1 && rest[0] == '&' && rest[1] == '\'') return 2;
  if ((c == 'e' || c == 'x' || c == 'b' || c == 'n') && !rest.empty() && rest[0] == '\'') return 1;
  return 0;
}

// Offset of the first byte that is not UTF-8, npos when all is well.
size_t FindInvalidUtf8(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c < 0x80) {
      if (c == 0) return i;
      ++i;
      continue;
    }
    const size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || i + length > s.size()) return i;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0) != 0x80) return i;
    }
    const auto second = static_cast<unsigned char>(s[i + 1]);
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) ||
        (c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F)) {
      return i;
    }
    i += length;
  }
  return kNpos;
}

// ---- keywords ---------------------------------------------------------------------------------

// Open addressing by a hash of the lower-cased word; built once from the grammar's vocabulary.
class KeywordTable {
 public:
  static const KeywordTable& Get() {
    static const KeywordTable* const table = new KeywordTable;
    return *table;
  }
  const std::vector<Keyword>& all() const { return all_; }

  uint16_t Find(std::string_view word) const {
    if (word.size() > max_length_) return 0;
    std::array<char, 32> lower;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < word.size(); ++i) {
      lower[i] = LowerChar(word[i]);
      hash = (hash ^ static_cast<unsigned char>(lower[i])) * 16777619u;
    }
    const std::string_view key(lower.data(), word.size());
    for (size_t slot = hash % kSlots; slots_[slot] >= 0; slot = (slot + 1) % kSlots) {
      if (all_[slots_[slot]].word == key) return all_[slots_[slot]].type;
    }
    return 0;
  }

 private:
  static constexpr size_t kSlots = 1024;

  KeywordTable() {
    antlr4::TokenStream* const no_input = nullptr;
    T parser(no_input);
    const antlr4::dfa::Vocabulary& vocabulary = parser.getVocabulary();
    const antlr4::atn::ATN& atn = parser.getATN();
    const antlr4::misc::IntervalSet reserved =
        atn.nextTokens(atn.ruleToStartState[T::RuleReservedWord]);
    for (size_t type = 1; type <= vocabulary.getMaxTokenType(); ++type) {
      const std::string name = vocabulary.getSymbolicName(type);
      if (name.compare(0, 2, "K_") != 0) continue;
      all_.push_back(
          {AsciiLower(name.substr(2)), static_cast<uint16_t>(type), reserved.contains(type)});
    }
    std::sort(all_.begin(), all_.end(),
              [](const Keyword& a, const Keyword& b) { return a.word < b.word; });
    slots_.fill(-1);
    for (size_t i = 0; i < all_.size(); ++i) {
      max_length_ = std::max(max_length_, all_[i].word.size());
      uint32_t hash = 2166136261u;
      for (const char c : all_[i].word) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
      size_t slot = hash % kSlots;
      while (slots_[slot] >= 0) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<int16_t>(i);
    }
  }

  std::vector<Keyword> all_;
  std::array<int16_t, kSlots> slots_;
  size_t max_length_ = 0;
};

// ---- characters to tokens ---------------------------------------------------------------------

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql), keywords_(KeywordTable::Get()) {}

  Status Run(std::vector<LexedToken>* out) {
    out_ = out;
    while (offset_ < sql_.size()) {
      const char c = sql_[offset_];
      if (IsSpace(c)) {
        ++offset_;
      } else if (IsWordStart(c)) {
        RETURN_IF_ERROR(Word());
      } else if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
        RETURN_IF_ERROR(Number());
      } else if (c == '\'') {
        RETURN_IF_ERROR(String(0));
      } else if (c == '"') {
        RETURN_IF_ERROR(QuotedName());
      } else if (c == '$') {
        RETURN_IF_ERROR(Dollar());
      } else if (IsOperator(c)) {
        RETURN_IF_ERROR(Operator());
      } else {
        RETURN_IF_ERROR(Punctuation());
      }
    }
    return OkStatus();
  }

 private:
  char Peek(size_t ahead) const {
    return offset_ + ahead < sql_.size() ? sql_[offset_ + ahead] : '\0';
  }
  void Emit(size_t end, size_t type, uint16_t keyword = 0) {
    out_->push_back({static_cast<uint32_t>(offset_), static_cast<uint32_t>(end),
                     static_cast<uint16_t>(type), keyword, 0});
    offset_ = end;
  }
  Status Error(size_t offset, std::string_view message) const {
    return InvalidArgument("{}", DescribeError(sql_, static_cast<int>(offset), message));
  }

  Status Word() {
    if (const size_t prefix = StringPrefixLength(sql_, offset_); prefix > 0) {
      return String(prefix);
    }
    size_t end = offset_ + 1;
    while (end < sql_.size() && IsWord(sql_[end])) ++end;
    const uint16_t keyword = keywords_.Find(sql_.substr(offset_, end - offset_));
    Emit(end, keyword != 0 ? keyword : static_cast<uint16_t>(T::IDENT), keyword);
    return OkStatus();
  }

  Status Number() {
    size_t end = offset_;
    const char radix = LowerChar(Peek(1));
    if (sql_[offset_] == '0' && (radix == 'x' || radix == 'o' || radix == 'b')) {
      end += 2;
      while (end < sql_.size() && IsWord(sql_[end])) ++end;
      Emit(end, T::NUMBER);
      return DecodeNumber(sql_, out_->back()).status();
    }
    const auto digits = [&] {
      while (end < sql_.size() &&
             (IsDigit(sql_[end]) || (sql_[end] == '_' && end + 1 < sql_.size() &&
                                     IsDigit(sql_[end + 1]) && IsDigit(sql_[end - 1])))) {
        ++end;
      }
    };
    digits();
    if (end < sql_.size() && sql_[end] == '.') {
      ++end;
      if (end < sql_.size() && IsDigit(sql_[end])) digits();
    }
    if (end < sql_.size() && LowerChar(sql_[end]) == 'e') {
      size_t exponent = end + 1;
      if (exponent < sql_.size() && (sql_[exponent] == '+' || sql_[exponent] == '-')) ++exponent;
      if (exponent < sql_.size() && IsDigit(sql_[exponent])) {
        end = exponent;
        digits();
      }
    }
    if (end < sql_.size() && IsWord(sql_[end])) {
      size_t junk = end;
      while (junk < sql_.size() && IsWord(sql_[junk])) ++junk;
      return Error(offset_, fmt::format("\"{}\" is neither a number nor a name; a name that begins "
                                        "with a digit goes in double quotes",
                                        sql_.substr(offset_, junk - offset_)));
    }
    Emit(end, T::NUMBER);
    return OkStatus();
  }

  Status String(size_t prefix) {
    const char kind = prefix > 0 ? LowerChar(sql_[offset_]) : '\'';
    if (kind == 'x' || kind == 'b') {
      return Error(offset_, "bit strings (X'…', B'…') are not supported; write a number as 0x1F");
    }
    size_t end = SkipQuote(sql_, offset_ + prefix, kind == 'e');
    // 'a' <newline> 'b' is one string.
    while (end != kNpos) {
      size_t next = end;
      while (next < sql_.size() && IsSpace(sql_[next])) ++next;
      if (next >= sql_.size() || sql_[next] != '\'' ||
          sql_.substr(end, next - end).find('\n') == kNpos) {
        break;
      }
      end = SkipQuote(sql_, next, kind == 'e');
    }
    if (end == kNpos) return Error(offset_, "this string has no closing quote (')");
    Emit(end, T::STRING);
    return OkStatus();
  }

  Status QuotedName() {
    const size_t end = SkipQuote(sql_, offset_, false);
    if (end == kNpos) return Error(offset_, "this name has no closing double quote (\")");
    if (end - offset_ == 2) return Error(offset_, "a name in double quotes cannot be empty");
    Emit(end, T::IDENT);
    return OkStatus();
  }

  Status Dollar() {
    if (IsDigit(Peek(1))) {
      size_t end = offset_ + 1;
      while (end < sql_.size() && IsDigit(sql_[end])) ++end;
      if (end - offset_ > 6) return Error(offset_, "this parameter number is too large");
      if (end < sql_.size() && IsWord(sql_[end])) {
        return Error(offset_, "a parameter is $ and a number, such as $1");
      }
      Emit(end, T::PARAM);
      return OkStatus();
    }
    const size_t tag = DollarTagLength(sql_, offset_);
    if (tag == 0) return Error(offset_, "unexpected \"$\"; parameters are $1, $2 and so on");
    const size_t end = SkipDollarQuote(sql_, offset_, tag);
    if (end == kNpos) {
      return Error(offset_, fmt::format("this string is not closed by another {}",
                                        sql_.substr(offset_, tag)));
    }
    Emit(end, T::STRING);
    return OkStatus();
  }

  // PostgreSQL's rule: the longest run of operator characters, cut before a comment; one of two or
  // more characters ends in + or - only if it also holds one of ~ ! @ # % ^ & | ?.
  Status Operator() {
    size_t end = offset_;
    while (end < sql_.size() && IsOperator(sql_[end])) {
      const std::string_view pair = sql_.substr(end, 2);
      if (pair == "--" || pair == "/*") break;
      ++end;
    }
    if (end == offset_) {
      const bool line = sql_[offset_] == '-';
      end = line ? SkipLineComment(sql_, offset_) : SkipBlockComment(sql_, offset_);
      if (end == kNpos) return Error(offset_, "this comment is not closed by */");
      offset_ = end;
      return OkStatus();
    }
    std::string_view op = sql_.substr(offset_, end - offset_);
    if (op.find_first_of("~!@#%^&|?") == kNpos) {
      while (op.size() > 1 && (op.back() == '+' || op.back() == '-')) op.remove_suffix(1);
    }
    const size_t type = OperatorType(op);
    if (type == 0) {
      return Error(offset_, fmt::format("there is no operator {}{}", op, OperatorHint(op)));
    }
    Emit(offset_ + op.size(), type);
    return OkStatus();
  }

  static std::string_view OperatorHint(std::string_view op) {
    if (op == "==") return "; equality is one =";
    if (op == "!") return "; write NOT";
    return "";
  }

  static size_t OperatorType(std::string_view op) {
    if (op.size() == 1) {
      switch (op[0]) {
        case '+': return T::PLUS;
        case '-': return T::MINUS;
        case '*': return T::STAR;
        case '/': return T::SLASH;
        case '%': return T::PERCENT;
        case '^': return T::CARET;
        case '<': return T::LT;
        case '>': return T::GT;
        case '=': return T::EQ;
        case '~': return T::TILDE;
        case '&':
        case '|':
        case '#':
        case '@':
        case '?': return T::OPERATOR;
        default: return 0;
      }
    }
    if (op == "=>") return T::ARROW;
    if (op == "<=") return T::LE;
    if (op == ">=") return T::GE;
    if (op == "<>" || op == "!=") return T::NE;
    for (const std::string_view known :
         {"||", "~*", "!~", "!~*", "->",  "->>", "#>",  "#>>", "@>",
          "<@", "<<", ">>", "<<=", ">>=", "~~",  "!~~", "~~*", "!~~*",
          "?|", "?&", "@?", "@@",  "^@",  "#-",  "&&",  "|/",  "||/"}) {
      if (op == known) return T::OPERATOR;
    }
    return 0;
  }

  Status Punctuation() {
    switch (sql_[offset_]) {
      case '(': Emit(offset_ + 1, T::LPAREN); return OkStatus();
      case ')': Emit(offset_ + 1, T::RPAREN); return OkStatus();
      case '[': Emit(offset_ + 1, T::LBRACKET); return OkStatus();
      case ']': Emit(offset_ + 1, T::RBRACKET); return OkStatus();
      case ',': Emit(offset_ + 1, T::COMMA); return OkStatus();
      case ';': Emit(offset_ + 1, T::SEMI); return OkStatus();
      case '.': Emit(offset_ + 1, T::DOT); return OkStatus();
      case ':':
        if (Peek(1) == ':') {
          Emit(offset_ + 2, T::TYPECAST);
        } else if (Peek(1) == '=') {
          Emit(offset_ + 2, T::ARROW);
        } else {
          Emit(offset_ + 1, T::COLON);
        }
        return OkStatus();
      case '`':
        return Error(offset_, "names are quoted with double quotes (\"), not with backticks");
      default: return Error(offset_, fmt::format("unexpected character \"{}\"", sql_[offset_]));
    }
  }

  std::string_view sql_;
  const KeywordTable& keywords_;
  std::vector<LexedToken>* out_ = nullptr;
  size_t offset_ = 0;
};

}  // namespace

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerChar(c);
  return lower;
}

uint16_t FindKeyword(std::string_view word) { return KeywordTable::Get().Find(word); }
const std::vector<Keyword>& AllKeywords() { return KeywordTable::Get().all(); }

size_t SkipQuotedOrComment(std::string_view sql, size_t offset) {
  const char c = sql[offset];
  const char next = offset + 1 < sql.size() ? sql[offset + 1] : '\0';
  if (c == '\'' || c == '"') return SkipQuote(sql, offset, false);
  if (c == '-' && next == '-') return SkipLineComment(sql, offset);
  if (c == '/' && next == '*') return SkipBlockComment(sql, offset);
  if (c == '$') {
    const size_t tag = DollarTagLength(sql, offset);
    return tag > 0 ? SkipDollarQuote(sql, offset, tag) : offset + 1;
  }
  if (IsWordStart(c)) {
    const size_t prefix = StringPrefixLength(sql, offset);
    if (prefix > 0) return SkipQuote(sql, offset + prefix, LowerChar(c) == 'e');
    size_t end = offset + 1;
    while (end < sql.size() && IsWord(sql[end])) ++end;
    return end;
  }
  return offset + 1;
}

Status LexCharacters(std::string_view sql, std::vector<LexedToken>* tokens) {
  if (sql.size() > INT32_MAX) {
    return ResourceExhausted("SQL text of {} bytes; the limit is 2 GiB", sql.size());
  }
  if (const size_t bad = FindInvalidUtf8(sql); bad != kNpos) {
    return InvalidArgument("{}", DescribeError(sql.substr(0, bad), static_cast<int>(bad),
                                               fmt::format("byte 0x{:02x} is not valid UTF-8 text",
                                                           static_cast<unsigned char>(sql[bad]))));
  }
  // A rough guess that spares most of the growth.
  tokens->reserve(sql.size() / 4 + 8);
  return Lexer(sql).Run(tokens);
}

}  // namespace shale
