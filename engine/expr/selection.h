// From boolean vectors to lists of rows: branch-free loops.
#pragma once

#include <cstdint>

#include "engine/vector/vector.h"

namespace shale {

// The rows where is_true (0 or 1 each) is 1 and `validity` (may be null) has a bit, ascending, into
// `rows` (room for num_rows). Returns how many.
size_t CompactTrue(const uint8_t* is_true, const uint64_t* validity, size_t num_rows,
                   uint32_t* rows);

// The same for a BOOLEAN vector of any encoding; a dictionary's codes are tested by one table
// look-up a row.
size_t SelectTrue(const Vector& vector, uint32_t* rows);

// Of rows[0..count), those where `vector` is true, in place.
size_t KeepTrue(const Vector& vector, uint32_t* rows, size_t count);

}  // namespace shale
