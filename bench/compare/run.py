#!/usr/bin/env python3
"""Measures Shale beside its peers: run.py SUITE [OPTIONS], called by `tools/dev bench`.

A suite's data, databases and measurements lie in DATA/SUITE-ROWS. Every stage goes on where an
earlier call stopped, so a long measurement can be made in short pieces (--seconds):
  load    makes the text, and a database of each engine from it
  check   asks every query once and compares each answer with DuckDB's
  hot     one warm-up and --runs runs of every query, the engines taking turns
  cold    every query in a new process after its files have left the page cache
  ingest  files of each format into new tables, and INSERTs of few and many rows
  size    bytes of each column on disk
  report  writes docs/benchmarks.md and its pictures from all that is measured
A pass of the hot stage is kept with the program that it measured: another build starts anew."""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import answers
import ingest
import report
import suites
from engine_process import EngineError, EngineProcess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PASSES = 3
# What engines keep from query to query is off while they are measured; a second figure is with it.
CACHES = {
    "shale": ("SET keep_results = on", "SET keep_results = off"),
    "clickhouse": ("SET use_query_condition_cache = 1", "SET use_query_condition_cache = 0"),
}
STAGES = ("load", "check", "hot", "cold", "ingest", "size", "report")


class Suite:
    """One suite at one size: where its things lie, what it asks."""

    def __init__(self, options):
        self.options = options
        self.name = options.suite
        self.rows = options.rows
        self.table = "hits" if self.name == "hits" else "events"
        self.folder = pathlib.Path(options.data) / f"{self.name}-{self.rows}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.program = pathlib.Path(options.program)
        self.generator = ROOT / f"build/bench/{self.table}/generate_{self.table}"
        self.path = self.folder / "results.json"
        self.results = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.titles = {}
        if self.name == "hits":
            self.queries = suites.clickbench(options.clickbench, self.rows)
        else:
            self.queries, self.titles = suites.event_queries()
        self.engines = ["shale"] + options.peers
        self.libraries = {peer: find_library(options, peer) for peer in options.peers}
        self.build = hashlib.sha1(self.program.read_bytes()).hexdigest()[:12]

    def save(self):
        """Writes the results so far."""
        self.results["rows"] = self.rows
        self.results["titles"] = self.titles
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps(self.results, indent=1))
        temporary.replace(self.path)

    def database(self, engine):
        """Where an engine's database lies."""
        return self.folder / {"shale": "shale", "duckdb": "duck.db", "clickhouse": "click"}[engine]

    def open(self, engine, database=None):
        """A process of the engine over its database, or another one."""
        log = open(self.folder / f"{engine}.log", "ab")  # pylint: disable=consider-using-with
        process = EngineProcess(
            self.program,
            engine,
            database or self.database(engine),
            self.libraries.get(engine),
            log,
        )
        self.results.setdefault("versions", {})[engine] = process.version
        return process

    def text(self, form="tsv"):
        """The text of the table, made when it is missing."""
        path = self.folder / f"{self.table}.{form}"
        if not path.exists():
            say(f"generating {self.rows} rows of {self.table} ({form})")
            with open(path.with_suffix(".part"), "wb") as out:
                subprocess.run([self.generator, str(self.rows), form], stdout=out, check=True)
            path.with_suffix(".part").rename(path)
        return path

    def chosen(self):
        """The queries that the options name."""
        if not self.options.queries:
            return list(self.queries)
        names = []
        for part in self.options.queries.split(","):
            letter = re.match(r"[A-Za-z]*", part).group(0) or list(self.queries)[0][0]
            first, _, last = re.sub(r"[A-Za-z]", "", part).partition("-")
            names += [f"{letter}{i}" for i in range(int(first), int(last or first) + 1)]
        return [name for name in names if name in self.queries]


def say(text):
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


def find_library(options, peer):
    """The peer's C library below the peers' folder."""
    name = {"duckdb": "libduckdb.so", "clickhouse": "libchdb.so"}[peer]
    found = sorted(pathlib.Path(options.libraries).rglob(name))
    if not found:
        sys.exit(
            f"bench: {name} is not below {options.libraries}; `tools/dev bench peers` fetches it, "
            "--peers none measures Shale alone"
        )
    return found[-1]


def folder_bytes(path):
    """Bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file() and not p.is_symlink())


def table_bytes(engine, process, suite):
    """Bytes of the table's columns on disk, as the engine itself accounts for them."""
    if engine == "clickhouse":
        rows = process.ask(
            "SELECT sum(bytes_on_disk) AS b FROM system.parts WHERE active AND "
            f"table = '{suite.table}'"
        )[1]
        return int(rows[0][0])
    if engine == "duckdb":
        rows = process.ask(
            "SELECT count(DISTINCT block_id) * 262144 AS b FROM pragma_storage_info"
            f"('{suite.table}') WHERE block_id >= 0"
        )[1]
        return int(rows[0][0])
    segments = suite.database("shale") / "segments"
    return folder_bytes(segments if segments.exists() else suite.database("shale"))


def settle(engine, process, table):
    """Merges what a load left in pieces: each engine's own command."""
    sql = {
        "shale": f"OPTIMIZE TABLE {table}",
        "duckdb": "CHECKPOINT",
        "clickhouse": f"OPTIMIZE TABLE {table} FINAL",
    }[engine]
    return process.run(sql)


def stage_load(suite):
    """Loads the text into each engine that has no database yet."""
    for engine in suite.engines:
        loads = suite.results.setdefault("load", {})
        if engine in loads and suite.database(engine).exists() and engine != suite.options.reload:
            continue
        path = suite.text()
        target = suite.database(engine)
        shutil.rmtree(target, ignore_errors=True)
        for file in suite.folder.glob(target.name + "*"):
            if file.is_file():
                file.unlink()
        process = suite.open(engine)
        create = subprocess.run(
            [suite.generator, "create", engine], check=True, capture_output=True, text=True
        ).stdout.strip()
        say(f"loading {engine}")
        process.run(create.rstrip(";"))
        loaded = process.load(suite.table, "tsv", path)
        settled = settle(engine, process, suite.table)
        count = int(process.ask(f"SELECT count(*) AS c FROM {suite.table}")[1][0][0])
        if count != suite.rows:
            sys.exit(f"bench: {engine} loaded {count} rows of {suite.rows}")
        loads[engine] = {
            "wall": loaded["wall"],
            "cpu": loaded["cpu"],
            "peak_kb": loaded["peak_kb"],
            "settle_wall": settled["wall"],
            "bytes": table_bytes(engine, process, suite),
            "text_bytes": path.stat().st_size,
            "create": create if engine != "shale" else create,
        }
        process.close()
        suite.save()
        say(
            f"  {suite.rows / loaded['wall']:,.0f} rows/s, CPU {loaded['cpu']:.1f} s, settled in "
            f"{settled['wall']:.1f} s, {loads[engine]['bytes'] / suite.rows:.1f} bytes a row"
        )


def with_order_key(sql):
    """sql with its first ORDER BY column selected too, when it is not: to be compared by."""
    match = re.match(r"SELECT\s+(\w+)\s+FROM\s(.*)ORDER\s+BY\s+(\w+)(.*)$", sql, re.I | re.S)
    if not match or match.group(1).lower() == match.group(3).lower():
        return sql
    return (
        f"SELECT {match.group(1)}, {match.group(3)} FROM {match.group(2)}ORDER BY "
        f"{match.group(3)}{match.group(4)}"
    )


def stage_check(suite):
    """Compares every engine's answers with DuckDB's."""
    judged = suite.results.setdefault("answers", {})
    if "duckdb" not in suite.engines:
        return
    if suite.results.get("answers_build") != suite.build:
        for verdicts in judged.values():
            verdicts.pop("shale", None)
        suite.results["answers_build"] = suite.build
    processes = {}
    for name in suite.chosen():
        verdicts = judged.setdefault(name, {})
        missing = [e for e in suite.engines if e != "duckdb" and e not in verdicts]
        if not missing or time.monotonic() > suite.options.deadline:
            continue
        for engine in missing + ["duckdb"]:
            if engine not in processes:
                processes[engine] = suite.open(engine)
        duckdb = processes["duckdb"]
        sql = {engine: with_order_key(text) for engine, text in suite.queries[name].items()}
        try:
            reference = duckdb.ask(sql["duckdb"])
        except EngineError as error:
            verdicts["duckdb"] = f"failed: {error}"
            say(f"  {name} duckdb: {error}")
            continue
        for engine in missing:
            try:
                answer = processes[engine].ask(sql[engine])
            except EngineError as error:
                verdicts[engine] = f"failed: {error}"
                say(f"  {name} {engine}: {error}")
                if "process ended" in str(error):
                    processes.pop(engine)
                continue

            verdicts[engine] = answers.judge(
                sql["duckdb"], answer, reference, lambda text: duckdb.ask(text)[1]
            )
            if verdicts[engine].startswith("wrong"):
                say(f"  {name} {engine}: {verdicts[engine]}")
        suite.save()
    for process in processes.values():
        process.close()
    suite.save()


def hot_pass(suite, name, processes):
    """One pass of a query: a warm-up and the runs, the engines taking turns."""
    measured = {}
    for run in range(suite.options.runs + 1):
        for engine in suite.engines:
            if measured.get(engine, {}).get("error"):
                continue
            try:
                reply = processes[engine].run(suite.queries[name][engine])
            except EngineError as error:
                measured[engine] = {"error": str(error)}
                continue
            entry = measured.setdefault(
                engine, {"wall": reply["wall"], "cpu": reply["cpu"], "peak_kb": 0, "first": 0}
            )
            entry["peak_kb"] = max(entry["peak_kb"], reply["peak_kb"])
            if run == 0:
                entry["first"] = reply["wall"]
            elif run == 1:
                entry["wall"], entry["cpu"] = reply["wall"], reply["cpu"]
            else:
                entry["wall"] = min(entry["wall"], reply["wall"])
                entry["cpu"] = min(entry["cpu"], reply["cpu"])
    for engine, (on, off) in CACHES.items():
        if engine in measured and "error" not in measured[engine]:
            processes[engine].run(on)
            walls = [processes[engine].run(suite.queries[name][engine])["wall"] for _ in range(4)]
            measured[engine]["kept"] = min(walls[1:])
            processes[engine].run(off)
    if "error" not in measured["shale"]:
        fixed = []
        for _ in range(5):
            fixed.append(processes["shale"].run("EXPLAIN " + suite.queries[name]["shale"])["wall"])
        measured["shale"]["fixed"] = min(fixed)
    return measured


def stage_hot(suite):
    """Measures the chosen queries that lack a pass of this build."""
    hot = suite.results.setdefault("hot", {})
    processes = {}
    for name in suite.chosen():
        passes = [p for p in hot.get(name, []) if p["build"] == suite.build]
        if len(passes) >= suite.options.passes:
            continue
        if time.monotonic() > suite.options.deadline:
            say(f"time is up before {name}: call again to go on")
            break
        for engine in suite.engines:
            if engine not in processes:
                processes[engine] = suite.open(engine)
        try:
            measured = hot_pass(suite, name, processes)
        except EngineError as error:
            say(f"  {name}: {error}")
            break
        hot[name] = (passes + [{"build": suite.build, "engines": measured}])[-PASSES:]
        suite.save()
        say(
            f"  {name:>4} "
            + "  ".join(
                (
                    f"{engine} failed"
                    if "error" in entry
                    else f"{engine} {entry['wall'] * 1000:9.2f} ms (CPU {entry['cpu'] * 1000:9.2f})"
                )
                for engine, entry in measured.items()
            )
        )
    else:
        say("hot: every query is measured")
    for process in processes.values():
        process.close()


def forget_pages(path):
    """Asks the kernel to drop a database's files from its page cache."""
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file():
            handle = os.open(file, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def stage_cold(suite):
    """The first run of every query in a new process, its files out of the page cache."""
    cold = suite.results.setdefault("cold", {})
    for name in suite.chosen():
        entries = cold.setdefault(name, {})
        for engine in suite.engines:
            entry = entries.get(engine)
            if entry and (engine != "shale" or entry.get("build") == suite.build):
                continue
            if time.monotonic() > suite.options.deadline:
                say(f"time is up before {name}: call again to go on")
                return
            forget_pages(suite.database(engine))
            process = suite.open(engine)
            try:
                reply = process.run(suite.queries[name][engine])
                entries[engine] = {
                    "wall": reply["wall"],
                    "cpu": reply["cpu"],
                    "build": suite.build if engine == "shale" else "",
                }
            except EngineError as error:
                say(f"  {name} {engine} cold: {error}")
            process.close()
            suite.save()
    say("cold: every query is measured")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="tools/dev bench", description=__doc__.split("\n")[0])
    parser.add_argument("suite", choices=("hits", "events"))
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--peers", default="duckdb,clickhouse", help="or none")
    parser.add_argument("--queries", default="", help="for example 1-7,21")
    parser.add_argument("--runs", type=int, default=5, help="hot runs a pass")
    parser.add_argument("--passes", type=int, default=1, help="up to 3; the median counts")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so many; call again")
    parser.add_argument("--stages", default="load,check,hot,size,report", help=",".join(STAGES))
    parser.add_argument(
        "--program",
        default=str(ROOT / "build/bench/peers/compare_engine"),
        help="compare_engine, perhaps of another build",
    )
    parser.add_argument("--reload", default="", help="an engine whose database is made anew")
    parser.add_argument("--data", default=str(ROOT / "build/bench/data"))
    parser.add_argument("--libraries", default=str(ROOT / "build/peers"))
    parser.add_argument("--clickbench", default=str(ROOT.parent / "shared/data/clickbench-hits"))
    options = parser.parse_args()
    options.peers = [] if options.peers == "none" else options.peers.split(",")
    options.deadline = time.monotonic() + options.seconds
    for stage in options.stages.split(","):
        if stage not in STAGES:
            parser.error(f"no stage {stage}: {', '.join(STAGES)}")
    return options


def main():
    """Runs the stages."""
    options = arguments()
    suite = Suite(options)
    stages = options.stages.split(",")
    work = {
        "load": stage_load,
        "check": stage_check,
        "hot": stage_hot,
        "cold": stage_cold,
        "ingest": lambda suite: ingest.measure(suite, say),
        "size": lambda suite: ingest.column_sizes(suite, ROOT / "build/shale"),
    }
    for stage in STAGES[:-1]:
        if stage in stages:
            work[stage](suite)
    suite.save()
    print(report.summary(suite.results))
    if "report" in stages:
        report.write(ROOT, pathlib.Path(options.data))


if __name__ == "__main__":
    main()
