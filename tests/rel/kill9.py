#!/usr/bin/env python3
"""Kills Shale while it inserts and loads, and counts what is lost or doubled.

    kill9.py SHALE_BINARY [--kills N] [--seed S]

Each round starts a shell that runs INSERTs (and now and then a CHECKPOINT, an OPTIMIZE or a
DELETE) or a resumable load, kills it with SIGKILL at a random moment, opens the database again
and checks:

- every acknowledged row is there exactly once, every acknowledged delete holds;
- a statement that was not acknowledged is there whole or not at all;
- a load that was killed and resumed to its end has every row once.

Prints the seed and the figures, and exits with 1 unless lost=0 dup=0 torn=0 and every reopening
took at most five seconds.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ROWS_A_BATCH = 7
SLOWEST_OPEN_S = 5.0  # the program's start and a query included


class Rig:
    def __init__(self, shale, folder, seed):
        self.shale = shale
        self.database = os.path.join(folder, "kill.db")
        self.folder = folder
        self.random = random.Random(seed)
        self.next_batch = 0
        self.acked = set()  # batch numbers
        self.unknown = set()  # sent, not acknowledged
        self.deleted = set()  # batches deleted, acknowledged
        self.maybe_deleted = set()
        self.lost = self.dup = self.torn = self.undeleted = 0
        self.loads = 0
        self.slowest_open = 0.0

    def query(self, sql):
        start = time.monotonic()
        done = subprocess.run(
            [self.shale, "shell", "--db", self.database, "--mode", "csv", "--no-header", "-c", sql],
            capture_output=True,
            text=True,
        )
        self.slowest_open = max(self.slowest_open, time.monotonic() - start)
        if done.returncode != 0:
            raise SystemExit(f"kill9: the database does not answer: {done.stderr}")
        return [line.split(",") for line in done.stdout.splitlines()]

    def create(self):
        done = subprocess.run(
            [
                self.shale,
                "shell",
                "--db",
                self.database,
                "--create",
                "-c",
                "CREATE TABLE rows (ts TIMESTAMP, batch BIGINT, n INTEGER, word TEXT) "
                "TIMESTAMP(ts) PARTITION BY DAY",
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise SystemExit(done.stderr)

    def insert_round(self):
        process = subprocess.Popen(
            [self.shale, "shell", "--db", self.database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        end = time.monotonic() + self.random.uniform(0.05, 0.6)
        timer_killed = False
        while True:
            if time.monotonic() > end:
                os.kill(process.pid, signal.SIGKILL)
                timer_killed = True
            kind = self.random.random()
            live = sorted(self.acked - self.deleted - self.maybe_deleted)
            if kind < 0.05:
                statement, what = self.random.choice(["CHECKPOINT;", "OPTIMIZE TABLE rows;"]), None
            elif kind < 0.12 and live:
                victim = self.random.choice(live)
                statement, what = f"DELETE FROM rows WHERE batch = {victim};", ("delete", victim)
                self.maybe_deleted.add(victim)
            else:
                batch = self.next_batch
                self.next_batch += 1
                day = 1 + batch % 3
                values = ", ".join(
                    f"('2024-05-0{day} 10:00:00', {batch}, {i}, 'word {i % 3} of {batch}')"
                    for i in range(ROWS_A_BATCH)
                )
                statement, what = f"INSERT INTO rows VALUES {values};", ("insert", batch)
                self.unknown.add(batch)
            try:
                process.stdin.write(statement + "\n")
                process.stdin.flush()
                # The kill may come while the statement runs, not only between statements.
                if not timer_killed and end - time.monotonic() < 0.005:
                    time.sleep(max(0.0, self.random.uniform(0, 0.002)))
                    os.kill(process.pid, signal.SIGKILL)
                    timer_killed = True
                answer = process.stdout.readline()
            except (BrokenPipeError, OSError):
                answer = ""
            if not answer:
                break
            if what and what[0] == "insert" and answer.startswith("INSERT 0"):
                self.unknown.discard(what[1])
                self.acked.add(what[1])
            elif what and answer.startswith("DELETE"):
                self.maybe_deleted.discard(what[1])
                self.deleted.add(what[1])
        process.kill()
        process.wait()

    def check_rows(self):
        counts = {
            int(b): (int(c), int(d))
            for b, c, d in self.query(
                "SELECT batch, count(*), count(DISTINCT n) FROM rows GROUP BY batch"
            )
        }
        for batch in self.acked - self.deleted - self.maybe_deleted:
            count, distinct = counts.get(batch, (0, 0))
            self.lost += distinct < ROWS_A_BATCH
            self.dup += count > distinct
        for batch in self.deleted:
            self.undeleted += batch in counts
        for batch in (self.unknown | self.maybe_deleted) & set(counts):
            count, distinct = counts[batch]
            self.torn += distinct != ROWS_A_BATCH
            self.dup += count > distinct
        # What was unknown is now known.
        self.acked |= self.unknown & set(counts)
        self.deleted |= {b for b in self.maybe_deleted if b not in counts}
        self.unknown.clear()
        self.maybe_deleted.clear()

    def load_round(self):
        """Kills a resumable load until it is through; every row must be there once."""
        self.loads += 1
        table = f"loaded{self.loads}"
        path = os.path.join(self.folder, f"{table}.csv")
        rows = self.random.randint(200_000, 400_000)
        with open(path, "w") as out:
            out.write("id,ts,word\n")
            out.writelines(
                f"{i},2024-01-01 00:00:{i % 60:02},word {i % 1000}\n" for i in range(rows)
            )
        command = [
            self.shale,
            "load",
            "--db",
            self.database,
            "--table",
            table,
            "--create",
            "--resume",
            path,
        ]
        kills = 0
        while True:
            process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                cwd=self.folder,
            )
            try:
                _, error = process.communicate(
                    timeout=self.random.uniform(0.02, 0.5) if kills < 5 else None
                )
                if process.returncode != 0:
                    raise SystemExit(f"kill9: the load failed: {error}")
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        count, distinct = map(
            int, self.query(f"SELECT count(*), count(DISTINCT id) FROM {table}")[0]
        )
        self.lost += rows - distinct
        self.dup += count - distinct
        os.remove(path)
        return kills


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shale")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--tenth", action="store_true", help="a tenth of the kills")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    if options.tenth:
        options.kills //= 10
    if options.seed is None:
        options.seed = 1 if options.tenth else int(time.time())
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(os.path.abspath(options.shale), folder, options.seed)
        rig.create()
        kills = 0
        while kills < options.kills:
            if rig.random.random() < 0.1:
                kills += rig.load_round()
            else:
                rig.insert_round()
                kills += 1
                rig.check_rows()
        print(
            f"kill9: seed={options.seed} kills={kills} batches={len(rig.acked)} loads={rig.loads} "
            f"deletes={len(rig.deleted)} lost={rig.lost} dup={rig.dup} torn={rig.torn} "
            f"undeleted={rig.undeleted} slowest_open={rig.slowest_open:.2f}s"
        )
        slow = rig.slowest_open > SLOWEST_OPEN_S
        return 1 if rig.lost or rig.dup or rig.torn or rig.undeleted or slow else 0


sys.exit(main())
