// Where operators put rows that memory has no room for. A SpillSpace makes SpillFiles; a file takes
// blocks of rows and gives them back, in any order and as often as wanted, until it is destroyed,
// when its bytes are gone. Implemented by storage (storage/spill/), so that engine knows no file.
//
// Blocks are checksummed: what was damaged meanwhile is DataLoss, never other rows. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/status.h"
#include "engine/exec/operator.h"
#include "engine/vector/vector.h"

namespace shale {

// Where a block lies; kept by who wrote it.
struct SpillBlock {
  uint64_t offset = 0;
  uint32_t bytes = 0;
  uint32_t rows = 0;
};

class SpillFile {
 public:
  virtual ~SpillFile() = default;
  // ResourceExhausted naming the limit when the space is full, or the disk.
  virtual StatusOr<SpillBlock> Write(const Chunk& chunk) = 0;
  // `types`: of the columns that were written.
  virtual StatusOr<Chunk> Read(const SpillBlock& block, std::span<const Type> types) = 0;
};

class SpillSpace {
 public:
  virtual ~SpillSpace() = default;
  virtual StatusOr<std::unique_ptr<SpillFile>> Create() = 0;
};

// Rows with such columns can be written (STRUCT has no form on disk).
bool CanSpill(std::span<const Type> types);

// Whether an operator that holds `held_bytes` should write them out now: memory is short, and they
// are worth a write. Reservations that fail outright are the other reason to do so.
inline bool ShouldSpill(const ExecutionContext& context, int64_t held_bytes) {
  constexpr int64_t kLeastShare = 32;  // of the limit
  return context.spill != nullptr && context.memory != nullptr &&
         held_bytes > context.memory->limit_bytes() / kLeastShare &&
         context.memory->under_pressure();
}

// A partition of rows is cut again, by other bits of the hash, at most so often.
inline constexpr int kMaxSpillLevel = 5;

}  // namespace shale
