#include "storage/segment/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/base/sync.h"
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
  std::vector<Type> types = StorableTypes();
  for (const Type& type : StorableListTypes()) types.push_back(type);
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
    const ColumnId id = i < table.schema.columns.size() ? table.schema.columns[i].id : kSeqColumn;
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
      } else if (TypeOf(table, i).id() != TypeId::kInterval &&
                 TypeOf(table, i).id() != TypeId::kList) {
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

// Two columns that say what is asked of them, of `rows` rows.
struct Sample {
  TableSchema schema;
  std::vector<Value> texts, numbers;
  SimulatedDisk disk{SimulatedDisk::Options{.track_durability = false}};
  SegmentInfo info;

  Sample(size_t rows, size_t distinct, bool sort, double null_share = 0.05) {
    Random random(distinct);
    schema.table_id = 1;
    schema.columns.push_back({1, "page", TypeId::kText, false, Value(), "", 0});
    schema.columns.push_back({2, "amount", TypeId::kInteger, false, Value(), "", 0});
    for (size_t i = 0; i < rows; ++i) {
      const bool null = std::uniform_real_distribution<double>(0, 1)(random) < null_share;
      texts.push_back(null ? Value::Null(TypeId::kText)
                           : Value::Text("/page/" + std::to_string(random() % distinct)));
      numbers.push_back(null ? Value::Null(TypeId::kInteger)
                             : Value::Int(TypeId::kInteger, int64_t(random() % 1000) - 500));
    }
    SegmentWriter::Options options;
    options.segment_id = 9;
    options.sort_dictionaries = sort;
    const auto writer = SegmentWriter::Create(schema, options);
    for (size_t begin = 0; begin < rows; begin += 5000) {
      const size_t count = std::min<size_t>(5000, rows - begin);
      const auto part = [&](const std::vector<Value>& values) {
        return std::vector<Value>(values.begin() + begin, values.begin() + begin + count);
      };
      Chunk chunk;
      chunk.num_rows = count;
      chunk.columns = {MakeVector(TypeId::kText, part(texts), Encoding::kFlat),
                       MakeVector(TypeId::kInteger, part(numbers), Encoding::kFlat),
                       Vector::Constant(Value::UInt(TypeId::kUBigInt, 4), count)};
      EXPECT_TRUE(writer->Append(chunk).ok());
    }
    info = *writer->Finish(&disk, "s");
  }
  std::shared_ptr<SegmentReader> Open(BlockCache* cache) {
    return *SegmentReader::Open(&disk, "s", cache, info.footer_checksum);
  }
};

TEST(Segment, DictionariesAreDistinctHashedAndSortedOnDemand) {
  for (const bool sort : {false, true}) {
    Sample sample(20000, 3000, sort);
    const auto reader = sample.Open(nullptr);
    const auto dictionary = *reader->ReadDictionary(0);
    ASSERT_NE(dictionary, nullptr);
    EXPECT_EQ(dictionary->sorted, sort);
    EXPECT_TRUE(dictionary->distinct);
    EXPECT_EQ(dictionary->size(), reader->info().columns[0].dictionary_size);
    EXPECT_EQ(reader->info().columns[0].dictionary_sorted, sort);
    const auto* texts = dictionary->values.values<std::string_view>();
    std::set<std::string_view> distinct(texts, texts + dictionary->size());
    EXPECT_EQ(distinct.size(), dictionary->size());
    EXPECT_EQ(std::is_sorted(texts, texts + dictionary->size()), sort);
    ASSERT_EQ(dictionary->hashes.size(), dictionary->size());
    EXPECT_EQ(*reader->ReadDictionary(1), nullptr) << "numbers have none";
    // The id holds for as long as the segment is open.
    const uint64_t id = dictionary->id;
    EXPECT_EQ((*reader->ReadBlock(0, 1)).dictionary()->id, id);
    EXPECT_NE((*sample.Open(nullptr)->ReadDictionary(0))->id, id);
  }
}

TEST(Segment, TextThatIsNearlyAllDifferentHasNoDictionary) {
  Sample sample(40000, 1000000000, false);
  const auto reader = sample.Open(nullptr);
  EXPECT_EQ(*reader->ReadDictionary(0), nullptr);
  EXPECT_THAT(reader->info().columns[0].encodings, HasSubstr("plain text"));
  for (size_t block = 0; block < reader->num_blocks(); ++block) {
    const Vector vector = *reader->ReadBlock(0, block);
    for (size_t row = 0; row < vector.size(); ++row) {
      const Value& expected = sample.texts[block * kChunkRows + row];
      ASSERT_EQ(vector.GetValue(row).is_null(), expected.is_null());
      if (expected.is_null()) continue;
      ASSERT_EQ(vector.GetValue(row).AsString(), expected.AsString());
    }
  }
}

TEST(Segment, SelectsOnPackedValues) {
  for (const size_t distinct : {1, 2, 200, 5000}) {
    Sample sample(30000, distinct, false);
    BlockCache cache(64 << 20);
    const auto reader = sample.Open(&cache);
    const auto dictionary = *reader->ReadDictionary(0);
    std::vector<uint8_t> match(dictionary->size());
    for (size_t i = 0; i < match.size(); ++i) match[i] = i % 3 == 0;
    for (size_t block = 0; block < reader->num_blocks(); ++block) {
      const size_t begin = block * kChunkRows;
      const Vector pages = *reader->ReadBlock(0, block);
      std::vector<uint32_t> rows(kChunkRows), expected;
      const size_t count = *reader->SelectCodes(0, block, match.data(), rows.data());
      rows.resize(count);
      std::map<std::string, uint8_t> matches;
      for (size_t i = 0; i < match.size(); ++i) {
        matches[dictionary->values.GetValue(i).AsString()] = match[i];
      }
      for (uint32_t row = 0; row < reader->BlockRows(block); ++row) {
        const Value& text = sample.texts[begin + row];
        if (!text.is_null() && matches[text.AsString()]) expected.push_back(row);
      }
      EXPECT_EQ(rows, expected);
      for (const bool negate : {false, true}) {
        rows.resize(kChunkRows);
        expected.clear();
        rows.resize(*reader->SelectRange(1, block, -100, 37, negate, rows.data()));
        for (uint32_t row = 0; row < reader->BlockRows(block); ++row) {
          const Value& number = sample.numbers[begin + row];
          if (number.is_null()) continue;
          const bool inside = number.AsInt() >= -100 && number.AsInt() <= 37;
          if (inside != negate) expected.push_back(row);
        }
        EXPECT_EQ(rows, expected);
      }
    }
  }
}

TEST(Segment, TheCacheIsUsed) {
  Sample sample(30000, 500, false);
  BlockCache cache(64 << 20);
  const auto reader = sample.Open(&cache);
  EXPECT_TRUE(reader->Prefetch({{0, 0}, {0, 1}, {1, 2}, {1, 2}, {2, 0}}).ok());
  EXPECT_EQ(cache.counters().entries, 3) << "a constant block stands in the footer";
  const uint64_t before = sample.disk.num_operations();
  EXPECT_TRUE(reader->Prefetch({{0, 0}, {0, 1}, {1, 2}}).ok());
  EXPECT_TRUE(reader->ReadBlock(1, 2).ok());
  EXPECT_EQ(sample.disk.num_operations(), before);
  EXPECT_TRUE(reader->ReadBlock(0, 0).ok());
  EXPECT_EQ(sample.disk.num_operations(), before + 1) << "the dictionary";
  EXPECT_TRUE(reader->ReadBlock(0, 1).ok());
  EXPECT_EQ(sample.disk.num_operations(), before + 1);
}

// With a cache too small for all of it, so that blocks and the dictionary come and go.
TEST(Segment, ThreadsShareAReader) {
  Sample sample(40000, 2000, false);
  BlockCache cache(200000);
  const auto reader = sample.Open(&cache);
  std::vector<Thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back("reader", [&, t] {
      Random random(t);
      std::vector<uint32_t> rows(kChunkRows);
      for (int i = 0; i < 300; ++i) {
        const size_t block = random() % reader->num_blocks();
        const uint32_t row = static_cast<uint32_t>(random() % reader->BlockRows(block));
        const auto texts = reader->ReadRows(0, block, &row, 1);
        ASSERT_TRUE(texts.ok());
        const Value& expected = sample.texts[block * kChunkRows + row];
        ASSERT_EQ(texts->IsNull(0), expected.is_null());
        if (!expected.is_null()) {
          ASSERT_EQ(texts->GetValue(0).AsString(), expected.AsString());
        }
        ASSERT_TRUE(reader->SelectRange(1, block, 0, 50, false, rows.data()).ok());
        ASSERT_LE(reader->Zone(1, block).min->AsInt(), -400);
        ASSERT_TRUE(reader->Prefetch({{0, block}, {1, block}}).ok());
      }
    });
  }
  for (Thread& thread : threads) thread.Join();
}

TEST(Segment, PrefetchReadsNeighboursAtOnce) {
  Sample sample(60000, 500, false);
  BlockCache cache(64 << 20);
  const auto reader = sample.Open(&cache);
  const uint64_t before = sample.disk.num_operations();
  std::vector<std::pair<int, size_t>> all;
  for (size_t block = 0; block < reader->num_blocks(); ++block) all.emplace_back(1, block);
  EXPECT_TRUE(reader->Prefetch(all).ok());
  EXPECT_EQ(sample.disk.num_operations(), before + 1);
}

// Whatever bit of the file is turned over, it is noticed: when the segment is opened, by Check, and
// by whoever reads the place; and the error names the file.
TEST(Segment, EveryFlippedBitIsNoticed) {
  Sample sample(9000, 40, false);
  const uint64_t file_bytes = sample.info.file_bytes;
  Random random(4);
  size_t at_open = 0, later = 0;
  for (uint64_t byte = 0; byte < file_bytes; ++byte) {
    // Every byte of the ends, a sample of the middle.
    if (byte > 200 && byte + 600 < file_bytes && random() % 20 != 0) continue;
    const int bit = static_cast<int>(random() % 8);
    ASSERT_TRUE(sample.disk.FlipBit("s", byte, bit).ok());
    auto reader = SegmentReader::Open(&sample.disk, "s", nullptr, sample.info.footer_checksum);
    if (!reader.ok()) {
      ++at_open;
      ASSERT_EQ(reader.status().code(), StatusCode::kDataLoss) << Message(reader.status());
      EXPECT_THAT(std::string(Message(reader.status())), HasSubstr("s: "));
    } else {
      ++later;
      const Status status = (*reader)->Check();
      ASSERT_EQ(status.code(), StatusCode::kDataLoss) << "byte " << byte;
      EXPECT_THAT(std::string(Message(status)), HasSubstr("s: column "));
      bool noticed = false;
      for (int column = 0; column < 3; ++column) {
        for (size_t block = 0; block < (*reader)->num_blocks(); ++block) {
          noticed |= !(*reader)->ReadBlock(column, block).ok();
        }
      }
      ASSERT_TRUE(noticed) << "byte " << byte;
    }
    ASSERT_TRUE(sample.disk.FlipBit("s", byte, bit).ok());
  }
  EXPECT_GT(at_open, 100u);
  EXPECT_GT(later, 100u);
  EXPECT_TRUE(sample.Open(nullptr)->Check().ok());
}

TEST(Segment, CutOrForeignFilesAreRefused) {
  Sample sample(100, 10, false);
  const std::string whole = sample.disk.Contents()["s"];
  const auto open = [](const std::string& bytes, uint64_t checksum) {
    SimulatedDisk disk;
    disk.Restore({{"/s", bytes}});
    return SegmentReader::Open(&disk, "/s", nullptr, checksum).status();
  };
  EXPECT_TRUE(open(whole, 0).ok());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(open(whole.substr(0, size), 0).code(), StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(open(whole + "x", 0).code(), StatusCode::kDataLoss);
  EXPECT_EQ(open("", 0).code(), StatusCode::kDataLoss) << "an empty file is damaged too";
  const Status other = open(whole, sample.info.footer_checksum + 1);
  EXPECT_EQ(other.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(other)), HasSubstr("catalog"));
}

TEST(Segment, WriterRefusesWhatItCannotHold) {
  TableSchema schema;
  const Type nested = Type::List(Type::Struct({{"a", TypeId::kText}}));
  schema.columns.push_back({1, "tags", nested, false, Value(), "", 0});
  schema.columns.push_back({2, "n", TypeId::kInteger, false, Value(), "", 0});
  const Vector seq = Vector::Constant(Value::UInt(TypeId::kUBigInt, 1), 1);
  const Vector one = Vector::Constant(Value::Int(TypeId::kInteger, 1), 1);
  Chunk chunk;
  chunk.num_rows = 1;
  chunk.columns = {Vector::ConstantNull(schema.columns[0].type, 1), one, seq};
  const Status list = SegmentWriter::Create(schema, {})->Append(chunk);
  EXPECT_EQ(list.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(Message(list)), HasSubstr("tags"));
  schema.columns.erase(schema.columns.begin());
  chunk.columns = {Vector::Constant(Value::Text("x"), 1), seq};
  const Status type = SegmentWriter::Create(schema, {})->Append(chunk);
  EXPECT_EQ(type.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(type)), HasSubstr("column n"));
  chunk.columns = {one};
  EXPECT_EQ(SegmentWriter::Create(schema, {})->Append(chunk).code(), StatusCode::kInvalidArgument);
  chunk.columns = {one, seq};
  const auto writer = SegmentWriter::Create(schema, {});
  ASSERT_TRUE(writer->Append(chunk).ok());
  SimulatedDisk disk;
  ASSERT_TRUE(writer->Finish(&disk, "s").ok());
  const auto again = SegmentWriter::Create(schema, {});
  ASSERT_TRUE(again->Append(chunk).ok());
  EXPECT_EQ(again->Finish(&disk, "s").status().code(), StatusCode::kAlreadyExists);
}

TEST(Segment, AnEmptySegmentIsOne) {
  TableSchema schema;
  schema.columns.push_back({1, "n", TypeId::kInteger, false, Value(), "", 0});
  SimulatedDisk disk;
  ASSERT_TRUE(SegmentWriter::Create(schema, {})->Finish(&disk, "s").ok());
  const auto reader = *SegmentReader::Open(&disk, "s", nullptr, 0);
  EXPECT_EQ(reader->num_blocks(), 0u);
  EXPECT_TRUE(reader->Check().ok());
}

TEST(Segment, ConstantColumnsCostNearlyNothing) {
  TableSchema schema;
  for (int i = 1; i <= 100; ++i) {
    schema.columns.push_back({i, "c" + std::to_string(i), TypeId::kBigInt, false, Value(), "", 0});
  }
  const auto writer = SegmentWriter::Create(schema, {});
  Chunk chunk;
  chunk.num_rows = kChunkRows;
  for (int i = 0; i < 100; ++i) {
    chunk.columns.push_back(Vector::Constant(Value::Int(TypeId::kBigInt, i * 1000003), kChunkRows));
  }
  chunk.columns.push_back(Vector::Constant(Value::UInt(TypeId::kUBigInt, 3), kChunkRows));
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(writer->Append(chunk).ok());
  SimulatedDisk disk;
  EXPECT_LT(writer->Finish(&disk, "s")->file_bytes, 12000u);
}

TEST(ZoneMap, LongTextIsCutOutwards) {
  TableSchema schema;
  schema.columns.push_back({1, "t", TypeId::kText, false, Value(), "", 0});
  const std::string low(100, 'a'), high = std::string(63, 'z') + "b" + std::string(40, 'x');
  const auto zone_of = [&](const std::string& top) {
    const auto writer = SegmentWriter::Create(schema, {});
    Chunk chunk;
    chunk.num_rows = 2;
    chunk.columns = {
        MakeVector(TypeId::kText, {Value::Text(low), Value::Text(top)}, Encoding::kFlat),
        Vector::Constant(Value::UInt(TypeId::kUBigInt, 3), 2)};
    EXPECT_TRUE(writer->Append(chunk).ok());
    SimulatedDisk disk;
    EXPECT_TRUE(writer->Finish(&disk, "s").ok());
    return (*SegmentReader::Open(&disk, "s", nullptr, 0))->Zone(0, 0);
  };
  const ZoneMap zone = zone_of(high);
  EXPECT_FALSE(zone.exact);
  EXPECT_EQ(zone.min->AsString(), std::string(64, 'a'));
  EXPECT_EQ(zone.max->AsString(), std::string(63, 'z') + "c");
  EXPECT_FALSE(zone_of(std::string(100, '\xff')).max) << "nothing of 64 bytes is above it";
  EXPECT_TRUE(zone_of("z").max->AsString() == "z");
}

}  // namespace
}  // namespace shale
