// Plan: a query as a tree of relational nodes, made by the binder, rewritten by rules/, lowered to
// pipelines by lower.cc.
//
// Columns are known by ids that are unique in the statement: inside a plan, an Expr's column_index
// is such an id, whatever the position in the child's output. So rules move nodes and drop columns
// without renumbering; lower.cc turns ids into positions at the end.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/exec/pipeline.h"
#include "engine/expr/expr.h"
#include "engine/operators/aggregate.h"
#include "engine/operators/collect.h"
#include "engine/operators/join.h"
#include "engine/operators/sort.h"
#include "engine/operators/window.h"
#include "storage/table/store.h"

namespace shale {

using ColumnVar = size_t;

struct PlanColumn {
  ColumnVar id = 0;
  std::string name;
  Type type;
};

struct Plan;
using PlanPtr = std::unique_ptr<Plan>;

// Rows of a table. `columns[i]` is what output[i] reads. No children.
struct ScanNode {
  TableSchemaPtr schema;
  std::vector<ColumnId> columns;
  std::vector<ExprPtr> filters;   // conjuncts over output ids
  std::vector<bool> filter_only;  // output[i] is read for the filters alone; empty: none is
  // Rows come in ranges of the first of these output columns (ScanOrder); empty: in any order.
  std::vector<ColumnVar> order;
  bool sorted = false;  // and ascending by all of them
  // What joins above tell the scan when it starts, for EXPLAIN: "user_id = id". Filled by lowering.
  std::vector<std::string> join_filters;
  std::shared_ptr<ScanCounters> counters = std::make_shared<ScanCounters>();
};
// Rows that are known already: VALUES, system relations, generate_series, metadata answers.
struct ValuesNode {
  std::shared_ptr<const std::vector<Chunk>> chunks;  // columns as in output
  std::string label;                                 // "VALUES", "shale_functions", …
  // Instead of chunks: one column of numbers that are made as they are read.
  std::optional<NumberSeries> series;
};
struct FilterNode {
  std::vector<ExprPtr> conjuncts;
};
// output[i] is exprs[i].
struct ProjectNode {
  std::vector<ExprPtr> exprs;
};
// output: keys, then aggregates.
struct AggregateNode {
  std::vector<ExprPtr> keys;
  std::vector<AggregateExpr> aggregates;
  bool in_ranges = false;  // one of the keys is what the scan below has in ranges
};
// One sort of the input. output: the child's columns, then the functions.
struct WindowNode {
  std::vector<ExprPtr> partition_by;
  std::vector<SortKey> order_by;
  std::vector<WindowExpr> functions;
  std::optional<WindowRankLimit> limit;
};
struct SortNode {
  std::vector<SortKey> keys;
};
struct TopNNode {
  std::vector<SortKey> keys;
  int64_t limit = 0;
  int64_t offset = 0;
};
// `ties`: rows that equal the last one by these keys, which the child is sorted by, come too.
struct LimitNode {
  int64_t limit = -1;
  int64_t offset = 0;
  std::vector<SortKey> ties;
};
// LIMIT by numbers that a query gives: children[1] and, with `has_offset`, children[2] have one row
// of one BIGINT. Without has_limit, children[1] is the offset.
struct ComputedLimitNode {
  bool has_limit = false;
  bool has_offset = false;
};
// Of the child's rows with equal keys, those from the `offset`th on, at most `limit` (< 0: all).
struct LimitByNode {
  std::vector<ExprPtr> keys;
  int64_t limit = -1;
  int64_t offset = 0;
};
// children[0] is probed, children[1] built. output: probe columns, then build columns or (mark) the
// one BOOLEAN (semi, anti: nothing).
struct JoinNode {
  JoinKind kind = JoinKind::kInner;
  std::vector<ExprPtr> probe_keys, build_keys;
  std::vector<bool> null_safe;  // a key each, or empty: NULL meets NULL
  ExprPtr residual;             // may be null

  bool emits_build() const {
    return kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark;
  }
  bool is_null_safe(size_t key) const { return key < null_safe.size() && null_safe[key]; }
  void AddKey(ExprPtr probe, ExprPtr build, bool nulls_meet = false) {
    null_safe.resize(probe_keys.size());
    null_safe.push_back(nulls_meet);
    probe_keys.push_back(std::move(probe));
    build_keys.push_back(std::move(build));
  }
};
// For each row of children[0] the nearest row of children[1] with equal keys whose `build_order` is
// on the side of `probe_order` that `op` (<, <=, >, >=: probe op build) says. output: probe
// columns, then build columns.
struct AsofJoinNode {
  bool left = false;  // rows without one stay, with NULLs
  std::vector<ExprPtr> probe_keys, build_keys;
  ExprPtr probe_order, build_order;
  std::string op;
};
// children[0] with the one value of children[1] (its column `value`) appended as a column.
struct ScalarJoinNode {
  ColumnVar value = 0;
};
// children[0] with `columns` of the table's rows that its column `row_id` names.
struct FetchNode {
  TableSchemaPtr schema;
  ColumnVar row_id = 0;
  std::vector<ColumnId> columns;
};
// children[0]'s rows, each once for every element of its lists side by side; a list shorter than
// the longest of its row is followed by NULLs. output: columns of the child (any of them), one a
// list, and with `ordinality` the element's number from 1 (BIGINT).
struct UnnestNode {
  std::vector<ExprPtr> lists;
  bool ordinality = false;
  bool keep_empty = false;  // a row without elements stays once, with NULLs
};
// All rows of all children; output[i] is column inputs[child][i] of each child.
struct UnionAllNode {
  std::vector<std::vector<ColumnVar>> inputs;
};
// Grouping sets. output: the child's columns, a nullable copy of each column in `keys`, the set's
// number (INTEGER).
struct ExpandNode {
  std::vector<ColumnVar> keys;
  std::vector<std::vector<bool>> sets;  // sets[s][k]: key k is in set s
};
// Each row of the child as often as its column `count` says; output: the child's without it.
struct RepeatNode {
  ColumnVar count = 0;
};

struct SharedPlan;
// A query that is computed once and read by several: output[i] is column inputs[i] of its plan.
struct SharedReadNode {
  std::shared_ptr<SharedPlan> shared;
  std::vector<ColumnVar> inputs;
};
// What the two halves of a recursive query have in common: its identity.
struct WorkingTable {
  std::string name;
};
// WITH RECURSIVE: children[0] is the non-recursive term, children[1] the recursive one; inputs as
// in UnionAllNode.
struct RecursiveNode {
  std::shared_ptr<WorkingTable> table;
  bool distinct = false;
  std::vector<std::vector<ColumnVar>> inputs;
};
// The rows that the last step of the recursion gave.
struct WorkingReadNode {
  std::shared_ptr<WorkingTable> table;
};

using PlanNode =
    std::variant<ScanNode, ValuesNode, FilterNode, ProjectNode, AggregateNode, WindowNode, SortNode,
                 TopNNode, LimitNode, ComputedLimitNode, LimitByNode, JoinNode, AsofJoinNode,
                 ScalarJoinNode, FetchNode, UnnestNode, UnionAllNode, ExpandNode, RepeatNode,
                 SharedReadNode, RecursiveNode, WorkingReadNode>;

struct Plan {
  PlanNode node;
  std::vector<PlanColumn> output;
  std::vector<PlanPtr> children;
  // What EXPLAIN ANALYZE measured; filled by lowering with analyze on.
  std::vector<std::shared_ptr<PartProfile>> profiles;
  std::shared_ptr<std::vector<std::string>> details;

  template <typename Node>
  Node* As() {
    return std::get_if<Node>(&node);
  }
  template <typename Node>
  const Node* As() const {
    return std::get_if<Node>(&node);
  }
};

struct SharedPlan {
  std::string name;
  PlanPtr plan;
  bool materialized = false;     // AS MATERIALIZED: never merged into its reader
  std::set<ColumnVar> required;  // what its readers want, once columns were pruned
};

// A plan with no output columns computed from nothing but the child's.
PlanPtr MakePlan(PlanNode node, std::vector<PlanColumn> output, std::vector<PlanPtr> children);
template <typename... Children>
std::vector<PlanPtr> PlanList(Children... children) {
  std::vector<PlanPtr> list;
  (list.push_back(std::move(children)), ...);
  return list;
}

// The same plan with fresh ids throughout; what it shares with others it goes on sharing. `next` is
// the next free id. renamed (may be null): old ids to new ones.
PlanPtr ClonePlan(const Plan& plan, ColumnVar* next,
                  std::map<ColumnVar, ColumnVar>* renamed = nullptr);
// The same plan with the same ids, for a rewrite that may have to be given up.
PlanPtr CopyPlan(const Plan& plan);
// `shared` read once more, under fresh ids.
PlanPtr ReadShared(std::shared_ptr<SharedPlan> shared, ColumnVar* next);
// Every shared plan that `plan` reads, directly or through others: one before those that it reads.
std::vector<std::shared_ptr<SharedPlan>> SharedPlans(const Plan& plan);
// Columns that expressions of the plan use but nothing in it produces: the enclosing query's.
std::set<ColumnVar> FreeColumns(const Plan& plan);
// Whether running it twice gives the same rows both times and costs no more than reading tables.
bool IsPlainRead(const Plan& plan);
// Every expression of the plan and of all plans below it.
void ForEachExprBelow(Plan& plan, const std::function<void(ExprPtr&)>& visit);

ExprPtr ColumnOf(const PlanColumn& column);
std::set<ColumnVar> OutputIds(const Plan& plan);
// The greatest id that any node of the plan puts out.
ColumnVar MaxColumn(const Plan& plan);
// The expressions a node itself evaluates (its children's excluded), for rules that walk them.
void ForEachExpr(Plan& plan, const std::function<void(ExprPtr&)>& visit);
// Those of a window function alone: arguments, filter, frame.
void ForEachExpr(WindowExpr& function, const std::function<void(ExprPtr&)>& visit);
// Splits AND into its parts, appending.
void SplitConjuncts(const ExprPtr& expr, std::vector<ExprPtr>* conjuncts);
// Whether every column of `expr` is in `ids`.
bool UsesOnly(const Expr& expr, const std::set<ColumnVar>& ids);
// Turns `probe expression = build expression` into a key of the join; false when `conjunct` is not
// of that form.
bool AddJoinKey(const ExprPtr& conjunct, const std::set<ColumnVar>& probe,
                const std::set<ColumnVar>& build, JoinNode* join);
// Whether it reads what the last step of a recursion around it gave.
bool ReadsWorkingTable(const Plan& plan);
// Rebuilds `expr` top-down: where `replace` gives something, that stands instead.
ExprPtr Rewrite(const ExprPtr& expr, const std::function<ExprPtr(const ExprPtr&)>& replace);

}  // namespace shale
