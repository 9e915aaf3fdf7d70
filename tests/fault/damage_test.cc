// Damage that is no power cut: flipped bits, failed fsyncs, full disks, a second opener.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/storage/table/event_table.h"

namespace shale {
namespace {

using ::testing::HasSubstr;

class DamageTest : public ::testing::Test {
 protected:
  void Open() {
    store_.reset();
    auto opened = Store::Open("/db", TestOptions(&disk_));
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = *std::move(opened);
    schema_ = FindTable(*store_->snapshot(), "events");
    if (!schema_) {
      auto made = store_->CreateTable(EventSchema());
      ASSERT_TRUE(made.ok());
      schema_ = *made;
    }
  }
  Status Insert(int64_t first, int64_t count) {
    return store_->Insert(*schema_, ToChunks(MakeEvents(first, count)));
  }
  size_t Rows() { return ReadEvents(store_->snapshot(), schema_->table_id).size(); }
  // The process dies; what it had written stays written.
  void Kill() {
    disk_.CutPowerAfter(0);
    store_.reset();
  }

  SimulatedDisk disk_;
  std::unique_ptr<Store> store_;
  TableSchemaPtr schema_;
};

TEST_F(DamageTest, AFlippedBitInTheLogIsAnErrorBelowTheMarkAndNeverLostSilently) {
  Open();
  ASSERT_OK(Insert(0, 50));
  ASSERT_OK(Insert(50, 50));
  ASSERT_OK(Insert(100, 50));
  Kill();
  disk_.Crash(1);
  auto contents = disk_.Contents();
  const std::string& log = contents.at("/db/log-000001");
  size_t end = log.find_last_not_of('\0') + 1;
  int errors = 0, tried = 0;
  std::vector<size_t> torn;
  for (size_t at = 12288; at < end; at += 37, ++tried) {
    disk_.Restore(contents);
    ASSERT_OK(disk_.FlipBit("/db/log-000001", at, static_cast<int>(at % 8)));
    auto opened = Store::Open("/db", TestOptions(&disk_));
    if (!opened.ok()) {
      EXPECT_EQ(opened.status().code(), StatusCode::kDataLoss);
      EXPECT_THAT(opened.status().ToString(), HasSubstr("/db/log-000001"));
      ++errors;
      continue;
    }
    // Only the last group, whose mark was not durable yet, may pass for a torn write.
    EXPECT_GT((*opened)->recovery().torn_bytes, 0u) << at;
    EXPECT_EQ(RowCount(*(*opened)->snapshot(), schema_->table_id), 100u) << at;
    torn.push_back(at);
  }
  EXPECT_GT(errors, tried / 2);
}

TEST_F(DamageTest, AnOrderlyCloseLeavesNoWindow) {
  Open();
  ASSERT_OK(Insert(0, 50));
  store_.reset();
  auto contents = disk_.Contents();
  for (const char* path : {"/db/log-000001", "/db/catalog"}) {
    for (size_t at = 0; at < contents.at(path).size(); at += 11) {
      disk_.Restore(contents);
      ASSERT_OK(disk_.FlipBit(path, at, static_cast<int>(at % 8)));
      auto opened = Store::Open("/db", TestOptions(&disk_));
      if (!opened.ok()) {
        EXPECT_THAT(opened.status().ToString(), HasSubstr(path));
        continue;
      }
      // One of the two marks, and the bytes that nothing uses, may be bad without harm.
      EXPECT_EQ(ReadEvents((*opened)->snapshot(), schema_->table_id), MakeEvents(0, 50)) << at;
    }
  }
}

TEST_F(DamageTest, AFlippedBitInASegmentIsAnError) {
  Open();
  ASSERT_OK(Insert(0, 500));
  ASSERT_OK(store_->SealAll());
  store_.reset();
  auto contents = disk_.Contents();
  int found = 0;
  for (const auto& [path, bytes] : contents) {
    if (path.find(".seg") == std::string::npos) continue;
    ++found;
    for (size_t at = 0; at < bytes.size(); at += 97) {
      disk_.Restore(contents);
      ASSERT_OK(disk_.FlipBit(path, at, static_cast<int>(at % 8)));
      auto opened = Store::Open("/db", TestOptions(&disk_));
      if (!opened.ok()) {
        EXPECT_THAT(opened.status().ToString(), HasSubstr(path));
        continue;
      }
      ScanSpec spec;
      spec.columns = {1, 2, 3, 4, kSeqColumn};
      auto source = MakeTableSource((*opened)->snapshot(), schema_->table_id, spec, nullptr);
      ExecutionContext context;
      auto state = source->MakeState(&context);
      Chunk chunk;
      size_t rows = 0;
      StatusOr<bool> more = true;
      while (more.ok() && *more) {
        more = source->Next(state.get(), &chunk);
        if (more.ok() && *more) rows += chunk.num_rows;
      }
      if (more.ok()) {
        EXPECT_EQ(rows, 500u);
        EXPECT_EQ(ReadEvents((*opened)->snapshot(), schema_->table_id), MakeEvents(0, 500))
            << path << " " << at;
      } else {
        EXPECT_EQ(more.status().code(), StatusCode::kDataLoss);
        EXPECT_THAT(more.status().ToString(), HasSubstr(path));
      }
    }
  }
  EXPECT_GT(found, 0);
}

TEST_F(DamageTest, AFailedSyncStopsWritingUntilTheNextOpen) {
  Open();
  ASSERT_OK(Insert(0, 10));
  disk_.FailSync(0);
  Status status = Insert(10, 10);
  EXPECT_FALSE(status.ok());
  status = Insert(20, 10);
  EXPECT_THAT(status.ToString(), HasSubstr("reading goes on"));
  EXPECT_FALSE(store_->CreateView({"v", "SELECT 1", {}}, false).ok());
  EXPECT_EQ(Rows(), 10u);
  store_.reset();
  Open();
  EXPECT_GE(Rows(), 10u);
  EXPECT_LE(Rows(), 20u);
  EXPECT_OK(Insert(30, 10));
}

TEST_F(DamageTest, AFailedCatalogSyncStopsWritingToo) {
  Open();
  ASSERT_OK(Insert(0, 10));
  disk_.FailSync(disk_.num_operations() == 0 ? 0 : 1);
  Status status = OkStatus();
  for (int i = 0; i < 4 && status.ok(); ++i) {
    status = store_->CreateView({"v" + std::to_string(i), "SELECT 1", {}}, false);
  }
  EXPECT_FALSE(status.ok());
  size_t views = Views(*store_->snapshot()).size();
  store_.reset();
  Open();
  EXPECT_GE(Views(*store_->snapshot()).size(), views);
  EXPECT_EQ(Rows(), 10u);
  EXPECT_OK(Insert(10, 10));
}

TEST_F(DamageTest, AFullDiskRefusesAndRecoversWhenEnlarged) {
  Open();
  ASSERT_OK(Insert(0, 100));
  disk_.SetCapacity(disk_.used_bytes() + 20000);
  int64_t next = 100, acknowledged = 100;
  Status status = OkStatus();
  for (int i = 0; i < 2000 && status.ok(); ++i) {
    status = Insert(next, 100);
    next += 100;
    if (status.ok()) acknowledged += 100;
  }
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.ToString();
  EXPECT_EQ(Rows(), static_cast<size_t>(acknowledged));
  disk_.SetCapacity(disk_.used_bytes());
  EXPECT_EQ(store_->SealAll().code(), StatusCode::kResourceExhausted);
  auto bulk = store_->StartBulk(*schema_, 1);
  ASSERT_OK((*bulk)->Append(0, ToChunks(MakeEvents(900000, 8000))[0]));
  EXPECT_EQ((*bulk)->Commit("").code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(Rows(), static_cast<size_t>(acknowledged));
  disk_.SetCapacity(0);
  ASSERT_OK(Insert(next, 100));
  ASSERT_OK(store_->SealAll());
  EXPECT_EQ(Rows(), static_cast<size_t>(acknowledged + 100));
  store_.reset();
  Open();
  EXPECT_EQ(Rows(), static_cast<size_t>(acknowledged + 100));
}

TEST_F(DamageTest, TheSecondOpenerIsToldWhoHasIt) {
  Open();
  auto second = Store::Open("/db", TestOptions(&disk_));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kAlreadyExists);
  store_.reset();
  EXPECT_TRUE(Store::Open("/db", TestOptions(&disk_)).ok());
}

TEST_F(DamageTest, MissingFilesAreNamed) {
  Open();
  ASSERT_OK(Insert(0, 10));
  ASSERT_OK(store_->SealAll());
  store_.reset();
  auto contents = disk_.Contents();
  for (const auto& [path, bytes] : contents) {
    if (path.find("LOCK") != std::string::npos) continue;
    auto without = contents;
    without.erase(path);
    disk_.Restore(without);
    auto opened = Store::Open("/db", TestOptions(&disk_));
    if (path.find(".seg") != std::string::npos) {  // the rest stays readable
      ASSERT_OK(opened.status());
      ASSERT_EQ((*opened)->recovery().notes.size(), 1u);
      EXPECT_THAT((*opened)->recovery().notes[0], HasSubstr(path));
      continue;
    }
    ASSERT_FALSE(opened.ok()) << path;
    EXPECT_EQ(opened.status().code(), StatusCode::kDataLoss);
  }
}

TEST_F(DamageTest, WhatIsNoDatabaseIsSaidSo) {
  StoreOptions options = TestOptions(&disk_);
  options.create = false;
  EXPECT_EQ(Store::Open("/nowhere", options).status().code(), StatusCode::kNotFound);
  disk_.Restore({{"/docs/letter.txt", "dear all"}});
  Status status = Store::Open("/docs", TestOptions(&disk_)).status();
  EXPECT_THAT(status.ToString(), HasSubstr("no catalog"));
}

}  // namespace
}  // namespace shale
