// InternTable: strings to ids that are dense and the same for every worker of one query, so that
// keys made of strings become fixed-width. Private to engine/operators.
//
// Intern is thread-safe (shards, each with a lock that a batch takes once). Get and Find take no
// lock and may run beside each other, but not beside Intern: after every worker is through.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/memory_budget.h"
#include "engine/base/sync.h"
#include "engine/vector/vector.h"

namespace shale {

class InternTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;      // Find: no such string
  static constexpr uint32_t kNull = UINT32_MAX - 8;  // never an id: what keys put for NULL
  // Ids stay below this; more strings are a ResourceExhausted.
  static constexpr uint32_t kMaxIds = UINT32_MAX - 1024;

  // compare_bytes > 0: strings are equal when their first compare_bytes bytes are (and only those
  // are hashed); the first one to come is the one that Get returns.
  InternTable(int num_workers, MemoryBudget* memory, size_t compare_bytes = 0);

  // ids[i] of strings[i], whose HashBytes is hashes[i]; new ones are added. `stable`: the bytes
  // outlive the table (see Pin); otherwise they are copied.
  Status Intern(const std::string_view* strings, const uint64_t* hashes, size_t count, bool stable,
                uint32_t* ids);
  // Likewise without adding: kNone for a string that is not there.
  void Find(const std::string_view* strings, const uint64_t* hashes, size_t count, uint32_t* ids);
  // Keeps a dictionary alive, so that its strings are stable.
  void Pin(DictionaryPtr dictionary);

  std::string_view Get(uint32_t id) const {
    const Entry& entry = shards_[id & (num_shards_ - 1)]->entries[id >> shard_bits_];
    return {entry.data, entry.size};
  }
  // Bytes compared (and hashed) of one string.
  std::string_view Compared(std::string_view text) const {
    return compare_bytes_ ? text.substr(0, compare_bytes_) : text;
  }

 private:
  struct Entry {
    const char* data;
    uint64_t hash;
    uint32_t size;
  };
  struct Shard {
    explicit Shard(MemoryBudget* budget) : memory(budget) {}
    Mutex mutex;
    // Hash bits 26..57 << 32 | entry + 1; 0 is empty. A power of two of them, at most half full.
    std::vector<uint64_t> slots;
    std::vector<Entry> entries;
    Arena arena;
    Reservation memory;
  };
  template <bool kAdd>
  Status Walk(Shard* shard, uint32_t shard_index, const std::string_view* strings,
              const uint64_t* hashes, const uint32_t* rows, size_t count, bool stable,
              uint32_t* ids);
  template <bool kAdd>
  Status All(const std::string_view* strings, const uint64_t* hashes, size_t count, bool stable,
             uint32_t* ids);
  static Status Grow(Shard* shard);

  const uint32_t shard_bits_;
  const uint32_t num_shards_;
  const size_t compare_bytes_;
  std::vector<std::unique_ptr<Shard>> shards_;
  Mutex pins_mutex_;
  std::vector<DictionaryPtr> pins_ SHALE_GUARDED_BY(pins_mutex_);
};

}  // namespace shale
