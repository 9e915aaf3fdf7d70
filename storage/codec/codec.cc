#include "storage/codec/codec.h"

#include <algorithm>
#include <numeric>

#include "storage/codec/bit_packing.h"

namespace shale {

extern const Codec kConstantCodec;
extern const Codec kRunLengthCodec;
extern const Codec kBitPackedCodec;
extern const Codec kDeltaCodec;
extern const Codec kDecimalFloatCodec;
extern const Codec kPlainCodec;
extern const Codec kPlainTextCodec;
extern const Codec kScaledCodec;
extern const Codec kListCodec;

namespace {

const Codec* const kCodecs[] = {
    &kConstantCodec, &kRunLengthCodec, &kBitPackedCodec, &kDeltaCodec, &kDecimalFloatCodec,
    &kPlainCodec,    &kPlainTextCodec, &kScaledCodec,    &kListCodec,
};

template <typename S>
void MeasureRange(const S* values, size_t rows, BlockStats* stats) {
  S low = values[0], high = values[0];
  for (size_t i = 1; i < rows; ++i) {
    low = std::min(low, values[i]);
    high = std::max(high, values[i]);
  }
  stats->min = static_cast<uint64_t>(static_cast<int64_t>(low));
  stats->max = static_cast<uint64_t>(static_cast<int64_t>(high));
  if constexpr (std::is_unsigned_v<S>) {
    stats->min = low;
    stats->max = high;
  }
  if constexpr (sizeof(S) > 1) {
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (size_t i = 1; i < rows; ++i) {
      const int64_t delta = static_cast<int64_t>(static_cast<uint64_t>(values[i]) -
                                                 static_cast<uint64_t>(values[i - 1]));
      least = std::min(least, delta);
      most = std::max(most, delta);
    }
    if (rows > 1) {
      stats->min_delta = least;
      stats->delta_range = static_cast<uint64_t>(most) - static_cast<uint64_t>(least);
    }
  }
}

// The greatest factor of all differences from the smallest value; 1 as soon as that is certain, so
// values without one cost next to nothing.
uint64_t CommonFactor(const uint64_t* values, size_t rows, uint64_t min) {
  uint64_t factor = 0;
  for (size_t i = 0; i < rows; ++i) {
    const uint64_t offset = values[i] - min;
    if (factor != 0 && offset % factor == 0) continue;
    factor = std::gcd(factor, offset);
    if (factor == 1) return 1;
  }
  return factor == 0 ? 1 : factor;
}

template <typename T>
void MeasureRuns(const T* values, size_t rows, BlockStats* stats) {
  size_t changes = 0;
  for (size_t i = 1; i < rows; ++i) changes += values[i] != values[i - 1];
  stats->num_runs = changes + 1;
  stats->constant = changes == 0;
  stats->longest_run = rows;
  if (changes == 0 || changes >= rows / 2) return;  // no use for run-length then
  size_t begin = 0, longest = 0;
  for (size_t i = 1; i <= rows; ++i) {
    if (i == rows || values[i] != values[i - 1]) {
      longest = std::max(longest, i - begin);
      begin = i;
    }
  }
  stats->longest_run = longest;
}

}  // namespace

std::span<const Codec* const> AllCodecs() { return kCodecs; }

const Codec* FindCodec(uint8_t id) {
  for (const Codec* codec : kCodecs) {
    if (static_cast<uint8_t>(codec->id) == id) return codec;
  }
  return nullptr;
}

bool IsIntegerPhysical(PhysicalType type) { return type <= PhysicalType::kUInt64; }
bool IsSignedPhysical(PhysicalType type) {
  return type >= PhysicalType::kInt8 && type <= PhysicalType::kInt64;
}

BlockInput MeasureBlock(PhysicalType type, const void* values, size_t rows) {
  SHALE_CHECK(rows > 0 && rows <= kMaxBlockRows);
  BlockInput input{type, values, rows, {}, false};
  BlockStats* stats = &input.stats;
  switch (type) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: MeasureRange(input.as<uint8_t>(), rows, stats); break;
    case PhysicalType::kInt8: MeasureRange(input.as<int8_t>(), rows, stats); break;
    case PhysicalType::kUInt16: MeasureRange(input.as<uint16_t>(), rows, stats); break;
    case PhysicalType::kInt16: MeasureRange(input.as<int16_t>(), rows, stats); break;
    case PhysicalType::kUInt32: MeasureRange(input.as<uint32_t>(), rows, stats); break;
    case PhysicalType::kInt32: MeasureRange(input.as<int32_t>(), rows, stats); break;
    case PhysicalType::kUInt64: MeasureRange(input.as<uint64_t>(), rows, stats); break;
    case PhysicalType::kInt64: MeasureRange(input.as<int64_t>(), rows, stats); break;
    case PhysicalType::kString: {
      const std::string_view* text = input.as<std::string_view>();
      stats->constant =
          std::all_of(text, text + rows, [&](std::string_view value) { return value == text[0]; });
      return input;
    }
    case PhysicalType::kInt128:
    case PhysicalType::kInterval: {
      const char* bytes = static_cast<const char*>(values);
      stats->constant = rows == 1 || std::memcmp(bytes, bytes + 16, 16 * (rows - 1)) == 0;
      return input;
    }
    default: break;
  }
  // Beyond half the type differences wrap and are no multiples of anything.
  if ((type == PhysicalType::kInt64 || type == PhysicalType::kUInt64) &&
      stats->max - stats->min <= static_cast<uint64_t>(INT64_MAX)) {
    stats->factor = CommonFactor(input.as<uint64_t>(), rows, stats->min);
  }
  WithUnsigned(type, [&]<typename T>() { MeasureRuns(input.as<T>(), rows, stats); });
  return input;
}

template <typename T>
size_t PackedSectionBytes(size_t count, int width) {
  return sizeof(T) + 1 + PackedBytes(count, width);
}

template <typename T>
void PutPacked(const T* values, T base, size_t count, int width, std::string* out) {
  PutFixed(base, out);
  out->push_back(static_cast<char>(width));
  const size_t at = out->size();
  out->resize(at + PackedBytes(count, width));
  PackBits(values, base, count, width, reinterpret_cast<uint8_t*>(out->data() + at));
}

StatusOr<PackedSection> ReadPackedSection(ByteReader* reader, size_t type_bytes, size_t count) {
  PackedSection section;
  const ByteSpan base = reader->Take(type_bytes);
  section.width = reader->Fixed<uint8_t>();
  if (!reader->ok() || section.width > static_cast<int>(8 * type_bytes)) {
    return DataLoss("packed values: width {} of a {}-byte type", section.width, type_bytes);
  }
  std::memcpy(&section.base, base.data(), type_bytes);
  const ByteSpan bits = reader->Take(PackedBytes(count, section.width));
  if (!reader->ok()) {
    return DataLoss("packed values: {} of {} bits do not fit the block", count, section.width);
  }
  section.bits = bits.data();
  return section;
}

template void PutPacked<uint8_t>(const uint8_t*, uint8_t, size_t, int, std::string*);
template void PutPacked<uint16_t>(const uint16_t*, uint16_t, size_t, int, std::string*);
template void PutPacked<uint32_t>(const uint32_t*, uint32_t, size_t, int, std::string*);
template void PutPacked<uint64_t>(const uint64_t*, uint64_t, size_t, int, std::string*);
template size_t PackedSectionBytes<uint8_t>(size_t, int);
template size_t PackedSectionBytes<uint16_t>(size_t, int);
template size_t PackedSectionBytes<uint32_t>(size_t, int);
template size_t PackedSectionBytes<uint64_t>(size_t, int);

}  // namespace shale
