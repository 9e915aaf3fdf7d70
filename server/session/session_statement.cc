#include "server/session/session_statement.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace shale {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}
bool IsNamePart(char c) {
  return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '$';
}

// The words of a statement, one after another.
class Words {
 public:
  enum class Kind : uint8_t { kEnd, kName, kQuoted, kText, kNumber, kSign };

  explicit Words(std::string_view text) : text_(text) { Next(); }
  // A bare word in lower case.
  bool Is(std::string_view word) const { return kind_ == Kind::kName && value_ == word; }
  bool Take(std::string_view word) {
    if (!Is(word)) return false;
    Next();
    return true;
  }
  bool TakeSign(char sign) {
    if (kind_ != Kind::kSign || value_[0] != sign) return false;
    Next();
    return true;
  }
  bool at_end() const { return kind_ == Kind::kEnd; }
  StatusOr<std::string> Name() {
    if (kind_ != Kind::kName && kind_ != Kind::kQuoted) return Unexpected();
    std::string name = value_;
    Next();
    return name;
  }
  StatusOr<std::string> Text() {
    if (kind_ != Kind::kText) return Unexpected();
    std::string text = value_;
    Next();
    return text;
  }
  // A number with its sign, or nothing.
  StatusOr<std::optional<int64_t>> Number() {
    bool negative = false;
    Words before = *this;
    if (TakeSign('-')) {
      negative = true;
    } else {
      TakeSign('+');
    }
    if (kind_ != Kind::kNumber) {
      *this = before;
      return std::optional<int64_t>();
    }
    int64_t number = 0;
    auto [end, error] = std::from_chars(value_.data(), value_.data() + value_.size(), number);
    if (error != std::errc() || end != value_.data() + value_.size()) return Unexpected();
    Next();
    return std::optional<int64_t>(negative ? -number : number);
  }
  // Everything from here on.
  std::string_view Rest() const { return text_.substr(begin_); }
  Status End() const { return at_end() ? OkStatus() : Unexpected(); }
  Status Unexpected() const {
    if (at_end()) return InvalidArgument("syntax error at end of input");
    return InvalidArgument("syntax error at or near \"{}\"", text_.substr(begin_, at_ - begin_));
  }

 private:
  void Next() {
    SkipBlanks();
    begin_ = at_;
    value_.clear();
    if (at_ >= text_.size()) {
      kind_ = Kind::kEnd;
      return;
    }
    const char c = text_[at_];
    if (IsNameStart(c)) {
      kind_ = Kind::kName;
      while (at_ < text_.size() && IsNamePart(text_[at_])) value_ += Lower(text_[at_++]);
      return;
    }
    if (std::isdigit(static_cast<unsigned char>(c))) {
      kind_ = Kind::kNumber;
      while (at_ < text_.size() && IsNamePart(text_[at_])) value_ += text_[at_++];
      return;
    }
    if (c == '"' || c == '\'') {
      kind_ = c == '"' ? Kind::kQuoted : Kind::kText;
      for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == c) {
          if (at_ + 1 >= text_.size() || text_[at_ + 1] != c) break;
          ++at_;
        }
        value_ += text_[at_];
      }
      at_ = std::min(at_ + 1, text_.size());
      return;
    }
    kind_ = Kind::kSign;
    value_ = c;
    ++at_;
  }
  void SkipBlanks() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(text_[at_]))) {
        ++at_;
      } else if (text_.substr(at_, 2) == "--") {
        const size_t end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end;
      } else if (text_.substr(at_, 2) == "/*") {
        int depth = 0;
        for (; at_ < text_.size(); ++at_) {
          if (text_.substr(at_, 2) == "/*") {
            ++depth;
            ++at_;
          } else if (text_.substr(at_, 2) == "*/") {
            ++at_;
            if (--depth == 0) break;
          }
        }
        at_ = std::min(at_ + 1, text_.size());
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t begin_ = 0;  // of the current word
  Kind kind_ = Kind::kEnd;
  std::string value_;
};

StatusOr<std::optional<SessionStatement>> ReadDeclare(Words words) {
  DeclareCursor declare;
  ASSIGN_OR_RETURN(declare.name, words.Name());
  while (!words.Is("cursor")) {
    if (words.Take("binary")) {
      declare.binary = true;
    } else if (words.Take("no")) {
      if (!words.Take("scroll")) return words.Unexpected();
      declare.no_scroll = true;
    } else if (!words.Take("insensitive") && !words.Take("asensitive") && !words.Take("scroll")) {
      return words.Unexpected();
    }
  }
  words.Take("cursor");
  if (words.Take("with")) {
    if (!words.Take("hold")) return words.Unexpected();
    declare.hold = true;
  } else if (words.Take("without")) {
    if (!words.Take("hold")) return words.Unexpected();
  }
  if (!words.Take("for")) return words.Unexpected();
  declare.query = words.Rest();
  return std::optional<SessionStatement>(std::move(declare));
}

StatusOr<std::optional<SessionStatement>> ReadFetch(Words words, bool move) {
  FetchCursor fetch;
  fetch.move = move;
  using Kind = FetchCursor::Kind;
  auto counted = [&](Kind kind) -> Status {
    fetch.kind = kind;
    if (words.Take("all")) {
      fetch.all = true;
      return OkStatus();
    }
    ASSIGN_OR_RETURN(std::optional<int64_t> number, words.Number());
    fetch.count = number.value_or(1);
    return OkStatus();
  };
  auto exact = [&](Kind kind) -> Status {
    fetch.kind = kind;
    ASSIGN_OR_RETURN(std::optional<int64_t> number, words.Number());
    if (!number) return words.Unexpected();
    fetch.count = *number;
    return OkStatus();
  };
  if (words.Take("next")) {
  } else if (words.Take("prior")) {
    fetch.kind = Kind::kBackward;
  } else if (words.Take("first")) {
    fetch.kind = Kind::kAbsolute;
  } else if (words.Take("last")) {
    fetch.kind = Kind::kAbsolute;
    fetch.count = -1;
  } else if (words.Take("absolute")) {
    RETURN_IF_ERROR(exact(Kind::kAbsolute));
  } else if (words.Take("relative")) {
    RETURN_IF_ERROR(exact(Kind::kRelative));
  } else if (words.Take("forward")) {
    RETURN_IF_ERROR(counted(Kind::kForward));
  } else if (words.Take("backward")) {
    RETURN_IF_ERROR(counted(Kind::kBackward));
  } else {
    RETURN_IF_ERROR(counted(Kind::kForward));
  }
  if (!words.Take("from")) words.Take("in");
  ASSIGN_OR_RETURN(fetch.name, words.Name());
  RETURN_IF_ERROR(words.End());
  return std::optional<SessionStatement>(std::move(fetch));
}

// CREATE USER name [WITH] [LOGIN] PASSWORD '…'
StatusOr<std::optional<SessionStatement>> ReadRole(Words words, ChangeRole::Kind kind) {
  ChangeRole change;
  change.kind = kind;
  if (kind == ChangeRole::Kind::kDrop && words.Take("if")) {
    if (!words.Take("exists")) return words.Unexpected();
    change.if_exists = true;
  }
  ASSIGN_OR_RETURN(change.name, words.Name());
  words.Take("with");
  while (!words.at_end() && kind != ChangeRole::Kind::kDrop) {
    if (words.Take("encrypted")) continue;
    if (words.Take("password")) {
      if (words.Take("null")) {
        change.password = "";
      } else {
        ASSIGN_OR_RETURN(change.password, words.Text());
      }
    } else if (words.Take("login") || words.Take("inherit") || words.Take("nosuperuser") ||
               words.Take("nocreatedb") || words.Take("nocreaterole") ||
               words.Take("noreplication")) {
      continue;
    } else {
      Status status = words.Unexpected();
      return Unsupported("{}; a role takes PASSWORD '…' and LOGIN here", Message(status));
    }
  }
  RETURN_IF_ERROR(words.End());
  return std::optional<SessionStatement>(std::move(change));
}

}  // namespace

StatusOr<std::optional<SessionStatement>> ReadSessionStatement(std::string_view text) {
  Words words(text);
  if (words.Take("declare")) return ReadDeclare(words);
  if (words.Take("fetch")) return ReadFetch(words, false);
  if (words.Take("move")) return ReadFetch(words, true);
  if (words.Take("close")) {
    CloseCursor close;
    if (!words.Take("all")) {
      ASSIGN_OR_RETURN(close.name, words.Name());
    }
    RETURN_IF_ERROR(words.End());
    return std::optional<SessionStatement>(std::move(close));
  }
  if (words.Take("discard")) {
    Discard discard;
    if (words.Take("plans")) {
      discard.what = Discard::What::kPlans;
    } else if (words.Take("sequences")) {
      discard.what = Discard::What::kSequences;
    } else if (words.Take("temp") || words.Take("temporary")) {
      discard.what = Discard::What::kTemporary;
    } else if (!words.Take("all")) {
      return words.Unexpected();
    }
    RETURN_IF_ERROR(words.End());
    return std::optional<SessionStatement>(discard);
  }
  if (words.Take("unlisten")) return std::optional<SessionStatement>(Acknowledge{"UNLISTEN"});
  if (words.Take("vacuum")) return std::optional<SessionStatement>(Acknowledge{"VACUUM"});
  if (words.Take("analyze") || words.Take("analyse")) {
    return std::optional<SessionStatement>(Acknowledge{"ANALYZE"});
  }
  if (words.Is("listen") || words.Is("notify")) {
    return Unsupported("LISTEN and NOTIFY are not supported: no session is told of another's work");
  }
  const bool create = words.Is("create"), alter = words.Is("alter"), drop = words.Is("drop");
  if (create || alter || drop) {
    words.Take(create ? "create" : alter ? "alter" : "drop");
    if (words.Take("user") || words.Take("role")) {
      return ReadRole(words, create  ? ChangeRole::Kind::kCreate
                             : alter ? ChangeRole::Kind::kAlter
                                     : ChangeRole::Kind::kDrop);
    }
  }
  return std::optional<SessionStatement>();
}

}  // namespace shale
