#include "storage/cache/block_cache.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/vector/hash.h"

namespace shale {

BlockCache::BlockCache(int64_t capacity_bytes, MemoryBudget* memory)
    : capacity_bytes_(capacity_bytes),
      memory_(memory),
      kept_memory_(memory ? memory->weak_from_this().lock() : nullptr),
      shards_(std::make_unique<Shard[]>(kShards)) {}

BlockCache::~BlockCache() { Count(-used_bytes_.load()); }

size_t BlockCache::ShardOf(const BlockKey& key) const {
  const uint64_t place = static_cast<uint64_t>(static_cast<uint32_t>(key.column)) << 32 | key.block;
  return HashCombine(key.segment, place) % kShards;
}

BlockCache::Value BlockCache::Find(const BlockKey& key) {
  Shard& shard = shards_[ShardOf(key)];
  MutexLock lock(&shard.mutex);
  const auto found = shard.slots.find(key);
  if (found == shard.slots.end()) {
    ++shard.counters.misses;
    return nullptr;
  }
  ++shard.counters.hits;
  Entry& entry = shard.entries[found->second];
  entry.marked = true;
  return entry.value;
}

bool BlockCache::Contains(const BlockKey& key) const {
  Shard& shard = shards_[ShardOf(key)];
  MutexLock lock(&shard.mutex);
  return shard.slots.contains(key);
}

BlockCache::Value BlockCache::EvictOne(Shard* shard) {
  MutexLock lock(&shard->mutex);
  while (!shard->slots.empty()) {
    if (shard->hand >= shard->entries.size()) shard->hand = 0;
    Entry& entry = shard->entries[shard->hand];
    ++shard->hand;
    if (entry.value == nullptr) continue;
    if (entry.marked) {
      entry.marked = false;
      continue;
    }
    Count(-entry.bytes);
    shard->counters.used_bytes -= entry.bytes;
    --shard->counters.entries;
    ++shard->counters.evictions;
    shard->slots.erase(entry.key);
    shard->free.push_back(static_cast<uint32_t>(shard->hand - 1));
    return std::move(entry.value);
  }
  return nullptr;
}

void BlockCache::EvictTo(int64_t bytes, size_t first) {
  size_t empty = 0;
  for (size_t i = first; empty < kShards;) {
    if (used_bytes_.load(std::memory_order_relaxed) <= bytes) return;
    // Destroyed here, outside the lock.
    const Value dead = EvictOne(&shards_[i]);
    if (dead != nullptr) {
      empty = 0;
    } else {
      ++empty;
      i = (i + 1) % kShards;
    }
  }
}

void BlockCache::Evict(int64_t bytes) {
  EvictTo(std::max<int64_t>(used_bytes_.load(std::memory_order_relaxed) - bytes, 0), 0);
}

void BlockCache::Count(int64_t bytes) {
  used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (memory_) memory_->ChargeEvictable(bytes);
}

BlockCache::Value BlockCache::Insert(const BlockKey& key, Value value, int64_t bytes) {
  SHALE_CHECK(value != nullptr);
  if (bytes > capacity_bytes_ / 2) return value;
  // Room first, in the same shard: what a scan brings in goes out again before what is used.
  Count(bytes);
  const size_t index = ShardOf(key);
  EvictTo(capacity_bytes_, index);
  Shard& shard = shards_[index];
  MutexLock lock(&shard.mutex);
  if (const auto found = shard.slots.find(key); found != shard.slots.end()) {
    Count(-bytes);
    return shard.entries[found->second].value;
  }
  uint32_t slot;
  if (shard.free.empty()) {
    slot = static_cast<uint32_t>(shard.entries.size());
    shard.entries.emplace_back();
  } else {
    slot = shard.free.back();
    shard.free.pop_back();
  }
  shard.entries[slot] = {key, value, bytes, false};
  shard.slots[key] = slot;
  shard.counters.used_bytes += bytes;
  ++shard.counters.entries;
  return value;
}

void BlockCache::EraseSegment(uint64_t segment) {
  std::vector<Value> dead;
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    MutexLock lock(&shard.mutex);
    for (uint32_t slot = 0; slot < shard.entries.size(); ++slot) {
      Entry& entry = shard.entries[slot];
      if (entry.value == nullptr || entry.key.segment != segment) continue;
      Count(-entry.bytes);
      shard.counters.used_bytes -= entry.bytes;
      --shard.counters.entries;
      shard.slots.erase(entry.key);
      dead.push_back(std::move(entry.value));
      entry.value = nullptr;
      shard.free.push_back(slot);
    }
  }
}

BlockCache::Counters BlockCache::counters() const {
  Counters sum;
  for (size_t i = 0; i < kShards; ++i) {
    const Shard& shard = shards_[i];
    MutexLock lock(&shard.mutex);
    const Counters& one = shard.counters;
    sum.hits += one.hits;
    sum.misses += one.misses;
    sum.evictions += one.evictions;
    sum.used_bytes += one.used_bytes;
    sum.entries += one.entries;
  }
  return sum;
}

}  // namespace shale
