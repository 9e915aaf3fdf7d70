// Subqueries that use columns of the query around them become joins, whatever their form
// (Neumann and Kemper, "Unnesting Arbitrary Queries", BTW 2015): the distinct values of those
// columns, the domain, are pushed into the subquery until nothing below them uses an outer column;
// then every row carries the values it belongs to, and the two sides are joined on them. Where the
// subquery's own conditions say what the values are (t.k = outer.k), the domain is not needed.
#pragma once

#include <set>
#include <vector>

#include "sql/plan.h"

namespace shale {

// `outer` joined with `inner`, which may use outer's columns. `join` holds the conditions there are
// already, over the columns of both. output: outer's columns, then inner's (kInner, kLeft, kSingle)
// or `mark`. Unimplemented, naming the construct, for what cannot be pushed through.
StatusOr<PlanPtr> JoinDependent(PlanPtr outer, PlanPtr inner, JoinNode join,
                                std::vector<PlanColumn> mark, ColumnVar* next);

// Takes every conjunct that uses one of `outer` out of the filters of `plan`; what the conjuncts
// need of the inside becomes part of its output. An aggregate without keys gets keys only if it is
// `ungrouped` (may be null): then it has no row for values that no row of the inside has. False,
// with `plan` as it was, when outer columns are used anywhere else.
bool PullUpConjuncts(PlanPtr* plan, const std::set<ColumnVar>& outer, const Plan* ungrouped,
                     std::vector<ExprPtr>* pulled, ColumnVar* next);

// Conditions between the sides of a join: equalities become keys, the rest its residual. Of a mark
// join they say which rows of `inner` (which may get a filter) belong to an outer row at all.
Status AddConditions(const std::vector<ExprPtr>& conditions, const std::set<ColumnVar>& outer,
                     PlanPtr* inner, JoinNode* join);

}  // namespace shale
