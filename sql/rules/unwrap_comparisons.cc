// Conditions of a scan in the form that zone maps and partitions can judge: a comparison of
// ts::date, date_trunc(unit, ts), time_bucket(width, ts) or extract(year FROM ts) becomes a range
// of ts; NOT of a comparison its opposite; x = 1 OR x = 2 an IN.
#include <algorithm>

#include "engine/expr/evaluator.h"
#include "sql/rules/rules.h"

namespace shale {
namespace {

bool IsCall(const Expr& expr, std::string_view name, size_t num_args) {
  return expr.kind == Expr::Kind::kCall && expr.args.size() == num_args &&
         expr.function.function->name == name;
}
bool IsKnown(const Expr& expr) { return IsConstant(expr) && !expr.value.is_null(); }

// What stands on the other side when the sides change places.
std::string Mirrored(const std::string& op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  if (op == ">=") return "<=";
  return op;
}
std::string Opposite(const std::string& op) {
  static const std::pair<const char*, const char*> kPairs[] = {
      {"<", ">="}, {"<=", ">"}, {"=", "<>"}, {"is_null", "is_not_null"}};
  for (const auto& [a, b] : kPairs) {
    if (op == a) return b;
    if (op == b) return a;
  }
  return "";
}

// ---- steps --------------------------------------------------------------------------------------

// A function that rises with the column in steps.
struct Step {
  ExprPtr column;
  // The function's value at a constant of the column's type, as that type; and one step on.
  std::function<StatusOr<Value>(const Value&)> floor, next;
  // The constant on the other side as the column's type.
  std::function<StatusOr<Value>(const Value&)> from_constant;
  // Only about so: the condition itself stays.
  bool roughly = false;
};

class Steps {
 public:
  explicit Steps(const FunctionContext* context) : context_(*context) {}

  bool Find(const Expr& expr, Step* step) const {
    if (expr.kind != Expr::Kind::kCall) return false;
    const std::string& name = expr.function.function->name;
    if (name == "cast" && expr.type.id() == TypeId::kDate) return OfDate(expr, step);
    if (name == "date_trunc") return OfTruncation(expr, step);
    if (name == "time_bucket" || name == "date_bin") return OfBucket(expr, step);
    if (name == "extract_year") return OfYear(expr, step);
    return false;
  }

  // A day on either side, for what clocks of a zone may do.
  StatusOr<Value> Moved(const Value& value, const char* by) const {
    ASSIGN_OR_RETURN(Value interval, Cast(Value::Text(by), TypeId::kInterval));
    return Call("+", {value, interval});
  }

 private:
  StatusOr<Value> Cast(const Value& value, const Type& to) const {
    ASSIGN_OR_RETURN(ExprPtr cast, MakeCast(MakeConstant(value), to));
    return EvaluateConstant(cast, context_);
  }
  StatusOr<Value> Call(std::string_view name, const std::vector<Value>& values) const {
    std::vector<ExprPtr> args;
    for (const Value& value : values) args.push_back(MakeConstant(value));
    ASSIGN_OR_RETURN(ExprPtr call, MakeCall(name, std::move(args)));
    return EvaluateConstant(call, context_);
  }
  static bool IsTime(const Expr& expr) {
    return expr.kind == Expr::Kind::kColumn &&
           (expr.type.id() == TypeId::kTimestamp || expr.type.id() == TypeId::kTimestampTz);
  }
  // `expr` with its column, argument `at`, given.
  StatusOr<Value> At(const Expr& expr, size_t at, const Value& value) const {
    std::vector<ExprPtr> args = expr.args;
    args[at] = MakeConstant(value);
    return EvaluateConstant(MakeCall(expr.function, std::move(args)), context_);
  }

  bool OfDate(const Expr& expr, Step* step) const {
    if (expr.args.size() != 1 || !IsTime(*expr.args[0])) return false;
    step->column = expr.args[0];
    step->roughly = step->column->type.id() == TypeId::kTimestampTz;
    const Type type = step->column->type;
    step->from_constant = [this, type](const Value& date) { return Cast(date, type); };
    step->floor = [](const Value& value) -> StatusOr<Value> { return value; };
    step->next = [this](const Value& value) { return Moved(value, "1 day"); };
    return true;
  }
  bool OfTruncation(const Expr& expr, Step* step) const {
    static const char* const kUnits[] = {"second", "minute", "hour",    "day",
                                         "week",   "month",  "quarter", "year"};
    if (expr.args.size() < 2 || !IsTime(*expr.args[1]) || !IsKnown(*expr.args[0])) return false;
    if (expr.args.size() > 2 && !IsKnown(*expr.args[2])) return false;
    const std::string unit(expr.args[0]->value.AsString());
    if (std::find(std::begin(kUnits), std::end(kUnits), unit) == std::end(kUnits)) return false;
    const std::string width = unit == "quarter" ? "3 months" : "1 " + unit;
    return OfFunction(
        expr, 1, [this, width](const Value& value) { return Moved(value, width.c_str()); }, step);
  }
  bool OfBucket(const Expr& expr, Step* step) const {
    if (expr.args.size() < 2 || !IsTime(*expr.args[1]) || !IsKnown(*expr.args[0])) return false;
    for (size_t i = 2; i < expr.args.size(); ++i) {
      if (!IsKnown(*expr.args[i])) return false;
    }
    const Value width = expr.args[0]->value;
    return OfFunction(
        expr, 1, [this, width](const Value& value) { return Call("+", {value, width}); }, step);
  }
  bool OfFunction(const Expr& expr, size_t at, std::function<StatusOr<Value>(const Value&)> next,
                  Step* step) const {
    step->column = expr.args[at];
    step->roughly = step->column->type.id() == TypeId::kTimestampTz;
    step->from_constant = [](const Value& value) -> StatusOr<Value> { return value; };
    step->floor = [this, &expr, at](const Value& value) { return At(expr, at, value); };
    step->next = std::move(next);
    return expr.type == step->column->type;
  }
  bool OfYear(const Expr& expr, Step* step) const {
    if (expr.args.size() != 1 || !IsTime(*expr.args[0])) return false;
    step->column = expr.args[0];
    step->roughly = true;  // of infinity it is NULL
    const Type type = step->column->type;
    step->from_constant = [this, type](const Value& year) -> StatusOr<Value> {
      if (!year.type().IsSignedInteger() || year.AsInt() < 1 || year.AsInt() > 9998) {
        return InvalidArgument("not a year of four digits");
      }
      return Cast(Value::Text(fmt::format("{:04}-01-01", year.AsInt())), type);
    };
    step->floor = [](const Value& value) -> StatusOr<Value> { return value; };
    step->next = [this](const Value& value) { return Moved(value, "1 year"); };
    return true;
  }

  const FunctionContext& context_;
};

// ---- ranges -------------------------------------------------------------------------------------

struct Range {
  std::optional<Value> from, before;  // column >= from, column < before
  bool roughly = false;
  ExprPtr column;
};

// What `op constant` says of the column; nothing when it says nothing, or cannot be true.
StatusOr<std::optional<Range>> RangeOf(const Step& step, const std::string& op,
                                       const Value& constant) {
  ASSIGN_OR_RETURN(Value value, step.from_constant(constant));
  ASSIGN_OR_RETURN(Value floor, step.floor(value));
  ASSIGN_OR_RETURN(Value next, step.next(floor));
  if (value.is_null() || floor.is_null() || next.is_null()) return std::optional<Range>();
  // Steps are ahead of each other; but at infinity they are not.
  if (Value::Compare(floor, value) > 0 || Value::Compare(value, next) >= 0) {
    return std::optional<Range>();
  }
  const bool aligned = Value::Compare(floor, value) == 0;
  Range range;
  range.column = step.column;
  range.roughly = step.roughly;
  if (op == "=") {
    if (!aligned) return std::optional<Range>();
    range.from = floor;
    range.before = next;
  } else if (op == ">=") {
    range.from = aligned ? floor : next;
  } else if (op == ">") {
    range.from = next;
  } else if (op == "<") {
    range.before = aligned ? floor : next;
  } else if (op == "<=") {
    range.before = next;
  } else {
    return std::optional<Range>();
  }
  return std::optional<Range>(std::move(range));
}

StatusOr<std::optional<Range>> RangeOf(const Expr& condition, const Steps& steps) {
  const std::optional<Range> none;
  if (condition.kind != Expr::Kind::kCall || condition.args.size() < 2) return none;
  std::string op = condition.function.function->name;
  Step step;
  if (op == "in") {
    if (!steps.Find(*condition.args[0], &step)) return none;
    const Value* least = nullptr;
    const Value* most = nullptr;
    for (size_t i = 1; i < condition.args.size(); ++i) {
      if (!IsKnown(*condition.args[i])) return none;
      const Value& value = condition.args[i]->value;
      if (value.type() != condition.args[0]->type) return none;
      if (!least || Value::Compare(value, *least) < 0) least = &value;
      if (!most || Value::Compare(value, *most) > 0) most = &value;
    }
    ASSIGN_OR_RETURN(std::optional<Range> low, RangeOf(step, ">=", *least));
    ASSIGN_OR_RETURN(std::optional<Range> high, RangeOf(step, "<=", *most));
    if (!low || !high) return none;
    low->before = high->before;
    low->roughly = true;
    return low;
  }
  if (condition.args.size() != 2) return none;
  const size_t constant = IsKnown(*condition.args[1]) ? 1 : 0;
  if (!IsKnown(*condition.args[constant])) return none;
  if (constant == 0) op = Mirrored(op);
  if (!steps.Find(*condition.args[1 - constant], &step)) return none;
  return RangeOf(step, op, condition.args[constant]->value);
}

// Appends what stands for the condition.
void AddRange(const ExprPtr& condition, const Steps& steps, std::vector<ExprPtr>* out) {
  const auto add = [&]() -> StatusOr<bool> {
    ASSIGN_OR_RETURN(std::optional<Range> range, RangeOf(*condition, steps));
    if (!range) return false;
    std::vector<ExprPtr> bounds;
    const auto bound = [&](const char* op, Value value, const char* further) -> Status {
      if (range->roughly) {
        ASSIGN_OR_RETURN(value, steps.Moved(value, further));
      }
      ASSIGN_OR_RETURN(ExprPtr call, MakeCall(op, {range->column, MakeConstant(value)}));
      bounds.push_back(std::move(call));
      return OkStatus();
    };
    if (range->from) RETURN_IF_ERROR(bound(">=", *range->from, "-1 day"));
    if (range->before) RETURN_IF_ERROR(bound("<", *range->before, "1 day"));
    out->insert(out->end(), bounds.begin(), bounds.end());
    if (range->roughly) out->push_back(condition);
    return true;
  };
  const StatusOr<bool> added = add();
  if (!added.ok() || !*added) out->push_back(condition);
}

// ---- NOT, OR ------------------------------------------------------------------------------------

ExprPtr WithoutNot(const ExprPtr& condition) {
  if (!IsCall(*condition, "not", 1)) return condition;
  const Expr& inner = *condition->args[0];
  if (IsCall(inner, "not", 1)) return WithoutNot(inner.args[0]);
  if (inner.kind == Expr::Kind::kAnd || inner.kind == Expr::Kind::kOr) {
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : inner.args) {
      auto negated = MakeCall("not", {arg});
      if (!negated.ok()) return condition;
      args.push_back(WithoutNot(*negated));
    }
    return inner.kind == Expr::Kind::kAnd ? MakeOr(std::move(args)) : MakeAnd(std::move(args));
  }
  if (inner.kind != Expr::Kind::kCall) return condition;
  const std::string opposite = Opposite(inner.function.function->name);
  if (opposite.empty()) return condition;
  auto call = MakeCall(opposite, inner.args);
  return call.ok() ? *call : condition;
}

// x = 1 OR x = 2 OR x IN (3, 4)
ExprPtr AsInList(const ExprPtr& condition) {
  if (condition->kind != Expr::Kind::kOr) return condition;
  std::vector<ExprPtr> args;
  for (const ExprPtr& arg : condition->args) {
    const bool is_in = arg->kind == Expr::Kind::kCall && arg->function.function->name == "in";
    if (!is_in && !IsCall(*arg, "=", 2)) return condition;
    const size_t column = is_in || IsKnown(*arg->args[1]) ? 0 : 1;
    const ExprPtr& tested = arg->args[column];
    if (tested->kind != Expr::Kind::kColumn) return condition;
    if (args.empty()) args.push_back(tested);
    if (!Equal(*args[0], *tested)) return condition;
    for (size_t i = 0; i < arg->args.size(); ++i) {
      if (i == column) continue;
      if (!IsKnown(*arg->args[i]) || arg->args[i]->type != tested->type) return condition;
      args.push_back(arg->args[i]);
    }
  }
  auto call = MakeCall("in", std::move(args));
  return call.ok() ? *call : condition;
}

}  // namespace

void UnwrapComparisons(Plan* plan, const RuleContext& context) {
  for (PlanPtr& child : plan->children) UnwrapComparisons(child.get(), context);
  auto* scan = plan->As<ScanNode>();
  if (!scan) return;
  const Steps steps(context.functions);
  std::vector<ExprPtr> conditions, filters;
  for (const ExprPtr& filter : scan->filters) SplitConjuncts(WithoutNot(filter), &conditions);
  for (const ExprPtr& condition : conditions) AddRange(AsInList(condition), steps, &filters);
  scan->filters = std::move(filters);
}

}  // namespace shale
