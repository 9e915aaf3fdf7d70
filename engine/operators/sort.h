// Sort: all rows, by keys evaluated over the input; the input's columns come out in order. Ties
// keep no promise. TopN: the first `limit` rows after skipping `offset`, with a running bound that
// drops rows early; `late` columns are only gathered for rows that survive.
#pragma once

#include <memory>
#include <vector>

#include "engine/operators/aggregate.h"

namespace shale {

std::shared_ptr<SinkSource> MakeSort(std::vector<SortKey> keys, std::vector<Type> input_types);

// The bound that a top-n publishes: rows whose first key is past it cannot be in the result. A scan
// may skip blocks by it. Thread-safe.
class TopNBound {
 public:
  virtual ~TopNBound() = default;
  // False until the top-n is full. `value` is the worst first key still in.
  virtual bool Current(Value* value) const = 0;
};
struct TopN {
  std::shared_ptr<SinkSource> sink;
  std::shared_ptr<TopNBound> bound;  // of keys[0]
};
TopN MakeTopN(std::vector<SortKey> keys, std::vector<Type> input_types, int64_t limit,
              int64_t offset);

}  // namespace shale
