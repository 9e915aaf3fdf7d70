#include <gtest/gtest.h>

#include <fstream>

#include "engine/functions/digest.h"
#include "tools/slt/result_check.h"
#include "tools/slt/runner.h"
#include "tools/slt/script.h"

namespace shale {
namespace {

TEST(SltScript, Records) {
  auto records = ParseSltScript(
      "# comment\nstatement ok\nCREATE TABLE t\n  (a INTEGER)\n\n"
      "skipif postgresql\nquery I nosort\nSELECT 1\n----\n1\n\n"
      "onlyif mysql # why\nstatement error\nSELECT 2\n\n"
      "onlyif shale\nquery IT rowsort label-1\nSELECT 3, 'x'\n----\n3\tx\n\n"
      "statement error no such (table|column)\nSELECT 4\n\n"
      "statement error\nSELECT 5\n----\n<REGEX>:.*five.*\n\nhash-threshold 8\n\nhalt\n");
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 8u);
  const auto& list = *records;
  EXPECT_EQ(list[0].sql, "CREATE TABLE t\n  (a INTEGER)");
  EXPECT_EQ(list[0].line, 2);
  EXPECT_TRUE(list[1].skipped);
  EXPECT_TRUE(list[2].skipped);
  EXPECT_FALSE(list[3].skipped);
  EXPECT_EQ(list[3].types, "IT");
  EXPECT_EQ(list[3].label, "label-1");
  EXPECT_EQ(list[3].sort, SltRecord::Sort::kRows);
  EXPECT_EQ(list[4].expected_error, "no such (table|column)");
  EXPECT_EQ(list[5].expected_error, "<REGEX>:.*five.*");
  EXPECT_EQ(list[7].kind, SltRecord::Kind::kHalt);
}

TEST(SltScript, FaultsNameTheLine) {
  auto fault = [](std::string_view text) {
    return std::string(Message(ParseSltScript(text).status()));
  };
  EXPECT_EQ(fault("\nstatment ok\nSELECT 1\n"), "line 2: unknown directive \"statment\"");
  EXPECT_NE(fault("loop i 0 3\n\n").find("without its endloop"), std::string::npos);
  EXPECT_NE(fault("endloop\n").find("endloop without a loop"), std::string::npos);
  EXPECT_NE(fault("query\nSELECT 1\n").find("types"), std::string::npos);
}

QueryResult OneColumn(Type type, std::vector<Value> values) {
  QueryResult result;
  result.columns = {{"c", type}};
  for (const Value& value : values) {
    Chunk chunk;
    chunk.num_rows = 1;
    chunk.columns.push_back(Vector::Constant(value, 1));
    result.chunks.push_back(chunk);
  }
  return result;
}

SltRecord Expecting(std::string types, std::vector<std::string> results) {
  SltRecord record;
  record.types = std::move(types);
  record.has_results = true;
  record.results = std::move(results);
  return record;
}

TEST(SltResult, NumbersInBothFlavours) {
  QueryResult real = OneColumn(TypeId::kDouble, {Value::Float(TypeId::kDouble, 1.0 / 3)});
  EXPECT_FALSE(CheckSltResult(Expecting("R", {"0.333"}), real, "UTC"));
  EXPECT_FALSE(CheckSltResult(Expecting("R", {"0.3333333333333333"}), real, "UTC"));
  EXPECT_TRUE(CheckSltResult(Expecting("R", {"0.334"}), real, "UTC"));
  EXPECT_FALSE(CheckSltResult(Expecting("I", {"0"}), real, "UTC"));
  QueryResult truth = OneColumn(TypeId::kBoolean, {Value::Bool(true)});
  EXPECT_FALSE(CheckSltResult(Expecting("I", {"1"}), truth, "UTC"));
  EXPECT_FALSE(CheckSltResult(Expecting("I", {"true"}), truth, "UTC"));
  EXPECT_FALSE(CheckSltResult(Expecting("T", {"t"}), truth, "UTC"));
  EXPECT_TRUE(CheckSltResult(Expecting("I", {"0"}), truth, "UTC"));
}

TEST(SltResult, TextsAndNulls) {
  QueryResult text = OneColumn(TypeId::kText, {Value::Text(""), Value::Null(TypeId::kText),
                                               Value::Text("b"), Value::Text("a")});
  EXPECT_FALSE(CheckSltResult(Expecting("T", {"(empty)", "NULL", "b", "a"}), text, "UTC"));
  SltRecord sorted = Expecting("T", {"(empty)", "NULL", "a", "b"});
  EXPECT_TRUE(CheckSltResult(sorted, text, "UTC"));
  sorted.sort = SltRecord::Sort::kRows;
  EXPECT_FALSE(CheckSltResult(sorted, text, "UTC"));
}

std::string Digest(std::string_view lines) {
  std::string text;
  for (uint8_t byte : Md5Digest(lines)) text += fmt::format("{:02x}", byte);
  return text;
}

TEST(SltResult, Digests) {
  QueryResult numbers =
      OneColumn(TypeId::kBigInt, {Value::Int(TypeId::kBigInt, 1), Value::Int(TypeId::kBigInt, 2)});
  std::string line = "2 values hashing to " + Digest("1\n2\n");
  EXPECT_FALSE(CheckSltResult(Expecting("I", {line}), numbers, "UTC"));
  EXPECT_TRUE(
      CheckSltResult(Expecting("I", {"2 values hashing to " + Digest("1\n3\n")}), numbers, "UTC"));
}

TEST(SltResult, WrongNumberOfColumns) {
  QueryResult one = OneColumn(TypeId::kBigInt, {});
  auto fault = CheckSltResult(Expecting("II", {}), one, "UTC");
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("expected 2 columns"), std::string::npos);
}

TEST(SltResult, Errors) {
  EXPECT_TRUE(SltErrorMatches("", "anything"));
  EXPECT_TRUE(SltErrorMatches("no table", "there is no table \"x\""));
  EXPECT_TRUE(SltErrorMatches("<REGEX>:.*no\\s+table.*", "there is no table"));
  EXPECT_TRUE(SltErrorMatches("no (table|view)", "there is no view"));
  EXPECT_FALSE(SltErrorMatches("no view", "there is no table"));
}

SltCounts RunText(const std::string& text, SltOptions options = {}) {
  std::string path = ::testing::TempDir() + "/slt_runner.test";
  std::ofstream(path) << text;
  SltCounts counts;
  RunSltFile(path, options, &counts);
  return counts;
}

std::string All(const SltCounts& counts) {
  std::string text;
  for (const auto& failure : counts.failures) text += failure + "\n";
  return text;
}

TEST(SltRunner, CountsAndShowsFailures) {
  SltCounts counts = RunText(
      "statement ok\nCREATE TABLE t (a INTEGER)\n\nstatement count 2\nINSERT INTO t VALUES (1), "
      "(2)\n\n"
      "query I\nSELECT a FROM t ORDER BY a\n----\n1\n3\n\nstatement error\nSELECT 1\n\n"
      "skipif shale\nstatement ok\nnonsense\n\nstatement error no such thing\nnonsense\n");
  EXPECT_EQ(counts.passed, 2);
  EXPECT_EQ(counts.failed, 3);
  EXPECT_EQ(counts.skipped, 1);
  ASSERT_EQ(counts.failures.size(), 3u);
  EXPECT_NE(counts.failures[0].find("slt_runner.test:7:"), std::string::npos);
  EXPECT_NE(counts.failures[0].find("expected"), std::string::npos);
}

TEST(SltRunner, LoopsAndVariables) {
  SltOptions options;
  options.variables["NAME"] = "world";
  SltCounts counts = RunText(
      "statement ok\nCREATE TABLE t (a INTEGER)\n\nloop i 0 5\n\nforeach x 1 10\n\n"
      "statement ok\nINSERT INTO t VALUES (${i} * ${x})\n\nendloop\n\nendloop\n\n"
      "query II\nSELECT count(*), sum(a) FROM t\n----\n10\t110\n\n"
      "query T\nSELECT 'hello ${NAME} ${unknown}'\n----\nhello world ${unknown}\n",
      options);
  EXPECT_EQ(counts.passed, 13) << All(counts);
  EXPECT_EQ(counts.failed, 0) << All(counts);
}

TEST(SltRunner, SkipsWhatIsNotForUs) {
  SltCounts counts = RunText(
      "query I\nSELECT 1\n----\n1\n\nrequire-file /nowhere/data.csv\n\nquery I\nSELECT "
      "1\n----\n2\n");
  EXPECT_EQ(counts.passed, 1);
  EXPECT_EQ(counts.failed, 0) << All(counts);
  EXPECT_EQ(counts.skipped, 1);
  ASSERT_EQ(counts.skipped_files.size(), 1u);
  EXPECT_NE(counts.skipped_files[0].find("/nowhere/data.csv is not there"), std::string::npos);
  counts = RunText("require parquet\n\nstatement ok\nnonsense\n");
  EXPECT_EQ(counts.skipped, 1);
  counts =
      RunText("mode skip\n\nstatement ok\nnonsense\n\nmode unskip\n\nstatement ok\nSELECT 1\n");
  EXPECT_EQ(counts.passed, 1);
  EXPECT_EQ(counts.skipped, 1);
  counts = RunText("halt\n\nstatement ok\nnonsense\n");
  EXPECT_EQ(counts.failed, 0);
}

TEST(SltRunner, LabelsHoldResultsTogether) {
  SltCounts counts =
      RunText("query I rowsort x\nSELECT 1\n----\n1\n\nquery I rowsort x\nSELECT 2\n----\n2\n");
  EXPECT_EQ(counts.passed, 1);
  EXPECT_EQ(counts.failed, 1);
}

TEST(SltRunner, LoadsFiles) {
  std::string data = ::testing::TempDir() + "/slt_load.csv";
  std::ofstream(data) << "a,b\n1,x\n2,y\n";
  SltOptions options;
  options.variables["DATA"] = data;
  SltCounts counts = RunText(
      "exec-load --table t --create ${DATA}\n\nquery IT rowsort\nSELECT * FROM "
      "t\n----\n1\tx\n2\ty\n\n"
      "exec-load exit 1 --table t --create ${DATA}\n\nexec-load exit 2 --table t --max-errors no "
      "${DATA}\n",
      options);
  EXPECT_EQ(counts.failed, 0) << All(counts);
  EXPECT_EQ(counts.passed, 4);
}

TEST(SltRunner, UnreadableScriptsFail) {
  SltCounts counts;
  RunSltFile("/nowhere/at/all.test", {}, &counts);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_FALSE(FindSltFiles("/nowhere/at/all").ok());
}

}  // namespace
}  // namespace shale
