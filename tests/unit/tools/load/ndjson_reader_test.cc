// NDJSON: one object a line.
#include <gmock/gmock.h>

#include "tests/unit/tools/load/text_rows.h"

namespace shale {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Dialect Ndjson(bool flatten = false) {
  Dialect dialect;
  dialect.format = TextFormat::kNdjson;
  dialect.flatten = flatten;
  return dialect;
}

TEST(NdjsonReader, Types) {
  const ReadResult result = ReadText(
      "types.ndjson",
      R"({"id":1,"v":1.5,"ok":true,"at":"2024-01-02T03:04:05Z","ip":"10.0.0.1","n":null,"s":"7"})"
      "\n"
      R"({"id":2,"v":2,"ok":false,"at":"2024-01-02T03:04:05+01:00","ip":"::1","n":null,"s":""})"
      "\n");
  EXPECT_EQ(result.Columns(),
            "id BIGINT, v DOUBLE, ok BOOLEAN, at TIMESTAMPTZ, ip INET, n TEXT, s TEXT");
  EXPECT_THAT(result.rows, ElementsAre("1|1.5|t|2024-01-02 03:04:05+00|10.0.0.1|NULL|7",
                                       "2|2|f|2024-01-02 02:04:05+00|::1|NULL|"));
}

TEST(NdjsonReader, Arrays) {
  const ReadResult result =
      ReadText("arrays.ndjson", R"({"tags":["a","b c",null],"n":[1,2],"mixed":[1,"x"]})"
                                "\n"
                                R"({"tags":[],"n":null,"mixed":{"a":1}})"
                                "\n"
                                R"({"tags":["\u00e4,\"q\""],"n":[3]})"
                                "\n");
  EXPECT_EQ(result.Columns(), "tags TEXT[], n BIGINT[], mixed JSON");
  EXPECT_THAT(result.rows, ElementsAre(R"({a,"b c",NULL}|{1,2}|[1,"x"])", R"({}|NULL|{"a":1})",
                                       R"({"ä,\"q\""}|{3}|NULL)"));
}

TEST(NdjsonReader, MissingReorderedAndLateMembers) {
  const ReadResult result = ReadText("late.ndjson",
                                     "{\"a\":1,\"b\":\"x\"}\n"
                                     "{\"b\":\"y\",\"a\":2}\n"
                                     "{\"c\":true}\n"
                                     "{ \"a\" : 3 , \"c\" : false }  \n"
                                     "{}\n");
  EXPECT_EQ(result.Columns(), "a BIGINT, b TEXT, c BOOLEAN");
  EXPECT_THAT(result.rows,
              ElementsAre("1|x|NULL", "2|y|NULL", "NULL|NULL|t", "3|NULL|f", "NULL|NULL|NULL"));
}

TEST(NdjsonReader, ManyLateMembersGrowTheTable) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += "{\"k" + std::to_string(i) + "\":" + std::to_string(i) + "}\n";
  }
  const ReadResult result = ReadText("wide.ndjson", text);
  ASSERT_EQ(result.survey.columns.size(), 300u);
  EXPECT_EQ(result.survey.columns[299].name, "k299");
  EXPECT_EQ(result.survey.columns[299].type.ToString(), "BIGINT");
  EXPECT_EQ(result.rows.size(), 300u);
}

TEST(NdjsonReader, LastOfDuplicateMembersWins) {
  const ReadResult result = ReadText("twice.ndjson", "{\"a\":1,\"a\":2}\n{\"a\":3,\"a\":null}\n");
  EXPECT_THAT(result.rows, ElementsAre("2", "NULL"));
}

TEST(NdjsonReader, EscapesInStringsAndNames) {
  const ReadResult result =
      ReadText("escape.ndjson", R"({"a\"b":"q\"\\\/\b\f\n\r\t","u":"\u00fc\ud83d\ude00"})"
                                "\n"
                                R"({"a\u0022b":"same","u":"plain"})"
                                "\n");
  EXPECT_EQ(result.Columns(), "a\"b TEXT, u TEXT");
  EXPECT_THAT(result.rows, ElementsAre("q\"\\/\b\f\n\r\t|\xc3\xbc\xf0\x9f\x98\x80", "same|plain"));
}

TEST(NdjsonReader, NestedIsJson) {
  const ReadResult result = ReadText(
      "nested.ndjson", "{\"e\":{\"x\": [1, 2]},\"t\":[[\"a\"]]}\n{\"e\":\"s\",\"t\":null}\n");
  EXPECT_EQ(result.Columns(), "e JSON, t JSON");
  EXPECT_THAT(result.rows, ElementsAre("{\"x\": [1, 2]}|[[\"a\"]]", "\"s\"|NULL"));
}

TEST(NdjsonReader, FlattenMakesDottedColumns) {
  DialectHints hints;
  hints.flatten = true;
  const ReadResult result =
      ReadText("flat.ndjson",
               "{\"user\":{\"id\":1,\"geo\":{\"city\":\"Bern\"}},\"tags\":[1]}\n"
               "{\"user\":{\"geo\":{\"city\":\"Rome\",\"zip\":\"00100\"},\"id\":2},\"user.id\":3}\n"
               "{\"user\":{}}\n",
               hints);
  EXPECT_EQ(result.Columns(),
            "user.id BIGINT, user.geo.city TEXT, tags BIGINT[], "
            "user.geo.zip TEXT");
  EXPECT_THAT(result.rows,
              ElementsAre("1|Bern|{1}|NULL", "3|Rome|NULL|00100", "NULL|NULL|NULL|NULL"));
}

TEST(NdjsonReader, FlattenedMembersOfASchema) {
  const ReadResult result = ParseText("{\"u\":{\"id\":1,\"x\":9}}\n{\"u.id\":2}\n{\"u\":5}\n",
                                      Ndjson(true), {{{"id", TypeId::kBigInt, 0, "u.id"}}, 1});
  EXPECT_THAT(result.rows, ElementsAre("1", "2", "NULL"));
  EXPECT_THAT(result.unknown_members, ElementsAre(Pair("u", 1), Pair("x", 1)));
}

TEST(NdjsonReader, UnknownMembersAreCounted) {
  const ReadResult result =
      ParseText("{\"a\":1,\"z\":{\"y\":1}}\n{\"z\":2,\"a\":2}\n{\"w\":\"\",\"a\":3}\n", Ndjson(),
                SchemaOf({TypeId::kBigInt}));
  EXPECT_THAT(result.rows, ElementsAre("1", "2", "3"));
  EXPECT_THAT(result.unknown_members, ElementsAre(Pair("w", 1), Pair("z", 2)));
}

TEST(NdjsonReader, MalformedLinesAreRejectedAloneAndReadingGoesOn) {
  const std::string lines[] = {"{\"a\":1}",
                               "{\"a\":",
                               "{\"a\":1}}",
                               "[1]",
                               "{\"a\":1} x",
                               "{\"a\" 1}",
                               "{\"a\":tru}",
                               "{\"a\":01}",
                               "{\"a\":\"x}",
                               "{\"a\":1,}",
                               "{\"a\":{\"b\":}}",
                               "nonsense",
                               "{\"a\":\"\\q\"}",
                               "{\"a\":\"\\u0000\"}",
                               "{\"a\":\"\\ud800\"}",
                               "{\"a\":\"\xff\"}",
                               "{\"a\":2}"};
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  for (const size_t block_bytes : {1 << 20, 20}) {
    const ReadResult result = ParseText(text, Ndjson(), SchemaOf({TypeId::kText}), block_bytes);
    EXPECT_THAT(result.rows, ElementsAre("1", "2"));
    ASSERT_EQ(result.rejects.size(), 15u);
    for (size_t i = 0; i < 15; ++i) {
      EXPECT_EQ(result.rejects[i].line, i + 2);
      EXPECT_EQ(result.rejects[i].raw, lines[i + 1]);
      EXPECT_THAT(result.rejects[i].reason, testing::Not(IsEmpty()));
    }
  }
}

TEST(NdjsonReader, ValuesForATablesTypes) {
  const ReadResult result = ParseText(
      "{\"a\":\"12\",\"b\":5,\"c\":true}\n{\"a\":300,\"b\":{\"x\":1},\"c\":\"t\"}\n"
      "{\"a\":null,\"b\":\"s\",\"c\":null}\n",
      Ndjson(), SchemaOf({TypeId::kTinyInt, TypeId::kText, TypeId::kText}));
  EXPECT_THAT(result.rows, ElementsAre("12|5|true", "NULL|s|NULL"));
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].column, "a");
}

TEST(NdjsonReader, BigIntegersAndMixedKinds) {
  const ReadResult result =
      ReadText("mixed.ndjson",
               "{\"big\":18446744073709551615,\"mix\":1,\"d\":\"2024-01-01\"}\n"
               "{\"big\":1,\"mix\":\"x\",\"d\":\"2024-01-01 10:00:00\"}\n");
  EXPECT_EQ(result.Columns(), "big DECIMAL(38,0), mix TEXT, d TIMESTAMP");
  EXPECT_THAT(result.rows,
              ElementsAre("18446744073709551615|1|2024-01-01 00:00:00", "1|x|2024-01-01 10:00:00"));
}

TEST(NdjsonReader, LongLines) {
  const std::string line = "{\"a\":\"" + std::string(600000, 'x') + "\"}\n";
  const ReadResult result = ReadText("long.ndjson", line + line);
  EXPECT_EQ(result.Columns(), "a TEXT");
  EXPECT_EQ(result.rows.size(), 2u);
}

TEST(NdjsonReader, NoObjects) {
  EXPECT_THAT(SurveyError("array.json", "[{\"a\":1},{\"a\":2}]\n"), HasSubstr("jq -c '.[]'"));
  EXPECT_THAT(SurveyError("pretty.json", "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n"),
              HasSubstr("jq -c ."));
}

}  // namespace
}  // namespace shale
