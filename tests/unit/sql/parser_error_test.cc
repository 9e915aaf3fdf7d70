// What a person reads when SQL is wrong, and that no text, however hostile, takes the parser down.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "sql/ast_printer.h"
#include "sql/parser.h"

namespace shale {
namespace {

std::string ErrorOf(std::string_view sql) {
  StatusOr<std::vector<ast::Statement>> parsed = ParseSql(sql);
  return parsed.ok() ? "no error" : std::string(Message(parsed.status()));
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(ParserErrorTest, PointsAtThePlace) {
  EXPECT_EQ(ErrorOf("SELECT 1;\nSELECT foo FRM t"),
            "line 2, column 12: unexpected \"FRM\"; did you mean FROM?\n"
            "  SELECT foo FRM t\n"
            "             ^");
  // Columns count characters, not bytes; tabs stay one column wide.
  EXPECT_EQ(ErrorOf("SELECT 'é',\t1 1"),
            "line 1, column 15: unexpected \"1\"; is a comma missing before it?\n"
            "  SELECT 'é', 1 1\n"
            "                ^");
}

TEST(ParserErrorTest, LongLinesAreShownInPart) {
  const std::string text =
      ErrorOf("SELECT " + std::string(500, 'x') + " FROM t WHERE , " + std::string(500, 'y'));
  EXPECT_EQ(text.substr(0, 34), "line 1, column 522: unexpected \",\"");
  EXPECT_LT(text.size(), 350u);
  const size_t caret_line = text.rfind('\n');
  const size_t shown_line = text.rfind('\n', caret_line - 1);
  // The caret stands under the comma; "…" takes three bytes and one column.
  const size_t column = text.find('^', caret_line) - caret_line;
  EXPECT_EQ(text[shown_line + column + 2], ',');
}

TEST(ParserErrorTest, DescribeErrorAtTheEnds) {
  EXPECT_EQ(DescribeError("ab", 2, "m"), "line 1, column 3: m\n  ab\n    ^");
  EXPECT_EQ(DescribeError("ab\n", 3, "m"), "line 2, column 1: m\n  \n  ^");
  EXPECT_EQ(DescribeError("", 0, "m"), "line 1, column 1: m\n  \n  ^");
  EXPECT_EQ(DescribeError("ab", -1, "m"), "m");
  EXPECT_EQ(DescribeError("ab", 99, "m"), "line 1, column 3: m\n  ab\n    ^");
}

TEST(ParserErrorTest, Words) {
  const std::pair<const char*, const char*> cases[] = {
      {"SELCT 1", "line 1, column 1: unexpected \"SELCT\"; did you mean SELECT?"},
      {"SELECT * FROM t WERE x = 1", "line 1, column 17: unexpected \"WERE\"; did you mean WHERE?"},
      {"SELECT a FROM t GROUP BT a", "line 1, column 23: unexpected \"BT\"; did you mean BY?"},
      {"SELECT a FROM t ODER BY a", "line 1, column 17: unexpected \"ODER\"; did you mean ORDER?"},
      {"DROP TABEL t", "line 1, column 6: unexpected \"TABEL\"; did you mean TABLE?"},
      {"SELECT user FROM t",
       "line 1, column 8: \"user\" is a reserved word; to use it as a name write it in double "
       "quotes: \"user\""},
      {"SELECT a FROM t WHERE GROUP = 1",
       "line 1, column 23: \"GROUP\" is a reserved word; to use it as a name write it in double "
       "quotes: \"group\""},
      {"SELECT a, FROM t", "line 1, column 9: there is a comma too many before FROM"},
      {"SELECT a FROM t WHERE a IN (1, 2,)",
       "line 1, column 33: there is a comma too many before \")\""},
      {"SELECT a b c FROM t", "line 1, column 12: unexpected \"c\"; is a comma missing before it?"},
      {"SELECT (1 + 2", "line 1, column 8: this \"(\" is not closed"},
      {"SELECT 1)", "line 1, column 9: this \")\" has nothing to close"},
      {"SELECT 'abc", "line 1, column 8: this string has no closing quote (')"},
      {"SELECT \"abc", "line 1, column 8: this name has no closing double quote (\")"},
      {"SELECT \"\"", "line 1, column 8: a name in double quotes cannot be empty"},
      {"SELECT 1 /* x", "line 1, column 10: this comment is not closed by */"},
      {"SELECT $a$x", "line 1, column 8: this string is not closed by another $a$"},
      {"SELECT 1abc",
       "line 1, column 8: \"1abc\" is neither a number nor a name; a name that begins with a digit "
       "goes in double quotes"},
      {"SELECT a == 1", "line 1, column 10: there is no operator ==; equality is one ="},
      {"SELECT `a`",
       "line 1, column 8: names are quoted with double quotes (\"), not with backticks"},
      {"SELECT 1 < 2 < 3",
       "line 1, column 14: comparisons cannot be chained: write a < b AND b < c, or put one in "
       "parentheses"},
      {"SELECT * FROM t WHERE",
       "line 1, column 22: the statement ends too early; expected a value"},
      {"SELECT a FROM t LIMIT 5, 10",
       "line 1, column 26: LIMIT a, b is not supported; write LIMIT b OFFSET a"},
      {"INSERT INTO t VALUES (1, 2), (3)",
       "line 1, column 30: this row has 1 values, the first one has 2"},
      {"INSERT INTO t VALUES ()", "line 1, column 23: a row of VALUES needs at least one value"},
      {"INSERT INTO t VALUES (1, )", "line 1, column 26: a value is missing here"},
      {"INSERT INTO t VALUES (1, 2", "line 1, column 22: this ( is not closed"},
      {"INSERT INTO t VALUES (1, 2 +)",
       "line 1, column 29: the statement ends too early; expected a value"},
      {"CREATE TABLE t (a)",
       "line 1, column 17: column \"a\" has no type, such as TEXT, BIGINT or TIMESTAMP"},
      {"SELECT INTERVAL 5",
       "line 1, column 17: an interval needs a unit: INTERVAL 1 DAY or INTERVAL '1 day'"},
      {"SELECT E'\\u00'",
       "line 1, column 8: \\u takes 4 hexadecimal digits of a Unicode character"},
      {"SELECT a FROM t FOR UPDATE",
       "line 1, column 17: FOR UPDATE is not supported: readers see a snapshot and never block"},
      {"COPY t FROM 'x'",
       "line 1, column 8: COPY … FROM takes STDIN; load files with shale load"},
      {"SELECT \xff", "line 1, column 8: byte 0xff is not valid UTF-8 text"},
      {"(SELECT 1 LIMIT 1) LIMIT 2", "line 1, column 20: two LIMIT or FETCH clauses for one query"},
      {"SELECT a.b.c.d FROM a.b.c.d",
       "line 1, column 21: a table's name has at most three parts: database.schema.table"},
      {"SELECT CASE WHEN a THEN b FROM t",
       "line 1, column 27: unexpected FROM; expected WHEN, ELSE or END"},
      {"EXPLAIN",
       "line 1, column 8: the statement ends too early; expected a statement such as "
       "SELECT, INSERT or CREATE"},
      {"SELECT a FROM t JOIN u",
       "line 1, column 23: the statement ends too early; expected JOIN, "
       "ON, USING or AS"},
  };
  for (const auto& [sql, message] : cases) EXPECT_EQ(FirstLine(ErrorOf(sql)), message) << sql;
}

TEST(ParserErrorTest, NeverSpeaksGrammar) {
  for (const char* sql :
       {"SELECT FROM", "CREATE", "SELECT * FROM (", "INSERT", "1", ")", "SELECT a.",
        "SELECT a FROM t ORDER", "WITH x SELECT 1", "ALTER TABLE t FROB x", "SELECT * FROM a JOIN",
        "COPY", "SET", "SELECT count(DISTINCT)"}) {
    const std::string text = ErrorOf(sql);
    EXPECT_NE(text, "no error") << sql;
    for (const char* jargon : {"K_", "token", "viable", "mismatched", "IDENT", "<EOF>", "QPAREN"}) {
      EXPECT_EQ(text.find(jargon), std::string::npos) << text;
    }
  }
}

// ---- hostile texts ----------------------------------------------------------------------------

std::string Repeat(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(ParserErrorTest, DeepTextsEndInAnError) {
  for (const std::string& sql : {
           "SELECT " + Repeat("(", 100'000) + "1" + Repeat(")", 100'000),
           "SELECT " + Repeat("(SELECT ", 900) + "1" + Repeat(")", 900),
           "SELECT 1 FROM " + Repeat("(SELECT 1 FROM ", 900) + "t" + Repeat(") x", 900),
           "SELECT " + Repeat("f(1+", 900) + "1" + Repeat(")", 900),
           "SELECT " + Repeat("CASE WHEN ", 2000) + "1" + Repeat(" THEN 1 END", 2000),
           "SELECT " + Repeat("NOT ", 50'000) + "a",
           "SELECT " + Repeat("- ", 50'000) + "a",
           "SELECT " + Repeat("[", 50'000),
           "SELECT a" + Repeat(" = NOT b", 50'000),
           "SELECT 1" + Repeat("+1", 50'000),
           "SELECT 1" + Repeat("::int", 50'000),
           "SELECT 1" + Repeat(" IS NULL", 50'000),
           "SELECT 1" + Repeat(" UNION SELECT 1", 20'000),
           "SELECT 1 FROM t" + Repeat(" JOIN t", 50'000),
           "SELECT 1 FROM t" + Repeat(" JOIN t ON a", 30'000),
           "SELECT 1 FROM t" + Repeat(", t", 50'000),
           "SELECT * FROM " + Repeat("(VALUES (", 400) + "1" + Repeat("))", 400),
           "SELECT a" + Repeat(", a", 400'000),
       }) {
    StatusOr<std::vector<ast::Statement>> parsed = ParseSql(sql);
    ASSERT_FALSE(parsed.ok()) << sql.substr(0, 40);
    EXPECT_EQ(parsed.status().code(), StatusCode::kResourceExhausted)
        << sql.substr(0, 40) << " " << parsed.status();
    EXPECT_NE(Message(parsed.status()).find("(kMax"), std::string_view::npos) << parsed.status();
  }
}

TEST(ParserErrorTest, LargeTextsAreFine) {
  for (const std::string& sql : {
           "SELECT " + Repeat("(", 900) + "1" + Repeat(")", 900),
           "SELECT " + Repeat("f(", 300) + "1" + Repeat(")", 300),
           "SELECT 1 WHERE a" + Repeat(" OR a", 100'000),
           "SELECT 1 WHERE a = 1" + Repeat(" AND a = 1", 50'000),
           "SELECT '" + std::string(10'000'000, 'x') + "'",
           "SELECT a FROM t WHERE a IN (1" + Repeat(", 12345", 500'000) + ")",
           "INSERT INTO t VALUES (1, 'a')" + Repeat(", (2, 'b')", 200'000),
           "SELECT 1" + Repeat("+1", 900),
           Repeat("SELECT 1;", 5'000),
           Repeat(";", 100'000),
       }) {
    StatusOr<std::vector<ast::Statement>> parsed = ParseSql(sql);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
  }
}

// Cuts, swaps and doubles pieces of valid statements: any outcome but a crash is right, and what
// parses prints to something that prints the same.
TEST(ParserErrorTest, MangledStatements) {
  const std::vector<std::string> seeds = {
      "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a WHERE x < 5) SELECT DISTINCT "
      "ON (x) x, count(*) FILTER (WHERE x > 1) OVER (PARTITION BY y ORDER BY z ROWS BETWEEN 1 "
      "PRECEDING AND CURRENT ROW) AS n FROM a ASOF JOIN b USING (x), LATERAL (VALUES (1, 'a')) v "
      "WHERE x NOT IN (1, 2, 3) AND y LIKE '%a' ESCAPE '!' GROUP BY ROLLUP (x, (y, z)) HAVING "
      "sum(a) "
      "> ALL (SELECT 1) ORDER BY 1 DESC NULLS LAST LIMIT 5 BY x LIMIT 10 OFFSET 2",
      "CREATE TABLE IF NOT EXISTS s.t (ts TIMESTAMP(3) WITH TIME ZONE NOT NULL DEFAULT now(), a "
      "NUMERIC(10, 2)[] CHECK (a > 0)) TIMESTAMP(ts) PARTITION BY DAY ORDER BY (a, ts) WITH (k = "
      "'v')",
      "INSERT INTO t (a, b) VALUES (1, E'x\\n'), (-2, DATE '2020-01-01' + INTERVAL '1' DAY), ((3), "
      "CASE WHEN $1 THEN ARRAY[1, 2][1] ELSE x::double precision END)",
      "SELECT extract(year FROM ts AT TIME ZONE 'UTC'), trim(BOTH 'x' FROM y), substring(a FROM 1 "
      "FOR "
      "2), position('a' IN b), EXISTS (SELECT 1), (SELECT (1, 2)), a -> 'b' ->> 'c', $$d$$ || "
      "U&'\\0041'",
      "COPY (SELECT 1) TO 'f' WITH CSV HEADER; EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1; SET TIME "
      "ZONE "
      "'UTC'; ALTER TABLE t ADD a INT, DROP b, RENAME c TO d; DELETE FROM t x WHERE a IS NOT NULL"};
  std::mt19937 random(20240501);
  int parsed_count = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string sql = seeds[random() % seeds.size()];
    const std::string& other = seeds[random() % seeds.size()];
    for (int edit = static_cast<int>(random() % 3); edit >= 0; --edit) {
      const size_t from = random() % sql.size();
      const size_t length = random() % 12;
      switch (random() % 4) {
        case 0: sql.erase(from, length); break;
        case 1: sql.insert(from, other.substr(random() % other.size(), length)); break;
        case 2: sql[from] = "()[],;'\"$.:-*/ a1"[random() % 17]; break;
        default: sql.insert(from, sql.substr(random() % sql.size(), length));
      }
      if (sql.empty()) sql = ";";
    }
    StatusOr<std::vector<ast::Statement>> parsed = ParseSql(sql);
    if (!parsed.ok()) {
      ASSERT_NE(parsed.status().code(), StatusCode::kInternal) << sql << "\n" << parsed.status();
      continue;
    }
    ++parsed_count;
    for (const ast::Statement& statement : *parsed) {
      const std::string printed = PrintStatement(statement);
      if (printed.find("/*") != std::string::npos) continue;
      StatusOr<std::vector<ast::Statement>> again = ParseSql(printed);
      ASSERT_TRUE(again.ok()) << sql << "\n" << printed << "\n" << again.status();
      ASSERT_EQ(again->size(), 1u);
      ASSERT_EQ(PrintStatement((*again)[0]), printed) << sql;
    }
  }
  EXPECT_GT(parsed_count, 75);
}

}  // namespace
}  // namespace shale
