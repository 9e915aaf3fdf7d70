#!/usr/bin/env bash
# What the optimiser's rules gain: each query beside one of the same answer, written so that the
# rule does not see what is common. Milliseconds, the best of five, with one worker.
#   bench_rules [ROWS]
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
shale="$here/../../shale"
rows="${1:-5000000}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
sql() { "$shale" shell --db "$folder/db" --create -c "$1"; }
best() { # the query's
  local five="SET threads = 1;"
  for _ in 1 2 3 4 5; do five+="EXPLAIN ANALYZE $1;"; done
  sql "$five" | grep -o 'Execution time: [0-9.]*' | grep -o '[0-9.]*' | sort -n | head -1
}
compare() { # rule, query, the same without it
  local with without
  with="$(best "$2")"
  without="$(best "$3")"
  awk -v rule="$1" -v a="$with" -v b="$without" \
    'BEGIN { printf "%-44s %9.1f ms, without %9.1f ms: %5.1f times\n", rule, a, b, b / a }'
}
sql "CREATE TABLE t (ts TIMESTAMP, a INTEGER, b INTEGER, x DOUBLE, y DOUBLE, s TEXT, w TEXT)
    TIMESTAMP(ts);
INSERT INTO t SELECT TIMESTAMP '2024-01-01' + i * INTERVAL '1 second', i % 1000,
  (i::BIGINT * 7919) % 30011,
  i * 0.25, i % 97 + 0.5, 'https://host' || i % 5000 || '.example/path/' || i % 777, 'wide ' || i
    * 31
FROM generate_series(1, $rows) AS g(i);
CREATE TABLE u (b INTEGER, name TEXT);
INSERT INTO u SELECT i, 'name ' || i FROM generate_series(1, 30011) AS g(i);
CHECKPOINT" >/dev/null

compare "shared: sqrt and ln of one product" \
  "SELECT sum(ln(x * y) * 2), sum(ln(x * y) * 3), max(ln(x * y)), avg(sqrt(ln(x * y) + 9)) FROM t" \
  "SELECT sum(ln(x * y) * 2), sum(ln(y * x) * 3), max(ln(x * y + 0)), avg(sqrt(ln(y * x + 0) +
    9)) FROM t"
compare "shared: a key and what is made of it" \
  "SELECT to_char(ts, 'YYYY-MM-DD'), max(to_char(ts, 'YYYY-MM-DD') || 'x') FROM t GROUP BY 1" \
  "SELECT to_char(ts, 'YYYY-MM-DD'), max(to_char(ts, 'FMYYYY-MM-DD') || 'x') FROM t GROUP BY 1"
compare "shared: CASE of one division" \
  "SELECT sum(CASE WHEN x / y > 9 THEN x / y ELSE -1 END) FROM t" \
  "SELECT sum(CASE WHEN x / y > 9 THEN x / (y + 0) ELSE -1 END) FROM t"
compare "top-n below a left join" \
  "SELECT t.ts, u.name FROM t LEFT JOIN u ON t.b = u.b ORDER BY t.x DESC LIMIT 10" \
  "SELECT t.ts, u.name FROM t LEFT JOIN u ON t.b = u.b ORDER BY t.x + 0 DESC LIMIT 10"
compare "top-n in the arms of a UNION ALL" \
  "SELECT * FROM (SELECT * FROM t UNION ALL SELECT * FROM t) q ORDER BY x DESC LIMIT 10" \
  "SELECT * FROM (SELECT * FROM t UNION ALL SELECT * FROM t) q ORDER BY x + 0 DESC LIMIT 10"
compare "limit below a right join" \
  "SELECT count(*) FROM (SELECT t.ts FROM u RIGHT JOIN t ON t.b = u.b LIMIT 10) q" \
  "SELECT count(*) FROM (SELECT t.ts FROM u RIGHT JOIN t ON t.b = u.b LIMIT (SELECT 10)) q"
compare "limit that meets a sort" \
  "SELECT a + 1, w FROM (SELECT * FROM t ORDER BY x DESC) q LIMIT 10" \
  "SELECT a + 1, w FROM (SELECT * FROM t ORDER BY x DESC) q LIMIT (SELECT 10)"
compare "sums of a column shifted by constants" \
  "SELECT sum(a), sum(a + 1), sum(a + 2), sum(a - 3), sum(5 - a), sum(a * 3), sum(a * 7) FROM t" \
  "SELECT sum(a), sum(a::BIGINT + 1), sum(a::BIGINT + 2), sum(a::BIGINT - 3), sum(5 - a::BIGINT),
    sum(a::BIGINT * 3), sum(a::BIGINT * 7) FROM t"
compare "keys that another determines" \
  "SELECT b, b + 1, b - 1, b * 2, count(*) FROM t GROUP BY 1, 2, 3, 4" \
  "SELECT b, c, d, e, count(*) FROM (SELECT b, b + a - a + 1 AS c, b + a - a - 1 AS d, b + a * 2
    + b - a * 2 AS e FROM t) q GROUP BY 1, 2, 3, 4"
compare "ts::date = a day" \
  "SELECT count(*) FROM t WHERE ts::date = '2024-01-20'" \
  "SELECT count(*) FROM t WHERE (ts + INTERVAL '0')::date = '2024-01-20'"
compare "date_trunc of an hour" \
  "SELECT sum(a) FROM t WHERE date_trunc('hour', ts) = '2024-01-20 05:00'" \
  "SELECT sum(a) FROM t WHERE date_trunc('hour', ts + INTERVAL '0') = '2024-01-20 05:00'"
