// Hash aggregation: GROUP BY keys with any number of aggregates.
//
// Result columns: the keys in order, then the aggregates. Without keys there is exactly one result
// row, with no input rows too. Keys compare as SQL's GROUP BY does: NULL equals NULL, -0 equals 0,
// NaN equals NaN.
//
// One key over small dictionaries counts into arrays by code. Otherwise string keys are interned
// once a query to dense ids, keys are packed fixed-width, and each worker grows one linear-probing
// table with salted slots and batch prefetch; workers' tables are merged by hash partitions in
// parallel. DISTINCT aggregates keep a table of (group, value).
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/expr/expr.h"

namespace shale {

struct SortKey {
  ExprPtr expr;
  bool descending = false;
  bool nulls_first = false;
};

struct AggregateExpr {
  ResolvedAggregate function;
  std::vector<ExprPtr> args;  // of function.arg_types; empty for count(*)
  bool distinct = false;
  ExprPtr filter;                 // boolean, or null
  std::vector<SortKey> order_by;  // string_agg(x ORDER BY y)
};

std::shared_ptr<SinkSource> MakeAggregate(std::vector<ExprPtr> keys,
                                          std::vector<AggregateExpr> aggregates);

// The same over rows that come in ranges of one of the keys (Source::AtBoundary): groups are given
// on when a range ends, so memory holds the groups of a few ranges and tables stay in the cache.
// `keys` is not empty.
std::shared_ptr<Operator> MakeRangeAggregate(std::vector<ExprPtr> keys,
                                             std::vector<AggregateExpr> aggregates);

}  // namespace shale
