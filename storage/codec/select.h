// Predicates on encoded blocks: which rows have a code of a set, or a value in a range, found on
// the packed values without widening them. Rows that are NULL never match. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/status.h"
#include "storage/codec/block.h"

namespace shale {

// Rows whose code c has match[c] != 0, ascending, into `rows` (room for kMaxBlockRows). Codes were
// checked to be below `num_codes` when the block was loaded.
StatusOr<size_t> SelectMatching(const LoadedBlock& block, const uint8_t* match, size_t num_codes,
                                uint32_t* rows);

// Rows whose value is in [low, high], or with `negate` is not. Integer types of up to 64 bits.
StatusOr<size_t> SelectBetween(const LoadedBlock& block, PhysicalType type, int64_t low,
                               int64_t high, bool negate, uint32_t* rows);

}  // namespace shale
