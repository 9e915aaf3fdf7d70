#include "storage/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/vector/vector_builder.h"
#include "storage/io/simulated_io.h"
#include "storage/log/chunk_codec.h"

namespace shale {
namespace {

using ::testing::HasSubstr;

struct Opened {
  StatusOr<std::unique_ptr<Log>> log = Status(StatusCode::kUnknown, "");
  Log::Recovered recovered;
  std::vector<std::string> payloads;
};

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(disk_.MakeDirectory("/db").ok()); }
  Opened Open(bool create = false, uint64_t first = 1) {
    Opened out;
    Log::Options options;
    options.file_bytes = 16 << 10;
    options.salt = 99;
    options.create = create;
    out.log = Log::Open(
        &disk_, "/db", first, options,
        [&](uint64_t, const Record& record) {
          out.payloads.emplace_back(record.payload);
          return OkStatus();
        },
        &out.recovered);
    return out;
  }
  Status Put(Log* log, std::vector<std::string> payloads) {
    std::vector<Record> records;
    for (const std::string& payload : payloads) records.push_back({++sequence_, 1, 0, payload});
    return log->Commit(records).status();
  }
  SimulatedDisk disk_;
  uint64_t sequence_ = 0;
};

TEST_F(LogTest, RecordsComeBackInOrderAcrossFiles) {
  std::vector<std::string> all;
  {
    Opened opened = Open(true);
    ASSERT_TRUE(opened.log.ok());
    for (int i = 0; i < 60; ++i) {
      std::string payload(static_cast<size_t>(i * 13 % 900), static_cast<char>('a' + i % 26));
      ASSERT_TRUE(Put(opened.log->get(), {payload, "x"}).ok());
      all.push_back(payload);
      all.push_back("x");
    }
    ASSERT_TRUE((*opened.log)->Close(0).ok());
  }
  EXPECT_TRUE(*disk_.Exists("/db/log-000003"));
  Opened again = Open();
  ASSERT_TRUE(again.log.ok()) << again.log.status().ToString();
  EXPECT_EQ(again.payloads, all);
  EXPECT_TRUE(again.recovered.clean);
  EXPECT_EQ(again.recovered.last_sequence, 120u);
  ASSERT_TRUE(Put(again.log->get(), {"later"}).ok());
  all.push_back("later");
  EXPECT_EQ(Open().payloads, all);
}

TEST_F(LogTest, ALargeGroupGetsALargerFile) {
  Opened opened = Open(true);
  std::string large(100'000, 'z');
  ASSERT_TRUE(Put(opened.log->get(), {"small", large}).ok());
  EXPECT_EQ(Open().payloads, (std::vector<std::string>{"small", large}));
}

TEST_F(LogTest, FilesThatAreMissingAreNamed) {
  Opened opened = Open(true);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(Put(opened.log->get(), {std::string(900, 'a')}).ok());
  ASSERT_TRUE((*opened.log)->Close(0).ok());
  auto contents = disk_.Contents();
  for (const char* path : {"/db/log-000001", "/db/log-000002", "/db/log-000003"}) {
    auto without = contents;
    without.erase(path);
    disk_.Restore(without);
    Status status = Open().log.status();
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << path;
    EXPECT_THAT(status.ToString(), HasSubstr(path));
  }
}

TEST_F(LogTest, StaleBytesOfAnotherFileAreNoRecords) {
  Opened opened = Open(true);
  ASSERT_TRUE(Put(opened.log->get(), {"first", "second"}).ok());
  auto contents = disk_.Contents();
  std::string& bytes = contents["/db/log-000001"];
  // The second record once more, right behind itself.
  std::string second = bytes.substr(12288 + 40, 40);
  bytes.replace(12288 + 80, 40, second);
  disk_.Restore(contents);
  Opened again = Open();
  ASSERT_TRUE(again.log.ok());
  EXPECT_EQ(again.payloads, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(again.recovered.torn_bytes, 38u) << "up to the last byte that is not zero";
}

TEST_F(LogTest, RemovalKeepsTheNewestFile) {
  Opened opened = Open(true);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(Put(opened.log->get(), {std::string(900, 'a')}).ok());
  uint64_t keep = (*opened.log)->FirstToKeep(1000);
  EXPECT_EQ(keep, 4u);
  ASSERT_TRUE((*opened.log)->RemoveBefore(keep).ok());
  EXPECT_FALSE(*disk_.Exists("/db/log-000003"));
  EXPECT_TRUE(Open(false, keep).log.ok());
}

Vector Sample(const Type& type, size_t rows, bool nulls) {
  VectorBuilder builder(type);
  for (size_t i = 0; i < rows; ++i) {
    if (nulls && i % 3 == 1) {
      builder.AppendNull();
      continue;
    }
    auto n = static_cast<int64_t>(i);
    switch (type.physical()) {
      case PhysicalType::kString:
        builder.Append<std::string_view>("text" + std::to_string(n % 5));
        break;
      case PhysicalType::kBool: builder.Append<uint8_t>(n & 1); break;
      case PhysicalType::kFloat:
      case PhysicalType::kDouble:
        builder.AppendValue(Value::Float(type, static_cast<double>(n) / 3));
        break;
      case PhysicalType::kInterval: builder.Append<Interval>({1, static_cast<int>(n), -n}); break;
      case PhysicalType::kInt128: builder.Append<int128_t>(int128_t{n} << 70); break;
      case PhysicalType::kUInt8:
      case PhysicalType::kUInt16:
      case PhysicalType::kUInt32:
      case PhysicalType::kUInt64:
        builder.AppendValue(Value::UInt(type, static_cast<uint64_t>(n)));
        break;
      default: builder.AppendValue(Value::Int(type, -n)); break;
    }
  }
  return builder.Finish();
}

std::vector<Type> AllTypes() {
  std::vector<Type> types;
  for (int id = 1; id <= static_cast<int>(TypeId::kJson); ++id) {
    if (id == static_cast<int>(TypeId::kDecimal)) continue;
    types.push_back(static_cast<TypeId>(id));
  }
  types.push_back(Type::Decimal(9, 2));
  types.push_back(Type::Decimal(38, 6));
  return types;
}

TEST(ChunkCodecTest, EveryTypeAndEncodingRoundTrips) {
  for (const Type& type : AllTypes()) {
    for (bool nulls : {false, true}) {
      Chunk chunk;
      chunk.num_rows = 70;
      Vector flat = Sample(type, 70, nulls);
      chunk.columns = {flat, Vector::ConstantNull(type, 70), Vector::Constant(flat.GetValue(3), 70),
                       flat.Slice(0, 70)};
      std::string bytes;
      WireWriter out(&bytes);
      EncodeChunk(chunk, &out);
      WireReader in(bytes);
      auto read = DecodeChunk(std::vector<Type>(4, type), &in);
      ASSERT_TRUE(read.ok()) << type.ToString() << read.status().ToString();
      EXPECT_TRUE(in.at_end());
      for (size_t c = 0; c < 4; ++c) {
        for (size_t row = 0; row < 70; ++row) {
          EXPECT_EQ(read->columns[c].GetValue(row), chunk.columns[c].GetValue(row))
              << type.ToString() << " column " << c << " row " << row;
        }
      }
      // Cut anywhere: an error, no crash.
      for (size_t cut = 0; cut < bytes.size(); cut += 7) {
        WireReader part(std::string_view(bytes).substr(0, cut));
        EXPECT_FALSE(DecodeChunk(std::vector<Type>(4, type), &part).ok());
      }
    }
  }
}

TEST(ChunkCodecTest, NestedTypesAndValuesRoundTrip) {
  Type type = Type::Struct({{"a", Type::List(TypeId::kText)}, {"b", Type::Decimal(20, 3)}});
  std::string bytes;
  WireWriter out(&bytes);
  PutType(type, &out);
  Value value = Value::Struct(type, {Value::List(Type::List(TypeId::kText), {Value::Text("x")}),
                                     Value::Int128(Type::Decimal(20, 3), 1234)});
  PutValue(value, &out);
  WireReader in(bytes);
  EXPECT_EQ(GetType(&in), type);
  EXPECT_EQ(GetValue(&in), value);
  EXPECT_TRUE(in.ok() && in.at_end());
}

TEST(DeleteRecordTest, RoundTrips) {
  DeleteRecord record{7, 1, {{3, {1, 2, 9}}}, {{-100, 55, {0, 4}}}};
  auto read = DecodeDelete(EncodeDelete(record));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->segments[0].rows, record.segments[0].rows);
  EXPECT_EQ(read->batches[0].sequence, 55u);
  EXPECT_EQ(read->batches[0].rows, record.batches[0].rows);
  std::string cut = EncodeDelete(record);
  cut.pop_back();
  EXPECT_EQ(DecodeDelete(cut).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace shale
