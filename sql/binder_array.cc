// Arrays in expressions: ARRAY[…], ARRAY(SELECT …), subscripts and slices, x op ANY (array).
#include <climits>

#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"

namespace shale {

namespace {

// Longer ones are looked through as they are.
constexpr size_t kMaxInItems = 10'000;

bool IsOfArrays(const ast::Expr& expr) {
  return !expr.in_parentheses && std::holds_alternative<ast::Subscript>(expr.node) &&
         std::get<ast::Subscript>(expr.node).slice;
}

}  // namespace

StatusOr<Bound> ExprBinder::BindNode(const ast::ArrayLiteral& node, const ast::Expr& expr) {
  if (node.items.empty()) {
    return binder.ErrorAt(expr.at,
                          "cannot determine type of empty array; write ARRAY[]::type[], as in "
                          "ARRAY[]::INTEGER[]");
  }
  std::vector<Bound> items;
  std::vector<ast::Position> positions;
  for (const ast::ExprPtr& item : node.items) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*item));
    items.push_back(std::move(bound));
    positions.push_back(item->at);
  }
  return Call("array", std::move(items), expr.at, positions);
}

StatusOr<Bound> ExprBinder::BindArrayAs(const ast::ArrayLiteral& node, const Type& type,
                                        ast::Position at) {
  std::vector<Bound> items;
  std::vector<ast::Position> positions;
  for (const ast::ExprPtr& item : node.items) {
    const auto* inner = std::get_if<ast::ArrayLiteral>(&item->node);
    Bound bound;
    if (inner != nullptr && type.child().id() == TypeId::kList) {
      ASSIGN_OR_RETURN(bound, BindArrayAs(*inner, type.child(), item->at));
    } else {
      ASSIGN_OR_RETURN(bound, Bind(*item));
      ASSIGN_OR_RETURN(bound.expr, Coerce(bound, type.child(), item->at, true));
      bound.untyped = false;
    }
    items.push_back(std::move(bound));
    positions.push_back(item->at);
  }
  if (items.empty()) return Bound{MakeConstant(Value::List(type, {}))};
  return Call("array", std::move(items), at, positions);
}

StatusOr<Bound> ExprBinder::BindNode(const ast::ArraySubquery& node, const ast::Expr& expr) {
  if (!context.Pending()) {
    return binder.ErrorAt(expr.at, fmt::format("subqueries are not allowed in {}", context.clause));
  }
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindSelect(*node.query, context.scope));
  if (plan->output.size() != 1) {
    return binder.ErrorAt(expr.at, "subquery must return only one column");
  }
  // Its ORDER BY becomes the aggregate's own.
  AggregateExpr aggregate;
  ExprPtr value = ColumnOf(plan->output[0]);
  if (auto* project = plan->As<ProjectNode>(); project && plan->children[0]->As<SortNode>()) {
    value = project->exprs[0];
    PlanPtr below = std::move(plan->children[0]);
    plan = std::move(below);
  }
  if (auto* sort = plan->As<SortNode>()) {
    aggregate.order_by = std::move(sort->keys);
    PlanPtr below = std::move(plan->children[0]);
    plan = std::move(below);
  }
  ArgumentType argument{value->type, false};
  auto resolved = Registry::Get().ResolveAggregate("array_agg", {&argument, 1});
  if (!resolved.ok()) return binder.Locate(expr.at, resolved.status());
  aggregate.function = *std::move(resolved);
  aggregate.args.push_back(std::move(value));
  const Type type = aggregate.function.result_type;
  AggregateNode group;
  group.aggregates.push_back(std::move(aggregate));
  plan = MakePlan(std::move(group), {binder.NewColumn("array", type)}, PlanList(std::move(plan)));
  ASSIGN_OR_RETURN(Bound array, BindScalarPlan(std::move(plan), expr.at));
  auto result = std::make_shared<Expr>();
  result->kind = Expr::Kind::kCoalesce;
  result->type = type;
  result->args = {array.expr, MakeConstant(Value::List(type, {}))};
  return Bound{result};
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Subscript& node, const ast::Expr& expr) {
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  const Type& type = operand.expr->type;
  if (!operand.untyped && type.id() == TypeId::kJson && !node.slice) {
    ASSIGN_OR_RETURN(Bound step, Bind(*node.index));
    return Call("->", {std::move(operand), std::move(step)}, expr.at,
                {node.operand->at, node.index->at});
  }
  if (operand.untyped || type.id() != TypeId::kList) {
    return binder.ErrorAt(
        expr.at, fmt::format("cannot subscript type {} because it does not support subscripting; "
                             "arrays and JSON do",
                             operand.untyped ? "unknown" : type.ToString()));
  }
  if (IsOfArrays(*node.operand)) {
    return binder.ErrorAt(expr.at,
                          "a slice is subscripted further in parentheses: (a[1:2])[1]; arrays of "
                          "several dimensions are lists of lists here");
  }
  auto bind_index = [&](const ast::ExprPtr& index, int64_t otherwise) -> StatusOr<Bound> {
    if (index == nullptr) return Bound{MakeConstant(Value::Int(TypeId::kBigInt, otherwise))};
    ASSIGN_OR_RETURN(Bound bound, Bind(*index));
    if (!bound.untyped && !bound.expr->type.IsInteger()) {
      return binder.ErrorAt(index->at, "array subscript must have type integer");
    }
    ASSIGN_OR_RETURN(bound.expr, Coerce(bound, TypeId::kBigInt, index->at, true));
    bound.untyped = false;
    return bound;
  };
  ASSIGN_OR_RETURN(Bound low, bind_index(node.index, 1));
  if (!node.slice) {
    return Call("array_subscript", {std::move(operand), std::move(low)}, expr.at);
  }
  ASSIGN_OR_RETURN(Bound high, bind_index(node.upper, INT64_MAX));
  return Call("array_slice", {std::move(operand), std::move(low), std::move(high)}, expr.at);
}

// x = ANY (constant array) is x IN (its elements), which storage can prune by.
StatusOr<std::optional<Bound>> ExprBinder::BindAsIn(const Bound& operand, const Bound& array,
                                                    bool negated, ast::Position at) {
  if (array.expr->kind != Expr::Kind::kConstant || array.expr->value.is_null()) return std::nullopt;
  const std::vector<Value>& items = array.expr->value.items();
  if (items.empty() || items.size() > kMaxInItems) return std::nullopt;
  auto common = CommonType(operand.argument(), {array.expr->type.child(), false});
  if (!common.ok()) return std::nullopt;
  // The operand's own type when every element fits it, so that the column is compared as stored.
  const Type own = operand.expr->type;
  std::vector<Bound> args;
  for (const Type& type : {operand.untyped ? *common : own, *common}) {
    args.clear();
    ASSIGN_OR_RETURN(ExprPtr value, Coerce(operand, type, at, true));
    args.push_back(Bound{std::move(value)});
    bool fits = true;
    const bool narrows = !(type == array.expr->type.child());
    if (narrows && !(type.IsInteger() && array.expr->type.child().IsInteger()) &&
        !(type == *common)) {
      continue;
    }
    for (const Value& item : items) {
      const Value typed = item.is_null() ? Value::Null(array.expr->type.child()) : item;
      ASSIGN_OR_RETURN(ExprPtr cast, MakeCast(MakeConstant(typed), type));
      ExprPtr folded = FoldConstants(cast, nullptr);
      fits &= folded->kind == Expr::Kind::kConstant;
      args.push_back(Bound{std::move(folded)});
    }
    if (fits) break;
    args.clear();
  }
  if (args.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(Bound in, Call(args.size() == 2 ? "=" : "in", std::move(args), at));
  if (!negated) return in;
  ASSIGN_OR_RETURN(Bound none, Call("not", {in}, at));
  return none;
}

StatusOr<Bound> ExprBinder::BindQuantifiedArray(const ast::Quantified& node,
                                                const ast::Expr& expr) {
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  ASSIGN_OR_RETURN(Bound array, Bind(*node.array));
  if (array.untyped) {  // '{1,2,3}' is of whatever it is compared with
    const Type type = Type::List(operand.untyped ? Type(TypeId::kText) : operand.expr->type);
    ASSIGN_OR_RETURN(array.expr, Coerce(array, type, node.array->at));
    array.untyped = false;
  }
  if (array.expr->type.id() != TypeId::kList) {
    return binder.ErrorAt(node.array->at, "op ANY/ALL (array) requires array on right side");
  }
  array.expr = FoldConstants(array.expr, nullptr);
  if ((node.op == "=" && !node.all) || (node.op == "<>" && node.all)) {
    ASSIGN_OR_RETURN(std::optional<Bound> in, BindAsIn(operand, array, node.all, expr.at));
    if (in) return *in;
  }
  return Call(node.op + (node.all ? " ALL" : " ANY"), {std::move(operand), std::move(array)},
              expr.at, {node.operand->at, node.array->at});
}

}  // namespace shale
