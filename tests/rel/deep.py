#!/usr/bin/env python3
"""Hostile SQL: very deep, very wide or very long statements.

    deep.py SHALE_BINARY [--seconds S] [--rss MB] [--tenth]

Each statement must come to an answer or an error within a second of processor time, with at most
256 MB of memory for the whole program, and the same connection must answer the next statement.
Prints the figures of each and exits with 1 on a miss.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from asking import Shell  # noqa: E402


def cases(n):
    """Name → statement; n is 100,000 at full length."""
    wide = n // 10
    return {
        "parentheses": "SELECT " + "(" * n + "1" + ")" * n,
        "open parentheses": "SELECT " + "(" * n,
        "close parentheses": "SELECT 1" + ")" * n,
        "ors": "SELECT 1 WHERE " + " OR ".join(["1 = 2"] * n),
        "ands": "SELECT 1 WHERE " + " AND ".join(["1 = 1"] * n),
        "ors over a column": "SELECT x FROM (VALUES (1), (2)) t(x) WHERE "
        + " OR ".join(f"x = {i}" for i in range(n)),
        "nots": "SELECT " + "NOT " * n + "true",
        "minuses": "SELECT " + "- " * n + "1",
        "sum of many": "SELECT " + " + ".join(["1"] * n),
        "concatenation": "SELECT " + " || ".join(["'x'"] * n),
        "long literal": "SELECT length('" + "x" * (100 * n) + "')",
        "long literal without an end": "SELECT '" + "x" * (100 * n),
        "long name": 'SELECT 1 AS "' + "x" * (100 * n) + '"',
        "long number": "SELECT " + "9" * (10 * n),
        "long comment": "SELECT 1 /*" + " x" * (50 * n) + "*/",
        "nested comments": "SELECT 1 " + "/*" * n + "*/" * n,
        "columns": "SELECT " + ", ".join(f"{i} AS c{i}" for i in range(wide)),
        "columns of a table": "CREATE TABLE wide ("
        + ", ".join(f"c{i} INTEGER" for i in range(wide))
        + ")",
        "in list": "SELECT count(*) FROM (VALUES (1), (2)) t(x) WHERE x IN ("
        + ", ".join(str(i) for i in range(n))
        + ")",
        "in list of texts": "SELECT count(*) FROM (VALUES ('1'), ('2')) t(x) WHERE x IN ("
        + ", ".join(f"'{i}'" for i in range(n))
        + ")",
        "in list of columns": "SELECT 1 FROM (VALUES (1)) t(x) WHERE 5 IN ("
        + ", ".join(["x"] * n)
        + ")",
        "values": "SELECT count(*) FROM (VALUES "
        + ", ".join(f"({i})" for i in range(n))
        + ") t(x)",
        "cases": "SELECT " + "CASE WHEN true THEN " * n + "1" + " END" * n,
        "branches": "SELECT CASE x " + " ".join(f"WHEN {i} THEN {i}" for i in range(n)) + " END "
        "FROM (VALUES (1)) t(x)",
        "subqueries": "SELECT * FROM " + "(SELECT * FROM " * n + "(VALUES (1)) t0(x)" + ") t" * n,
        "scalar subqueries": "SELECT " + "(SELECT " * n + "1" + ")" * n,
        "exists": "SELECT 1 WHERE " + "EXISTS (SELECT 1 WHERE " * n + "true" + ")" * n,
        "arrays": "SELECT " + "ARRAY[" * n + "1" + "]" * n,
        "array text": "SELECT '" + "{" * n + "}" * n + "'::INTEGER[]",
        "array of many": "SELECT ARRAY[" + ", ".join(["1"] * n) + "]",
        "casts": "SELECT " + "CAST(" * n + "1" + " AS INTEGER)" * n,
        "casts behind": "SELECT 1" + "::INTEGER" * n,
        "calls": "SELECT " + "abs(" * n + "1" + ")" * n,
        "arguments": "SELECT coalesce(" + ", ".join(["NULL"] * n) + ", 1)",
        "subscripts": "SELECT (ARRAY[1])" + "[1]" * n,
        "json text": "SELECT '" + "[" * n + "]" * n + "'::JSON",
        "joins": "SELECT count(*) FROM (VALUES (1)) t0(x) "
        + " ".join(f"JOIN (VALUES (1)) t{i}(x) ON t{i}.x = t0.x" for i in range(1, n // 100)),
        "cross joins": "SELECT count(*) FROM "
        + ", ".join(f"(VALUES (1)) t{i}(x)" for i in range(n // 100)),
        "unions": " UNION ALL ".join(["SELECT 1"] * n),
        "unions of sets": " UNION ".join(["SELECT 1"] * (n // 10)),
        "ctes": "WITH c0 AS (SELECT 1 AS x)"
        + "".join(f", c{i} AS (SELECT * FROM c{i - 1})" for i in range(1, wide))
        + f" SELECT * FROM c{wide - 1}",
        "doubling ctes": "WITH c0 AS (SELECT 1 AS x)"
        + "".join(f", c{i} AS (SELECT a.x FROM c{i - 1} a, c{i - 1} b)" for i in range(1, 60))
        + " SELECT * FROM c59",
        "order by": "SELECT 1 AS x ORDER BY " + ", ".join(["x"] * n),
        "group by": "SELECT 1 AS x GROUP BY " + ", ".join(["1"] * n),
        "aggregates": "SELECT "
        + ", ".join(f"sum(x + {i})" for i in range(wide))
        + " FROM (VALUES (1)) t(x)",
        "windows": "SELECT "
        + ", ".join(f"sum(x) OVER (ORDER BY x + {i})" for i in range(n // 100))
        + " FROM (VALUES (1)) t(x)",
        "cube": "SELECT 1 FROM (VALUES (1)) t(x) GROUP BY CUBE ("
        + ", ".join(f"x + {i}" for i in range(30))
        + ")",
        "likes": "SELECT '" + "a" * 1000 + "' LIKE '" + "%a" * (n // 10) + "b'",
        "regular expression": "SELECT 'aaaa' ~ '" + "(" * (n // 10) + "a" + ")*" * (n // 10) + "'",
        "repetition": "SELECT regexp_replace('" + "a" * 1000 + "', '(a{1000}){1000}', 'b')",
        "statements": ";".join(["SELECT 1"] * (n // 100)),
        "semicolons": ";" * n + "SELECT 1",
        "repeated text": "SELECT length(repeat('x', 2147483647))",
        "padded text": "SELECT length(lpad('x', 2147483647, 'y'))",
        "generated rows": "SELECT count(*) FROM generate_series(1, 9223372036854775807)",
        "generated array": "SELECT array_length(range(0, 9000000000), 1)",
        "parameters": "PREPARE p AS SELECT " + ", ".join(f"${i}" for i in range(1, n)),
        "escapes": "SELECT E'" + "\\\\x41" * n + "'",
        "bytes": "SELECT '\x01\x02\x03\x7f'",
        "quotes": "SELECT " + "'" * (2 * n + 1),
        "dots": "SELECT a" + ".a" * n,
        "stars": "SELECT " + ", ".join(["*"] * n) + " FROM (VALUES (1)) t(x)",
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shale")
    parser.add_argument("--size", type=int, default=100000, help="how deep, wide or long")
    parser.add_argument("--seconds", type=float, default=1.0, help="of processor time a statement")
    parser.add_argument("--rss", type=float, default=256, help="MB the program may take")
    parser.add_argument("--tenth", action="store_true", help="every statement a tenth as large")
    parser.add_argument("--only", help="one statement, by name")
    options = parser.parse_args()
    size = options.size // 10 if options.tenth else options.size
    idle = Shell(os.path.abspath(options.shale), [], "SELECT 1;\n")
    misses = dead = answered = 0
    slowest, largest = (0.0, ""), (0.0, "")
    every = cases(size)
    for name, sql in every.items():
        if options.only and name != options.only:
            continue
        script = f"\\on_error continue\n{sql}\n;\nSELECT 'al' || 'ive';\n"
        shell = Shell(os.path.abspath(options.shale), [], script, timeout=120)
        seconds = max(0.0, shell.seconds - idle.seconds)
        # A quote or comment without an end swallows the next statement with the rest of the script.
        open_end = name in ("long literal without an end", "quotes", "bytes")
        alive = "alive" in shell.out or (open_end and shell.code in (0, 1))
        answered += not shell.err
        slowest, largest = max(slowest, (seconds, name)), max(largest, (shell.rss_mb, name))
        miss = not alive or seconds > options.seconds or shell.rss_mb > options.rss
        misses += miss
        dead += not alive
        if miss or options.only:
            print(
                f"deep: {name}: alive={int(alive)} code={shell.code} seconds={seconds:.2f} "
                f"rss={shell.rss_mb:.0f}MB {shell.err.strip()[:200]}"
            )
    print(
        f"deep: size={size} statements={len(every)} answered={answered} "
        f"slowest={slowest[0]:.2f}s ({slowest[1]}) largest={largest[0]:.0f}MB ({largest[1]}) "
        f"dead={dead} misses={misses}"
    )
    return 1 if misses else 0


sys.exit(main())
