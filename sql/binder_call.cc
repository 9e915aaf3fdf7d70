// Function calls: scalar functions, and aggregates on their way to the block's AggregateNode.
#include <algorithm>

#include "sql/ast_printer.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

// EXTRACT's field names as PostgreSQL spells them in any form.
std::string ExtractField(std::string_view field) {
  std::string name;
  for (char c : field)
    name.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  static const std::pair<std::string_view, std::string_view> kPlurals[] = {
      {"years", "year"},
      {"months", "month"},
      {"days", "day"},
      {"hours", "hour"},
      {"minutes", "minute"},
      {"seconds", "second"},
      {"weeks", "week"},
      {"quarters", "quarter"},
      {"millisecond", "milliseconds"},
      {"microsecond", "microseconds"},
      {"decades", "decade"},
      {"centuries", "century"},
      {"millennia", "millennium"}};
  for (auto [from, to] : kPlurals) {
    if (name == from) return std::string(to);
  }
  return name;
}

const std::string* LiteralText(const ast::Expr& expr) {
  const auto* literal = std::get_if<ast::Literal>(&expr.node);
  return literal && literal->kind == ast::Literal::Kind::kString ? &literal->text : nullptr;
}

}  // namespace

StatusOr<Bound> ExprBinder::Call(std::string_view name, std::vector<Bound> args, ast::Position at,
                                 const std::vector<ast::Position>& arg_positions) {
  std::vector<ArgumentType> types;
  for (const Bound& arg : args) types.push_back(arg.argument());
  auto resolved = Registry::Get().ResolveScalar(name, types);
  if (!resolved.ok()) return binder.Locate(at, resolved.status());
  std::vector<ExprPtr> exprs;
  for (size_t i = 0; i < args.size(); ++i) {
    ast::Position where = i < arg_positions.size() ? arg_positions[i] : at;
    ASSIGN_OR_RETURN(ExprPtr expr, Coerce(args[i], resolved->arg_types[i], where, true));
    exprs.push_back(std::move(expr));
  }
  auto call = std::make_shared<Expr>(*MakeCall(*std::move(resolved), std::move(exprs)));
  call->name = std::string(name);
  return Bound{call};
}

StatusOr<Bound> ExprBinder::BindNode(const ast::FunctionCall& node, const ast::Expr& expr) {
  const Registry& registry = Registry::Get();
  if (node.over) return BindWindow(node, expr);
  if (registry.HasWindow(node.name) && !registry.HasAggregate(node.name) &&
      !registry.HasScalar(node.name)) {
    return binder.ErrorAt(expr.at,
                          fmt::format("window function {} requires an OVER clause", node.name));
  }
  if (node.ignore_nulls) {
    return binder.ErrorAt(expr.at, fmt::format("IGNORE NULLS goes with window functions, and {} "
                                               "has no OVER clause here",
                                               node.name));
  }
  if (const SetFunction* set = registry.FindSet(node.name);
      set != nullptr && !registry.HasScalar(node.name)) {
    return BindSetFunction(*set, node, expr);
  }
  if (node.name == "grouping") return BindGrouping(node, expr);
  if (registry.HasAggregate(node.name) || node.name == "uniq_exact" || node.name == "uniqexact") {
    return BindAggregate(node, expr);
  }
  if (node.star || node.distinct || node.filter || !node.order_by.empty() ||
      !node.within_group.empty()) {
    if (registry.HasScalar(node.name)) {
      return binder.ErrorAt(expr.at,
                            fmt::format("{} is not an aggregate function: DISTINCT, FILTER, "
                                        "ORDER BY and * do not go with it",
                                        node.name));
    }
  }
  std::vector<Bound> args;
  std::vector<ast::Position> positions;
  if (node.name == "extract" && node.args.size() == 2) {
    if (const std::string* field = LiteralText(*node.args[0])) {
      std::string name = "extract_" + ExtractField(*field);
      if (!registry.HasScalar(name)) {
        return binder.ErrorAt(node.args[0]->at,
                              fmt::format("unit \"{}\" is not known to extract", *field));
      }
      ASSIGN_OR_RETURN(Bound arg, Bind(*node.args[1]));
      return Call(name, {std::move(arg)}, expr.at, {node.args[1]->at});
    }
  }
  for (const ast::ExprPtr& arg : node.args) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*arg));
    args.push_back(std::move(bound));
    positions.push_back(arg->at);
  }
  if (node.name == "coalesce" && !args.empty()) {
    ASSIGN_OR_RETURN(Type type, CommonOf(args, positions));
    auto result = std::make_shared<Expr>();
    result->kind = Expr::Kind::kCoalesce;
    result->type = type;
    for (size_t i = 0; i < args.size(); ++i) {
      ASSIGN_OR_RETURN(ExprPtr arg, Coerce(args[i], type, positions[i], true));
      result->args.push_back(std::move(arg));
    }
    return Bound{result};
  }
  return Call(node.name, std::move(args), expr.at, positions);
}

// An aggregate belongs to the innermost query that one of its columns is from: in a subquery,
// max(outer.x) is the outer query's.
AggregateCollector* ExprBinder::CollectorOf(const AggregateExpr& aggregate) const {
  std::vector<size_t> used;
  for (const ExprPtr& arg : aggregate.args) CollectColumns(*arg, &used);
  if (aggregate.filter) CollectColumns(*aggregate.filter, &used);
  if (used.empty()) return context.aggregates;
  for (Scope* scope = context.scope; scope; scope = scope->outer) {
    for (const ScopeTable& table : scope->tables) {
      for (const ScopeColumn& column : table.columns) {
        if (std::find(used.begin(), used.end(), column.column.id) == used.end()) continue;
        return scope == context.scope ? context.aggregates : scope->aggregates;
      }
    }
  }
  return context.aggregates;
}

StatusOr<Bound> ExprBinder::BindAggregate(const ast::FunctionCall& node, const ast::Expr& expr) {
  if (context.inside_aggregate) {
    return binder.ErrorAt(expr.at, "aggregate function calls cannot be nested");
  }
  AggregateExpr aggregate;
  std::string name = node.name;
  aggregate.distinct = node.distinct;
  if (name == "uniq_exact" || name == "uniqexact") {
    name = "count";
    aggregate.distinct = true;
  }
  context.inside_aggregate = true;
  std::vector<Bound> args;
  std::vector<ast::Position> positions;
  for (const ast::ExprPtr& arg : node.args) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*arg));
    args.push_back(std::move(bound));
    positions.push_back(arg->at);
  }
  // percentile_cont(0.5) WITHIN GROUP (ORDER BY x): the ordered value is the last argument.
  for (const ast::OrderItem& item : node.within_group) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*item.expr));
    args.push_back(std::move(bound));
    positions.push_back(item.expr->at);
  }
  std::vector<ArgumentType> types;
  for (const Bound& arg : args) types.push_back(arg.argument());
  auto resolved = Registry::Get().ResolveAggregate(name, types);
  if (!resolved.ok()) return binder.Locate(expr.at, resolved.status());
  aggregate.function = *std::move(resolved);
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(ExprPtr arg,
                     Coerce(args[i], aggregate.function.arg_types[i], positions[i], true));
    aggregate.args.push_back(std::move(arg));
  }
  if (node.filter) {
    std::string_view clause = std::exchange(context.clause, "FILTER");
    std::string_view condition = std::exchange(context.condition, "");
    WindowCollector* windows = std::exchange(context.windows, nullptr);
    ASSIGN_OR_RETURN(aggregate.filter, BindCondition(*node.filter));
    context.clause = clause;
    context.condition = condition;
    context.windows = windows;
  }
  for (const ast::OrderItem& item : node.order_by) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*item.expr));
    SortKey key;
    key.expr = bound.expr;
    key.descending = item.descending;
    key.nulls_first = item.nulls_first.value_or(item.descending);
    aggregate.order_by.push_back(std::move(key));
  }
  context.inside_aggregate = false;
  AggregateCollector* collector_of_query = CollectorOf(aggregate);
  if (!collector_of_query) {
    return binder.ErrorAt(expr.at,
                          fmt::format("aggregate functions are not allowed in {}", context.clause));
  }
  if (aggregate.distinct && aggregate.function.function->ignores_distinct)
    aggregate.distinct = false;
  if (!aggregate.function.function->order_sensitive) aggregate.order_by.clear();
  if (aggregate.distinct && aggregate.args.empty()) {
    return binder.ErrorAt(expr.at,
                          fmt::format("{}(DISTINCT *) is not possible; name a column", name));
  }
  // The same aggregate once.
  auto same = [](const ExprPtr& a, const ExprPtr& b) {
    return (!a && !b) || (a && b && Equal(*a, *b));
  };
  AggregateCollector& collector = *collector_of_query;
  for (size_t i = 0; i < collector.aggregates.size(); ++i) {
    const AggregateExpr& other = collector.aggregates[i];
    bool equal = other.function.function == aggregate.function.function &&
                 other.distinct == aggregate.distinct && same(other.filter, aggregate.filter) &&
                 other.order_by.empty() && aggregate.order_by.empty() &&
                 other.args.size() == aggregate.args.size();
    for (size_t j = 0; equal && j < other.args.size(); ++j) {
      equal = Equal(*other.args[j], *aggregate.args[j]);
    }
    if (equal) return Bound{ColumnOf(collector.columns[i])};
  }
  PlanColumn column = binder.NewColumn(PrintExpr(expr), aggregate.function.result_type);
  collector.aggregates.push_back(std::move(aggregate));
  collector.columns.push_back(column);
  return Bound{ColumnOf(column)};
}

}  // namespace shale
