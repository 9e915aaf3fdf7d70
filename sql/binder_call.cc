// Function calls: scalar functions, and aggregates on their way to the block's AggregateNode.
#include <algorithm>

#include "engine/functions/value_format.h"
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

bool IsTimeOfDayField(std::string_view function) {
  return function == "extract_hour" || function == "extract_minute" ||
         function == "extract_second" || function == "extract_milliseconds" ||
         function == "extract_microseconds";
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
  // sumIf(x, condition), ClickHouse's way to write sum(x) FILTER (WHERE condition).
  if (!registry.HasScalar(node.name) && node.name.size() > 2 && node.name.ends_with("if") &&
      !node.args.empty() && !node.filter) {
    std::string name = node.name.substr(0, node.name.size() - 2);
    if (name.ends_with('_')) name.pop_back();
    if (registry.HasAggregate(name) || name == "uniqexact") {
      return BindAggregate(node, expr, &name);
    }
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
      ASSIGN_OR_RETURN(Bound arg, Bind(*node.args[1]));
      if (!registry.HasScalar(name)) {
        return binder.ErrorAt(node.args[0]->at,
                              fmt::format("unit \"{}\" not recognized for type {}", *field,
                                          PostgresTypeName(arg.expr->type)));
      }
      if (arg.expr->type.id() == TypeId::kDate && IsTimeOfDayField(name)) {
        return binder.ErrorAt(node.args[0]->at,
                              fmt::format("unit \"{}\" not supported for type date", *field));
      }
      return Call(name, {std::move(arg)}, expr.at, {node.args[1]->at});
    }
  }
  ASSIGN_OR_RETURN(args, BindArguments(node, expr.at, &positions));
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

StatusOr<Bound> ExprBinder::BindAggregate(const ast::FunctionCall& node, const ast::Expr& expr,
                                          const std::string* without_if) {
  if (context.inside_aggregate) {
    return binder.ErrorAt(expr.at, "aggregate function calls cannot be nested");
  }
  AggregateExpr aggregate;
  std::string name = without_if ? *without_if : node.name;
  aggregate.distinct = node.distinct;
  if (name == "uniq_exact" || name == "uniqexact") {
    name = "count";
    aggregate.distinct = true;
  }
  context.inside_aggregate = true;
  std::vector<Bound> args;
  std::vector<ast::Position> positions;
  const size_t num_args = node.args.size() - (without_if ? 1 : 0);
  for (size_t i = 0; i < num_args; ++i) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*node.args[i]));
    args.push_back(std::move(bound));
    positions.push_back(node.args[i]->at);
  }
  // percentile_cont(0.5) WITHIN GROUP (ORDER BY x): x is the last argument, of descending order a
  // flag more.
  for (const ast::OrderItem& item : node.within_group) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*item.expr));
    args.push_back(std::move(bound));
    positions.push_back(item.expr->at);
    if (item.descending) {
      args.push_back(Bound{MakeConstant(Value::Bool(true))});
      positions.push_back(item.expr->at);
    }
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
  if (node.filter || without_if) {
    std::string_view clause = std::exchange(context.clause, "FILTER");
    std::string_view condition = std::exchange(context.condition, "");
    WindowCollector* windows = std::exchange(context.windows, nullptr);
    ASSIGN_OR_RETURN(aggregate.filter,
                     BindCondition(node.filter ? *node.filter : *node.args.back()));
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
  uint64_t hash = 0;
  for (const ExprPtr& arg : aggregate.args) hash = HashOf(*arg) + 31 * hash;
  for (size_t i = 0; i < collector.aggregates.size(); ++i) {
    if (collector.hashes[i] != hash) continue;
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
  collector.hashes.push_back(hash);
  collector.columns.push_back(column);
  return Bound{ColumnOf(column)};
}

}  // namespace shale
