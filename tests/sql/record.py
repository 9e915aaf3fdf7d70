#!/usr/bin/env python3
"""Turns a script of SQL statements into a sqllogictest file with PostgreSQL's answers.

    record.py SCRIPT.sql OUT.test HOST PORT

Statements end with ";" at the end of a line. A query whose text has no ORDER BY is recorded with
rowsort. "-- only shale" before a statement leaves it out of PostgreSQL and writes it as it is with
the lines that follow as expectation; lines that start with "#" are kept as comments.
"""

import csv
import io
import re
import subprocess
import sys


def psql(host, port, sql):
    done = subprocess.run(
        [
            "psql",
            "-X",
            "-h",
            host,
            "-p",
            port,
            "-U",
            "postgres",
            "-d",
            "record",
            "-v",
            "ON_ERROR_STOP=1",
            "--csv",
            "-P",
            "null=\\N\\",
            "-q",
            "-c",
            sql,
        ],
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def main():
    script, out, host, port = sys.argv[1:5]
    subprocess.run(
        [
            "psql",
            "-X",
            "-q",
            "-h",
            host,
            "-p",
            port,
            "-U",
            "postgres",
            "-c",
            "DROP DATABASE IF EXISTS record",
            "-c",
            "CREATE DATABASE record",
        ],
        check=True,
    )
    lines, text = [], open(script, encoding="utf-8").read()
    for part in re.split(r";[ \t]*\n", text):
        comments, body = [], []
        for line in part.strip("\n").split("\n"):
            (comments if line.startswith("#") and not body else body).append(line)
        sql = "\n".join(body).strip()
        for comment in comments:
            lines.append(comment)
        if not sql:
            continue
        is_query = re.match(r"(?is)\s*(select|with|values|\(select)", sql)
        code, stdout, stderr = psql(host, port, sql)
        if code != 0:
            first = stderr.strip().split("\n")[0]
            lines += ["statement error", sql, "", ""]
            print("error:", sql[:70].replace("\n", " "), "=>", first)
            continue
        if not is_query:
            lines += ["statement ok", sql, ""]
            continue
        # A lone empty string is an empty line.
        rows = [row or [""] for row in csv.reader(io.StringIO(stdout))]
        width = len(rows[0])
        rows = rows[1:]
        sort = "nosort" if re.search(r"(?i)order by", sql) else "rowsort"
        if not rows:
            sort = "nosort"
        lines += [f"query {'T' * width} {sort}", sql, "----"]
        values = [
            ["NULL" if v == "\\N\\" else ("(empty)" if v == "" else v) for v in row] for row in rows
        ]
        if sort == "rowsort":
            values.sort()
        for row in values:
            lines += row
        lines.append("")
    open(out, "w", encoding="utf-8").write("\n".join(lines).rstrip("\n") + "\n")


main()
