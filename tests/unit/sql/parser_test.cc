// Text to AST and back: a table of statements and their printed form. Printing what was parsed and
// parsing that again must print the same.
#include "sql/parser.h"

#include <gtest/gtest.h>

#include "sql/ast_printer.h"

namespace shale {
namespace {

struct Case {
  const char* sql;
  const char* printed;  // null: exactly `sql`
};

std::string ParseAndPrint(std::string_view sql) {
  StatusOr<std::vector<ast::Statement>> parsed = ParseSql(sql);
  if (!parsed.ok()) return std::string(Message(parsed.status()));
  if (parsed->size() != 1) return std::to_string(parsed->size()) + " statements";
  return PrintStatement((*parsed)[0]);
}

std::string ParseAndPrintExpr(std::string_view text) {
  StatusOr<ast::ExprPtr> parsed = ParseExpression(text);
  if (!parsed.ok()) return std::string(Message(parsed.status()));
  return PrintExpr(**parsed);
}

void ExpectStatements(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::string expected = c.printed != nullptr ? c.printed : c.sql;
    EXPECT_EQ(ParseAndPrint(c.sql), expected) << c.sql;
    if (expected.find("/*") == std::string::npos) {
      EXPECT_EQ(ParseAndPrint(expected), expected) << c.sql;
    }
  }
}

void ExpectExprs(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::string expected = c.printed != nullptr ? c.printed : c.sql;
    EXPECT_EQ(ParseAndPrintExpr(c.sql), expected) << c.sql;
    EXPECT_EQ(ParseAndPrintExpr(expected), expected) << c.sql;
  }
}

// ---- expressions ------------------------------------------------------------------------------

TEST(ParserTest, Precedence) {
  ExpectExprs({
      {"1 + 2 * 3", nullptr},
      {"(1 + 2) * 3", nullptr},
      {"1 - 2 - 3", nullptr},
      {"1 - (2 - 3)", nullptr},
      {"2 ^ 3 ^ 2", nullptr},
      {"2 ^ (3 ^ 2)", nullptr},
      {"-2 ^ 2", nullptr},
      {"-(2 ^ 2)", nullptr},
      {"- - 1", "-(-1)"},
      {"-x::int", "-CAST(x AS int)"},
      {"a OR b AND NOT c = d", nullptr},
      {"(a OR b) AND c", nullptr},
      {"NOT (a AND b)", nullptr},
      {"NOT a IS NULL", nullptr},
      {"(NOT a) IS NULL", nullptr},
      {"a = b IS NULL", nullptr},
      {"a = (b IS NULL)", nullptr},
      {"a < b BETWEEN 1 AND 2", nullptr},
      {"a BETWEEN 1 + 1 AND 2 AND b", nullptr},
      {"a NOT BETWEEN SYMMETRIC 1 AND 2 OR b", nullptr},
      {"a || b || c LIKE 'x%' || d", nullptr},
      {"a -> 'b' ->> 'c' = 'd'", nullptr},
      {"a + b || c", nullptr},
      {"a || (b || c)", nullptr},
      {"~ a + b", nullptr},
      {"(~ a) + b", nullptr},
      {"~ a || b", nullptr},
      {"a IS DISTINCT FROM b AND c", nullptr},
      {"a IS NOT DISTINCT FROM b", nullptr},
      {"(a = b) = c", nullptr},
      {"a AND (b AND c)", "a AND b AND c"},
      {"a % 2 = 0", nullptr},
      {"a << 2 | 1 & 3 # 4", nullptr},
      {"x COLLATE \"C\" < y", nullptr},
      {"a <> b", nullptr},
      {"a != b", "a <> b"},
      {"a >= -1", nullptr},
      {"a=-1", "a = -1"},
      {"a @> b", nullptr},
      {"a <@ b", nullptr},
      {"a #> b #>> c", nullptr},
      {"a ~ 'x' AND b !~* 'y'", nullptr},
      {"a ~~ 'x'", "a LIKE 'x'"},
      {"a !~~* 'x'", "a NOT ILIKE 'x'"},
      {"a OPERATOR(pg_catalog.~) '^x'", "a ~ '^x'"},
  });
}

TEST(ParserTest, Literals) {
  ExpectExprs({
      {"'it''s'", nullptr},
      {"''", nullptr},
      {"E'a\\n\\t\\\\\\'\\x41\\101\\u00e9'", "'a\n\t\\''AA\u00e9'"},
      {"e'\\U0001F600 \\uD83D\\uDE00'", "'\U0001F600 \U0001F600'"},
      {"U&'d\\0061t\\+000061 \\\\'", "'data \\'"},
      {"$$it's$$", "'it''s'"},
      {"$tag$a $$ b$tag$", "'a $$ b'"},
      {"'a'\n  'b'", "'ab'"},
      {"N'x'", "'x'"},
      {"'\\n'", "'\\n'"},
      {"1", nullptr},
      {"1.5", nullptr},
      {".5", nullptr},
      {"1.", nullptr},
      {"1e3", nullptr},
      {"1.5E-7", nullptr},
      {"1_000_000", "1000000"},
      {"0x1F", "31"},
      {"0b1010", "10"},
      {"0o17", "15"},
      {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
      {"123456789012345678901234567890", nullptr},
      {"NULL", nullptr},
      {"true", "TRUE"},
      {"False", "FALSE"},
      {"$1 + $23", nullptr},
      {"DATE '2024-01-01'", "date '2024-01-01'"},
      {"TIMESTAMP '2024-01-01 10:00'", "timestamp '2024-01-01 10:00'"},
      {"timestamp with time zone '2024-01-01'", "timestamptz '2024-01-01'"},
      {"TIMESTAMP(3) WITHOUT TIME ZONE '2024-01-01'", "timestamp(3) '2024-01-01'"},
      {"TIME '10:00'", "time '10:00'"},
      {"double precision '1.5'", "double '1.5'"},
      {"numeric(10, 2) '1.5'", nullptr},
      {"INTERVAL '1 day 2 hours'", "interval '1 day 2 hours'"},
      {"INTERVAL '1' DAY", "interval '1 day'"},
      {"INTERVAL 3 MONTHS", "interval '3 month'"},
      {"INTERVAL '1-2' YEAR TO MONTH", "interval '1-2'"},
      {"INTERVAL '5:30' MINUTE TO SECOND", "interval '00:5:30'"},
      {"ARRAY[1, 2, 3]", nullptr},
      {"ARRAY[]", nullptr},
      {"[1, 2]", "ARRAY[1, 2]"},
      {"(1, 'a')", nullptr},
      {"ROW(1)", nullptr},
      {"ROW(1, 2)", "(1, 2)"},
  });
}

TEST(ParserTest, TestsAndMembership) {
  ExpectExprs({
      {"a IS NULL", nullptr},
      {"a IS NOT NULL", nullptr},
      {"a ISNULL", "a IS NULL"},
      {"a NOTNULL", "a IS NOT NULL"},
      {"a IS TRUE AND b IS NOT FALSE OR c IS UNKNOWN", nullptr},
      {"a IN (1, 2, 3)", nullptr},
      {"a NOT IN ('x')", nullptr},
      {"(a, b) IN ((1, 2), (3, 4))", nullptr},
      {"a IN (SELECT b FROM t)", nullptr},
      {"a IN ((SELECT b FROM t))", "a IN (SELECT b FROM t)"},
      {"a IN ((SELECT 1), 2)", nullptr},
      {"a NOT IN (VALUES (1), (2))", nullptr},
      {"EXISTS (SELECT 1 FROM t WHERE t.a = u.a)", nullptr},
      {"NOT EXISTS (SELECT 1)", nullptr},
      {"(SELECT max(a) FROM t) + 1", nullptr},
      {"((SELECT 1) + 1)", "(SELECT 1) + 1"},
      {"abs((SELECT 1))", nullptr},
      {"a = ANY (SELECT b FROM t)", nullptr},
      {"a <> ALL (ARRAY[1, 2])", nullptr},
      {"a < SOME (SELECT 1)", "a < ANY (SELECT 1)"},
      {"a LIKE '%x%' ESCAPE '!'", nullptr},
      {"a NOT ILIKE 'x'", nullptr},
      {"a NOT SIMILAR TO '(a|b)%'", nullptr},
      {"a LIKE 'x' AND b LIKE 'y'", nullptr},
  });
}

TEST(ParserTest, CallsAndSpecialSyntax) {
  ExpectExprs({
      {"now()", nullptr},
      {"COUNT(*)", "count(*)"},
      {"count(DISTINCT a)", nullptr},
      {"sum(ALL a)", "sum(a)"},
      {"\"MyFunc\"(1)", nullptr},
      {"pg_catalog.version()", "version()"},
      {"string_agg(a, ', ' ORDER BY b DESC NULLS LAST)", nullptr},
      {"percentile_cont(0.5) WITHIN GROUP (ORDER BY x)", nullptr},
      {"count(*) FILTER (WHERE a > 1)", nullptr},
      {"row_number() OVER ()", nullptr},
      {"sum(x) OVER w", nullptr},
      {"sum(x) OVER (w ORDER BY y)", nullptr},
      {"sum(x) FILTER (WHERE x > 0) OVER (PARTITION BY a, b ORDER BY c DESC)", nullptr},
      {"sum(x) OVER (ORDER BY y ROWS 3 PRECEDING)",
       "sum(x) OVER (ORDER BY y ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)"},
      {"sum(x) OVER (ORDER BY y RANGE BETWEEN INTERVAL '1 day' PRECEDING AND UNBOUNDED FOLLOWING)",
       "sum(x) OVER (ORDER BY y RANGE BETWEEN interval '1 day' PRECEDING AND UNBOUNDED FOLLOWING)"},
      {"sum(x) OVER (ORDER BY y GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING EXCLUDE TIES)", nullptr},
      {"EXTRACT(YEAR FROM ts)", "extract('year', ts)"},
      {"extract('epoch' FROM a - b)", "extract('epoch', a - b)"},
      {"ts AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin'",
       "timezone('Europe/Berlin', timezone('UTC', ts))"},
      {"a + ts AT TIME ZONE 'UTC'", "a + timezone('UTC', ts)"},
      {"SUBSTRING(a FROM 2 FOR 3)", "substring(a, 2, 3)"},
      {"substring(a FOR 3)", "substring(a, 1, 3)"},
      {"substring(a, 2)", nullptr},
      {"POSITION('x' IN a || b)", "position(a || b, 'x')"},
      {"TRIM(a)", "btrim(a)"},
      {"TRIM(BOTH 'x' FROM a)", "btrim(a, 'x')"},
      {"TRIM(LEADING FROM a)", "ltrim(a)"},
      {"TRIM(TRAILING 'x' FROM a)", "rtrim(a, 'x')"},
      {"TRIM('x' FROM a)", "btrim(a, 'x')"},
      {"OVERLAY(a PLACING b FROM 2 FOR 3)", "overlay(a, b, 2, 3)"},
      {"CURRENT_DATE", "current_date()"},
      {"CURRENT_TIMESTAMP", "now()"},
      {"localtimestamp", "localtimestamp()"},
      {"coalesce(a, b, 1)", nullptr},
      {"nullif(a, 0)", nullptr},
      {"greatest(a, b) - least(a, b)", nullptr},
      {"left(a, 2) || right(b, 3)", nullptr},
      {"replace(a, 'x', 'y')", nullptr},
      {"CAST(a AS DOUBLE PRECISION)", "CAST(a AS double)"},
      {"try_cast(a AS INTEGER)", "TRY_CAST(a AS integer)"},
      {"a::numeric(10,2)::text", "CAST(CAST(a AS numeric(10, 2)) AS text)"},
      {"a::timestamp with time zone", "CAST(a AS timestamptz)"},
      {"a::time without time zone", "CAST(a AS time)"},
      {"a::character varying(20)", "CAST(a AS varchar(20))"},
      {"a::int[]", "CAST(a AS int[])"},
      {"a::pg_catalog.int4", "CAST(a AS int4)"},
      {"a[1][2]", nullptr},
      {"(a || b)[1]", nullptr},
      {"a[1:2]", nullptr},
      {"a[ : b + 1 ]", "a[:b + 1]"},
      {"a[b:]", nullptr},
      {"a[:]", nullptr},
      {"ARRAY(SELECT a FROM t ORDER BY a)", nullptr},
      {"a && ARRAY[1]", nullptr},
      {"CASE WHEN a > 1 THEN 'x' WHEN b THEN 'y' ELSE NULL END", nullptr},
      {"CASE a WHEN 1 THEN 'x' END", nullptr},
      {"f(CASE WHEN a THEN b END + 1)", nullptr},
  });
}

TEST(ParserTest, KeywordsAsNames) {
  ExpectStatements({
      {"SELECT date, time, timestamp, key, value, type, name, url, version FROM t", nullptr},
      {"SELECT day, month, year, hour, minute, second, interval, zone FROM t", nullptr},
      {"SELECT first, last, rows, range, row, filter, over, values, sample FROM t", nullptr},
      {"SELECT position, extract, trim, substring, overlay, partition, at FROM t", nullptr},
      {"SELECT t.user, t.group, t.order FROM t", nullptr},
      {"SELECT \"user\", \"Group\" FROM t", nullptr},
      {"SELECT a AS select, b AS from, c AS group", nullptr},
      {"SELECT a day, b month, c value, d timestamp FROM t",
       "SELECT a AS day, b AS month, c AS value, d AS timestamp FROM t"},
      {"SELECT 1 semi, 2 anti FROM t asof", "SELECT 1 AS semi, 2 AS anti FROM t AS asof"},
      {"SELECT \"a\"\"b\"", nullptr},
      {"SELECT größe FROM straße", nullptr},
      {"SELECT date '2020-01-01' AS date, date FROM date",
       "SELECT date '2020-01-01' AS date, date FROM date"},
      {"CREATE TABLE t (key text, value double precision, timestamp timestamp, type int, date "
       "date)",
       "CREATE TABLE t (key text, value double, timestamp timestamp, type int, date date)"},
  });
}

// ---- queries ----------------------------------------------------------------------------------

TEST(ParserTest, Select) {
  ExpectStatements({
      {"select 1", "SELECT 1"},
      {"SELECT *", nullptr},
      {"SELECT t.*, s.t.* FROM t", nullptr},
      {"SELECT * EXCLUDE (a, b) FROM t", nullptr},
      {"SELECT * EXCEPT (a) FROM t", "SELECT * EXCLUDE (a) FROM t"},
      {"SELECT ALL a FROM t", "SELECT a FROM t"},
      {"SELECT DISTINCT a, b FROM t", nullptr},
      {"SELECT DISTINCT ON (a, b) a, c FROM t ORDER BY a, b, c DESC", nullptr},
      {"SELECT a x, b AS y FROM t u", "SELECT a AS x, b AS y FROM t AS u"},
      {"SELECT a FROM db.s.t WHERE a > 1 GROUP BY a HAVING count(*) > 1 ORDER BY 1 LIMIT 5 OFFSET "
       "2",
       nullptr},
      {"SELECT a FROM t OFFSET 2 ROWS FETCH FIRST 5 ROWS ONLY", "SELECT a FROM t LIMIT 5 OFFSET 2"},
      {"SELECT a FROM t FETCH NEXT ROW ONLY", "SELECT a FROM t LIMIT 1"},
      {"SELECT a FROM t LIMIT ALL", "SELECT a FROM t"},
      {"SELECT a FROM t LIMIT $1 OFFSET $2", nullptr},
      {"SELECT a FROM t ORDER BY b LIMIT 2 BY c, d LIMIT 10", nullptr},
      {"SELECT a FROM t GROUP BY ALL", nullptr},
      {"SELECT a FROM t GROUP BY a, (b, c), ROLLUP (d, (e, f)), CUBE (g, h)", nullptr},
      {"SELECT a FROM t GROUP BY GROUPING SETS ((a, b), (a), ())",
       "SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, ())"},
      {"SELECT a FROM t GROUP BY ()", nullptr},
      {"SELECT grouping(a) FROM t GROUP BY CUBE (a)", nullptr},
      {"SELECT a, rank() OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY c), v AS (w)", nullptr},
      {"SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1", nullptr},
      {"SELECT a FROM t WHERE b AND c QUALIFY d", nullptr},
      {"SELECT current_timestamp", "SELECT now() AS current_timestamp"},
      {"SELECT -- comment\n 1 /* a /* nested */ one */ + 2", "SELECT 1 + 2"},
      {"TABLE t", "SELECT * FROM t"},
  });
}

TEST(ParserTest, From) {
  ExpectStatements({
      {"SELECT * FROM a, b, c", "SELECT * FROM a CROSS JOIN b CROSS JOIN c"},
      {"SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (x, y)", nullptr},
      {"SELECT * FROM a INNER JOIN b ON TRUE", "SELECT * FROM a JOIN b ON TRUE"},
      {"SELECT * FROM a RIGHT OUTER JOIN b ON c FULL JOIN d ON e",
       "SELECT * FROM a RIGHT JOIN b ON c FULL JOIN d ON e"},
      {"SELECT * FROM a NATURAL JOIN b NATURAL LEFT JOIN c", nullptr},
      {"SELECT * FROM a CROSS JOIN b", nullptr},
      {"SELECT * FROM a JOIN (b JOIN c ON x) ON y", nullptr},
      {"SELECT * FROM a JOIN b JOIN c ON x ON y", "SELECT * FROM a JOIN (b JOIN c ON x) ON y"},
      {"SELECT * FROM (a JOIN b ON x) AS j", nullptr},
      {"SELECT * FROM a SEMI JOIN b ON x ANTI JOIN c USING (y)", nullptr},
      {"SELECT * FROM a LEFT SEMI JOIN b ON x", "SELECT * FROM a SEMI JOIN b ON x"},
      {"SELECT * FROM a ANTI LEFT JOIN b ON x", "SELECT * FROM a ANTI JOIN b ON x"},
      {"SELECT * FROM a ASOF JOIN b ON a.k = b.k AND a.t >= b.t", nullptr},
      {"SELECT * FROM a ASOF LEFT JOIN b USING (k, t)", nullptr},
      {"SELECT * FROM a LEFT ASOF JOIN b USING (k, t)",
       "SELECT * FROM a ASOF LEFT JOIN b USING (k, t)"},
      {"SELECT * FROM (SELECT 1) AS s (x)", nullptr},
      {"SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v (x, y)", nullptr},
      {"SELECT * FROM a CROSS JOIN LATERAL (SELECT a.x) AS s", nullptr},
      {"SELECT * FROM generate_series(1, 10) AS g (i)", nullptr},
      {"SELECT * FROM t, unnest(t.a) WITH ORDINALITY AS u (x, n)",
       "SELECT * FROM t CROSS JOIN unnest(t.a) WITH ORDINALITY AS u (x, n)"},
      {"SELECT * FROM a, LATERAL unnest(a.tags) u",
       "SELECT * FROM a CROSS JOIN LATERAL unnest(a.tags) AS u"},
      {"SELECT * FROM ((SELECT 1) a JOIN (SELECT 2) b ON true)",
       "SELECT * FROM (SELECT 1) AS a JOIN (SELECT 2) AS b ON TRUE"},
      {"SELECT * FROM t TABLESAMPLE SYSTEM (10)", "SELECT * FROM t TABLESAMPLE system (10)"},
      {"SELECT * FROM t AS x SAMPLE 0.25", nullptr},
      {"SELECT * FROM t SAMPLE 1/8", "SELECT * FROM t SAMPLE 0.125"},
  });
}

TEST(ParserTest, SetsAndCommonTables) {
  ExpectStatements({
      {"SELECT 1 UNION SELECT 2 UNION ALL SELECT 3", nullptr},
      {"SELECT 1 UNION (SELECT 2 UNION SELECT 3)", nullptr},
      {"SELECT 1 UNION SELECT 2 INTERSECT SELECT 3", nullptr},
      {"(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3", nullptr},
      {"SELECT 1 EXCEPT DISTINCT SELECT 2", "SELECT 1 EXCEPT SELECT 2"},
      {"SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 1", nullptr},
      {"(SELECT 1 LIMIT 1) UNION ALL (SELECT 2 ORDER BY 1)", nullptr},
      {"(SELECT a FROM t LIMIT 5) ORDER BY a", "SELECT a FROM t ORDER BY a LIMIT 5"},
      {"((SELECT 1))", "SELECT 1"},
      {"((SELECT 1) UNION (SELECT 2)) LIMIT 1", "SELECT 1 UNION SELECT 2 LIMIT 1"},
      {"VALUES (1, 'a'), (2, NULL)", nullptr},
      {"VALUES (1) UNION VALUES (2) ORDER BY 1", nullptr},
      {"WITH a AS (SELECT 1), b (x, y) AS MATERIALIZED (SELECT 2, 3) SELECT * FROM a, b",
       "WITH a AS (SELECT 1), b (x, y) AS MATERIALIZED (SELECT 2, 3) "
       "SELECT * FROM a CROSS JOIN b"},
      {"WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) "
       "SELECT * FROM n",
       nullptr},
      {"WITH a AS NOT MATERIALIZED (SELECT 1) SELECT * FROM (WITH b AS (SELECT 2) SELECT * FROM b) "
       "AS c",
       nullptr},
  });
}

// ---- other statements -------------------------------------------------------------------------

TEST(ParserTest, Definitions) {
  ExpectStatements({
      {"CREATE TABLE t (ts TIMESTAMP NOT NULL, a INTEGER DEFAULT 1 + 2, b VARCHAR(20) NULL) "
       "TIMESTAMP(ts) PARTITION BY DAY ORDER BY (a, ts) WITH (ttl = '30 days', compress = on)",
       "CREATE TABLE t (ts timestamp NOT NULL, a integer DEFAULT (1 + 2), b varchar(20)) "
       "TIMESTAMP (ts) PARTITION BY DAY ORDER BY (a, ts) "
       "WITH (ttl = '30 days', compress = 'on')"},
      {"CREATE OR REPLACE TABLE IF NOT EXISTS s.t (a NUMERIC(10,2)[], b TIMESTAMP WITH TIME ZONE)",
       "CREATE OR REPLACE TABLE IF NOT EXISTS s.t (a numeric(10, 2)[], b timestamptz)"},
      {"CREATE TEMP TABLE t AS SELECT 1 AS a", "CREATE TEMPORARY TABLE t AS SELECT 1 AS a"},
      {"CREATE TABLE t TIMESTAMP(ts) ORDER BY ts AS (SELECT * FROM u)",
       "CREATE TABLE t TIMESTAMP (ts) ORDER BY (ts) AS SELECT * FROM u"},
      {"CREATE TABLE t (id BIGINT PRIMARY KEY, b TEXT DEFAULT 'x' NOT NULL)",
       "CREATE TABLE t (id bigint PRIMARY KEY, b text NOT NULL DEFAULT ('x'))"},
      {"CREATE TABLE t (a INT, CONSTRAINT c UNIQUE (a), CHECK (a > 0))",
       "CREATE TABLE t (a int, CONSTRAINT c UNIQUE (a), CHECK (a > 0))"},
      {"CREATE UNIQUE INDEX i ON t USING btree (a DESC, b)", "CREATE UNIQUE INDEX i ON t (a, b)"},
      {"CREATE TABLE t (a INT REFERENCES u (b) ON DELETE CASCADE)",
       "CREATE TABLE t (a int /* REFERENCES */)"},
      {"CREATE TABLE t (a INT GENERATED ALWAYS AS IDENTITY)",
       "CREATE TABLE t (a int /* GENERATED */)"},
      {"CREATE TABLE t (a INT CHECK (a > 0), FOREIGN KEY (a) REFERENCES u)",
       "CREATE TABLE t (a int CHECK (a > 0) /* FOREIGN KEY */)"},
      {"CREATE VIEW v AS SELECT 1", nullptr},
      {"CREATE OR REPLACE VIEW s.v (a, b) AS SELECT 1, 2", nullptr},
      {"DROP TABLE IF EXISTS a, s.b CASCADE", "DROP TABLE IF EXISTS a, s.b"},
      {"DROP VIEW v", nullptr},
      {"TRUNCATE t", "TRUNCATE TABLE t"},
      {"ALTER TABLE t ADD a INT DEFAULT 0, DROP COLUMN IF EXISTS b, RENAME c TO d",
       "ALTER TABLE t ADD COLUMN a int DEFAULT (0), DROP COLUMN IF EXISTS b, RENAME COLUMN c TO d"},
      {"ALTER TABLE IF EXISTS t RENAME TO u", nullptr},
      {"ALTER TABLE t ADD COLUMN IF NOT EXISTS a text", nullptr},
  });
}

TEST(ParserTest, Rows) {
  ExpectStatements({
      {"INSERT INTO t VALUES (1, 'a', NULL, TRUE, -1.5, DATE '2024-01-01', now(), (1 + 2) * 3)",
       "INSERT INTO t VALUES (1, 'a', NULL, TRUE, -1.5, date '2024-01-01', now(), (1 + 2) * 3)"},
      {"INSERT INTO s.t (a, \"B\") VALUES (1, 2), (3, 4)", nullptr},
      {"INSERT INTO t SELECT * FROM u", nullptr},
      {"INSERT INTO t (a) (SELECT 1)", "INSERT INTO t (a) SELECT 1"},
      {"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x", nullptr},
      {"INSERT INTO t DEFAULT VALUES", nullptr},
      {"INSERT INTO t VALUES ((SELECT max(a) FROM t), ARRAY[1, 2], f(1, 2), 'a' || 'b')", nullptr},
      {"INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1",
       "INSERT INTO t VALUES (1) /* ON CONFLICT */"},
      {"INSERT INTO t VALUES (1) RETURNING *", "INSERT INTO t VALUES (1) RETURNING *"},
      {"DELETE FROM t USING u, v WHERE t.a = u.a RETURNING t.a b",
       "DELETE FROM t USING u CROSS JOIN v WHERE t.a = u.a RETURNING t.a AS b"},
      {"UPDATE t SET (a, b) = (1, 2) FROM u WHERE t.a = u.a",
       "UPDATE t SET a = 1, b = 2 FROM u WHERE t.a = u.a"},
      {"WITH d AS (DELETE FROM t RETURNING *), x AS (SELECT 1) INSERT INTO u SELECT * FROM d",
       "WITH d AS (DELETE FROM t RETURNING *), x AS (SELECT 1) INSERT INTO u SELECT * FROM d"},
      {"WITH d AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM d",
       "WITH d AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM d"},
      {"SAVEPOINT a", "SAVEPOINT a"},
      {"ROLLBACK WORK TO a", "ROLLBACK TO SAVEPOINT a"},
      {"RELEASE a", "RELEASE SAVEPOINT a"},
      {"DELETE FROM t", nullptr},
      {"DELETE FROM t x WHERE x.a IN (1, 2)", "DELETE FROM t AS x WHERE x.a IN (1, 2)"},
      {"UPDATE t SET a = 1 WHERE b", "UPDATE t SET a = 1 WHERE b"},
      {"UPDATE t AS x SET a = DEFAULT, b = a + 1", nullptr},
      {"PREPARE p (INT, TEXT) AS SELECT $1", "PREPARE p (int, text) AS SELECT $1"},
      {"EXECUTE p (1, 'x')", "EXECUTE p (1, 'x')"},
      {"DEALLOCATE PREPARE ALL", "DEALLOCATE ALL"},
      {"COPY t TO 'a.csv'", nullptr},
      {"COPY t (a, b) TO 'a.csv' WITH (FORMAT csv, HEADER, DELIMITER ';', NULL '')",
       "COPY t (a, b) TO 'a.csv' (FORMAT 'csv', HEADER 'true', DELIMITER ';', NULL '')"},
      {"COPY (SELECT 1) TO 'a' CSV HEADER DELIMITER AS ','",
       "COPY (SELECT 1) TO 'a' (format 'csv', header 'true', delimiter ',')"},
  });
}

TEST(ParserTest, SmallStatements) {
  ExpectStatements({
      {"EXPLAIN SELECT 1", nullptr},
      {"EXPLAIN ANALYZE SELECT 1", nullptr},
      {"EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1", nullptr},
      {"EXPLAIN (ANALYZE false, COSTS off) INSERT INTO t VALUES (1)",
       "EXPLAIN INSERT INTO t VALUES (1)"},
      {"EXPLAIN (SELECT 1)", "EXPLAIN SELECT 1"},
      {"SHOW tables", nullptr},
      {"SHOW TIME ZONE", "SHOW timezone"},
      {"SHOW ALL", "SHOW all"},
      {"SHOW TRANSACTION ISOLATION LEVEL", "SHOW transaction_isolation"},
      {"DESC t", "DESCRIBE t"},
      {"DESCRIBE TABLE s.t", "DESCRIBE s.t"},
      {"DESCRIBE SELECT 1", nullptr},
      {"SET work_mem = 64", "SET work_mem = '64'"},
      {"SET SESSION DateStyle TO iso, mdy", "SET datestyle = 'iso, mdy'"},
      {"SET TIME ZONE 'Europe/Berlin'", "SET timezone = 'Europe/Berlin'"},
      {"SET TIME ZONE LOCAL", "RESET timezone"},
      {"SET x TO DEFAULT", "RESET x"},
      {"SET x = -1.5", "SET x = '-1.5'"},
      {"SET NAMES 'UTF8'", "SET client_encoding = 'UTF8'"},
      {"RESET ALL", "RESET all"},
      {"BEGIN", nullptr},
      {"BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "BEGIN"},
      {"START TRANSACTION", "BEGIN"},
      {"COMMIT WORK", "COMMIT"},
      {"END", "COMMIT"},
      {"ROLLBACK", nullptr},
      {"ABORT", "ROLLBACK"},
      {"CHECKPOINT", nullptr},
      {"OPTIMIZE TABLE t", nullptr},
  });
}

// ---- details of the tree ----------------------------------------------------------------------

TEST(ParserTest, SplitsStatementsAndKnowsTheirText) {
  const std::string sql = ";; SELECT ';' ; -- end;\n\tSELECT 2 ;";
  StatusOr<std::vector<ast::Statement>> parsed = ParseSql(sql);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->size(), 2u);
  const auto text = [&](const ast::Statement& s) {
    return sql.substr(s.begin.offset, s.end.offset - s.begin.offset);
  };
  EXPECT_EQ(text((*parsed)[0]), "SELECT ';'");
  EXPECT_EQ(text((*parsed)[1]), "SELECT 2");
  EXPECT_TRUE(ParseSql("").ok());
  EXPECT_TRUE(ParseSql(" /* nothing */ ")->empty());
}

TEST(ParserTest, PositionsPointIntoTheText) {
  const std::string sql = "SELECT a,  b + f(c) AS x";
  StatusOr<std::vector<ast::Statement>> parsed = ParseSql(sql);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const auto& core = std::get<ast::SelectCore>(std::get<ast::Select>((*parsed)[0].node).body);
  const ast::Expr& sum = *core.items[1].expr;
  EXPECT_EQ(sum.at.offset, 13);
  EXPECT_EQ(sql.substr(sum.begin.offset, sum.end.offset - sum.begin.offset), "b + f(c)");
  EXPECT_EQ(core.items[1].alias->at.offset, 23);
}

TEST(ParserTest, ViewKeepsItsQueryText) {
  StatusOr<std::vector<ast::Statement>> parsed =
      ParseSql("SELECT 0; CREATE VIEW v AS SELECT  a /* x */ FROM t  ;");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(std::get<ast::CreateView>((*parsed)[1].node).query_text, "SELECT  a /* x */ FROM t");
}

// Long lists of literals skip the grammar; their trees are those of short ones.
TEST(ParserTest, LongLiteralListsAreTheSame) {
  std::string list = "1, -2.5, 'x', NULL, TRUE";
  for (int i = 0; i < 100; ++i) list += ", " + std::to_string(i);
  ExpectExprs({{("a IN (" + list + ")").c_str(), nullptr},
               {("ARRAY[" + list + "]").c_str(), nullptr},
               {("f(" + list + ")").c_str(), nullptr},
               {("a IN (" + list + ", b + 1)").c_str(), nullptr}});
}

TEST(ParserTest, FastRowsAndGrammarGiveOneTree) {
  // An expression in parentheses goes through the grammar, a plain literal does not.
  for (const char* value : {"1", "-1", "- 1.5", "'it''s'", "E'\\n'", "NULL", "true", "$$x$$",
                            "DATE '2024-01-01'", "time '10:00'", "0x10", "\"T\" 'x'"}) {
    EXPECT_EQ(ParseAndPrint(std::string("VALUES (") + value + ")"),
              ParseAndPrint(std::string("VALUES ((") + value + "))"))
        << value;
  }
}

TEST(ParserTest, LongChainsOfAndAreBalanced) {
  std::string sql = "a0";
  for (int i = 1; i < 50'000; ++i) sql += " AND a" + std::to_string(i);
  StatusOr<ast::ExprPtr> parsed = ParseExpression(sql);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(PrintExpr(**parsed), sql);
  const ast::Expr* expr = parsed->get();
  int depth = 0;
  while (const auto* binary = std::get_if<ast::Binary>(&expr->node)) {
    expr = binary->left.get();
    ++depth;
  }
  EXPECT_LT(depth, 20);
}

TEST(ParserTest, OutputNamesArePostgres) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", "?column?"},
      {"'a'", "?column?"},
      {"NULL", "?column?"},
      {"true", "?column?"},
      {"a", "a"},
      {"t.\"B\"", "B"},
      {"date '2020-01-01'", "date"},
      {"timestamp with time zone '2020-01-01'", "timestamptz"},
      {"interval '1' day", "interval"},
      {"1::int", "int4"},
      {"1::double precision", "float8"},
      {"1::bigint", "int8"},
      {"1::smallint", "int2"},
      {"1::real", "float4"},
      {"1::boolean", "bool"},
      {"1::decimal(3,1)", "numeric"},
      {"'a'::char(3)", "bpchar"},
      {"'a'::varchar", "varchar"},
      {"'{1}'::int[]", "int4"},
      {"5::int::text", "text"},
      {"a::int", "a"},
      {"abs(1)::int", "abs"},
      {"cast(f(1) AS int)", "f"},
      {"count(*)", "count"},
      {"sum(x) OVER ()", "sum"},
      {"extract(year FROM ts)", "extract"},
      {"ts AT TIME ZONE 'UTC'", "timezone"},
      {"trim(a)", "btrim"},
      {"current_date", "current_date"},
      {"coalesce(a, 1)", "coalesce"},
      {"nullif(a, 1)", "nullif"},
      {"greatest(a, 1)", "greatest"},
      {"ARRAY[1]", "array"},
      {"ARRAY(SELECT x)", "array"},
      {"ROW(1)", "row"},
      {"(1, 2)", "row"},
      {"EXISTS (SELECT 1)", "exists"},
      {"(SELECT 2 AS foo)", "foo"},
      {"(SELECT 2)", "?column?"},
      {"(SELECT a FROM t)::text", "a"},
      {"(SELECT a UNION SELECT b)", "a"},
      {"(VALUES (1))", "column1"},
      {"CASE WHEN a THEN 1 END", "case"},
      {"CASE WHEN a THEN 1 ELSE 1::int END", "case"},
      {"CASE WHEN a THEN 1 ELSE abs(1) END", "abs"},
      {"CASE WHEN a THEN 1 ELSE b END", "b"},
      {"a[1]", "a"},
      {"a COLLATE \"C\"", "a"},
      {"-1", "?column?"},
      {"-a", "?column?"},
      {"NOT a", "?column?"},
      {"a + 1", "?column?"},
      {"a IS NULL", "?column?"},
      {"a IN (1)", "?column?"},
      {"a LIKE 'b'", "?column?"},
      {"pg_catalog.version()", "version"}};
  for (const auto& [text, name] : cases) {
    StatusOr<ast::ExprPtr> parsed = ParseExpression(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(OutputName(**parsed), name) << text;
  }
}

TEST(ParserTest, QuotesNamesThatNeedIt) {
  EXPECT_EQ(QuoteIdentifier("abc_1"), "abc_1");
  EXPECT_EQ(QuoteIdentifier("value"), "value");
  EXPECT_EQ(QuoteIdentifier("UserID"), "\"UserID\"");
  EXPECT_EQ(QuoteIdentifier("user"), "\"user\"");
  EXPECT_EQ(QuoteIdentifier("1a"), "\"1a\"");
  EXPECT_EQ(QuoteIdentifier("a b\"c"), "\"a b\"\"c\"");
  EXPECT_EQ(QuoteIdentifier(""), "\"\"");
}

TEST(ParserTest, KeywordsAreSorted) {
  const std::vector<std::string>& words = SqlKeywords();
  EXPECT_GT(words.size(), 150u);
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
  EXPECT_TRUE(std::binary_search(words.begin(), words.end(), "select"));
}

TEST(ParserTest, CompleteStatements) {
  for (const char* complete : {"SELECT 1;", "SELECT ';';  -- done", "SELECT 1; /* x */ ",
                               "SELECT $$;$$;", "SELECT \"a;b\";", ";", "SELECT E'\\';';"}) {
    EXPECT_TRUE(IsCompleteStatement(complete)) << complete;
  }
  for (const char* open :
       {"", "SELECT 1", "SELECT ';", "SELECT 1 -- ;", "SELECT 1 /* ;", "SELECT 1; a",
        "SELECT $a$;$a", "SELECT \"x;", "SELECT E'\\';", "SELECT 1 /* /* */ ;"}) {
    EXPECT_FALSE(IsCompleteStatement(open)) << open;
  }
}

}  // namespace
}  // namespace shale
