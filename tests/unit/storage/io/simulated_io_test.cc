#include "storage/io/simulated_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace shale {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ReadAll(Disk* disk, const std::string& path) {
  auto file = disk->Open(path, OpenMode::kRead);
  if (!file.ok()) return "<" + std::string(Message(file.status())) + ">";
  std::string text(*(*file)->Size(), '\0');
  EXPECT_TRUE((*file)->Read(0, std::as_writable_bytes(std::span(text))).ok());
  return text;
}

// A durable file of the text.
void MakeFile(Disk* disk, const std::string& path, std::string_view text) {
  auto file = *disk->Open(path, OpenMode::kCreate);
  ASSERT_TRUE(file->Write(0, text).ok());
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(disk->SyncDirectory("/").ok());
}

TEST(SimulatedDisk, BehavesLikeADisk) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.MakeDirectory("/db/segments").ok());
  auto file = *disk.Open("/db/a", OpenMode::kCreate);
  EXPECT_TRUE(file->Write(4, "tail").ok());
  EXPECT_EQ(ReadAll(&disk, "/db/a"), std::string("\0\0\0\0tail", 8));
  EXPECT_TRUE(file->Truncate(5).ok());
  EXPECT_TRUE(file->Allocate(7).ok());
  EXPECT_EQ(ReadAll(&disk, "/db/a"), std::string("\0\0\0\0t\0\0", 7));
  char bytes[8];
  EXPECT_EQ(file->Read(0, std::as_writable_bytes(std::span(bytes))).code(), StatusCode::kDataLoss);
  EXPECT_EQ(disk.Open("/db/a", OpenMode::kCreate).status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(disk.Open("/no/a", OpenMode::kCreate).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(disk.Open("/db/b", OpenMode::kRead).status().code(), StatusCode::kNotFound);
  EXPECT_THAT(*disk.List("/db"), ElementsAre("a", "segments"));
  EXPECT_TRUE(disk.Rename("/db/a", "/db/segments/b").ok());
  EXPECT_THAT(*disk.List("/db"), ElementsAre("segments"));
  EXPECT_FALSE(disk.RemoveDirectory("/db/segments").ok());
  EXPECT_TRUE(disk.Remove("/db/segments/b").ok());
  EXPECT_TRUE(disk.RemoveDirectory("/db/segments").ok());
  EXPECT_EQ(disk.used_bytes(), 0u);
  auto reader = disk.Open("/db/c", OpenMode::kCreate);
  EXPECT_EQ((*disk.Open("/db/c", OpenMode::kRead))->Write(0, "x").code(),
            StatusCode::kPermissionDenied);
}

TEST(SimulatedDisk, WhatWasSyncedStays) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedDisk disk;
    const std::string text(5000, 'd');
    MakeFile(&disk, "/a", text);
    disk.Crash(seed);
    EXPECT_EQ(ReadAll(&disk, "/a"), text);
  }
}

// After a cut each sector is what it was or a version written since, and nothing else; over many
// seeds every combination of two sectors is seen, so writes are lost, torn and reordered.
TEST(SimulatedDisk, UnsyncedSectorsAreLostOrKeptOneByOne) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimulatedDisk disk;
    MakeFile(&disk, "/a", std::string(1024, 'a'));
    auto file = *disk.Open("/a", OpenMode::kReadWrite);
    ASSERT_TRUE(file->Write(0, std::string(1024, 'b')).ok());
    ASSERT_TRUE(file->Write(100, std::string(300, 'c')).ok());
    disk.Crash(seed);
    const std::string text = ReadAll(&disk, "/a");
    ASSERT_EQ(text.size(), 1024u);
    const std::string first = text.substr(0, 512), second = text.substr(512);
    const std::string mixed = std::string(100, 'b') + std::string(300, 'c') + std::string(112, 'b');
    ASSERT_TRUE(first == std::string(512, 'a') || first == std::string(512, 'b') || first == mixed);
    ASSERT_TRUE(second == std::string(512, 'a') || second == std::string(512, 'b'));
    seen.insert(first.substr(0, 1) + first.substr(200, 1) + second.substr(0, 1));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"aaa", "aab", "bba", "bbb", "bca", "bcb"}));
}

TEST(SimulatedDisk, SizesAreLostOrKept) {
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedDisk disk;
    MakeFile(&disk, "/a", "abc");
    auto file = *disk.Open("/a", OpenMode::kReadWrite);
    ASSERT_TRUE(file->Write(3, std::string(2000, 'x')).ok());
    ASSERT_TRUE(file->Truncate(1000).ok());
    disk.Crash(seed);
    const std::string text = ReadAll(&disk, "/a");
    EXPECT_EQ(text.substr(0, 3), "abc");
    for (const char c : text.substr(3)) ASSERT_TRUE(c == 'x' || c == '\0');
    sizes.insert(text.size());
  }
  EXPECT_EQ(sizes, (std::set<size_t>{3, 1000, 2003}));
}

TEST(SimulatedDisk, NamesNeedTheDirectorySynced) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedDisk disk;
    MakeFile(&disk, "/old", "old");
    auto file = *disk.Open("/new", OpenMode::kCreate);
    ASSERT_TRUE(file->Write(0, "new").ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk.Rename("/new", "/old").ok());
    EXPECT_EQ(ReadAll(&disk, "/old"), "new");
    if (seed % 2 == 0) {
      ASSERT_TRUE(disk.SyncDirectory("/").ok());
    }
    disk.Crash(seed);
    const std::string text = ReadAll(&disk, "/old");
    if (seed % 2 == 0) {
      EXPECT_EQ(text, "new");
      EXPECT_FALSE(*disk.Exists("/new"));
    } else {
      EXPECT_TRUE(text == "old" || text == "new") << "a rename is whole: " << text;
      seen.insert(text);
    }
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST(SimulatedDisk, RemovalsAreLostOrKept) {
  std::set<bool> seen;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SimulatedDisk disk;
    MakeFile(&disk, "/a", "text");
    ASSERT_TRUE(disk.Remove("/a").ok());
    disk.Crash(seed);
    seen.insert(*disk.Exists("/a"));
    if (*disk.Exists("/a")) {
      EXPECT_EQ(ReadAll(&disk, "/a"), "text");
    }
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST(SimulatedDisk, TheSameSeedCutsTheSameWay) {
  std::map<std::string, std::string> contents[2];
  for (auto& one : contents) {
    SimulatedDisk disk;
    auto file = *disk.Open("/a", OpenMode::kCreate);
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(file->Write(i * 300, std::string(700, static_cast<char>('a' + i % 26))).ok());
      if (i % 9 == 0) {
        ASSERT_TRUE(file->Sync().ok());
      }
    }
    ASSERT_TRUE(disk.SyncDirectory("/").ok());
    disk.Crash(77);
    one = disk.Contents();
  }
  EXPECT_EQ(contents[0], contents[1]);
  EXPECT_EQ(contents[0].size(), 1u);
}

TEST(SimulatedDisk, FilesOpenedBeforeACutAreDead) {
  SimulatedDisk disk;
  MakeFile(&disk, "/a", "abc");
  auto file = *disk.Open("/a", OpenMode::kReadWrite);
  auto lock = *disk.Lock("/lock");
  EXPECT_EQ(disk.Lock("/lock").status().code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(disk.SyncDirectory("/").ok());
  disk.Crash(1);
  EXPECT_EQ(file->Write(0, "x").code(), StatusCode::kUnavailable);
  EXPECT_EQ(file->Size().status().code(), StatusCode::kUnavailable);
  auto again = disk.Lock("/lock");
  EXPECT_TRUE(again.ok());
  lock.reset();  // the dead holder must not free the new lock
  EXPECT_EQ(disk.Lock("/lock").status().code(), StatusCode::kAlreadyExists);
}

TEST(SimulatedDisk, PowerCanGoAtAnyOperation) {
  SimulatedDisk disk;
  MakeFile(&disk, "/a", "abc");
  const uint64_t before = disk.num_operations();
  disk.CutPowerAfter(2);
  EXPECT_TRUE(disk.Open("/a", OpenMode::kReadWrite).ok());
  EXPECT_TRUE(*disk.Exists("/a"));
  EXPECT_EQ(disk.Open("/a", OpenMode::kRead).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(disk.SyncDirectory("/").code(), StatusCode::kUnavailable);
  EXPECT_EQ(disk.num_operations(), before + 4);
  disk.Crash(3);
  EXPECT_EQ(ReadAll(&disk, "/a"), "abc");
}

TEST(SimulatedDisk, FaultsStrikeOnce) {
  SimulatedDisk disk;
  auto file = *disk.Open("/a", OpenMode::kCreate);
  disk.FailOperation(1);
  EXPECT_TRUE(file->Write(0, "a").ok());
  const Status failed = file->Write(1, "b");
  EXPECT_EQ(failed.code(), StatusCode::kInternal);
  EXPECT_THAT(std::string(Message(failed)), HasSubstr("/a: cannot write: Input/output error"));
  EXPECT_TRUE(file->Write(1, "c").ok());
  EXPECT_EQ(ReadAll(&disk, "/a"), "ac");
}

// Pages that a failed sync left behind count as clean: a later sync that succeeds does not help.
TEST(SimulatedDisk, AFailedSyncLosesWhatWasWritten) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimulatedDisk disk;
    MakeFile(&disk, "/a", "old");
    auto file = *disk.Open("/a", OpenMode::kReadWrite);
    ASSERT_TRUE(file->Write(0, "new").ok());
    disk.FailSync(0);
    EXPECT_EQ(file->Sync().code(), StatusCode::kInternal);
    EXPECT_EQ(ReadAll(&disk, "/a"), "new");
    EXPECT_TRUE(file->Sync().ok());
    disk.Crash(seed);
    EXPECT_EQ(ReadAll(&disk, "/a"), "old");
  }
}

TEST(SimulatedDisk, FillsUp) {
  SimulatedDisk disk;
  disk.SetCapacity(1000);
  auto file = *disk.Open("/a", OpenMode::kCreate);
  EXPECT_TRUE(file->Write(0, std::string(600, 'x')).ok());
  EXPECT_EQ(file->Write(600, std::string(600, 'x')).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(file->Allocate(1001).code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(file->Write(0, std::string(600, 'y')).ok()) << "overwriting takes no room";
  disk.SetCapacity(2000);
  EXPECT_TRUE(file->Write(600, std::string(600, 'x')).ok());
  EXPECT_EQ(disk.used_bytes(), 1200u);
  EXPECT_TRUE(disk.Remove("/a").ok());
  EXPECT_EQ(disk.used_bytes(), 0u);
}

TEST(SimulatedDisk, FlipsBitsForGood) {
  SimulatedDisk disk;
  MakeFile(&disk, "/a", "abc");
  ASSERT_TRUE(disk.FlipBit("/a", 1, 0).ok());
  EXPECT_EQ(ReadAll(&disk, "/a"), "acc");
  disk.Crash(5);
  EXPECT_EQ(ReadAll(&disk, "/a"), "acc");
  EXPECT_EQ(disk.FlipBit("/a", 3, 0).code(), StatusCode::kOutOfRange);
  EXPECT_EQ(disk.FlipBit("/b", 0, 0).code(), StatusCode::kNotFound);
}

TEST(SimulatedDisk, RestoresContents) {
  SimulatedDisk disk;
  MakeFile(&disk, "/gone", "x");
  disk.Restore({{"/db/log", "log"}, {"/db/segments/1", "one"}});
  EXPECT_FALSE(*disk.Exists("/gone"));
  disk.Crash(9);
  EXPECT_EQ(ReadAll(&disk, "/db/log"), "log");
  EXPECT_THAT(*disk.List("/db"), ElementsAre("log", "segments"));
  EXPECT_EQ(disk.Contents().size(), 2u);
}

TEST(SimulatedDisk, WithoutAPastNothingIsLost) {
  SimulatedDisk disk({.track_durability = false});
  auto file = *disk.Open("/a", OpenMode::kCreate);
  ASSERT_TRUE(file->Write(0, "abc").ok());
  disk.Crash(1);
  EXPECT_EQ(ReadAll(&disk, "/a"), "abc");
}

// Threads of a simulated run are interleaved at the disk's operations, by the seed alone.
TEST(SimulatedDisk, SwitchesThreadsAtOperations) {
  const auto run = [](uint64_t seed) {
    SimulatedScheduler scheduler(seed);
    SimulatedDisk disk;
    auto file = disk.Open("/a", OpenMode::kCreate);
    Mutex mutex;
    std::string order;
    const auto work = [&](char name) {
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE((*file)->Write(0, "x").ok());
        MutexLock lock(&mutex);
        order += name;
      }
    };
    Thread first("first", [&] { work('a'); });
    Thread second("second", [&] { work('b'); });
    first.Join();
    second.Join();
    return order;
  };
  std::set<std::string> orders;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const std::string order = run(seed);
    EXPECT_EQ(order, run(seed));
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 1u);
}

}  // namespace
}  // namespace shale
