#!/usr/bin/env python3
"""Turns a script of SQL statements into a sqllogictest file with PostgreSQL's answers.

    record.py [--messages] SCRIPT.sql OUT.test HOST PORT

With --messages an error is recorded with PostgreSQL's message, which ours must begin with or hold.
Statements end with ";" at the end of a line. A query whose text has no ORDER BY is recorded with
rowsort. "-- only shale" before a statement leaves it out of PostgreSQL and writes it as it is with
the lines that follow as expectation; lines that start with "#" are kept as comments.
"""

import csv
import io
import re
import subprocess
import sys


class Session:
    """One psql, so that transactions and temporary tables live from statement to statement."""

    MARK = "statement is over"

    def __init__(self, host, port):
        self.process = subprocess.Popen(
            "psql -X -q --csv -P null=\\N\\ -U postgres -d record".split()
            + ["-h", host, "-p", port],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, sql):
        """Whether it failed, and what was printed."""
        self.process.stdin.write(f"{sql}\n;\n\\echo {self.MARK} :ERROR\n")
        self.process.stdin.flush()
        printed = []
        while True:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("psql has ended: " + "".join(printed))
            if line.startswith(self.MARK):
                return line.split()[-1] == "true", "".join(printed)
            printed.append(line)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--messages"]
    messages = len(arguments) + 1 < len(sys.argv)
    script, out, host, port = arguments[:4]
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
    session = Session(host, port)
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
        is_query = re.match(r"(?is)\s*(select|with|values|execute|\(select)", sql)
        failed, stdout = session.run(sql)
        if failed:
            first = stdout.strip().split("\n")[0]
            lines += ["statement error", sql]
            if messages:
                lines += ["----", re.sub(r"^.*?ERROR:\s+", "", first)]
            lines += ["", ""]
            print("error:", sql[:70].replace("\n", " "), "=>", first)
            continue
        if not is_query or not stdout:  # EXECUTE may be of either kind
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
