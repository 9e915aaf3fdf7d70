// LIST columns on every road through the store: log records, hot buffers, segments by seal and by
// bulk load, compaction, deletes, a column added later, and opening again.
#include <gtest/gtest.h>

#include "engine/vector/nested.h"
#include "storage/log/chunk_codec.h"
#include "tests/unit/storage/segment/random_rows.h"
#include "tests/unit/storage/table/event_table.h"

namespace shale {
namespace {

std::vector<Type> ColumnTypes() {
  return {Type::List(TypeId::kText), Type::List(TypeId::kBigInt), Type::List(TypeId::kInterval),
          Type::List(Type::List(TypeId::kText))};
}

TableSchema ListSchema() {
  TableSchema schema;
  schema.name = "lists";
  ColumnSchema id;
  id.name = "id";
  id.type = TypeId::kBigInt;
  id.not_null = true;
  schema.columns.push_back(id);
  for (const Type& type : ColumnTypes()) {
    ColumnSchema column;
    column.name = "c" + std::to_string(schema.columns.size());
    column.type = type;
    schema.columns.push_back(column);
  }
  return schema;
}

// The lists of row `id` are always the same.
Value ListOf(const Type& type, int64_t id) {
  const auto number = static_cast<uint64_t>(id * 31 % 1009);
  return number % 9 == 0 ? Value::Null(type) : NthValue(type, number);
}

Chunk RowsFrom(int64_t first, int64_t count, Random* random) {
  Chunk chunk;
  chunk.num_rows = static_cast<size_t>(count);
  VectorBuilder ids(TypeId::kBigInt);
  for (int64_t i = 0; i < count; ++i) ids.Append(first + i);
  chunk.columns.push_back(ids.Finish());
  for (const Type& type : ColumnTypes()) {
    std::vector<Value> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(ListOf(type, first + i));
    const Encoding encodings[] = {Encoding::kFlat, Encoding::kDictionary, Encoding::kRun};
    chunk.columns.push_back(MakeVector(type, values, encodings[(*random)() % 3]));
  }
  return chunk;
}

class ListColumnsTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    store_.reset();
    auto opened = Store::Open("/db", TestOptions(&disk_));
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = *std::move(opened);
  }
  void Insert(const TableSchema& schema, int64_t count) {
    ASSERT_OK(store_->Insert(schema, {RowsFrom(next_, count, &random_)}));
    next_ += count;
  }
  void Check(TableId table) {
    ScanSpec spec;
    spec.columns = {1, 2, 3, 4, 5};
    std::vector<bool> met(static_cast<size_t>(next_));
    for (const Chunk& chunk : Scan(store_->snapshot(), table, spec)) {
      for (size_t row = 0; row < chunk.num_rows; ++row) {
        const int64_t id = chunk.columns[0].GetValue(row).AsInt();
        ASSERT_FALSE(met[static_cast<size_t>(id)]);
        met[static_cast<size_t>(id)] = true;
        for (size_t c = 0; c < ColumnTypes().size(); ++c) {
          const Value expected = ListOf(ColumnTypes()[c], id);
          const Value found = chunk.columns[c + 1].GetValue(row);
          ASSERT_EQ(found.is_null(), expected.is_null()) << "row " << id << " column " << c;
          if (!expected.is_null()) {
            ASSERT_EQ(found, expected) << "row " << id << " column " << c;
          }
        }
      }
    }
    EXPECT_EQ(std::count(met.begin(), met.end(), true), next_ - deleted_);
  }

  SimulatedDisk disk_;
  std::unique_ptr<Store> store_;
  Random random_{11};
  int64_t next_ = 0;
  int64_t deleted_ = 0;
};

TEST_F(ListColumnsTest, EveryRoadKeepsTheLists) {
  auto made = store_->CreateTable(ListSchema());
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  const TableSchema& schema = **made;
  for (int64_t count : {1, 10, 5000, 3000}) {
    Insert(schema, count);
    Check(schema.table_id);
  }
  Open();
  Check(schema.table_id);
  ASSERT_OK(store_->SealAll());
  Check(schema.table_id);
  {
    auto bulk = store_->StartBulk(schema, 1);
    ASSERT_TRUE(bulk.ok());
    for (int i = 0; i < 4; ++i) {
      ASSERT_OK((*bulk)->Append(0, RowsFrom(next_, 4000, &random_)));
      next_ += 4000;
    }
    ASSERT_OK((*bulk)->Commit(""));
  }
  Check(schema.table_id);
  Insert(schema, 700);
  ASSERT_OK(store_->Compact(schema.table_id));
  Check(schema.table_id);
  Open();
  Check(schema.table_id);
  auto storage = DescribeStorage(*store_->snapshot(), schema.table_id);
  ASSERT_TRUE(storage.ok());
  ASSERT_EQ(storage->size(), 1u);
  EXPECT_NE((*storage)[0].columns[1].encodings.find("list"), std::string::npos);
}

TEST_F(ListColumnsTest, RowsAreNotKeptInTheOrderOfLists) {
  TableSchema schema = ListSchema();
  schema.columns[1].id = 2;
  schema.order_by = {2};
  EXPECT_FALSE(store_->CreateTable(schema).ok());
  TableSchema nested = ListSchema();
  nested.columns[1].type = Type::List(Type::Struct({{"a", TypeId::kText}}));
  EXPECT_FALSE(store_->CreateTable(nested).ok());
}

TEST(ListRecords, ChunksComeBackAndDamageIsDataLoss) {
  Random random(4);
  std::vector<Type> types = {TypeId::kBigInt};
  for (const Type& type : ColumnTypes()) types.push_back(type);
  for (int round = 0; round < 200; ++round) {
    Chunk chunk = RowsFrom(static_cast<int64_t>(random() % 1000), 1 + random() % 50, &random);
    if (round % 5 == 0) {
      const Value list = NthValue(types[1], random() % 100);
      chunk.columns[1] = Vector::Constant(list, chunk.num_rows);
    }
    std::string bytes;
    WireWriter writer(&bytes);
    EncodeChunk(chunk, &writer);
    WireReader reader(bytes);
    auto decoded = DecodeChunk(types, &reader);
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    for (size_t c = 0; c < types.size(); ++c) {
      for (size_t row = 0; row < chunk.num_rows; ++row) {
        ASSERT_EQ(decoded->columns[c].GetValue(row), chunk.columns[c].GetValue(row));
      }
    }
    // A record is under a checksum; what is behind it is read with care all the same.
    for (int i = 0; i < 20; ++i) {
      std::string bad = bytes;
      bad[random() % bad.size()] = static_cast<char>(random());
      if (i % 4 == 0) bad.resize(random() % bad.size());
      WireReader bad_reader(bad);
      auto other = DecodeChunk(types, &bad_reader);
      if (!other.ok()) {
        EXPECT_EQ(other.status().code(), StatusCode::kDataLoss);
      }
    }
  }
}

}  // namespace
}  // namespace shale
