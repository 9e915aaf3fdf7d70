// Sort and top-n: rows a second.
#include <benchmark/benchmark.h>

#include "bench/engine/bench_input.h"
#include "engine/operators/sort.h"

namespace shale::bench {
namespace {

std::vector<Vector> RandomIntegers(size_t rows) {
  return Flats<int64_t>(TypeId::kBigInt, rows, [](size_t row) { return HashInt(row + 9) >> 1; });
}

void BM_SortIntegers(benchmark::State& state) {
  const size_t rows = size_t{1} << 21;
  const auto input =
      std::make_shared<const std::vector<Chunk>>(Zip({RandomIntegers(rows), RandomIntegers(rows)}));
  for (auto _ : state) {
    auto sink = MakeSort({{MakeColumn(0, TypeId::kBigInt)}}, {TypeId::kBigInt, TypeId::kBigInt});
    RunInto(input, {}, sink, static_cast<int>(state.range(0)));
    SHALE_CHECK(CountRows(*sink) == rows);
  }
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(rows * state.iterations()),
                                                benchmark::Counter::kIsRate);
}
BENCHMARK(BM_SortIntegers)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_SortStrings(benchmark::State& state) {
  const size_t rows = size_t{1} << 20;
  const auto input = std::make_shared<const std::vector<Chunk>>(Zip({Dictionaries(
      {MakeTexts(100000)}, rows, rows, [](size_t row) { return HashInt(row + 5); })}));
  for (auto _ : state) {
    auto sink = MakeSort({{MakeColumn(0, TypeId::kText)}}, {TypeId::kText});
    RunInto(input, {}, sink, 1);
    SHALE_CHECK(CountRows(*sink) == rows);
  }
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(rows * state.iterations()),
                                                benchmark::Counter::kIsRate);
}
BENCHMARK(BM_SortStrings)->UseRealTime()->Unit(benchmark::kMillisecond);

void TopTen(benchmark::State& state, const std::vector<Chunk>& chunks, const Type& key,
            bool descending, size_t rows) {
  const auto input = std::make_shared<const std::vector<Chunk>>(chunks);
  for (auto _ : state) {
    TopN top = MakeTopN({{MakeColumn(0, key), descending, false}}, {key}, 10, 0);
    RunInto(input, {}, top.sink, 1);
    SHALE_CHECK(CountRows(*top.sink) == 10);
  }
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(rows * state.iterations()),
                                                benchmark::Counter::kIsRate);
}

void BM_TopTenIntegers(benchmark::State& state) {
  const size_t rows = size_t{1} << 23;
  TopTen(state, Zip({RandomIntegers(rows)}), TypeId::kBigInt, true, rows);
}
BENCHMARK(BM_TopTenIntegers)->UseRealTime()->Unit(benchmark::kMillisecond);

// Every row beats the bound so far.
void BM_TopTenAscendingInput(benchmark::State& state) {
  const size_t rows = size_t{1} << 22;
  TopTen(state, Zip({Flats<int64_t>(TypeId::kBigInt, rows, [](size_t row) { return row; })}),
         TypeId::kBigInt, true, rows);
}
BENCHMARK(BM_TopTenAscendingInput)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_TopTenDictionary(benchmark::State& state) {
  const size_t rows = size_t{1} << 22;
  TopTen(state,
         Zip({Dictionaries({MakeTexts(100000)}, rows, rows,
                           [](size_t row) { return HashInt(row + 5); })}),
         TypeId::kText, false, rows);
}
BENCHMARK(BM_TopTenDictionary)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shale::bench
