// Block: a payload of encoded values under a 40-byte header with its checksum. The checksum is
// seeded with the block's place (segment, column, number), so that a block found elsewhere than it
// was written is as wrong as one with a flipped bit.
//
// Header, little-endian:
//    0  8  checksum   XXH3-64, seeded, of everything after this field
//    8  4  stored     bytes of the payload as it stands here
//   12  4  payload    bytes when decompressed
//   16  4  rows       rows of a block, entries of a dictionary
//   20  1  codec      CodecId, or kDictionaryObject
//   21  1  compression
//   22  2  zero
//   24  4  key id     of encryption; 0: none
//   28 12  nonce      of encryption; zeros
//
// Payload of a block: codec (1 byte), NullKind (1 byte); for kBitmap and kRuns the size of the NULL
// section (varint) and the section; then the codec's bytes. kAll: nothing follows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/codec/codec.h"
#include "storage/codec/compression.h"
#include "storage/codec/null_section.h"

namespace shale {

inline constexpr size_t kBlockHeaderBytes = 40;
// A payload larger than this is refused, by writers and readers.
inline constexpr size_t kMaxPayloadBytes = size_t{1} << 30;
inline constexpr uint8_t kDictionaryObject = 64;

// The seed of a block's checksum.
uint64_t BlockPlace(uint64_t segment_id, int32_t column_id, uint32_t block);

// Appends header and payload, the latter compressed as asked for if that saves an eighth (else as
// it is; the answer says which). Returns the compression used.
Compression SealBlock(std::string_view payload, uint8_t codec, uint32_t rows,
                      Compression compression, uint64_t place, std::string* out);
// The checksum of a sealed block (its first field).
uint64_t SealedChecksum(std::string_view sealed);

// A payload that was verified and decompressed.
struct OpenedBlock {
  BufferPtr buffer;  // holds `payload`
  ByteSpan payload;
  uint8_t codec = 0;
  Compression compression = Compression::kNone;
  uint32_t rows = 0;
};
// `sealed` is exactly one block. DataLoss when its checksum does not match or its fields are
// impossible; Unimplemented when it is encrypted.
StatusOr<OpenedBlock> OpenBlock(BufferPtr sealed, size_t sealed_bytes, uint64_t place);

// ---- payloads -----------------------------------------------------------------------------------

// A parsed payload, ready to be decoded any number of times.
struct LoadedBlock {
  size_t rows = 0;
  const Codec* codec = nullptr;  // null when every row is NULL
  BufferPtr validity;            // null: no NULLs (or all, then codec is null)
  ByteSpan values;               // the codec's bytes
  BufferPtr buffer;              // keeps `values` alive; null when somebody else does

  bool all_null() const { return codec == nullptr; }
  size_t MemoryUsage() const {
    return sizeof *this + (buffer ? buffer->size() : 0) + (validity ? validity->size() : 0);
  }
};
// `bytes` must stay alive (in `buffer`).
StatusOr<LoadedBlock> ParsePayload(ByteSpan bytes, BufferPtr buffer, size_t rows);

// Decodes every value (rows × PhysicalSize(type) bytes) to `out`; BOOLEANs are 0 or 1, else
// DataLoss. Not for blocks that are all NULL.
Status DecodeValues(const LoadedBlock& block, PhysicalType type, void* out);

// The values of rows rows[0..count) (ascending) to `out`, decoding no more than it must. Otherwise
// as DecodeValues.
Status DecodeRows(const LoadedBlock& block, PhysicalType type, const uint32_t* rows, size_t count,
                  void* out);

}  // namespace shale
