// BlockCache: verified, decompressed blocks and dictionaries of open segments under one budget of
// bytes. What is in it is immutable and shared: a holder of the pointer keeps a value alive after
// its eviction, so memory in use may pass the budget by what readers hold.
//
// Sharded by key; each shard is a CLOCK (a hit sets a mark, the hand takes marks away and evicts
// what has none); the budget is common to all. Thread-safe. A database has one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/memory_budget.h"
#include "engine/base/sync.h"

namespace shale {

struct BlockKey {
  uint64_t segment = 0;  // instance id of an open segment, never reused in the process
  int32_t column = 0;    // index in the segment
  uint32_t block = 0;    // or kDictionaryBlock

  static constexpr uint32_t kDictionaryBlock = UINT32_MAX;
  friend bool operator==(const BlockKey&, const BlockKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const BlockKey& key) {
    return H::combine(std::move(state), key.segment, key.column, key.block);
  }
};

class BlockCache {
 public:
  // What it holds is the caller's to know: a key always stands for one type.
  using Value = std::shared_ptr<const void>;

  struct Counters {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t evictions = 0;
    int64_t used_bytes = 0;
    int64_t entries = 0;
  };

  // What it holds counts as evictable bytes of `memory` (may be null).
  explicit BlockCache(int64_t capacity_bytes, MemoryBudget* memory = nullptr);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;

  // Null when absent. Counts a hit or a miss.
  Value Find(const BlockKey& key);
  // Whether it is there, without counting or marking.
  bool Contains(const BlockKey& key) const;
  // Keeps `value`, charged with `bytes`, and returns it; if somebody was faster, theirs. A value
  // larger than half the budget is returned but not kept.
  Value Insert(const BlockKey& key, Value value, int64_t bytes);
  // Makes so many bytes free, or as many as there are.
  void Evict(int64_t bytes);
  // Forgets everything of a segment (it was closed).
  void EraseSegment(uint64_t segment);

  Counters counters() const;
  int64_t capacity_bytes() const { return capacity_bytes_; }

 private:
  struct Entry {
    BlockKey key;
    Value value;  // null: a free slot
    int64_t bytes = 0;
    bool marked = false;
  };
  struct Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<BlockKey, uint32_t> slots SHALE_GUARDED_BY(mutex);
    std::vector<Entry> entries SHALE_GUARDED_BY(mutex);
    std::vector<uint32_t> free SHALE_GUARDED_BY(mutex);
    size_t hand SHALE_GUARDED_BY(mutex) = 0;
    Counters counters SHALE_GUARDED_BY(mutex);
    char padding[64];  // shards are used by different threads
  };
  static constexpr size_t kShards = 16;

  size_t ShardOf(const BlockKey& key) const;
  // Evicts until at most `bytes` are used, beginning in the shard with index `first`.
  void EvictTo(int64_t bytes, size_t first);
  void Count(int64_t bytes);
  // One turn of the hand at most twice around; the evicted value, or null when the shard is empty.
  Value EvictOne(Shard* shard);

  const int64_t capacity_bytes_;
  MemoryBudget* const memory_;
  const std::shared_ptr<MemoryBudget> kept_memory_;
  std::atomic<int64_t> used_bytes_{0};
  const std::unique_ptr<Shard[]> shards_;
};

}  // namespace shale
