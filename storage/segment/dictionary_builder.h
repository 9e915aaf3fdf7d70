// DictionaryBuilder: gives each distinct text of a column a code, in order of first appearance.
// Bytes are copied. When nearly every text is new it stops looking (`distinct` false): codes then
// only number the texts. Not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/vector/vector.h"
#include "engine/vector/vector_builder.h"

namespace shale {

class DictionaryBuilder {
 public:
  // Codes of `rows` texts. NULL rows (validity bit clear) get the code 0 without an entry.
  void Intern(const std::string_view* texts, const uint64_t* validity, size_t rows,
              uint32_t* codes);
  uint32_t InternOne(std::string_view text);
  // Codes of a dictionary vector's rows: each entry is looked up once and remembered.
  void InternDictionary(const Vector& vector, size_t rows, uint32_t* codes);

  size_t size() const { return entries_.size(); }
  std::string_view entry(uint32_t code) const { return entries_[code]; }
  uint64_t text_bytes() const { return text_bytes_; }
  bool distinct() const { return distinct_; }
  // Stops looking for equal texts, for good.
  void StopLooking();

  // Puts the entries in bytewise order; the answer maps old codes to new ones.
  std::vector<uint32_t> Sort();

 private:
  uint32_t Add(std::string_view text, uint64_t hash);
  uint32_t Lookup(std::string_view text, uint64_t hash);
  void Grow();

  StringArena arena_;
  std::vector<std::string_view> entries_;
  std::vector<uint64_t> hashes_;
  // A slot holds the upper half of the hash and code + 1; 0 is free. Linear probing, half full.
  std::vector<uint64_t> slots_;
  uint64_t text_bytes_ = 0;
  bool distinct_ = true;
  // Vectors' dictionaries seen before: their code → ours, kUnknown until asked for.
  absl::flat_hash_map<uint64_t, std::vector<uint32_t>> remaps_;
  std::vector<uint64_t> scratch_hashes_;
};

}  // namespace shale
