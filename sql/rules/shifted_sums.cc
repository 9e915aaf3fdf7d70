// Sums of x + 1, 5 - x, x * 3, … are made of one sum of x: sum(m * x + c) = m * sum(x) +
// c * count(x), where the arithmetic itself cannot overflow because x comes from a narrower integer
// type or the constants are small.
#include <algorithm>
#include <limits>

#include "sql/rules/rules.h"

namespace shale {
namespace {

// factor * base + constant
struct Linear {
  ExprPtr base;  // x, of the sum's argument type
  int64_t factor = 1;
  int64_t constant = 0;
};

// Bounds of an integer type of at most 32 bits.
bool NarrowRange(const Type& type, int64_t* low, int64_t* high) {
  switch (type.id()) {
    case TypeId::kTinyInt: *low = INT8_MIN, *high = INT8_MAX; return true;
    case TypeId::kSmallInt: *low = INT16_MIN, *high = INT16_MAX; return true;
    case TypeId::kInteger: *low = INT32_MIN, *high = INT32_MAX; return true;
    default: return false;
  }
}

bool IsInteger(const Expr& expr) {
  return expr.kind == Expr::Kind::kConstant && !expr.value.is_null() && expr.type.IsSignedInteger();
}

bool AsLinear(const ExprPtr& arg, Linear* linear) {
  int64_t low = 0, high = 0, sum_low = 0, sum_high = 0;
  if (!NarrowRange(arg->type, &sum_low, &sum_high)) return false;
  if (VolatilityOf(*arg) == Volatility::kVolatile) return false;
  *linear = {arg, 1, 0};
  if (arg->kind == Expr::Kind::kColumn) return true;
  if (arg->kind != Expr::Kind::kCall || arg->args.size() != 2) return false;
  const std::string& name = arg->function.function->name;
  const size_t constant = IsInteger(*arg->args[1]) ? 1 : 0;
  if (!IsInteger(*arg->args[constant])) return false;
  const int64_t number = arg->args[constant]->value.AsInt();
  if (number < sum_low || number > sum_high) return false;
  if (name == "+") {
    linear->constant = number;
  } else if (name == "-") {
    linear->constant = constant == 1 ? -number : number;
    linear->factor = constant == 1 ? 1 : -1;
  } else if (name == "*") {
    linear->factor = number;
  } else {
    return false;
  }
  linear->base = arg->args[1 - constant];
  // What x can be before it was widened.
  const Expr* source = linear->base.get();
  if (source->kind == Expr::Kind::kCall && source->args.size() == 1 &&
      source->function.function->name == "cast") {
    source = source->args[0].get();
  }
  if (!NarrowRange(source->type, &low, &high)) return false;
  for (const int64_t bound : {low, high}) {
    const int128_t value = int128_t{bound} * linear->factor + linear->constant;
    if (value < sum_low || value > sum_high) return false;
  }
  return true;
}

// The sum of `linear` from the sum and the count of its base.
StatusOr<ExprPtr> TotalOf(const Linear& linear, const PlanColumn& sum, const PlanColumn& count) {
  const auto number = [](int64_t value) {
    return MakeConstant(Value::Int(TypeId::kBigInt, value));
  };
  ExprPtr total = ColumnOf(sum);
  if (linear.factor != 1) {
    ASSIGN_OR_RETURN(total, MakeCall("*", {total, number(linear.factor)}));
  }
  if (linear.constant == 0) return total;
  ASSIGN_OR_RETURN(ExprPtr product, MakeCall("*", {ColumnOf(count), number(linear.constant)}));
  return MakeCall("+", {total, product});
}

bool SameFilter(const ExprPtr& a, const ExprPtr& b) {
  return (!a && !b) || (a && b && Equal(*a, *b));
}

}  // namespace

void ShareShiftedSums(PlanPtr* plan, ColumnVar* next) {
  for (PlanPtr& child : (*plan)->children) ShareShiftedSums(&child, next);
  auto* node = (*plan)->As<AggregateNode>();
  if (!node) return;
  const size_t num_keys = node->keys.size();
  struct Base {
    ExprPtr expr, filter;
    size_t users = 0;
    PlanColumn sum, count;
  };
  std::vector<Base> bases;
  std::vector<int> base_of(node->aggregates.size(), -1);
  std::vector<Linear> linears(node->aggregates.size());
  for (size_t i = 0; i < node->aggregates.size(); ++i) {
    const AggregateExpr& aggregate = node->aggregates[i];
    if (aggregate.function.function->name != "sum" || aggregate.distinct) continue;
    if (!AsLinear(aggregate.args[0], &linears[i])) continue;
    auto base = std::find_if(bases.begin(), bases.end(), [&](const Base& other) {
      return Equal(*other.expr, *linears[i].base) && SameFilter(other.filter, aggregate.filter);
    });
    if (base == bases.end()) {
      bases.push_back({linears[i].base, aggregate.filter, 0, {}, {}});
      base = bases.end() - 1;
    }
    ++base->users;
    base_of[i] = static_cast<int>(base - bases.begin());
  }
  // Two become a sum and a count: a gain from the third on.
  if (std::none_of(bases.begin(), bases.end(), [](const Base& base) { return base.users > 2; }))
    return;

  AggregateNode narrow;
  narrow.keys = node->keys;
  std::vector<PlanColumn> inner_output((*plan)->output.begin(), (*plan)->output.begin() + num_keys);
  ProjectNode project;
  for (size_t i = 0; i < num_keys; ++i) project.exprs.push_back(ColumnOf((*plan)->output[i]));
  auto add = [&](const char* name, const Base& base) -> StatusOr<PlanColumn> {
    ArgumentType argument{base.expr->type, false};
    AggregateExpr aggregate;
    ASSIGN_OR_RETURN(aggregate.function, Registry::Get().ResolveAggregate(name, {&argument, 1}));
    aggregate.args = {base.expr};
    aggregate.filter = base.filter;
    PlanColumn column{(*next)++, std::string(name) + "(" + ToString(*base.expr) + ")",
                      aggregate.function.result_type};
    narrow.aggregates.push_back(std::move(aggregate));
    inner_output.push_back(column);
    return column;
  };
  for (Base& base : bases) {
    if (base.users <= 2) continue;
    auto sum = add("sum", base), count = add("count", base);
    if (!sum.ok() || !count.ok()) return;
    base.sum = *sum;
    base.count = *count;
  }
  for (size_t i = 0; i < node->aggregates.size(); ++i) {
    const PlanColumn& output = (*plan)->output[num_keys + i];
    if (base_of[i] < 0 || bases[base_of[i]].users <= 2) {
      narrow.aggregates.push_back(node->aggregates[i]);
      inner_output.push_back(output);
      project.exprs.push_back(ColumnOf(output));
      continue;
    }
    const Base& base = bases[base_of[i]];
    auto total = TotalOf(linears[i], base.sum, base.count);
    if (!total.ok() || !((*total)->type == output.type)) return;
    project.exprs.push_back(*total);
  }
  std::vector<PlanColumn> output = (*plan)->output;
  PlanPtr inner =
      MakePlan(std::move(narrow), std::move(inner_output), std::move((*plan)->children));
  *plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(inner)));
}

}  // namespace shale
