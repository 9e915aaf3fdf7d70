#!/usr/bin/env python3
"""Queries with hardly any memory against the same ones with enough.

    spill.py SHALE_BINARY [--queries N] [--seed S] [--tenth]

Tables of random rows of every type, many groups, few groups, NULLs, long texts, arrays. Each query
runs without a limit and under several small ones: the rows must be the same, or there must be an
error that names memory_limit. Prints the seed and the figures, and exits with 1 on a difference,
when a temporary file is left behind, or when too few queries went to disk for the run to mean
anything.
"""

import argparse
import os
import random
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from asking import ask  # noqa: E402

# Type → expression over i, a number of the row, and r, a random one.
COLUMNS = {
    "b": ("BOOLEAN", "r % 2 = 0"),
    "i": ("INTEGER", "CAST(r % {few} AS INTEGER)"),
    "n": ("BIGINT", "r % {many}"),
    "m": ("DECIMAL(30,2)", "CAST(r % {many} AS DECIMAL(30,2)) / 100"),
    "d": ("DOUBLE", "CAST(r % {many} AS DOUBLE) / 7"),
    "t": ("TEXT", "'text ' || CAST(r % {many} AS TEXT) || repeat('y', CAST(r % 60 AS INTEGER))"),
    "s": ("TEXT", "'key ' || CAST(r % {few} AS TEXT)"),
    "day": ("DATE", "DATE '2024-01-01' + CAST(r % 500 AS INTEGER)"),
    "ts": ("TIMESTAMP", "TIMESTAMP '2024-01-01 00:00:00' + (r % {many}) * INTERVAL '1 second'"),
    "iv": ("INTERVAL", "(r % {few}) * INTERVAL '1 hour'"),
    "u": ("UUID", "CAST(lpad(to_hex(r % {many}), 32, '0') AS UUID)"),
    "a": ("INTEGER[]", "ARRAY[CAST(r % {few} AS INTEGER), NULL, CAST(r % 3 AS INTEGER)]"),
    "ta": ("TEXT[]", "ARRAY['x' || CAST(r % {few} AS TEXT), 'y']"),
}
KEYS = list(COLUMNS)
AGGREGATES = [
    "count(*)",
    "count({c})",
    "sum(i)",
    "sum(n)",
    "sum(m)",
    "min({c})",
    "max({c})",
    "avg(i)",
    "count(DISTINCT {c})",
    "count(DISTINCT t)",
    "sum(DISTINCT n)",
    "bool_or(b)",
    "min(t)",
    "max(ts)",
    "string_agg(s, ',' ORDER BY s)",
    "array_agg(n ORDER BY n, id)",
    "count(*) FILTER (WHERE b)",
    "count(DISTINCT n) FILTER (WHERE i > 3)",
    "string_agg(DISTINCT s, ',' ORDER BY s)",
    "median(n)",
    "any_value(i) IS NULL",
    "arg_max(id, id)",
    "bit_xor(n)",
]
WINDOWS = [
    "row_number() OVER w",
    "rank() OVER w",
    "sum(n) OVER w",
    "lag(t) OVER w",
    "count(*) OVER w",
    "max(t) OVER w",
    "first_value(s) OVER w",
    "ntile(4) OVER w",
    "last_value(id) OVER w",
]
KINDS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]


class Rig:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def some(self, choices, least=1, most=3):
        return self.random.sample(choices, self.random.randint(least, min(most, len(choices))))

    def table(self, name, rows, few, many):
        # Every tenth value or so is NULL, by another digit of the row's random number a column.
        columns = ["i AS id"]
        for k, (column, (kind, expr)) in enumerate(COLUMNS.items()):
            value = expr.format(few=few, many=many)
            columns.append(
                f"CASE WHEN (r / {3 + k}) % 11 = 0 THEN NULL "
                f"ELSE CAST({value} AS {kind}) END AS {column}"
            )
        start = self.random.randint(0, 999)
        source = (
            f"(SELECT i, abs((i * 2654435761 + {start}) % 1000000007) AS r "
            f"FROM generate_series(1, {rows}) g(i)) x"
        )
        types = ", ".join(f"{c} {kind}" for c, (kind, _) in COLUMNS.items())
        return (
            f"CREATE TABLE {name} (id BIGINT, {types});\n"
            f"INSERT INTO {name} SELECT {', '.join(columns)} FROM {source};\n"
        )

    def query(self):
        kind = self.random.choice(
            ["group", "group", "group", "sort", "join", "join", "window", "set", "in", "distinct"]
        )
        table, other = self.some(["big", "small", "wide"], 2, 2)
        if kind == "group":
            keys = self.some(KEYS) if self.random.random() < 0.85 else []
            values = [a.format(c=self.random.choice(KEYS)) for a in self.some(AGGREGATES, 1, 4)]
            by = f" GROUP BY {', '.join(keys)}" if keys else ""
            having = " HAVING count(*) > 1" if keys and self.random.random() < 0.2 else ""
            return f"SELECT {', '.join(keys + values)} FROM {table}{by}{having}"
        if kind == "distinct":
            return f"SELECT DISTINCT {', '.join(self.some(KEYS))} FROM {table}"
        if kind == "sort":
            keys = [
                f"{k}{self.random.choice(['', ' DESC', ' NULLS FIRST'])}" for k in self.some(KEYS)
            ]
            extra = self.random.choice(["", "length(t), ", "n % 100 DESC, "])
            return (
                f"SELECT id, {', '.join(self.some(KEYS, 1, 5))} FROM {table} "
                f"ORDER BY {extra}{', '.join(keys)}, id"
            )
        if kind == "join":
            keys = self.some(["n", "t", "ts", "u", "m", "id", "d"], 1, 2)
            safe = self.random.random() < 0.15
            on = " AND ".join(
                f"a.{k} {'IS NOT DISTINCT FROM' if safe else '='} b.{k}" for k in keys
            )
            if safe:
                on += " AND a.id % 100 = 1 AND b.id % 100 = 1"
            if self.random.random() < 0.3:
                on += " AND a.id < b.id + 100"
            return (
                f"SELECT a.id, b.id, a.{self.random.choice(KEYS)}, b.{self.random.choice(KEYS)} "
                f"FROM {table} a "
                f"{self.random.choice(KINDS)} {other} b ON {on}"
            )
        if kind == "in":
            key = self.random.choice(["n", "t", "u", "id"])
            where = self.random.choice(["", f" WHERE {key} IS NOT NULL"])
            condition = self.random.choice(
                [
                    f"{key} IN (SELECT {key} FROM {other}{where})",
                    f"{key} NOT IN (SELECT {key} FROM {other}{where})",
                    f"EXISTS (SELECT 1 FROM {other} o WHERE o.{key} = {table}.{key} "
                    f"AND o.id <> {table}.id)",
                    f"NOT EXISTS (SELECT 1 FROM {other} o WHERE o.{key} = {table}.{key})",
                ]
            )
            if self.random.random() < 0.5:
                return f"SELECT id, {condition} FROM {table}"
            return f"SELECT id FROM {table} WHERE {condition}"
        if kind == "window":
            keys = self.some(["n", "i", "s", "t", "day", "ts", "b", "ta"], 1, 2)
            return (
                f"SELECT id, {', '.join(self.some(WINDOWS))} FROM {table} "
                f"WINDOW w AS (PARTITION BY {', '.join(keys)} "
                f"ORDER BY {self.random.choice(KEYS)}, id)"
            )
        columns = ", ".join(self.some(KEYS))
        kind = self.random.choice(["UNION", "INTERSECT", "EXCEPT", "UNION ALL", "EXCEPT ALL"])
        return f"SELECT {columns} FROM {table} {kind} SELECT {columns} FROM {other}"


def compared(lines, ordered):
    return lines if ordered else sorted(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shale")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--rows", type=int, default=60000)
    parser.add_argument("--seed", type=int, help="the time; 1 with --tenth")
    parser.add_argument("--tenth", action="store_true", help="a tenth of the queries")
    options = parser.parse_args()
    if options.tenth:
        options.queries //= 10
        options.rows //= 3
    if options.seed is None:
        options.seed = 1 if options.tenth else int(time.time())
    rig = Rig(options.seed)
    print(f"spill: seed={options.seed}")
    rows = options.rows
    setup = (
        rig.table("big", rows, 50, rows // 2)
        + rig.table("small", rows // 3, 20, rows // 2)
        + rig.table("wide", rows // 2, 1000, rows)
    )
    limits = ["2MB", "6MB", "16MB"]
    shale = os.path.abspath(options.shale)
    differ = failed = refused = spilled = same = 0
    with tempfile.TemporaryDirectory() as temp:
        for begin in range(0, options.queries, 25):
            queries = [rig.query() for _ in range(min(25, options.queries - begin))]
            asked = []
            for query in queries:
                asked += ["SET memory_limit = '0'", query]
                for limit in limits:
                    asked += [f"SET memory_limit = '{limit}'", query]
                asked += [f"SET memory_limit = '{limits[0]}'", f"EXPLAIN ANALYZE {query}"]
            answers, shell = ask(
                shale, asked, ["--workers", "2", "--temp-directory", temp], before=setup
            )
            if len(answers) != len(asked):
                print(f"spill: the shell ended early (exit code {shell.code}): {shell.err[-800:]}")
                print("the query was: " + asked[len(answers)])
                return 1
            for number, query in enumerate(queries):
                at = number * (2 * len(limits) + 4)
                ordered = (
                    " ORDER BY " in query
                    and " OVER " not in query
                    and query.startswith("SELECT id,")
                    and "WINDOW" not in query
                )
                expected = compared(answers[at + 1], ordered)
                for k, limit in enumerate(limits):
                    got = compared(answers[at + 3 + 2 * k], ordered)
                    if got == expected:
                        same += 1
                    elif not got:
                        refused += 1
                    else:
                        differ += 1
                        print(
                            f"spill: with memory_limit {limit} another answer "
                            f"({len(got)} rows, not {len(expected)}): {query}"
                        )
                        missing = [line for line in expected if line not in set(got)][:3]
                        extra = [line for line in got if line not in set(expected)][:3]
                        print(f"  missing {missing}\n  instead {extra}")
                spilled += any("Spilled" in line for line in answers[at + 2 * len(limits) + 3])
            for line in shell.err.splitlines():
                if os.environ.get("SHOW") and line.startswith("error:"):
                    print(line[:300])
                if line.startswith("error:") and "memory_limit" not in line:
                    failed += 1
                    print(f"spill: {line[:500]}")
        left = os.listdir(temp)
    print(
        f"spill: queries={options.queries} same={same} refused={refused} spilled={spilled} "
        f"differ={differ} failed={failed} left={len(left)}"
    )
    return 1 if differ or failed or left or spilled * 4 < options.queries else 0


sys.exit(main())
