// Set-returning functions (unnest, generate_series …) in a SELECT list and in FROM: lists of their
// arguments, and an UnnestNode over what the arguments come from.
#include "absl/strings/ascii.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"

namespace shale {

// The lists whose elements are the function's columns.
StatusOr<std::vector<SetColumn>> ExprBinder::BindSetLists(const SetFunction& function,
                                                          const ast::FunctionCall& node,
                                                          ast::Position at) {
  if (node.star || node.distinct || node.filter || node.over || !node.order_by.empty() ||
      !node.within_group.empty()) {
    return binder.ErrorAt(at, fmt::format("{} is not an aggregate function: DISTINCT, FILTER, "
                                          "ORDER BY, OVER and * do not go with it",
                                          node.name));
  }
  std::vector<ast::Position> positions;
  ASSIGN_OR_RETURN(std::vector<Bound> args, BindArguments(node, at, &positions));
  std::vector<SetColumn> columns;
  if (!function.columns.empty()) {
    for (const SetFunction::Column& column : function.columns) {
      auto list = Call(column.list, args, at, positions);
      if (!list.ok() && list.status().code() == StatusCode::kNotFound) {
        return binder.ErrorAt(at, fmt::format("function {} does not exist with these arguments; "
                                              "there is {}{}",
                                              node.name, function.name, function.signature));
      }
      RETURN_IF_ERROR(list.status());
      columns.push_back({column.name, list->expr});
    }
    return columns;
  }
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i].untyped || args[i].expr->type.id() != TypeId::kList) {
      return binder.ErrorAt(positions[i],
                            fmt::format("{} takes arrays, not {}; for JSON there is "
                                        "json_array_elements",
                                        node.name,
                                        args[i].untyped ? "a literal without a type"
                                                        : args[i].expr->type.ToString()));
    }
    // Of nested arrays the innermost elements, as PostgreSQL has it.
    Bound list = std::move(args[i]);
    while (list.expr->type.child().id() == TypeId::kList) {
      ASSIGN_OR_RETURN(list, Call("array_flatten", {std::move(list)}, positions[i]));
    }
    columns.push_back({"", list.expr});
  }
  if (columns.empty()) {
    return binder.ErrorAt(at, fmt::format("{} needs an array", node.name));
  }
  return columns;
}

StatusOr<Bound> ExprBinder::BindSetFunction(const SetFunction& function,
                                            const ast::FunctionCall& node, const ast::Expr& expr) {
  if (context.inside_aggregate) {
    return binder.ErrorAt(expr.at,
                          "aggregate function calls cannot contain set-returning function calls; "
                          "move it into FROM");
  }
  if (context.inside_window) {
    return binder.ErrorAt(expr.at,
                          "window function calls cannot contain set-returning function calls; "
                          "move it into FROM");
  }
  if (!context.sets) {
    return binder.ErrorAt(
        expr.at, fmt::format("set-returning functions are not allowed in {}; move it into FROM",
                             context.clause));
  }
  ASSIGN_OR_RETURN(std::vector<SetColumn> columns, BindSetLists(function, node, expr.at));
  if (columns.size() != 1) {
    return binder.ErrorAt(expr.at, fmt::format("{} gives {} columns here; write it in FROM",
                                               node.name, columns.size()));
  }
  SetCollector& collector = *context.sets;
  std::vector<size_t> used;
  CollectColumns(*columns[0].list, &used);
  int level = 0;
  for (const SetCollector::Call& call : collector.calls) {
    if (Equal(*call.list, *columns[0].list)) return Bound{ColumnOf(call.column)};
    if (std::find(used.begin(), used.end(), call.column.id) != used.end()) {
      level = std::max(level, call.level + 1);
    }
  }
  PlanColumn column = binder.NewColumn(PrintExpr(expr), columns[0].list->type.child());
  collector.calls.push_back({columns[0].list, column, level});
  return Bound{ColumnOf(column)};
}

Status ApplySets(std::vector<SetCollector::Call> calls, PlanPtr* plan) {
  for (int level = 0; !calls.empty(); ++level) {
    UnnestNode unnest;
    std::vector<PlanColumn> output = (*plan)->output;
    std::vector<SetCollector::Call> later;
    for (SetCollector::Call& call : calls) {
      if (call.level > level) {
        later.push_back(std::move(call));
        continue;
      }
      unnest.lists.push_back(call.list);
      output.push_back(call.column);
    }
    calls = std::move(later);
    if (unnest.lists.empty()) continue;
    *plan = MakePlan(std::move(unnest), std::move(output), PlanList(std::move(*plan)));
  }
  return OkStatus();
}

// ---- FROM ---------------------------------------------------------------------------------------

StatusOr<Binder::BoundSetTable> Binder::BindSetTable(const ast::FunctionTable& table,
                                                     const SetFunction& function,
                                                     const ast::TableRef& ref, Scope* args_scope) {
  const auto& call = std::get<ast::FunctionCall>(table.call->node);
  ExprContext context;
  context.scope = args_scope;
  context.clause = "FROM";
  ExprBinder binder{*this, context};
  ASSIGN_OR_RETURN(std::vector<SetColumn> columns,
                   binder.BindSetLists(function, call, table.call->at));
  BoundSetTable bound;
  std::string own_name = call.name;
  if (ref.alias) {
    own_name =
        ref.alias->name.quoted ? ref.alias->name.name : absl::AsciiStrToLower(ref.alias->name.name);
  }
  for (SetColumn& column : columns) {
    const bool own = column.name.empty();
    // Several arrays: each column is called as the function.
    const std::string& name = !own ? column.name : columns.size() > 1 ? call.name : own_name;
    bound.columns.push_back(NewColumn(name, column.list->type.child()));
    bound.node.lists.push_back(std::move(column.list));
  }
  bound.node.ordinality = table.ordinality;
  if (table.ordinality) bound.columns.push_back(NewColumn("ordinality", TypeId::kBigInt));
  return bound;
}

Status Binder::AddSetTableToScope(const BoundSetTable& bound, const ast::TableRef& ref,
                                  std::string_view name, Scope* scope) {
  Plan shown;
  shown.output = bound.columns;
  RETURN_IF_ERROR(AddToScope(shown, ref, name, scope));
  // The one column goes by the table's name, too: json_array_elements(x) AS e, then e ->> 'a'.
  ScopeTable& table = scope->tables.back();
  if (bound.node.lists.size() != 1 || table.name.empty()) return OkStatus();
  for (const ScopeColumn& column : table.columns) {
    if (column.column.name == table.name) return OkStatus();
  }
  ScopeColumn alias = table.columns[0];
  alias.column.name = table.name;
  alias.system = true;
  table.columns.push_back(std::move(alias));
  return OkStatus();
}

StatusOr<PlanPtr> Binder::BindLateralSet(const ast::Join& join, PlanPtr* left, Scope* left_scope,
                                         Scope* scope) {
  using Kind = ast::Join::Kind;
  const auto* table = std::get_if<ast::FunctionTable>(&join.right->node);
  if (table == nullptr) return PlanPtr();
  const auto& call = std::get<ast::FunctionCall>(table->call->node);
  const SetFunction* function = Registry::Get().FindSet(call.name);
  const bool joins =
      join.kind == Kind::kCross || join.kind == Kind::kInner || join.kind == Kind::kLeft;
  if (function == nullptr || !joins || join.natural || !join.using_columns.empty()) {
    return PlanPtr();
  }
  ASSIGN_OR_RETURN(BoundSetTable bound, BindSetTable(*table, *function, *join.right, left_scope));
  const std::set<ColumnVar> available = OutputIds(**left);
  bool lateral = false;
  for (const ExprPtr& list : bound.node.lists) {
    std::vector<size_t> used;
    CollectColumns(*list, &used);
    for (size_t id : used) lateral |= available.contains(id);
  }
  if (!lateral) return PlanPtr();
  Scope both;
  both.outer = left_scope->outer;
  both.tables = left_scope->tables;
  RETURN_IF_ERROR(AddSetTableToScope(bound, *join.right, call.name, &both));
  std::vector<ExprPtr> conjuncts;
  if (join.on) {
    ExprContext context;
    context.scope = &both;
    context.clause = "JOIN/ON";
    ASSIGN_OR_RETURN(ExprPtr condition, ExprBinder({*this, context}).BindCondition(*join.on));
    SplitConjuncts(condition, &conjuncts);
  } else if (join.kind != Kind::kCross) {
    return ErrorAt(join.right->at, "JOIN needs ON; ON TRUE takes every element");
  }
  std::erase_if(conjuncts, [](const ExprPtr& conjunct) {
    return IsConstant(*conjunct) && !conjunct->value.is_null() && conjunct->value.AsBool();
  });
  bound.node.keep_empty = join.kind == Kind::kLeft;
  // With a condition it is a join like any other of a LATERAL item.
  if (bound.node.keep_empty && !conjuncts.empty()) return PlanPtr();
  std::vector<PlanColumn> output = (*left)->output;
  output.insert(output.end(), bound.columns.begin(), bound.columns.end());
  for (ScopeTable& shown : both.tables) scope->tables.push_back(std::move(shown));
  PlanPtr plan = MakePlan(std::move(bound.node), output, PlanList(std::move(*left)));
  if (conjuncts.empty()) return plan;
  return MakePlan(FilterNode{std::move(conjuncts)}, std::move(output), PlanList(std::move(plan)));
}

}  // namespace shale
