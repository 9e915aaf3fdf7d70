// Plain: fixed-width values as they stand in memory, little-endian (INTERVAL: months, days,
// microseconds).
#include "storage/codec/codec.h"

namespace shale {
namespace {

static_assert(sizeof(Interval) == 16 && offsetof(Interval, days) == 4 &&
              offsetof(Interval, micros) == 8);

bool Holds(PhysicalType type) { return type < PhysicalType::kString; }

size_t Measure(const BlockInput& input) {
  return Holds(input.type) ? PhysicalSize(input.type) * input.rows : Codec::kCannot;
}

void Encode(const BlockInput& input, std::string* out) {
  out->append(static_cast<const char*>(input.values), Measure(input));
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  if (!Holds(type) || bytes.size() != PhysicalSize(type) * rows) {
    return DataLoss("plain: {} bytes for {} rows", bytes.size(), rows);
  }
  if (rows > 0) std::memcpy(out, bytes.data(), bytes.size());
  return OkStatus();
}

std::string Describe(ByteSpan, PhysicalType) { return ""; }

}  // namespace

extern const Codec kPlainCodec;
const Codec kPlainCodec = {CodecId::kPlain, "plain", Measure, Encode, Decode, Describe};

}  // namespace shale
