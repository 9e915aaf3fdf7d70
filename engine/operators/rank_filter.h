// RankFilter: drops rows that are surely not among the first of their partition, before a window
// sorts them. It remembers, per partition, the sort prefixes of the best rows so far; a row stays
// while fewer than `most` rows are surely before it. One a worker. Private to engine/operators.
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/grouper.h"
#include "engine/operators/sort_keys.h"

namespace shale {

class RankFilter {
 public:
  // More rows a partition than this are not worth remembering.
  static constexpr int64_t kMaxRanks = 16;

  // `distinct`: only rows that differ count (dense_rank). `most` is in [1, kMaxRanks].
  RankFilter(const std::vector<ExprPtr>& partition_by, const std::vector<SortKey>& order_by,
             bool distinct, int64_t most, ExecutionContext* context);

  // Leaves the rows of `input` that may count.
  Status Filter(Chunk* input);

 private:
  bool Keep(uint32_t group, const SortPrefix& prefix);

  const bool distinct_;
  const size_t most_;
  bool active_ = true;
  std::vector<Evaluator> partition_by_;
  std::vector<Evaluator> order_by_;
  std::vector<SortOrder> orders_;
  std::unique_ptr<KeyLayout> layout_;
  std::unique_ptr<Grouper> grouper_;  // null: one partition
  std::vector<SortPrefix> best_;      // most_ a group, ascending
  std::vector<uint8_t> counts_;       // of best_, a group
  Reservation memory_;
  size_t rows_seen_ = 0, rows_kept_ = 0;  // of the trial under way
  std::vector<uint32_t> groups_, kept_;
  std::vector<SortPrefix> prefixes_;
};

}  // namespace shale
