// Limits that look at values. Both expect rows in their final order from one worker.
#pragma once

#include <memory>
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

}  // namespace shale
