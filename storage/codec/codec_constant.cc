// Constant: every row is one value. Layout: the value (its fixed width, or its bytes for text).
#include <algorithm>

#include "storage/codec/codec.h"

namespace shale {
namespace {

size_t Measure(const BlockInput& input) {
  if (!input.stats.constant) return Codec::kCannot;
  if (input.type == PhysicalType::kString) return input.as<std::string_view>()[0].size();
  return PhysicalSize(input.type);
}

void Encode(const BlockInput& input, std::string* out) {
  if (input.type == PhysicalType::kString) {
    out->append(input.as<std::string_view>()[0]);
  } else {
    out->append(static_cast<const char*>(input.values), PhysicalSize(input.type));
  }
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  if (type == PhysicalType::kString) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::fill_n(static_cast<std::string_view*>(out), rows, text);
    return OkStatus();
  }
  const size_t size = PhysicalSize(type);
  if (bytes.size() != size) {
    return DataLoss("constant: {} bytes for a {}-byte type", bytes.size(), size);
  }
  if (size == 16) {
    char* at = static_cast<char*>(out);
    for (size_t i = 0; i < rows; ++i) std::memcpy(at + 16 * i, bytes.data(), 16);
    return OkStatus();
  }
  WithUnsigned(type, [&]<typename T>() {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    std::fill_n(static_cast<T*>(out), rows, value);
  });
  return OkStatus();
}

std::string Describe(ByteSpan, PhysicalType) { return ""; }

}  // namespace

extern const Codec kConstantCodec;
const Codec kConstantCodec = {CodecId::kConstant, "constant", Measure, Encode, Decode, Describe};

}  // namespace shale
