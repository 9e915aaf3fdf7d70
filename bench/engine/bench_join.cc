// Hash joins: probe rows a second.
#include <benchmark/benchmark.h>

#include "bench/engine/bench_input.h"
#include "engine/operators/join.h"

namespace shale::bench {
namespace {

constexpr size_t kProbeRows = size_t{1} << 22;

// Counts and drops.
std::shared_ptr<Sink> CountingSink(size_t* rows) {
  return MakeStream([rows](Chunk chunk) -> StatusOr<Flow> {
    *rows += chunk.num_rows;
    return Flow::kMore;
  });
}

void Measure(benchmark::State& state, JoinKind kind, const std::vector<Chunk>& probe,
             const std::vector<Chunk>& build, Type key, std::vector<Type> probe_types,
             std::vector<Type> build_types) {
  const auto probe_chunks = std::make_shared<const std::vector<Chunk>>(probe);
  const auto build_chunks = std::make_shared<const std::vector<Chunk>>(build);
  size_t rows = 0;
  for (auto _ : state) {
    HashJoin join = MakeHashJoin(kind, {MakeColumn(0, key)}, {MakeColumn(0, key)}, nullptr,
                                 probe_types, build_types);
    RunInto(build_chunks, {}, join.build, 1);
    rows = 0;
    RunInto(probe_chunks, {join.probe}, CountingSink(&rows), 1);
  }
  state.counters["out"] = static_cast<double>(rows);
  state.counters["rows/s"] = benchmark::Counter(
      static_cast<double>(kProbeRows * state.iterations()), benchmark::Counter::kIsRate);
}

void BM_JoinIntegers(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  const auto build =
      Zip({Flats<int64_t>(TypeId::kBigInt, size, [](size_t row) { return HashInt(row); }),
           Flats<int32_t>(TypeId::kInteger, size, [](size_t row) { return row; })});
  const auto probe = Zip({Flats<int64_t>(TypeId::kBigInt, kProbeRows, [&](size_t row) {
    return HashInt(HashInt(row + 5) % (size * 2));
  })});
  Measure(state, JoinKind::kInner, probe, build, TypeId::kBigInt, {TypeId::kBigInt},
          {TypeId::kBigInt, TypeId::kInteger});
}
BENCHMARK(BM_JoinIntegers)->Arg(1000)->Arg(1000000)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_JoinDictionary(benchmark::State& state) {
  const DictionaryPtr texts = MakeTexts(5000);
  std::vector<Vector> keys;
  for (const Vector& vector : Dictionaries({texts}, 5000, 5000, [](size_t row) { return row; })) {
    keys.push_back(vector.Flatten());
  }
  const auto build = Zip({keys, keys});
  const auto probe = Zip({Dictionaries({MakeTexts(10000)}, kProbeRows, kProbeRows,
                                       [](size_t row) { return HashInt(row + 5); })});
  Measure(state, JoinKind::kInner, probe, build, TypeId::kText, {TypeId::kText},
          {TypeId::kText, TypeId::kText});
}
BENCHMARK(BM_JoinDictionary)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_SemiJoin(benchmark::State& state) {
  const auto build =
      Zip({Flats<int64_t>(TypeId::kBigInt, 1000, [](size_t row) { return HashInt(row); })});
  const auto probe = Zip({Flats<int64_t>(
      TypeId::kBigInt, kProbeRows, [](size_t row) { return HashInt(HashInt(row + 5) % 100000); })});
  Measure(state, JoinKind::kSemi, probe, build, TypeId::kBigInt, {TypeId::kBigInt},
          {TypeId::kBigInt});
}
BENCHMARK(BM_SemiJoin)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shale::bench
