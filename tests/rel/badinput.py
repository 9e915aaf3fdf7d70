#!/usr/bin/env python3
"""Loads malformed files and accounts for every record in them.

    badinput.py SHALE_BINARY [--files N] [--seed S] [--tenth]

CSV, TSV, NDJSON and access logs are written with bad records among good ones: wrong numbers of
fields, values that are none of their column's type or out of its range, NULL where none may be,
broken quotes and braces, invalid UTF-8, lone surrogates, NUL. Each good record must be in the table
once, each bad one in the rejects file with the line that it begins on; nothing may be dropped in
silence. Every fifth file is damaged at random instead (bytes changed, cut, packed and cut): the
loader must end with an exit code of its own, and if it loads, what it says must add up.

Prints the seed and the figures, and exits with 1 on a miss.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time

BAD_UTF8 = [b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"caf\xe9", b"\x80"]


def stamp(i):
    return f"2024-0{1 + i % 9}-1{i % 10} 0{i % 10}:{i % 60:02}:00"


class Csv:
    name, option, separator = "csv", "csv", b","
    head = b"id,ts,n,word\n"

    def good(self, rng, i):
        word = rng.choice(["plain", '"quoted, ""it"""', "", "gr\u00fc\u00df", '"two\nlines"'])
        return self.join(str(i), stamp(i), str(i % 1000), word)

    def join(self, *fields):
        return self.separator.join(f if isinstance(f, bytes) else f.encode() for f in fields)

    def bad(self, rng, i):
        return rng.choice(
            [
                self.join(str(i), stamp(i)),
                self.join(str(i), stamp(i), "1", "w", "more"),
                self.join("x" + str(i), stamp(i), "1", "w"),
                self.join("99999999999999999999", stamp(i), "1", "w"),
                self.join(str(i), "2024-13-45 00:00:00", "1", "w"),
                self.join(str(i), "yesterday-ish", "1", "w"),
                self.join(str(i), stamp(i), "99999999999", "w"),
                self.join(str(i), stamp(i), "1.5x", "w"),
                self.join("", stamp(i), "1", "w"),
                self.join(str(i), "", "1", "w"),
                self.join(str(i), stamp(i), "1", b"w" + rng.choice(BAD_UTF8)),
                self.join(str(i), stamp(i), "1", b"nul\x00byte"),
            ]
        )

    def last(self, rng, i):
        """A bad record that may swallow what follows: only at the end."""
        return self.join(str(i), stamp(i), "1", '"never closed')


class Tsv(Csv):
    name, option, separator = "tsv", "tsv", b"\t"
    head = b"id\tts\tn\tword\n"

    def good(self, rng, i):
        word = rng.choice(["plain", "tab\\tinside", "\\N", "line\\nbreak", "back\\\\slash"])
        return self.join(str(i), stamp(i), str(i % 1000), word)

    def bad(self, rng, i):
        row = super().bad(rng, i)
        return row.replace(b"\t\t", b"\t\\N\t") if rng.random() < 0.5 else row

    def last(self, rng, i):
        return self.join(str(i), stamp(i), "1")


class Ndjson:
    name, option, head = "ndjson", "ndjson", b""

    def good(self, rng, i):
        word = rng.choice(['"plain"', '"\\u00fc"', "null", '"a\\nb"', '"\\ud83d\\ude00"'])
        return f'{{"id": {i}, "ts": "{stamp(i)}", "n": {i % 1000}, "word": {word}}}'.encode()

    def bad(self, rng, i):
        whole = self.good(rng, i)
        return rng.choice(
            [
                whole[:-1],
                whole[: len(whole) // 2],
                whole + b" trailing",
                b"[1, 2]",
                b"not json",
                f'{{"id": "x{i}", "ts": "{stamp(i)}"}}'.encode(),
                f'{{"id": {i}, "ts": 17, "n": "many"}}'.encode(),
                f'{{"id": {i}, "ts": "{stamp(i)}", "n": 99999999999}}'.encode(),
                f'{{"ts": "{stamp(i)}", "n": 1}}'.encode(),
                f'{{"id": null, "ts": "{stamp(i)}"}}'.encode(),
                f'{{"id": {i}, "ts": "{stamp(i)}", "word": "\\ud800"}}'.encode(),
                f'{{"id": {i}, "ts": "{stamp(i)}", "word": "a\\u0000b"}}'.encode(),
                f'{{"id": {i}, "ts": "{stamp(i)}", "word": "'.encode()
                + rng.choice(BAD_UTF8)
                + b'"}',
                b"{" * 2000,
            ]
        )

    last = bad


class Combined:
    name, option, head = "combined", "combined", b""

    def line(self, i, ts=None, status="200", size=None, agent="curl"):
        ts = ts or f"{1 + i % 28:02}/Jan/2024:0{i % 10}:00:00 +0000"
        size = str(i) if size is None else size
        return (
            f'10.0.0.{i % 250} - - [{ts}] "GET /p{i % 7} HTTP/1.1" {status} {size} "-" "{agent}"'
        ).encode()

    def good(self, rng, i):
        return self.line(i)

    def bad(self, rng, i):
        whole = self.line(i)
        return rng.choice(
            [
                whole[: rng.randint(1, len(whole) - 12)],
                self.line(i, ts="99/Foo/2024:00:00:00 +0000"),
                self.line(i, status="abc"),
                self.line(i, size="12x"),
                b"garbage",
                self.line(i).replace(b"curl", b"c" + rng.choice(BAD_UTF8)),
                self.line(i).replace(b"[", b"").replace(b"]", b""),
            ]
        )

    last = bad


class Rig:
    def __init__(self, shale, folder, seed):
        self.shale, self.folder, self.seed = shale, folder, seed
        self.figures = dict(
            files=0,
            records=0,
            loaded=0,
            rejected=0,
            damaged=0,
            silent_drop=0,
            invented=0,
            unlocated=0,
            crashes=0,
            untrue=0,
        )
        self.shown = 0

    def miss(self, figure, text):
        self.figures[figure] += 1
        self.shown += 1
        if self.shown <= 20:
            print(f"badinput: {figure}: {text}")

    def run(self, *arguments):
        return subprocess.run(
            [self.shale, *arguments], capture_output=True, cwd=self.folder, timeout=300
        )

    def ask(self, db, sql):
        done = self.run("shell", "--db", db, "--mode", "csv", "--no-header", "-c", sql)
        return done.stdout.decode().split() if done.returncode == 0 else None

    def fresh(self, number, form):
        db = os.path.join(self.folder, f"db{number}")
        columns = (
            '(ip TEXT, ident TEXT, "user" TEXT, ts TIMESTAMPTZ, method TEXT, url TEXT, protocol '
            "TEXT, status INTEGER, bytes BIGINT, referer TEXT, user_agent TEXT)"
            if form.name == "combined"
            else "(id BIGINT NOT NULL, ts TIMESTAMP, n INTEGER, word TEXT)"
        )
        done = self.run(
            "shell",
            "--db",
            db,
            "--create",
            "-c",
            f"CREATE TABLE t {columns} TIMESTAMP(ts) PARTITION BY MONTH",
        )
        if done.returncode != 0:
            raise SystemExit(done.stderr.decode())
        return db

    def load(self, db, form, path, rejects):
        return self.run(
            "load",
            "--db",
            db,
            "--table",
            "t",
            "--format",
            form.option,
            "--max-errors",
            "100%",
            "--rejects",
            rejects,
            "--json",
            path,
        )

    def account(self, number, rng):
        form = rng.choice([Csv(), Tsv(), Ndjson(), Combined()])
        count = rng.choice([3, 30, 300])
        text, good, bad, line = form.head, set(), set(), 1 + form.head.count(b"\n")
        for i in range(1, count + 1):
            is_bad = rng.random() < 0.3
            record = form.good(rng, i)
            if is_bad:
                record = form.last(rng, i) if i == count else form.bad(rng, i)
                bad.add(line)
            else:
                good.add(i)
            end = b"\r\n" if form.name == "csv" and number % 3 == 0 else b"\n"
            text += record + (end if i < count or rng.random() < 0.7 else b"")
            line += record.count(b"\n") + 1
        path = os.path.join(self.folder, f"f{number}.{form.name}")
        with open(path, "wb") as out:
            out.write(text)
        rejects = path + ".rejects"
        db = self.fresh(number, form)
        done = self.load(db, form, path, rejects)
        name = f"--seed {self.seed}, file {number} ({form.name})"
        if done.returncode < 0:
            return self.miss("crashes", f"{name}: signal {-done.returncode}")
        if done.returncode != 0:
            return self.miss(
                "untrue", f"{name}: exit {done.returncode}: {done.stderr.decode()[-300:]}"
            )
        key = "bytes" if form.name == "combined" else "id"
        there = [int(x) for x in self.ask(db, f"SELECT {key} FROM t") or []]
        lines = []
        if os.path.exists(rejects):
            with open(rejects, encoding="utf-8", errors="replace") as read:
                lines = [json.loads(one).get("line") for one in read]
        self.figures["records"] += count
        self.figures["loaded"] += len(there)
        self.figures["rejected"] += len(lines)
        if len(there) + len(lines) < count:
            self.miss(
                "silent_drop",
                f"{name}: {count} records, {len(there)} loaded, {len(lines)} rejected",
            )
        if sorted(there) != sorted(good):
            odd = sorted(set(there) ^ good)[:5]
            self.miss("invented", f"{name}: records {odd} are bad and loaded, or good and not")
        elif sorted(lines) != sorted(bad):
            self.miss(
                "unlocated",
                f"{name}: rejects say lines {sorted(lines)[:9]}, bad are {sorted(bad)[:9]}",
            )

    def damage(self, number, rng):
        form = rng.choice([Csv(), Tsv(), Ndjson(), Combined()])
        text = form.head + b"".join(form.good(rng, i) + b"\n" for i in range(1, 200))
        suffix = ""
        how = rng.randint(0, 4)
        if how >= 3:
            text = gzip.compress(text)
            suffix = ".gz"
        data = bytearray(text)
        if how != 2:
            for _ in range(rng.randint(1, 30)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        if how in (2, 4):
            del data[rng.randrange(1, len(data)) :]
        path = os.path.join(self.folder, f"d{number}.{form.name}{suffix}")
        with open(path, "wb") as out:
            out.write(data)
        db = self.fresh(number, form)
        rejects = path + ".rejects"
        done = self.load(db, form, path, rejects)
        self.figures["damaged"] += 1
        name = f"--seed {self.seed}, damaged file {number} ({form.name}{suffix})"
        if done.returncode < 0:
            return self.miss("crashes", f"{name}: signal {-done.returncode}")
        there = int((self.ask(db, "SELECT count(*) FROM t") or ["-1"])[0])
        if done.returncode != 0:
            if there != 0:
                self.miss("untrue", f"{name}: exit {done.returncode}, but {there} rows are there")
            if not done.stderr.strip():
                self.miss("untrue", f"{name}: exit {done.returncode} without a word")
            return None
        said = json.loads(done.stdout)
        refused = 0
        if os.path.exists(rejects):
            with open(rejects, "rb") as read:
                refused = sum(1 for _ in read)
        if said["rows"] != there or said["rows_refused"] != refused:
            self.miss(
                "untrue",
                f"{name}: says {said['rows']} and {said['rows_refused']}, is {there} and {refused}",
            )
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shale")
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--tenth", action="store_true", help="a tenth of the files")
    options = parser.parse_args()
    if options.tenth:
        options.files //= 10
    if options.seed is None:
        options.seed = 1 if options.tenth else int(time.time())
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(os.path.abspath(options.shale), folder, options.seed)
        for number in range(options.files):
            rng = random.Random(options.seed * 1_000_003 + number)
            rig.figures["files"] += 1
            (rig.damage if number % 5 == 4 else rig.account)(number, rng)
        figures = " ".join(f"{name}={value}" for name, value in rig.figures.items())
        print(f"badinput: seed={options.seed} {figures}")
        return 1 if rig.shown else 0


sys.exit(main())
