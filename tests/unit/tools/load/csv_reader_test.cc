// CSV: RFC 4180's rules, and each way in which a file breaks them.
#include <gmock/gmock.h>

#include "tests/unit/tools/load/text_rows.h"

namespace shale {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(CsvReader, TypedColumns) {
  const ReadResult result = ReadText("typed.csv",
                                     "id,price,ok,day,at,host,name\n"
                                     "1,2.5,true,2024-01-02,2024-01-02 03:04:05,10.0.0.1,Ann\n"
                                     "-22,1e3,false,1999-12-31,2024-01-02T03:04:05.25,::1,\n");
  EXPECT_EQ(result.Columns(),
            "id BIGINT, price DOUBLE, ok BOOLEAN, day DATE, at TIMESTAMP, host INET, name TEXT");
  EXPECT_THAT(result.rows, ElementsAre("1|2.5|t|2024-01-02|2024-01-02 03:04:05|10.0.0.1|Ann",
                                       "-22|1000|f|1999-12-31|2024-01-02 03:04:05.25|::1|NULL"));
  EXPECT_THAT(result.rejects, IsEmpty());
  EXPECT_EQ(result.survey.estimated_rows, 2u);
}

TEST(CsvReader, UnquotedEmptyIsNullAndQuotedEmptyIsEmpty) {
  const ReadResult result = ReadText("empty.csv", "a,b\nx,\ny,\"\"\n,z\n");
  EXPECT_THAT(result.rows, ElementsAre("x|NULL", "y|", "NULL|z"));
}

TEST(CsvReader, QuotesDelimitersAndLineEndsInsideQuotes) {
  const ReadResult result = ReadText("quotes.csv",
                                     "a,b\n"
                                     "\"say \"\"hi\"\"\",\"x,y\"\n"
                                     "\"two\nlines\",\"\"\"\"\n"
                                     "5\" disk,it's\n");
  EXPECT_THAT(result.rows, ElementsAre("say \"hi\"|x,y", "two\nlines|\"", "5\" disk|it's"));
}

TEST(CsvReader, CrlfAndNoLastLineEnd) {
  const ReadResult result = ReadText("crlf.csv", "a,b\r\n1,\"x\"\r\n2,y\r\n3,\"z\r\nz\"");
  EXPECT_TRUE(result.survey.dialect.crlf);
  EXPECT_THAT(result.rows, ElementsAre("1|x", "2|y", "3|z\r\nz"));
}

TEST(CsvReader, ByteOrderMark) {
  const ReadResult result = ReadText("bom.csv",
                                     "\xef\xbb\xbf"
                                     "id,n\n1,2\n");
  EXPECT_TRUE(result.survey.dialect.bom);
  EXPECT_EQ(result.Columns(), "id BIGINT, n BIGINT");
  EXPECT_THAT(result.rows, ElementsAre("1|2"));
}

TEST(CsvReader, EmptyLinesAreNoRows) {
  const ReadResult result = ReadText("blank.csv", "a,b\n\n1,2\n\r\n3,4\n\n");
  EXPECT_THAT(result.rows, ElementsAre("1|2", "3|4"));
  EXPECT_THAT(result.rejects, IsEmpty());
}

TEST(CsvReader, RaggedRowsAreRejectedWithTheirCounts) {
  const ReadResult result = ReadText("ragged.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n");
  EXPECT_THAT(result.rows, ElementsAre("1|2|3", "10|11|12"));
  ASSERT_EQ(result.rejects.size(), 2u);
  EXPECT_EQ(result.rejects[0].line, 3u);
  EXPECT_EQ(result.rejects[0].reason, "too few fields: 2 instead of 3");
  EXPECT_EQ(result.rejects[0].raw, "4,5");
  EXPECT_EQ(result.rejects[1].line, 4u);
  EXPECT_EQ(result.rejects[1].reason, "too many fields: 4 instead of 3");
}

TEST(CsvReader, ValuesThatDoNotFitNameColumnAndReason) {
  const Dialect dialect;
  const ReadResult result =
      ParseText("a,b,c\n1,2,x\n40000,2,x\n5,99999999999999999999,x\nseven,2,x\n,,\n", dialect,
                SchemaOf({TypeId::kSmallInt, TypeId::kBigInt, TypeId::kText}));
  EXPECT_THAT(result.rows, ElementsAre("1|2|x", "NULL|NULL|NULL"));
  ASSERT_EQ(result.rejects.size(), 3u);
  EXPECT_EQ(result.rejects[0].column, "a");
  EXPECT_EQ(result.rejects[0].line, 3u);
  EXPECT_THAT(result.rejects[0].reason, HasSubstr("out of range"));
  EXPECT_EQ(result.rejects[1].column, "b");
  EXPECT_THAT(result.rejects[1].reason, HasSubstr("out of range"));
  EXPECT_EQ(result.rejects[2].column, "a");
  EXPECT_THAT(result.rejects[2].reason, HasSubstr("seven"));
  EXPECT_EQ(result.rejects[2].raw, "seven,2,x");
}

TEST(CsvReader, TwoBadValuesAreOneReject) {
  const ReadResult result =
      ParseText("a,b\nx,y\n1,2\n", Dialect(), SchemaOf({TypeId::kBigInt, TypeId::kBigInt}));
  EXPECT_THAT(result.rows, ElementsAre("1|2"));
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].column, "a");
}

TEST(CsvReader, EveryTypeOfATable) {
  const std::string text =
      "a,b,c,d,e,f,g,h,i,j,k\n"
      "-128,65535,18446744073709551615,1.5,12.345,99999999999999999999.5,2024-02-29,"
      "2024-01-01 00:00:00+02,6f9619ff-8b86-d011-b42d-00cf4fc964ff,\"{\"\"a\"\": 1}\",1 day\n"
      "127,0,0,-0.1,-0.005,-1,0001-01-01,2024-01-01T00:00Z,00000000-0000-0000-0000-000000000000,"
      "[],-3 months\n";
  const ReadResult result =
      ParseText(text, Dialect(),
                SchemaOf({TypeId::kTinyInt, TypeId::kUSmallInt, TypeId::kUBigInt, TypeId::kReal,
                          Type::Decimal(10, 3), Type::Decimal(38, 2), TypeId::kDate,
                          TypeId::kTimestampTz, TypeId::kUuid, TypeId::kJson, TypeId::kInterval}));
  EXPECT_THAT(
      result.rows,
      ElementsAre("-128|65535|18446744073709551615|1.5|12.345|99999999999999999999.50|2024-02-29|"
                  "2023-12-31 22:00:00+00|6f9619ff-8b86-d011-b42d-00cf4fc964ff|{\"a\": 1}|1 day",
                  "127|0|0|-0.1|-0.005|-1.00|0001-01-01|2024-01-01 00:00:00+00|"
                  "00000000-0000-0000-0000-000000000000|[]|-3 mons"));
  for (const Reject& reject : result.rejects) ADD_FAILURE() << reject.column << reject.reason;
}

TEST(CsvReader, DecimalsRoundAndOverflow) {
  const ReadResult result = ParseText("a\n1.2345\n-1.005\n99999999.99\n.5\n5.\n", Dialect(),
                                      SchemaOf({Type::Decimal(6, 2)}));
  EXPECT_THAT(result.rows, ElementsAre("1.23", "-1.01", "0.50", "5.00"));
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].raw, "99999999.99");
}

TEST(CsvReader, InvalidUtf8IsRejectedWithItsPlace) {
  const ReadResult result = ReadText("utf8.csv",
                                     "a,b\nok,1\nab\xff"
                                     "c,2\ngr\xc3\xbc\xc3\x9f,3\n");
  EXPECT_THAT(result.rows, ElementsAre("ok|1", "gr\xc3\xbc\xc3\x9f|3"));
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].line, 3u);
  EXPECT_EQ(result.rejects[0].column, "a");
  EXPECT_EQ(result.rejects[0].reason, "invalid UTF-8 at byte 3 of the value (0xff)");
}

TEST(CsvReader, NulBytesAreRejected) {
  const ReadResult result = ReadText("nul.csv", std::string("a,b\nx,1\na\0b,2\n", 14));
  EXPECT_THAT(result.rows, ElementsAre("x|1"));
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].reason, "a NUL byte at byte 2 of the value");
}

TEST(CsvReader, TextAfterAClosingQuote) {
  const ReadResult result = ReadText("after.csv", "a,b\n\"x\"y,1\nz,2\n\"p\" ,3\n");
  EXPECT_THAT(result.rows, ElementsAre("z|2"));
  ASSERT_EQ(result.rejects.size(), 2u);
  EXPECT_EQ(result.rejects[0].reason, "text after the closing quote of field 1");
  EXPECT_EQ(result.rejects[0].raw, "\"x\"y,1");
}

TEST(CsvReader, AQuoteThatIsNotClosedCostsOneLine) {
  const ReadResult result =
      ParseText("a,b\n1,x\n\"2,y\n3,z\n4,w\n", Dialect(), SchemaOf({TypeId::kText, TypeId::kText}));
  EXPECT_THAT(result.rows, ElementsAre("1|x", "3|z", "4|w"));
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].line, 3u);
  EXPECT_EQ(result.rejects[0].reason, "a quoted field is not closed");
}

TEST(CsvReader, HeaderNames) {
  const ReadResult result =
      ReadText("names.csv", "UserID,page.url,,a,a,\"a \"\"b\"\"\"\n1,2,3,4,5,6\n");
  EXPECT_EQ(result.Columns(),
            "UserID BIGINT, page.url BIGINT, column_3 BIGINT, a BIGINT, a_2 BIGINT, "
            "a \"b\" BIGINT");
  EXPECT_THAT(result.survey.notes,
              ElementsAre(HasSubstr("column 3 has no name"), HasSubstr("column 5 is another 'a'")));
}

TEST(CsvReader, AStrayQuoteInTheHeaderIsAnError) {
  DialectHints hints;
  hints.header = true;
  std::string text = "id,\"name\n";
  for (int i = 0; i < 100000; ++i) text += "1,x\n";
  EXPECT_THAT(SurveyError("stray.csv", text, hints),
              HasSubstr("the header is malformed: a quoted field is not closed"));
}

TEST(CsvReader, AQuotedLineEndInTheHeader) {
  const ReadResult result = ReadText("two.csv", "\"a\nb\",\"c\"\"d\"\n1,2\n");
  EXPECT_EQ(result.Columns(), "a\nb BIGINT, c\"d BIGINT");
  EXPECT_THAT(result.rows, ElementsAre("1|2"));
}

TEST(CsvReader, NoHeader) {
  const ReadResult result = ReadText("plain.csv", "1,x,2.5\n2,y,3.5\n");
  EXPECT_FALSE(result.survey.dialect.header);
  EXPECT_EQ(result.Columns(), "column_1 BIGINT, column_2 TEXT, column_3 DOUBLE");
  EXPECT_EQ(result.rows.size(), 2u);
  const ReadResult named = ReadText("plain.csv", "1,x,2.5\n2,y,3.5\n", {}, {"id", "name", "v"});
  EXPECT_EQ(named.Columns(), "id BIGINT, name TEXT, v DOUBLE");
  EXPECT_THAT(SurveyError("plain.csv", "1,x,2.5\n2,y,3.5\n", {}, {"id"}),
              HasSubstr("1 column names are given, but the records of"));
}

TEST(CsvReader, NullText) {
  DialectHints hints;
  hints.null_text = "NA";
  const ReadResult result = ReadText("na.csv", "a,b\n1,x\nNA,\"NA\"\n,NA\n", hints);
  EXPECT_EQ(result.Columns(), "a BIGINT, b TEXT");
  EXPECT_THAT(result.rows, ElementsAre("1|x", "NULL|NA", "NULL|NULL"));
}

TEST(CsvReader, OneColumn) {
  const ReadResult result = ReadText("one.csv", "n\n1\n2\n3\n");
  EXPECT_EQ(result.Columns(), "n BIGINT");
  EXPECT_EQ(result.rows.size(), 3u);
}

TEST(CsvReader, BlocksOfAnySizeGiveTheSame) {
  std::string text = "id,name,n\n";
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string id = std::to_string(i);
    if (i % 7 == 0) {
      text += id + ",\"line\nbreak, \"\"" + id + "\"\"\"," + id + "\r\n";
      expected.push_back(id + "|line\nbreak, \"" + id + "\"|" + id);
    } else if (i % 11 == 0) {
      text += id + ",,\n";
      expected.push_back(id + "|NULL|NULL");
    } else {
      text += id + ",gr\xc3\xbc\xc3\x9f " + id + "," + id + "\n";
      expected.push_back(id + "|gr\xc3\xbc\xc3\x9f " + id + "|" + id);
    }
  }
  const ReadSchema schema = SchemaOf({TypeId::kBigInt, TypeId::kText, TypeId::kInteger});
  for (const size_t block_bytes : {37, 64, 1000, 4096, 1 << 20}) {
    const ReadResult result = ParseText(text, Dialect(), schema, block_bytes);
    EXPECT_EQ(result.rows, expected) << block_bytes;
    EXPECT_THAT(result.rejects, IsEmpty());
  }
}

TEST(CsvReader, RejectsNameTheirLineInEveryBlock) {
  std::string text = "a,b\n";
  for (int i = 2; i <= 500; ++i) {
    text += i % 50 == 0 ? "bad,row,here\n" : "1,2\n";
  }
  for (const size_t block_bytes : {50, 333, 1 << 20}) {
    const ReadResult result =
        ParseText(text, Dialect(), SchemaOf({TypeId::kBigInt, TypeId::kBigInt}), block_bytes);
    ASSERT_EQ(result.rejects.size(), 10u);
    for (size_t i = 0; i < 10; ++i) EXPECT_EQ(result.rejects[i].line, (i + 1) * 50);
  }
}

TEST(CsvReader, FilesOfOneLoadMustAgree) {
  const std::string first = WriteFile("f1.csv", "a,b\n1,2\n");
  const std::string second = WriteFile("f2.csv", "a,b\nx,3\n");
  const std::string third = WriteFile("f3.csv", "a,c\n1,3\n");
  const ReadResult result = ReadFiles({first, second});
  EXPECT_EQ(result.Columns(), "a TEXT, b BIGINT");
  EXPECT_THAT(result.rows, ElementsAre("1|2", "x|3"));
  const auto survey = SurveyFiles({first, third}, {});
  ASSERT_FALSE(survey.ok());
  EXPECT_THAT(std::string(Message(survey.status())), HasSubstr("column 2 is called 'c'"));
}

TEST(CsvReader, SchemaIsChecked) {
  ReadSchema schema = SchemaOf({TypeId::kBigInt});
  schema.columns[0].field = 3;
  EXPECT_FALSE(MakeTextParser(Dialect(), schema).ok());
  const Type nested = Type::Struct({{"a", TypeId::kBigInt}});
  EXPECT_FALSE(MakeTextParser(Dialect(), SchemaOf({nested})).ok());
}

}  // namespace
}  // namespace shale
