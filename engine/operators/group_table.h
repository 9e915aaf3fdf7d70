// GroupTable: rows of a fixed-width key and a fixed-size state, numbered in order of arrival and
// found by key in a linear-probing table. One owner; Find may run in several threads at once when
// nothing is added. Private to engine/operators.
//
// A slot is 32 bits of the hash (the salt) and the row's number, so that a row is looked at only
// when it is nearly sure to be the one. Rows lie side by side in one piece of memory that moves as
// it grows; states in them must be movable by memcpy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "engine/base/large_block.h"
#include "engine/base/memory_budget.h"

namespace shale {

class GroupTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kMaxGroups = UINT32_MAX - 2;

  GroupTable(int key_words, size_t state_bytes, MemoryBudget* memory);
  GroupTable(const GroupTable&) = delete;

  // Called on each new row's state, which is zero bytes already.
  void set_init(std::vector<std::pair<size_t, void (*)(std::byte*)>> inits) {
    inits_ = std::move(inits);
  }

  size_t size() const { return size_; }
  int key_words() const { return key_words_; }
  size_t row_bytes() const { return row_bytes_; }
  size_t row_words() const { return row_bytes_ / 8; }
  std::byte* rows() { return rows_; }
  const std::byte* rows() const { return rows_; }
  // State of row 0 (null without rows); the others are row_bytes() apart.
  std::byte* states() { return rows_ ? rows_ + key_words_ * 8 : nullptr; }
  const std::byte* states() const { return rows_ ? rows_ + key_words_ * 8 : nullptr; }
  const uint64_t* keys() const { return reinterpret_cast<const uint64_t*>(rows_); }

  // The rows of num_keys keys (key_words() words each, one after the other), added when new.
  // ResourceExhausted when memory's limit or kMaxGroups is reached.
  Status FindOrAdd(const uint64_t* keys, size_t num_keys, uint32_t* groups);
  // Likewise with HashKeys' hashes at hand.
  Status FindOrAdd(const uint64_t* keys, const uint64_t* hashes, size_t num_keys, uint32_t* groups);
  // kNone for keys that are not there.
  void Find(const uint64_t* keys, const uint64_t* hashes, size_t num_keys, uint32_t* groups) const;
  // Adds rows that the caller knows to be new, without an entry in the probing table.
  Status AddUnindexed(const uint64_t* keys, size_t num_keys, uint32_t* first);
  // Enters the rows that AddUnindexed added.
  Status BuildIndex();
  // One more key word, zero in every row.
  Status AddKeyWord();

  // Lets FindOrAdd forget rows that keys no longer ask for, once the index has outgrown the nearer
  // caches: a key that comes again then gets another row. For a table whose rows are merged by key
  // afterwards, this keeps adding as fast as a small table is, where hardly any key comes back; the
  // number of rows stays within a small multiple of the number of keys.
  void AllowRepeats() { may_repeat_ = true; }
  // Whether some key may have several rows.
  bool repeats() const { return repeats_; }

  // Room for `num_keys` rows in all, indexed.
  Status ReserveIndexed(size_t num_keys);
  // Rows from[0..num_keys) of `source`, of the same form, whose keys and hashes are given: those
  // that are new here are copied with their states, which are not to be used there any more.
  // into[i] is the row of from[i]; found[0..*num_found) are the i that were here already, still to
  // be merged.
  Status Adopt(const GroupTable& source, const uint32_t* from, const uint64_t* keys,
               const uint64_t* hashes, size_t num_keys, uint32_t* into, uint32_t* found,
               size_t* num_found);

 private:
  template <int kWords>
  Status FindOrAddWide(const uint64_t* keys, const uint64_t* hashes, size_t num_keys,
                       uint32_t* groups);
  template <int kWords>
  void FindWide(const uint64_t* keys, const uint64_t* hashes, size_t num_keys,
                uint32_t* groups) const;
  Status ReserveRows(size_t at_least);
  Status GrowSlots(size_t num_slots);
  Status Reserve(size_t row_capacity, size_t num_slots);
  void InitRow(size_t row, const uint64_t* key);
  template <int kWords>
  Status AdoptWide(const GroupTable& source, const uint32_t* from, const uint64_t* keys,
                   const uint64_t* hashes, size_t num_keys, uint32_t* into, uint32_t* found,
                   size_t* num_found);
  // Rows of the index.
  size_t NumRecent() const { return size_ - first_recent_; }
  Status ForgetIfIdle(const uint64_t* hashes, size_t num_keys);
  void NoteHits(const uint32_t* groups, size_t num_keys);

  int key_words_;
  size_t row_bytes_;
  std::vector<std::pair<size_t, void (*)(std::byte*)>> inits_;
  Reservation memory_;
  std::byte* rows_ = nullptr;  // row_block_'s
  size_t size_ = 0;
  size_t capacity_ = 0;
  LargeBlock row_block_;
  LargeBlock slots_;
  size_t num_slots_ = 0;
  size_t indexed_ = 0;       // rows [first_recent_, indexed_) are in slots_
  size_t first_recent_ = 0;  // rows before it are forgotten
  bool may_repeat_ = false;
  bool repeats_ = false;
  size_t last_keys_ = 0;        // of the batch before, when the index is large
  size_t last_early_hits_ = 0;  // of those, how many asked for the earlier half of the index
  // Hashes of a sample of the keys since rows were first forgotten: tells how many keys there are.
  absl::flat_hash_set<uint64_t> sample_;
  std::vector<uint64_t> hashes_;
};

}  // namespace shale
