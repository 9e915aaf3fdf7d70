// Pipelines: workers, branches, early ends, errors, cancellation, profiles; filter, project, limit.
#include "engine/exec/pipeline.h"

#include <gtest/gtest.h>

#include "engine/base/sync.h"
#include "engine/operators/filter.h"
#include "tests/support/random_chunks.h"

namespace shale {
namespace {

using testing::FlatOf;
using testing::Row;
using testing::RowsOf;
using testing::RunInto;

std::vector<Chunk> Numbers(int64_t begin, int64_t count, size_t rows_a_chunk = 100) {
  std::vector<Chunk> chunks;
  for (int64_t at = 0; at < count;) {
    const int64_t rows = std::min<int64_t>(count - at, static_cast<int64_t>(rows_a_chunk));
    Vector vector = Vector::Flat(TypeId::kBigInt, static_cast<size_t>(rows));
    for (int64_t i = 0; i < rows; ++i) vector.mutable_values<int64_t>()[i] = begin + at + i;
    chunks.push_back({{vector}, static_cast<size_t>(rows)});
    at += rows;
  }
  return chunks;
}

ExprPtr Column() { return MakeColumn(0, TypeId::kBigInt); }
ExprPtr Number(int64_t value) { return MakeConstant(Value::Int(TypeId::kBigInt, value)); }

int64_t Sum(const std::vector<Row>& rows) {
  int64_t sum = 0;
  for (const Row& row : rows) sum += row[0].AsInt();
  return sum;
}

TEST(PipelineTest, EveryRowOnceForAnyNumberOfWorkers) {
  for (int workers : {1, 2, 3, 8}) {
    ExecutionContext context;
    context.num_workers = workers;
    auto sink = MakeCollect();
    ASSERT_TRUE(RunInto(Numbers(0, 20000), {}, sink, &context).ok());
    const auto rows = RowsOf(sink->chunks());
    EXPECT_EQ(rows.size(), 20000u);
    EXPECT_EQ(Sum(rows), int64_t{20000} * 19999 / 2);
  }
}

TEST(PipelineTest, BranchesOneAfterAnother) {
  const auto first = Numbers(0, 500), second = Numbers(1000, 500);
  std::vector<Pipeline> pipelines(1);
  auto sink = MakeCollect();
  pipelines[0].sink = sink;
  for (const auto* chunks : {&first, &second}) {
    Pipeline::Branch branch;
    branch.make_source = [chunks]() -> StatusOr<std::unique_ptr<Source>> {
      return testing::SourceOf(*chunks);
    };
    pipelines[0].branches.push_back(std::move(branch));
  }
  ExecutionContext context;
  ASSERT_TRUE(RunPipelines(pipelines, &context).ok());
  const auto rows = RowsOf(sink->chunks());
  ASSERT_EQ(rows.size(), 1000u);
  EXPECT_EQ(rows[0][0].AsInt(), 0);
  EXPECT_EQ(rows[999][0].AsInt(), 1499);
}

TEST(PipelineTest, FilterProjectLimit) {
  for (int workers : {1, 4}) {
    ExecutionContext context;
    context.num_workers = workers;
    auto filter = MakeFilter(
        {*MakeCall(">=", {Column(), Number(100)}), *MakeCall("<", {Column(), Number(5000)})});
    auto project = MakeProject({*MakeCall("+", {Column(), Number(1)}), Column()});
    auto sink = MakeCollect();
    ASSERT_TRUE(
        RunInto(Numbers(0, 9000), {filter, project, MakeLimit(1000, 50)}, sink, &context).ok());
    const auto rows = RowsOf(sink->chunks());
    ASSERT_EQ(rows.size(), 1000u);
    for (const Row& row : rows) EXPECT_EQ(row[0].AsInt(), row[1].AsInt() + 1);
    if (workers == 1) {
      EXPECT_EQ(rows[0][1].AsInt(), 150);
      EXPECT_EQ(rows[999][1].AsInt(), 1149);
    }
  }
}

TEST(PipelineTest, LimitsAtTheEdges) {
  for (const auto& [limit, offset, expected] :
       std::vector<std::tuple<int64_t, int64_t, size_t>>{{0, 0, 0},
                                                         {-1, 0, 950},
                                                         {-1, 900, 50},
                                                         {10, 945, 5},
                                                         {5, 950, 0},
                                                         {100, 0, 100},
                                                         {INT64_MAX, 10, 940}}) {
    ExecutionContext context;
    auto sink = MakeCollect();
    ASSERT_TRUE(RunInto(Numbers(0, 950), {MakeLimit(limit, offset)}, sink, &context).ok());
    EXPECT_EQ(RowsOf(sink->chunks()).size(), expected) << limit << " from " << offset;
  }
}

// A source that fails, or goes on for ever.
class StrangeSource : public Source {
 public:
  explicit StrangeSource(int fail_after) : fail_after_(fail_after) {}
  struct State : WorkerState {};
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<State>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override {
    const int call = calls_.fetch_add(1);
    if (fail_after_ >= 0 && call >= fail_after_) return DataLoss("segment 7: block 3 is damaged");
    *out = Numbers(0, 10)[0];
    return true;
  }

 private:
  int fail_after_;
  std::atomic<int> calls_{0};
};

Status RunStrange(int fail_after, ExecutionContext* context, std::shared_ptr<Sink> sink) {
  std::vector<Pipeline> pipelines(1);
  Pipeline::Branch branch;
  branch.make_source = [fail_after]() -> StatusOr<std::unique_ptr<Source>> {
    return std::make_unique<StrangeSource>(fail_after);
  };
  pipelines[0].branches.push_back(std::move(branch));
  pipelines[0].sink = std::move(sink);
  return RunPipelines(pipelines, context);
}

TEST(PipelineTest, FirstErrorIsReturned) {
  for (int workers : {1, 4}) {
    ExecutionContext context;
    context.num_workers = workers;
    const Status status = RunStrange(50, &context, MakeCollect());
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_EQ(Message(status), "segment 7: block 3 is damaged");
  }
}

TEST(PipelineTest, SinkThatIsDoneEndsIt) {
  ExecutionContext context;
  context.num_workers = 2;
  int seen = 0;
  auto sink = MakeStream(
      [&seen](Chunk) -> StatusOr<Flow> { return ++seen >= 5 ? Flow::kDone : Flow::kMore; });
  EXPECT_TRUE(RunStrange(-1, &context, sink).ok());
  EXPECT_EQ(seen, 5);
}

TEST(PipelineTest, Cancellation) {
  for (int workers : {1, 3}) {
    Cancellation cancellation;
    ExecutionContext context;
    context.num_workers = workers;
    context.cancellation = &cancellation;
    int seen = 0;
    auto sink = MakeStream([&](Chunk) -> StatusOr<Flow> {
      if (++seen == 100) cancellation.Cancel();
      return Flow::kMore;
    });
    EXPECT_EQ(RunStrange(-1, &context, sink).code(), StatusCode::kCancelled);
  }
}

TEST(PipelineTest, ExceptionsBecomeErrors) {
  ExecutionContext context;
  context.num_workers = 2;
  auto sink = MakeStream([](Chunk) -> StatusOr<Flow> { throw std::bad_alloc(); });
  EXPECT_EQ(RunStrange(-1, &context, sink).code(), StatusCode::kResourceExhausted);
}

TEST(PipelineTest, ProfilesCountRows) {
  const auto chunks = Numbers(0, 1000);
  std::vector<Pipeline> pipelines(1);
  Pipeline::Branch branch;
  branch.make_source = [&chunks]() -> StatusOr<std::unique_ptr<Source>> {
    return testing::SourceOf(chunks);
  };
  branch.operators = {MakeFilter({*MakeCall("<", {Column(), Number(300)})})};
  branch.profiles = {std::make_shared<PartProfile>(), std::make_shared<PartProfile>()};
  const auto profiles = branch.profiles;
  pipelines[0].branches.push_back(std::move(branch));
  pipelines[0].sink = MakeCollect();
  pipelines[0].sink_profile = std::make_shared<PartProfile>();
  ExecutionContext context;
  context.analyze = true;
  ASSERT_TRUE(RunPipelines(pipelines, &context).ok());
  EXPECT_EQ(profiles[0]->rows_out.load(), 1000);
  EXPECT_EQ(profiles[1]->rows_out.load(), 300);
  EXPECT_EQ(pipelines[0].sink_profile->rows_out.load(), 300);
}

TEST(PipelineTest, RunParallelRunsEveryBodyOnce) {
  for (int workers : {1, 2, 7}) {
    std::vector<std::atomic<int>> runs(workers);
    ASSERT_TRUE(RunParallel(workers, [&](int worker) -> Status {
                  runs[worker].fetch_add(1);
                  return OkStatus();
                }).ok());
    for (const auto& run : runs) EXPECT_EQ(run.load(), 1);
    EXPECT_EQ(RunParallel(workers, [&](int) -> Status { return DataLoss("x"); }).code(),
              StatusCode::kDataLoss);
  }
}

// Under a simulated scheduler no thread outlives a pipeline, and a seed decides everything.
TEST(PipelineTest, SameSeedSameTrace) {
  const auto run = [](uint64_t seed) {
    SimulatedScheduler scheduler(seed);
    ExecutionContext context;
    context.num_workers = 3;
    auto sink = MakeCollect();
    EXPECT_TRUE(RunInto(Numbers(0, 5000), {}, sink, &context).ok());
    EXPECT_EQ(RowsOf(sink->chunks()).size(), 5000u);
    return scheduler.TraceDigest();
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_EQ(run(2), run(2));
}

}  // namespace
}  // namespace shale
