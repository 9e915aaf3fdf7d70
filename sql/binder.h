// Binder: AST to Plan against one snapshot. Names become column ids, functions are resolved, types
// settled, casts made explicit; aggregates, subqueries and set operations become plan nodes.
//
// One binder a statement. Errors carry line, column and a caret into the statement's text.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expr/expr.h"
#include "sql/ast.h"
#include "sql/plan.h"
#include "sql/session.h"
#include "storage/table/store.h"

namespace shale {

inline constexpr int kMaxViewDepth = 32;
inline constexpr int kMaxSubqueryDepth = 100;

// A bound expression, and whether it is a literal that may still become any type.
struct Bound {
  ExprPtr expr;
  bool untyped = false;
  int parameter = 0;  // $n whose type is still to be inferred

  ArgumentType argument() const {
    bool known = expr->kind == Expr::Kind::kConstant && parameter == 0;
    return {expr->type, untyped, known ? &expr->value : nullptr};
  }
};

struct AggregateCollector;

// A column as names see it.
struct ScopeColumn {
  PlanColumn column;
  bool hidden = false;  // merged away by USING: reachable by its qualified name only
  bool system = false;  // _seq: by name, never by *
};
struct ScopeTable {
  std::string name;  // alias or table name
  std::vector<ScopeColumn> columns;
};
struct Scope {
  std::vector<ScopeTable> tables;
  Scope* outer = nullptr;       // of the enclosing query
  bool self_reference = false;  // one of the tables is the recursive query itself
  // Of the query whose scope this is, where it takes aggregates; also for subqueries in it.
  AggregateCollector* aggregates = nullptr;
};

// The rows of a WITH query that was run before what reads it is bound.
struct CommonRows {
  const ast::CommonTable* table = nullptr;
  bool returns = true;  // false: an INSERT, UPDATE or DELETE without RETURNING
  std::vector<PlanColumn> columns;  // names and types
  std::shared_ptr<const std::vector<Chunk>> chunks;
};

struct WindowCollector;  // binder_internal.h
struct GroupingCall;
struct PendingJoin;
struct SelectAlias;
struct SelectItemBound;

class Binder {
 public:
  Binder(std::string_view sql, const Session* session, Snapshot snapshot);

  // The query's plan; its output names are the result's column names.
  StatusOr<PlanPtr> BindQuery(const ast::Select& select);
  // `expr` over `scope` without aggregates or subqueries; `clause` is named in errors ("WHERE").
  StatusOr<Bound> BindPlain(const ast::Expr& expr, Scope* scope, std::string_view clause);
  // A whole table's scan with its scope, for DELETE and INSERT.
  StatusOr<PlanPtr> BindTable(TableSchemaPtr schema, std::string_view alias, Scope* scope);
  // WHERE of DELETE and UPDATE: subqueries allowed; `plan` is wrapped.
  Status BindWhere(const ast::Expr& expr, Scope* scope, PlanPtr* plan);
  // binder_change.cc, for INSERT, UPDATE and DELETE. Declared tables are seen by all that is bound
  // later; rows' own WITH is then skipped by BindQuery.
  void DeclareWith(const ast::With& with);
  Status BindUnreadWith();
  void DeclareRows(const std::vector<CommonRows>& rows);
  StatusOr<PlanPtr> BindCommonTableAlone(const ast::CommonTable& table, bool recursive);
  // The tables of FROM or USING joined to the target's plan, each row with each.
  Status BindOthers(const ast::TableRef& others, Scope* scope, PlanPtr* plan);
  // Subqueries are joined to the plan.
  StatusOr<std::vector<SelectItemBound>> BindReturning(
      const std::vector<ast::SelectItem>& returning, Scope* scope, PlanPtr* plan);
  // Joins the plan with the subqueries that wait for it.
  Status ApplyPending(std::vector<PendingJoin>* pending, PlanPtr* plan);
  StatusOr<TableSchemaPtr> LookupTable(const ast::QualifiedName& name);
  StatusOr<Type> BindType(const ast::TypeName& type, int32_t* max_length);

  Status ErrorAt(ast::Position at, std::string_view message) const;
  // Prefixes an engine error (from folding, resolving) with the place.
  Status Locate(ast::Position at, const Status& status) const;

  PlanColumn NewColumn(std::string name, Type type);

  struct ExprContext;  // binder_internal.h: what is allowed and where aggregates go
  struct CommonTableState;
  struct Grouping;

 private:
  friend struct ExprBinder;

  StatusOr<PlanPtr> BindSelect(const ast::Select& select, Scope* outer);
  // A SELECT list: stars expanded, names settled.
  StatusOr<std::vector<SelectItemBound>> BindItems(const std::vector<ast::SelectItem>& from,
                                                   ExprContext* context);
  Status ExpandStar(const ast::Star& star, ast::Position at, const Scope& scope,
                    std::string_view clause, std::vector<SelectItemBound>* items);
  StatusOr<PlanPtr> BindCore(const ast::SelectCore& core, const ast::Select& select, Scope* outer);
  // binder_group.cc: GROUP BY; `items` may be named by position or alias.
  Status BindGroupBy(const ast::SelectCore& core, Scope* scope,
                     const std::vector<SelectAlias>& aliases,
                     const std::vector<SelectItemBound>& items, Grouping* grouping);
  Status AddGroupingElement(const ast::GroupingElement& element, Scope* scope,
                            const std::vector<SelectAlias>& aliases,
                            const std::vector<SelectItemBound>& items, Grouping* grouping,
                            std::vector<std::vector<size_t>>* sets);
  Status GroupPlan(Grouping* grouping, AggregateCollector* collector,
                   const std::vector<GroupingCall>& calls, PlanPtr* plan);
  Status GroupBySets(Grouping* grouping, AggregateCollector* collector, PlanPtr* plan);
  // binder_set.cc
  StatusOr<PlanPtr> BindValues(const ast::ValuesCore& values, Scope* outer);
  StatusOr<PlanPtr> BindComputedValues(const std::vector<std::vector<ExprPtr>>& rows,
                                       std::vector<PlanColumn> output,
                                       std::vector<std::vector<PendingJoin>>* pending);
  StatusOr<PlanPtr> BindSetOperation(const ast::SetOperation& operation, Scope* outer);
  StatusOr<PlanPtr> CombineSets(const ast::SetOperation& operation, PlanPtr left, PlanPtr right);
  StatusOr<PlanPtr> CountSides(const ast::SetOperation& operation, PlanPtr both,
                               const PlanColumn& tag);
  StatusOr<PlanPtr> OneRow();
  // binder_limit.cc
  // Expressions of ORDER BY, DISTINCT ON and LIMIT BY: an output's name or position first.
  // Of a SELECT block.
  StatusOr<ExprPtr> BindOutput(const ast::Expr& expr, const std::vector<SelectItemBound>& items,
                               ExprContext* context, std::string_view clause);
  Status CheckDistinctOn(const ast::SelectCore& core, const std::vector<SortKey>& order,
                         const std::vector<ExprPtr>& on);
  Status ApplyOrderAndLimit(const ast::Select& select, PlanPtr* plan);
  Status ApplyLimit(const ast::Select& select, std::vector<SortKey> keys, PlanPtr* plan,
                    std::vector<ExprPtr> by = {});
  // binder_window.cc: a WindowNode for every different window, over `plan`.
  void ApplyWindows(const WindowCollector& windows, PlanPtr* plan);
  void ApplyDistinct(PlanPtr* plan);
  StatusOr<int64_t> BindLimit(const ast::Expr& expr, std::string_view clause, PlanPtr* computed);

  // `lateral`: what a LATERAL item sees: the items before it, then the enclosing query.
  StatusOr<PlanPtr> BindFrom(const ast::TableRef& ref, Scope* scope, Scope* outer, Scope* lateral);
  StatusOr<PlanPtr> BindNamed(const ast::NamedTable& table, const ast::TableRef& ref, Scope* scope);
  StatusOr<PlanPtr> BindConstantSeries(const ast::FunctionCall& call, ast::Position at,
                                       const Expr& list);
  StatusOr<PlanPtr> BindFunctionTable(const ast::FunctionTable& table, const ast::TableRef& ref,
                                      Scope* scope, Scope* outer);
  // binder_set_function.cc: a set-returning function of FROM, over nothing yet.
  struct BoundSetTable {
    UnnestNode node;
    std::vector<PlanColumn> columns;
  };
  StatusOr<BoundSetTable> BindSetTable(const ast::FunctionTable& table, const SetFunction& function,
                                       const ast::TableRef& ref, Scope* args_scope);
  Status AddSetTableToScope(const BoundSetTable& bound, const ast::TableRef& ref,
                            std::string_view name, Scope* scope);
  // A join whose right side is a set-returning function of the left one's columns: `left` is taken
  // into the plan. Null, and nothing is taken, for any other join.
  StatusOr<PlanPtr> BindLateralSet(const ast::Join& join, PlanPtr* left, Scope* left_scope,
                                   Scope* scope);
  // binder_join.cc
  StatusOr<PlanPtr> BindJoin(const ast::Join& join, ast::Position at, Scope* scope, Scope* outer,
                             Scope* lateral);
  StatusOr<PlanPtr> MakeAsofJoin(const ast::Join& join, ast::Position at, PlanPtr left,
                                 PlanPtr right, const std::vector<ExprPtr>& conjuncts);
  Status BindSample(const ast::Sample& sample, const TableSchema& schema, PlanPtr* plan);
  StatusOr<PlanPtr> BindView(const ViewSchema& view, ast::Position at);
  // Makes the plan's output visible under the alias (or `name`).
  Status AddToScope(const Plan& plan, const ast::TableRef& ref, std::string_view name,
                    Scope* scope);

  // binder_cte.cc
  void DeclareCommonTables(const std::vector<ast::CommonTable>& tables, bool recursive,
                           Scope* outer);
  // Those that nobody read: their errors are errors all the same.
  Status BindUnreadCommonTables(size_t first);
  // The `index`th of common_tables_, read once more.
  StatusOr<PlanPtr> ReadCommonTable(size_t index, ast::Position at, Scope* scope);
  Status BindCommonTable(size_t index);
  StatusOr<PlanPtr> BindRecursive(const ast::CommonTable& table, CommonTableState* state,
                                  Scope* outer);

  struct CommonTableScope {
    const ast::CommonTable* table;
    size_t visible;  // how many of common_tables_ its query sees
    Scope* outer;
    std::shared_ptr<CommonTableState> state;
  };

  std::string_view sql_;
  const Session* session_;
  Snapshot snapshot_;
  ColumnVar next_column_ = 0;
  std::vector<CommonTableScope> common_tables_;
  std::map<ColumnVar, ast::Position> column_positions_;  // where a column was last named
  // Where a reference to the recursive query would stand that PostgreSQL forbids: "a subquery"…
  const char* recursion_barrier_ = nullptr;
  int view_depth_ = 0;
  int subquery_depth_ = 0;
};

}  // namespace shale
