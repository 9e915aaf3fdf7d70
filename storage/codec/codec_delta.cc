// Delta: differences of neighbours (modulo the type's size), bit-packed; for what ascends or moves
// in steps. Layout: the first value, then a packed section of the differences, of which the first
// is the section's base.
#include <algorithm>
#include <memory>

#include "storage/codec/bit_packing.h"
#include "storage/codec/codec.h"

namespace shale {
namespace {

int Width(const BlockInput& input) {
  const int width = BitWidth(input.stats.delta_range);
  return input.byte_aligned ? ByteAlignedWidth(width) : width;
}

size_t Measure(const BlockInput& input) {
  const size_t size = PhysicalSize(input.type);
  if (!IsIntegerPhysical(input.type) || size < 2 || input.rows < 2) return Codec::kCannot;
  if (Width(input) > static_cast<int>(8 * size)) return Codec::kCannot;
  return 2 * size + 1 + PackedBytes(input.rows, Width(input));
}

void Encode(const BlockInput& input, std::string* out) {
  WithUnsigned(input.type, [&]<typename T>() {
    const T* values = input.as<T>();
    const T base = static_cast<T>(input.stats.min_delta);
    const auto deltas = std::make_unique_for_overwrite<T[]>(input.rows);
    deltas[0] = base;
    for (size_t i = 1; i < input.rows; ++i) deltas[i] = static_cast<T>(values[i] - values[i - 1]);
    PutFixed(values[0], out);
    PutPacked<T>(deltas.get(), base, input.rows, Width(input), out);
  });
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  if (!IsIntegerPhysical(type)) return DataLoss("delta: a type that it does not hold");
  ByteReader reader(bytes);
  return WithUnsigned(type, [&]<typename T>() -> Status {
    const T first = reader.Fixed<T>();
    ASSIGN_OR_RETURN(const PackedSection section, ReadPackedSection(&reader, sizeof(T), rows));
    if (!reader.done()) return DataLoss("delta: {} bytes too many", reader.remaining());
    T* values = static_cast<T*>(out);
    const T base = static_cast<T>(section.base);
    T sum = static_cast<T>(first - base);
    // A group at a time, while it is in the first-level cache.
    for (size_t begin = 0; begin < rows; begin += kPackGroup) {
      const size_t count = std::min(kPackGroup, rows - begin);
      UnpackBits<T>(section.bits + PackedBytes(begin, section.width), count, section.width, base,
                    values + begin);
      for (size_t i = begin; i < begin + count; ++i) {
        values[i] = sum = static_cast<T>(sum + values[i]);
      }
    }
    // The first difference is the base, whatever bits stand for it: the first value is explicit.
    if (rows > 0 && values[0] != first) return DataLoss("delta: the first difference is not zero");
    return OkStatus();
  });
}

std::string Describe(ByteSpan bytes, PhysicalType type) {
  const size_t at = 2 * PhysicalSize(type);
  return at < bytes.size() ? fmt::format("{} bits", bytes[at]) : "";
}

}  // namespace

extern const Codec kDeltaCodec;
const Codec kDeltaCodec = {CodecId::kDelta, "delta", Measure, Encode, Decode, Describe};

}  // namespace shale
