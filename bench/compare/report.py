"""Tables and pictures of what bench/compare/run.py measured, for docs/benchmarks.md."""

import datetime
import json
import math
import pathlib
import platform
import re
import statistics

NAMES = {"shale": "Shale", "duckdb": "DuckDB", "clickhouse": "ClickHouse"}
COLORS = {"shale": "#0b6e4f", "duckdb": "#c9a227", "clickhouse": "#b23a48"}
# Added to both sides of a ratio, so that what takes microseconds does not decide.
GRACE_SECONDS = 0.001


def hot_seconds(results, query, engine, key="wall"):
    """The median over the passes of each pass's minimum; None where there is none."""
    found = [
        p["engines"][engine][key]
        for p in results.get("hot", {}).get(query, [])
        if key in p["engines"].get(engine, {})
    ]
    return statistics.median(found) if found else None


def ratio(a, b):
    """a to b, with grace; None when either is missing."""
    if a is None or b is None:
        return None
    return (a + GRACE_SECONDS) / (b + GRACE_SECONDS)


def geometric_mean(values):
    """Of those that are there."""
    values = [v for v in values if v]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def wrong(results, query, engine):
    """Whether the answer was judged wrong, or there was none."""
    verdict = results.get("answers", {}).get(query, {}).get(engine, "same")
    return not verdict.startswith(("same", "ties"))


def peers_of(results):
    """The peers that are measured."""
    return [e for e in ("duckdb", "clickhouse") if e in results.get("versions", {})]


def ratios(results, peer):
    """{query: Shale / peer}, failed queries left out."""
    out = {}
    for query in results.get("hot", {}):
        value = ratio(hot_seconds(results, query, "shale"), hot_seconds(results, query, peer))
        if value and not wrong(results, query, "shale") and not wrong(results, query, peer):
            out[query] = value
    return out


def to_faster(results, query):
    """Shale to the faster of the peers."""
    times = [hot_seconds(results, query, p) for p in peers_of(results)]
    times = [t for t in times if t is not None]
    return ratio(hot_seconds(results, query, "shale"), min(times)) if times else None


def cell(value, form):
    """A number as text, or a dash."""
    return "–" if value is None else format(value, form)


def summary(results):
    """A few lines for the terminal."""
    lines = []
    for peer in peers_of(results):
        found = ratios(results, peer)
        if not found:
            continue
        sums = [
            sum(hot_seconds(results, q, e) or 0 for q in results["hot"]) for e in ("shale", peer)
        ]
        lines.append(
            f"Shale / {NAMES[peer]}: geometric mean {geometric_mean(found.values()):.3f} over "
            f"{len(found)} queries, sum {sums[0]:.3f} s / {sums[1]:.3f} s"
        )
    worst = sorted(((to_faster(results, q) or 0, q) for q in results.get("hot", {})), reverse=True)
    lines.append("slowest to the faster peer: " + ", ".join(f"{q} {r:.2f}" for r, q in worst[:14]))
    bad = [
        f"{q} {e}: {v[:100]}"
        for q, verdicts in results.get("answers", {}).items()
        for e, v in verdicts.items()
        if not v.startswith(("same", "ties"))
    ]
    return "\n".join(lines + ["failed: " + b for b in bad])


def build_of(results, query):
    """The build of Shale that a query's passes measured."""
    return results["hot"][query][-1]["build"]


def query_table(results):
    """The hot runs, a row a query."""
    peers = peers_of(results)
    head = ["query", "Shale ms", "CPU ms", "kept ms", "fixed ms", "peak MB"]
    for peer in peers:
        head += [f"{NAMES[peer]} ms", "CPU ms"] + ["kept ms"] * (peer == "clickhouse") + ["ratio"]
    head += ["to the faster", "answer"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    builds = [build_of(results, query) for query in results.get("hot", {})]
    main_build = max(builds, key=builds.count)
    for query in results.get("hot", {}):
        peak = hot_seconds(results, query, "shale", "peak_kb")
        fixed = hot_seconds(results, query, "shale", "fixed")
        row = [query + ("" if build_of(results, query) == main_build else " †")]
        for key in ("wall", "cpu", "kept"):
            value = hot_seconds(results, query, "shale", key)
            row.append(cell(None if value is None else value * 1000, ".2f"))
        row.append(cell(None if fixed is None else fixed * 1000, ".2f"))
        row.append(cell(None if peak is None else peak / 1024, ".0f"))
        for peer in peers:
            for key in ["wall", "cpu"] + ["kept"] * (peer == "clickhouse"):
                value = hot_seconds(results, query, peer, key)
                row.append(cell(None if value is None else value * 1000, ".2f"))
            row.append(
                cell(
                    ratio(hot_seconds(results, query, "shale"), hot_seconds(results, query, peer)),
                    ".2f",
                )
            )
        row.append(cell(to_faster(results, query), ".2f"))
        verdicts = results.get("answers", {}).get(query, {})
        row.append("; ".join(f"{NAMES[e]} {v[:40]}" for e, v in verdicts.items()) or "–")
        lines.append("| " + " | ".join(row).replace("\n", " ") + " |")
    return "\n".join(lines)


def sums_table(results):
    """Geometric means, sums, sizes and loads."""
    peers = peers_of(results)
    rows = results["rows"]
    lines = ["| figure | Shale | " + " | ".join(NAMES[p] for p in peers) + " |"]
    lines.append("|" + "---|" * (len(peers) + 2))
    total = {
        e: sum(hot_seconds(results, q, e) or 0 for q in results.get("hot", {}))
        for e in ["shale"] + peers
    }

    def line(name, shale, others):
        lines.append(f"| {name} | {shale} | " + " | ".join(others) + " |")

    line(
        "geometric mean of Shale ÷ peer, hot, (t + 1 ms)",
        "1",
        [cell(geometric_mean(ratios(results, p).values()), ".3f") for p in peers],
    )
    line("sum of the hot runs, s", f"{total['shale']:.3f}", [f"{total[p]:.3f}" for p in peers])
    slower = [q for q in results.get("hot", {}) if (to_faster(results, q) or 0) > 1.2]
    line(
        "queries slower than 1.2 × the faster peer",
        f"{len(slower)}: {', '.join(slower)}" if slower else "0",
        ["–"] * len(peers),
    )
    cold = results.get("cold", {})
    if cold:
        whole = [q for q in cold if all(e in cold[q] for e in ["shale"] + peers)]

        def cold_sum(engine):
            return f"{sum(cold[q][engine]['wall'] for q in whole):.3f}"

        line(f"sum of {len(whole)} cold runs, s", cold_sum("shale"), [cold_sum(p) for p in peers])
    loads = results.get("load", {})

    def of_load(function):
        engines = ["shale"] + peers
        return [cell(function(loads[e]) if e in loads else None, ",.1f") for e in engines]

    for name, function in (
        ("bytes a row on disk", lambda x: x["bytes"] / rows),
        ("load of TSV, thousand rows a second", lambda x: rows / x["wall"] / 1000),
        ("load, CPU s", lambda x: x["cpu"]),
        ("merging afterwards, s", lambda x: x["settle_wall"]),
        ("load, peak memory MB", lambda x: x["peak_kb"] / 1024),
    ):
        values = of_load(function)
        line(name, values[0], values[1:])
    return "\n".join(lines)


def picture(results, title):
    """An SVG: a row a query, times on a logarithmic scale."""
    engines = ["shale"] + peers_of(results)
    queries = list(results.get("hot", {}))
    times = [hot_seconds(results, q, e) for q in queries for e in engines]
    times = [max(t, 1e-5) for t in times if t is not None]
    low = math.floor(math.log10(min(times)))
    high = math.ceil(math.log10(max(times)))
    left, width, step, top = 60, 720, 18, 60
    height = top + step * len(queries) + 20

    def at(seconds):
        return left + (math.log10(max(seconds, 1e-5)) - low) / (high - low) * width

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 30}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{left}" y="16" font-size="13">{title}</text>',
    ]
    for i, engine in enumerate(engines):
        x = left + i * 110
        out.append(f'<circle cx="{x + 5}" cy="30" r="4" fill="{COLORS[engine]}"/>')
        out.append(f'<text x="{x + 14}" y="34">{NAMES[engine]}</text>')
    for power in range(low, high + 1):
        x = at(10**power)
        label = f"{10**power:g} s" if power >= 0 else f"{10 ** (power + 3):g} ms"
        out.append(
            f'<line x1="{x:.1f}" y1="{top - 8}" x2="{x:.1f}" y2="{height - 14}" stroke="#ddd"/>'
        )
        out.append(f'<text x="{x:.1f}" y="{top - 12}" text-anchor="middle">{label}</text>')
    for i, query in enumerate(queries):
        y = top + i * step + step / 2
        out.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{query}</text>')
        found = {e: hot_seconds(results, query, e) for e in engines}
        found = {e: t for e, t in found.items() if t is not None}
        if found:
            ends = at(min(found.values())), at(max(found.values()))
            out.append(
                f'<line x1="{ends[0]:.1f}" y1="{y}" x2="{ends[1]:.1f}" y2="{y}" stroke="#bbb"/>'
            )
        for engine in reversed(engines):
            if engine in found:
                out.append(
                    f'<circle cx="{at(found[engine]):.1f}" cy="{y}" r="4.5" '
                    f'fill="{COLORS[engine]}"><title>{NAMES[engine]} {query}: '
                    f"{found[engine] * 1000:.2f} ms</title></circle>"
                )
    return "\n".join(out + ["</svg>"]) + "\n"


def ingest_table(results):
    """Rows a second by way in."""
    engines = ["shale"] + peers_of(results)
    head = ["way in"] + [f"{NAMES[e]} rows/s | CPU s a million" for e in engines]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * (2 * len(engines) + 1)]
    for case, entries in results.get("ingest", {}).items():
        row = [case]
        for engine in engines:
            entry = entries.get(engine, {})
            row.append(cell(entry.get("rows_per_second"), ",.0f"))
            row.append(cell(entry.get("cpu_per_million"), ",.1f"))
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def size_table(results):
    """The columns that take most, bytes a row."""
    columns = results.get("columns", {})
    largest = sorted(columns, key=lambda name: -columns[name].get("shale", 0))[:15]
    lines = ["| column | Shale, bytes a row | ClickHouse |", "|---|---|---|"]
    for name in largest:
        row = [
            cell(columns[name][e] / results["rows"] if e in columns[name] else None, ".2f")
            for e in ("shale", "clickhouse")
        ]
        lines.append(f"| {name} | {row[0]} | {row[1]} |")
    return "\n".join(lines)


def machine():
    """What the figures were measured on, in a line."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    cores = pathlib.Path("/proc/cpuinfo").read_text().count("processor\t")
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return (
        f"{cores} cores of {cpu.group(1) if cpu else platform.machine()}, "
        f"{int(memory.group(1)) // 1048576 + 1} GiB, Linux {platform.release()}"
    )


TITLES = {
    "hits": "ClickBench's 43 queries on generated hits",
    "events": "Questions to an event stream",
}


def section(name, results, docs):
    """One suite at one size, and its picture."""
    title = f"{TITLES[name]}, {results['rows']:,} rows"
    lines = [f"## {title}", "", sums_table(results), ""]
    if results.get("hot"):
        file = f"benchmarks-{name}-{results['rows']}.svg"
        (docs / file).write_text(picture(results, title))
        lines += [f"![times a query]({file})", "", query_table(results), ""]
        if results.get("titles"):
            lines += [f"- {q}: {t}" for q, t in results["titles"].items()] + [""]
    if results.get("ingest"):
        lines += [
            f"Ways in, {results['ingest_rows']:,} rows a file:",
            "",
            ingest_table(results),
            "",
        ]
    if results.get("columns"):
        lines += ["The largest columns on disk:", "", size_table(results), ""]
    for engine, load in results.get("load", {}).items():
        tail = re.sub(r"CREATE TABLE (\w+) \(.*\)(?=$| TIMESTAMP| ENGINE)", r"\1", load["create"])
        lines.append(f"{NAMES[engine]}'s table: `{tail.rstrip(';')}`  ")
    return lines + [""]


def write(root, data):
    """Writes docs/benchmarks.md between its marks, and the pictures."""
    docs = root / "docs"
    found = {}
    for path in sorted(data.glob("*/results.json")):
        results = json.loads(path.read_text())
        if "rows" in results and (results.get("hot") or results.get("load")):
            found[(path.parent.name.rsplit("-", 1)[0], results["rows"])] = results
    if not found:
        return
    versions = {}
    for results in found.values():
        versions.update(results.get("versions", {}))
    lines = [
        f"Machine: {machine()}. {datetime.date.today().isoformat()}. "
        + ", ".join(f"{NAMES[e]} {v}" for e, v in versions.items())
        + ". Two threads an engine, native storage, result and condition caches off, one process "
        "an engine, from the text of the query to its last row. Hot: minimum of the runs after a "
        "warm-up, the engines taking turns; the median where there are several passes. Kept: with "
        "what the engine keeps from query to query about filters (results over dictionaries, the "
        "query condition cache). Fixed: parsing, binding and planning. Answers are compared with "
        "DuckDB's; `ties` is another choice that the query allows. † was measured with another "
        "build of Shale than the rest of its table.",
        "",
    ]
    for (name, _), results in sorted(found.items()):
        lines += section(name, results, docs)
    page = docs / "benchmarks.md"
    begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
    text = page.read_text()
    before, rest = text.split(begin)
    page.write_text(before + begin + "\n" + "\n".join(lines) + end + rest.split(end)[1])
