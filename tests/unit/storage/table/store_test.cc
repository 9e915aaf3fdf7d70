#include "storage/table/store.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/storage/table/event_table.h"

namespace shale {
namespace {

using ::testing::HasSubstr;

// Every test of this kind runs over a real directory, a simulated disk and in memory.
class StoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "posix") {
      directory_ = (std::filesystem::temp_directory_path() / "shale_store_test").string() +
                   std::to_string(::getpid()) +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()[0];
      std::filesystem::remove_all(directory_);
    }
    Reopen();
  }
  void TearDown() override {
    store_.reset();
    if (GetParam() == "posix") std::filesystem::remove_all(directory_);
  }
  void Reopen() {
    store_.reset();
    StoreOptions options = TestOptions(GetParam() == "simulated" ? &disk_ : nullptr);
    options.in_memory = GetParam() == "memory";
    auto opened = Store::Open(directory_, options);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = *std::move(opened);
  }
  bool CanReopen() const { return GetParam() != "memory"; }
  TableSchemaPtr Make(TableSchema schema) {
    auto made = store_->CreateTable(std::move(schema));
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return made.ok() ? *made : nullptr;
  }
  void Insert(const TableSchema& schema, const std::vector<Event>& events) {
    EXPECT_OK(store_->Insert(schema, ToChunks(events)));
    expected_.insert(expected_.end(), events.begin(), events.end());
    std::sort(expected_.begin(), expected_.end());
  }
  void Bulk(const TableSchema& schema, const std::vector<Event>& events,
            const std::string& token = "") {
    auto bulk = store_->StartBulk(schema, 2);
    ASSERT_TRUE(bulk.ok());
    int worker = 0;
    for (Chunk& chunk : ToChunks(events)) {
      ASSERT_OK((*bulk)->Append(worker, std::move(chunk)));
      worker ^= 1;
    }
    ASSERT_OK((*bulk)->Commit(token));
    expected_.insert(expected_.end(), events.begin(), events.end());
    std::sort(expected_.begin(), expected_.end());
  }
  void Check(TableId table) {
    Snapshot snapshot = store_->snapshot();
    EXPECT_EQ(RowCount(*snapshot, table), expected_.size());
    EXPECT_EQ(ReadEvents(snapshot, table), expected_);
  }

  SimulatedDisk disk_;
  std::string directory_ = "/db";
  std::unique_ptr<Store> store_;
  std::vector<Event> expected_;
};

TEST_P(StoreTest, InsertsAreReadBackAndSurviveReopening) {
  TableSchemaPtr schema = Make(EventSchema());
  Insert(*schema, MakeEvents(0, 1));
  Insert(*schema, MakeEvents(1, 10));
  Insert(*schema, MakeEvents(11, 20000));
  Check(schema->table_id);
  if (!CanReopen()) return;
  Reopen();
  ASSERT_TRUE(FindTable(*store_->snapshot(), "events"));
  Check(schema->table_id);
  EXPECT_EQ(store_->recovery().replayed_batches, 0u) << "closed in order: nothing to recover";
}

TEST_P(StoreTest, SealedRowsAreTheSame) {
  TableSchemaPtr schema = Make(EventSchema());
  Insert(*schema, MakeEvents(0, 30000));
  ASSERT_OK(store_->SealAll());
  Check(schema->table_id);
  Insert(*schema, MakeEvents(30000, 500));
  Check(schema->table_id);
  if (CanReopen()) Reopen();
  Check(schema->table_id);
  auto storage = DescribeStorage(*store_->snapshot(), schema->table_id);
  ASSERT_TRUE(storage.ok());
  uint64_t rows = 0;
  for (const SegmentStorage& segment : *storage) rows += segment.rows;
  EXPECT_EQ(rows, 30500u);
}

TEST_P(StoreTest, BulkLoadCommitsAllOrNothingWithItsToken) {
  TableSchemaPtr schema = Make(EventSchema());
  Bulk(*schema, MakeEvents(0, 50000), "file-1:0");
  Check(schema->table_id);
  {
    auto bulk = store_->StartBulk(*schema, 1);
    ASSERT_TRUE(bulk.ok());
    ASSERT_OK((*bulk)->Append(0, ToChunks(MakeEvents(90000, 100))[0]));
  }
  Check(schema->table_id);
  if (CanReopen()) Reopen();
  Check(schema->table_id);
  auto tokens = store_->ResumeTokens(schema->table_id);
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(*tokens, std::vector<std::string>{"file-1:0"});
}

TEST_P(StoreTest, BulkRowsCarryTheirCommitSequence) {
  TableSchemaPtr schema = Make(EventSchema("events", PartitionUnit::kNone));
  Insert(*schema, MakeEvents(0, 10));
  Bulk(*schema, MakeEvents(10, 10));
  Insert(*schema, MakeEvents(20, 10));
  auto sequences = [&] {
    ScanSpec spec;
    spec.columns = {1, kSeqColumn};
    std::map<int64_t, uint64_t> out;
    for (const Chunk& chunk : Scan(store_->snapshot(), schema->table_id, spec)) {
      for (size_t i = 0; i < chunk.num_rows; ++i) {
        out[chunk.columns[0].GetValue(i).AsInt()] = chunk.columns[1].GetValue(i).AsUInt();
      }
    }
    return out;
  };
  auto before = sequences();
  EXPECT_EQ(before[0] + 1, before[10]);
  EXPECT_EQ(before[10] + 1, before[20]);
  ASSERT_OK(store_->SealAll());
  EXPECT_EQ(sequences(), before);
  ASSERT_OK(store_->Compact(schema->table_id));
  EXPECT_EQ(sequences(), before);
}

TEST_P(StoreTest, DeletesHideRowsWhereverTheyAre) {
  TableSchemaPtr schema = Make(EventSchema());
  TableId table = schema->table_id;
  Bulk(*schema, MakeEvents(0, 20000));
  Insert(*schema, MakeEvents(20000, 3000));
  Snapshot old = store_->snapshot();
  std::map<int64_t, uint64_t> ids;
  ReadEvents(old, table, &ids);
  std::vector<uint64_t> wanted;
  for (int64_t id = 0; id < 23000; id += 3) wanted.push_back(ids.at(id));
  // The rows move between the snapshot and the delete, twice.
  ASSERT_OK(store_->SealAll());
  ASSERT_OK(store_->Compact(table));
  auto count = store_->Delete(table, old, wanted);
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  EXPECT_EQ(*count, wanted.size());
  count = store_->Delete(table, old, wanted);
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(*count, 0u) << "hidden already";
  std::erase_if(expected_, [](const Event& e) { return e.id % 3 == 0; });
  Check(table);
  EXPECT_EQ(RowCount(*old, table), 23000u) << "a snapshot does not change";
  old.reset();
  if (CanReopen()) Reopen();
  Check(table);
  ASSERT_OK(store_->Compact(table));
  Check(table);
  if (CanReopen()) Reopen();
  Check(table);
}

TEST_P(StoreTest, DeletesOfHotRowsSurviveReopeningAndSealing) {
  TableSchemaPtr schema = Make(EventSchema());
  TableId table = schema->table_id;
  Insert(*schema, MakeEvents(0, 100));
  Insert(*schema, MakeEvents(100, 100));
  std::map<int64_t, uint64_t> ids;
  Snapshot snapshot = store_->snapshot();
  ReadEvents(snapshot, table, &ids);
  ASSERT_EQ(store_->Delete(table, snapshot, {ids.at(5), ids.at(150), ids.at(5)}).value(), 2u);
  std::erase_if(expected_, [](const Event& e) { return e.id == 5 || e.id == 150; });
  Check(table);
  if (CanReopen()) Reopen();
  Check(table);
  ASSERT_OK(store_->SealAll());
  Check(table);
  if (CanReopen()) Reopen();
  Check(table);
}

TEST_P(StoreTest, CompactionLeavesFewSortedSegments) {
  TableSchemaPtr schema = Make(EventSchema("events", PartitionUnit::kNone));
  for (int i = 0; i < 12; ++i) Bulk(*schema, MakeEvents(i * 1000, 1000));
  ASSERT_OK(store_->Compact(schema->table_id));
  Check(schema->table_id);
  auto storage = DescribeStorage(*store_->snapshot(), schema->table_id);
  ASSERT_TRUE(storage.ok());
  EXPECT_EQ(storage->size(), 1u);
  ASSERT_OK(store_->Compact(schema->table_id));
  auto again = DescribeStorage(*store_->snapshot(), schema->table_id);
  EXPECT_EQ((*storage)[0].id, (*again)[0].id) << "nothing to gain, nothing rewritten";
}

TEST_P(StoreTest, DueJobsRunWhenAskedFor) {
  TableSchemaPtr schema = Make(EventSchema("events", PartitionUnit::kNone));
  for (int i = 0; i < 20; ++i) Bulk(*schema, MakeEvents(i * 10, 10));
  ASSERT_OK(store_->WaitForJobs());
  auto storage = DescribeStorage(*store_->snapshot(), schema->table_id);
  EXPECT_LT(storage->size(), 10u);
  Check(schema->table_id);
}

TEST_P(StoreTest, ColumnsComeAndGoAtOnce) {
  TableSchemaPtr schema = Make(EventSchema());
  TableId table = schema->table_id;
  Insert(*schema, MakeEvents(0, 100));
  ASSERT_OK(store_->SealAll());
  Insert(*schema, MakeEvents(100, 100));
  TableSchema next = *schema;
  ColumnSchema fresh;
  fresh.name = "score";
  fresh.type = TypeId::kInteger;
  fresh.default_value = Value::Int(TypeId::kInteger, 7);
  next.columns.push_back(fresh);
  next.columns[2].name = "path";
  next.columns.erase(next.columns.begin() + 3);
  auto altered = store_->AlterTable(next);
  ASSERT_TRUE(altered.ok()) << altered.status().ToString();
  EXPECT_EQ((*altered)->columns[3].id, 5);
  EXPECT_EQ(store_->AlterTable(*schema).status().code(), StatusCode::kAborted);
  EXPECT_EQ(store_->Insert(*schema, ToChunks(MakeEvents(0, 1))).code(), StatusCode::kAborted);

  Chunk chunk = ToChunks(MakeEvents(200, 50))[0];
  chunk.columns[3] = Vector::Constant(Value::Int(TypeId::kInteger, 9), 50);
  ASSERT_OK(store_->Insert(**altered, {chunk}));
  auto check = [&] {
    ScanSpec spec;
    spec.columns = {1, 3, 5};
    size_t rows = 0;
    for (const Chunk& out : Scan(store_->snapshot(), table, spec)) {
      for (size_t i = 0; i < out.num_rows; ++i) {
        int64_t id = out.columns[0].GetValue(i).AsInt();
        EXPECT_EQ(out.columns[1].GetValue(i).AsString(), MakeEvent(id).page);
        EXPECT_EQ(out.columns[2].GetValue(i).AsInt(), id < 200 ? 7 : 9);
        ++rows;
      }
    }
    EXPECT_EQ(rows, 250u);
  };
  check();
  if (CanReopen()) Reopen();
  check();
  ASSERT_OK(store_->Compact(table));
  check();
  if (CanReopen()) Reopen();
  check();
}

TEST_P(StoreTest, TruncateAndDropLeaveNothing) {
  TableSchemaPtr schema = Make(EventSchema());
  Bulk(*schema, MakeEvents(0, 1000), "token");
  Insert(*schema, MakeEvents(1000, 10));
  ASSERT_OK(store_->Truncate(schema->table_id));
  expected_.clear();
  Check(schema->table_id);
  EXPECT_TRUE(store_->ResumeTokens(schema->table_id).value().empty());
  Insert(*schema, MakeEvents(5, 5));
  if (CanReopen()) Reopen();
  Check(schema->table_id);
  ASSERT_OK(store_->DropTable(schema->table_id));
  EXPECT_FALSE(FindTable(*store_->snapshot(), "events"));
  if (CanReopen()) Reopen();
  EXPECT_FALSE(FindTable(*store_->snapshot(), "events"));
  TableSchemaPtr again = Make(EventSchema());
  EXPECT_GT(again->table_id, schema->table_id) << "ids are not used twice";
}

TEST_P(StoreTest, ViewsAreKept) {
  ASSERT_OK(store_->CreateView({"v", "SELECT 1", {"one"}}, false));
  EXPECT_EQ(store_->CreateView({"v", "SELECT 2", {}}, false).code(), StatusCode::kAlreadyExists);
  ASSERT_OK(store_->CreateView({"v", "SELECT 2", {}}, true));
  EXPECT_EQ(store_->CreateTable(EventSchema("v")).status().code(), StatusCode::kAlreadyExists);
  if (CanReopen()) Reopen();
  ASSERT_EQ(Views(*store_->snapshot()).size(), 1u);
  EXPECT_EQ(Views(*store_->snapshot())[0].query, "SELECT 2");
  ASSERT_OK(store_->DropView("v"));
  EXPECT_EQ(store_->DropView("v").code(), StatusCode::kNotFound);
}

TEST_P(StoreTest, BadRowsAreRefusedWithTheirPlace) {
  TableSchema definition = EventSchema();
  definition.columns[2].max_length = 5;
  TableSchemaPtr schema = Make(definition);
  auto insert = [&](Event bad) {
    std::vector<Event> events = MakeEvents(1, 2);
    for (Event& e : events) e.page = "ok";
    events.push_back(std::move(bad));
    return store_->Insert(*schema, ToChunks(events));
  };
  Event bad = MakeEvent(1);
  bad.page = "ab\xff";
  Status status = insert(bad);
  EXPECT_THAT(status.ToString(), HasSubstr("column \"page\""));
  EXPECT_THAT(status.ToString(), HasSubstr("row 3"));
  EXPECT_THAT(status.ToString(), HasSubstr("byte 3"));
  bad.page = "äöüäöü";
  EXPECT_THAT(insert(bad).ToString(), HasSubstr("6 characters, the type allows 5"));
  bad.page = "äöüäö";
  EXPECT_OK(insert(bad));
  Chunk chunk = ToChunks(MakeEvents(1, 3))[0];
  chunk.columns[2] = Vector::Constant(Value::Text("x"), 3);
  chunk.columns[0].SetNull(1);
  EXPECT_THAT(store_->Insert(*schema, {chunk}).ToString(),
              HasSubstr("null value in column \"id\""));
  chunk.columns.pop_back();
  EXPECT_EQ(store_->Insert(*schema, {chunk}).code(), StatusCode::kInvalidArgument);
}

TEST_P(StoreTest, BoundsComeFromMetadata) {
  TableSchemaPtr schema = Make(EventSchema());
  Bulk(*schema, MakeEvents(10, 1000));
  Insert(*schema, MakeEvents(5, 2));
  Value min, max;
  ASSERT_TRUE(ColumnBounds(*store_->snapshot(), schema->table_id, 1, &min, &max));
  EXPECT_EQ(min.AsInt(), 5);
  EXPECT_EQ(max.AsInt(), 1009);
  ASSERT_TRUE(ColumnBounds(*store_->snapshot(), schema->table_id, 3, &min, &max));
  EXPECT_EQ(min.AsString(), "/page/0");
  EXPECT_EQ(max.AsString(), "/page/9");
  std::map<int64_t, uint64_t> ids;
  Snapshot snapshot = store_->snapshot();
  ReadEvents(snapshot, schema->table_id, &ids);
  ASSERT_TRUE(store_->Delete(schema->table_id, snapshot, {ids.at(5)}).ok());
  EXPECT_FALSE(ColumnBounds(*store_->snapshot(), schema->table_id, 1, &min, &max));
}

INSTANTIATE_TEST_SUITE_P(Disks, StoreTest, ::testing::Values("posix", "simulated", "memory"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace shale
