// Frame of reference + bit-packing: each value minus the block's smallest, in as many bits as the
// largest needs. Layout: a packed section; 16-byte integers: base (16 bytes), width (1 byte, at
// most 64), the offsets packed as 64-bit values.
#include <algorithm>
#include <memory>

#include "storage/codec/bit_packing.h"
#include "storage/codec/codec.h"

namespace shale {
namespace {

struct WideRange {
  int128_t base;
  uint128_t range;
};

WideRange RangeOf(const BlockInput& input) {
  const int128_t* values = input.as<int128_t>();
  const auto [low, high] = std::minmax_element(values, values + input.rows);
  return {*low, static_cast<uint128_t>(*high) - static_cast<uint128_t>(*low)};
}

int Width(const BlockInput& input, uint64_t range) {
  const int width = BitWidth(range);
  return input.byte_aligned ? ByteAlignedWidth(width) : width;
}

size_t Measure(const BlockInput& input) {
  if (IsIntegerPhysical(input.type)) {
    const int width = Width(input, input.stats.max - input.stats.min);
    return PhysicalSize(input.type) + 1 + PackedBytes(input.rows, width);
  }
  if (input.type != PhysicalType::kInt128) return Codec::kCannot;
  const WideRange range = RangeOf(input);
  if (range.range > UINT64_MAX) return Codec::kCannot;
  return 17 + PackedBytes(input.rows, Width(input, static_cast<uint64_t>(range.range)));
}

void Encode(const BlockInput& input, std::string* out) {
  if (input.type == PhysicalType::kInt128) {
    const WideRange range = RangeOf(input);
    const auto offsets = std::make_unique_for_overwrite<uint64_t[]>(input.rows);
    for (size_t i = 0; i < input.rows; ++i) {
      offsets[i] = static_cast<uint64_t>(static_cast<uint128_t>(input.as<int128_t>()[i]) -
                                         static_cast<uint128_t>(range.base));
    }
    const int width = Width(input, static_cast<uint64_t>(range.range));
    PutFixed(range.base, out);
    out->push_back(static_cast<char>(width));
    const size_t at = out->size();
    out->resize(at + PackedBytes(input.rows, width));
    PackBits<uint64_t>(offsets.get(), 0, input.rows, width,
                       reinterpret_cast<uint8_t*>(out->data() + at));
    return;
  }
  const int width = Width(input, input.stats.max - input.stats.min);
  WithUnsigned(input.type, [&]<typename T>() {
    PutPacked<T>(input.as<T>(), static_cast<T>(input.stats.min), input.rows, width, out);
  });
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  ByteReader reader(bytes);
  if (type == PhysicalType::kInt128) {
    const int128_t base = reader.Fixed<int128_t>();
    const int width = reader.Fixed<uint8_t>();
    if (!reader.ok() || width > 64) return DataLoss("bit-packed: width {} of 16 bytes", width);
    const ByteSpan bits = reader.Take(PackedBytes(rows, width));
    if (!reader.done()) return DataLoss("bit-packed: {} bytes for {} rows", bytes.size(), rows);
    const auto offsets = std::make_unique_for_overwrite<uint64_t[]>(rows);
    UnpackBits<uint64_t>(bits.data(), rows, width, 0, offsets.get());
    int128_t* values = static_cast<int128_t*>(out);
    for (size_t i = 0; i < rows; ++i) {
      values[i] = static_cast<int128_t>(static_cast<uint128_t>(base) + offsets[i]);
    }
    return OkStatus();
  }
  if (!IsIntegerPhysical(type)) return DataLoss("bit-packed: a type that it does not hold");
  ASSIGN_OR_RETURN(const PackedSection section,
                   ReadPackedSection(&reader, PhysicalSize(type), rows));
  if (!reader.done()) return DataLoss("bit-packed: {} bytes too many", reader.remaining());
  WithUnsigned(type, [&]<typename T>() {
    UnpackBits<T>(section.bits, rows, section.width, static_cast<T>(section.base),
                  static_cast<T*>(out));
  });
  return OkStatus();
}

std::string Describe(ByteSpan bytes, PhysicalType type) {
  const size_t at = PhysicalSize(type);
  return at < bytes.size() ? fmt::format("{} bits", bytes[at]) : "";
}

}  // namespace

extern const Codec kBitPackedCodec;
const Codec kBitPackedCodec = {
    CodecId::kBitPacked, "bit-packed", Measure, Encode, Decode, Describe};

}  // namespace shale
