#include "engine/functions/json_query.h"

#include <charconv>
#include <cstdlib>

#include "engine/functions/json_text.h"
#include "engine/functions/regexp.h"
#include "engine/functions/utf8.h"

namespace shale {

struct JsonQuery::Node {
  enum class Kind : uint8_t {
    kRoot,     // $
    kCurrent,  // @
    kLiteral,  // text: JSON
    kMember,   // of child 0, text: name
    kAnyMember,
    kElements,  // of child 0: from to, or all
    kFilter,    // child 0 where child 1
    kSize,
    kType,
    kCompare,  // op text
    kAnd,
    kOr,
    kNot,
    kExists,
    kStartsWith,  // text: the prefix
    kLikeRegex,
    kIsUnknown,
  };
  struct Range {
    int64_t from = 0, to = 0;
    bool from_last = false, to_last = false;  // counted back from the last element
  };
  Kind kind = Kind::kRoot;
  std::vector<std::unique_ptr<Node>> children;
  std::string text;
  std::vector<Range> ranges;  // none: all elements
  std::unique_ptr<Regexp> regexp;

  bool is_condition() const { return kind >= Kind::kCompare; }
};

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

  StatusOr<NodePtr> Run() {
    Skip();
    if (TakeWord("strict")) {
      return Unsupported("jsonpath: strict mode is not supported; leave the word out");
    }
    TakeWord("lax");
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
    NodePtr left = Path();
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
      NodePtr right = Path();
      if (!status_.ok()) return nullptr;
      NodePtr compare = MakeNode(Kind::kCompare, std::move(left), std::move(right));
      compare->text = op == "<>" ? "!=" : op;
      return compare;
    }
    if (TakeWord("starts")) {
      if (!TakeWord("with")) return Fail("expected with instead of");
      NodePtr starts = MakeNode(Kind::kStartsWith, std::move(left));
      return String(&starts->text) ? std::move(starts) : Fail("expected a string instead of");
    }
    if (TakeWord("like_regex")) return LikeRegex(std::move(left));
    for (const char op : {'+', '-', '*', '/', '%'}) {
      if (Peek() == op) return Refuse("arithmetic");
    }
    return left;
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
        NodePtr condition = Or();
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
        return Refuse("a variable");
      }
      return MakeNode(Kind::kRoot);
    }
    if (c == '@') {
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
    size_t end = at_ + (c == '-' ? 1 : 0);
    const size_t first = end;
    while (end < text_.size() &&
           (IsAsciiDigit(text_[end]) || text_[end] == '.' || text_[end] == 'e' ||
            text_[end] == 'E' ||
            ((text_[end] == '-' || text_[end] == '+') && AsciiLower(text_[end - 1]) == 'e'))) {
      ++end;
    }
    if (end == first || !IsAsciiDigit(text_[first])) return Fail("unexpected");
    literal->text = text_.substr(at_, end - at_);
    at_ = end;
    return literal;
  }

  NodePtr Dot(NodePtr operand) {
    Skip();
    if (Take("**")) return Refuse(".**");
    if (Take("*")) return MakeNode(Kind::kAnyMember, std::move(operand));
    std::string name;
    if (!String(&name)) {
      size_t end = at_;
      while (end < text_.size() && IsNameByte(text_[end])) ++end;
      if (end == at_) return Fail("expected a name instead of");
      name = text_.substr(at_, end - at_);
      at_ = end;
      if (Take("(")) {
        if (!Take(")")) return Refuse("a method with arguments");
        if (name == "size") return MakeNode(Kind::kSize, std::move(operand));
        if (name == "type") return MakeNode(Kind::kType, std::move(operand));
        return Refuse("the method ." + name + "()");
      }
    }
    NodePtr member = MakeNode(Kind::kMember, std::move(operand));
    member->text = std::move(name);
    return member;
  }

  bool Index(int64_t* value, bool* from_last) {
    Skip();
    *from_last = TakeWord("last");
    *value = 0;
    if (*from_last && !Take("-")) return true;
    Skip();
    const auto end = std::from_chars(text_.data() + at_, text_.data() + text_.size(), *value);
    if (end.ec != std::errc()) return false;
    at_ = static_cast<size_t>(end.ptr - text_.data());
    if (*from_last) *value = -*value;
    return true;
  }

  NodePtr Subscript(NodePtr operand) {
    NodePtr elements = MakeNode(Kind::kElements, std::move(operand));
    if (Take("*")) {
      if (!Take("]")) return Fail("expected ] instead of");
      return elements;
    }
    do {
      Node::Range range;
      if (!Index(&range.from, &range.from_last)) return Fail("expected a number instead of");
      range.to = range.from;
      range.to_last = range.from_last;
      if (TakeWord("to") && !Index(&range.to, &range.to_last)) {
        return Fail("expected a number instead of");
      }
      elements->ranges.push_back(range);
    } while (Take(","));
    if (!Take("]")) return Fail("expected ] instead of");
    return elements;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  Status status_;
};

// ---- running
// -------------------------------------------------------------------------------------

using Items = std::vector<std::string_view>;
enum class Truth : uint8_t { kFalse, kTrue, kUnknown };

class Runner {
 public:
  Runner(std::string_view json, std::deque<std::string>* made)
      : root_(TrimJson(json)), made_(made) {}

  void Path(const Node& node, std::string_view current, Items* out) {
    switch (node.kind) {
      case Kind::kRoot: out->push_back(root_); return;
      case Kind::kCurrent: out->push_back(current); return;
      case Kind::kLiteral: out->push_back(node.text); return;
      default: break;
    }
    if (node.is_condition()) {
      switch (Condition(node, current)) {
        case Truth::kTrue: out->push_back("true"); break;
        case Truth::kFalse: out->push_back("false"); break;
        case Truth::kUnknown: out->push_back("null"); break;
      }
      return;
    }
    Items operands;
    Path(*node.children[0], current, &operands);
    for (const std::string_view item : operands) Step(node, item, out);
  }

 private:
  static bool IsArray(std::string_view item) { return JsonKindOf(item) == JsonKind::kArray; }

  // visit(item), or for an array each of its elements.
  template <typename F>
  static void Unwrapped(std::string_view item, F visit) {
    if (!IsArray(item)) return visit(item);
    for (JsonItems items(item); items.Next();) visit(items.value());
  }

  void Step(const Node& node, std::string_view item, Items* out) {
    switch (node.kind) {
      case Kind::kMember:
        Unwrapped(item, [&](std::string_view object) {
          if (auto member = JsonMember(object, node.text)) out->push_back(*member);
        });
        return;
      case Kind::kAnyMember:
        Unwrapped(item, [&](std::string_view object) {
          if (JsonKindOf(object) != JsonKind::kObject) return;
          for (JsonItems items(object); items.Next();) out->push_back(items.value());
        });
        return;
      case Kind::kElements: Elements(node, item, out); return;
      case Kind::kFilter:
        Unwrapped(item, [&](std::string_view candidate) {
          if (Condition(*node.children[1], candidate) == Truth::kTrue) out->push_back(candidate);
        });
        return;
      case Kind::kSize:
        made_->push_back(std::to_string(IsArray(item) ? JsonLength(item) : 1));
        out->push_back(made_->back());
        return;
      default:
        made_->push_back('"' + std::string(JsonKindName(JsonKindOf(item))) + '"');
        out->push_back(made_->back());
    }
  }

  static void Elements(const Node& node, std::string_view item, Items* out) {
    Items elements;
    Unwrapped(item, [&](std::string_view element) { elements.push_back(element); });
    if (node.ranges.empty()) {
      out->insert(out->end(), elements.begin(), elements.end());
      return;
    }
    const auto last = static_cast<int64_t>(elements.size()) - 1;
    for (const Node::Range& range : node.ranges) {
      const int64_t from = range.from_last ? last + range.from : range.from;
      const int64_t to = range.to_last ? last + range.to : range.to;
      for (int64_t i = std::max<int64_t>(from, 0); i <= std::min(to, last); ++i) {
        out->push_back(elements[i]);
      }
    }
  }

  Truth Condition(const Node& node, std::string_view current) {
    switch (node.kind) {
      case Kind::kAnd: {
        const Truth left = Condition(*node.children[0], current);
        if (left == Truth::kFalse) return left;
        const Truth right = Condition(*node.children[1], current);
        return right == Truth::kTrue ? left : right;
      }
      case Kind::kOr: {
        const Truth left = Condition(*node.children[0], current);
        if (left == Truth::kTrue) return left;
        const Truth right = Condition(*node.children[1], current);
        return right == Truth::kFalse ? left : right;
      }
      case Kind::kNot: {
        const Truth operand = Condition(*node.children[0], current);
        return operand == Truth::kUnknown ? operand
               : operand == Truth::kTrue  ? Truth::kFalse
                                          : Truth::kTrue;
      }
      case Kind::kIsUnknown:
        return Condition(*node.children[0], current) == Truth::kUnknown ? Truth::kTrue
                                                                        : Truth::kFalse;
      case Kind::kExists: {
        Items found;
        Path(*node.children[0], current, &found);
        return found.empty() ? Truth::kFalse : Truth::kTrue;
      }
      case Kind::kCompare: {
        const Items left = Operands(*node.children[0], current);
        const Items right = Operands(*node.children[1], current);
        return Any(left, [&](std::string_view a) {
          return Any(right, [&](std::string_view b) { return Compare(node.text, a, b); });
        });
      }
      default:
        return Any(Operands(*node.children[0], current), [&](std::string_view item) {
          std::string buffer;
          std::string_view text;
          if (JsonKindOf(item) != JsonKind::kString || !JsonUnquote(item, &buffer, &text)) {
            return Truth::kUnknown;
          }
          const bool holds = node.kind == Kind::kStartsWith ? text.starts_with(node.text)
                                                            : node.regexp->Matches(text);
          return holds ? Truth::kTrue : Truth::kFalse;
        });
    }
  }

  Items Operands(const Node& node, std::string_view current) {
    Items found, unwrapped;
    Path(node, current, &found);
    for (const std::string_view item : found) {
      Unwrapped(item, [&](std::string_view value) { unwrapped.push_back(value); });
    }
    return unwrapped;
  }

  // True for one is true, else unknown for one is unknown.
  template <typename F>
  static Truth Any(const Items& items, F test) {
    Truth result = Truth::kFalse;
    for (const std::string_view item : items) {
      const Truth truth = test(item);
      if (truth == Truth::kTrue) return truth;
      if (truth == Truth::kUnknown) result = truth;
    }
    return result;
  }

  static Truth Compare(std::string_view op, std::string_view a, std::string_view b) {
    const JsonKind kind = JsonKindOf(a);
    const JsonKind other = JsonKindOf(b);
    int order = 0;
    if (kind != other) {
      if (kind != JsonKind::kNull && other != JsonKind::kNull) return Truth::kUnknown;
      return op == "!=" ? Truth::kTrue : Truth::kFalse;  // null differs from all else
    }
    switch (kind) {
      case JsonKind::kNull: break;
      case JsonKind::kBoolean: order = (a[0] == 't') - (b[0] == 't'); break;
      case JsonKind::kNumber: {
        const double x = std::strtod(std::string(a).c_str(), nullptr);
        const double y = std::strtod(std::string(b).c_str(), nullptr);
        order = (x > y) - (x < y);
        break;
      }
      case JsonKind::kString: {
        std::string left, right;
        std::string_view x, y;
        if (!JsonUnquote(a, &left, &x) || !JsonUnquote(b, &right, &y)) return Truth::kUnknown;
        order = x.compare(y);
        break;
      }
      default: return Truth::kUnknown;
    }
    const bool holds = op == "=="   ? order == 0
                       : op == "!=" ? order != 0
                       : op == "<"  ? order < 0
                       : op == "<=" ? order <= 0
                       : op == ">"  ? order > 0
                                    : order >= 0;
    return holds ? Truth::kTrue : Truth::kFalse;
  }

  std::string_view root_;
  std::deque<std::string>* made_;
};

}  // namespace

JsonQuery::~JsonQuery() = default;

StatusOr<std::unique_ptr<JsonQuery>> JsonQuery::Compile(std::string_view text) {
  std::unique_ptr<JsonQuery> query(new JsonQuery);
  ASSIGN_OR_RETURN(query->root_, Parser(text).Run());
  return query;
}

void JsonQuery::Run(std::string_view json, Found* found) const {
  Runner(json, &found->made).Path(*root_, TrimJson(json), &found->items);
}

}  // namespace shale
