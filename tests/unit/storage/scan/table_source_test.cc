#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "engine/expr/expr.h"
#include "storage/scan/top_scan.h"
#include "storage/table/store.h"
#include "tests/unit/storage/table/event_table.h"

namespace shale {
namespace {

ExprPtr Column(size_t index) {
  static const TypeId kTypes[] = {TypeId::kBigInt, TypeId::kTimestamp, TypeId::kText,
                                  TypeId::kDouble};
  return MakeColumn(index, kTypes[index]);
}
ExprPtr Call(std::string_view name, std::vector<ExprPtr> args) {
  auto call = MakeCall(name, std::move(args));
  EXPECT_TRUE(call.ok()) << call.status().ToString();
  return *call;
}
ExprPtr Int(int64_t value) { return MakeConstant(Value::Int(TypeId::kBigInt, value)); }
ExprPtr Text(std::string value) { return MakeConstant(Value::Text(std::move(value))); }
ExprPtr Double(double value) { return MakeConstant(Value::Float(TypeId::kDouble, value)); }
ExprPtr Time(int64_t value) { return MakeConstant(Value::Int(TypeId::kTimestamp, value)); }

struct Filter {
  std::string name;
  std::vector<ExprPtr> exprs;
  std::function<bool(const Event&)> keeps;
};

// Conditions over (id, ts, page, value), with what they mean a row at a time.
std::vector<Filter> Filters() {
  return {
      {"none", {}, [](const Event&) { return true; }},
      {"id =", {Call("=", {Column(0), Int(777)})}, [](const Event& e) { return e.id == 777; }},
      {"id range",
       {Call(">=", {Column(0), Int(5000)}), Call("<", {Column(0), Int(9000)})},
       [](const Event& e) { return e.id >= 5000 && e.id < 9000; }},
      {"flipped", {Call(">", {Int(100), Column(0)})}, [](const Event& e) { return e.id < 100; }},
      {"id <>", {Call("<>", {Column(0), Int(5)})}, [](const Event& e) { return e.id != 5; }},
      {"nothing", {Call("=", {Column(0), Int(-1)})}, [](const Event&) { return false; }},
      {"page =",
       {Call("=", {Column(2), Text("/page/3")})},
       [](const Event& e) { return e.page == "/page/3"; }},
      {"page <>",
       {Call("<>", {Column(2), Text("/page/3")})},
       [](const Event& e) { return e.page != "/page/3"; }},
      {"page unknown",
       {Call("=", {Column(2), Text("/nowhere")})},
       [](const Event&) { return false; }},
      {"page like",
       {Call("like", {Column(2), Text("%1_")})},
       [](const Event& e) { return e.page.size() == 8 && e.page[6] == '1'; }},
      {"page prefix",
       {Call("like", {Column(2), Text("/page/1%")})},
       [](const Event& e) { return e.page.substr(0, 7) == "/page/1"; }},
      {"page prefix none",
       {Call("like", {Column(2), Text("/zzz%")})},
       [](const Event&) { return false; }},
      {"time and page",
       {Call(">=", {Column(1), Time(kTestDayUs)}), Call("<", {Column(1), Time(2 * kTestDayUs)}),
        Call("=", {Column(2), Text("/page/7")})},
       [](const Event& e) {
         return e.ts >= kTestDayUs && e.ts < 2 * kTestDayUs && e.page == "/page/7";
       }},
      {"value null", {Call("is_null", {Column(3)})}, [](const Event& e) { return !e.value; }},
      {"value",
       {Call(">", {Column(3), Double(1000)})},
       [](const Event& e) { return e.value && *e.value > 1000; }},
  };
}

class TableSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StoreOptions options = TestOptions(nullptr);
    options.in_memory = true;
    store_ = *Store::Open("/db", options);
  }
  std::vector<Event> Read(const std::vector<ExprPtr>& filters,
                          std::shared_ptr<ScanCounters> counters = nullptr) {
    ScanSpec spec;
    spec.columns = {1, 2, 3, 4};
    spec.filters = filters;
    std::vector<Event> out;
    for (const Chunk& chunk : Scan(store_->snapshot(), schema_->table_id, spec, counters)) {
      for (size_t i = 0; i < chunk.num_rows; ++i) {
        Event e;
        e.id = chunk.columns[0].GetValue(i).AsInt();
        e.ts = chunk.columns[1].GetValue(i).AsInt();
        e.page = chunk.columns[2].GetValue(i).AsString();
        Value value = chunk.columns[3].GetValue(i);
        if (!value.is_null()) e.value = value.AsDouble();
        out.push_back(std::move(e));
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  void CheckAll(const std::vector<Event>& events) {
    for (const Filter& filter : Filters()) {
      std::vector<Event> expected;
      std::copy_if(events.begin(), events.end(), std::back_inserter(expected), filter.keeps);
      EXPECT_EQ(Read(filter.exprs), expected) << filter.name;
    }
  }

  std::unique_ptr<Store> store_;
  TableSchemaPtr schema_;
};

TEST_F(TableSourceTest, FiltersAgreeWithARowAtATimeWhereverRowsAre) {
  schema_ = *store_->CreateTable(EventSchema());
  std::vector<Event> events = MakeEvents(0, 30000);
  ASSERT_OK(store_->Insert(*schema_, ToChunks(events)));
  CheckAll(events);
  ASSERT_OK(store_->SealAll());
  CheckAll(events);
  std::vector<Event> more = MakeEvents(30000, 12000);
  ASSERT_OK(store_->Insert(*schema_, ToChunks(more)));
  events.insert(events.end(), more.begin(), more.end());
  CheckAll(events);
  std::map<int64_t, uint64_t> ids;
  Snapshot snapshot = store_->snapshot();
  ReadEvents(snapshot, schema_->table_id, &ids);
  std::vector<uint64_t> gone;
  for (const Event& e : events) {
    if (e.id % 7 == 2) gone.push_back(ids.at(e.id));
  }
  ASSERT_TRUE(store_->Delete(schema_->table_id, snapshot, gone).ok());
  std::erase_if(events, [](const Event& e) { return e.id % 7 == 2; });
  CheckAll(events);
  ASSERT_OK(store_->Compact(schema_->table_id));
  CheckAll(events);
}

TEST_F(TableSourceTest, ZoneMapsAndDictionariesRuleOutSegmentsAndBlocks) {
  schema_ = *store_->CreateTable(EventSchema("events", PartitionUnit::kNone));
  for (int part = 0; part < 4; ++part) {
    std::vector<Event> events = MakeEvents(part * 100000, 100000);
    for (Event& e : events) e.page = "part" + std::to_string(part);
    auto bulk = store_->StartBulk(*schema_, 1);
    for (Chunk& chunk : ToChunks(events)) ASSERT_OK((*bulk)->Append(0, std::move(chunk)));
    ASSERT_OK((*bulk)->Commit(""));
  }
  auto counters = std::make_shared<ScanCounters>();
  EXPECT_EQ(Read({Call("=", {Column(0), Int(250000)})}, counters).size(), 1u);
  EXPECT_EQ(counters->segments_skipped, 3);
  EXPECT_EQ(counters->blocks_total - counters->blocks_skipped, 1);
  counters = std::make_shared<ScanCounters>();
  EXPECT_EQ(Read({Call("=", {Column(2), Text("part2")})}, counters).size(), 100000u);
  EXPECT_EQ(counters->segments_skipped, 3);
  counters = std::make_shared<ScanCounters>();
  EXPECT_EQ(Read({Call("like", {Column(2), Text("%t3")})}, counters).size(), 100000u);
  EXPECT_EQ(counters->segments_skipped, 3) << "no entry of the others' dictionaries matches";
}

// A bound as a top-n publishes it, once it has one.
class TestBound : public TopNBound {
 public:
  bool Current(Value* value) const override {
    if (value_.is_null()) return false;
    *value = value_;
    return true;
  }
  void Set(Value value) { value_ = std::move(value); }

 private:
  Value value_;
};

TEST_F(TableSourceTest, ATopNReadsTheBestBlocksFirstAndLeavesTheRest) {
  schema_ = *store_->CreateTable(EventSchema("events", PartitionUnit::kNone));
  for (int part = 3; part >= 0; --part) {
    auto bulk = store_->StartBulk(*schema_, 1);
    for (Chunk& chunk : ToChunks(MakeEvents(part * 100000, 100000))) {
      ASSERT_OK((*bulk)->Append(0, std::move(chunk)));
    }
    ASSERT_OK((*bulk)->Commit(""));
  }
  for (bool descending : {false, true}) {
    ScanSpec spec;
    spec.columns = {1, 3};
    auto bound = std::make_shared<TestBound>();
    const ScanTop top = {
        .column = 0, .descending = descending, .nulls_first = false, .bound = bound};
    auto counters = std::make_shared<ScanCounters>();
    auto source = MakeTopTableSource(store_->snapshot(), schema_->table_id, spec, top, counters);
    ExecutionContext context;
    auto state = source->MakeState(&context);
    Chunk chunk;
    ASSERT_TRUE(*source->Next(state.get(), &chunk));
    const int64_t first = chunk.columns[0].GetValue(0).AsInt();
    EXPECT_EQ(first / kChunkRows, descending ? 399999 / kChunkRows : 0);
    bound->Set(Value::Int(TypeId::kBigInt, descending ? 399990 : 9));
    size_t rows = 0;
    while (*source->Next(state.get(), &chunk)) {
      for (size_t i = 0; i < chunk.num_rows; ++i, ++rows) {
        const int64_t id = chunk.columns[0].GetValue(i).AsInt();
        EXPECT_TRUE(descending ? id >= 399990 : id <= 9);
      }
    }
    EXPECT_EQ(rows, 0u) << "the first block had them all";
    EXPECT_EQ(counters->blocks_total - counters->blocks_skipped, 1);
  }
}

TEST_F(TableSourceTest, WorkersShareTheMorsels) {
  schema_ = *store_->CreateTable(EventSchema());
  std::vector<Event> events = MakeEvents(0, 300000);
  ASSERT_OK(store_->Insert(*schema_, ToChunks(events)));
  ScanSpec spec;
  spec.columns = {1, 3};
  spec.filters = {Call("=", {MakeColumn(1, TypeId::kText), Text("/page/3")})};
  spec.filter_only = {false, true};
  auto source = MakeTableSource(store_->snapshot(), schema_->table_id, spec, nullptr);
  ExecutionContext context;
  Progress progress;
  context.progress = &progress;
  std::atomic<int64_t> sum{0}, count{0};
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back("scan", [&] {
        auto state = source->MakeState(&context);
        Chunk chunk;
        auto more = source->Next(state.get(), &chunk);
        for (; more.ok() && *more; more = source->Next(state.get(), &chunk)) {
          Vector flat = chunk.columns[0].Flatten();
          for (size_t row = 0; row < chunk.num_rows; ++row) sum += flat.values<int64_t>()[row];
          count += static_cast<int64_t>(chunk.num_rows);
        }
      });
    }
  }
  int64_t expected_sum = 0, expected_count = 0;
  for (const Event& e : events) {
    if (e.page != "/page/3") continue;
    expected_sum += e.id;
    ++expected_count;
  }
  EXPECT_EQ(sum, expected_sum);
  EXPECT_EQ(count, expected_count);
  EXPECT_EQ(progress.rows_total, 300000);
  EXPECT_EQ(progress.rows_done, 300000);
}

TEST_F(TableSourceTest, NoColumnsGiveRowCountsOnly) {
  schema_ = *store_->CreateTable(EventSchema());
  ASSERT_OK(store_->Insert(*schema_, ToChunks(MakeEvents(0, 20000))));
  ASSERT_OK(store_->SealAll());
  ASSERT_OK(store_->Insert(*schema_, ToChunks(MakeEvents(20000, 20))));
  size_t rows = 0;
  for (const Chunk& chunk : Scan(store_->snapshot(), schema_->table_id, ScanSpec{})) {
    EXPECT_TRUE(chunk.columns.empty());
    rows += chunk.num_rows;
  }
  EXPECT_EQ(rows, 20020u);
}

TEST_F(TableSourceTest, AConditionThatFailsOnAnotherRowsEntryDoesNotFail) {
  schema_ = *store_->CreateTable(EventSchema("events", PartitionUnit::kNone));
  std::vector<Event> events = MakeEvents(0, 20000);
  for (Event& e : events) e.page = e.id % 2 ? "12" : "twelve";
  ASSERT_OK(store_->Insert(*schema_, ToChunks(events)));
  ASSERT_OK(store_->SealAll());
  auto cast = MakeCast(Column(2), TypeId::kBigInt);
  ASSERT_TRUE(cast.ok());
  std::vector<ExprPtr> filters = {Call("=", {Column(2), Text("12")}), Call("=", {*cast, Int(12)})};
  EXPECT_EQ(Read(filters).size(), 10000u);
}

}  // namespace
}  // namespace shale
