// Floats that are decimals in disguise (prices, coordinates, percentages): value = n × 10^f × 10^-e
// for integers n, which are bit-packed; what does not come back bit by bit is an exception kept
// whole. After ALP (Afroozeh, Kuffo & Boncz 2023).
// Layout: e (1 byte), f (1 byte), number of exceptions (2 bytes), a packed section of the n (8-byte
// base), positions of the exceptions (2 bytes each, ascending), their values.
#include <algorithm>
#include <bit>
#include <memory>

#include "storage/codec/bit_packing.h"
#include "storage/codec/codec.h"

namespace shale {
namespace {

constexpr int kMaxExponent = 18;
constexpr double kPowers[kMaxExponent + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                              1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                              1e14, 1e15, 1e16, 1e17, 1e18};
constexpr double kInverse[kMaxExponent + 1] = {1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,
                                               1e-7,  1e-8,  1e-9,  1e-10, 1e-11, 1e-12, 1e-13,
                                               1e-14, 1e-15, 1e-16, 1e-17, 1e-18};
// Integers up to 2^51 turn into doubles by one addition and one subtraction of this.
constexpr double kMagic = 6755399441055744.0;  // 1.5 × 2^52
constexpr double kLimit = 2251799813685248.0;  // 2^51
constexpr size_t kSampleRows = 64;

double ToDouble(int64_t n) {
  return std::bit_cast<double>(static_cast<uint64_t>(n) + std::bit_cast<uint64_t>(kMagic)) - kMagic;
}

template <typename F>
F Restore(int64_t n, int e, int f) {
  return static_cast<F>(ToDouble(n) * kPowers[f] * kInverse[e]);
}

template <typename F>
using BitsOf = std::conditional_t<sizeof(F) == 8, uint64_t, uint32_t>;

// False when the value is an exception.
template <typename F>
bool ToInteger(F value, int e, int f, int64_t* n) {
  const double scaled = static_cast<double>(value) * kPowers[e] * kInverse[f];
  if (!(scaled > -kLimit && scaled < kLimit)) return false;  // NaN too
  *n = static_cast<int64_t>(std::bit_cast<uint64_t>(scaled + kMagic) -
                            std::bit_cast<uint64_t>(kMagic));
  return std::bit_cast<BitsOf<F>>(Restore<F>(*n, e, f)) == std::bit_cast<BitsOf<F>>(value);
}

struct Choice {
  int e = 0, f = 0;
  size_t bytes = Codec::kCannot;  // estimated for the whole block
};

template <typename F>
Choice Choose(const BlockInput& input) {
  const F* values = input.as<F>();
  F sample[kSampleRows];
  const size_t count = std::min(input.rows, kSampleRows);
  for (size_t i = 0; i < count; ++i) sample[i] = values[i * input.rows / count];
  Choice best;
  for (int e = 0; e <= (sizeof(F) == 8 ? kMaxExponent : 10); ++e) {
    for (int f = 0; f <= e; ++f) {
      int64_t low = INT64_MAX, high = INT64_MIN;
      size_t exceptions = 0;
      for (size_t i = 0; i < count; ++i) {
        int64_t n;
        if (ToInteger(sample[i], e, f, &n)) {
          low = std::min(low, n);
          high = std::max(high, n);
        } else if (++exceptions > count / 4) {
          break;
        }
      }
      if (exceptions > count / 4 || low > high) continue;
      int width = BitWidth(static_cast<uint64_t>(high) - static_cast<uint64_t>(low));
      if (input.byte_aligned) width = ByteAlignedWidth(width);
      const size_t bytes =
          13 + PackedBytes(input.rows, width) + input.rows * exceptions / count * (2 + sizeof(F));
      if (bytes < best.bytes) best = {e, f, bytes};
    }
  }
  return best;
}

size_t Measure(const BlockInput& input) {
  if (input.type == PhysicalType::kDouble) return Choose<double>(input).bytes;
  if (input.type == PhysicalType::kFloat) return Choose<float>(input).bytes;
  return Codec::kCannot;
}

template <typename F>
void EncodeAs(const BlockInput& input, std::string* out) {
  const F* values = input.as<F>();
  const Choice choice = Choose<F>(input);
  const auto integers = std::make_unique_for_overwrite<uint64_t[]>(input.rows);
  std::vector<uint16_t> exceptions;
  int64_t low = INT64_MAX, high = INT64_MIN;
  for (size_t i = 0; i < input.rows; ++i) {
    int64_t n = 0;
    if (ToInteger(values[i], choice.e, choice.f, &n)) {
      low = std::min(low, n);
      high = std::max(high, n);
      integers[i] = static_cast<uint64_t>(n);
    } else {
      exceptions.push_back(static_cast<uint16_t>(i));
    }
  }
  if (low > high) low = high = 0;
  for (const uint16_t row : exceptions) integers[row] = static_cast<uint64_t>(low);
  int width = BitWidth(static_cast<uint64_t>(high) - static_cast<uint64_t>(low));
  if (input.byte_aligned) width = ByteAlignedWidth(width);
  out->push_back(static_cast<char>(choice.e));
  out->push_back(static_cast<char>(choice.f));
  PutFixed(static_cast<uint16_t>(exceptions.size()), out);
  PutPacked<uint64_t>(integers.get(), static_cast<uint64_t>(low), input.rows, width, out);
  for (const uint16_t row : exceptions) PutFixed(row, out);
  for (const uint16_t row : exceptions) PutFixed(values[row], out);
}

void Encode(const BlockInput& input, std::string* out) {
  input.type == PhysicalType::kDouble ? EncodeAs<double>(input, out) : EncodeAs<float>(input, out);
}

template <typename F>
Status DecodeAs(ByteSpan bytes, size_t rows, F* out) {
  ByteReader reader(bytes);
  const int e = reader.Fixed<uint8_t>();
  const int f = reader.Fixed<uint8_t>();
  const size_t exceptions = reader.Fixed<uint16_t>();
  if (!reader.ok() || e > kMaxExponent || f > kMaxExponent || exceptions > rows) {
    return DataLoss("decimal float: exponents {} and {}, {} exceptions", e, f, exceptions);
  }
  ASSIGN_OR_RETURN(const PackedSection section, ReadPackedSection(&reader, 8, rows));
  const ByteSpan positions = reader.Take(2 * exceptions);
  const ByteSpan originals = reader.Take(sizeof(F) * exceptions);
  if (!reader.done()) return DataLoss("decimal float: {} bytes for {} rows", bytes.size(), rows);
  uint64_t integers[kPackGroup];
  const double up = kPowers[f], down = kInverse[e];
  for (size_t begin = 0; begin < rows; begin += kPackGroup) {
    const size_t count = std::min(kPackGroup, rows - begin);
    UnpackBits<uint64_t>(section.bits + PackedBytes(begin, section.width), count, section.width,
                         section.base, integers);
    for (size_t i = 0; i < count; ++i) {
      out[begin + i] = static_cast<F>(ToDouble(static_cast<int64_t>(integers[i])) * up * down);
    }
  }
  for (size_t i = 0; i < exceptions; ++i) {
    uint16_t row;
    std::memcpy(&row, positions.data() + 2 * i, 2);
    if (row >= rows) return DataLoss("decimal float: an exception at row {} of {}", row, rows);
    std::memcpy(out + row, originals.data() + sizeof(F) * i, sizeof(F));
  }
  return OkStatus();
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  if (type == PhysicalType::kDouble) return DecodeAs(bytes, rows, static_cast<double*>(out));
  if (type == PhysicalType::kFloat) return DecodeAs(bytes, rows, static_cast<float*>(out));
  return DataLoss("decimal float: a type that it does not hold");
}

std::string Describe(ByteSpan bytes, PhysicalType) {
  return bytes.size() > 12 ? fmt::format("{} bits", bytes[12]) : "";
}

}  // namespace

extern const Codec kDecimalFloatCodec;
const Codec kDecimalFloatCodec = {
    CodecId::kDecimalFloat, "decimal float", Measure, Encode, Decode, Describe};

}  // namespace shale
