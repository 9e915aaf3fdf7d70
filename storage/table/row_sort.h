// Puts rows in the order of a table's sort columns: keys become words whose unsigned order is the
// columns' order (NULL last, text by rank in the united dictionaries), narrow keys are packed into
// one word, and a stable radix sort orders row numbers by them. Stable, so rows with equal keys
// keep the order in which they were given (commit order).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/vector/vector.h"

namespace shale {

// `keys` holds the sort columns of all rows, chunk after chunk, most significant column first
// (every chunk of the same types, any encoding, any length). Returns the row numbers in order, or
// an empty vector when the rows are in order already. At most 2^32 - 1 rows.
std::vector<uint32_t> SortRows(std::span<const Chunk> keys);

}  // namespace shale
