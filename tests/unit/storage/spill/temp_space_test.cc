#include "storage/spill/temp_space.h"

#include <gtest/gtest.h>

#include "engine/vector/vector_builder.h"
#include "storage/io/simulated_io.h"

namespace shale {
namespace {

Chunk SomeRows(size_t num_rows) {
  VectorBuilder numbers(TypeId::kBigInt), texts(TypeId::kText), lists(Type::List(TypeId::kInteger));
  for (size_t i = 0; i < num_rows; ++i) {
    numbers.Append<int64_t>(static_cast<int64_t>(i) * 3);
    if (i % 5 == 0)
      texts.AppendNull();
    else
      texts.Append<std::string_view>("text " + std::to_string(i));
    lists.child().Append<int32_t>(static_cast<int32_t>(i));
    lists.EndList();
  }
  Chunk chunk;
  chunk.num_rows = num_rows;
  chunk.columns = {numbers.Finish(), texts.Finish(), lists.Finish()};
  return chunk;
}
const std::vector<Type> kTypes = {TypeId::kBigInt, TypeId::kText, Type::List(TypeId::kInteger)};

std::unique_ptr<TempSpace> OpenOn(Disk* disk, int64_t max_bytes = 1 << 20) {
  return TempSpace::Open({disk, "db/temp", max_bytes});
}

TEST(TempSpace, GivesRowsBackInAnyOrder) {
  SimulatedDisk disk(SimulatedDisk::Options{});
  auto space = OpenOn(&disk);
  auto file = space->Create();
  ASSERT_TRUE(file.ok()) << file.status();
  std::vector<SpillBlock> blocks;
  for (size_t rows : {100, 1, 700}) {
    auto block = (*file)->Write(SomeRows(rows));
    ASSERT_TRUE(block.ok()) << block.status();
    blocks.push_back(*block);
  }
  for (size_t b : {2, 0, 1, 0}) {
    auto read = (*file)->Read(blocks[b], kTypes);
    ASSERT_TRUE(read.ok()) << read.status();
    const Chunk expected = SomeRows(blocks[b].rows);
    ASSERT_EQ(read->num_rows, expected.num_rows);
    for (size_t c = 0; c < kTypes.size(); ++c) {
      for (size_t i = 0; i < read->num_rows; ++i) {
        ASSERT_TRUE(read->columns[c].GetValue(i) == expected.columns[c].GetValue(i));
      }
    }
  }
  EXPECT_GT(space->used_bytes(), 0);
  file->reset();
  EXPECT_EQ(space->used_bytes(), 0);
  EXPECT_TRUE(disk.List("db/temp")->empty());
}

// Every byte of a block, one after the other.
TEST(TempSpace, ADamagedBlockIsAnError) {
  SimulatedDisk disk(SimulatedDisk::Options{});
  auto space = OpenOn(&disk);
  auto file = space->Create();
  ASSERT_TRUE(file.ok()) << file.status();
  const SpillBlock first = *(*file)->Write(SomeRows(20));
  const SpillBlock second = *(*file)->Write(SomeRows(20));
  const std::string path = "db/temp/" + disk.List("db/temp")->front();
  auto raw = disk.Open(path, OpenMode::kReadWrite);
  ASSERT_TRUE(raw.ok()) << raw.status();
  for (uint64_t at = first.offset; at < first.offset + first.bytes; ++at) {
    std::byte byte;
    ASSERT_TRUE((*raw)->Read(at, {&byte, 1}).ok());
    const char flipped = static_cast<char>(byte) ^ 0x10;
    ASSERT_TRUE((*raw)->Write(at, {&flipped, 1}).ok());
    const auto read = (*file)->Read(first, kTypes);
    ASSERT_EQ(read.status().code(), StatusCode::kDataLoss) << at;
    EXPECT_NE(Message(read.status()).find(path), std::string_view::npos);
    const char back = static_cast<char>(byte);
    ASSERT_TRUE((*raw)->Write(at, {&back, 1}).ok());
  }
  EXPECT_TRUE((*file)->Read(first, kTypes).ok());
  // A whole block in the place of another one.
  std::string bytes(second.bytes, '\0');
  ASSERT_TRUE(
      (*raw)->Read(second.offset, {reinterpret_cast<std::byte*>(bytes.data()), bytes.size()}).ok());
  ASSERT_EQ(first.bytes, second.bytes);
  ASSERT_TRUE((*raw)->Write(first.offset, bytes).ok());
  EXPECT_EQ((*file)->Read(first, kTypes).status().code(), StatusCode::kDataLoss);
}

TEST(TempSpace, LimitsOfTheDatabaseAndOfAQueryAreNamed) {
  SimulatedDisk disk(SimulatedDisk::Options{});
  auto space = OpenOn(&disk, 40000);
  auto query = QuerySpill::Make(space.get(), 20000);
  auto file = query->Create();
  ASSERT_TRUE(file.ok()) << file.status();
  Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) status = (*file)->Write(SomeRows(200)).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_NE(Message(status).find("the query"), std::string_view::npos) << status;
  EXPECT_NE(Message(status).find("max_temp_size"), std::string_view::npos) << status;
  EXPECT_LE(space->used_bytes(), 20000);
  auto other = space->Create();
  ASSERT_TRUE(other.ok()) << other.status();
  status = OkStatus();
  for (int i = 0; i < 100 && status.ok(); ++i) status = (*other)->Write(SomeRows(200)).status();
  EXPECT_NE(Message(status).find("the database"), std::string_view::npos) << status;
  EXPECT_LE(space->used_bytes(), 40000);
  EXPECT_GT(query->written_bytes(), 0);
}

TEST(TempSpace, LeftoversOfACrashGoAndNothingElse) {
  SimulatedDisk disk(SimulatedDisk::Options{});
  ASSERT_TRUE(disk.MakeDirectory("db/temp").ok());
  ASSERT_TRUE(disk.Open("db/temp/000007.spill", OpenMode::kCreate).ok());
  ASSERT_TRUE(disk.Open("db/temp/notes", OpenMode::kCreate).ok());
  auto space = OpenOn(&disk);
  EXPECT_EQ(*disk.List("db/temp"), std::vector<std::string>{"notes"});
}

TEST(TempSpace, APrivateFolderGoesWithItsSpace) {
  const std::string parent = testing::TempDir() + "/spill_private";
  ASSERT_TRUE(PosixDisk()->MakeDirectory(parent).ok());
  // Of a process that died: nobody holds the lock.
  ASSERT_TRUE(PosixDisk()->MakeDirectory(parent + "/shale-temp-1-1").ok());
  ASSERT_TRUE(PosixDisk()->Open(parent + "/shale-temp-1-1/000001.spill", OpenMode::kCreate).ok());
  {
    auto space = TempSpace::OpenPrivate(parent, 1 << 20);
    auto file = space->Create();
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(PosixDisk()->List(parent)->size(), 1);
    auto other = TempSpace::OpenPrivate(parent, 1 << 20);
    ASSERT_TRUE(other->Create().ok());
    EXPECT_EQ(PosixDisk()->List(parent)->size(), 2);
  }
  EXPECT_TRUE(PosixDisk()->List(parent)->empty());
}

}  // namespace
}  // namespace shale
