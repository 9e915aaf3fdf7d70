// Aggregation: rows a second by kind of key. Argument 0 is the number of workers.
#include <benchmark/benchmark.h>

#include "bench/engine/bench_input.h"
#include "engine/operators/aggregate.h"

namespace shale::bench {
namespace {

constexpr size_t kRows = size_t{1} << 23;

AggregateExpr Call(const std::string& name, std::vector<ExprPtr> args, bool distinct = false) {
  std::vector<ArgumentType> types;
  for (const ExprPtr& arg : args) types.push_back({arg->type});
  auto resolved = Registry::Get().ResolveAggregate(name, types);
  SHALE_CHECK(resolved.ok());
  AggregateExpr aggregate;
  aggregate.function = *resolved;
  aggregate.args = std::move(args);
  aggregate.distinct = distinct;
  return aggregate;
}

void Measure(benchmark::State& state, const std::vector<Chunk>& input,
             const std::vector<ExprPtr>& keys, const std::vector<AggregateExpr>& aggregates) {
  const auto chunks = std::make_shared<const std::vector<Chunk>>(input);
  size_t rows = 0;
  for (const Chunk& chunk : input) rows += chunk.num_rows;
  size_t groups = 0;
  for (auto _ : state) {
    auto sink = MakeAggregate(keys, aggregates);
    RunInto(chunks, {}, sink, static_cast<int>(state.range(0)));
    groups = CountRows(*sink);
  }
  state.counters["groups"] = static_cast<double>(groups);
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(rows * state.iterations()),
                                                benchmark::Counter::kIsRate);
}

uint64_t Random(size_t row) { return HashInt(row + 12345); }

std::vector<Vector> Values() {
  return Flats<int32_t>(TypeId::kInteger, kRows, [](size_t row) { return Random(row) % 1000; });
}
ExprPtr Value() { return MakeColumn(1, TypeId::kInteger); }

void BM_CountByDictionary(benchmark::State& state) {
  const auto input =
      Zip({Dictionaries({MakeTexts(2000)}, kRows, kRows, [](size_t row) { return Random(row); })});
  Measure(state, input, {MakeColumn(0, TypeId::kText)}, {Call("count", {})});
}
BENCHMARK(BM_CountByDictionary)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountSumByDictionary(benchmark::State& state) {
  const auto input =
      Zip({Dictionaries({MakeTexts(2000)}, kRows, kRows, [](size_t row) { return Random(row); }),
           Values()});
  Measure(state, input, {MakeColumn(0, TypeId::kText)},
          {Call("count", {}), Call("sum", {Value()})});
}
BENCHMARK(BM_CountSumByDictionary)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountSumAvgByDictionary(benchmark::State& state) {
  const auto input =
      Zip({Dictionaries({MakeTexts(30)}, kRows, kRows, [](size_t row) { return Random(row); }),
           Values()});
  Measure(state, input, {MakeColumn(0, TypeId::kText)},
          {Call("count", {}), Call("sum", {Value()}), Call("avg", {Value()})});
}
BENCHMARK(BM_CountSumAvgByDictionary)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

// Eight dictionaries of 200,000 entries each, of the same texts: what segments have before they
// share one.
void BM_CountByManyDictionaries(benchmark::State& state) {
  std::vector<DictionaryPtr> dictionaries;
  for (int i = 0; i < 8; ++i) dictionaries.push_back(MakeTexts(200000));
  const auto input =
      Zip({Dictionaries(dictionaries, kRows, kRows / 8, [](size_t row) { return Random(row); })});
  Measure(state, input, {MakeColumn(0, TypeId::kText)}, {Call("count", {})});
}
BENCHMARK(BM_CountByManyDictionaries)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountByFlatStrings(benchmark::State& state) {
  const DictionaryPtr texts = MakeTexts(static_cast<size_t>(state.range(1)));
  std::vector<Vector> flat;
  for (const Vector& vector :
       Dictionaries({texts}, kRows / 2, kRows, [](size_t row) { return Random(row); })) {
    flat.push_back(vector.Flatten());
  }
  Measure(state, Zip({flat}), {MakeColumn(0, TypeId::kText)}, {Call("count", {})});
}
BENCHMARK(BM_CountByFlatStrings)
    ->Args({1, 1000})
    ->Args({1, 1000000})
    ->Args({2, 1000000})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void BM_CountBySmallInteger(benchmark::State& state) {
  const auto input =
      Zip({Flats<int16_t>(TypeId::kSmallInt, kRows,
                          [](size_t row) { return static_cast<int64_t>(Random(row) % 100); }),
           Values()});
  Measure(state, input, {MakeColumn(0, TypeId::kSmallInt)},
          {Call("count", {}), Call("sum", {Value()})});
}
BENCHMARK(BM_CountBySmallInteger)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

// Values spread wide, so that only hashing finds them.
void BM_CountByWideInteger(benchmark::State& state) {
  const auto groups = static_cast<uint64_t>(state.range(1));
  const auto input = Zip({Flats<int64_t>(
      TypeId::kBigInt, kRows, [&](size_t row) { return HashInt(Random(row) % groups); })});
  Measure(state, input, {MakeColumn(0, TypeId::kBigInt)}, {Call("count", {})});
}
BENCHMARK(BM_CountByWideInteger)
    ->Args({1, 100})
    ->Args({1, 10000})
    ->Args({1, 100000})
    ->Args({1, 1000000})
    ->Args({1, 4000000})
    ->Args({2, 1000000})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Keys that mostly come once, and keys that come a few times close together: what users are in a
// table sorted by them.
void BM_CountByKeysOnce(benchmark::State& state) {
  const auto input = Zip({Flats<int64_t>(TypeId::kBigInt, kRows, &HashInt), Values()});
  Measure(state, input, {MakeColumn(0, TypeId::kBigInt)},
          {Call("count", {}), Call("sum", {Value()}), Call("avg", {Value()})});
}
BENCHMARK(BM_CountByKeysOnce)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountByKeysInRuns(benchmark::State& state) {
  const auto input = Zip({Flats<int64_t>(
      TypeId::kBigInt, kRows, [](size_t row) { return HashInt((row + Random(row) % 16) / 5); })});
  Measure(state, input, {MakeColumn(0, TypeId::kBigInt)}, {Call("count", {})});
}
BENCHMARK(BM_CountByKeysInRuns)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountByTwoKeys(benchmark::State& state) {
  const auto input =
      Zip({Dictionaries({MakeTexts(1000)}, kRows, kRows, [](size_t row) { return Random(row); }),
           Values()});
  Measure(state, input, {MakeColumn(0, TypeId::kText), Value()}, {Call("count", {})});
}
BENCHMARK(BM_CountByTwoKeys)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountByFewOfTwoKeys(benchmark::State& state) {
  const auto input = Zip(
      {Dictionaries({MakeTexts(10)}, kRows, kRows, [](size_t row) { return Random(row); }),
       Flats<int32_t>(TypeId::kInteger, kRows, [](size_t row) { return Random(row + 7) % 10; })});
  Measure(state, input, {MakeColumn(0, TypeId::kText), Value()}, {Call("count", {})});
}
BENCHMARK(BM_CountByFewOfTwoKeys)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_NoKeys(benchmark::State& state) {
  const auto input = Zip({Values(), Values()});
  Measure(state, input, {},
          {Call("count", {}), Call("sum", {Value()}), Call("min", {Value()}),
           Call("max", {Value()}), Call("avg", {Value()})});
}
BENCHMARK(BM_NoKeys)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountDistinct(benchmark::State& state) {
  const auto input = Zip({Flats<int64_t>(
      TypeId::kBigInt, kRows, [](size_t row) { return HashInt(Random(row) % 1500000); })});
  Measure(state, input, {}, {Call("count", {MakeColumn(0, TypeId::kBigInt)}, true)});
}
BENCHMARK(BM_CountDistinct)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CountDistinctByGroup(benchmark::State& state) {
  const auto input = Zip({Flats<int32_t>(TypeId::kInteger, kRows,
                                         [](size_t row) { return Random(row) % 1500000 % 5000; }),
                          Flats<int64_t>(TypeId::kBigInt, kRows, [](size_t row) {
                            return HashInt(Random(row) % 1500000);
                          })});
  Measure(state, input, {MakeColumn(0, TypeId::kInteger)},
          {Call("count", {MakeColumn(1, TypeId::kBigInt)}, true)});
}
BENCHMARK(BM_CountDistinctByGroup)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_ApproxCountDistinct(benchmark::State& state) {
  const auto input = Zip({Flats<int64_t>(
      TypeId::kBigInt, kRows, [](size_t row) { return HashInt(Random(row) % 1500000); })});
  Measure(state, input, {}, {Call("approx_count_distinct", {MakeColumn(0, TypeId::kBigInt)})});
}
BENCHMARK(BM_ApproxCountDistinct)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shale::bench
