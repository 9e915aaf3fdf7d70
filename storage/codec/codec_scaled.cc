// Scaled: 64-bit integers that are all the block's smallest plus a multiple of one factor, as
// microseconds are that were measured in seconds. Layout: base (8 bytes), factor (8 bytes, not 0),
// inner codec (1 byte: bit-packed or delta), then the quotients as that codec writes UBIGINTs.
#include <memory>

#include "storage/codec/bit_packing.h"
#include "storage/codec/codec.h"

namespace shale {

extern const Codec kBitPackedCodec;
extern const Codec kDeltaCodec;

namespace {

bool Holds(PhysicalType type) {
  return type == PhysicalType::kInt64 || type == PhysicalType::kUInt64;
}

// The statistics of the quotients follow from those of the values.
BlockInput Quotients(const BlockInput& input, const uint64_t* values) {
  BlockInput inner{PhysicalType::kUInt64, values, input.rows, {}, input.byte_aligned};
  const uint64_t factor = input.stats.factor;
  inner.stats.max = (input.stats.max - input.stats.min) / factor;
  inner.stats.min_delta = input.stats.min_delta / static_cast<int64_t>(factor);
  inner.stats.delta_range = input.stats.delta_range / factor;
  return inner;
}

const Codec* PickInner(const BlockInput& inner) {
  const size_t delta = kDeltaCodec.measure(inner);
  const size_t packed = kBitPackedCodec.measure(inner);
  return delta != Codec::kCannot && delta < packed - packed / 5 ? &kDeltaCodec : &kBitPackedCodec;
}

size_t Measure(const BlockInput& input) {
  if (!Holds(input.type) || input.stats.factor < 2) return Codec::kCannot;
  const BlockInput inner = Quotients(input, nullptr);
  return 17 + PickInner(inner)->measure(inner);
}

void Encode(const BlockInput& input, std::string* out) {
  const auto quotients = std::make_unique_for_overwrite<uint64_t[]>(input.rows);
  for (size_t i = 0; i < input.rows; ++i) {
    quotients[i] = (input.as<uint64_t>()[i] - input.stats.min) / input.stats.factor;
  }
  const BlockInput inner = Quotients(input, quotients.get());
  const Codec* codec = PickInner(inner);
  PutFixed(input.stats.min, out);
  PutFixed(input.stats.factor, out);
  out->push_back(static_cast<char>(codec->id));
  codec->encode(inner, out);
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  if (!Holds(type)) return DataLoss("scaled: a type that it does not hold");
  ASSIGN_OR_RETURN(const ScaledParts parts, ReadScaled(bytes));
  RETURN_IF_ERROR(parts.inner->decode(parts.values, PhysicalType::kUInt64, rows, out));
  uint64_t* values = static_cast<uint64_t*>(out);
  for (size_t i = 0; i < rows; ++i) values[i] = parts.base + parts.factor * values[i];
  return OkStatus();
}

std::string Describe(ByteSpan bytes, PhysicalType) {
  const auto parts = ReadScaled(bytes);
  if (!parts.ok()) return "";
  return fmt::format("by {}, {} {}", parts->factor, parts->inner->name,
                     parts->inner->describe(parts->values, PhysicalType::kUInt64));
}

}  // namespace

StatusOr<ScaledParts> ReadScaled(ByteSpan bytes) {
  ByteReader reader(bytes);
  ScaledParts parts;
  parts.base = reader.Fixed<uint64_t>();
  parts.factor = reader.Fixed<uint64_t>();
  const uint8_t inner = reader.Fixed<uint8_t>();
  if (inner == static_cast<uint8_t>(CodecId::kBitPacked)) parts.inner = &kBitPackedCodec;
  if (inner == static_cast<uint8_t>(CodecId::kDelta)) parts.inner = &kDeltaCodec;
  if (!reader.ok() || parts.factor == 0 || parts.inner == nullptr) {
    return DataLoss("scaled: factor {}, inner codec {}", parts.factor, inner);
  }
  parts.values = reader.TakeRest();
  return parts;
}

extern const Codec kScaledCodec;
const Codec kScaledCodec = {CodecId::kScaled, "scaled", Measure, Encode, Decode, Describe};

}  // namespace shale
