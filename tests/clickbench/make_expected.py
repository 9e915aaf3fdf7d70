#!/usr/bin/env python3
"""Writes expected.json: DuckDB's answers to the ClickBench queries over the sample, as digests.

    pip install duckdb; ./make_expected.py DATA_FOLDER

A query's rows come in groups of equal ORDER BY key. Groups that the window (OFFSET, LIMIT) cuts are
kept whole, since any of their rows may be the ones shown.
"""

import json
import os
import subprocess
import sys
import tempfile

import duckdb

import queries
from digest import digest


def main():
    folder = sys.argv[1]
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(open(f"{folder}/create.sql", encoding="utf-8").read())
    with tempfile.NamedTemporaryFile(suffix=".parquet") as _:
        connection.execute(
            f"CREATE TABLE raw AS SELECT * FROM read_parquet('{folder}/hits_24586.parquet')"
        )
    kinds = {
        name: kind
        for name, kind in connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'raw'"
        ).fetchall()
    }
    wanted = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'hits' "
        "ORDER BY ordinal_position"
    ).fetchall()
    columns = []
    for name, kind in wanted:
        source = f'"{name}"'
        if kinds[name] == "BLOB":
            source = f"decode({source})"
        if kind == "TIMESTAMP" and kinds[name] not in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
            source = f"make_timestamp({source}::BIGINT * 1000000)"
        if kind == "DATE" and kinds[name] != "DATE":
            source = f"(DATE '1970-01-01' + {source}::INTEGER)"
        columns.append(f"CAST({source} AS {kind})")
    connection.execute("INSERT INTO hits SELECT " + ", ".join(columns) + " FROM raw")
    expected = {}
    for name, sql in queries.load(f"{folder}/queries.sql"):
        base, limit, offset = queries.split_limit(sql)
        keys = queries.order_keys(base)
        if keys:
            extra = "".join(f", {key} AS sort_key_{i}" for i, key in enumerate(keys))
            head, tail = base.split(" FROM hits", 1)
            base = head + extra + " FROM hits" + tail
        rows = connection.execute(base).fetchall()
        width = len(keys)
        groups, last = [], object()
        for row in rows:
            key = row[len(row) - width :] if width else None
            if not groups or key != last:
                groups.append([])
                last = key
            groups[-1].append(digest(row[: len(row) - width] if width else row))
        end = len(rows) if limit is None else min(len(rows), offset + limit)
        kept, position = [], 0
        skip = 0
        for group in groups:
            begin, position = position, position + len(group)
            if position <= offset or begin >= end:
                continue
            if not kept:
                skip = max(0, offset - begin)
            kept.append(sorted(group))
        expected[name] = {"rows": max(0, end - offset), "skip": skip, "groups": kept}
        print(name, len(rows), "rows,", expected[name]["rows"], "shown")
    with open(
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.json"), "w"
    ) as out:
        json.dump(expected, out, separators=(",", ":"))
    return 0


sys.exit(main())
