#!/usr/bin/env python3
"""Random queries over random tables: Shale against PostgreSQL 15, and against itself.

    run.py [--seed S] [--queries N] [--peer postgres|none] [--shale PROGRAM]

Each round makes new tables and asks 250 queries of both sides at once. Most are compared with
PostgreSQL; the others are checks that need no peer (see checks.py), which is all there is with
`--peer none` or where PostgreSQL 15 is not installed. The same seed gives the same run. An answer
that differs and that no rule of comparison.py explains is shrunk and printed as a script for each
side; the exit code is then 1.
"""

import argparse
import collections
import pathlib
import random
import re
import sys
import tempfile
import time

import checks
import dataset
from comparison import RULES, compare
from shrink import Shrinker
from sides import PostgresSide, ShaleSide, find_postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUND = 250


class Run:
    def __init__(self, shale, postgres, arguments):
        self.shale = shale
        self.postgres = postgres
        self.arguments = arguments
        self.counts = collections.Counter()
        self.explained = collections.Counter()
        self.errors = collections.Counter()
        self.kinds = collections.Counter()
        self.shrunk = 0
        self.zone = "UTC"

    def judge(self, cases, tables):
        """A verdict for each case; both sides work at the same time."""
        zone = [f"SET timezone = '{self.zone}';"]
        setups = {"shale": zone + dataset.shale_statements(tables), "postgres": []}
        asked = {"shale": [], "postgres": []}
        places = []
        for case in cases:
            place = []
            for dialect, text in case.texts():
                place.append((dialect, len(asked[dialect])))
                asked[dialect].append(text)
            places.append(place)
        answers = {"shale": [], "postgres": []}
        if asked["postgres"]:
            setups["postgres"] = zone + dataset.postgres_statements(tables)
            self.postgres.begin(setups["postgres"], asked["postgres"])
        answers["shale"] = self.shale.run(setups["shale"], asked["shale"])
        if asked["postgres"]:
            answers["postgres"] = self.postgres.finish(setups["postgres"], asked["postgres"])
        verdicts = []
        for case, place in zip(cases, places):
            left, right = (answers[dialect][index] for dialect, index in place)
            verdicts.append(compare(case, left, right))
        return verdicts

    def round(self, number, count):
        rng = random.Random(f"{self.arguments.seed}/{number}")
        self.zone = rng.choice(dataset.ZONES)
        tables = dataset.make_tables(rng)
        cases = []
        for _ in range(count):
            if self.postgres is not None and rng.random() < 0.8:
                cases.append(checks.difference(rng, tables))
            else:
                cases.append(checks.self_check(rng, tables))
        for case, verdict in zip(cases, self.judge(cases, tables)):
            self.counts[verdict.status] += 1
            self.kinds[case.kind] += 1
            if verdict.status == "explained":
                self.explained.update(verdict.rules)
            elif verdict.status == "both error":
                self.errors.update(verdict.rules)
            elif verdict.status == "unexplained":
                self.report(case, verdict, tables, number)

    def report(self, case, verdict, tables, number):
        if self.arguments.brief:
            print(
                f"[{number}] {case.kind}, {verdict.kind}: {' '.join(verdict.detail[:400].split())}"
            )
            return
        print(f"\n-- unexplained ({case.kind}, {verdict.kind}) in round {number}: {verdict.detail}")
        if self.shrunk < self.arguments.shrink:
            self.shrunk += 1
            shrinker = Shrinker(self.judge, self.arguments.shrink_seconds)
            case, tables = shrinker.shrink(case, tables, verdict.kind)
            verdict = self.judge([case], tables)[0]
            print(f"-- shrunk: {verdict.detail}")
            for dialect, text in case.texts():
                print(f"-- {dialect}\nSET timezone = '{self.zone}';")
                for statement in self.tables_of(dialect, text, tables):
                    print(statement)
                print(f"{text};")
        else:
            for dialect, text in case.texts():
                print(f"-- {dialect}\n{text};")
        sys.stdout.flush()

    def tables_of(self, dialect, text, tables):
        """The statements that make what a query names."""
        if dialect == "postgres":
            return dataset.postgres_statements(
                [t for t in tables if re.search(rf"\b{t.name}\b", text)]
            )
        statements = []
        for state in dataset.STATES:
            used = [t for t in tables if f"{t.name}_{state}" in text]
            statements += dataset.shale_statements(used, (state,)) if used else []
        return statements

    def summary(self, seconds):
        counts = self.counts
        print(
            f"seed={self.arguments.seed} queries={sum(counts.values())} "
            f"peer={'postgres' if self.postgres else 'none'} agree={counts['agree']} "
            f"both_error={counts['both error']} explained={counts['explained']} "
            f"unexplained={counts['unexplained']} seconds={seconds:.0f}"
        )
        print("checks: " + ", ".join(f"{name} {n}" for name, n in sorted(self.kinds.items())))
        for name, n in sorted(self.explained.items()):
            print(f"explained by '{name}': {n} (docs/sql.md: {RULES.get(name, name)} …)")
        if self.errors:
            print("both error: " + ", ".join(f"{s} {n}" for s, n in sorted(self.errors.items())))


def check_rules():
    """Every rule must stand in the documentation."""
    pages = [ROOT / "docs" / "sql.md", *sorted((ROOT / "docs" / "sql").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    flat = " ".join(text.split())
    missing = [sentence for sentence in RULES.values() if sentence not in flat]
    if missing:
        sys.exit(f"docs/sql says nowhere: {missing}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--peer", choices=["postgres", "none"], default="postgres")
    parser.add_argument("--shale", default=str(ROOT / "build" / "shale"), help="the program")
    parser.add_argument("--round", type=int, help="only this round")
    parser.add_argument("--brief", action="store_true", help="a line for each failure")
    parser.add_argument("--shrink", type=int, default=10, help="how many failures to shrink")
    parser.add_argument("--shrink-seconds", type=float, default=60, help="time for each")
    arguments = parser.parse_args()
    check_rules()
    programs = find_postgres() if arguments.peer == "postgres" else None
    if arguments.peer == "postgres" and programs is None:
        print("PostgreSQL 15 is not installed (apt-get install postgresql-15): SKIPPED the")
        print("differential part; only the checks that need no peer run.")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="shale-differential-") as folder:
        folders = [pathlib.Path(folder) / name for name in ("shale", "postgres")]
        for path in folders:
            path.mkdir()
        postgres = PostgresSide(programs, folders[1]) if programs else None
        run = Run(ShaleSide(arguments.shale, folders[0]), postgres, arguments)
        try:
            if arguments.round is not None:
                run.round(arguments.round, ROUND)
            else:
                for number in range((arguments.queries + ROUND - 1) // ROUND):
                    run.round(number, min(ROUND, arguments.queries - number * ROUND))
        finally:
            if postgres is not None:
                postgres.close()
    run.summary(time.monotonic() - begin)
    return 1 if run.counts["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
