// Plain text: a packed section (4-byte base) of the lengths, then the bytes one after another.
#include <algorithm>
#include <memory>

#include "storage/codec/bit_packing.h"
#include "storage/codec/codec.h"

namespace shale {
namespace {

struct Lengths {
  uint64_t total = 0;
  uint64_t shortest = UINT64_MAX;
  uint64_t longest = 0;
};

Lengths LengthsOf(const BlockInput& input) {
  Lengths lengths;
  for (size_t i = 0; i < input.rows; ++i) {
    const uint64_t size = input.as<std::string_view>()[i].size();
    lengths.total += size;
    lengths.shortest = std::min(lengths.shortest, size);
    lengths.longest = std::max(lengths.longest, size);
  }
  return lengths;
}

int Width(const BlockInput& input, const Lengths& lengths) {
  const int width = BitWidth(lengths.longest - lengths.shortest);
  return input.byte_aligned ? ByteAlignedWidth(width) : width;
}

size_t Measure(const BlockInput& input) {
  if (input.type != PhysicalType::kString) return Codec::kCannot;
  const Lengths lengths = LengthsOf(input);
  if (lengths.total > UINT32_MAX) return Codec::kCannot;
  return 5 + PackedBytes(input.rows, Width(input, lengths)) + lengths.total;
}

void Encode(const BlockInput& input, std::string* out) {
  const Lengths lengths = LengthsOf(input);
  const auto sizes = std::make_unique_for_overwrite<uint32_t[]>(input.rows);
  for (size_t i = 0; i < input.rows; ++i) {
    sizes[i] = static_cast<uint32_t>(input.as<std::string_view>()[i].size());
  }
  out->reserve(out->size() + Measure(input));
  PutPacked<uint32_t>(sizes.get(), static_cast<uint32_t>(lengths.shortest), input.rows,
                      Width(input, lengths), out);
  for (size_t i = 0; i < input.rows; ++i) out->append(input.as<std::string_view>()[i]);
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  if (type != PhysicalType::kString) return DataLoss("plain text: a type that it does not hold");
  ByteReader reader(bytes);
  ASSIGN_OR_RETURN(const PackedSection section, ReadPackedSection(&reader, 4, rows));
  const ByteSpan text = reader.TakeRest();
  const auto sizes = std::make_unique_for_overwrite<uint32_t[]>(rows);
  UnpackBits<uint32_t>(section.bits, rows, section.width, static_cast<uint32_t>(section.base),
                       sizes.get());
  uint64_t total = 0;
  for (size_t i = 0; i < rows; ++i) total += sizes[i];
  if (total != text.size()) {
    return DataLoss("plain text: lengths say {} bytes, there are {}", total, text.size());
  }
  const char* at = reinterpret_cast<const char*>(text.data());
  std::string_view* values = static_cast<std::string_view*>(out);
  for (size_t i = 0; i < rows; ++i) {
    values[i] = {at, sizes[i]};
    at += sizes[i];
  }
  return OkStatus();
}

std::string Describe(ByteSpan, PhysicalType) { return ""; }

}  // namespace

extern const Codec kPlainTextCodec;
const Codec kPlainTextCodec = {
    CodecId::kPlainText, "plain text", Measure, Encode, Decode, Describe};

}  // namespace shale
