// What is found out about a file's format, and what is refused.
#include "tools/load/text/dialect.h"

#include <gmock/gmock.h>

#include "tests/unit/tools/load/text_rows.h"

namespace shale {
namespace {

using testing::HasSubstr;

std::string Sniff(const std::string& name, const std::string& text, DialectHints hints = {}) {
  const auto dialect = SniffDialect(name, {text}, hints);
  return dialect.ok() ? dialect->ToString() : std::string(Message(dialect.status()));
}

TEST(Dialect, Delimiters) {
  EXPECT_EQ(Sniff("x", "a,b\n1,2\n"), "CSV with commas, a header line");
  EXPECT_EQ(Sniff("x", "a;b\n1,5;2\n2,5;3\n"), "CSV with semicolons, a header line");
  EXPECT_EQ(Sniff("x", "a|b\n1|2\n"), "CSV with bars, a header line");
  EXPECT_EQ(Sniff("x", "a\tb\n1\t2\n"), "TSV with tabs, a header line");
  EXPECT_EQ(Sniff("x.csv", "a\tb\n1\t2\n"), "CSV with tabs, a header line");
  EXPECT_EQ(Sniff("x.csv", "a\n1\n"), "CSV with commas, a header line");
  EXPECT_EQ(Sniff("x", "a,b\r\n1,2\r\n"), "CSV with commas, a header line, CRLF");
  EXPECT_EQ(Sniff("x", "\"a;b\",\"c;d\"\n\"1;2\",\"3;4\"\n"), "CSV with commas, a header line");
}

TEST(Dialect, Headers) {
  EXPECT_EQ(Sniff("x", "1,2\n3,4\n"), "CSV with commas, no header line");
  EXPECT_EQ(Sniff("x", "2024-01-01,x\n2024-01-02,y\n"), "CSV with commas, no header line");
  EXPECT_EQ(Sniff("x", "name,city\nAnn,Bern\nBob,Rome\n"), "CSV with commas, a header line");
  EXPECT_EQ(Sniff("x", "Ann,Bern\nBob,Bern\nAnn,Rome\n"), "CSV with commas, no header line");
  EXPECT_EQ(Sniff("x", "id,name\n"), "CSV with commas, a header line");
  EXPECT_EQ(Sniff("x", "true,x\nfalse,y\n"), "CSV with commas, no header line");
  EXPECT_EQ(Sniff("x", ",name\n1,x\n2,y\n"), "CSV with commas, a header line");
  DialectHints hints;
  hints.header = false;
  EXPECT_EQ(Sniff("x", "id,name\n1,x\n", hints), "CSV with commas, no header line");
}

TEST(Dialect, Formats) {
  EXPECT_EQ(Sniff("x", "{\"a\":1}\n{\"a\":2}\n"), "NDJSON");
  EXPECT_EQ(Sniff("x", "\xef\xbb\xbf{\"a\":1}\n"), "NDJSON, a byte order mark");
  EXPECT_EQ(Sniff("x",
                  "1.1.1.1 - - [01/Jan/2024:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" "
                  "\"-\"\n"),
            "access log (combined)");
}

TEST(Dialect, Hints) {
  DialectHints hints;
  hints.delimiter = ':';
  EXPECT_EQ(Sniff("x", "a:b\n1:2\n", hints), "CSV with ':', a header line");
  hints = {};
  hints.format = TextFormat::kCombined;
  EXPECT_THAT(Sniff("x", "a,b\n1,2\n", hints), HasSubstr("most lines are not of the combined"));
  hints.format = TextFormat::kNdjson;
  EXPECT_THAT(Sniff("x", "a,b\n1,2\n", hints), HasSubstr("most lines are no JSON object"));
  hints.format = TextFormat::kTsv;
  EXPECT_EQ(Sniff("x", "a,b\n1,2\n", hints), "TSV with tabs, a header line");
}

TEST(Dialect, Refusals) {
  EXPECT_THAT(Sniff("x", ""), HasSubstr("x: is empty"));
  EXPECT_THAT(Sniff("x", "  \n\n"), HasSubstr("x: is empty"));
  EXPECT_THAT(Sniff("x", "a,b\r1,2\r"), HasSubstr("lines end in CR alone"));
  EXPECT_FALSE(TextFormatFromName("xml").ok());
  EXPECT_EQ(*TextFormatFromName("ndjson"), TextFormat::kNdjson);
}

}  // namespace
}  // namespace shale
