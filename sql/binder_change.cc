// What INSERT, UPDATE and DELETE need beyond a query: other tables beside the target, RETURNING,
// WITH queries that were run already.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"

namespace shale {

void Binder::DeclareWith(const ast::With& with) {
  DeclareCommonTables(with.tables, with.recursive, nullptr);
}

Status Binder::BindUnreadWith() { return BindUnreadCommonTables(0); }

void Binder::DeclareRows(const std::vector<CommonRows>& rows) {
  for (const CommonRows& of : rows) {
    auto state = std::make_shared<CommonTableState>();
    state->step = CommonTableState::Step::kBound;
    if (of.returns) {
      std::vector<PlanColumn> output;
      for (size_t i = 0; i < of.columns.size(); ++i) {
        const bool renamed = i < of.table->columns.size();
        output.push_back(NewColumn(renamed ? Folded(of.table->columns[i]) : of.columns[i].name,
                                   of.columns[i].type));
      }
      state->shared = std::make_shared<SharedPlan>();
      state->shared->name = of.table->name.name;
      state->shared->plan =
          MakePlan(ValuesNode{of.chunks, of.table->name.name, {}}, std::move(output), {});
    }
    common_tables_.push_back({of.table, common_tables_.size(), nullptr, std::move(state)});
  }
}

StatusOr<PlanPtr> Binder::BindCommonTableAlone(const ast::CommonTable& table, bool recursive) {
  auto state = std::make_shared<CommonTableState>();
  state->may_recurse = recursive;
  const size_t index = common_tables_.size();
  common_tables_.push_back({&table, recursive ? index + 1 : index, nullptr, std::move(state)});
  Scope scope;
  return ReadCommonTable(index, table.name.at, &scope);
}

Status Binder::BindOthers(const ast::TableRef& others, Scope* scope, PlanPtr* plan) {
  Scope right;
  ASSIGN_OR_RETURN(PlanPtr other, BindFrom(others, &right, nullptr, nullptr));
  for (ScopeTable& table : right.tables) {
    for (const ScopeTable& known : scope->tables) {
      if (table.name.empty() || known.name != table.name) continue;
      return ErrorAt(others.at, fmt::format("table name \"{}\" specified more than once; give one "
                                            "of them an alias",
                                            table.name));
    }
    scope->tables.push_back(std::move(table));
  }
  std::vector<PlanColumn> output = (*plan)->output;
  output.insert(output.end(), other->output.begin(), other->output.end());
  *plan = MakePlan(JoinNode{}, std::move(output), PlanList(std::move(*plan), std::move(other)));
  return OkStatus();
}

StatusOr<std::vector<SelectItemBound>> Binder::BindItems(const std::vector<ast::SelectItem>& from,
                                                         ExprContext* context) {
  ExprBinder binder{*this, *context};
  std::vector<SelectItemBound> items;
  for (const ast::SelectItem& item : from) {
    if (const auto* star = std::get_if<ast::Star>(&item.expr->node)) {
      RETURN_IF_ERROR(ExpandStar(*star, item.expr->at, *context->scope, context->clause, &items));
      continue;
    }
    ASSIGN_OR_RETURN(Bound bound, binder.Bind(*item.expr));
    items.push_back({bound.expr, item.alias ? Folded(*item.alias) : OutputName(*item.expr),
                     bound.untyped, item.expr->at});
  }
  return items;
}

Status Binder::ExpandStar(const ast::Star& star, ast::Position at, const Scope& scope,
                          std::string_view clause, std::vector<SelectItemBound>* items) {
  bool any = false;
  for (const ScopeTable& table : scope.tables) {
    if (!star.qualifier.empty() && Folded(star.qualifier.back()) != table.name) continue;
    any = true;
    for (const ScopeColumn& column : table.columns) {
      if (column.system || (column.hidden && star.qualifier.empty())) continue;
      bool excluded = false;
      for (const ast::Identifier& id : star.exclude) {
        excluded |= Folded(id) == column.column.name ||
                    (!id.quoted && absl::AsciiStrToLower(column.column.name) == Folded(id));
      }
      if (excluded) continue;
      column_positions_[column.column.id] = at;
      items->push_back({ColumnOf(column.column), column.column.name, false, at});
    }
  }
  if (any) return OkStatus();
  return ErrorAt(at, star.qualifier.empty()
                         ? fmt::format("{} * with no tables specified is not valid", clause)
                         : fmt::format("missing FROM-clause entry for table \"{}\"",
                                       star.qualifier.back().name));
}

StatusOr<std::vector<SelectItemBound>> Binder::BindReturning(
    const std::vector<ast::SelectItem>& returning, Scope* scope, PlanPtr* plan) {
  PendingJoins pending;
  ExprContext context;
  context.scope = scope;
  context.clause = "RETURNING";
  context.pending = &pending;
  ASSIGN_OR_RETURN(std::vector<SelectItemBound> items, BindItems(returning, &context));
  RETURN_IF_ERROR(ApplyPending(&pending, plan));
  for (SelectItemBound& item : items) {
    if (item.expr->type.id() != TypeId::kNull) continue;
    ASSIGN_OR_RETURN(item.expr, MakeCast(item.expr, TypeId::kText));
  }
  return items;
}

}  // namespace shale
