// SELECT blocks: grouping, projection, DISTINCT, ORDER BY, LIMIT; set operations and VALUES.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "engine/vector/vector_builder.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"
#include "sql/parser.h"

namespace shale {
std::optional<int64_t> Ordinal(const ast::Expr& expr) {
  const auto* literal = std::get_if<ast::Literal>(&expr.node);
  if (!literal || literal->kind != ast::Literal::Kind::kNumber) return std::nullopt;
  if (literal->text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return literal->text.size() < 10 ? std::stoll(literal->text) : INT64_MAX;
}

const ast::Identifier* BareName(const ast::Expr& expr) {
  const auto* column = std::get_if<ast::ColumnRef>(&expr.node);
  return column && column->parts.size() == 1 ? &column->parts[0] : nullptr;
}

std::string Folded(const ast::Identifier& id) {
  return id.quoted ? id.name : absl::AsciiStrToLower(id.name);
}

bool SameName(const ast::Identifier& id, std::string_view name) {
  if (id.quoted) return id.name == name;
  return absl::AsciiStrToLower(id.name) == absl::AsciiStrToLower(std::string(name));
}

namespace {

// The set-returning functions that grouping keys are made of, taken out of `sets`: their rows are
// made before grouping.
std::vector<SetCollector::Call> TakeSetsOf(const std::vector<ExprPtr>& keys, SetCollector* sets) {
  std::set<size_t> used;
  const auto use = [&](const Expr& expr) {
    std::vector<size_t> columns;
    CollectColumns(expr, &columns);
    used.insert(columns.begin(), columns.end());
  };
  for (const ExprPtr& key : keys) use(*key);
  std::vector<SetCollector::Call> taken, left;
  for (size_t i = sets->calls.size(); i-- > 0;) {  // those of higher levels come last
    SetCollector::Call& call = sets->calls[i];
    const bool wanted = used.contains(call.column.id);
    if (wanted) use(*call.list);
    (wanted ? taken : left).push_back(std::move(call));
  }
  std::reverse(taken.begin(), taken.end());
  std::reverse(left.begin(), left.end());
  sets->calls = std::move(left);
  return taken;
}

}  // namespace

StatusOr<PlanPtr> Binder::BindSelect(const ast::Select& select, Scope* outer) {
  if (++subquery_depth_ > kMaxSubqueryDepth) {
    return ErrorAt(
        select.at,
        fmt::format("queries are nested more than {} deep (kMaxSubqueryDepth)", kMaxSubqueryDepth));
  }
  const size_t first = common_tables_.size();
  const bool run_already = !select.with.empty() && first > 0 &&
                           common_tables_[first - 1].table == &select.with.back();
  if (!run_already) DeclareCommonTables(select.with, select.recursive, outer);
  StatusOr<PlanPtr> plan = [&]() -> StatusOr<PlanPtr> {
    if (const auto* core = std::get_if<ast::SelectCore>(&select.body)) {
      return BindCore(*core, select, outer);
    }
    PlanPtr body;
    if (const auto* values = std::get_if<ast::ValuesCore>(&select.body)) {
      ASSIGN_OR_RETURN(body, BindValues(*values, outer));
    } else {
      ASSIGN_OR_RETURN(body, BindSetOperation(std::get<ast::SetOperation>(select.body), outer));
    }
    RETURN_IF_ERROR(ApplyOrderAndLimit(select, &body));
    return body;
  }();
  if (plan.ok()) RETURN_IF_ERROR(BindUnreadCommonTables(first));
  common_tables_.resize(first);
  --subquery_depth_;
  return plan;
}

namespace {

// Subqueries that a key needs are joined before grouping.
void MovePending(const std::vector<ExprPtr>& keys, PendingJoins* from, PendingJoins* to) {
  std::set<ColumnVar> used;
  for (const ExprPtr& key : keys) {
    std::vector<size_t> columns;
    CollectColumns(*key, &columns);
    used.insert(columns.begin(), columns.end());
  }
  PendingJoins left;
  for (PendingJoin& waiting : *from) {
    bool needed = waiting.scalar && used.contains(waiting.scalar->id);
    for (const PlanColumn& column : waiting.mark) needed |= used.contains(column.id);
    for (const PlanColumn& column : waiting.plan->output) needed |= used.contains(column.id);
    (needed ? *to : left).push_back(std::move(waiting));
  }
  *from = std::move(left);
}

}  // namespace

StatusOr<PlanPtr> Binder::BindCore(const ast::SelectCore& core, const ast::Select& select,
                                   Scope* outer) {
  Scope scope;
  scope.outer = outer;
  PlanPtr plan;
  if (core.from) {
    ASSIGN_OR_RETURN(plan, BindFrom(*core.from, &scope, outer, outer));
  } else {
    ASSIGN_OR_RETURN(plan, OneRow());
  }
  if (core.where) RETURN_IF_ERROR(BindWhere(*core.where, &scope, &plan));

  // SELECT list: stars expanded, names settled; expressions are bound below.
  std::vector<SelectAlias> aliases;
  for (const ast::SelectItem& item : core.items) {
    if (item.alias) aliases.push_back({Folded(*item.alias), item.expr.get()});
  }
  AggregateCollector collector;
  SetCollector sets;
  PendingJoins pending, pending_inside;
  std::vector<GroupingCall> groupings;
  ExprContext context;
  context.scope = &scope;
  context.clause = "SELECT";
  context.aggregates = &collector;
  context.pending = &pending;
  context.pending_inside = &pending_inside;
  context.groupings = &groupings;
  scope.aggregates = &collector;
  WindowCollector windows;
  context.windows = &windows;
  context.sets = &sets;
  ExprBinder binder{*this, context};
  RETURN_IF_ERROR(binder.BindNamedWindows(core.windows));
  ASSIGN_OR_RETURN(std::vector<SelectItemBound> items, BindItems(core.items, &context));
  const auto uses_aggregates = [&](const ExprPtr& expr) {
    std::vector<size_t> used;
    CollectColumns(*expr, &used);
    return std::any_of(used.begin(), used.end(), [&](size_t id) {
      return std::any_of(collector.columns.begin(), collector.columns.end(),
                         [&](const PlanColumn& column) { return column.id == id; });
    });
  };
  Grouping grouping;
  grouping.sets_collector = &sets;
  RETURN_IF_ERROR(BindGroupBy(core, &scope, aliases, items, &grouping));
  for (const ExprPtr& key : grouping.keys) {
    if (windows.UsedBy(*key)) {
      return ErrorAt(core.group_by[0].at, "window functions are not allowed in GROUP BY");
    }
    if (!uses_aggregates(key)) continue;
    return ErrorAt(core.group_by[0].at, "aggregate functions are not allowed in GROUP BY");
  }
  if (core.group_by_all) {
    for (const SelectItemBound& item : items) {
      if (!uses_aggregates(item.expr) && !windows.UsedBy(*item.expr)) {
        grouping.keys.push_back(item.expr);
      }
    }
  }

  // HAVING.
  ExprPtr having;
  if (core.having) {
    context.clause = "HAVING";
    context.aliases = &aliases;
    context.windows = nullptr;
    context.sets = nullptr;
    ASSIGN_OR_RETURN(having, binder.BindCondition(*core.having));
    context.windows = &windows;
    context.aliases = nullptr;
    context.sets = &sets;
  }

  // QUALIFY: a filter over the windows' results.
  ExprPtr qualify;
  if (core.qualify) {
    context.clause = "QUALIFY";
    context.aliases = &aliases;
    context.sets = nullptr;
    ASSIGN_OR_RETURN(qualify, binder.BindCondition(*core.qualify));
    context.aliases = nullptr;
    context.sets = &sets;
    if (windows.calls.empty()) {
      return ErrorAt(core.qualify->at,
                     "QUALIFY needs a window function in the SELECT list or in itself; conditions "
                     "on rows go to WHERE, on groups to HAVING");
    }
  }

  std::vector<SortKey> order;
  for (const ast::OrderItem& item : select.order_by) {
    SortKey key;
    key.descending = item.descending;
    key.nulls_first = item.nulls_first.value_or(item.descending);
    context.aliases = &aliases;
    ASSIGN_OR_RETURN(key.expr, BindOutput(*item.expr, items, &context, "ORDER BY"));
    order.push_back(std::move(key));
  }
  // DISTINCT ON and LIMIT BY: the keys of which only so many rows stay.
  std::vector<ExprPtr> by;
  const std::vector<ast::ExprPtr>& by_exprs =
      core.distinct_on.empty() ? select.limit_by : core.distinct_on;
  if (!core.distinct_on.empty() && !select.limit_by.empty()) {
    return ErrorAt(core.distinct_on[0]->at,
                   "DISTINCT ON is LIMIT 1 BY: only one of the two may stand in a query");
  }
  for (const ast::ExprPtr& expr : by_exprs) {
    context.aliases = &aliases;
    ASSIGN_OR_RETURN(
        ExprPtr bound,
        BindOutput(*expr, items, &context, core.distinct_on.empty() ? "LIMIT BY" : "DISTINCT ON"));
    by.push_back(std::move(bound));
  }
  context.aliases = nullptr;
  if (!core.distinct_on.empty()) RETURN_IF_ERROR(CheckDistinctOn(core, order, by));

  PendingJoins above_windows = TakeAboveWindows(windows, &pending);
  const auto for_each_window_expr = [&](const std::function<void(ExprPtr&)>& visit) {
    for (WindowCollector::Call& call : windows.calls) {
      for (ExprPtr& key : call.window.partition_by) visit(key);
      for (SortKey& key : call.window.order_by) visit(key.expr);
      ForEachExpr(call.function, visit);
    }
  };
  const bool aggregated = !core.group_by.empty() || core.group_by_all || core.having != nullptr ||
                          !collector.aggregates.empty();
  if (!aggregated && !groupings.empty()) {
    return ErrorAt(groupings[0].at,
                   "arguments to GROUPING must be grouping expressions of the associated query "
                   "level");
  }
  if (aggregated) {
    if (scope.self_reference && !collector.aggregates.empty()) {
      return ErrorAt(select.at,
                     "aggregate functions are not allowed in a recursive query's recursive term");
    }
    std::vector<SetCollector::Call> key_sets = TakeSetsOf(grouping.keys, &sets);
    std::vector<ExprPtr> key_lists;
    for (const SetCollector::Call& call : key_sets) {
      std::vector<size_t> used;
      CollectColumns(*call.list, &used);
      for (size_t id : used) {
        const bool aggregate = std::any_of(collector.columns.begin(), collector.columns.end(),
                                           [&](const PlanColumn& c) { return c.id == id; });
        if (aggregate || windows.Makes(id)) {
          return ErrorAt(select.at, fmt::format("{} functions are not allowed in GROUP BY",
                                                aggregate ? "aggregate" : "window"));
        }
      }
      key_lists.push_back(call.list);
    }
    MovePending(key_lists, &pending, &grouping.pending);
    MovePending(grouping.keys, &pending, &grouping.pending);
    RETURN_IF_ERROR(ApplyPending(&grouping.pending, &plan));
    RETURN_IF_ERROR(ApplyPending(&pending_inside, &plan));
    RETURN_IF_ERROR(ApplySets(std::move(key_sets), &plan));
    RETURN_IF_ERROR(GroupPlan(&grouping, &collector, groupings, &plan));
    const auto& to_groups = grouping.to_groups;
    for (SelectItemBound& item : items) item.expr = to_groups(item.expr);
    if (having) having = to_groups(having);
    if (qualify) qualify = to_groups(qualify);
    for_each_window_expr([&](ExprPtr& expr) { expr = to_groups(expr); });
    for (SortKey& key : order) key.expr = to_groups(key.expr);
    for (ExprPtr& expr : by) expr = to_groups(expr);
    for (SetCollector::Call& call : sets.calls) call.list = to_groups(call.list);
    for (PendingJoins* list : {&pending, &above_windows}) {
      for (PendingJoin& waiting : *list) {
        ForEachExprBelow(*waiting.plan, [&](ExprPtr& expr) { expr = to_groups(expr); });
        for (ExprPtr& key : waiting.join.probe_keys) key = to_groups(key);
        if (waiting.join.residual) waiting.join.residual = to_groups(waiting.join.residual);
      }
    }
    // What is left of the input must not be used bare.
    const std::set<ColumnVar> available = OutputIds(*plan);
    const auto ungrouped = [&](ColumnVar id, ast::Position at, bool in_subquery) -> Status {
      if (available.contains(id)) return OkStatus();
      for (const ScopeTable& table : scope.tables) {
        for (const ScopeColumn& column : table.columns) {
          if (column.column.id != id) continue;
          auto named = column_positions_.find(id);
          if (named != column_positions_.end()) at = named->second;
          const std::string name =
              table.name.empty() ? column.column.name : table.name + "." + column.column.name;
          if (in_subquery) {
            return ErrorAt(
                at, fmt::format("subquery uses ungrouped column \"{}\" from outer query", name));
          }
          return ErrorAt(
              at, fmt::format("column \"{}\" must appear in the GROUP BY clause or be used in an "
                              "aggregate function; any_value({}) takes one of its values",
                              name, column.column.name));
        }
      }
      return OkStatus();
    };
    const auto check = [&](const ExprPtr& expr, ast::Position at) -> Status {
      std::vector<size_t> used;
      CollectColumns(*expr, &used);
      for (size_t id : used) RETURN_IF_ERROR(ungrouped(id, at, false));
      return OkStatus();
    };
    for (const SelectItemBound& item : items) RETURN_IF_ERROR(check(item.expr, item.at));
    if (having) RETURN_IF_ERROR(check(having, core.having->at));
    if (qualify) RETURN_IF_ERROR(check(qualify, core.qualify->at));
    Status checked;
    for (WindowCollector::Call& call : windows.calls) {
      const auto check_window = [&](ExprPtr& expr) { checked.Update(check(expr, call.at)); };
      for (ExprPtr& key : call.window.partition_by) check_window(key);
      for (SortKey& key : call.window.order_by) check_window(key.expr);
      ForEachExpr(call.function, check_window);
    }
    RETURN_IF_ERROR(checked);
    for (const SetCollector::Call& call : sets.calls) {
      RETURN_IF_ERROR(check(call.list, core.items[0].expr->at));
    }
    for (size_t i = 0; i < order.size(); ++i) {
      RETURN_IF_ERROR(check(order[i].expr, select.order_by[i].expr->at));
    }
    for (size_t i = 0; i < by.size(); ++i) RETURN_IF_ERROR(check(by[i], by_exprs[i]->at));
    for (const PendingJoin& waiting : pending) {
      for (ColumnVar id : FreeColumns(*waiting.plan)) {
        RETURN_IF_ERROR(ungrouped(id, waiting.at, true));
      }
      for (const ExprPtr& key : waiting.join.probe_keys) RETURN_IF_ERROR(check(key, waiting.at));
    }
  }
  RETURN_IF_ERROR(ApplyPending(&pending, &plan));
  if (having) {
    FilterNode filter;
    SplitConjuncts(having, &filter.conjuncts);
    std::vector<PlanColumn> output = plan->output;
    plan = MakePlan(std::move(filter), std::move(output), PlanList(std::move(plan)));
  }
  ApplyWindows(windows, &plan);
  RETURN_IF_ERROR(ApplyPending(&above_windows, &plan));
  if (qualify) {
    FilterNode filter;
    SplitConjuncts(qualify, &filter.conjuncts);
    std::vector<PlanColumn> kept = plan->output;
    plan = MakePlan(std::move(filter), std::move(kept), PlanList(std::move(plan)));
  }

  RETURN_IF_ERROR(ApplySets(std::move(sets.calls), &plan));

  ProjectNode project;
  std::vector<PlanColumn> output;
  for (const SelectItemBound& item : items) {
    project.exprs.push_back(item.expr);
    output.push_back(NewColumn(item.name, item.expr->type));
  }
  if (!core.distinct) {
    // Sorted before projecting: only rows that stay are projected.
    RETURN_IF_ERROR(ApplyLimit(select, std::move(order), &plan, std::move(by)));
    return MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  }
  const auto to_output = [&](ExprPtr* expr, ast::Position at, std::string_view clause) -> Status {
    for (size_t j = 0; j < items.size(); ++j) {
      if (!Equal(**expr, *items[j].expr)) continue;
      *expr = ColumnOf(output[j]);
      return OkStatus();
    }
    return ErrorAt(
        at, fmt::format("for SELECT DISTINCT, {} expressions must appear in select list", clause));
  };
  for (size_t i = 0; i < order.size(); ++i) {
    RETURN_IF_ERROR(to_output(&order[i].expr, select.order_by[i].expr->at, "ORDER BY"));
  }
  for (size_t i = 0; i < by.size(); ++i) {
    RETURN_IF_ERROR(to_output(&by[i], by_exprs[i]->at, "LIMIT BY"));
  }
  plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  ApplyDistinct(&plan);
  RETURN_IF_ERROR(ApplyLimit(select, std::move(order), &plan, std::move(by)));
  return plan;
}

StatusOr<ExprPtr> Binder::BindOutput(const ast::Expr& expr,
                                     const std::vector<SelectItemBound>& items,
                                     ExprContext* context, std::string_view clause) {
  if (std::optional<int64_t> ordinal = Ordinal(expr)) {
    if (*ordinal < 1 || *ordinal > static_cast<int64_t>(items.size())) {
      return ErrorAt(expr.at,
                     fmt::format("{} position {} is not in select list", clause, *ordinal));
    }
    return items[*ordinal - 1].expr;
  }
  if (const ast::Identifier* name = BareName(expr)) {
    const SelectItemBound* match = nullptr;
    for (const SelectItemBound& candidate : items) {
      if (candidate.name != Folded(*name)) continue;
      if (match && !Equal(*match->expr, *candidate.expr)) {
        return ErrorAt(name->at, fmt::format("{} \"{}\" is ambiguous", clause, name->name));
      }
      match = &candidate;
    }
    if (match) return match->expr;
  }
  context->clause = clause;
  ASSIGN_OR_RETURN(Bound bound, ExprBinder({*this, *context}).Bind(expr));
  return bound.expr;
}

// ORDER BY must begin with the expressions of DISTINCT ON, in any order.
Status Binder::CheckDistinctOn(const ast::SelectCore& core, const std::vector<SortKey>& order,
                               const std::vector<ExprPtr>& on) {
  std::vector<bool> found(on.size());
  for (const SortKey& key : order) {
    bool any = false;
    for (size_t i = 0; i < on.size(); ++i) {
      if (!Equal(*on[i], *key.expr)) continue;
      any = true;
      found[i] = true;
    }
    if (any) continue;
    if (std::find(found.begin(), found.end(), false) == found.end()) break;
    return ErrorAt(core.distinct_on[0]->at,
                   "SELECT DISTINCT ON expressions must match initial ORDER BY expressions");
  }
  return OkStatus();
}

}  // namespace shale
