// Making, merging and storing zone maps (the struct is in segment.h). Bounds are exact for
// everything but text, which is cut to kZoneTextBytes. INTERVAL, LIST and STRUCT have no bounds.
#pragma once

#include <string>
#include <string_view>

#include "storage/codec/byte_io.h"
#include "storage/segment/segment.h"

namespace shale {

// `value` as the type's Value (T is the physical representation).
template <typename T>
Value MakeValue(const Type& type, T value);

// The zone of `rows` flat values; at least one valid unless `null_count` == rows. NULL rows hold
// copies of valid neighbours.
ZoneMap ZoneOfValues(const Type& type, const void* values, size_t rows, uint32_t null_count);
// The zone of text between the given bounds.
ZoneMap ZoneOfText(const Type& type, std::string_view min, std::string_view max,
                   uint32_t null_count);
// Widens `zone` (of rows so far; the first call with `empty`) by another zone.
void MergeZone(const ZoneMap& other, bool empty, ZoneMap* zone);

void PutZone(const ZoneMap& zone, const Type& type, std::string* out);
// False when the bytes are no zone map.
bool ReadZone(ByteReader* reader, const Type& type, ZoneMap* zone);
bool SkipZone(ByteReader* reader, const Type& type);

}  // namespace shale
