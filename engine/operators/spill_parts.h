// SpillParts: rows on disk, dealt into partitions by the hash of some of their columns, so that
// rows that belong together are in one partition and a partition fits into memory when all rows do
// not. What aggregation, joins and windows spill to. Private to engine/operators.
//
// Thread-safe; the order of rows within a partition is the order in which one thread added them.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/sync.h"
#include "engine/exec/spill.h"

namespace shale {

// hashes[i] of row i: equal keys (as GROUP BY sees them: NULL equals NULL, -0 equals 0) have equal
// hashes, whatever vectors hold them. Without keys: all zero.
void HashRows(std::span<const Vector> keys, size_t num_rows, uint64_t* hashes);

class SpillParts {
 public:
  static constexpr size_t kParts = 16;

  // `level`: how often these rows have been dealt before; other bits of the hash decide then.
  static StatusOr<std::unique_ptr<SpillParts>> Create(const ExecutionContext& context,
                                                      std::vector<Type> types, int level);

  Status Add(const Chunk& chunk, const uint64_t* hashes) SHALE_EXCLUDES(mutex_);
  // What waits for more rows goes to disk. Add may go on.
  Status Flush() SHALE_EXCLUDES(mutex_);

  // After Flush. Each block in turn to `take`.
  Status Read(size_t part, const Cancellation* cancellation,
              const std::function<Status(Chunk)>& take) SHALE_EXCLUDES(mutex_);
  // All rows so far have one hash: dealing them again would not part them.
  bool one_hash() const SHALE_EXCLUDES(mutex_);
  // Where rows without keys are.
  size_t PartOfNoKeys() const;
  uint64_t rows(size_t part) const SHALE_EXCLUDES(mutex_);
  uint64_t bytes() const SHALE_EXCLUDES(mutex_);

 private:
  struct Part {
    std::vector<Chunk> pending;
    size_t pending_rows = 0;
    size_t pending_bytes = 0;
    uint64_t rows = 0;
    std::vector<SpillBlock> blocks;
  };
  SpillParts(std::vector<Type> types, int level, size_t block_bytes,
             std::unique_ptr<SpillFile> file)
      : types_(std::move(types)),
        level_(level),
        block_bytes_(block_bytes),
        file_(std::move(file)) {}
  Status Write(Part* part) SHALE_REQUIRES(mutex_);

  const std::vector<Type> types_;
  const int level_;
  const size_t block_bytes_;
  const std::unique_ptr<SpillFile> file_;
  mutable Mutex mutex_;
  std::array<Part, kParts> parts_ SHALE_GUARDED_BY(mutex_);
  uint64_t first_hash_ SHALE_GUARDED_BY(mutex_) = 0;
  bool any_rows_ SHALE_GUARDED_BY(mutex_) = false;
  bool one_hash_ SHALE_GUARDED_BY(mutex_) = true;
};

// One source after another: `make(i)` makes the i-th when the one before is at its end and has been
// let go, so that one at a time is in memory: what comes out points into none of them. All workers
// read the same one.
std::unique_ptr<Source> MakeSourceSequence(
    size_t count, std::function<StatusOr<std::unique_ptr<Source>>(size_t, ExecutionContext*)> make,
    std::vector<std::string> details);

// The line of EXPLAIN ANALYZE for so much on disk.
std::string SpillDetail(uint64_t bytes);

}  // namespace shale
