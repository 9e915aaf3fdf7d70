// Paths from text; json_query_run.cc runs them.
#include "engine/functions/json_query.h"

#include <algorithm>
#include <charconv>

#include "engine/functions/json_query_node.h"
#include "engine/functions/json_text.h"
#include "engine/functions/utf8.h"

namespace shale {

namespace {

using Node = JsonQuery::Node;
using NodePtr = std::unique_ptr<Node>;
using Kind = Node::Kind;
constexpr int kMaxNestedConditions = 100;

bool IsNameByte(char c) {
  return IsAsciiLetter(c) || IsAsciiDigit(c) || c == '_' || static_cast<uint8_t>(c) >= 0x80;
}

NodePtr MakeNode(Kind kind, NodePtr a = nullptr, NodePtr b = nullptr) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  if (a) node->children.push_back(std::move(a));
  if (b) node->children.push_back(std::move(b));
  return node;
}

// Recursive descent; the first error stays.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  StatusOr<NodePtr> Run(bool* lax) {
    Skip();
    *lax = !TakeWord("strict");
    if (*lax) TakeWord("lax");
    NodePtr root = Or();
    Skip();
    if (status_.ok() && at_ < text_.size()) Fail("unexpected");
    if (!status_.ok()) return status_;
    return root;
  }

 private:
  void Skip() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))) {
      ++at_;
    }
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(std::string_view token) {
    Skip();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  bool TakeWord(std::string_view word) {
    Skip();
    if (text_.substr(at_, word.size()) != word) return false;
    if (at_ + word.size() < text_.size() && IsNameByte(text_[at_ + word.size()])) return false;
    at_ += word.size();
    return true;
  }
  std::nullptr_t Fail(std::string_view what) {
    if (status_.ok()) {
      const std::string_view near = text_.substr(std::min(at_, text_.size()), 12);
      status_ = InvalidArgument("syntax error in jsonpath at byte {}: {} {}", at_ + 1, what,
                                near.empty() ? "the end" : near);
    }
    return nullptr;
  }
  std::nullptr_t Refuse(std::string_view what) {
    if (status_.ok()) {
      status_ = Unsupported("jsonpath: {} is not supported (at byte {})", what, at_ + 1);
    }
    return nullptr;
  }

  NodePtr Or() {
    if (++depth_ > kMaxNestedConditions) return Fail("nested too deep");
    NodePtr left = And();
    while (status_.ok() && Take("||")) left = Logic(Kind::kOr, std::move(left), And());
    --depth_;
    return left;
  }
  NodePtr And() {
    NodePtr left = Condition();
    while (status_.ok() && Take("&&")) left = Logic(Kind::kAnd, std::move(left), Condition());
    return left;
  }
  NodePtr Logic(Kind kind, NodePtr a, NodePtr b) {
    if (!status_.ok()) return nullptr;
    if (!a->is_condition() || !b->is_condition()) return Fail("&& and || join conditions, before");
    return MakeNode(kind, std::move(a), std::move(b));
  }

  NodePtr Condition() {
    Skip();
    if (Peek() == '!' && text_.substr(at_, 2) != "!=") {
      ++at_;
      NodePtr operand = Condition();
      if (!status_.ok()) return nullptr;
      if (!operand->is_condition()) return Fail("! needs a condition, before");
      return MakeNode(Kind::kNot, std::move(operand));
    }
    if (TakeWord("exists")) {
      if (!Take("(")) return Fail("expected ( instead of");
      NodePtr operand = Or();
      if (!Take(")")) return Fail("expected ) instead of");
      return status_.ok() ? MakeNode(Kind::kExists, std::move(operand)) : nullptr;
    }
    NodePtr left = Sum();
    if (!status_.ok()) return nullptr;
    Skip();
    if (left->is_condition()) {
      if (TakeWord("is")) {
        if (!TakeWord("unknown")) return Fail("expected unknown instead of");
        return MakeNode(Kind::kIsUnknown, std::move(left));
      }
      return left;
    }
    for (const std::string_view op : {"==", "!=", "<>", "<=", ">=", "<", ">"}) {
      if (!Take(op)) continue;
      NodePtr right = Sum();
      if (!status_.ok()) return nullptr;
      NodePtr compare = MakeNode(Kind::kCompare, std::move(left), std::move(right));
      compare->text = op == "<>" ? "!=" : op;
      return compare;
    }
    if (TakeWord("starts")) {
      if (!TakeWord("with")) return Fail("expected with instead of");
      NodePtr prefix = Primary();
      if (!status_.ok()) return nullptr;
      if (prefix->kind != Kind::kVariable &&
          (prefix->kind != Kind::kLiteral || prefix->text[0] != '"')) {
        return Fail("expected a string or a variable before");
      }
      return MakeNode(Kind::kStartsWith, std::move(left), std::move(prefix));
    }
    if (TakeWord("like_regex")) return LikeRegex(std::move(left));
    return left;
  }

  NodePtr Arithmetic(std::string_view op, NodePtr a, NodePtr b) {
    if (!status_.ok()) return nullptr;
    if (a->is_condition() || b->is_condition()) return Fail("a condition is no number, before");
    NodePtr node = MakeNode(Kind::kArithmetic, std::move(a), std::move(b));
    node->text = op;
    return node;
  }
  NodePtr Sum() {
    NodePtr left = Product();
    while (status_.ok()) {
      if (Take("+")) {
        left = Arithmetic("+", std::move(left), Product());
      } else if (Take("-")) {
        left = Arithmetic("-", std::move(left), Product());
      } else {
        return left;
      }
    }
    return nullptr;
  }
  NodePtr Product() {
    NodePtr left = Sign();
    while (status_.ok()) {
      if (Take("*")) {
        left = Arithmetic("*", std::move(left), Sign());
      } else if (Take("/")) {
        left = Arithmetic("/", std::move(left), Sign());
      } else if (Take("%")) {
        left = Arithmetic("%", std::move(left), Sign());
      } else {
        return left;
      }
    }
    return nullptr;
  }
  NodePtr Sign() {
    Skip();
    if (Peek() != '-' && Peek() != '+') return Path();
    const std::string op(1, Peek());
    ++at_;
    if (++depth_ > kMaxNestedConditions) return Fail("nested too deep");
    NodePtr operand = Sign();
    --depth_;
    if (!status_.ok()) return nullptr;
    if (operand->is_condition()) return Fail("a condition is no number, before");
    NodePtr node = MakeNode(Kind::kSign, std::move(operand));
    node->text = op;
    return node;
  }

  NodePtr LikeRegex(NodePtr left) {
    NodePtr like = MakeNode(Kind::kLikeRegex, std::move(left));
    if (!String(&like->text)) return Fail("expected a string instead of");
    std::string flags;
    if (TakeWord("flag") && !String(&flags)) return Fail("expected a string instead of");
    auto parsed = Regexp::ParseFlags(flags);
    auto compiled = parsed.ok() ? Regexp::Compile(like->text, *parsed)
                                : StatusOr<std::unique_ptr<Regexp>>(parsed.status());
    if (!compiled.ok()) {
      status_ = compiled.status();
      return nullptr;
    }
    like->regexp = *std::move(compiled);
    return like;
  }

  // A string in double quotes, unescaped.
  bool String(std::string* out) {
    Skip();
    if (Peek() != '"') return false;
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return false;
    std::string buffer;
    std::string_view value;
    if (!JsonUnquote(text_.substr(at_, end + 1 - at_), &buffer, &value)) return false;
    *out = value;
    at_ = end + 1;
    return true;
  }

  NodePtr Path() {
    NodePtr node = Primary();
    while (status_.ok()) {
      Skip();
      if (Take("?")) {
        if (!Take("(")) return Fail("expected ( instead of");
        ++filters_;
        NodePtr condition = Or();
        --filters_;
        if (!status_.ok()) return nullptr;
        if (!condition->is_condition()) return Fail("a filter needs a condition, before");
        if (!Take(")")) return Fail("expected ) instead of");
        node = MakeNode(Kind::kFilter, std::move(node), std::move(condition));
      } else if (Peek() == '.') {
        ++at_;
        node = Dot(std::move(node));
      } else if (Peek() == '[') {
        ++at_;
        node = Subscript(std::move(node));
      } else {
        return node;
      }
    }
    return nullptr;
  }

  NodePtr Primary() {
    Skip();
    const char c = Peek();
    if (c == '$') {
      ++at_;
      if (at_ < text_.size() && (IsNameByte(text_[at_]) || text_[at_] == '"')) {
        NodePtr variable = MakeNode(Kind::kVariable);
        return Name(&variable->text) ? std::move(variable) : Fail("expected a name instead of");
      }
      return MakeNode(Kind::kRoot);
    }
    if (TakeWord("last")) {
      if (subscripts_ == 0) return Fail("LAST is allowed only in array subscripts, before");
      return MakeNode(Kind::kLast);
    }
    if (c == '@') {
      if (filters_ == 0) return Fail("@ is not allowed in root expressions:");
      ++at_;
      return MakeNode(Kind::kCurrent);
    }
    if (c == '(') {
      ++at_;
      NodePtr inner = Or();
      if (!status_.ok()) return nullptr;
      if (!Take(")")) return Fail("expected ) instead of");
      return inner;
    }
    NodePtr literal = MakeNode(Kind::kLiteral);
    std::string value;
    if (String(&value)) {
      AppendJsonString(value, &literal->text);
      return literal;
    }
    for (const std::string_view word : {"true", "false", "null"}) {
      if (TakeWord(word)) {
        literal->text = word;
        return literal;
      }
    }
    if (!Number(&literal->text)) return Fail("unexpected");
    return literal;
  }

  // 12, 1.5, .5, 1., 1e-3 as JSON writes them.
  bool Number(std::string* out) {
    size_t at = at_;
    const auto digits = [&] {
      const size_t begin = at;
      while (at < text_.size() && IsAsciiDigit(text_[at])) ++at;
      return text_.substr(begin, at - begin);
    };
    const std::string_view whole = digits();
    std::string_view fraction;
    if (at < text_.size() && text_[at] == '.' &&
        (whole.empty() || at + 1 == text_.size() || !IsNameStart(text_[at + 1]))) {
      ++at;
      fraction = digits();
    }
    if (whole.empty() && fraction.empty()) return false;
    if (whole.size() > 1 && whole[0] == '0') return false;
    *out = whole.empty() ? "0" : std::string(whole);
    if (!fraction.empty()) *out += "." + std::string(fraction);
    if (at < text_.size() && AsciiLower(text_[at]) == 'e') {
      const size_t mark = at++;
      if (at < text_.size() && (text_[at] == '-' || text_[at] == '+')) ++at;
      if (digits().empty()) return false;
      *out += std::string(text_.substr(mark, at - mark));
    }
    if (at < text_.size() && IsNameByte(text_[at])) return false;
    at_ = at;
    return true;
  }
  static bool IsNameStart(char c) { return IsNameByte(c) && !IsAsciiDigit(c); }

  // A name, plain or in double quotes, as it stands.
  bool Name(std::string* out) {
    if (String(out)) return true;
    size_t end = at_;
    while (end < text_.size() && IsNameByte(text_[end])) ++end;
    if (end == at_) return false;
    *out = text_.substr(at_, end - at_);
    at_ = end;
    return true;
  }

  // {2}, {1 to last} after .**
  bool Level(int64_t* level) {
    Skip();
    if (TakeWord("last")) {
      *level = Node::kDeepest;
      return true;
    }
    const auto end = std::from_chars(text_.data() + at_, text_.data() + text_.size(), *level);
    if (end.ec != std::errc() || *level < 0) return false;
    at_ = static_cast<size_t>(end.ptr - text_.data());
    return true;
  }
  NodePtr AnyLevel(NodePtr operand) {
    NodePtr any = MakeNode(Kind::kAnyLevel, std::move(operand));
    if (!Take("{")) return any;
    if (!Level(&any->first)) return Fail("expected a level instead of");
    any->last = any->first;
    if (TakeWord("to") && !Level(&any->last)) return Fail("expected a level instead of");
    if (!Take("}")) return Fail("expected } instead of");
    return any;
  }

  NodePtr Dot(NodePtr operand) {
    Skip();
    if (Take("**")) return AnyLevel(std::move(operand));
    if (Take("*")) return MakeNode(Kind::kAnyMember, std::move(operand));
    std::string name;
    const bool quoted = Peek() == '"';
    if (!Name(&name)) return Fail("expected a name instead of");
    if (!quoted && Take("(")) {
      if (name == "datetime") return Refuse("the method .datetime()");
      if (!Take(")")) return Fail("expected ) instead of");
      static constexpr std::pair<std::string_view, Kind> kMethods[] = {
          {"size", Kind::kSize},        {"type", Kind::kType},   {"double", Kind::kDouble},
          {"ceiling", Kind::kCeiling},  {"floor", Kind::kFloor}, {"abs", Kind::kAbs},
          {"keyvalue", Kind::kKeyValue}};
      for (const auto& [method, kind] : kMethods) {
        if (name == method) return MakeNode(kind, std::move(operand));
      }
      return Refuse("the method ." + name + "()");
    }
    NodePtr member = MakeNode(Kind::kMember, std::move(operand));
    member->text = std::move(name);
    return member;
  }

  NodePtr Subscript(NodePtr operand) {
    NodePtr elements = MakeNode(Kind::kElements, std::move(operand));
    if (Take("*")) {
      if (!Take("]")) return Fail("expected ] instead of");
      return elements;
    }
    ++subscripts_;
    do {
      NodePtr from = Sum();
      if (!status_.ok()) return nullptr;
      NodePtr to;
      if (TakeWord("to")) {
        to = Sum();
        if (!status_.ok()) return nullptr;
      }
      elements->children.push_back(std::move(from));
      elements->children.push_back(std::move(to));  // null: the same
    } while (Take(","));
    --subscripts_;
    if (!Take("]")) return Fail("expected ] instead of");
    return elements;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  int filters_ = 0;     // open ones: where @ may stand
  int subscripts_ = 0;  // likewise for last
  Status status_;
};

}  // namespace

JsonQuery::~JsonQuery() = default;

StatusOr<std::unique_ptr<JsonQuery>> JsonQuery::Compile(std::string_view text) {
  std::unique_ptr<JsonQuery> query(new JsonQuery);
  ASSIGN_OR_RETURN(query->root_, Parser(text).Run(&query->lax_));
  return query;
}

}  // namespace shale
