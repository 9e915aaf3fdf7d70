// How rows are ordered: keys turned into 16 bytes that compare as numbers, and the full comparison
// for what those leave undecided. Private to engine/operators.
#pragma once

#include <span>
#include <vector>

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

// How many leading keys the prefix decides entirely; equal prefixes are compared from that key on.
size_t KeysInPrefix(const std::vector<Type>& types);

// prefixes[i] for row i. Keys may have any encoding.
void MakePrefixes(std::span<const Vector> keys, std::span<const SortOrder> orders, size_t num_rows,
                  SortPrefix* prefixes);

// Below, equal or above: -1, 0, 1. Vectors are flat, constant or dictionary, of one type.
int CompareRows(const Vector& a, size_t row_a, const Vector& b, size_t row_b, SortOrder order);
// By the keys from `first` on.
int CompareKeys(std::span<const Vector> a, size_t row_a, std::span<const Vector> b, size_t row_b,
                std::span<const SortOrder> orders, size_t first);

// Sorted keys are kept flat or as dictionaries; constants and runs become flat.
Vector ForSorting(Vector vector);

}  // namespace shale
