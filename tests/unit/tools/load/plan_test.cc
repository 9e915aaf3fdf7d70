#include "tools/load/plan.h"

#include <gtest/gtest.h>

#include "tools/load/rejects_file.h"
#include "tools/load/resume.h"

namespace shale {
namespace {

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;

SurveyColumn Column(std::string name, Type type, uint64_t nulls = 0) {
  SurveyColumn column;
  column.name = column.found = std::move(name);
  column.type = type;
  column.num_values = 100;
  column.num_nulls = nulls;
  return column;
}

Survey SomeSurvey() {
  Survey survey;
  survey.columns = {Column("id", TypeId::kBigInt), Column("Seen", TypeId::kTimestamp, 3),
                    Column("at", TypeId::kTimestampTz), Column("day", TypeId::kDate)};
  survey.columns[2].has_time_range = true;
  survey.columns[2].min_micros = 0;
  survey.columns[2].max_micros = 10 * kDayUs;
  survey.estimated_rows = 1000;
  return survey;
}

TEST(LoadPlan, PartitionUnits) {
  EXPECT_EQ(ChoosePartitionUnit(0, 0, 0), PartitionUnit::kMonth);
  EXPECT_EQ(ChoosePartitionUnit(100'000'000, 0, kDayUs - 1), PartitionUnit::kHour);
  EXPECT_EQ(ChoosePartitionUnit(20'000'000, 0, 10 * kDayUs - 1), PartitionUnit::kDay);
  EXPECT_EQ(ChoosePartitionUnit(60'000'000, 0, 300 * kDayUs), PartitionUnit::kWeek);
  EXPECT_EQ(ChoosePartitionUnit(10'000'000, 0, 300 * kDayUs), PartitionUnit::kMonth);
}

TEST(LoadPlan, TheFirstColumnOfTimesWithoutGapsSaysWhen) {
  LoadOptions options;
  options.table = "events";
  auto table = PlanNewTable(options, SomeSurvey());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->sql,
            "CREATE TABLE events (\n  id     BIGINT,\n  \"Seen\" TIMESTAMP,\n"
            "  at     TIMESTAMPTZ NOT NULL,\n  day    DATE\n)\n"
            "TIMESTAMP (at) PARTITION BY MONTH\nORDER BY (at);");
}

TEST(LoadPlan, WhatTheUserSays) {
  LoadOptions options;
  options.table = "Events";
  options.timestamp = "SEEN";
  options.unit = PartitionUnit::kDay;
  options.order_by = {"id", "seen"};
  auto table = PlanNewTable(options, SomeSurvey());
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_NE(table->sql.find("CREATE TABLE \"Events\""), std::string::npos);
  EXPECT_NE(table->sql.find("\"Seen\" TIMESTAMP NOT NULL"), std::string::npos) << table->sql;
  EXPECT_NE(table->sql.find("TIMESTAMP (\"Seen\") PARTITION BY DAY\nORDER BY (id, \"Seen\");"),
            std::string::npos)
      << table->sql;
  ASSERT_EQ(table->notes.size(), 1u);
  EXPECT_NE(table->notes[0].find("rows without a time will be refused"), std::string::npos);

  options.timestamp = "day";  // a DATE becomes a TIMESTAMP
  table = PlanNewTable(options, SomeSurvey());
  ASSERT_TRUE(table.ok());
  EXPECT_NE(table->sql.find("day    TIMESTAMP NOT NULL"), std::string::npos) << table->sql;
}

TEST(LoadPlan, NoTimesMakeOnePartition) {
  Survey survey;
  survey.columns = {Column("id", TypeId::kBigInt)};
  LoadOptions options;
  options.table = "t";
  auto table = PlanNewTable(options, survey);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->sql, "CREATE TABLE t (\n  id BIGINT\n);");
  options.unit = PartitionUnit::kDay;
  EXPECT_FALSE(PlanNewTable(options, survey).ok());
}

TEST(LoadPlan, WrongNamesAreExplained) {
  LoadOptions options;
  options.table = "t";
  options.timestamp = "att";
  Status status = PlanNewTable(options, SomeSurvey()).status();
  EXPECT_NE(Message(status).find("did you mean at?"), std::string_view::npos) << status;
  options.timestamp = "id";
  status = PlanNewTable(options, SomeSurvey()).status();
  EXPECT_NE(Message(status).find("column id is BIGINT"), std::string_view::npos) << status;
}

TableSchema SomeTable() {
  TableSchema table;
  table.name = "t";
  for (auto [name, type] : {std::pair<const char*, Type>{"extra", TypeId::kText},
                            {"ID", TypeId::kInteger},
                            {"at", TypeId::kTimestampTz}}) {
    ColumnSchema column;
    column.id = static_cast<ColumnId>(table.columns.size() + 1);
    column.name = name;
    column.type = type;
    table.columns.push_back(column);
  }
  return table;
}

TEST(LoadMapping, ByName) {
  auto mapping = MapColumns(SomeSurvey(), true, SomeTable());
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  EXPECT_EQ(mapping->sources, (std::vector<int>{-1, 0, 1}));
  EXPECT_EQ(mapping->read.columns[0].type, Type(TypeId::kInteger));  // the table's, not the file's
  EXPECT_EQ(mapping->read.columns[1].name, "at");
  ASSERT_EQ(mapping->notes.size(), 2u);
  EXPECT_NE(mapping->notes[0].find("Seen, day"), std::string::npos) << mapping->notes[0];
  EXPECT_NE(mapping->notes[1].find("extra"), std::string::npos) << mapping->notes[1];
}

TEST(LoadMapping, ByPosition) {
  Survey survey;
  survey.columns = {Column("column_1", TypeId::kText), Column("column_2", TypeId::kBigInt)};
  auto mapping = MapColumns(survey, false, SomeTable());
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  EXPECT_EQ(mapping->sources, (std::vector<int>{0, 1, -1}));
  survey.columns.resize(4, Column("x", TypeId::kText));
  EXPECT_FALSE(MapColumns(survey, false, SomeTable()).ok());
}

TEST(LoadMapping, Faults) {
  Survey other;
  other.columns = {Column("nothing", TypeId::kText)};
  EXPECT_NE(Message(MapColumns(other, true, SomeTable()).status()).find("no column of the files"),
            std::string_view::npos);
  TableSchema table = SomeTable();
  table.columns[0].not_null = true;
  EXPECT_NE(Message(MapColumns(SomeSurvey(), true, table).status()).find("NOT NULL"),
            std::string_view::npos);
  table.columns[0].default_value = Value::Text("-");
  EXPECT_TRUE(MapColumns(SomeSurvey(), true, table).ok());
}

TEST(LoadOptions, ErrorLimits) {
  EXPECT_TRUE(ParseErrorLimit("1%")->Exceeded(2, 100));
  EXPECT_FALSE(ParseErrorLimit("1 %")->Exceeded(1, 100));
  EXPECT_FALSE(ParseErrorLimit("0.5%")->Exceeded(5, 1000));
  EXPECT_TRUE(ParseErrorLimit("0")->Exceeded(1, 1'000'000));
  EXPECT_FALSE(ParseErrorLimit("0")->Exceeded(0, 0));
  for (const char* bad : {"", "x", "-1", "101%", "1%%", "%"}) {
    EXPECT_FALSE(ParseErrorLimit(bad).ok()) << bad;
  }
}

TEST(LoadOptions, SmallParsers) {
  EXPECT_EQ(*ParsePartitionUnit("Day"), PartitionUnit::kDay);
  EXPECT_FALSE(ParsePartitionUnit("year").ok());
  EXPECT_EQ(*ParseDelimiter("tab"), '\t');
  EXPECT_EQ(*ParseDelimiter(";"), ';');
  EXPECT_FALSE(ParseDelimiter("::").ok());
  EXPECT_FALSE(ExpandFiles({"/nowhere/*.csv"}).ok());
  EXPECT_EQ(*ExpandFiles({"-", "plain.csv"}), (std::vector<std::string>{"-", "plain.csv"}));
}

TEST(Rejects, ReasonsAreCountedByKind) {
  EXPECT_EQ(ReasonKind("a", "invalid input syntax for type bigint: \"abc\""),
            "a: invalid input syntax for type bigint");
  EXPECT_EQ(ReasonKind("", "value \"300\" is out of range for type smallint"),
            "value is out of range for type smallint");
}

TextBlock Block(std::string_view text, uint64_t offset) {
  TextBlock block;
  block.text = text;
  block.byte_offset = offset;
  return block;
}

TEST(Resume, TokensGoThereAndBack) {
  ResumeToken token;
  token.num_rows = 12;
  token.num_bad = 3;
  token.ranges.push_back({IdentifyFile("/a/b,c;d.csv", 100, Block("hello", 0)), 5, 50, 77});
  token.ranges.push_back({IdentifyFile("x.csv", 200, Block("world", 0)), 0, 20, 78});
  ResumeToken back;
  ASSERT_TRUE(ResumeToken::Parse(token.ToString(), &back));
  EXPECT_EQ(back.ToString(), token.ToString());
  EXPECT_EQ(back.num_rows, 12u);
  ASSERT_EQ(back.ranges.size(), 2u);
  EXPECT_EQ(back.ranges[0].file.name, "b_c_d.csv");
  EXPECT_FALSE(ResumeToken::Parse("something else", &back));
}

TEST(Resume, KnowsWhatIsThere) {
  std::string first = "first block\n", second = "second block\n", third = "third block\n";
  TextBlock a = Block(first, 0), b = Block(second, first.size()),
            c = Block(third, first.size() + second.size());
  ResumeToken token;
  token.num_rows = 2;
  ResumeFile file = IdentifyFile("f.csv", 1000, a);
  token.ranges.push_back(
      {file, 0, first.size() + second.size(), FoldBlockHash(FoldBlockHash(0, first), second)});
  ResumeState state({token.ToString(), "a token of something else"});
  ASSERT_TRUE(state.BeginFile("f.csv", 1000, a).ok());
  EXPECT_EQ(state.rows_loaded(), 2u);
  EXPECT_TRUE(*state.IsLoaded(a));
  EXPECT_TRUE(*state.IsLoaded(b));
  EXPECT_FALSE(*state.IsLoaded(c));
  // Moved elsewhere: still the same file.
  ASSERT_TRUE(state.BeginFile("/elsewhere/g.csv", 1000, a).ok());
  EXPECT_TRUE(*state.IsLoaded(a));
  // Grown.
  EXPECT_NE(Message(state.BeginFile("f.csv", 1001, a)).find("has changed"), std::string_view::npos);
  // Changed in the middle.
  std::string other = "SECOND block\n";
  ASSERT_TRUE(state.BeginFile("f.csv", 1000, a).ok());
  EXPECT_TRUE(*state.IsLoaded(a));
  EXPECT_FALSE(state.IsLoaded(Block(other, first.size())).ok());
}

}  // namespace
}  // namespace shale
