// HeldBytes: what the chunks that an operator keeps hold in memory, a dictionary that several of
// them share counted once. One worker's. Private to engine/operators.
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "engine/vector/vector.h"

namespace shale {

class HeldBytes {
 public:
  // Bytes that keeping it adds to what was added before.
  int64_t Add(const Vector& vector) {
    if (!vector.is_dictionary()) return static_cast<int64_t>(vector.MemoryUsage());
    int64_t bytes = static_cast<int64_t>(vector.size() * sizeof(uint32_t));
    if (vector.has_nulls()) bytes += static_cast<int64_t>(BitmapWords(vector.size()) * 8);
    const Dictionary& dictionary = *vector.dictionary();
    if (dictionaries_.insert(dictionary.id).second) {
      bytes += static_cast<int64_t>(dictionary.values.MemoryUsage() + dictionary.hashes.size() * 8);
    }
    return bytes;
  }
  int64_t Add(const Chunk& chunk) {
    int64_t bytes = 0;
    for (const Vector& column : chunk.columns) bytes += Add(column);
    return bytes;
  }
  // Nothing is kept any more.
  void Clear() { dictionaries_.clear(); }

 private:
  absl::flat_hash_set<uint64_t> dictionaries_;
};

}  // namespace shale
