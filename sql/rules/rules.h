// The optimiser: rules that rewrite a plan into one with the same answer. One file a rule; Optimize
// runs them in order. A rule may assume nothing of what others left.
#pragma once

#include <memory>
#include <vector>

#include "sql/binder.h"
#include "sql/plan.h"

namespace shale {

struct RuleContext {
  const FunctionContext* functions;
  const DatabaseVersion* version;
};

// `result`: the columns that the query's reader wants.
void Optimize(PlanPtr* plan, const std::vector<PlanColumn>& result, const RuleContext& context);

// fold_constants.cc: constant parts are computed (see FoldConstants in engine/expr/evaluator.h).
void FoldPlanConstants(Plan* plan, const RuleContext& context);
// push_filters.cc: conjuncts move as far down as they can; equalities over a join become its keys;
// mark joins whose mark is only filtered on become semi and anti joins.
void PushFilters(PlanPtr* plan);
// unwrap_comparisons.cc: conditions of a scan in the form that zone maps and partitions judge:
// ts::date = x is a range of ts, NOT (a < b) is a >= b, a = 1 OR a = 2 an IN. After PushFilters.
void UnwrapComparisons(Plan* plan, const RuleContext& context);
// limit_ranks.cc: row_number() <= k above a window is the window's own limit. After PushFilters.
void LimitRanks(Plan* plan);
// join_sides.cc: the smaller input of an inner join is the one built.
double EstimateRows(const Plan& plan, const DatabaseVersion& version);
void ChooseBuildSides(Plan* plan, const RuleContext& context);
// join_order.cc: trees of inner joins in the order that keeps intermediate results small. Before
// ChooseBuildSides.
void OrderJoins(PlanPtr* plan, const RuleContext& context);
// prune_columns.cc: columns that nobody reads are not produced.
void PruneColumns(Plan* plan, const std::set<ColumnVar>& required);
// shifted_sums.cc: sums of x plus or times constants become one sum and one count. `next` is the
// next
// free column id.
void ShareShiftedSums(PlanPtr* plan, ColumnVar* next);
// key_ranges.cc: grouping and distinct counts by a table's leading sort column, and rows wanted in
// its order, go by ranges of keys. After PruneColumns, before FetchColumnsLate.
void UseKeyRanges(PlanPtr* plan, const RuleContext& context, ColumnVar* next);
// late_columns.cc: a top-n reads the columns that it does not need for its few rows only. After
// PruneColumns.
void FetchColumnsLate(PlanPtr* plan, ColumnVar* next);
// merge_shared.cc: a shared plan that has one reader, or that is a plain read of a table, becomes a
// part of whoever reads it.
void MergeShared(PlanPtr* plan, ColumnVar* next);
// push_limits.cc: limits and top-ns go below what neither adds nor drops rows, and into both arms
// of what they cannot leave. After ChooseBuildSides, before PruneColumns.
void PushLimits(PlanPtr* plan);
// share_expressions.cc: what a node would compute twice is computed once below it. Last: it puts
// projections where other rules do not look for them.
void ShareExpressions(PlanPtr* plan, ColumnVar* next);
// metadata_aggregates.cc: count(*), min and max of a whole table come from metadata.
void AnswerFromMetadata(PlanPtr* plan, const RuleContext& context);

}  // namespace shale
