#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "storage/io/io.h"

namespace shale {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PosixDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "shale_io_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string ReadAll(File* file) {
    std::string text(*file->Size(), '\0');
    EXPECT_TRUE(file->Read(0, std::as_writable_bytes(std::span(text))).ok());
    return text;
  }

  std::string folder_;
  Disk* const disk_ = PosixDisk();
};

TEST_F(PosixDiskTest, WritesAndReads) {
  auto file = disk_->Open(Path("a"), OpenMode::kCreate);
  ASSERT_TRUE(file.ok()) << Message(file.status());
  EXPECT_TRUE((*file)->Write(0, "hello").ok());
  EXPECT_TRUE((*file)->Write(3, "p me").ok());
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_EQ(ReadAll(file->get()), "help me");
  EXPECT_TRUE((*file)->Truncate(4).ok());
  EXPECT_EQ(*(*file)->Size(), 4u);
  EXPECT_TRUE((*file)->Allocate(8).ok());
  EXPECT_EQ(ReadAll(file->get()), std::string("help\0\0\0\0", 8));
  EXPECT_TRUE((*file)->Allocate(2).ok());
  EXPECT_EQ(*(*file)->Size(), 8u) << "Allocate never shrinks";
}

TEST_F(PosixDiskTest, ShortReadIsDataLoss) {
  auto file = *disk_->Open(Path("a"), OpenMode::kCreate);
  ASSERT_TRUE(file->Write(0, "abc").ok());
  char bytes[8];
  const Status status = file->Read(1, std::as_writable_bytes(std::span(bytes)));
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(status)), HasSubstr(Path("a")));
}

TEST_F(PosixDiskTest, ErrorsHaveTheirCodesAndNameThePath) {
  EXPECT_EQ(disk_->Open(Path("none"), OpenMode::kRead).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(disk_->Open(Path("a"), OpenMode::kCreate).ok());
  const Status twice = disk_->Open(Path("a"), OpenMode::kCreate).status();
  EXPECT_EQ(twice.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(Message(twice)), HasSubstr(Path("a")));
  EXPECT_EQ(disk_->Remove(Path("none")).code(), StatusCode::kNotFound);
  EXPECT_EQ(disk_->Rename(Path("none"), Path("b")).code(), StatusCode::kNotFound);
  EXPECT_EQ(disk_->List(Path("none")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(disk_->MakeDirectory(Path("a")).code(), StatusCode::kAlreadyExists);
}

TEST_F(PosixDiskTest, Directories) {
  ASSERT_TRUE(disk_->MakeDirectory(Path("x/y/z")).ok());
  ASSERT_TRUE(disk_->MakeDirectory(Path("x/y/z")).ok());
  ASSERT_TRUE(disk_->Open(Path("x/b"), OpenMode::kCreate).ok());
  ASSERT_TRUE(disk_->Open(Path("x/a"), OpenMode::kCreate).ok());
  EXPECT_THAT(*disk_->List(Path("x")), ElementsAre("a", "b", "y"));
  EXPECT_TRUE(disk_->Rename(Path("x/a"), Path("x/b")).ok()) << "replaces";
  EXPECT_THAT(*disk_->List(Path("x")), ElementsAre("b", "y"));
  EXPECT_TRUE(disk_->SyncDirectory(Path("x")).ok());
  EXPECT_FALSE(disk_->RemoveDirectory(Path("x")).ok());
  EXPECT_TRUE(disk_->RemoveDirectory(Path("x/y/z")).ok());
  EXPECT_TRUE(*disk_->Exists(Path("x/y")));
  EXPECT_FALSE(*disk_->Exists(Path("x/y/z")));
}

TEST_F(PosixDiskTest, LockNamesItsHolder) {
  auto lock = disk_->Lock(Path("lock"));
  ASSERT_TRUE(lock.ok()) << Message(lock.status());
  const Status refused = disk_->Lock(Path("lock")).status();
  EXPECT_EQ(refused.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("process " + std::to_string(getpid())));
  lock->reset();
  EXPECT_TRUE(disk_->Lock(Path("lock")).ok());
}

TEST_F(PosixDiskTest, ReadBatchAnswersEachRequest) {
  auto file = *disk_->Open(Path("a"), OpenMode::kCreate);
  ASSERT_TRUE(file->Write(0, "0123456789").ok());
  char first[3], second[4], past[4];
  ReadRequest requests[] = {
      {file.get(), 7, std::as_writable_bytes(std::span(first)), OkStatus()},
      {file.get(), 8, std::as_writable_bytes(std::span(past)), OkStatus()},
      {file.get(), 0, std::as_writable_bytes(std::span(second)), OkStatus()},
  };
  disk_->ReadBatch(requests);
  EXPECT_TRUE(requests[0].status.ok());
  EXPECT_EQ(requests[1].status.code(), StatusCode::kDataLoss);
  EXPECT_TRUE(requests[2].status.ok());
  EXPECT_EQ(std::string(first, 3), "789");
  EXPECT_EQ(std::string(second, 4), "0123");
}

}  // namespace
}  // namespace shale
