// One block of 8,192 rows at a time, from the first-level caches: bit-packing by width, each codec
// both ways, and predicates on packed codes and ranges.
#include <benchmark/benchmark.h>

#include <random>

#include "storage/codec/bit_packing.h"
#include "storage/codec/block_encoder.h"
#include "storage/codec/select.h"

namespace shale {
namespace {

constexpr size_t kRows = kMaxBlockRows;

template <typename T>
void Unpack(benchmark::State& state) {
  const int width = static_cast<int>(state.range(0));
  std::mt19937_64 random(1);
  std::vector<uint8_t> bytes(PackedBytes(kRows, width));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  std::vector<T> out(kRows);
  for (auto _ : state) {
    UnpackBits<T>(bytes.data(), kRows, width, 7, out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(Unpack<uint8_t>)->Arg(1)->Arg(5)->Arg(8);
BENCHMARK(Unpack<uint16_t>)->Arg(5)->Arg(11)->Arg(16);
BENCHMARK(Unpack<uint32_t>)->Arg(5)->Arg(11)->Arg(17)->Arg(32);
BENCHMARK(Unpack<uint64_t>)->Arg(11)->Arg(33)->Arg(64);

void Pack(benchmark::State& state) {
  const int width = static_cast<int>(state.range(0));
  std::mt19937_64 random(1);
  std::vector<uint32_t> values(kRows);
  for (uint32_t& value : values) value = static_cast<uint32_t>(random() & ((1u << width) - 1));
  std::vector<uint8_t> bytes(PackedBytes(kRows, width));
  for (auto _ : state) {
    PackBits<uint32_t>(values.data(), 0, kRows, width, bytes.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(Pack)->Arg(5)->Arg(11)->Arg(17);

// Values that each codec is meant for.
struct Sample {
  PhysicalType type = PhysicalType::kInt64;
  std::vector<int64_t> integers;
  std::vector<double> floats;
  std::vector<std::string> texts;
  std::vector<std::string_view> views;

  const void* values() const {
    if (type == PhysicalType::kDouble) return floats.data();
    if (type == PhysicalType::kString) return views.data();
    return integers.data();
  }
};

Sample SampleFor(CodecId codec) {
  Sample sample;
  std::mt19937_64 random(2);
  int64_t value = 1373760000000000;
  for (size_t i = 0; i < kRows; ++i) {
    switch (codec) {
      case CodecId::kConstant: break;
      case CodecId::kRunLength:
        if (random() % 20 == 0) value = static_cast<int64_t>(random() % 1000);
        break;
      case CodecId::kDelta: value += static_cast<int64_t>(random() % 2000); break;
      case CodecId::kScaled:
        value = 1373760000000000 + static_cast<int64_t>(random() % 86400) * 1000000;
        break;
      default: value = static_cast<int64_t>(random() % 100000);
    }
    sample.integers.push_back(value);
    sample.floats.push_back(static_cast<double>(value) / 100);
    sample.texts.push_back("https://example.org/page/" + std::to_string(value));
  }
  for (const std::string& text : sample.texts) sample.views.push_back(text);
  if (codec == CodecId::kDecimalFloat) sample.type = PhysicalType::kDouble;
  if (codec == CodecId::kPlainText) sample.type = PhysicalType::kString;
  return sample;
}

void Encode(benchmark::State& state, const Codec* codec) {
  const Sample sample = SampleFor(codec->id);
  size_t bytes = 0;
  for (auto _ : state) {
    const BlockInput input = MeasureBlock(sample.type, sample.values(), kRows);
    std::string out;
    codec->encode(input, &out);
    bytes = out.size();
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["bits_per_value"] = static_cast<double>(bytes) * 8 / kRows;
}

void Decode(benchmark::State& state, const Codec* codec) {
  const Sample sample = SampleFor(codec->id);
  std::string bytes;
  codec->encode(MeasureBlock(sample.type, sample.values(), kRows), &bytes);
  std::vector<uint64_t> out(kRows * 2);
  for (auto _ : state) {
    benchmark::DoNotOptimize(codec->decode(AsBytes(bytes), sample.type, kRows, out.data()).ok());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

const int registered = [] {
  for (const Codec* codec : AllCodecs()) {
    benchmark::RegisterBenchmark(("Encode/" + std::string(codec->name)).c_str(), Encode, codec);
    benchmark::RegisterBenchmark(("Decode/" + std::string(codec->name)).c_str(), Decode, codec);
  }
  return 0;
}();

// Choosing the codec and compression too.
void EncodeBlock(benchmark::State& state) {
  const Sample sample = SampleFor(CodecId::kBitPacked);
  BlockEncoder encoder(sample.type, false);
  encoder.Sample(sample.values(), kRows);
  for (auto _ : state) {
    CodecId codec;
    benchmark::DoNotOptimize(encoder.Encode(sample.values(), nullptr, kRows, &codec));
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(EncodeBlock);

// Arguments: number of codes, matching ones in a thousand; the first codes match when `together`.
void SelectOfCodes(benchmark::State& state, bool together) {
  const uint32_t num_codes = static_cast<uint32_t>(state.range(0));
  const uint32_t matching = std::max<uint32_t>(1, num_codes * state.range(1) / 1000);
  std::mt19937_64 random(3);
  std::vector<uint32_t> codes(kRows);
  for (uint32_t& code : codes) code = static_cast<uint32_t>(random() % num_codes);
  std::vector<uint8_t> match(num_codes);
  for (uint32_t i = 0; i < matching; ++i) {
    match[together ? i : static_cast<uint64_t>(i) * num_codes / matching] = 1;
  }
  BlockEncoder encoder(PhysicalType::kUInt32, true);
  CodecId codec;
  const std::string payload = encoder.Encode(codes.data(), nullptr, kRows, &codec);
  const auto block = ParsePayload(AsBytes(payload), nullptr, kRows);
  std::vector<uint32_t> rows(kRows);
  size_t found = 0;
  for (auto _ : state) {
    found = *SelectMatching(*block, match.data(), num_codes, rows.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["selected"] = static_cast<double>(found) / kRows;
}
BENCHMARK_CAPTURE(SelectOfCodes, one, true)->Args({20, 1})->Args({256, 1})->Args({5000, 0});
BENCHMARK_CAPTURE(SelectOfCodes, neighbours, true)->Args({200, 100})->Args({200, 500});
BENCHMARK_CAPTURE(SelectOfCodes, scattered, false)
    ->Args({200, 10})
    ->Args({200, 100})
    ->Args({200, 500})
    ->Args({50000, 10})
    ->Args({50000, 500});

// Arguments: distinct values, selected ones in a thousand.
void SelectOfRange(benchmark::State& state) {
  const int64_t distinct = state.range(0);
  std::mt19937_64 random(4);
  std::vector<int64_t> values(kRows);
  for (int64_t& value : values) value = static_cast<int64_t>(random() % distinct) - 50;
  BlockEncoder encoder(PhysicalType::kInt64, false);
  CodecId codec;
  const std::string payload = encoder.Encode(values.data(), nullptr, kRows, &codec);
  const auto block = ParsePayload(AsBytes(payload), nullptr, kRows);
  std::vector<uint32_t> rows(kRows);
  const int64_t high = distinct * state.range(1) / 1000 - 50;
  size_t found = 0;
  for (auto _ : state) {
    found = *SelectBetween(*block, PhysicalType::kInt64, -50, high, false, rows.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["selected"] = static_cast<double>(found) / kRows;
}
BENCHMARK(SelectOfRange)->Args({200, 10})->Args({2000, 10})->Args({2000, 500})->Args({100000, 10});

}  // namespace
}  // namespace shale
