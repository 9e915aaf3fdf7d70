// What a top-n may tell those before it. Its bound, the worst first key that is still in, is made
// before it and given to a scan (storage/scan/top_scan.h) or an aggregation, which then leave out
// what is past it.
#pragma once

#include <memory>
#include <vector>

#include "engine/operators/aggregate.h"
#include "engine/operators/sort.h"

namespace shale {

// Not yet full.
std::shared_ptr<TopNBound> MakeTopNBound();
// A top-n that publishes its bound in `bound`, of MakeTopNBound.
TopN MakeTopN(std::vector<SortKey> keys, std::vector<Type> input_types, int64_t limit,
              int64_t offset, std::shared_ptr<TopNBound> bound);

// A top-n above an aggregation that sorts by an aggregate first: groups whose value is past its
// bound are not given on, so their keys and other aggregates are never made. Only for aggregates
// that are integers, dates or times. Filled in before the aggregation runs.
struct GroupTop {
  size_t aggregate = 0;  // position among the aggregates
  bool descending = false, nulls_first = false;
  bool strict = false;                     // a group that ties with the bound is of no use either
  std::shared_ptr<const TopNBound> bound;  // null: no top-n
};
// `top` is shared with whoever may fill it in.
std::shared_ptr<SinkSource> MakeAggregate(std::vector<ExprPtr> keys,
                                          std::vector<AggregateExpr> aggregates,
                                          std::shared_ptr<const GroupTop> top);

}  // namespace shale
