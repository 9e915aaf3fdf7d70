// TSV: PostgreSQL's COPY text format.
#include <gmock/gmock.h>

#include "tests/unit/tools/load/text_rows.h"

namespace shale {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Dialect Tsv() {
  Dialect dialect;
  dialect.format = TextFormat::kTsv;
  dialect.delimiter = '\t';
  return dialect;
}

TEST(TsvReader, NullAndEmpty) {
  const ReadResult result = ReadText("null.tsv", "a\tb\n1\t\\N\n\\N\t\n3\tx\n");
  EXPECT_EQ(result.survey.dialect.format, TextFormat::kTsv);
  EXPECT_EQ(result.Columns(), "a BIGINT, b TEXT");
  EXPECT_THAT(result.rows, ElementsAre("1|NULL", "NULL|", "3|x"));
}

TEST(TsvReader, AnEmptyFieldIsNoNumber) {
  const ReadResult result = ReadText("number.tsv", "a\tb\n1\t2\n\t3\n");
  EXPECT_EQ(result.Columns(), "a TEXT, b BIGINT");
  EXPECT_THAT(result.rows, ElementsAre("1|2", "|3"));
}

TEST(TsvReader, Escapes) {
  const ReadResult result = ParseText(
      "a\tb\n"
      "tab\\there\tline\\nbreak\n"
      "back\\\\slash\t\\\\N\n"
      "a\\\tb\tc\\\nd\n"
      "\\101\\x42C\t\\q\\\n"
      "x\n",
      Tsv(), SchemaOf({TypeId::kText, TypeId::kText}));
  EXPECT_THAT(result.rows,
              ElementsAre("tab\there|line\nbreak", "back\\slash|\\N", "a\tb|c\nd", "ABC|q\nx"));
  EXPECT_THAT(result.rejects, IsEmpty());
}

TEST(TsvReader, EscapesThatMakeNoText) {
  const ReadResult result = ParseText("a\tb\n\\xff\t1\n\\0\t2\n\\303\\274\t3\n", Tsv(),
                                      SchemaOf({TypeId::kText, TypeId::kBigInt}));
  EXPECT_THAT(result.rows, ElementsAre("\xc3\xbc|3"));
  EXPECT_EQ(result.rejects.size(), 2u);
}

TEST(TsvReader, QuotesMeanNothing) {
  const ReadResult result = ReadText("quote.tsv", "a\tb\n\"x\t1\n5\"\t2\nz\t3\n");
  EXPECT_THAT(result.rows, ElementsAre("\"x|1", "5\"|2", "z|3"));
}

TEST(TsvReader, TabsBetweenQuotedFieldsAreCsv) {
  const ReadResult result = ReadText("excel.tsv", "\"a\"\t\"b\"\n\"x\ty\"\t\"1\"\n\"z\"\t\"2\"\n");
  EXPECT_EQ(result.survey.dialect.format, TextFormat::kCsv);
  EXPECT_THAT(result.rows, ElementsAre("x\ty|1", "z|2"));
}

TEST(TsvReader, CrlfRaggedAndEndMark) {
  const ReadResult result = ReadText("crlf.tsv", "a\tb\r\n1\t2\r\n3\r\n4\t5\t6\r\n\\.\r\n");
  EXPECT_THAT(result.rows, ElementsAre("1|2"));
  ASSERT_EQ(result.rejects.size(), 2u);
  EXPECT_EQ(result.rejects[0].reason, "too few fields: 1 instead of 2");
  EXPECT_EQ(result.rejects[1].reason, "too many fields: 3 instead of 2");
}

TEST(TsvReader, BlocksDoNotCutEscapedLineEnds) {
  std::string text = "a\tb\n";
  std::vector<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    text += std::to_string(i) + "\tx\\\ny\\\\\n";
    expected.push_back(std::to_string(i) + "|x\ny\\");
  }
  for (const size_t block_bytes : {16, 100, 1000}) {
    const ReadResult result =
        ParseText(text, Tsv(), SchemaOf({TypeId::kBigInt, TypeId::kText}), block_bytes);
    EXPECT_EQ(result.rows, expected);
  }
}

}  // namespace
}  // namespace shale
