// Byte-wise compression over encoded bytes: LZ4 for what is read hot, zstd (level 3) where it saves
// much more. Ids are permanent. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "storage/codec/byte_io.h"

namespace shale {

enum class Compression : uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };

std::string_view CompressionName(Compression compression);  // "", "LZ4", "zstd"

// kNone copies.
std::string Compress(Compression compression, std::string_view bytes);

// Writes exactly `size` bytes to `out`, else DataLoss. `compression` is as found on disk.
Status Decompress(uint8_t compression, ByteSpan bytes, uint8_t* out, size_t size);

}  // namespace shale
