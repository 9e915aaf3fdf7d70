// Whole loads into a database in memory.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tools/load/command.h"

namespace shale {
namespace {

class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/load_test";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto database = Database::OpenInMemory();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    connection_ = database_->Connect();
  }

  std::string File(const std::string& name, const std::string& text) {
    std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string ReadAll(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  int Load(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--rejects", rejects()});
    return LoadInto(database_.get(), arguments, &output_);
  }
  std::string rejects() const { return folder_ + "/rejects.ndjson"; }
  std::string Ask(const std::string& sql) {
    auto result = connection_->Query(sql);
    if (!result.ok()) return "error: " + std::string(Message(result.status()));
    std::string text;
    for (uint64_t row = 0; row < result->num_rows; ++row) {
      for (size_t column = 0; column < result->columns.size(); ++column) {
        text += (column > 0 ? "," : "") + ToText(result->ValueAt(row, column));
      }
      text += "\n";
    }
    return text;
  }
  static std::string ToText(const Value& value);

  std::string folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  std::string output_;
};

std::string LoadTest::ToText(const Value& value) {
  if (value.is_null()) return "NULL";
  switch (value.type().id()) {
    case TypeId::kText: return value.AsString();
    default: return std::to_string(value.AsInt());
  }
}

TEST_F(LoadTest, CreatesAndFills) {
  std::string path = File("a.csv", "id,name\n1,x\n2,\n3,\"\"\n");
  ASSERT_EQ(Load({"--table", "t", "--create", path}), kLoadDone) << output_;
  EXPECT_NE(output_.find("CREATE TABLE t ("), std::string::npos) << output_;
  EXPECT_NE(output_.find("loaded 3 rows into t"), std::string::npos) << output_;
  EXPECT_EQ(Ask("SELECT id, name FROM t ORDER BY id"), "1,x\n2,NULL\n3,\n");
  EXPECT_FALSE(std::filesystem::exists(rejects()));
}

TEST_F(LoadTest, AddsToATableByNameWithDefaults) {
  ASSERT_TRUE(
      connection_->Query("CREATE TABLE t (extra TEXT DEFAULT 'd', \"ID\" INTEGER, name TEXT)")
          .ok());
  std::string path = File("a.csv", "name,id,unknown\nx,1,5\ny,2,6\n");
  ASSERT_EQ(Load({"--table", "t", path}), kLoadDone) << output_;
  EXPECT_NE(output_.find("unknown"), std::string::npos) << output_;
  EXPECT_EQ(Ask("SELECT extra, id, name FROM t ORDER BY id"), "d,1,x\nd,2,y\n");
  EXPECT_EQ(Load({"--table", "t", "--create", path}), kLoadFailed);
  EXPECT_NE(output_.find("leave out --create"), std::string::npos) << output_;
}

TEST_F(LoadTest, RefusedRowsAreKept) {
  ASSERT_TRUE(connection_->Query("CREATE TABLE t (a SMALLINT NOT NULL, b VARCHAR(3))").ok());
  std::string path = File("a.csv", "a,b\n1,abc\nx,abc\n99999,abc\n,abc\n5,abcd\n6,äöü\n7\n");
  ASSERT_EQ(Load({"--table", "t", "--max-errors", "10", path}), kLoadDone) << output_;
  EXPECT_EQ(Ask("SELECT a, b FROM t ORDER BY a"), "1,abc\n6,äöü\n");
  std::string lines = ReadAll(rejects());
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 5) << lines;
  EXPECT_NE(lines.find("\"line\":3,\"column\":\"a\",\"reason\":\"invalid input syntax"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("\"raw\":\"99999,abc\""), std::string::npos) << lines;
  EXPECT_NE(lines.find("\"line\":5,\"column\":\"a\",\"reason\":\"NULL"), std::string::npos)
      << lines;
  EXPECT_NE(lines.find("\"line\":6,\"column\":\"b\""), std::string::npos) << lines;
}

TEST_F(LoadTest, OverTheLimitNothingIsLoaded) {
  std::string good = File("a.csv", "a\n1\n2\n");
  ASSERT_EQ(Load({"--table", "t", "--create", good}), kLoadDone) << output_;
  std::string bad = File("b.csv", "a\n3\nx\n");
  EXPECT_EQ(Load({"--table", "t", bad}), kLoadOverLimit) << output_;
  EXPECT_NE(output_.find("nothing was loaded"), std::string::npos) << output_;
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "2\n");
  EXPECT_EQ(Load({"--table", "t", "--max-errors", "0", bad}), kLoadOverLimit);
  EXPECT_EQ(Load({"--table", "t", "--max-errors", "50%", bad}), kLoadDone) << output_;
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "3\n");
}

TEST_F(LoadTest, AFailedCreateLeavesNoTable) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += "1,2\n";
  for (int i = 0; i < 50; ++i) text += "1\n";
  EXPECT_EQ(Load({"--table", "t", "--create", File("a.csv", text)}), kLoadOverLimit) << output_;
  EXPECT_NE(Ask("SELECT count(*) FROM t").find("error"), std::string::npos);
}

TEST_F(LoadTest, DryRunOnlyPrints) {
  std::string path = File("a.csv", "at,x\n2020-01-01 00:00:00,1\n");
  ASSERT_EQ(Load({"--table", "t", "--dry-run", path}), kLoadDone) << output_;
  EXPECT_NE(output_.find("TIMESTAMP (at) PARTITION BY MONTH"), std::string::npos) << output_;
  EXPECT_NE(Ask("SELECT count(*) FROM t").find("error"), std::string::npos);
}

TEST_F(LoadTest, ResumingTwiceLoadsOnce) {
  std::string path = File("a.csv", "a\n1\n2\n3\n");
  ASSERT_EQ(Load({"--table", "t", "--create", "--resume", path}), kLoadDone) << output_;
  ASSERT_EQ(Load({"--table", "t", "--create", "--resume", path}), kLoadDone) << output_;
  EXPECT_NE(output_.find("3 rows from an earlier run"), std::string::npos) << output_;
  EXPECT_EQ(Ask("SELECT count(*), sum(a) FROM t"), "3,6\n");
  File("a.csv", "a\n1\n2\n3\n4\n");
  std::string other = File("b.csv", "a\n5\n");
  ASSERT_EQ(Load({"--table", "t", "--resume", other}), kLoadDone) << output_;
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "4\n");
}

TEST_F(LoadTest, SeveralFilesAndJson) {
  File("1.ndjson", "{\"a\":1,\"b\":{\"c\":2}}\n");
  File("2.ndjson", "{\"a\":2}\n{\"a\":3,\"z\":0}\n");
  ASSERT_EQ(Load({"--table", "t", "--create", "--flatten", "--json", folder_ + "/*.ndjson"}),
            kLoadDone)
      << output_;
  EXPECT_NE(output_.find("\"rows\":3"), std::string::npos) << output_;
  EXPECT_EQ(Ask("SELECT a, \"b.c\", z FROM t ORDER BY a"), "1,2,NULL\n2,NULL,NULL\n3,NULL,0\n");
}

TEST_F(LoadTest, HeaderlessFiles) {
  std::string path = File("a.csv", "1,x\n2,y\n");
  ASSERT_EQ(Load({"--table", "t", "--create", "--no-header", "--columns", "n,s", path}), kLoadDone)
      << output_;
  ASSERT_EQ(Load({"--table", "t", "--no-header", path}), kLoadDone) << output_;
  EXPECT_EQ(Ask("SELECT count(*), sum(n), max(s) FROM t"), "4,6,y\n");
}

TEST_F(LoadTest, UsageErrors) {
  std::string path = File("a.csv", "a\n1\n");
  EXPECT_EQ(Load({"--table", "t", "--format", "xml", path}), kLoadUsage);
  EXPECT_EQ(Load({"--table", "t", "--partition-by", "YEAR", path}), kLoadUsage);
  EXPECT_EQ(Load({"--table", "t", "--resume", "-"}), kLoadUsage);
  EXPECT_EQ(Load({path}), kLoadUsage);
  EXPECT_EQ(Load({"--table", "t", "--create", "/nowhere/at/all.csv"}), kLoadFailed);
  EXPECT_EQ(Load({"--table", "t", path}), kLoadFailed);
  EXPECT_NE(output_.find("--create makes it"), std::string::npos) << output_;
}

}  // namespace
}  // namespace shale
