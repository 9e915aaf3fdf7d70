// SortRuns: sorted runs of rows on disk, and their merge (external merge sort: Knuth, TAOCP vol. 3,
// 5.4). Private to engine/operators.
//
// Add is thread-safe; then Prepare once, then one reader at a time.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/sync.h"
#include "engine/exec/spill.h"
#include "engine/operators/row_sorter.h"

namespace shale {

class SortRuns {
 public:
  // Of rows as `sorter` takes them out; which outlives the runs.
  SortRuns(const RowSorter* sorter, ExecutionContext* context);
  ~SortRuns();

  // The rows of what TakeSorted or TakeCombined gave, as a run.
  Status Add(const RowSorter& sorted) SHALE_EXCLUDES(mutex_);
  bool empty() const SHALE_EXCLUDES(mutex_);
  uint64_t bytes() const { return written_.load(std::memory_order_relaxed); }

  // Merges runs until few enough are left to be merged at once.
  Status Prepare() SHALE_EXCLUDES(mutex_);
  // The next rows in order, at most kChunkRows, only the sorter's own columns; false at the end.
  // Ties keep no promise. Thread-safe.
  StatusOr<bool> Next(Chunk* out) SHALE_EXCLUDES(mutex_);

 private:
  using Run = std::vector<SpillBlock>;
  class Merge;

  StatusOr<SpillBlock> Write(const Chunk& rows);

  const std::vector<Type> types_;  // with the keys that are no columns
  const size_t num_columns_;       // without
  const std::vector<size_t> key_columns_;
  std::vector<Type> key_types_;
  std::vector<SortOrder> orders_;
  ExecutionContext* const context_;
  int64_t block_bytes_;
  std::atomic<uint64_t> written_{0};
  mutable Mutex mutex_;
  std::unique_ptr<SpillFile> file_ SHALE_GUARDED_BY(mutex_);  // made with the first run
  std::vector<Run> runs_ SHALE_GUARDED_BY(mutex_);
  std::unique_ptr<Merge> merge_ SHALE_GUARDED_BY(mutex_);
};

}  // namespace shale
