// The access logs of Apache and nginx.
#include <gmock/gmock.h>

#include "tests/unit/tools/load/text_rows.h"

namespace shale {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kGood[] =
    "83.149.9.216 - - [17/May/2015:10:05:03 +0000] \"GET /a?b=1 HTTP/1.1\" 200 203023 "
    "\"http://x.org/\" \"Mozilla/5.0 (X11)\"\n";

ReadResult Read(const std::string& text) {
  DialectHints hints;
  return ReadText("access.log", text, hints);
}

TEST(CombinedReader, Columns) {
  const ReadResult result = Read(kGood);
  EXPECT_EQ(result.survey.dialect.format, TextFormat::kCombined);
  EXPECT_EQ(result.Columns(),
            "ip INET, ident TEXT, user TEXT, ts TIMESTAMPTZ, method TEXT, url TEXT, "
            "protocol TEXT, status SMALLINT, bytes BIGINT, referer TEXT, user_agent TEXT");
  EXPECT_THAT(result.rows,
              ElementsAre("83.149.9.216|NULL|NULL|2015-05-17 10:05:03+00|GET|/a?b=1|HTTP/1.1|200|"
                          "203023|http://x.org/|Mozilla/5.0 (X11)"));
  EXPECT_TRUE(result.survey.columns[3].has_time_range);
}

TEST(CombinedReader, OffsetsUsersAndDashes) {
  const ReadResult result =
      Read("::1 id Ann Lee [01/Jan/2024:00:30:00 +0200] \"POST /x HTTP/2.0\" 304 - \"-\" \"-\"\n");
  EXPECT_THAT(result.rows,
              ElementsAre("::1|id|Ann Lee|2023-12-31 22:30:00+00|POST|/x|HTTP/2.0|304|NULL|NULL|"
                          "NULL"));
}

TEST(CombinedReader, CommonFormatHasNoReferrer) {
  const ReadResult result =
      Read("10.0.0.1 - - [01/Jan/2024:00:30:00 +0000] \"GET / HTTP/1.0\" 200 5\n");
  EXPECT_THAT(result.rows,
              ElementsAre("10.0.0.1|NULL|NULL|2024-01-01 00:30:00+00|GET|/|HTTP/1.0|200|5|NULL|"
                          "NULL"));
}

TEST(CombinedReader, OddRequests) {
  const std::string head = "10.0.0.1 - - [01/Jan/2024:00:30:00 +0000] ";
  const ReadResult result = Read(head + "\"-\" 408 0 \"-\" \"-\"\n" +         //
                                 head + "\"GET /old\" 200 1 \"-\" \"-\"\n" +  //
                                 head + "\"\\x16\\x03\" 400 1 \"-\" \"-\"\n" + head +
                                 "\"GET /a b HTTP/1.1\" 200 1 \"-\" \"say \\\"hi\\\"\"\n" + head +
                                 "\"GET /\\xff HTTP/1.1\" 200 1 \"-\" \"-\"\n");
  ASSERT_EQ(result.rows.size(), 5u);
  EXPECT_THAT(result.rows[0], HasSubstr("|NULL|NULL|NULL|408|0|"));
  EXPECT_THAT(result.rows[1], HasSubstr("|GET|/old|NULL|200|"));
  EXPECT_THAT(result.rows[2], HasSubstr("|NULL|\x16\x03|NULL|400|"));
  EXPECT_THAT(result.rows[3], HasSubstr("|GET|/a b|HTTP/1.1|200|1|NULL|say \"hi\""));
  EXPECT_THAT(result.rows[4], HasSubstr("|GET|/\\xff|HTTP/1.1|"));
}

TEST(CombinedReader, MalformedLinesNameTheFault) {
  const ReadResult result =
      Read(std::string(kGood) + kGood + kGood + kGood + kGood + kGood + kGood + kGood +
           "1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"Moz\n"
           "1.2.3.4 - - [17/Mai/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"Moz\"\n");
  EXPECT_EQ(result.rows.size(), 8u);
  ASSERT_EQ(result.rejects.size(), 2u);
  EXPECT_EQ(result.rejects[0].line, 9u);
  EXPECT_EQ(result.rejects[0].column, "user_agent");
  EXPECT_EQ(result.rejects[0].reason, "the closing quote is missing");
  EXPECT_EQ(result.rejects[1].column, "ts");
}

TEST(CombinedReader, HostNamesAreText) {
  const ReadResult result = Read(
      "host.example.org - - [01/Jan/2024:00:30:00 +0000] \"GET / HTTP/1.0\" 200 5 \"-\" \"-\"\n");
  EXPECT_EQ(result.survey.columns[0].type.ToString(), "TEXT");
  EXPECT_THAT(result.rejects, IsEmpty());
}

TEST(CombinedReader, TheSampleLog) {
  const ReadResult result =
      ReadFiles({std::string(SHALE_SOURCE_DIR) + "/tests/data/access.log.gz"});
  EXPECT_EQ(result.survey.dialect.ToString(), "access log (combined)");
  EXPECT_EQ(result.rows.size(), 9999u);
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].line, 8899u);
  EXPECT_EQ(result.rejects[0].reason, "the closing quote is missing");
}

}  // namespace
}  // namespace shale
