// Running a compiled path: depth first, as PostgreSQL does, so that what was found before an error
// is the same.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "engine/functions/json_number.h"
#include "engine/functions/json_query_node.h"
#include "engine/functions/json_text.h"
#include "engine/functions/json_write.h"
#include "engine/functions/value_io.h"

namespace shale {
namespace {

using Node = JsonQuery::Node;
using Kind = Node::Kind;
using Items = std::vector<std::string_view>;
using Visit = std::function<bool(std::string_view)>;  // false ends the walk
enum class Truth : uint8_t { kFalse, kTrue, kUnknown };

bool IsArray(std::string_view item) { return JsonKindOf(item) == JsonKind::kArray; }
bool IsContainer(std::string_view item) {
  return IsArray(item) || JsonKindOf(item) == JsonKind::kObject;
}

class Runner {
 public:
  Runner(std::string_view json, std::string_view variables, bool lax, JsonQuery::Found* found)
      : root_(TrimJson(json)),
        variables_(TrimJson(variables)),
        lax_(lax),
        ignore_structure_(lax),
        found_(found) {}

  void Run(const Node& node) {
    Path(node, root_, [&](std::string_view item) {
      found_->items.push_back(item);
      return true;
    });
    found_->error = status_;
  }

 private:
  bool Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
    return false;
  }
  std::string_view Made(std::string text) {
    found_->made.push_back(std::move(text));
    return found_->made.back();
  }

  // Every item of `node`, in order; false when `visit` ended it or an error did.
  bool Path(const Node& node, std::string_view current, const Visit& visit) {
    if (node.is_condition()) {
      const Truth truth = Condition(node, current);
      if (found_->fatal) return false;
      switch (truth) {
        case Truth::kTrue: return visit("true");
        case Truth::kFalse: return visit("false");
        case Truth::kUnknown: return visit("null");
      }
    }
    switch (node.kind) {
      case Kind::kRoot: return visit(root_);
      case Kind::kCurrent: return visit(current);
      case Kind::kLiteral: return visit(node.text);
      case Kind::kLast: return visit(Made(std::to_string(last_)));
      case Kind::kVariable: {
        auto value = JsonMember(variables_, node.text);
        if (!value) {
          found_->fatal = true;
          return Fail(InvalidArgument("could not find jsonpath variable \"{}\"", node.text));
        }
        return visit(*value);
      }
      case Kind::kArithmetic: return Arithmetic(node, current, visit);
      case Kind::kSign: return Sign(node, current, visit);
      default: break;
    }
    return Path(*node.children[0], current,
                [&](std::string_view item) { return Step(node, item, current, lax_, visit); });
  }

  // The items as a list; false at an error.
  bool Collect(const Node& node, std::string_view current, bool unwrap, Items* out) {
    Path(node, current, [&](std::string_view item) {
      if (unwrap && lax_ && IsArray(item)) {
        for (JsonItems items(item); items.Next();) out->push_back(items.value());
      } else {
        out->push_back(item);
      }
      return true;
    });
    return status_.ok();
  }
  // The same inside a condition, where an error makes it unknown.
  bool CollectQuietly(const Node& node, std::string_view current, bool unwrap, Items* out) {
    const bool good = Collect(node, current, unwrap, out);
    if (!found_->fatal) status_ = OkStatus();
    return good;
  }

  // `node`, an accessor or a method, upon one item.
  bool Step(const Node& node, std::string_view item, std::string_view current, bool unwrap,
            const Visit& visit) {
    const JsonKind kind = JsonKindOf(item);
    const auto each = [&] {
      for (JsonItems items(item); items.Next();) {
        if (!Step(node, items.value(), current, false, visit)) return false;
      }
      return true;
    };
    switch (node.kind) {
      case Kind::kMember: {
        if (kind == JsonKind::kObject) {
          if (auto member = JsonMember(item, node.text)) return visit(*member);
          return ignore_structure_ ||
                 Fail(InvalidArgument("JSON object does not contain key \"{}\"", node.text));
        }
        if (unwrap && kind == JsonKind::kArray) return each();
        return ignore_structure_ ||
               Fail(InvalidArgument("jsonpath member accessor can only be applied to an object"));
      }
      case Kind::kAnyMember:
        if (kind == JsonKind::kObject) {
          for (JsonItems items(item); items.Next();) {
            if (!visit(items.value())) return false;
          }
          return true;
        }
        if (unwrap && kind == JsonKind::kArray) return each();
        return ignore_structure_ ||
               Fail(InvalidArgument(
                   "jsonpath wildcard member accessor can only be applied to an object"));
      case Kind::kElements: return Elements(node, item, current, visit);
      case Kind::kAnyLevel: {
        const bool before = ignore_structure_;
        ignore_structure_ = true;
        bool more = node.first != 0 || visit(item);
        if (more && IsContainer(item)) more = Levels(node, item, 1, visit);
        ignore_structure_ = before;
        return more;
      }
      case Kind::kFilter: {
        if (unwrap && kind == JsonKind::kArray) return each();
        const bool holds = Condition(*node.children[1], item) == Truth::kTrue;
        return !found_->fatal && (!holds || visit(item));
      }
      case Kind::kSize:
        if (kind != JsonKind::kArray && !lax_ && !ignore_structure_) {
          return Fail(
              InvalidArgument("jsonpath item method .size() can only be applied to an array"));
        }
        return visit(Made(std::to_string(kind == JsonKind::kArray ? JsonLength(item) : 1)));
      case Kind::kType: return visit(Made('"' + std::string(JsonKindName(kind)) + '"'));
      case Kind::kKeyValue: {
        if (unwrap && kind == JsonKind::kArray) return each();
        if (kind != JsonKind::kObject) {
          return Fail(
              InvalidArgument("jsonpath item method .keyvalue() can only be applied to an object"));
        }
        return KeyValues(item, visit);
      }
      default: break;
    }
    if (unwrap && kind == JsonKind::kArray) return each();
    return NumberMethod(node, item, visit);
  }

  bool KeyValues(std::string_view object, const Visit& visit) {
    // Which object it is: the place where it begins.
    const bool inside =
        object.data() >= root_.data() && object.data() < root_.data() + root_.size();
    const auto id = inside ? object.data() - root_.data() : 0;
    for (JsonItems items(object); items.Next();) {
      std::string text = "{\"id\": " + std::to_string(id) + ", \"key\": ";
      text += items.key();
      text += ", \"value\": ";
      text += items.value();
      text += '}';
      if (!visit(Made(std::move(text)))) return false;
    }
    return true;
  }

  bool NumberMethod(const Node& node, std::string_view item, const Visit& visit) {
    const JsonKind kind = JsonKindOf(item);
    if (node.kind == Kind::kDouble) {
      std::string buffer;
      std::string_view text = item;
      const bool is_text = kind == JsonKind::kString && JsonUnquote(item, &buffer, &text);
      if (!is_text && kind != JsonKind::kNumber) {
        return Fail(InvalidArgument(
            "jsonpath item method .double() can only be applied to a string or numeric value"));
      }
      double number = 0;
      if (!ParseDouble(text, &number) || !std::isfinite(number)) {
        return Fail(
            InvalidArgument("{} argument of jsonpath item method .double() is not a valid "
                            "representation of a double precision number",
                            is_text ? "string" : "numeric"));
      }
      return visit(Made(is_text || number != 0 ? JsonNumber::FromDouble(number).ToText()
                                               : std::string(item)));
    }
    const char* name = node.kind == Kind::kAbs     ? "abs"
                       : node.kind == Kind::kFloor ? "floor"
                                                   : "ceiling";
    if (kind != JsonKind::kNumber) {
      return Fail(InvalidArgument(
          "jsonpath item method .{}() can only be applied to a numeric value", name));
    }
    const JsonNumber number = JsonNumber::Parse(item);
    return visit(Made((node.kind == Kind::kAbs     ? number.Abs()
                       : node.kind == Kind::kFloor ? number.Floor()
                                                   : number.Ceiling())
                          .ToText()));
  }

  bool Elements(const Node& node, std::string_view item, std::string_view current,
                const Visit& visit) {
    const bool array = IsArray(item);
    const bool all = node.children.size() == 1;
    if (!array && !lax_) {
      return ignore_structure_ ||
             Fail(InvalidArgument("jsonpath {}array accessor can only be applied to an array",
                                  all ? "wildcard " : ""));
    }
    Items elements;
    if (array) {
      for (JsonItems items(item); items.Next();) elements.push_back(items.value());
    } else {
      elements.push_back(item);
    }
    if (all) {
      return std::all_of(elements.begin(), elements.end(), visit);
    }
    const int64_t outer_last = last_;
    const auto size = static_cast<int64_t>(elements.size());
    for (size_t i = 1; i < node.children.size(); i += 2) {
      last_ = size - 1;
      int64_t from = 0, to = 0;
      bool good = Index(*node.children[i], current, &from);
      if (good && node.children[i + 1]) {
        good = Index(*node.children[i + 1], current, &to);
      } else {
        to = from;
      }
      last_ = outer_last;
      if (!good) return false;
      if (!ignore_structure_ && (from < 0 || from > to || to >= size)) {
        return Fail(InvalidArgument("jsonpath array subscript is out of bounds"));
      }
      for (int64_t at = std::max<int64_t>(from, 0); at <= std::min(to, size - 1); ++at) {
        if (!visit(elements[at])) return false;
      }
    }
    return true;
  }

  bool Index(const Node& node, std::string_view current, int64_t* index) {
    Items found;
    if (!Collect(node, current, false, &found)) return false;
    if (found.size() != 1 || JsonKindOf(found[0]) != JsonKind::kNumber) {
      return Fail(InvalidArgument("jsonpath array subscript is not a single numeric value"));
    }
    const double value = std::trunc(std::strtod(std::string(found[0]).c_str(), nullptr));
    if (!(std::fabs(value) <= 2147483647)) {
      return Fail(InvalidArgument("jsonpath array subscript is out of integer range"));
    }
    *index = static_cast<int64_t>(value);
    return true;
  }

  bool Levels(const Node& node, std::string_view container, int64_t level, const Visit& visit) {
    if (node.last != Node::kDeepest && level > node.last) return true;
    const bool leaves_only = node.first == Node::kDeepest;
    for (JsonItems items(container); items.Next();) {
      const std::string_view value = items.value();
      const bool deeper = IsContainer(value);
      if (leaves_only ? !deeper : level >= node.first) {
        if (!visit(value)) return false;
      }
      if (deeper && (node.last == Node::kDeepest || level < node.last)) {
        if (!Levels(node, value, level + 1, visit)) return false;
      }
    }
    return true;
  }

  bool Arithmetic(const Node& node, std::string_view current, const Visit& visit) {
    JsonNumber sides[2];
    for (int side = 0; side < 2; ++side) {
      Items found;
      if (!Collect(*node.children[side], current, true, &found)) return false;
      if (found.size() != 1 || JsonKindOf(found[0]) != JsonKind::kNumber) {
        return Fail(
            InvalidArgument("{} operand of jsonpath operator {} is not a single numeric value",
                            side == 0 ? "left" : "right", node.text));
      }
      sides[side] = JsonNumber::Parse(found[0]);
    }
    JsonNumber result;
    switch (node.text[0]) {
      case '+': result = sides[0].Plus(sides[1]); break;
      case '-': result = sides[0].Plus(sides[1].Negated()); break;
      case '*': result = sides[0].Times(sides[1]); break;
      default:
        if (sides[1].IsZero()) return Fail(MakeError(StatusCode::kOutOfRange, "division by zero"));
        result = node.text[0] == '/' ? sides[0].Over(sides[1]) : sides[0].Modulo(sides[1]);
    }
    return visit(Made(result.ToText()));
  }

  bool Sign(const Node& node, std::string_view current, const Visit& visit) {
    Items found;
    if (!Collect(*node.children[0], current, true, &found)) return false;
    for (const std::string_view item : found) {
      if (JsonKindOf(item) != JsonKind::kNumber) {
        return Fail(InvalidArgument("operand of unary jsonpath operator {} is not a numeric value",
                                    node.text));
      }
      const JsonNumber number = JsonNumber::Parse(item);
      if (!visit(Made((node.text == "-" ? number.Negated() : number).ToText()))) return false;
    }
    return true;
  }

  // ---- conditions ----

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
        bool any = false;
        Path(*node.children[0], current, [&](std::string_view) {
          any = true;
          return !lax_;  // in strict mode an error may still come
        });
        const bool failed = !status_.ok();
        if (!found_->fatal) status_ = OkStatus();
        return failed ? Truth::kUnknown : any ? Truth::kTrue : Truth::kFalse;
      }
      case Kind::kCompare: {
        Items left, right;
        if (!CollectQuietly(*node.children[0], current, true, &left)) return Truth::kUnknown;
        if (!CollectQuietly(*node.children[1], current, true, &right)) return Truth::kUnknown;
        return Any(left, right, [&](std::string_view a, std::string_view b) {
          return Compare(node.text, a, b);
        });
      }
      default: break;
    }
    Items left, right = {"null"};
    if (!CollectQuietly(*node.children[0], current, true, &left)) return Truth::kUnknown;
    if (node.kind == Kind::kStartsWith) {
      right.clear();
      if (!CollectQuietly(*node.children[1], current, false, &right)) return Truth::kUnknown;
    }
    return Any(left, right, [&](std::string_view a, std::string_view b) {
      std::string first, second;
      std::string_view text, prefix;
      if (JsonKindOf(a) != JsonKind::kString || !JsonUnquote(a, &first, &text)) {
        return Truth::kUnknown;
      }
      bool holds = false;
      if (node.kind == Kind::kStartsWith) {
        if (JsonKindOf(b) != JsonKind::kString || !JsonUnquote(b, &second, &prefix)) {
          return Truth::kUnknown;
        }
        holds = text.starts_with(prefix);
      } else {
        holds = node.regexp->Matches(text);
      }
      return holds ? Truth::kTrue : Truth::kFalse;
    });
  }

  // Lax: true for one pair is true, else unknown for one is unknown. Strict: unknown for one is.
  template <typename F>
  Truth Any(const Items& left, const Items& right, F test) const {
    Truth result = Truth::kFalse;
    bool unknown = false;
    for (const std::string_view a : left) {
      for (const std::string_view b : right) {
        const Truth truth = test(a, b);
        if (truth == Truth::kUnknown) {
          if (!lax_) return truth;
          unknown = true;
        } else if (truth == Truth::kTrue) {
          if (lax_) return truth;
          result = truth;
        }
      }
    }
    return result == Truth::kFalse && unknown ? Truth::kUnknown : result;
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
      case JsonKind::kNumber: order = JsonNumber::Parse(a).CompareTo(JsonNumber::Parse(b)); break;
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

  const std::string_view root_, variables_;
  const bool lax_;
  bool ignore_structure_;
  int64_t last_ = 0;  // the last element's index where a subscript is computed
  JsonQuery::Found* found_;
  Status status_;
};

}  // namespace

void JsonQuery::Run(std::string_view json, std::string_view variables, Found* found) const {
  Runner(json, variables, lax_, found).Run(*root_);
}

}  // namespace shale
