#!/usr/bin/env python3
"""Runs ClickBench's 43 queries and our variants over the real sample and checks every answer.

    clickbench_test.py SHALE_BINARY

The data is read from $SHALE_TEST_DATA/clickbench-hits (or ../shared/data beside the checkout); the
test is skipped, saying so, where it is absent. Rows above the boundary key must be equal, tied rows
valid (expected.json holds digests of DuckDB's answers; make_expected.py made it).
"""

import collections
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import queries  # noqa: E402
from digest import digest  # noqa: E402

SKIPPED = 77


def data_folder():
    roots = [os.environ.get("SHALE_TEST_DATA"), os.path.join(HERE, "../../../shared/data")]
    for root in roots:
        if root and os.path.exists(os.path.join(root, "clickbench-hits/queries.sql")):
            return os.path.join(root, "clickbench-hits")
    return None


def unescape(field):
    if field == "\\N":
        return None
    if "\\" not in field:
        return field
    out, escapes, it = (
        [],
        {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v"},
        iter(field),
    )
    for char in it:
        if char == "\\":
            after = next(it, "")
            out.append(escapes.get(after, after))
        else:
            out.append(char)
    return "".join(out)


def run(shale, database, sql):
    done = subprocess.run(
        [shale, "shell", "--db", database, "--mode", "tsv", "--no-header", "-c", sql],
        capture_output=True,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode("utf-8", "replace").strip())
    text = done.stdout.decode("utf-8", "surrogateescape")
    return [[unescape(field) for field in line.split("\t")] for line in text.split("\n")[:-1]]


def check(rows, want):
    """None, or what is wrong."""
    if len(rows) != want["rows"]:
        return f"{len(rows)} rows, expected {want['rows']}"
    position, digests = 0, [digest(row) for row in rows]
    for index, group in enumerate(want["groups"]):
        size = len(group) - (want["skip"] if index == 0 else 0)
        mine = digests[position : position + size]
        valid = collections.Counter(group)
        for offset, one in enumerate(mine):
            if valid[one] == 0:
                return f"row {position + offset + 1} is wrong: {rows[position + offset]}"
            valid[one] -= 1
        position += len(mine)
    return None


def main():
    shale = os.path.abspath(sys.argv[1])
    folder = data_folder()
    if folder is None:
        print("skipped: the ClickBench sample is not here (set SHALE_TEST_DATA)")
        return SKIPPED
    expected = json.load(open(os.path.join(HERE, "expected.json")))
    failures = []
    with tempfile.TemporaryDirectory() as temporary:
        database = os.path.join(temporary, "hits.db")
        create = open(os.path.join(folder, "create.sql"), encoding="utf-8").read()
        subprocess.run(
            [shale, "shell", "--db", database, "--create", "-c", create],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(
            [
                shale,
                "load",
                "--db",
                database,
                "--table",
                "hits",
                "--max-errors",
                "0",
                os.path.join(folder, "hits_24586.tsv.zst"),
            ],
            check=True,
            cwd=temporary,
            stdout=subprocess.DEVNULL,
        )
        for name, sql in queries.load(os.path.join(folder, "queries.sql")):
            try:
                problem = check(run(shale, database, sql), expected[name])
            except RuntimeError as error:
                problem = str(error)
            if problem:
                failures.append(name)
                print(f"{name}: {problem}\n    {sql[:300]}")
    total = len(expected)
    print(f"clickbench: {total - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
