#!/usr/bin/env python3
"""Prepared point queries on a table of a million rows through `shale serve`, by pgbench on the same
machine: point_queries.py SHALE [CONNECTIONS] [SECONDS]. Prints statements a second.

Several sessions are open; each asks for one row by a random key, over and over, with a statement
that it prepared once. With `--insert` each adds one row at a time instead: what is acknowledged is
on disk."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROWS = 1_000_000
SETUP = f"""
CREATE TABLE points (id BIGINT NOT NULL, at TIMESTAMP NOT NULL, name TEXT, amount DOUBLE)
  TIMESTAMP(at) ORDER BY (id);
INSERT INTO points SELECT i, TIMESTAMP '2024-01-01' + i * INTERVAL '1 second', 'name ' || i % 1000,
  i / 7.0 FROM generate_series(1, {ROWS}) t(i);
OPTIMIZE TABLE points;
CREATE TABLE added (id BIGINT, name TEXT);
"""
READ = f"\\set id random(1, {ROWS})\nSELECT id, at, name, amount FROM points WHERE id = :id;\n"
WRITE = f"\\set id random(1, {ROWS})\nINSERT INTO added VALUES (:id, 'some name');\n"


def main():
    """Prints one line."""
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if not arguments:
        print(__doc__)
        sys.exit(2)
    shale = os.path.abspath(arguments[0])
    connections = int(arguments[1]) if len(arguments) > 1 else 32
    seconds = int(arguments[2]) if len(arguments) > 2 else 10
    insert = "--insert" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [shale, "serve", "--db", folder + "/db", "--auth", "trust", "--pg-port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            host, port = server.stdout.readline().strip()[len("ready pg=") :].rsplit(":", 1)
            target = ["-h", host, "-p", port, "-U", "bench"]
            subprocess.run(["psql", "-q", *target, "-c", SETUP, "shale"], check=True)
            with open(folder + "/script", "w", encoding="utf-8") as file:
                file.write(WRITE if insert else READ)
            done = subprocess.run(
                [
                    shutil.which("pgbench"),
                    *target,
                    "-n",
                    "-M",
                    "prepared",
                    "-f",
                    folder + "/script",
                    "-c",
                    str(connections),
                    "-j",
                    "2",
                    "-T",
                    str(seconds),
                    "shale",
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            rate = re.search(r"tps = ([0-9.]+)", done.stdout)
            if not rate:
                print(done.stdout + done.stderr)
                sys.exit(1)
            latency = re.search(r"latency average = ([0-9.]+)", done.stdout)
            print(
                f"{'inserts' if insert else 'point queries'}: {float(rate[1]):,.0f} a second over "
                f"{connections} connections, {latency[1]} ms each"
            )
        finally:
            server.terminate()
            server.wait(60)


if __name__ == "__main__":
    main()
