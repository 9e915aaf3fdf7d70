// What the binder's .cc files share: the context an expression is bound in.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/binder.h"

namespace shale {

// Aggregates met while binding a block's expressions, each once.
struct AggregateCollector {
  std::vector<AggregateExpr> aggregates;
  std::vector<uint64_t> hashes;  // of each aggregate's arguments
  std::vector<PlanColumn> columns;
};

// A window as its clauses are bound: PARTITION BY, ORDER BY, and the frame that goes with them.
struct BoundWindow {
  std::vector<ExprPtr> partition_by;
  std::vector<SortKey> order_by;
  const ast::WindowFrame* frame = nullptr;  // null: the default
};
// Window functions met while binding a block's expressions, each once, and the WINDOW clause.
struct WindowCollector {
  struct Call {
    BoundWindow window;
    WindowExpr function;
    PlanColumn column;
    ast::Position at;
  };
  std::vector<std::pair<std::string, BoundWindow>> named;
  std::vector<Call> calls;

  bool Makes(ColumnVar id) const;
  bool UsedBy(const Expr& expr) const;
};
// Set-returning functions met in a SELECT list, each once: the rows they give are made when the
// list's other parts are there. Of a higher level: its list is made of others' elements.
struct SetCollector {
  struct Call {
    ExprPtr list;
    PlanColumn column;
    int level = 0;
  };
  std::vector<Call> calls;
};
// A list, and what its elements are called (empty: as the function).
struct SetColumn {
  std::string name;
  ExprPtr list;
};

// A subquery, waiting for the plan that it will be joined with.
struct PendingJoin {
  PlanPtr plan;
  JoinNode join;
  std::vector<PlanColumn> mark;      // kMark: its one column
  std::optional<PlanColumn> scalar;  // a subquery's value under its name outside…
  ColumnVar value = 0;               // … which is this column of `plan`
  ast::Position at;
};
using PendingJoins = std::vector<PendingJoin>;

// GROUPING(a, b): its arguments, and the column that stands for it until the grouping sets are
// known.
struct GroupingCall {
  std::vector<ExprPtr> args;
  PlanColumn column;
  ast::Position at;
};

// SELECT-list names that GROUP BY, HAVING and ORDER BY may use.
struct SelectAlias {
  std::string name;
  const ast::Expr* expr;
};
// An item of the SELECT list, bound.
struct SelectItemBound {
  ExprPtr expr;
  std::string name;
  bool untyped = false;
  ast::Position at;
};

// The number of an ORDER BY 2 or GROUP BY 2, or nothing.
std::optional<int64_t> Ordinal(const ast::Expr& expr);
// The one name that an expression consists of, or null.
const ast::Identifier* BareName(const ast::Expr& expr);
// As unquoted names are kept: in lower case.
std::string Folded(const ast::Identifier& id);
bool SameName(const ast::Identifier& id, std::string_view name);

// GROUP BY on its way to the plan: keys, each once, and the sets that group by some of them.
struct Binder::Grouping {
  std::vector<ExprPtr> keys;
  std::vector<std::vector<size_t>> sets;   // positions in keys; empty: one set of all keys
  PendingJoins pending;                    // of subqueries in keys
  SetCollector* sets_collector = nullptr;  // of set-returning functions in keys
  PlanColumn set_number;                   // after GroupPlan, with sets
  // After GroupPlan: what an expression over the input is above the groups.
  std::function<ExprPtr(const ExprPtr&)> to_groups;
};

// A common table's query: bound when first read.
struct Binder::CommonTableState {
  enum class Step { kUnbound, kBinding, kBound } step = Step::kUnbound;
  std::shared_ptr<SharedPlan> shared;
  bool may_recurse = false;  // WITH RECURSIVE
  bool recursive = false;    // and it does
  // While its own query is bound: what a reference to itself reads, or why there is none.
  std::shared_ptr<WorkingTable> working;
  std::vector<PlanColumn> working_columns;
  std::string refusal;
  int num_references = 0;
};

struct Binder::ExprContext {
  Scope* scope = nullptr;
  std::string_view clause;                   // "WHERE", for errors
  std::string_view condition;                // "AND": what wants a boolean, when not the clause
  AggregateCollector* aggregates = nullptr;  // null: aggregates are an error here
  std::vector<GroupingCall>* groupings = nullptr;  // null: GROUPING() is an error here
  bool inside_aggregate = false;
  WindowCollector* windows = nullptr;      // null: window functions are an error here
  bool inside_window = false;              // in a window function's arguments
  SetCollector* sets = nullptr;            // null: set-returning functions are an error here
  PendingJoins* pending = nullptr;         // null: subqueries are an error here
  PendingJoins* pending_inside = nullptr;  // of subqueries in aggregates' arguments
  const std::vector<SelectAlias>* aliases = nullptr;
  int depth = 0;

  PendingJoins* Pending() const;
};

// The expression as a row of several values, or null.
const ast::Row* AsRow(const ast::Expr& expr);

// Takes out the joins that use what the windows make: they stand above the windows.
PendingJoins TakeAboveWindows(const WindowCollector& windows, PendingJoins* pending);
// Puts UnnestNodes for `calls` on `plan`, which must have what their lists use.
Status ApplySets(std::vector<SetCollector::Call> calls, PlanPtr* plan);

// Binds one expression; see binder_expr.cc.
struct ExprBinder {
  Binder& binder;
  Binder::ExprContext& context;

  StatusOr<Bound> Bind(const ast::Expr& expr);
  // Bound and cast to BOOLEAN, with an error that names the clause.
  StatusOr<ExprPtr> BindCondition(const ast::Expr& expr);
  // `bound` as `type` by implicit cast (a literal is parsed); the error is at `at`.
  StatusOr<ExprPtr> Coerce(const Bound& bound, const Type& type, ast::Position at,
                           bool is_explicit = false);
  StatusOr<Bound> Call(std::string_view name, std::vector<Bound> args, ast::Position at,
                       const std::vector<ast::Position>& arg_positions = {});
  // binder_subquery.cc
  StatusOr<PlanPtr> BindSubquery(const ast::Select& query);
  StatusOr<Bound> BindExists(const ast::Select& query, ast::Position at);
  StatusOr<Bound> BindAny(const ast::Expr& operand, std::string_view op, const ast::Select& query,
                          ast::Position at);
  StatusOr<Bound> BindScalarSubquery(const ast::Select& query, ast::Position at);
  // binder_window.cc: the WINDOW clause, into context.windows.
  Status BindNamedWindows(const std::vector<std::pair<ast::Identifier, ast::WindowSpec>>& windows);
  // The one value of a plan of one column.
  StatusOr<Bound> BindScalarPlan(PlanPtr plan, ast::Position at);
  // binder_set_function.cc
  StatusOr<std::vector<SetColumn>> BindSetLists(const SetFunction& function,
                                                const ast::FunctionCall& node, ast::Position at);
  // binder_row.cc: rows as lists of values. width: how many there must be (0: any number).
  StatusOr<std::vector<Bound>> BindRow(const ast::Expr& expr, size_t width);
  StatusOr<std::vector<Bound>> BindRowSubquery(const ast::Select& query, size_t width,
                                               ast::Position at);
  StatusOr<Bound> CompareRows(std::string_view op, const std::vector<Bound>& left,
                              const std::vector<Bound>& right, ast::Position at);
  StatusOr<Type> CommonOf(const std::vector<Bound>& items, const std::vector<ast::Position>& at);

 private:
  StatusOr<Bound> BindNode(const ast::Literal& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::ColumnRef& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Star& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Parameter& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Unary& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Binary& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::IsTest& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Between& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Like& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::InList& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::InSubquery& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Exists& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::ScalarSubquery& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Quantified& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Case& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Cast& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::FunctionCall& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::ArrayLiteral& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::ArraySubquery& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Subscript& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Row& node, const ast::Expr& expr);
  StatusOr<Bound> BindNode(const ast::Collate& node, const ast::Expr& expr);
  // binder_array.cc: the literal's items each cast to the elements of `type`.
  StatusOr<std::optional<Bound>> BindObjectCast(const ast::Cast& node, const ast::Expr& expr);
  StatusOr<Bound> BindArrayAs(const ast::ArrayLiteral& node, const Type& type, ast::Position at);
  StatusOr<Bound> BindQuantifiedArray(const ast::Quantified& node, const ast::Expr& expr);
  StatusOr<std::optional<Bound>> BindAsIn(const Bound& operand, const Bound& array, bool negated,
                                          ast::Position at);
  StatusOr<Bound> BindSetFunction(const SetFunction& function, const ast::FunctionCall& node,
                                  const ast::Expr& expr);
  AggregateCollector* CollectorOf(const AggregateExpr& aggregate) const;
  // `without_if` is the name where the call's has an If behind it: its last argument filters.
  StatusOr<Bound> BindAggregate(const ast::FunctionCall& node, const ast::Expr& expr,
                                const std::string* without_if = nullptr);
  // binder_window.cc
  StatusOr<Bound> BindWindow(const ast::FunctionCall& node, const ast::Expr& expr);
  StatusOr<BoundWindow> BindWindowSpec(const ast::WindowSpec& spec);
  StatusOr<WindowFrame> BindFrame(const BoundWindow& window);
  Status BindRangeFrame(const BoundWindow& window, WindowFrame* frame);
  StatusOr<ExprPtr> BindFrameOffset(const ast::Expr& expr, std::string_view unit);
  Status ResolveWindowCall(const ast::FunctionCall& node, const ast::Expr& expr,
                           WindowExpr* function);
  StatusOr<Bound> BindChain(const ast::Binary& node);
  // A call's arguments in order, those given by name brought to their places.
  StatusOr<std::vector<Bound>> BindArguments(const ast::FunctionCall& node, ast::Position at,
                                             std::vector<ast::Position>* positions);
  // 'now', 'today', 'tomorrow' and 'yesterday' as a date or time; null for any other text.
  StatusOr<ExprPtr> BindClockWord(std::string_view text, const Type& type, ast::Position at);
  // What a type's spelling asks for beyond the type: TIMESTAMP(p), TIMESTAMPTZ(p) and INTERVAL(p)
  // round to p digits of a second, JSONB takes its canonical form.
  StatusOr<Bound> AsWrittenType(Bound bound, const ast::TypeName& type, ast::Position at);
  StatusOr<Bound> BindGrouping(const ast::FunctionCall& node, const ast::Expr& expr);
  StatusOr<std::optional<Bound>> BindLookup(PlanPtr* plan, const PlanColumn& value,
                                            const std::set<ColumnVar>& outer, PendingJoin* pending);
  StatusOr<Bound> BindRowComparison(const ast::Binary& node, const ast::Expr& expr);
  StatusOr<Bound> BindRowIn(const ast::InList& node, const ast::Expr& expr);
  StatusOr<Bound> BindRowBetween(const ast::Between& node, const ast::Expr& expr);
  StatusOr<Bound> BindRowNullTest(const ast::IsTest& node, const ast::Expr& expr);
};

}  // namespace shale
