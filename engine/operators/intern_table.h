// InternTable: strings to ids that are dense and the same for every worker of one query, so that
// keys made of strings become fixed-width. Private to engine/operators.
//
// Intern is thread-safe (shards, each with a lock that a batch takes once). Get and Find take no
// lock and may run beside each other, but not beside Intern: after every worker is through.
//
// Of a dictionary the workers remember together which entries have their ids. Once a quarter of
// them was asked for, the workers intern the rest piece by piece, in order: an entry met in order
// costs a third of one met at random, where its hash and its bytes are cache misses.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
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
  // outlive the table; otherwise they are copied.
  Status Intern(const std::string_view* strings, const uint64_t* hashes, size_t count, bool stable,
                uint32_t* ids);
  // ids[i] of entry codes[i] of a dictionary, whose strings are stable; the table keeps it alive.
  Status InternCodes(const DictionaryPtr& dictionary, const uint32_t* codes, size_t count,
                     uint32_t* ids);
  // Likewise without adding: kNone for a string that is not there.
  void Find(const std::string_view* strings, const uint64_t* hashes, size_t count, uint32_t* ids);
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
  // What is known of one dictionary's entries.
  struct Dictionary {
    Dictionary(DictionaryPtr of, MemoryBudget* budget)
        : dictionary(std::move(of)), memory(budget) {}
    DictionaryPtr dictionary;
    Reservation memory;
    // Id + 1; 0 is not known. Workers that write the same entry write the same.
    std::unique_ptr<std::atomic<uint32_t>[], void (*)(void*)> ids { nullptr, nullptr };
    std::atomic<size_t> num_asked = 0;
    std::atomic<size_t> next_piece = 0;  // entries before it are interned, or being so
  };
  StatusOr<Dictionary*> Remember(const DictionaryPtr& dictionary);
  // Entries codes[0..count), or first + i without codes; ids may be null.
  Status InternEntries(Dictionary* known, const uint32_t* codes, size_t first, size_t count);

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
  MemoryBudget* const memory_;
  Mutex dictionaries_mutex_;
  // By id. Few a query: one a segment and column.
  absl::flat_hash_map<uint64_t, std::unique_ptr<Dictionary>> dictionaries_
      SHALE_GUARDED_BY(dictionaries_mutex_);
};

}  // namespace shale
