// A damaged segment through SQL: found by CHECK, kept from queries, given up or brought back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/database.h"
#include "storage/io/simulated_io.h"

namespace shale {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Notices : public ResultReceiver {
 public:
  Status Begin(const std::vector<ResultColumn>&) override { return OkStatus(); }
  StatusOr<Flow> Rows(const Chunk&) override { return Flow::kMore; }
  Status End(const std::string&, uint64_t) override { return OkStatus(); }
  void Notice(std::string_view, std::string_view, std::string_view message) override {
    texts.emplace_back(message);
  }
  std::vector<std::string> texts;
};

class QuarantineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Open();
    Run("CREATE TABLE t (ts TIMESTAMP, id BIGINT, word TEXT) TIMESTAMP(ts) PARTITION BY DAY");
    Run("INSERT INTO t SELECT TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '1 hour' * (i / 1000), i, "
        "'word ' || i FROM generate_series(0, 29999) s(i)");
    Run("CREATE TABLE other AS SELECT 1 AS one");
    Run("CHECKPOINT");
  }

  void Open() {
    connection_.reset();
    database_.reset();
    DatabaseOptions options;
    options.disk = &disk_;
    options.create = true;
    options.background_jobs = false;
    auto opened = Database::Open("/db", options);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    database_ = *std::move(opened);
    connection_ = database_->Connect();
  }

  void Run(const std::string& sql) {
    Status status = connection_->Query(sql).status();
    ASSERT_TRUE(status.ok()) << sql << ": " << status.ToString();
  }
  std::string Error(const std::string& sql) {
    Status status = connection_->Query(sql).status();
    EXPECT_FALSE(status.ok()) << sql;
    return std::string(Message(status));
  }
  int64_t Number(const std::string& sql) {
    auto result = connection_->Query(sql);
    EXPECT_TRUE(result.ok()) << sql << ": " << result.status().ToString();
    return result.ok() && result->num_rows > 0 ? result->ValueAt(0, 0).AsInt() : -1;
  }
  std::string SegmentPath(const std::string& partition) {
    auto result = connection_->Query(
        "SELECT path FROM shale_segments WHERE table_name = 't' AND partition = '" + partition +
        "'");
    return std::string(result->ValueAt(0, 0).AsString());
  }
  // Turns over a bit in the middle of the first day's segment: in a block.
  void Damage(uint64_t offset = 40) {
    path_ = SegmentPath("2024-01-01");
    good_ = disk_.Contents()[path_];
    ASSERT_TRUE(disk_.FlipBit(path_, offset, 3).ok());
  }

  SimulatedDisk disk_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  std::string path_, good_;
};

TEST_F(QuarantineTest, CheckFindsNothingWrongWithASoundDatabase) {
  EXPECT_EQ(connection_->Query("CHECK ALL")->num_rows, 0u);
  EXPECT_EQ(connection_->Query("CHECK TABLE t")->num_rows, 0u);
  Open();
  EXPECT_EQ(connection_->Query("CHECK ALL")->num_rows, 0u);
}

TEST_F(QuarantineTest, CheckNamesFileColumnAndBlock) {
  Damage();
  auto result = connection_->Query("CHECK TABLE t");
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  ASSERT_EQ(result->num_rows, 1u);
  EXPECT_EQ(result->ValueAt(0, 0).AsString(), "t");
  EXPECT_EQ(result->ValueAt(0, 2).AsString(), path_);
  EXPECT_FALSE(result->ValueAt(0, 3).is_null());
  EXPECT_THAT(std::string(result->ValueAt(0, 5).AsString()), HasSubstr(path_));
}

TEST_F(QuarantineTest, QueriesThatNeedItAreRefusedOthersAnswer) {
  Damage();
  Run("CHECK TABLE t");
  for (int round = 0; round < 2; ++round) {
    for (const char* sql : {"SELECT count(*) FROM t", "SELECT min(id) FROM t",
                            "SELECT sum(id) FROM t", "SELECT id FROM t ORDER BY ts LIMIT 3",
                            "SELECT ts, count(*) FROM t GROUP BY ts", "DELETE FROM t WHERE id = 3",
                            "SELECT count(*) FROM t WHERE ts < '2024-01-01 05:00:00'"}) {
      EXPECT_THAT(Error(sql), AllOf(HasSubstr("quarantine"), HasSubstr(path_),
                                    HasSubstr("DROP SEGMENT"), HasSubstr("partition 2024-01-01")))
          << sql;
    }
    EXPECT_EQ(Number("SELECT count(*) FROM t WHERE ts >= '2024-01-02'"), 6000);
    EXPECT_EQ(Number("SELECT one FROM other"), 1);
    Run("INSERT INTO t VALUES ('2024-01-02 07:00:00', 1, 'x')");
    Run("DELETE FROM t WHERE id = 1 AND ts >= '2024-01-02'");
    Run("OPTIMIZE TABLE t");
    Open();  // it is remembered
  }
}

TEST_F(QuarantineTest, ASessionMayDoWithoutIt) {
  Damage();
  Run("CHECK TABLE t");
  Run("SET skip_quarantined = on");
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 6000);
  EXPECT_EQ(Number("SELECT min(id) FROM t"), 24000);
  Notices notices;
  ASSERT_TRUE(connection_->Run("SELECT id FROM t", &notices).ok());
  ASSERT_EQ(notices.texts.size(), 1u);
  EXPECT_THAT(notices.texts[0], AllOf(HasSubstr("table \"t\""), HasSubstr("24000 rows")));
  notices.texts.clear();
  ASSERT_TRUE(connection_->Run("SELECT one FROM other", &notices).ok());
  EXPECT_TRUE(notices.texts.empty());
  Run("RESET skip_quarantined");
  Error("SELECT count(*) FROM t");
}

TEST_F(QuarantineTest, ItCanBeGivenUp) {
  Damage();
  EXPECT_THAT(Error("ALTER TABLE t DROP SEGMENT 1"), HasSubstr("not in quarantine"));
  EXPECT_THAT(Error("ALTER TABLE t DROP SEGMENTS 1"), HasSubstr("DROP SEGMENT number"));
  Run("CHECK ALL");
  int64_t id = Number("SELECT segment FROM shale_segments WHERE damage IS NOT NULL");
  Run("ALTER TABLE t DROP SEGMENT " + std::to_string(id));
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 6000);
  EXPECT_FALSE(disk_.Contents().contains(path_));
  Open();
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 6000);
  EXPECT_EQ(connection_->Query("CHECK ALL")->num_rows, 0u);
}

TEST_F(QuarantineTest, ItCanBeBroughtBack) {
  Run("DELETE FROM t WHERE id < 10");
  Damage();
  Run("CHECK TABLE t");
  ASSERT_TRUE(disk_.FlipBit(path_, 40, 3).ok());
  EXPECT_THAT(Error("SELECT count(*) FROM t"), HasSubstr("quarantine"));
  EXPECT_EQ(connection_->Query("CHECK TABLE t")->num_rows, 0u);
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 29990);
  Open();
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 29990);
}

TEST_F(QuarantineTest, AMissingFileLeavesTheRestReadable) {
  Damage();
  auto contents = disk_.Contents();
  connection_.reset();
  database_.reset();
  contents = disk_.Contents();
  contents.erase(path_);
  disk_.Restore(contents);
  Open();
  ASSERT_EQ(database_->store().recovery().notes.size(), 1u);
  EXPECT_THAT(database_->store().recovery().notes[0], HasSubstr(path_));
  EXPECT_THAT(Error("SELECT count(*) FROM t"), HasSubstr("the file is missing"));
  EXPECT_EQ(Number("SELECT count(*) FROM t WHERE ts >= '2024-01-02'"), 6000);
  EXPECT_EQ(connection_->Query("CHECK ALL")->num_rows, 1u);
  // Brought back while the database is open.
  connection_.reset();
  database_.reset();
  contents = disk_.Contents();
  contents[path_] = good_;
  disk_.Restore(contents);
  Open();
  Error("SELECT count(*) FROM t");
  Run("CHECK ALL");
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 30000);
}

TEST_F(QuarantineTest, ADamagedFooterLeavesTheRestReadable) {
  path_ = SegmentPath("2024-01-01");
  const uint64_t size = disk_.Contents()[path_].size();
  Damage(size - 60);
  Open();
  EXPECT_THAT(Error("SELECT count(*) FROM t"), HasSubstr(path_));
  EXPECT_EQ(Number("SELECT count(*) FROM t WHERE ts >= '2024-01-02'"), 6000);
  Run("DROP TABLE t");
  EXPECT_FALSE(disk_.Contents().contains(path_));
}

TEST_F(QuarantineTest, CompactionPutsWhatItCannotReadAside) {
  Run("INSERT INTO t SELECT TIMESTAMP '2024-01-01 00:00:00', i, 'again' FROM generate_series(1, 9) "
      "s(i)");
  Run("CHECKPOINT");
  Damage();
  EXPECT_THAT(Error("OPTIMIZE TABLE t"), HasSubstr(path_));
  EXPECT_THAT(Error("SELECT count(*) FROM t"), HasSubstr("quarantine"));
  Run("OPTIMIZE TABLE t");
}

TEST_F(QuarantineTest, DamageOfTheLogAndTheCatalogIsFound) {
  Run("INSERT INTO t VALUES ('2024-01-02 07:00:00', 1, 'x')");
  for (const char* name : {"/db/catalog", "/db/log-000001"}) {
    const auto contents = disk_.Contents();
    const std::string& bytes = contents.at(name);
    for (uint64_t offset : {uint64_t{10}, uint64_t{4100}, uint64_t{8200}, uint64_t{8000},
                            uint64_t{12300}, uint64_t{bytes.size() - 1}}) {
      ASSERT_TRUE(disk_.FlipBit(name, offset, 0).ok());
      auto result = connection_->Query("CHECK ALL");
      ASSERT_TRUE(result.ok());
      ASSERT_EQ(result->num_rows, 1u) << name << " at " << offset;
      EXPECT_EQ(result->ValueAt(0, 2).AsString(), name);
      ASSERT_TRUE(disk_.FlipBit(name, offset, 0).ok());
    }
  }
}

}  // namespace
}  // namespace shale
