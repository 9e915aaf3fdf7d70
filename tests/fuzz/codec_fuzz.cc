// Payloads of blocks: whatever the bytes, they decode to values or are refused, and predicates on
// them stay within bounds. Input: type (1 byte), rows (2 bytes), then a payload.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "storage/codec/block.h"
#include "storage/codec/select.h"

using namespace shale;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  constexpr int kTypes = static_cast<int>(PhysicalType::kString) + 1;
  const PhysicalType type = static_cast<PhysicalType>(data[0] % kTypes);
  const size_t rows = 1 + (data[1] | data[2] << 8) % kMaxBlockRows;
  const auto block = ParsePayload(ByteSpan(data + 3, size - 3), nullptr, rows);
  if (!block.ok() || block->all_null()) return 0;
  const auto out = std::make_unique<uint64_t[]>(2 * rows);
  const Status status = DecodeValues(*block, type, out.get());
  block->codec->describe(block->values, type);
  const auto selected = std::make_unique<uint32_t[]>(kMaxBlockRows);
  if (IsIntegerPhysical(type)) {
    for (const bool negate : {false, true}) {
      const auto count = SelectBetween(*block, type, -5, 1000, negate, selected.get());
      if (count.ok() && *count > rows) std::abort();
    }
  }
  if (type == PhysicalType::kUInt32 && status.ok()) {
    // As the segment reader does: codes are checked before predicates see them.
    const uint32_t* codes = reinterpret_cast<const uint32_t*>(out.get());
    uint32_t largest = 0, smallest = UINT32_MAX, base = 0;
    for (size_t i = 0; i < rows; ++i) {
      largest = codes[i] > largest ? codes[i] : largest;
      smallest = codes[i] < smallest ? codes[i] : smallest;
    }
    if (block->codec->id == CodecId::kBitPacked) std::memcpy(&base, block->values.data(), 4);
    if (largest < 100000 && smallest >= base) {
      const std::vector<uint8_t> match(largest + 1, 1);
      const auto count = SelectMatching(*block, match.data(), match.size(), selected.get());
      const size_t valid =
          block->validity == nullptr
              ? rows
              : CountSetBits(reinterpret_cast<const uint64_t*>(block->validity->data()), rows);
      if (!count.ok() || *count != valid) std::abort();
    }
  }
  return 0;
}
