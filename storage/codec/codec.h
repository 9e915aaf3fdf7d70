// Codec: values of one block ↔ bytes. Each codec has a permanent id, one file (codec_NAME.cc) and
// one line in the list of codec.cc. Codecs see values only: NULLs are kept apart (null_section.h)
// and what stands under them is the encoder's to choose. docs/format/segment.md has every layout.
//
// Decoders are handed bytes that nobody vouches for: whatever they hold, the answer is values or
// DataLoss, never a read or write out of bounds. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/codec/byte_io.h"

namespace shale {

enum class CodecId : uint8_t {
  kConstant = 1,
  kRunLength = 2,
  kBitPacked = 3,     // frame of reference + bit-packing
  kDelta = 4,         // differences, bit-packed
  kDecimalFloat = 5,  // floats as decimals, bit-packed, with exceptions
  kPlain = 6,         // fixed width, as in memory
  kPlainText = 7,     // lengths, then bytes
  kScaled = 8,        // multiples of one factor, then bit-packed or delta
  kList = 9,          // lists: lengths and elements, payloads of their own (list_block.h)
};

inline constexpr size_t kMaxBlockRows = kChunkRows;

// What an encoder may know about a block before it writes anything.
struct BlockStats {
  bool constant = false;  // all values equal, bit by bit
  // The rest is for integers of up to 64 bits, and floats' bits for the runs.
  uint64_t min = 0, max = 0;  // sign-extended where the type is signed
  size_t num_runs = 0;
  size_t longest_run = 0;
  int64_t min_delta = 0;     // of neighbours, modulo 2^64
  uint64_t delta_range = 0;  // largest minus smallest
  uint64_t factor = 1;       // 64-bit types: divides every value minus `min`
};

// A block to encode: `rows` values as a flat vector lays them out (std::string_view for text).
struct BlockInput {
  PhysicalType type = PhysicalType::kInt64;
  const void* values = nullptr;
  size_t rows = 0;  // 1 to kMaxBlockRows
  BlockStats stats;
  // Widths are rounded up to whole bytes, for a compressor to come.
  bool byte_aligned = false;

  template <typename T>
  const T* as() const {
    return static_cast<const T*>(values);
  }
};

BlockInput MeasureBlock(PhysicalType type, const void* values, size_t rows);

struct Codec {
  CodecId id;
  std::string_view name;
  // Bytes that encode() will append, or kCannot. Exact, but for kDecimalFloat an estimate.
  size_t (*measure)(const BlockInput& input);
  void (*encode)(const BlockInput& input, std::string* out);
  // Writes `rows` values of the type (≤ kMaxBlockRows) to `out`. Text points into `bytes`.
  Status (*decode)(ByteSpan bytes, PhysicalType type, size_t rows, void* out);
  // Detail for people, such as "11 bits"; empty for most. The bytes have been decoded before.
  std::string (*describe)(ByteSpan bytes, PhysicalType type);

  static constexpr size_t kCannot = SIZE_MAX;
};

std::span<const Codec* const> AllCodecs();
const Codec* FindCodec(uint8_t id);  // null if there is none

// Types held in at most 64 bits and compared as integers (BOOLEAN and signed ones included).
bool IsIntegerPhysical(PhysicalType type);
bool IsSignedPhysical(PhysicalType type);

// Calls `body.template operator()<T>()` with the unsigned integer as wide as `type`; integers of up
// to 64 bits and floats only.
template <typename Body>
auto WithUnsigned(PhysicalType type, Body&& body) {
  switch (PhysicalSize(type)) {
    case 1: return body.template operator()<uint8_t>();
    case 2: return body.template operator()<uint16_t>();
    case 4: return body.template operator()<uint32_t>();
    default: return body.template operator()<uint64_t>();
  }
}

// ---- packed sections, which several codecs are made of ------------------------------------------
// Layout: base (sizeof(T) bytes), width (1 byte), PackedBytes(count, width) bytes.
template <typename T>
void PutPacked(const T* values, T base, size_t count, int width, std::string* out);
template <typename T>
size_t PackedSectionBytes(size_t count, int width);
struct PackedSection {
  uint64_t base = 0;  // zero-extended
  int width = 0;
  const uint8_t* bits = nullptr;
};
// DataLoss when the reader does not hold a whole section or the width is past `type_bytes`.
StatusOr<PackedSection> ReadPackedSection(ByteReader* reader, size_t type_bytes, size_t count);

// ---- what readers do with encoded values without decoding them
// ----------------------------------- A run-length block as runs: `num_runs` values of the type
// into `values` and their ascending ends into `ends` (both resized).
Status DecodeRuns(ByteSpan bytes, PhysicalType type, size_t rows, std::vector<uint8_t>* values,
                  std::vector<uint32_t>* ends);
// Number of runs that a run-length block claims to hold.
StatusOr<size_t> PeekRunCount(ByteSpan bytes, size_t rows);
// A scaled block: value = base + factor × (what `inner` decodes from `values` as UBIGINT).
struct ScaledParts {
  uint64_t base = 0;
  uint64_t factor = 0;
  const Codec* inner = nullptr;
  ByteSpan values;
};
StatusOr<ScaledParts> ReadScaled(ByteSpan bytes);

}  // namespace shale
