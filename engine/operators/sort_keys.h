// How rows are ordered: keys turned into 16 bytes that compare as numbers, and the full comparison
// for what those leave undecided. Private to engine/operators.
#pragma once

#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/operators/aggregate.h"
#include "engine/vector/vector.h"

namespace shale {

struct SortOrder {
  bool descending = false;
  bool nulls_first = false;
};

// The first 16 bytes of a row's keys, most significant first: a flag for NULL, then the value so
// that unsigned order is the key's order; descending keys are inverted.
struct SortPrefix {
  uint64_t high;
  uint64_t low;
  friend bool operator==(const SortPrefix&, const SortPrefix&) = default;
  bool operator<(const SortPrefix& other) const {
    return high < other.high || (high == other.high && low < other.low);
  }
};

// Places of dictionary entries among all entries of all dictionaries of one key, by code: in a
// prefix they stand for strings of any length. Empty: the key has none.
struct KeyRanks {
  absl::flat_hash_map<uint64_t, std::vector<uint32_t>> of_dictionary;  // by Dictionary::id
  bool empty() const { return of_dictionary.empty(); }
};
// Ranks of a string key whose vectors are all dictionaries (NULL entries aside); empty when one is
// not, or when the dictionaries have more entries than max_entries.
KeyRanks RankDictionaries(std::span<const Vector* const> keys, size_t max_entries);

// The leading keys that the prefix decides entirely, and the bits of the prefix that they take;
// equal prefixes are compared from the next key on. ranks: one a key at least, or none at all.
struct PrefixPart {
  size_t num_keys = 0;
  SortPrefix mask{0, 0};
};
PrefixPart PrefixOfKeys(const std::vector<Type>& types, std::span<const KeyRanks> ranks = {});

// prefixes[i] for row i. Keys may have any encoding (dictionaries where there are ranks).
void MakePrefixes(std::span<const Vector> keys, std::span<const SortOrder> orders, size_t num_rows,
                  SortPrefix* prefixes, std::span<const KeyRanks> ranks = {});

// Below, equal or above: -1, 0, 1. Vectors are flat, constant or dictionary, of one type.
int CompareRows(const Vector& a, size_t row_a, const Vector& b, size_t row_b, SortOrder order);
// By the keys from `first` on.
int CompareKeys(std::span<const Vector> a, size_t row_a, std::span<const Vector> b, size_t row_b,
                std::span<const SortOrder> orders, size_t first);

// Sorted keys are kept flat or as dictionaries; constants and runs become flat.
Vector ForSorting(Vector vector);

}  // namespace shale
