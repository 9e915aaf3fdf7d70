// Blocks of LIST columns: a payload that holds the lengths of the lists and their elements, each a
// payload of its own made by the other codecs. docs/format/segment.md has the bytes. Pure
// functions, any thread.
#pragma once

#include <string>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/codec/block.h"

namespace shale {

// More elements in one block are refused, by writers and readers.
inline constexpr uint64_t kMaxBlockElements = uint64_t{1} << 28;

// The payload of `lists`: flat, of a LIST type without STRUCTs, 1 to kMaxBlockRows rows.
std::string EncodeListPayload(const Vector& lists);

// The rows of a block of type `type`, flat; not for blocks that are all NULL. Texts point into the
// block's bytes, which `heap` keeps alive. DataLoss on bytes that are no such lists.
StatusOr<Vector> DecodeListBlock(const LoadedBlock& block, const Type& type, const HeapPtr& heap);

}  // namespace shale
