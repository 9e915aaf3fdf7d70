// Window functions: rows a second over 10 million rows in 100,000 partitions.
#include <benchmark/benchmark.h>

#include "bench/engine/bench_input.h"
#include "engine/operators/window.h"

namespace shale::bench {
namespace {

constexpr size_t kRows = 10'000'000;
constexpr size_t kPartitions = 100'000;

// Partition, time, value.
const std::vector<Type>& Types() {
  static const std::vector<Type> types = {TypeId::kInteger, TypeId::kBigInt, TypeId::kInteger};
  return types;
}

std::shared_ptr<const std::vector<Chunk>> Input() {
  static const auto input = std::make_shared<const std::vector<Chunk>>(
      Zip({Flats<int32_t>(Types()[0], kRows, [](size_t row) { return HashInt(row) % kPartitions; }),
           Flats<int64_t>(Types()[1], kRows, [](size_t row) { return HashInt(row + kRows) >> 20; }),
           Flats<int32_t>(Types()[2], kRows, [](size_t row) { return row % 1000; })}));
  return input;
}

WindowExpr Sum() {
  WindowExpr expr;
  const ArgumentType type{Types()[2], false};
  expr.aggregate = *Registry::Get().ResolveAggregate("sum", {&type, 1});
  expr.args = {MakeColumn(2, Types()[2])};
  return expr;
}
WindowExpr RowNumber() {
  WindowExpr expr;
  expr.window = *Registry::Get().ResolveWindow("row_number", {});
  return expr;
}

void Run(benchmark::State& state, std::vector<ExprPtr> partition_by,
         std::vector<WindowExpr> functions, std::optional<WindowRankLimit> limit = {}) {
  const auto input = Input();
  for (auto _ : state) {
    auto sink = MakeWindow(partition_by, {{MakeColumn(1, Types()[1])}}, functions, limit, Types());
    RunInto(input, {}, sink, static_cast<int>(state.range(0)));
    benchmark::DoNotOptimize(CountRows(*sink));
  }
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(kRows * state.iterations()),
                                                benchmark::Counter::kIsRate);
}

std::vector<ExprPtr> ByPartition() { return {MakeColumn(0, Types()[0])}; }

void BM_RunningSumAndRowNumber(benchmark::State& state) {
  Run(state, ByPartition(), {Sum(), RowNumber()});
}
BENCHMARK(BM_RunningSumAndRowNumber)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_MovingMaximum(benchmark::State& state) {
  WindowExpr expr = Sum();
  const ArgumentType type{Types()[2], false};
  expr.aggregate = *Registry::Get().ResolveAggregate("max", {&type, 1});
  expr.frame.unit = WindowFrame::Unit::kRows;
  expr.frame.start = WindowFrame::Bound::kPreceding;
  expr.frame.start_offset = MakeConstant(Value::Int(TypeId::kBigInt, 50));
  Run(state, ByPartition(), {expr});
}
BENCHMARK(BM_MovingMaximum)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_OnePartitionMovingSum(benchmark::State& state) {
  WindowExpr expr = Sum();
  expr.frame.unit = WindowFrame::Unit::kRows;
  expr.frame.start = WindowFrame::Bound::kPreceding;
  expr.frame.start_offset = MakeConstant(Value::Int(TypeId::kBigInt, 1000));
  Run(state, {}, {expr});
}
BENCHMARK(BM_OnePartitionMovingSum)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_FirstOfEveryPartition(benchmark::State& state) {
  Run(state, ByPartition(), {RowNumber()}, WindowRankLimit{0, 1});
}
BENCHMARK(BM_FirstOfEveryPartition)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace shale::bench
