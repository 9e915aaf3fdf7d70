#include "storage/segment/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/vector/vector_builder.h"
#include "storage/cache/block_cache.h"
#include "storage/io/simulated_io.h"
#include "tests/unit/storage/segment/random_rows.h"

namespace shale {
namespace {

using ::testing::HasSubstr;

// A column's rows in memory beside the segment that holds them.
struct Table {
  TableSchema schema;
  std::vector<std::vector<Value>> columns;  // with _seq last
  size_t rows = 0;
};

Table RandomTable(size_t rows, size_t num_columns, Random* random) {
  const std::vector<Type> types = StorableTypes();
  Table table;
  table.rows = rows;
  table.schema.table_id = 7;
  table.schema.schema_id = 3;
  table.schema.name = "events";
  for (size_t i = 0; i < num_columns; ++i) {
    const Type& type = types[(*random)() % types.size()];
    table.schema.columns.push_back(
        {static_cast<ColumnId>(i + 1), "c" + std::to_string(i), type, false, Value(), "", 0});
    const double nulls[] = {0, 0, 0.01, 0.5, 1};
    table.columns.push_back(RandomValues(type, kShapes[(*random)() % std::size(kShapes)], rows,
                                         nulls[(*random)() % std::size(nulls)], random));
  }
  table.columns.push_back(RandomValues(TypeId::kUBigInt, Shape::kAscending, rows, 0, random));
  return table;
}

Type TypeOf(const Table& table, size_t column) {
  return column < table.schema.columns.size() ? table.schema.columns[column].type
                                              : Type(TypeId::kUBigInt);
}

Chunk ChunkOf(const Table& table, size_t begin, size_t count, Random* random) {
  Chunk chunk;
  chunk.num_rows = count;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const std::vector<Value> values(table.columns[i].begin() + begin,
                                    table.columns[i].begin() + begin + count);
    chunk.columns.push_back(
        MakeVector(TypeOf(table, i), values, static_cast<Encoding>((*random)() % 4)));
  }
  return chunk;
}

SegmentInfo Write(const Table& table, Disk* disk, const std::string& path, Random* random,
                  SegmentWriter::Options options = {}) {
  const auto writer = SegmentWriter::Create(table.schema, options);
  for (size_t begin = 0; begin < table.rows;) {
    const size_t count = std::min<size_t>(table.rows - begin, 1 + (*random)() % kChunkRows);
    const Status status = writer->Append(ChunkOf(table, begin, count, random));
    EXPECT_TRUE(status.ok()) << Message(status);
    begin += count;
  }
  EXPECT_EQ(writer->num_rows(), table.rows);
  auto info = writer->Finish(disk, path);
  EXPECT_TRUE(info.ok()) << Message(info.status());
  return *info;
}

void ExpectHolds(const Table& table, SegmentReader* reader, Random* random) {
  ASSERT_EQ(reader->info().num_rows, table.rows);
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnId id =
        i < table.schema.columns.size() ? table.schema.columns[i].id : kSeqColumn;
    const int column = reader->FindColumn(id);
    ASSERT_EQ(column, static_cast<int>(i));
    SCOPED_TRACE(reader->info().columns[i].name + " " + TypeOf(table, i).ToString() + " " +
                 reader->info().columns[i].encodings);
    EXPECT_EQ(reader->info().columns[i].type, TypeOf(table, i));
    uint64_t nulls = 0;
    for (size_t block = 0; block < reader->num_blocks(); ++block) {
      const size_t begin = block * kChunkRows;
      const size_t rows = reader->BlockRows(block);
      auto vector = reader->ReadBlock(column, block);
      ASSERT_TRUE(vector.ok()) << Message(vector.status());
      ASSERT_EQ(vector->size(), rows);
      const ZoneMap& zone = reader->Zone(column, block);
      uint32_t block_nulls = 0;
      for (size_t row = 0; row < rows; ++row) {
        const Value& expected = table.columns[i][begin + row];
        const Value found = vector->GetValue(row);
        ASSERT_EQ(found.is_null(), expected.is_null()) << "row " << begin + row;
        if (expected.is_null()) {
          ++block_nulls;
          continue;
        }
        ASSERT_EQ(Value::Compare(found, expected), 0) << "row " << begin + row;
        if (zone.min) {
          ASSERT_LE(Value::Compare(*zone.min, expected), 0);
        }
        if (zone.max) {
          ASSERT_GE(Value::Compare(*zone.max, expected), 0);
        }
      }
      EXPECT_EQ(zone.null_count, block_nulls);
      nulls += block_nulls;
      if (block_nulls == rows) {
        EXPECT_FALSE(zone.min || zone.max);
      } else if (TypeOf(table, i).id() != TypeId::kInterval) {
        EXPECT_TRUE(zone.min);
      }
      // Some of the rows.
      std::vector<uint32_t> some;
      for (uint32_t row = 0; row < rows; ++row) {
        if ((*random)() % 5 == 0) some.push_back(row);
      }
      auto part = reader->ReadRows(column, block, some.data(), some.size());
      ASSERT_TRUE(part.ok());
      ASSERT_EQ(part->size(), some.size());
      for (size_t k = 0; k < some.size(); ++k) {
        const Value& expected = table.columns[i][begin + some[k]];
        const Value found = part->GetValue(k);
        ASSERT_EQ(found.is_null(), expected.is_null());
        if (!expected.is_null()) {
          ASSERT_EQ(Value::Compare(found, expected), 0);
        }
      }
    }
    EXPECT_EQ(reader->info().columns[i].zone.null_count, nulls);
  }
}

TEST(Segment, RandomSchemasComeBack) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const size_t sizes[] = {1, 2, 10, 1000, 8191, 8192, 8193, 20000};
    const Table table = RandomTable(sizes[seed % std::size(sizes)], 1 + random() % 8, &random);
    SimulatedDisk disk;
    BlockCache cache(16 << 20);
    SegmentWriter::Options options;
    options.segment_id = seed;
    options.sort_dictionaries = seed % 2 == 1;
    options.num_workers = 1 + seed % 3;
    const SegmentInfo info = Write(table, &disk, "s", &random, options);
    for (BlockCache* used : {static_cast<BlockCache*>(nullptr), &cache}) {
      auto reader = SegmentReader::Open(&disk, "s", used, info.footer_checksum);
      ASSERT_TRUE(reader.ok()) << Message(reader.status());
      EXPECT_EQ((*reader)->info().segment_id, seed);
      EXPECT_EQ((*reader)->info().table_id, 7u);
      EXPECT_EQ((*reader)->info().file_bytes, info.file_bytes);
      EXPECT_EQ((*reader)->info().min_seq, table.columns.back().front().AsUInt());
      EXPECT_EQ((*reader)->info().max_seq, table.columns.back().back().AsUInt());
      std::vector<std::pair<int, size_t>> all;
      for (size_t column = 0; column < table.columns.size(); ++column) {
        for (size_t block = 0; block < (*reader)->num_blocks(); ++block) {
          all.emplace_back(static_cast<int>(column), block);
        }
      }
      const Status prefetched = (*reader)->Prefetch(all);
      EXPECT_TRUE(prefetched.ok()) << Message(prefetched);
      ExpectHolds(table, reader->get(), &random);
      if (HasFatalFailure()) return;
      const Status checked = (*reader)->Check();
      EXPECT_TRUE(checked.ok()) << Message(checked);
    }
    EXPECT_EQ(cache.counters().used_bytes, 0) << "a closed segment leaves nothing in the cache";
  }
}

}  // namespace
}  // namespace shale
