#include "storage/catalog/catalog.h"

#include <gtest/gtest.h>

#include "storage/io/simulated_io.h"

namespace shale {
namespace {

TableSchemaPtr Schema(TableId id, const std::string& name) {
  auto schema = std::make_shared<TableSchema>();
  schema->table_id = id;
  schema->schema_id = 3;
  schema->name = name;
  ColumnSchema a;
  a.id = 1;
  a.name = "A b";
  a.type = Type::Decimal(12, 3);
  a.not_null = true;
  a.default_value = Value::Int(a.type, 55);
  a.default_text = "random()";
  ColumnSchema b;
  b.id = 9;
  b.name = "ts";
  b.type = TypeId::kTimestampTz;
  b.max_length = 12;
  schema->columns = {a, b};
  schema->timestamp_column = 9;
  schema->partition_unit = PartitionUnit::kWeek;
  schema->order_by = {9, 1};
  schema->options = {{"ttl", "30 days"}};
  return schema;
}

SegmentEntry Entry(TableId table, uint64_t id) {
  SegmentEntry entry;
  entry.table_id = table;
  entry.segment_id = id;
  entry.partition_begin_us = -5;
  entry.num_rows = 100;
  entry.file_bytes = 999;
  entry.footer_checksum = 0xabcdef;
  entry.commit_sequence = 4;
  return entry;
}

std::vector<CatalogEdit> OneOfEach() {
  return {PutTable{Schema(1, "one"), {{9, Value::Text("x")}}, 10},
          PutTable{Schema(2, "two"), {}, 3},
          DropTableEdit{2},
          PutView{{"v", "SELECT 1", {"c"}}},
          PutView{{"w", "SELECT 2", {}}},
          DropViewEdit{"w"},
          AddSegment{Entry(1, 5)},
          AddSegment{Entry(1, 6)},
          RemoveSegment{1, 5},
          HideRows{1, 6, HiddenReason::kBot, {77, "bitmap"}},
          TableReplayedTo{1, 3},
          PartitionReplayedTo{1, -5, 12},
          AddResumeToken{1, "token"},
          LogBegins{4},
          Counters{3, 7}};
}

void ExpectSame(const CatalogState& a, const CatalogState& b) {
  EXPECT_EQ(EncodeEdits(a.Snapshot()), EncodeEdits(b.Snapshot()));
  EXPECT_EQ(a.last_sequence, b.last_sequence);
}

TEST(CatalogStateTest, EditsRoundTripAndASnapshotMakesTheSameState) {
  std::vector<CatalogEdit> edits = OneOfEach();
  std::string bytes = EncodeEdits(edits);
  auto read = DecodeEdits(bytes);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(EncodeEdits(*read), bytes);
  CatalogState state;
  ASSERT_TRUE(state.Apply(20, *read).ok());
  EXPECT_EQ(state.tables.size(), 1u);
  const TableEntry& table = state.tables.at(1);
  EXPECT_EQ(table.schema->columns[0].type, Type::Decimal(12, 3));
  EXPECT_EQ(table.schema->columns[0].default_value.AsInt(), 55);
  EXPECT_EQ(table.schema->order_by, (std::vector<ColumnId>{9, 1}));
  EXPECT_EQ(table.segments.size(), 1u);
  EXPECT_EQ(table.segments.at(6).hidden.at(HiddenReason::kBot).bitmap, "bitmap");
  EXPECT_EQ(table.partition_replayed_to.at(-5), 12u);
  CatalogState copy;
  ASSERT_TRUE(copy.Apply(20, state.Snapshot()).ok());
  ExpectSame(state, copy);
  for (size_t cut = 0; cut < bytes.size(); cut += 3) {
    EXPECT_FALSE(DecodeEdits(std::string_view(bytes).substr(0, cut)).ok());
  }
}

TEST(CatalogStateTest, EditsOfUnknownThingsAreDataLoss) {
  for (const CatalogEdit& edit : std::vector<CatalogEdit>{
           DropTableEdit{8}, DropViewEdit{"x"}, RemoveSegment{8, 1}, AddSegment{Entry(8, 1)}}) {
    CatalogState state;
    EXPECT_EQ(state.Apply(1, {edit}).code(), StatusCode::kDataLoss);
  }
}

TEST(CatalogTest, SurvivesReopeningAndRewriting) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.MakeDirectory("/db").ok());
  auto catalog = *Catalog::Create(&disk, "/db", 42);
  ASSERT_TRUE(catalog->Commit(1, OneOfEach()).ok());
  // Enough edits that the file is rewritten on the way.
  uint64_t sequence = 1;
  for (int i = 0; i < 400; ++i) {
    std::string token(10'000, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(catalog->Commit(++sequence, {PutView{{"big", token, {}}}}).ok());
  }
  EXPECT_LT(disk.Contents().at("/db/catalog").size(), 2u << 20);
  auto again = Catalog::Open(&disk, "/db");
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  ExpectSame((*again)->state(), catalog->state());
  EXPECT_EQ((*again)->state().database_salt, 42u);
  EXPECT_EQ((*again)->state().last_sequence, sequence);
}

TEST(CatalogTest, AFailedGroupChangesNothing) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.MakeDirectory("/db").ok());
  auto catalog = *Catalog::Create(&disk, "/db", 42);
  ASSERT_TRUE(catalog->Commit(1, OneOfEach()).ok());
  disk.SetCapacity(disk.used_bytes());
  std::string large(1 << 20, 'x');
  Status status = catalog->Commit(2, {PutView{{"large", large, {}}}});
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.ToString();
  EXPECT_FALSE(catalog->state().views.contains("large"));
  EXPECT_TRUE(catalog->poison().ok()) << "nothing was written: not poisoned";
  disk.SetCapacity(0);
  EXPECT_TRUE(catalog->Commit(2, {PutView{{"small", "x", {}}}}).ok());
}

}  // namespace
}  // namespace shale
