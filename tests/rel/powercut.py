#!/usr/bin/env python3
"""Cuts the power of a real file system while Shale writes to it, and counts what is lost.

    powercut.py SHALE_BINARY [--cuts N] [--fs ext4|xfs] [--seed S] [--tenth]

The disk is an nbdkit plugin that keeps sectors in memory until they are flushed
(support/volatile_disk.py), made a file by nbdfuse, a block device by a loop, and a file system by
mkfs. A shell inserts, deletes and checkpoints on it; at a random moment the power goes: of the
sectors that were not flushed any may be lost, torn from their neighbours or of an older version.
Then the file system is mounted anew and the database opened: every acknowledged change must be
there, one in flight whole or not at all.

Prints the seed and the figures, and exits with 1 unless lost=0 torn=0 open_fail=0; with 77 where
the machine lacks a program, or the right to mount.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE = 192 << 20
ROWS = 5


def skip(why):
    print(f"powercut: skipped: {why}")
    sys.exit(77)


def run(*command, check=True, timeout=60):
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=timeout)


class Disk:
    """One power cycle of the disk, mounted at `mount`."""

    def __init__(self, folder, fs):
        self.folder, self.fs = folder, fs
        self.mount = os.path.join(folder, "mount")
        self.state = os.path.join(folder, "state")
        self.cut_file = os.path.join(folder, "cut")
        self.fuse = os.path.join(folder, "disk")
        self.loop = None
        self.process = None
        os.makedirs(self.mount, exist_ok=True)

    def start(self, fresh):
        if os.path.exists(self.cut_file):
            os.remove(self.cut_file)
        if fresh:
            with open(self.state, "wb") as out:
                out.truncate(SIZE)
        open(self.fuse, "ab").close()
        self.process = subprocess.Popen(
            [
                "nbdfuse",
                self.fuse,
                "--command",
                "nbdkit",
                "-s",
                "--exit-with-parent",
                "python",
                os.path.join(HERE, "support", "volatile_disk.py"),
                f"state={self.state}",
                f"cut={self.cut_file}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for _ in range(200):
            if os.path.getsize(self.fuse) == SIZE:
                break
            if self.process.poll() is not None:
                raise OSError(f"nbdfuse: {self.process.stderr.read().strip()}")
            time.sleep(0.05)
        else:
            raise OSError("nbdfuse shows no disk")
        self.loop = run("losetup", "--find", "--show", self.fuse).stdout.strip()
        if fresh:
            run(f"mkfs.{self.fs}", "-q", self.loop)
        run("mount", "-t", self.fs, self.loop, self.mount)

    def cut(self, seed):
        with open(self.cut_file + ".new", "w") as out:
            out.write(str(seed))
        os.rename(self.cut_file + ".new", self.cut_file)

    def stop(self):
        run("umount", "-f", self.mount, check=False)
        run("umount", "-l", self.mount, check=False)
        if self.loop:
            run("losetup", "-d", self.loop, check=False)
            self.loop = None
        run("umount", "-l", self.fuse, check=False)
        if self.process:
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.process = None


class Rig:
    def __init__(self, shale, disk, seed):
        self.shale, self.disk = shale, disk
        self.random = random.Random(seed)
        self.next_batch = 0
        self.acked, self.unknown, self.deleted, self.maybe = set(), set(), set(), set()
        self.lost = self.torn = self.undeleted = self.open_fail = 0
        self.slowest_open = 0.0

    def database(self):
        return os.path.join(self.disk.mount, "db")

    def ask(self, sql, *more):
        return subprocess.run(
            [
                self.shale,
                "shell",
                "--db",
                self.database(),
                "--mode",
                "csv",
                "--no-header",
                *more,
                "-c",
                sql,
            ],
            capture_output=True,
            text=True,
            timeout=300,
        )

    def create(self):
        done = self.ask(
            "CREATE TABLE rows (ts TIMESTAMP, batch BIGINT, n INTEGER, word TEXT) TIMESTAMP(ts) "
            "PARTITION BY DAY",
            "--create",
        )
        if done.returncode != 0:
            raise SystemExit(done.stderr)

    def statement(self):
        kind = self.random.random()
        live = sorted(self.acked - self.deleted - self.maybe)
        if kind < 0.05:
            return "CHECKPOINT;", None
        if kind < 0.08:
            return "OPTIMIZE TABLE rows;", None
        if kind < 0.18 and live:
            victim = self.random.choice(live)
            self.maybe.add(victim)
            return f"DELETE FROM rows WHERE batch = {victim};", ("delete", victim)
        batch = self.next_batch
        self.next_batch += 1
        self.unknown.add(batch)
        values = ", ".join(
            f"('2024-05-0{1 + batch % 3}', {batch}, {i}, 'word {i}')" for i in range(ROWS)
        )
        return f"INSERT INTO rows VALUES {values};", ("insert", batch)

    def work(self):
        shell = subprocess.Popen(
            [self.shale, "shell", "--db", self.database()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        seed = self.random.randrange(1 << 30)
        timer = threading.Timer(self.random.uniform(0.3, 2.5), lambda: self.disk.cut(seed))
        timer.start()
        killer = threading.Timer(30, shell.kill)
        killer.start()
        while True:
            sql, what = self.statement()
            try:
                shell.stdin.write(sql + "\n")
                answer = shell.stdout.readline()
            except OSError:
                answer = ""
            if what and what[0] == "insert" and answer.startswith("INSERT 0"):
                self.unknown.discard(what[1])
                self.acked.add(what[1])
            elif what and answer.startswith("DELETE"):
                self.maybe.discard(what[1])
                self.deleted.add(what[1])
            if not answer:
                break
        timer.join()
        shell.kill()
        shell.wait()
        killer.cancel()

    def check(self):
        start = time.monotonic()
        done = self.ask("SELECT batch, count(*), count(DISTINCT n) FROM rows GROUP BY batch")
        self.slowest_open = max(self.slowest_open, time.monotonic() - start)
        if done.returncode != 0:
            self.open_fail += 1
            print(f"powercut: the database does not open: {done.stderr.strip()}")
            return False
        rows = [tuple(map(int, line.split(","))) for line in done.stdout.splitlines()]
        counts = {b: (c, d) for b, c, d in rows}
        for batch in self.acked - self.deleted - self.maybe:
            self.lost += counts.get(batch, (0, 0)) != (ROWS, ROWS)
        self.undeleted += len(self.deleted & set(counts))
        for batch in (self.unknown | self.maybe) & set(counts):
            self.torn += counts[batch] != (ROWS, ROWS)
        self.acked |= self.unknown & set(counts)
        self.deleted |= self.maybe - set(counts)
        self.unknown.clear()
        self.maybe.clear()
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shale")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--fs", choices=["ext4", "xfs"], default="ext4")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--tenth", action="store_true", help="two cuts")
    options = parser.parse_args()
    if options.tenth:
        options.cuts = 2
    if options.seed is None:
        options.seed = 1 if options.tenth else int(time.time())
    needed = ["nbdkit", "nbdfuse", "losetup", "mount", "umount", f"mkfs.{options.fs}"]
    missing = [name for name in needed if not shutil.which(name)]
    if missing:
        skip(
            f"{', '.join(missing)} not installed (packages nbdkit, nbdkit-plugin-python, "
            "libnbd-bin, e2fsprogs, xfsprogs)"
        )
    if os.geteuid() != 0:
        skip("mounting needs root")
    folder = tempfile.mkdtemp(prefix="shale-powercut-")
    disk = Disk(folder, options.fs)
    try:
        try:
            disk.start(fresh=True)
        except (OSError, subprocess.SubprocessError) as error:
            detail = getattr(error, "stderr", "") or ""
            skip(f"this machine makes no such disk: {error} {detail.strip()}")
        rig = Rig(os.path.abspath(options.shale), disk, options.seed)
        rig.create()
        cuts = 0
        while cuts < options.cuts:
            rig.work()
            cuts += 1
            disk.stop()
            disk.start(fresh=False)
            if not rig.check():
                break
        print(
            f"powercut: seed={options.seed} fs={options.fs} cuts={cuts} acked={len(rig.acked)} "
            f"deletes={len(rig.deleted)} lost={rig.lost} torn={rig.torn} "
            f"undeleted={rig.undeleted} open_fail={rig.open_fail} "
            f"slowest_open={rig.slowest_open:.2f}s"
        )
        return 1 if rig.lost or rig.torn or rig.undeleted or rig.open_fail else 0
    finally:
        disk.stop()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
