// Grouper: key columns of chunks to group numbers, for one worker. Owns the table whose rows are
// the groups. Private to engine/operators.
//
// A single key that is a string of a dictionary, or an integer of a small range, finds its group in
// an array, by code or by value, without hashing; the table's own index is then built only when
// somebody asks for it (the merge of workers, or values that leave the range).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/operators/group_table.h"
#include "engine/operators/key_packer.h"

namespace shale {

class Grouper {
 public:
  // `layout` outlives the grouper and has at least one column.
  Grouper(const KeyLayout* layout, size_t state_bytes, MemoryBudget* memory);

  // groups[i] is the row of table() for row i of `keys`; new keys get new rows. *uniform is set
  // when all rows are of one group (then groups is filled all the same).
  Status Group(std::span<const Vector> keys, size_t num_rows, uint32_t* groups, bool* uniform);

  GroupTable& table() { return table_; }
  const GroupTable& table() const { return table_; }
  bool with_nulls() const { return with_nulls_; }
  // See GroupTable::AllowRepeats.
  void AllowRepeats() { table_.AllowRepeats(); }
  // Gives the table the word of NULL bits, if the layout has one.
  Status WidenForNulls();

 private:
  enum class Mode { kHash, kStrings, kIntegers };

  struct CodeGroups {
    DictionaryPtr dictionary;
    std::unique_ptr<uint32_t, void (*)(void*)> groups{nullptr, nullptr};  // group + 1, 0 unknown
  };

  Status GroupHashed(std::span<const Vector> keys, size_t num_rows, uint32_t* groups);
  Status GroupStrings(const Vector& key, size_t num_rows, uint32_t* groups);
  Status GroupDictionary(const Vector& key, uint32_t* known, size_t num_rows, uint32_t* groups);
  Status GroupsOfIds(const uint32_t* ids, size_t count, uint32_t* groups);
  template <typename T>
  Status GroupIntegers(const Vector& key, size_t num_rows, uint32_t* groups, bool* fits);
  bool Widen(int64_t least, int64_t greatest);
  Status NullGroup(uint32_t* group);

  const KeyLayout* layout_;
  GroupTable table_;
  KeyPacker packer_;
  Mode mode_ = Mode::kHash;
  bool with_nulls_ = false;
  Reservation arrays_memory_;
  std::vector<uint64_t> words_;
  std::vector<uint32_t> ids_;

  // kStrings: by interned id; kIntegers: by value - base_. Group + 1, 0 unknown.
  std::vector<uint32_t> array_;
  int64_t base_ = 0;
  uint32_t null_group_ = GroupTable::kNone;
  absl::flat_hash_map<uint64_t, CodeGroups> dictionaries_;
  size_t entries_kept_ = 0;
  uint64_t rows_seen_ = 0;
};

}  // namespace shale
