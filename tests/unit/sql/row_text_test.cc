#include "sql/row_text.h"

#include <gtest/gtest.h>

namespace shale {
namespace {

std::vector<Vector> Columns(const std::vector<Value>& row) {
  std::vector<Vector> columns;
  for (const Value& value : row) columns.push_back(Vector::Constant(value, 1).Flatten());
  return columns;
}

std::string Row(RowText::Options options, const std::vector<Value>& row) {
  std::vector<std::string> names(row.size(), "a");
  std::string out;
  RowText(std::move(options), names).AppendRow(Columns(row), 0, &out);
  return out;
}

Value Text(std::string_view text) { return Value::Text(std::string(text)); }

TEST(RowText, CsvQuotesWhatAReaderWouldMistake) {
  EXPECT_EQ(Row(RowText::Csv(), {Text("plain"), Text(" a "), Text("a,b"), Text("say \"hi\"")}),
            "plain, a ,\"a,b\",\"say \"\"hi\"\"\"");
  EXPECT_EQ(
      Row(RowText::Csv(), {Text("two\nlines"), Text("cr\r"), Text(""), Value::Null(TypeId::kText)}),
      "\"two\nlines\",\"cr\r\",\"\",");
  RowText::Options options = RowText::Csv();
  options.null_text = "none";
  options.delimiter = ';';
  EXPECT_EQ(Row(options, {Text("none"), Value::Null(TypeId::kText), Text("a,b"), Text("a;b")}),
            "\"none\";none;a,b;\"a;b\"");
}

TEST(RowText, TsvEscapesAsCopyDoes) {
  EXPECT_EQ(
      Row(RowText::Tsv(), {Text("a\tb\\c\nd\re\bf\fg\vh"), Value::Null(TypeId::kText), Text("")}),
      "a\\tb\\\\c\\nd\\re\\bf\\fg\\vh\t\\N\t");
  RowText::Options options = RowText::Tsv();
  options.delimiter = '|';
  EXPECT_EQ(Row(options, {Text("a|b"), Text("c")}), "a\\|b|c");
}

TEST(RowText, JsonNamesAColumnThatComesTwice) {
  EXPECT_EQ(Row(RowText::Json(), {Text("x\"\x01\xff"), Value::Null(TypeId::kText)}),
            "{\"a\":\"x\\\"\\u0001\xef\xbf\xbd\",\"a_1\":null}");
}

TEST(RowText, HeaderIsEscapedLikeAField) {
  std::string out;
  RowText(RowText::Csv(), {"a", "b,c"}).AppendHeader(&out);
  EXPECT_EQ(out, "a,\"b,c\"\n");
  out.clear();
  RowText(RowText::Json(), {"a"}).AppendHeader(&out);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace shale
