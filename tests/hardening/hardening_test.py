#!/usr/bin/env python3
"""The built program is hardened as CMake asks for: read from the program itself with readelf, and
from the commands that compiled it where a program does not tell.

    hardening_test.py SHALE_BINARY COMPILE_COMMANDS_JSON
"""

import json
import subprocess
import sys

FLAGS = [
    "-fstack-clash-protection",
    "-fstack-protector-strong",
    "-D_FORTIFY_SOURCE=3",
    "-D_GLIBCXX_ASSERTIONS",
]


def readelf(*arguments):
    return subprocess.run(
        ["readelf", "-W", *arguments], capture_output=True, text=True, check=True
    ).stdout


def main():
    binary, commands = sys.argv[1:]
    header, segments = readelf("-h", binary), readelf("-l", binary)
    dynamic, notes, symbols = (
        readelf("-d", binary),
        readelf("-n", binary),
        readelf("--dyn-syms", binary),
    )
    stack = [line.split() for line in segments.splitlines() if "GNU_STACK" in line]
    wanted = {
        "position independent (PIE)": "DYN" in header and "PIE" in dynamic,
        "read-only relocations (RELRO)": "GNU_RELRO" in segments,
        "bound at start (full RELRO)": "BIND_NOW" in dynamic or "NOW" in dynamic,
        "no executable stack": bool(stack) and "RWE" not in stack[0],
        "no writable code": not any("LOAD" in l and "RWE" in l for l in segments.splitlines()),
        "no text relocations": "TEXTREL" not in dynamic,
        "no library path of its own": "RPATH" not in dynamic and "RUNPATH" not in dynamic,
        "stack protector": "__stack_chk_fail" in symbols,
        "fortified calls": "_chk@" in symbols,
        "library assertions": "__glibcxx_assert_fail" in symbols,
    }
    if "X86-64" in header:
        # The linker marks the program only when every object is marked, and Debian 12's start-up
        # objects are not; so the code itself is looked at.
        main_code = subprocess.run(
            ["objdump", "-d", "--disassemble=main", binary], capture_output=True, text=True
        ).stdout
        wanted["indirect branches land on endbr64 (CET)"] = "endbr64" in main_code
        flags = FLAGS + ["-fcf-protection"]
    else:
        flags = FLAGS
    with open(commands, encoding="utf-8") as read:
        units = [u for u in json.load(read) if "/tests/" not in u["file"]]
    for flag in flags:
        without = [u["file"] for u in units if flag not in u["command"].split()]
        wanted[f"{flag} ({len(units)} files)"] = not without
        if without:
            print("without", flag, ":", *without[:5])
    for what, there in wanted.items():
        print("ok     " if there else "MISSING", what)
    return 0 if all(wanted.values()) else 1


sys.exit(main())
