#include "sql/parser_errors.h"

#include <algorithm>
#include <tuple>

#include "ShaleParser.h"
#include "engine/base/edit_distance.h"
#include "sql/parser.h"

namespace shale {
namespace {

using T = ShaleParser;

// A longer statement's error gets no suggestions: each costs a parse of what stands before it.
constexpr size_t kMaxProbedTokens = 3000;
// Parsing this far behind the error tells enough.
constexpr size_t kProbeAhead = 12;
constexpr size_t kMaxExpected = 6;

std::string AsciiUpper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return upper;
}

LexedToken Made(size_t type, const LexedToken& at) {
  return {at.begin, at.end, static_cast<uint16_t>(type), 0, 0};
}

class SyntaxError {
 public:
  SyntaxError(std::string_view sql, const std::vector<LexedToken>& tokens, size_t error_index,
              uint32_t end_offset, const ProbeParse& probe)
      : sql_(sql), tokens_(tokens), index_(error_index), end_offset_(end_offset), probe_(probe) {}

  std::string Explain() {
    std::string text;
    if (UnpairedBracket(&text)) return text;
    if (index_ <= kMaxProbedTokens) {
      if (ReservedName(&text) || Misspelt(&text) || ExtraComma(&text) || MissingComma(&text)) {
        return text;
      }
    }
    std::string message =
        AtEnd() ? "the statement ends too early" : fmt::format("unexpected {}", Shown(index_));
    if (index_ <= kMaxProbedTokens) message += Expected();
    return Describe(index_, message);
  }

 private:
  bool AtEnd() const { return index_ >= tokens_.size(); }
  uint32_t OffsetOf(size_t index) const {
    return index < tokens_.size() ? tokens_[index].begin : end_offset_;
  }
  std::string Describe(size_t index, std::string_view message) const {
    return DescribeError(sql_, static_cast<int>(OffsetOf(index)), message);
  }
  std::string_view TextOf(size_t index) const { return TokenText(sql_, tokens_[index]); }

  // The token as a person calls it.
  std::string Shown(size_t index) const {
    const LexedToken& token = tokens_[index];
    if (token.type == T::VALUES_LIST) return "VALUES";
    if (token.keyword != 0 && token.type != T::IDENT) return AsciiUpper(TextOf(index));
    std::string_view text = TextOf(index);
    constexpr size_t kMaxShown = 40;
    std::string shown(text.substr(0, kMaxShown));
    if (text.size() > kMaxShown) {
      while (!shown.empty() && (shown.back() & 0xC0) == 0x80) shown.pop_back();
      if (!shown.empty() && (shown.back() & 0x80) != 0) shown.pop_back();
      shown += "…";
    }
    const bool quoted = shown[0] == '"' || token.type == T::STRING;
    return quoted ? shown : "\"" + shown + "\"";
  }

  // How far a parse gets with `tokens` cut a little behind the error: SIZE_MAX when it gets to
  // the cut.
  size_t Reach(std::vector<LexedToken> tokens) const {
    const size_t cut = std::min(tokens.size(), index_ + kProbeAhead);
    tokens.resize(cut);
    const size_t failed = probe_(tokens);
    return failed >= cut ? SIZE_MAX : failed;
  }

  // Is `type` taken at the error's place?
  bool Accepts(size_t type) const {
    std::vector<LexedToken> tokens(tokens_.begin(), tokens_.begin() + index_);
    tokens.push_back(Made(type, {end_offset_, end_offset_, 0, 0, 0}));
    return probe_(tokens) > index_;
  }

  bool UnpairedBracket(std::string* text) const {
    std::vector<size_t> open;
    for (size_t i = 0; i < std::min(index_ + 1, tokens_.size()); ++i) {
      const uint16_t type = tokens_[i].type;
      if (type == T::LPAREN || type == T::QPAREN || type == T::LBRACKET) {
        open.push_back(i);
      } else if (type == T::RPAREN || type == T::RBRACKET) {
        if (open.empty() && i == index_) {
          *text = Describe(i, fmt::format("this \"{}\" has nothing to close", TextOf(i)));
          return true;
        }
        if (!open.empty()) open.pop_back();
      }
    }
    if (!AtEnd() || open.empty()) return false;
    *text = Describe(open.back(), fmt::format("this \"{}\" is not closed", TextOf(open.back())));
    return true;
  }

  // SELECT user FROM t: a word that is reserved where a name would do.
  bool ReservedName(std::string* text) const {
    if (AtEnd() || tokens_[index_].keyword == 0 || tokens_[index_].type == T::IDENT) return false;
    static constexpr uint16_t kNeverNames[] = {
        T::K_FROM, T::K_WHERE, T::K_SELECT, T::K_HAVING, T::K_UNION,   T::K_EXCEPT, T::K_INTERSECT,
        T::K_JOIN, T::K_AND,   T::K_OR,     T::K_NOT,    T::K_AS,      T::K_ON,     T::K_IN,
        T::K_IS,   T::K_INTO,  T::K_NULL,   T::K_WITH,   T::K_BETWEEN, T::K_LIKE,   T::K_DISTINCT};
    const uint16_t type = tokens_[index_].type;
    if (std::find(std::begin(kNeverNames), std::end(kNeverNames), type) != std::end(kNeverNames)) {
      return false;
    }
    if (index_ + 1 < tokens_.size() && tokens_[index_ + 1].type == T::K_BY) return false;
    bool reserved = false;
    for (const Keyword& keyword : AllKeywords()) {
      if (keyword.type == type) reserved = keyword.reserved;
    }
    if (!reserved) return false;
    std::vector<LexedToken> tokens = tokens_;
    tokens[index_].type = T::IDENT;
    if (Reach(std::move(tokens)) <= index_ + 1) return false;
    *text = Describe(index_, fmt::format("\"{}\" is a reserved word; to use it as a name write it "
                                         "in double quotes: \"{}\"",
                                         TextOf(index_), AsciiLower(TextOf(index_))));
    return true;
  }

  // FRM for FROM, here or just before: the parse often fails a word late because an unknown word
  // passes for an alias.
  bool Misspelt(std::string* text) const {
    for (size_t back = 0; back <= 2 && back <= index_; ++back) {
      const size_t at = index_ - back;
      if (at >= tokens_.size()) continue;
      const LexedToken& token = tokens_[at];
      const bool word = token.type == T::IDENT && TextOf(at)[0] != '"';
      if (!word || TextOf(at).size() < 2) continue;
      const std::string written = AsciiLower(TextOf(at));
      const size_t limit = written.size() <= 4 ? 1 : 2;
      std::vector<std::pair<size_t, const Keyword*>> candidates;
      for (const Keyword& keyword : AllKeywords()) {
        const size_t longer = std::max(keyword.word.size(), written.size());
        const size_t shorter = std::min(keyword.word.size(), written.size());
        if (keyword.type == token.type || longer - shorter > limit || shorter < 2) continue;
        const auto distance = static_cast<size_t>(EditDistance(written, keyword.word));
        if (distance <= limit && distance > 0) candidates.emplace_back(distance, &keyword);
      }
      std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first, a.second->word) < std::tie(b.first, b.second->word);
      });
      const Keyword* best = nullptr;
      size_t best_reach = index_;
      for (const auto& [distance, keyword] : candidates) {
        std::vector<LexedToken> tokens = tokens_;
        tokens[at].type = keyword->type;
        const size_t reach = Reach(std::move(tokens));
        if (reach > best_reach) {
          best_reach = reach;
          best = keyword;
        }
      }
      if (best != nullptr) {
        *text = Describe(
            at, fmt::format("unexpected {}; did you mean {}?", Shown(at), AsciiUpper(best->word)));
        return true;
      }
    }
    return false;
  }

  // SELECT a, FROM t
  bool ExtraComma(std::string* text) const {
    if (index_ == 0 || index_ > tokens_.size() || tokens_[index_ - 1].type != T::COMMA)
      return false;
    std::vector<LexedToken> tokens = tokens_;
    tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(index_) - 1);
    if (Reach(std::move(tokens)) < index_) return false;
    *text = Describe(index_ - 1,
                     AtEnd() ? std::string("there is a comma too many at the end")
                             : fmt::format("there is a comma too many before {}", Shown(index_)));
    return true;
  }

  // SELECT a b c FROM t
  bool MissingComma(std::string* text) const {
    if (AtEnd() || index_ < 2 || tokens_[index_ - 2].type == T::K_LIMIT) return false;
    const uint16_t type = tokens_[index_].type;
    if (type != T::IDENT && type != T::NUMBER && type != T::STRING) return false;
    if (!Accepts(T::COMMA)) return false;
    std::vector<LexedToken> tokens = tokens_;
    tokens.insert(tokens.begin() + static_cast<ptrdiff_t>(index_), Made(T::COMMA, tokens_[index_]));
    if (Reach(std::move(tokens)) != SIZE_MAX) return false;
    *text = Describe(index_,
                     fmt::format("unexpected {}; is a comma missing before it?", Shown(index_)));
    return true;
  }

  // "; expected a value, FROM or the end of the statement"
  std::string Expected() const {
    if (index_ == 0) return "; a statement begins with a word such as SELECT, INSERT or CREATE";
    std::vector<std::string> words;
    const bool names = Accepts(T::IDENT);
    // A name here would only be an alias, a text only the second half of TYPE 'text', and a
    // parenthesis a call's.
    const uint16_t previous = tokens_[index_ - 1].type;
    const bool after_operand =
        previous == T::RPAREN || previous == T::RBRACKET || previous == T::NUMBER ||
        previous == T::STRING || previous == T::K_END ||
        (FindKeyword(TextOf(index_ - 1)) == 0 ? previous == T::IDENT : !Reserved(previous));
    if (Accepts(T::NUMBER)) {
      words.push_back(names ? "a value" : "a number");
    } else if (names && !after_operand) {
      words.push_back("a name");
    } else if (!after_operand && Accepts(T::STRING)) {
      words.push_back("text in single quotes");
    }
    struct Candidate {
      size_t type;
      std::string_view shown;
    };
    static constexpr Candidate kCandidates[] = {{T::COMMA, "\",\""},
                                                {T::LPAREN, "\"(\""},
                                                {T::RPAREN, "\")\""},
                                                {T::RBRACKET, "\"]\""},
                                                {T::EQ, "\"=\""},
                                                {T::K_FROM, "FROM"},
                                                {T::K_INTO, "INTO"},
                                                {T::K_BY, "BY"},
                                                {T::K_JOIN, "JOIN"},
                                                {T::K_ON, "ON"},
                                                {T::K_USING, "USING"},
                                                {T::K_THEN, "THEN"},
                                                {T::K_WHEN, "WHEN"},
                                                {T::K_ELSE, "ELSE"},
                                                {T::K_END, "END"},
                                                {T::K_AS, "AS"},
                                                {T::QPAREN, "a query in parentheses"},
                                                {T::K_SELECT, "SELECT"},
                                                {T::VALUES_LIST, "VALUES"},
                                                {T::K_TABLE, "TABLE"},
                                                {T::K_VIEW, "VIEW"},
                                                {T::K_COLUMN, "COLUMN"},
                                                {T::K_TO, "TO"},
                                                {T::K_SET, "SET"},
                                                {T::K_EXISTS, "EXISTS"},
                                                {T::K_NULL, "NULL"},
                                                {T::K_NOT, "NOT"},
                                                {T::K_WHERE, "WHERE"},
                                                {T::K_GROUP, "GROUP BY"},
                                                {T::K_HAVING, "HAVING"},
                                                {T::K_ORDER, "ORDER BY"},
                                                {T::K_LIMIT, "LIMIT"},
                                                {T::K_AND, "AND"},
                                                {T::K_ROWS, "ROWS"},
                                                {T::K_PRECEDING, "PRECEDING"},
                                                {T::K_ONLY, "ONLY"},
                                                {T::K_FIRST, "FIRST"},
                                                {T::K_ROW, "ROW"},
                                                {T::K_SETS, "SETS"}};
    const bool value = !words.empty() && words[0] == "a value";
    if (Accepts(T::K_SELECT) && Accepts(T::K_INSERT)) {
      return "; expected a statement such as SELECT, INSERT or CREATE";
    }
    const auto continues_operand = [](size_t type) {
      return type == T::LPAREN || type == T::EQ || type == T::K_AND || type == T::K_NOT;
    };
    for (const Candidate& candidate : kCandidates) {
      if (words.size() >= kMaxExpected) break;
      if (after_operand && continues_operand(candidate.type)) continue;
      // All of these begin a value.
      if (value && (candidate.type == T::LPAREN || candidate.type == T::QPAREN ||
                    candidate.type == T::K_EXISTS || candidate.type == T::K_NULL ||
                    candidate.type == T::K_NOT)) {
        continue;
      }
      // A name, and a keyword that is also a name.
      if (names && FindKeyword(candidate.shown) != 0 && !Reserved(candidate.type)) continue;
      if (Accepts(candidate.type)) words.emplace_back(candidate.shown);
    }
    if (words.empty() && Accepts(T::K_AND)) words.push_back("AND");
    const std::vector<LexedToken> before(tokens_.begin(), tokens_.begin() + index_);
    if (!AtEnd() && probe_(before) == SIZE_MAX) words.push_back("the end of the statement");
    if (words.empty()) return "";
    std::string list = "; expected " + words[0];
    for (size_t i = 1; i < words.size(); ++i) {
      list += (i + 1 == words.size() ? " or " : ", ") + words[i];
    }
    return list;
  }

  static bool Reserved(size_t type) {
    for (const Keyword& keyword : AllKeywords()) {
      if (keyword.type == type) return keyword.reserved;
    }
    return true;
  }

  std::string_view sql_;
  const std::vector<LexedToken>& tokens_;
  size_t index_;
  uint32_t end_offset_;
  const ProbeParse& probe_;
};

}  // namespace

std::string ExplainSyntaxError(std::string_view sql, const std::vector<LexedToken>& tokens,
                               size_t error_index, uint32_t end_offset, const ProbeParse& probe) {
  return SyntaxError(sql, tokens, error_index, end_offset, probe).Explain();
}

// ---- parser.h ---------------------------------------------------------------------------------

std::string DescribeError(std::string_view sql, int offset, std::string_view message) {
  if (offset < 0) return std::string(message);
  const size_t at = std::min(static_cast<size_t>(offset), sql.size());
  const size_t line_number =
      1 + static_cast<size_t>(std::count(sql.begin(), sql.begin() + at, '\n'));
  const size_t before = at > 0 ? sql.rfind('\n', at - 1) : std::string_view::npos;
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  size_t end = sql.find('\n', at);
  if (end == std::string_view::npos) end = sql.size();
  const auto is_first_byte = [](char c) { return (c & 0xC0) != 0x80; };
  const size_t column =
      1 + static_cast<size_t>(std::count_if(sql.begin() + begin, sql.begin() + at, is_first_byte));

  // A long line is shown in part.
  constexpr size_t kMaxBefore = 60, kMaxAfter = 40;
  size_t from = at - begin > kMaxBefore ? at - kMaxBefore : begin;
  while (from > begin && !is_first_byte(sql[from])) --from;
  size_t to = end - at > kMaxAfter ? at + kMaxAfter : end;
  while (to < end && !is_first_byte(sql[to])) ++to;
  std::string line = from > begin ? "…" : "";
  size_t caret = from > begin ? 1 : 0;
  for (size_t i = from; i < to; ++i) {
    // One column a character: a tab would move the caret away.
    line.push_back(static_cast<unsigned char>(sql[i]) < 0x20 ? ' ' : sql[i]);
    if (i < at && is_first_byte(sql[i])) ++caret;
  }
  if (to < end) line += "…";
  return fmt::format("line {}, column {}: {}\n  {}\n  {}^", line_number, column, message, line,
                     std::string(caret, ' '));
}

const std::vector<std::string>& SqlKeywords() {
  static const std::vector<std::string>* const words = [] {
    auto* list = new std::vector<std::string>;
    for (const Keyword& keyword : AllKeywords()) list->push_back(keyword.word);
    return list;
  }();
  return *words;
}

std::string QuoteIdentifier(std::string_view name) {
  bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  for (const char c : name) {
    plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  }
  if (plain) {
    const uint16_t type = FindKeyword(name);
    for (const Keyword& keyword : AllKeywords()) {
      if (type != 0 && keyword.type == type && keyword.reserved) plain = false;
    }
  }
  if (plain) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) {
    quoted.push_back(c);
    if (c == '"') quoted.push_back('"');
  }
  quoted.push_back('"');
  return quoted;
}

bool IsCompleteStatement(std::string_view sql) {
  bool complete = false;
  for (size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    const size_t end = SkipQuotedOrComment(sql, i);
    if (end == std::string_view::npos) return false;
    const bool comment = (c == '-' || c == '/') && end > i + 1;
    if (c == ';') {
      complete = true;
    } else if (!comment && c != ' ' && !(c >= '\t' && c <= '\r')) {
      complete = false;
    }
    i = end;
  }
  return complete;
}

}  // namespace shale
