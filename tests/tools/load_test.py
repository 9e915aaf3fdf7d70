#!/usr/bin/env python3
"""load_test.py SHALE SOURCE: `shale load` as people and scripts use it."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

import program
from program import ProgramTest, SHALE, SOURCE


class Loads(ProgramTest):
    def load(self, *arguments, stdin=""):
        return self.run_shale("load", "--db", "db", *arguments, stdin=stdin)

    def test_an_access_log(self):
        result = self.load("--table", "access", "--create", f"{SOURCE}/tests/data/access.log.gz")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("CREATE TABLE access (", result.stdout)
        self.assertIn("TIMESTAMP (ts)", result.stdout)
        self.assertIn("loaded 9,999 rows into access", result.stdout)
        self.assertIn("1 row refused", result.stdout)
        with open(self.path("access.rejects.ndjson"), encoding="utf-8") as file:
            rejects = [json.loads(line) for line in file]
        self.assertEqual(len(rejects), 1)
        self.assertEqual(sorted(rejects[0]), ["column", "file", "line", "raw", "reason"])
        self.assertEqual(self.ask("SELECT count(*), count(DISTINCT ip) FROM access"), "9999,1753\n")

    def test_the_summary_as_json(self):
        path = self.write("a.csv", "a,b\n" + "1,x\n" * 300 + "oops,y\n")
        # "oops" is in the sample too, so the column would be TEXT: fix its type first.
        self.good("shell", "--db", "db", "--create", "-c", "CREATE TABLE t (a INTEGER, b TEXT)")
        result = self.load("--table", "t", "--json", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        summary = json.loads(result.stdout)
        self.assertEqual(summary["rows"], 300)
        self.assertEqual(summary["rows_refused"], 1)
        self.assertEqual(sum(summary["rejects"].values()), 1)
        for key in [
            "bytes",
            "seconds",
            "rows_per_second",
            "mb_per_second",
            "bytes_on_disk",
            "partitions",
        ]:
            self.assertGreater(summary[key], 0, key)

    def test_exit_codes(self):
        good = self.write("good.csv", "a\n1\n2\n")
        bad = self.write("bad.csv", "a\n1\nx\n")
        self.assertEqual(self.load("--table", "t", "--create", good).returncode, 0)
        self.assertEqual(self.load("--table", "t", self.path("none.csv")).returncode, 1)
        self.assertEqual(self.load("--table", "u", good).returncode, 1)
        self.assertEqual(self.load("--table", "t", "--max-errors", "many", good).returncode, 2)
        self.assertEqual(self.load(good).returncode, 2)
        self.assertEqual(self.load("--table", "t", "--resume", "-", stdin="a\n1\n").returncode, 2)
        over = self.load("--table", "t", bad)
        self.assertEqual(over.returncode, 3)
        self.assertIn("nothing was loaded", over.stderr)
        self.assertEqual(self.ask("SELECT count(*) FROM t"), "2\n")
        self.assertEqual(self.load("--table", "t", "--max-errors", "1", bad).returncode, 0)
        self.assertEqual(self.ask("SELECT count(*) FROM t"), "3\n")

    def test_a_header_of_the_tables_names_is_one_whatever_the_rows_are(self):
        self.good("shell", "--db", "db", "--create", "-c", "CREATE TABLE t (id BIGINT, word TEXT)")
        path = self.write("bad.csv", "ID,word\nx,1\ny,2\n")
        result = self.run_shale("load", "--db", "db", "--table", "t", "--max-errors", "100%", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path("t.rejects.ndjson"), encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["line"] for line in file], [2, 3])

    def test_a_missing_folder(self):
        path = self.write("a.csv", "a\n1\n")
        result = self.load("--table", "t", path)
        self.assertEqual(result.returncode, 1)
        self.assertIn("--create", result.stderr)
        self.assertFalse(os.path.exists(self.path("db")))

    def test_dry_run(self):
        path = self.write("a.csv", "seen,Number\n2020-01-01T00:00:00Z,1\n")
        out = self.good("load", "--table", "T", "--dry-run", path)
        self.assertEqual(
            out,
            'CREATE TABLE "T" (\n  seen     TIMESTAMPTZ NOT NULL,\n'
            '  "Number" BIGINT\n)\nTIMESTAMP (seen) PARTITION BY MONTH\n'
            "ORDER BY (seen);\n",
        )
        self.assertFalse(os.path.exists(self.path("db")))

    def test_pipes_compression_and_patterns(self):
        result = self.load("--table", "t", "--create", "-", stdin="a,b\n1,x\n2,y\n")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.write("1.csv.gz", gzip.compress(b"a,b\n3,z\n"))
        self.write("2.csv", "a,b\n4,w\n")
        result = self.load("--table", "t", self.path("?.csv*"))
        self.assertEqual(result.returncode, 0, result.stderr)
        if shutil.which("zstd"):
            subprocess.run(
                ["zstd", "-q", self.path("2.csv"), "-o", self.path("3.csv.zst")], check=True
            )
            self.assertEqual(self.load("--table", "t", self.path("3.csv.zst")).returncode, 0)
            self.assertEqual(self.ask("SELECT count(*), sum(a) FROM t"), "5,14\n")
        self.assertEqual(self.ask("SELECT b FROM t WHERE a = 3"), "z\n")

    def test_two_processes(self):
        path = self.write("a.csv", "a\n1\n")
        self.assertEqual(self.load("--table", "t", "--create", path).returncode, 0)
        holder = subprocess.Popen(
            [SHALE, "shell", "--db", "db", "--mode", "csv"],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        holder.stdin.write("SELECT 1 AS ready;\n")
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), "ready\n")
        result = self.load("--table", "t", path)
        self.assertEqual(result.returncode, 1)
        self.assertIn(str(holder.pid), result.stderr)
        holder.communicate()


class Interrupted(ProgramTest):
    ROWS = 1_500_000

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.big = os.path.join(cls.shared.name, "big.csv")
        rng = random.Random(5)
        start = 1_577_836_800  # 2020-01-01
        with open(cls.big, "w", encoding="ascii") as file:
            file.write("id,ts,name,value\n")
            for i in range(cls.ROWS):
                if i % 500 == 0:
                    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(start + i * 3))
                file.write(f"{i},{stamp},some event of kind {i % 17},{rng.random():.6f}\n")

    @classmethod
    def tearDownClass(cls):
        cls.shared.cleanup()

    def setUp(self):
        super().setUp()
        self.arguments = [SHALE, "load", "--db", "db", "--table", "t", "--create", self.big]

    def start(self, *more):
        return subprocess.Popen(
            [*self.arguments, *more],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def check_all_rows(self):
        total = self.ROWS * (self.ROWS - 1) // 2
        self.assertEqual(
            self.ask("SELECT count(*), count(DISTINCT id), sum(id) FROM t"),
            f"{self.ROWS},{self.ROWS},{total}\n",
        )

    def test_killed_and_resumed_every_row_is_there_once(self):
        rng = random.Random(7)
        kills = 0
        for _ in range(12):
            load = self.start("--resume")
            try:
                out, _ = load.communicate(timeout=0.15 + rng.random() * 0.35)
                self.assertEqual(load.returncode, 0, out)
                break
            except subprocess.TimeoutExpired:
                load.kill()
                load.communicate()
                kills += 1
        load = self.start("--resume")
        out, _ = load.communicate(timeout=200)
        self.assertEqual(load.returncode, 0, out)
        self.check_all_rows()
        load = self.start("--resume")
        out, _ = load.communicate(timeout=200)
        self.assertIn(f"{self.ROWS:,} rows from an earlier run", out)
        self.check_all_rows()
        print(f"{kills} kills: lost=0 dup=0")

    def test_a_plain_load_is_all_or_nothing(self):
        load = self.start()
        time.sleep(0.4)
        load.send_signal(signal.SIGINT)
        out, _ = load.communicate(timeout=100)
        if load.returncode != 0:
            self.assertEqual(load.returncode, 1, out)
            self.assertIn("nothing was loaded", out)
            asked = self.run_shale("shell", "--db", "db", "-c", "SELECT count(*) FROM t")
            self.assertEqual(asked.returncode, 1)
        load = self.start()
        time.sleep(0.5)
        load.kill()
        load.communicate()
        load = self.start()
        out, _ = load.communicate(timeout=200)
        # A load killed after its commit has left its rows, and the next one refuses to double them.
        if load.returncode != 0:
            self.assertIn("leave out --create", out)
        self.check_all_rows()

    def test_a_changed_file_is_not_gone_on_with(self):
        self.arguments[-1] = self.path("big.csv")
        shutil.copyfile(self.big, self.path("big.csv"))
        load = self.start("--resume")
        out, _ = load.communicate(timeout=200)
        self.assertEqual(load.returncode, 0, out)
        with open(self.path("big.csv"), "a", encoding="ascii") as file:
            file.write("0,2021-01-01 00:00:00,late,1\n")
        load = self.start("--resume")
        out, _ = load.communicate(timeout=200)
        self.assertEqual(load.returncode, 1, out)
        self.assertIn("has changed", out)
        self.check_all_rows()


program.main()
