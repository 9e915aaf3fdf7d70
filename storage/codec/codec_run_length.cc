// Run-length: values that stay the same for several rows. Layout: the number of runs (varint), a
// packed section of their values, a packed section (4-byte base) of their lengths minus one. Floats
// are taken by their bits.
#include <algorithm>

#include "storage/codec/bit_packing.h"
#include "storage/codec/codec.h"

namespace shale {
namespace {

// Fewer rows a run than this cost more to unpack than they save.
constexpr size_t kMinRowsPerRun = 4;

bool Holds(PhysicalType type) {
  return IsIntegerPhysical(type) || type == PhysicalType::kFloat || type == PhysicalType::kDouble;
}
bool IsFloatPhysical(PhysicalType type) {
  return type == PhysicalType::kFloat || type == PhysicalType::kDouble;
}

size_t VarintBytes(uint64_t value) { return (BitWidth(value | 1) + 6) / 7; }

// Floats have no range in their stats: their values take their full width.
int ValueWidth(const BlockInput& input) {
  if (IsFloatPhysical(input.type)) return static_cast<int>(8 * PhysicalSize(input.type));
  const int width = BitWidth(input.stats.max - input.stats.min);
  return input.byte_aligned ? ByteAlignedWidth(width) : width;
}
int LengthWidth(const BlockInput& input) {
  const int width = BitWidth(input.stats.longest_run - 1);
  return input.byte_aligned ? ByteAlignedWidth(width) : width;
}

size_t Measure(const BlockInput& input) {
  const size_t runs = input.stats.num_runs;
  if (!Holds(input.type) || runs * kMinRowsPerRun > input.rows) return Codec::kCannot;
  return VarintBytes(runs) + PhysicalSize(input.type) + 1 + PackedBytes(runs, ValueWidth(input)) +
         5 + PackedBytes(runs, LengthWidth(input));
}

void Encode(const BlockInput& input, std::string* out) {
  WithUnsigned(input.type, [&]<typename T>() {
    const T* values = input.as<T>();
    std::vector<T> run_values;
    std::vector<uint32_t> lengths;
    size_t begin = 0;
    for (size_t i = 1; i <= input.rows; ++i) {
      if (i < input.rows && values[i] == values[begin]) continue;
      run_values.push_back(values[begin]);
      lengths.push_back(static_cast<uint32_t>(i - begin - 1));
      begin = i;
    }
    PutVarint(run_values.size(), out);
    const T base = IsFloatPhysical(input.type) ? T{0} : static_cast<T>(input.stats.min);
    PutPacked<T>(run_values.data(), base, run_values.size(), ValueWidth(input), out);
    PutPacked<uint32_t>(lengths.data(), 0, lengths.size(), LengthWidth(input), out);
  });
}

Status Decode(ByteSpan bytes, PhysicalType type, size_t rows, void* out) {
  std::vector<uint8_t> values;
  std::vector<uint32_t> ends;
  RETURN_IF_ERROR(DecodeRuns(bytes, type, rows, &values, &ends));
  WithUnsigned(type, [&]<typename T>() {
    const T* run_values = reinterpret_cast<const T*>(values.data());
    T* at = static_cast<T*>(out);
    uint32_t begin = 0;
    for (size_t i = 0; i < ends.size(); ++i) {
      std::fill(at + begin, at + ends[i], run_values[i]);
      begin = ends[i];
    }
  });
  return OkStatus();
}

std::string Describe(ByteSpan bytes, PhysicalType) {
  ByteReader reader(bytes);
  return fmt::format("{} runs", reader.Varint());
}

}  // namespace

StatusOr<size_t> PeekRunCount(ByteSpan bytes, size_t rows) {
  ByteReader reader(bytes);
  const uint64_t runs = reader.Varint();
  if (!reader.ok() || runs == 0 || runs > rows) {
    return DataLoss("run-length: {} runs for {} rows", runs, rows);
  }
  return static_cast<size_t>(runs);
}

Status DecodeRuns(ByteSpan bytes, PhysicalType type, size_t rows, std::vector<uint8_t>* values,
                  std::vector<uint32_t>* ends) {
  if (!Holds(type)) return DataLoss("run-length: a type that it does not hold");
  ASSIGN_OR_RETURN(const size_t runs, PeekRunCount(bytes, rows));
  ByteReader reader(bytes);
  reader.Varint();
  const size_t size = PhysicalSize(type);
  ASSIGN_OR_RETURN(const PackedSection packed, ReadPackedSection(&reader, size, runs));
  ASSIGN_OR_RETURN(const PackedSection lengths, ReadPackedSection(&reader, 4, runs));
  if (!reader.done()) return DataLoss("run-length: {} bytes too many", reader.remaining());
  values->resize(runs * size);
  WithUnsigned(type, [&]<typename T>() {
    UnpackBits<T>(packed.bits, runs, packed.width, static_cast<T>(packed.base),
                  reinterpret_cast<T*>(values->data()));
  });
  ends->resize(runs);
  UnpackBits<uint32_t>(lengths.bits, runs, lengths.width, static_cast<uint32_t>(lengths.base),
                       ends->data());
  uint64_t end = 0;
  for (uint32_t& value : *ends) {
    end += uint64_t{value} + 1;
    if (end > rows) return DataLoss("run-length: runs reach past row {}", rows);
    value = static_cast<uint32_t>(end);
  }
  if (end != rows) return DataLoss("run-length: runs cover {} of {} rows", end, rows);
  return OkStatus();
}

extern const Codec kRunLengthCodec;
const Codec kRunLengthCodec = {
    CodecId::kRunLength, "run-length", Measure, Encode, Decode, Describe};

}  // namespace shale
