#include "storage/scan/conjunct.h"

#include <algorithm>
#include <limits>

#include "engine/expr/evaluator.h"

namespace shale {
namespace {

using Verdict = Conjunct::Verdict;

bool IsWholeNumber(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kUInt8:
    case PhysicalType::kUInt16:
    case PhysicalType::kUInt32: return true;
    default: return false;
  }
}

// The column under `expr`: itself, or widened from one integer type to another, which keeps both
// value and order. Null for anything else.
const Expr* ColumnUnder(const Expr& expr) {
  if (expr.kind == Expr::Kind::kColumn) return &expr;
  if (expr.kind != Expr::Kind::kCall || !expr.function.function || expr.args.size() != 1) {
    return nullptr;
  }
  const Expr& arg = *expr.args[0];
  if (expr.function.function->name != "cast" || arg.kind != Expr::Kind::kColumn) return nullptr;
  bool widens = arg.type.IsInteger() && expr.type.IsInteger() && IsWholeNumber(arg.type) &&
                IsWholeNumber(expr.type);
  return widens ? &arg : nullptr;
}

// Compares a zone's bound (of the column's type) with a constant (of the type compared in).
int CompareBound(const Value& bound, const Value& constant) {
  if (bound.type() == constant.type()) return Value::Compare(bound, constant);
  int128_t a = bound.AsInt128(), b = constant.AsInt128();
  return a < b ? -1 : a > b ? 1 : 0;
}

bool IsConstantValue(const Expr& expr) {
  return expr.kind == Expr::Kind::kConstant && !expr.value.is_null();
}

// "<" seen from the other side is ">".
std::string_view Flip(std::string_view op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  if (op == ">=") return "<=";
  return op;
}

// The text before the first wildcard of a LIKE pattern; false when an escape makes it unclear.
bool LikePrefix(std::string_view pattern, std::string* prefix, bool* exact) {
  size_t end = pattern.find_first_of("%_\\");
  if (end == std::string_view::npos) {
    *exact = true;
    *prefix = pattern;
    return true;
  }
  if (end == 0 || pattern[end] == '\\') return false;
  *prefix = pattern.substr(0, end);
  return true;
}

void SetIntRange(Conjunct* out) {
  constexpr int128_t kLow = std::numeric_limits<int64_t>::min();
  constexpr int128_t kHigh = std::numeric_limits<int64_t>::max();
  int128_t low = kLow, high = kHigh;
  if (out->low) low = out->low->AsInt128() + (out->low_open ? 1 : 0);
  if (out->high) high = out->high->AsInt128() - (out->high_open ? 1 : 0);
  if (low > high || low > kHigh || high < kLow) {
    low = 1;  // an empty range
    high = 0;
  }
  out->int_low = static_cast<int64_t>(std::max(low, kLow));
  out->int_high = static_cast<int64_t>(std::min(high, kHigh));
  out->has_int_range = true;
}

void SetComparison(std::string_view op, const Value& value, const Type& column_type,
                   Conjunct* out) {
  if (op == "=") {
    out->low = out->high = value;
  } else if (op == "<" || op == "<=") {
    out->high = value;
    out->high_open = op == "<";
  } else if (op == ">" || op == ">=") {
    out->low = value;
    out->low_open = op == ">";
  } else if (op == "<>") {
    out->low = out->high = value;
  } else {
    return;
  }
  out->shape = op == "<>" ? Conjunct::Shape::kNotEqual : Conjunct::Shape::kRange;
  if (IsWholeNumber(column_type)) {
    SetIntRange(out);
    out->int_negate = op == "<>";
  }
}

void FindShape(const Expr& expr, Conjunct* out) {
  if (expr.kind == Expr::Kind::kColumn) {
    SetComparison("=", Value::Bool(true), expr.type, out);
    return;
  }
  if (expr.kind != Expr::Kind::kCall || !expr.function.function || expr.args.empty()) return;
  std::string_view name = expr.function.function->name;
  const auto& args = expr.args;
  const Expr* column = ColumnUnder(*args[0]);
  if ((name == "is_null" || name == "is_not_null") && args.size() == 1 && column) {
    out->shape = name == "is_null" ? Conjunct::Shape::kIsNull : Conjunct::Shape::kIsNotNull;
    return;
  }
  if (name == "not" && args.size() == 1 && column) {
    SetComparison("=", Value::Bool(false), column->type, out);
    return;
  }
  if (name == "between" && args.size() == 3 && column && IsConstantValue(*args[1]) &&
      IsConstantValue(*args[2])) {
    out->shape = Conjunct::Shape::kRange;
    out->low = args[1]->value;
    out->high = args[2]->value;
    if (IsWholeNumber(column->type)) SetIntRange(out);
    return;
  }
  if (name == "in" && column && args.size() >= 2) {
    for (size_t i = 1; i < args.size(); ++i) {
      if (args[i]->kind != Expr::Kind::kConstant) return;
    }
    for (size_t i = 1; i < args.size(); ++i) {
      if (!args[i]->value.is_null()) out->values.push_back(args[i]->value);
    }
    out->shape = Conjunct::Shape::kIn;
    return;
  }
  if (args.size() != 2) return;
  if (name == "like" && column && IsConstantValue(*args[1])) {
    bool exact = false;
    std::string prefix;
    if (!LikePrefix(args[1]->value.AsString(), &prefix, &exact)) return;
    if (exact) {
      SetComparison("=", args[1]->value, column->type, out);
    } else {
      out->shape = Conjunct::Shape::kPrefix;
      out->prefix = std::move(prefix);
    }
    return;
  }
  if (column && IsConstantValue(*args[1])) {
    SetComparison(name, args[1]->value, column->type, out);
    return;
  }
  const Expr* right = ColumnUnder(*args[1]);
  if (right && IsConstantValue(*args[0])) {
    SetComparison(Flip(name), args[0]->value, right->type, out);
  }
}

// Functions over a plain column and constants that return for every input.
bool CannotFail(const Expr& expr) {
  switch (expr.kind) {
    case Expr::Kind::kColumn:
    case Expr::Kind::kConstant: return true;
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr: break;
    case Expr::Kind::kCall: {
      static constexpr std::string_view kSafe[] = {"=",
                                                   "<>",
                                                   "<",
                                                   "<=",
                                                   ">",
                                                   ">=",
                                                   "in",
                                                   "not_in",
                                                   "between",
                                                   "is_null",
                                                   "is_not_null",
                                                   "not",
                                                   "like",
                                                   "ilike",
                                                   "not_like",
                                                   "not_ilike",
                                                   "is_distinct_from",
                                                   "is_not_distinct_from",
                                                   "starts_with"};
      if (ColumnUnder(expr)) return true;
      if (!expr.function.function) return false;
      const std::string& name = expr.function.function->name;
      if (std::find(std::begin(kSafe), std::end(kSafe), name) == std::end(kSafe)) return false;
      break;
    }
    default: return false;
  }
  return std::all_of(expr.args.begin(), expr.args.end(),
                     [](const ExprPtr& arg) { return CannotFail(*arg); });
}

}  // namespace

Conjunct AnalyseConjunct(const ExprPtr& expr, const FunctionContext& context) {
  Conjunct out;
  out.expr = expr;
  CollectColumns(*expr, &out.columns);
  std::vector<size_t> map(out.columns.empty() ? 0 : out.columns.back() + 1);
  for (size_t i = 0; i < out.columns.size(); ++i) map[out.columns[i]] = i;
  out.narrow = out.columns.empty() ? expr : RemapColumns(expr, map);
  out.cannot_fail = CannotFail(*expr);
  if (out.columns.size() != 1 || VolatilityOf(*expr) == Volatility::kVolatile) return out;
  FindShape(*expr, &out);

  // What it says of NULL settles whether codes alone are enough.
  Type type;
  std::vector<const Expr*> open = {expr.get()};
  while (!open.empty()) {
    const Expr* at = open.back();
    open.pop_back();
    if (at->kind == Expr::Kind::kColumn) type = at->type;
    for (const ExprPtr& arg : at->args) open.push_back(arg.get());
  }
  Chunk null;
  null.num_rows = 1;
  null.columns.push_back(Vector::ConstantNull(type, 1));
  uint32_t row;
  auto passes = Evaluator(out.narrow, &context).Select(null, &row);
  if (!passes.ok()) return out;
  out.one_column = true;
  out.true_for_null = *passes == 1;
  return out;
}

Verdict Conjunct::Judge(const ZoneMap& zone, uint64_t num_rows) const {
  bool all_null = zone.null_count == num_rows;
  bool no_null = zone.null_count == 0;
  switch (shape) {
    case Shape::kOther: return Verdict::kSome;
    case Shape::kIsNull:
      return no_null ? Verdict::kNone : all_null ? Verdict::kAll : Verdict::kSome;
    case Shape::kIsNotNull:
      return all_null ? Verdict::kNone : no_null ? Verdict::kAll : Verdict::kSome;
    default: break;
  }
  if (all_null) return Verdict::kNone;
  // The order of a range's bounds and the zone's, where both are known.
  auto below = [&](const Value& value) {  // every row is below value
    return zone.max && CompareBound(*zone.max, value) < 0;
  };
  auto above = [&](const Value& value) { return zone.min && CompareBound(*zone.min, value) > 0; };
  switch (shape) {
    case Shape::kRange: {
      if (low && (below(*low) || (low_open && zone.max && CompareBound(*zone.max, *low) == 0))) {
        return Verdict::kNone;
      }
      if (high &&
          (above(*high) || (high_open && zone.min && CompareBound(*zone.min, *high) == 0))) {
        return Verdict::kNone;
      }
      bool all = no_null;
      if (low) {
        int order = zone.min ? CompareBound(*zone.min, *low) : -1;
        all &= order > 0 || (order == 0 && !low_open);
      }
      if (high) {
        int order = zone.max ? CompareBound(*zone.max, *high) : 1;
        all &= order < 0 || (order == 0 && !high_open);
      }
      return all ? Verdict::kAll : Verdict::kSome;
    }
    case Shape::kNotEqual: {
      if (below(*low) || above(*low)) return no_null ? Verdict::kAll : Verdict::kSome;
      bool constant = zone.exact && zone.min && zone.max && CompareBound(*zone.min, *low) == 0 &&
                      CompareBound(*zone.max, *low) == 0;
      return constant ? Verdict::kNone : Verdict::kSome;
    }
    case Shape::kIn: {
      bool possible = std::any_of(values.begin(), values.end(), [&](const Value& value) {
        return !below(value) && !above(value);
      });
      return possible ? Verdict::kSome : Verdict::kNone;
    }
    case Shape::kPrefix: {
      if (zone.max && zone.max->AsString() < prefix) return Verdict::kNone;
      if (zone.min && zone.min->AsString().compare(0, prefix.size(), prefix) > 0) {
        return Verdict::kNone;
      }
      return Verdict::kSome;
    }
    default: return Verdict::kSome;
  }
}

}  // namespace shale
