#include "tools/console/result_writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/vector/vector_builder.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

// Three rows: a BIGINT, a TEXT, a DOUBLE, a BOOLEAN; the last all NULL.
Chunk SomeRows() {
  VectorBuilder number(TypeId::kBigInt), text(TypeId::kText), real(TypeId::kDouble),
      truth(TypeId::kBoolean);
  number.Append<int64_t>(7);
  text.Append<std::string_view>("a,\"b\"\n|");
  real.Append<double>(1.5);
  truth.Append<uint8_t>(1);
  number.Append<int64_t>(-1234567890123);
  text.Append<std::string_view>("");
  real.Append<double>(NAN);
  truth.Append<uint8_t>(0);
  for (VectorBuilder* builder : {&number, &text, &real, &truth}) builder->AppendNull();
  Chunk chunk;
  chunk.num_rows = 3;
  for (VectorBuilder* builder : {&number, &text, &real, &truth}) {
    chunk.columns.push_back(builder->Finish());
  }
  return chunk;
}

const std::vector<ResultColumn>& SomeColumns() {
  static const auto& columns = *new std::vector<ResultColumn>{{"n", TypeId::kBigInt},
                                                              {"text", TypeId::kText},
                                                              {"real", TypeId::kDouble},
                                                              {"b", TypeId::kBoolean}};
  return columns;
}

std::string Written(OutputMode mode, bool header = true, size_t max_width = 0) {
  StringSink sink;
  ResultWriterOptions options;
  options.mode = mode;
  options.header = header;
  options.max_width = max_width;
  auto writer = MakeResultWriter(options, &sink);
  EXPECT_TRUE(writer->Begin(SomeColumns()).ok());
  EXPECT_TRUE(writer->Rows(SomeRows()).ok());
  EXPECT_TRUE(writer->End("SELECT 3", 3).ok());
  return sink.text();
}

TEST(ResultWriter, Csv) {
  EXPECT_EQ(Written(OutputMode::kCsv),
            "n,text,real,b\n7,\"a,\"\"b\"\"\n|\",1.5,t\n-1234567890123,\"\",NaN,f\n,,,\n");
}

TEST(ResultWriter, Tsv) {
  EXPECT_EQ(Written(OutputMode::kTsv, false),
            "7\ta,\"b\"\\n|\t1.5\tt\n-1234567890123\t\tNaN\tf\n\\N\t\\N\t\\N\t\\N\n");
}

TEST(ResultWriter, Json) {
  EXPECT_EQ(Written(OutputMode::kJson),
            "[\n{\"n\":7,\"text\":\"a,\\\"b\\\"\\n|\",\"real\":1.5,\"b\":true},\n"
            "{\"n\":-1234567890123,\"text\":\"\",\"real\":\"NaN\",\"b\":false},\n"
            "{\"n\":null,\"text\":null,\"real\":null,\"b\":null}\n]\n");
}

TEST(ResultWriter, Ndjson) {
  std::string text = Written(OutputMode::kNdjson);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_EQ(text.substr(0, 7), "{\"n\":7,");
}

TEST(ResultWriter, Table) {
  EXPECT_EQ(Written(OutputMode::kTable),
            "┌────────────────┬──────────┬──────┬──────┐\n"
            "│              n │ text     │ real │ b    │\n"
            "├────────────────┼──────────┼──────┼──────┤\n"
            "│              7 │ a,\"b\"\\n| │  1.5 │ t    │\n"
            "│ -1234567890123 │          │  NaN │ f    │\n"
            "│           NULL │ NULL     │ NULL │ NULL │\n"
            "└────────────────┴──────────┴──────┴──────┘\n"
            "(3 rows)\n");
}

TEST(ResultWriter, TableIsCutToTheTerminal) {
  std::string text = Written(OutputMode::kTable, true, 40);
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = text.find('\n', begin);
    EXPECT_LE(DisplayWidth(std::string_view(text).substr(begin, end - begin)), 40u) << text;
    begin = end + 1;
  }
  EXPECT_NE(text.find("…"), std::string::npos);
}

TEST(ResultWriter, NarrowTerminalLeavesOutColumns) {
  std::string text = Written(OutputMode::kTable, true, 24);
  EXPECT_NE(text.find("of 4 columns shown"), std::string::npos) << text;
}

TEST(ResultWriter, Markdown) {
  EXPECT_EQ(Written(OutputMode::kMarkdown),
            "| n              | text      | real | b    |\n"
            "| -------------: | --------- | ---: | ---- |\n"
            "|              7 | a,\"b\"\\n\\| |  1.5 | t    |\n"
            "| -1234567890123 |           |  NaN | f    |\n"
            "|           NULL | NULL      | NULL | NULL |\n");
}

TEST(ResultWriter, Line) {
  std::string text = Written(OutputMode::kLine);
  EXPECT_EQ(text.substr(0, 40), "   n = 7\ntext = a,\"b\"\\n|\nreal = 1.5\n   b");
  EXPECT_NE(text.find("\n\n   n = -1234567890123\n"), std::string::npos);
  EXPECT_NE(text.find("(3 rows)\n"), std::string::npos);
}

TEST(ResultWriter, TagsAreForPeopleOnly) {
  for (const std::string& name : OutputModeNames()) {
    StringSink sink;
    ResultWriterOptions options;
    options.mode = *ParseOutputMode(name);
    auto writer = MakeResultWriter(options, &sink);
    ASSERT_TRUE(writer->End("CREATE TABLE", 0).ok());
    EXPECT_EQ(sink.text(), IsForPeople(options.mode) ? "CREATE TABLE\n" : "") << name;
  }
}

TEST(ResultWriter, EmptyResults) {
  StringSink sink;
  ResultWriterOptions options;
  options.mode = OutputMode::kJson;
  auto writer = MakeResultWriter(options, &sink);
  ASSERT_TRUE(writer->Begin({{"x", TypeId::kText}, {"x", TypeId::kText}}).ok());
  ASSERT_TRUE(writer->End("SELECT 0", 0).ok());
  EXPECT_EQ(sink.text(), "[]\n");
}

TEST(ResultWriter, EqualNamesGetDifferentKeys) {
  StringSink sink;
  ResultWriterOptions options;
  options.mode = OutputMode::kNdjson;
  auto writer = MakeResultWriter(options, &sink);
  ASSERT_TRUE(writer->Begin({{"x", TypeId::kText}, {"x", TypeId::kText}}).ok());
  Chunk chunk;
  chunk.num_rows = 1;
  chunk.columns.assign(2, Vector::Constant(Value::Text("v"), 1));
  ASSERT_TRUE(writer->Rows(chunk).ok());
  EXPECT_EQ(sink.text(), "{\"x\":\"v\",\"x_1\":\"v\"}\n");
}

TEST(ResultWriter, LongResultsAreWrittenAsTheyCome) {
  StringSink sink;
  auto writer = MakeResultWriter({}, &sink);
  ASSERT_TRUE(writer->Begin({{"x", TypeId::kBigInt}}).ok());
  Chunk chunk;
  chunk.num_rows = kChunkRows;
  chunk.columns.push_back(Vector::Constant(Value::Int(TypeId::kBigInt, 5), kChunkRows));
  ASSERT_TRUE(writer->Rows(chunk).ok());
  EXPECT_GT(sink.text().size(), 8192u * 5);  // before the end is known
  ASSERT_TRUE(writer->End("SELECT 8192", 8192).ok());
  EXPECT_NE(sink.text().find("(8,192 rows)"), std::string::npos);
}

TEST(OutputMode, UnknownModesAreExplained) {
  auto mode = ParseOutputMode("jsn");
  ASSERT_FALSE(mode.ok());
  EXPECT_NE(Message(mode.status()).find("did you mean json?"), std::string_view::npos);
  EXPECT_EQ(*ParseOutputMode("CSV"), OutputMode::kCsv);
}

TEST(Terminal, Widths) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("äö"), 2u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(CutToWidth("日本語", 4), "日…");
  EXPECT_EQ(CutToWidth("abc", 3), "abc");
  EXPECT_EQ(CutToWidth("abcd", 3), "ab…");
}

TEST(Terminal, NothingUnprintableGetsOut) {
  std::string out;
  AppendPrintable("a\x1b[31m\tb\xff\xc2\x9bq", &out);
  EXPECT_EQ(out, "a\\x1b[31m\\tb\\xff\\xc2\\x9bq");
}

TEST(Terminal, Numbers) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(1234567), "1,234,567");
  EXPECT_EQ(HumanBytes(999), "999 B");
  EXPECT_EQ(HumanBytes(48'000'000), "48.0 MB");
  EXPECT_EQ(HumanBytes(999'999'999), "1.00 GB");
  EXPECT_EQ(HumanDuration(312'000), "312 ms");
  EXPECT_EQ(HumanDuration(125'000'000), "2 min 05 s");
}

}  // namespace
}  // namespace shale
