#!/usr/bin/env python3
"""Compressed files that become very large, into `shale load`.

    bomb.py SHALE_BINARY [--gigabytes N] [--rss MB] [--tenth]

gzip and zstd files of N gigabytes of one line without an end, of zeros, of lines that are no
rows, of one field, and compressed twice. Each must be refused or read as a stream: the program may
take at most 64 MB more than for a file that is not large. Prints the figures and exits
with 1 on a miss.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import zlib


def gzip_of(path, head, piece, count, tail=b""):
    """A gzip file of head, count pieces and tail: compressed bytes of a piece are repeated."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    with open(path, "wb") as out:
        out.write(compressor.compress(head))
        for _ in range(count):
            out.write(compressor.compress(piece))
        out.write(compressor.compress(tail) + compressor.flush())


def zstd_of(path, head, piece, count, tail=b""):
    with open(path, "wb") as out:
        process = subprocess.Popen(["zstd", "-q", "-3", "-c"], stdin=subprocess.PIPE, stdout=out)
        process.stdin.write(head)
        for _ in range(count):
            process.stdin.write(piece)
        process.stdin.write(tail)
        process.stdin.close()
        if process.wait() != 0:
            raise SystemExit("bomb: zstd failed")


class Rig:
    def __init__(self, shale, folder):
        self.shale = os.path.abspath(shale)
        self.folder = folder

    def load(self, path, name, more=()):
        """Exit code, MB, seconds, what was said."""
        database = os.path.join(self.folder, "db")
        shutil.rmtree(database, ignore_errors=True)
        subprocess.run(
            [
                self.shale,
                "shell",
                "--db",
                database,
                "--create",
                "-c",
                "CREATE TABLE t (x BIGINT, y TEXT)",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                [
                    self.shale,
                    "load",
                    "--db",
                    database,
                    "--workers",
                    "2",
                    *more,
                    path,
                    "--table",
                    "t",
                ],
                cwd=self.folder,  # where rejects go
                stdout=subprocess.DEVNULL,
                stderr=err,
            )
            _, status, usage = os.wait4(process.pid, 0)
            err.seek(0)
            text = err.read().decode("utf-8", "replace")
        return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024, text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shale")
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--rss", type=float, default=64, help="MB that a bomb may take more")
    parser.add_argument("--tenth", action="store_true")
    options = parser.parse_args()
    size = options.gigabytes / 10 if options.tenth else options.gigabytes
    mebibyte = 1 << 20
    pieces = int(size * 1024)
    misses = 0
    worst = (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(os.path.abspath(options.shale), folder)
        plain = os.path.join(folder, "plain.csv")
        with open(plain, "w") as file:
            file.write("x,y\n")
            for i in range(1000000):
                file.write(f"{i},some text of row {i}\n")
        with open(plain, "rb") as source, gzip.open(plain + ".gz", "wb", 1) as out:
            shutil.copyfileobj(source, out)
        code, usual, text = rig.load(plain + ".gz", "plain")
        if code != 0:
            raise SystemExit(f"bomb: the plain file was refused: {text}")
        line = b"1,aaaaaaaa\n"
        bombs = {
            "one line": (b"x,y\n1,", b"a" * mebibyte, pieces, b""),
            "zeros": (b"", bytes(mebibyte), pieces, b""),
            "one quoted field": (b'x,y\n1,"', b"b\n" * (mebibyte // 2), pieces, b""),
            "no rows": (b"x,y\n", b"no,\n" * (mebibyte // 4), pieces, b""),
            "empty lines": (b"x,y\n", b"\n" * mebibyte, pieces, b""),
            "commas": (b"x,y\n", b"," * mebibyte, pieces, b""),
            "rows": (b"x,y\n", line * (mebibyte // len(line)), max(pieces // 50, 20), b""),
        }
        for name, parts in bombs.items():
            for suffix, make in ((".gz", gzip_of), (".zst", zstd_of)):
                path = os.path.join(folder, "bomb.csv" + suffix)
                make(path, *parts)
                packed = os.path.getsize(path)
                code, rss, text = rig.load(path, name)
                more = rss - usual
                worst = max(worst, (more, name + suffix))
                miss = code < 0 or code > 3 or more > options.rss
                misses += miss
                print(
                    f"bomb: {name}{suffix}: {packed} bytes, {parts[2]} MiB unpacked, code={code} "
                    f"rss={rss:.0f}MB ({more:+.0f}){' MISS ' + text[-300:] if miss else ''}"
                )
                if suffix == ".gz" and name == "zeros":
                    twice = path + ".gz"
                    with open(path, "rb") as source, gzip.open(twice, "wb") as out:
                        shutil.copyfileobj(source, out)
                    code, rss, text = rig.load(twice, name)
                    miss = code < 0 or code > 3 or rss - usual > options.rss
                    misses += miss
                    print(f"bomb: {name} twice: code={code} rss={rss:.0f}MB ({rss - usual:+.0f})")
                os.remove(path)
    print(
        f"bomb: gigabytes={size:g} usual={usual:.0f}MB worst={worst[0]:+.0f}MB ({worst[1]}) "
        f"misses={misses}"
    )
    return 1 if misses else 0


sys.exit(main())
