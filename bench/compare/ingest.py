"""The ingest and size suites: files of each format into a new table, rows in INSERTs of some size,
and what each column takes on disk."""

import csv
import io
import json
import shutil
import subprocess

# Rows of one INSERT, and how many INSERTs are made.
BATCHES = ((1, 200), (1_000, 20), (10_000, 5))
FORMATS = ("tsv", "csv", "ndjson")


def new_database(suite, engine):
    """A process over an empty database of the engine, with the table made."""
    path = suite.folder / f"ingest-{engine}"
    forget(suite, engine)
    process = suite.open(engine, path)
    create = subprocess.run(
        [suite.generator, "create", engine], check=True, capture_output=True, text=True
    ).stdout.strip()
    process.run(create.rstrip(";"))
    if engine == "clickhouse":
        # What is acknowledged is on disk, as with the others.
        process.run(f"ALTER TABLE {suite.table} MODIFY SETTING fsync_after_insert = 1")
    return process


def forget(suite, engine):
    """Removes the database of new_database."""
    for path in suite.folder.glob(f"ingest-{engine}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def insert_text(table, numeric, rows):
    """An INSERT of rows of texts; `numeric` says which columns take no quotes."""

    def literal(value, plain):
        return value if plain else "'" + value.replace("'", "''") + "'"

    tuples = (
        "(" + ",".join(literal(v, plain) for v, plain in zip(row, numeric)) + ")" for row in rows
    )
    return f"INSERT INTO {table} VALUES " + ",".join(tuples)


def sample(suite, count):
    """(which columns are numbers, `count` rows of texts) as the generator makes them."""
    text = subprocess.run(
        [suite.generator, str(count), "csv", "--seed", "2"], check=True, capture_output=True
    ).stdout.decode()
    rows = list(csv.reader(io.StringIO(text)))[1:]

    def is_number(value):
        try:
            float(value)
        except ValueError:
            return False
        return True

    return [is_number(value) for value in rows[0]], rows


def measure(suite, say):
    """Fills suite.results['ingest']: {case: {engine: {rows_per_second, cpu_per_million}}}."""
    cases = suite.results.setdefault("ingest", {})
    suite.results["ingest_rows"] = suite.rows

    def note(case, engine, rows, wall, cpu):
        cases.setdefault(case, {})[engine] = {
            "rows_per_second": rows / wall,
            "cpu_per_million": cpu / rows * 1e6,
        }
        say(
            f"  {case}, {engine}: {rows / wall:,.0f} rows/s, CPU {cpu / rows * 1e6:.1f} s a million"
        )
        suite.save()

    for form in FORMATS:
        path = suite.text(form)
        case = f"{form}, {path.stat().st_size / suite.rows:.0f} bytes a row"
        for engine in suite.engines:
            process = new_database(suite, engine)
            reply = process.load(suite.table, form, path)
            note(case, engine, suite.rows, reply["wall"], reply["cpu"])
            process.close()
            forget(suite, engine)
    numeric, rows = sample(suite, max(size * count for size, count in BATCHES))
    for size, count in BATCHES:
        for engine in suite.engines:
            process = new_database(suite, engine)
            wall = cpu = 0
            for i in range(count):
                reply = process.run(
                    insert_text(suite.table, numeric, rows[i * size : (i + 1) * size])
                )
                wall += reply["wall"]
                cpu += reply["cpu"]
            note(f"INSERT of {size} rows, durable", engine, size * count, wall, cpu)
            process.close()
            forget(suite, engine)


def column_sizes(suite, shale_program):
    """Fills suite.results['columns']: {column: {engine: bytes on disk}}, for those that tell."""
    columns = {}
    if suite.database("shale").exists():
        text = subprocess.run(
            [shale_program, "inspect", "--db", suite.database("shale"), suite.table, "--json"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for column in json.loads(text)["columns"]:
            columns.setdefault(column["column"].lower(), {})["shale"] = column["bytes"]
    if "clickhouse" in suite.engines and suite.database("clickhouse").exists():
        process = suite.open("clickhouse")
        rows = process.ask(
            "SELECT column, sum(column_data_compressed_bytes) AS b FROM system.parts_columns "
            f"WHERE active AND table = '{suite.table}' GROUP BY column"
        )[1]
        for name, size in rows:
            columns.setdefault(name.lower(), {})["clickhouse"] = int(size)
        process.close()
    suite.results["columns"] = columns
    suite.save()
