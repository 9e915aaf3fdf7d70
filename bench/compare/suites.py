"""The suites' tables and queries: a query is {engine: SQL} under its name."""

import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
ENGINES = ("shale", "duckdb", "clickhouse")
# ClickBench's literals are meant for its 100 million rows.
CLICKBENCH_ROWS = 100_000_000


def scaled(sql, rows):
    """Bounds on counts and offsets, as many times smaller as the table is."""

    def shrink(match):
        number = int(match.group(2)) * rows // CLICKBENCH_ROWS
        return f"{match.group(1)}{max(number, 1)}"

    sql = re.sub(r"(HAVING\s+COUNT\(\*\)\s*>\s*)(\d+)", shrink, sql, flags=re.I)
    return re.sub(r"(OFFSET\s+)(\d+)", shrink, sql, flags=re.I)


def clickbench(folder, rows):
    """The queries of folder/queries.sql, one a line, as Q1 to Q43."""
    path = pathlib.Path(folder) / "queries.sql"
    lines = [line.strip().rstrip(";") for line in path.read_text().splitlines() if line.strip()]
    return {
        f"Q{i}": {engine: scaled(line, rows) for engine in ENGINES}
        for i, line in enumerate(lines, 1)
    }


def event_queries():
    """bench/events/queries.sql: '-- query NAME: what it asks', then SQL for all engines, or parts
    headed '-- ENGINE' where an engine says it otherwise."""
    queries, titles, name, engine = {}, {}, None, "all"
    for line in (HERE.parent / "events" / "queries.sql").read_text().splitlines():
        head = re.match(r"-- query (\w+): (.*)", line)
        part = re.match(r"-- (all|shale|duckdb|clickhouse)$", line)
        if head:
            name, engine = head.group(1), "all"
            titles[name] = head.group(2)
            queries[name] = {}
        elif part:
            engine = part.group(1)
        elif name and not line.startswith("--") and line.strip():
            queries[name][engine] = queries[name].get(engine, "") + line + "\n"
    for parts in queries.values():
        for key in ENGINES:
            text = parts.get(key, parts.get("all"))
            parts[key] = text.strip().rstrip(";") if text else None
        parts.pop("all", None)
    return queries, titles
