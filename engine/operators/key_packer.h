// Keys of grouping and joining, made fixed-width: each key column becomes some bits of one or more
// 64-bit words, so that keys are equal when their words are. Private to engine/operators.
//
//   integers, dates, timestamps, booleans   their bits
//   REAL, DOUBLE                            their bits, with one zero and one NaN
//   DECIMAL(38), UUID                       two words
//   text, bytes, INET, JSON, INTERVAL       the id of the interned value (4 bytes)
//   LIST                                    likewise, of its canonical bytes (vector/nested.h)
//
// A NULL is a bit of its own (of interned values: the id InternTable::kNull). The NULL bits stand
// in bytes that the columns leave over, else in one more word, which a table gets only once a NULL
// turns up (`with_nulls`): a BIGINT key is 8 bytes until then.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/operators/intern_table.h"
#include "engine/vector/vector.h"

namespace shale {

struct KeyColumn {
  Type type;
  bool interned = false;
  bool is_interval = false;
  bool is_list = false;
  int word = 0;
  int shift = 0;      // bits
  int null_bit = -1;  // of the word KeyLayout::null_word; -1 for interned columns
  std::shared_ptr<InternTable> strings;  // interned columns
};

struct KeyLayout {
  std::vector<KeyColumn> columns;
  int base_words = 0;  // without an extra word of NULL bits
  int null_word = 0;   // == base_words when NULL bits need a word of their own
  bool nulls_need_word = false;

  int words(bool with_nulls) const { return base_words + (with_nulls && nulls_need_word ? 1 : 0); }
};

// Unsupported for key types that cannot be packed (STRUCT, INTERVAL[]), and for more than 64 key
// columns.
StatusOr<KeyLayout> MakeKeyLayout(const std::vector<Type>& types, int num_workers,
                                  MemoryBudget* memory);

// One worker's packer: remembers which dictionary entries it has interned.
class KeyPacker {
 public:
  explicit KeyPacker(const KeyLayout* layout, bool find_only = false);

  // Whether packing these needs the extra word of NULL bits.
  bool NeedsNullWord(std::span<const Vector> keys, size_t num_rows) const;
  // num_rows keys of layout.words(with_nulls) words each into `words`, a key after the other.
  // find_only packers add no strings: a key with an unknown one is marked in `unknown` (a byte a
  // row, zero at first).
  Status Pack(std::span<const Vector> keys, size_t num_rows, bool with_nulls, uint64_t* words,
              uint8_t* unknown = nullptr);

  // The ids of dictionary entries codes[0..count), interned.
  Status InternCodes(const KeyColumn& column, const DictionaryPtr& dictionary,
                     const uint32_t* codes, size_t count, uint32_t* ids);
  // The ids of the rows of any string vector (or INTERVAL), kNull for NULL.
  Status Ids(size_t column, const Vector& vector, size_t num_rows, uint32_t* ids);

 private:
  // Code → id + 1 (0: not asked yet), of the dictionaries met last.
  struct CodeIds {
    DictionaryPtr dictionary;
    std::unique_ptr<uint32_t, void (*)(void*)> ids{nullptr, nullptr};
  };
  struct ColumnState {
    absl::flat_hash_map<uint64_t, CodeIds> dictionaries;
    size_t entries_kept = 0;
    uint64_t rows_seen = 0;
  };
  Status Resolve(const KeyColumn& column, const std::string_view* strings, const uint64_t* hashes,
                 size_t count, bool stable, uint32_t* ids);

  const KeyLayout* layout_;
  const bool find_only_;
  std::vector<ColumnState> columns_;
  std::vector<uint32_t> ids_;
  std::vector<uint64_t> hashes_;
  std::vector<std::string_view> strings_;
  std::vector<uint32_t> codes_;
};

// Column `column` of `count` keys that stand `stride_words` apart, as a flat vector. Strings point
// into the intern table, which the vector keeps alive.
Vector UnpackKeys(const KeyLayout& layout, size_t column, bool with_nulls, const uint64_t* words,
                  size_t stride_words, size_t count);

// The hash of `count` keys of `num_words` words that stand `stride_words` apart.
void HashKeys(const uint64_t* words, int num_words, size_t stride_words, size_t count,
              uint64_t* hashes);

}  // namespace shale
