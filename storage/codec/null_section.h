// NULLs of a block, kept apart from its values: none, all, a bitmap, or run lengths, whichever is
// smallest. docs/format/segment.md has the bytes.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/codec/byte_io.h"

namespace shale {

enum class NullKind : uint8_t {
  kNone = 0,
  kAll = 1,
  kBitmap = 2,  // ceil(rows / 8) bytes, a set bit is valid
  kRuns = 3,    // varints: rows valid, rows NULL, rows valid, … (the first may be 0)
};

// Appends the section for `rows` bits of `validity` (null: all valid) and says which kind it is.
NullKind EncodeNulls(const uint64_t* validity, size_t rows, std::string* out);

// kBitmap and kRuns only: BitmapWords(rows) words, bits past `rows` clear.
StatusOr<BufferPtr> DecodeNulls(NullKind kind, ByteSpan bytes, size_t rows);

}  // namespace shale
