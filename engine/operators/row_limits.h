// Limits that look at values. They expect rows in their final order from one worker.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/operators/aggregate.h"

namespace shale {

// Of the rows with equal keys, those from the `offset`th on, at most `limit` (< 0: all of them).
// Keys are equal as GROUP BY has it. The table of keys counts against the query's memory.
std::shared_ptr<Operator> MakeLimitBy(std::vector<ExprPtr> keys, int64_t limit, int64_t offset);

// Skips `offset` rows, takes `limit` rows and then those that equal the last one taken by `keys`,
// which the rows are ordered by. limit >= 0.
std::shared_ptr<Operator> MakeLimitWithTies(std::vector<SortKey> keys, int64_t limit,
                                            int64_t offset);

// A number that a query gives: a sink for its one row of one BIGINT. NULL, or no row, is no limit;
// a negative one is an error that names the clause.
struct LimitNumber {
  std::shared_ptr<Sink> sink;
  int64_t value = -1;  // after the sink's Finalize; -1: none
};
std::shared_ptr<LimitNumber> MakeLimitNumber(std::string_view clause);
// LIMIT and OFFSET by such numbers, whose pipelines ran before; either may be null.
std::shared_ptr<Operator> MakeComputedLimit(std::shared_ptr<LimitNumber> limit,
                                            std::shared_ptr<LimitNumber> offset);

}  // namespace shale
