#!/usr/bin/env python3
"""The rules of the house that a program can check: tidy.py ROOT prints each fault as
FILE:LINE: what is wrong, and exits 1 when there is one.

Layers: an include points down only. Third-party libraries, threads, clocks and system calls each
have their room. Form: names, line length, file length, blanks, #pragma once."""

import os
import re
import sys

# A layer may include itself and what stands below it.
BELOW = {
    "engine": {"engine"},
    "storage": {"engine", "storage"},
    "sql": {"engine", "storage", "sql"},
    "server": {"engine", "sql", "server"},
    "tools": {"engine", "storage", "sql", "server", "tools"},
    "bench": {"engine", "storage", "sql", "server", "tools", "bench"},
    "tests": {"engine", "storage", "sql", "server", "tools", "tests"},
    "docs": {"sql", "engine"},
}
# What the server may see of the layers below.
SERVER_SEES = re.compile(
    r"^(server/|sql/(database|sql_error|binary_value)\.h$|engine/(base|vector)/)"
)

STANDARD = set("""
algorithm any array atomic bit bitset charconv chrono cmath compare complex concepts coroutine
deque exception execution expected filesystem format forward_list fstream functional
initializer_list iomanip ios iosfwd iostream istream iterator limits list locale map memory
memory_resource new numbers numeric optional ostream queue random ranges ratio regex
scoped_allocator set source_location span sstream stack stdexcept streambuf string
string_view system_error tuple type_traits typeindex typeinfo unordered_map unordered_set utility
valarray variant vector version
cassert cctype cerrno cfenv cfloat cinttypes climits clocale csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype
""".split())
THREADS = {
    "thread",
    "mutex",
    "condition_variable",
    "shared_mutex",
    "future",
    "semaphore",
    "latch",
    "barrier",
    "stop_token",
    "pthread.h",
    "threads.h",
    "sched.h",
}
FILES = {"filesystem", "fstream", "fcntl.h", "unistd.h", "dirent.h", "aio.h", "liburing.h"}

ENGINE_THIRD_PARTY = re.compile(
    r"^(absl/|xxhash\.h$|re2/|simdjson\.h$|hwy/|utf8proc\.h$|fmt/|spdlog/)"
)
ANTLR = re.compile(
    r"^(antlr4-runtime|antlr4-common\.h$|[A-Za-z]*(Lexer|Parser)(Base)?(Visitor|Listener)?\.h$)"
)
ANTLR_ROOM = re.compile(r"^sql/(parser[a-z_]*\.cc|parser_[a-z_]*\.h|grammar/.*)$")
SYNC_ROOM = re.compile(r"^engine/base/sync[a-z_]*\.(h|cc)$")
CLOCK_ROOM = re.compile(r"^engine/base/clock[a-z_]*\.(h|cc)$")
# Asks the machine how much memory there is, and for it.
MEMORY_ROOM = re.compile(r"^engine/base/(memory_budget|large_block)\.cc$")
CLOCK_USE = re.compile(
    r"\b(system_clock|steady_clock|high_resolution_clock)\b|\bclock_gettime\s*\("
    r"|\bgettimeofday\s*\(|\babsl::Now\s*\(|\bstd::time\s*\("
)
THREAD_USE = re.compile(
    r"\bstd::(jthread|thread|mutex|shared_mutex|recursive_mutex" r"|condition_variable\w*|async)\b"
)

BANNED_WORDS = {
    "util",
    "utils",
    "utility",
    "helper",
    "helpers",
    "common",
    "manager",
    "impl",
    "misc",
}
CODE = (".h", ".cc")
SCRIPTS = (".py", ".cmake", ".g4", ".sh")
TEXT = CODE + SCRIPTS + (".md", ".txt", ".yml", ".yaml", ".test", ".sql")
MAX_LINES = 900
MAX_COLUMNS = 100
# A path of the writer's machine says nothing to a reader (split so as not to find itself).
PRIVATE_PATH = re.compile(r"(^|[^\w/.-])/" + r"work(/|\b)")
SKIPPED_FOLDERS = re.compile(r"^(\.git|build.*|__pycache__|corpus|third_party)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files_of(root):
    """Yields the paths, relative to root, of the files that the rules are for."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if not SKIPPED_FOLDERS.match(n))
        for name in sorted(files):
            path = os.path.relpath(os.path.join(folder, name), root)
            if path.startswith("tests/data/") and not name.endswith(".md"):
                continue
            if name.endswith(TEXT) or name == "CMakeLists.txt" or path == "tools/dev":
                yield path


def include_faults(path, is_project, name):
    """Yields what is wrong with an include of `name` in the file at `path`."""
    layer = path.split("/")[0]
    target = name.split("/")[0]
    if layer not in BELOW:
        return
    if is_project:
        if target not in BELOW[layer]:
            yield f"{layer} may not include {target} ({name}): includes point down only"
        elif layer == "server" and not SERVER_SEES.match(name):
            yield (
                "server sees sql/database.h, its errors and wire values, engine/base and "
                f"engine/vector only, not {name}"
            )
        return
    if ANTLR.match(name) and not ANTLR_ROOM.match(path):
        yield f"{name}: only sql/parser*.cc sees ANTLR"
    if (name in THREADS or name.startswith("absl/synchronization/")) and not SYNC_ROOM.match(path):
        yield f"<{name}>: threads and locks come from engine/base/sync.h"
    opens_files = name in FILES or name.startswith(("sys/", "linux/"))
    asks_machine = SYNC_ROOM.match(path) or CLOCK_ROOM.match(path) or MEMORY_ROOM.match(path)
    if opens_files and layer == "engine" and not asks_machine:
        yield f"<{name}>: engine knows no file"
    if opens_files and layer in ("storage", "sql") and not path.startswith("storage/io/"):
        yield f"<{name}>: the database's files go through storage/io"
    if layer == "engine" and name not in STANDARD and not ENGINE_THIRD_PARTY.match(name):
        if not opens_files and name not in THREADS and not MEMORY_ROOM.match(path):
            yield f"<{name}>: engine includes only the standard library and its listed libraries"


def code_faults(path, lines):
    """Yields (line number, fault) for the rules on C++ code."""
    if path.endswith(".h") and not any(line.strip() == "#pragma once" for line in lines):
        yield 1, "a header needs #pragma once"
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include:
            name = include.group(2)
            is_project = include.group(1) == '"' and name.split("/")[0] in BELOW
            for fault in include_faults(path, is_project, name):
                yield number, fault
            continue
        code = line.split("//")[0]
        if CLOCK_USE.search(code) and not CLOCK_ROOM.match(path):
            yield number, "time comes from engine/base/clock.h"
        if THREAD_USE.search(code) and not SYNC_ROOM.match(path):
            yield number, "threads and locks come from engine/base/sync.h"


def faults_of(root, path):
    """Yields (line number, fault) for one file."""
    stem = os.path.splitext(os.path.basename(path))[0].lower()
    banned = BANNED_WORDS & set(re.split(r"[^a-z0-9]+", stem))
    if banned:
        yield 1, f"a file name says what is in it: not '{sorted(banned)[0]}'"
    with open(os.path.join(root, path), "rb") as file:
        data = file.read()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield 1 + data[: error.start].count(b"\n"), "not UTF-8"
        return
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "the last line lacks its newline"
    lines = text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
    is_code = path.endswith(CODE)
    is_script = path.endswith(SCRIPTS) or path.endswith("CMakeLists.txt") or path == "tools/dev"
    if (is_code or is_script) and len(lines) > MAX_LINES:
        yield MAX_LINES + 1, f"{len(lines)} lines: split by family, at most {MAX_LINES}"
    for number, line in enumerate(lines, 1):
        if is_code or is_script:
            if "\t" in line:
                yield number, "a tab: use spaces"
            if line != line.rstrip():
                yield number, "blanks at the end of the line"
            if len(line) > MAX_COLUMNS and "http" not in line:
                yield number, f"{len(line)} columns, at most {MAX_COLUMNS}"
        if PRIVATE_PATH.search(line):
            yield number, "a path of the machine on which this was written"
    if is_code:
        yield from code_faults(path, lines)


def check(root):
    """Returns every fault under root as printable lines."""
    return [
        f"{path}:{number}: {fault}"
        for path in files_of(root)
        for number, fault in faults_of(root, path)
    ]


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    root = os.path.abspath(sys.argv[1])
    if not os.path.isdir(os.path.join(root, "engine")):
        print(f"tidy: {root} holds no engine/ folder: give the root of the source tree")
        return 2
    faults = check(root)
    for fault in faults:
        print(fault)
    count = sum(1 for _ in files_of(root))
    print(f"tidy: {count} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
