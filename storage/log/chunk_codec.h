// Rows as bytes in a batch record: each chunk column by column, flat, constant or dictionary as it
// came, with no compression (the log is read once, if ever). docs/format/log.md has the bytes.
// Types and values, as log and catalog records hold them, are here too.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/log/wire.h"

namespace shale {

void PutType(const Type& type, WireWriter* wire);
Type GetType(WireReader* wire);  // unknown ids fail the reader
void PutValue(const Value& value, WireWriter* wire);
Value GetValue(WireReader* wire);

// Columns of kStruct cannot be written: the caller has refused such tables.
void EncodeChunk(const Chunk& chunk, WireWriter* wire);
// Strings of the result point into the reader's bytes, which must outlive it, or are kept by
// `heap`, which the result then keeps. Bad bytes: DataLoss.
StatusOr<Chunk> DecodeChunk(std::span<const Type> types, WireReader* wire,
                            const HeapPtr& heap = nullptr);

}  // namespace shale
