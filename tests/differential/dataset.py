"""Random tables with random rows, and the statements that make them on both sides.

Shale has every table in several copies whose rows lie differently on disk (STATES): an answer must
not depend on it. The columns and their names say what they hold; see COLUMNS.
"""

STATES = ("hot", "sealed", "merged")
GHOST = 1_000_000  # rows with an id from here on are inserted into a copy and deleted again


class Column:
    """A column; `bound` is the largest absolute value of its numbers, `sums` whether adding its
    floats is exact in any order."""

    def __init__(
        self, name, type, sql_type, values, bound=None, scale=None, digits=None, sums=False
    ):
        self.name = name
        self.type = type
        self.sql_type = sql_type
        self.values = values  # (rng) -> SQL literal, without NULL
        self.bound = bound
        self.scale = scale
        self.digits = digits
        self.sums = sums


def _number(low, high):
    return lambda rng: str(rng.choice([rng.randint(low, high), rng.randint(-3, 10)]))


def _choice(*values):
    return lambda rng: rng.choice(values)


def _decimal(digits, scale, limit):
    def make(rng):
        top = limit * 10**scale
        value = rng.choice([rng.randint(-top, top), rng.randint(-9, 9) * 10**scale, 5, -5, 0])
        sign = "-" if value < 0 else ""
        whole, rest = divmod(abs(value), 10**scale)
        return f"{sign}{whole}.{rest:0{scale}d}"

    return make


def _quote(text):
    return "'" + text.replace("'", "''") + "'"


def _date(rng):
    return f"'{rng.randint(2019, 2025)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}'"


def _clock(rng):
    text = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
    return text + rng.choice(["", "", ".5", ".123456", ".000001"])


def _timestamp(rng):
    return f"{_date(rng)[:-1]} {_clock(rng)}'"


def _timestamptz(rng):
    return f"{_date(rng)[:-1]} {_clock(rng)}{rng.choice(['+00', '+02', '-05:30'])}'"


def _interval(rng):
    """Only one spelling for a length of time: equal intervals look alike."""
    months, days = rng.choice([0, 0, 1, 14]), rng.choice([0, 1, 20])
    return f"'{months} months {days} days {rng.choice(['00:00:00', '01:30:00', '00:00:00.25'])}'"


WORDS = [
    "apple",
    "Pear",
    "fig",
    "",
    "a",
    "b",
    "ab",
    "abc",
    "%",
    "_x",
    "a%b",
    "x y",
    " pad ",
    "10",
    "-3",
]
UNICODE = [
    "é",
    "Straße",
    "ÀÉÎ",
    "日本語",
    "naïve",
    "a\u0301",
    "😀 smile",
    "Ωmega",
    "ж",
    "zebra",
    "İ",
    "ǆ",
]
QUOTES = [
    "it's",
    'say "hi"',
    "back\\slash",
    "tab\there",
    "line\nbreak",
    "a,b",
    "<b>",
    "NULL",
    "\\N",
]
FLOATS = ["'NaN'", "'Infinity'", "'-Infinity'", "1e308", "-1e308", "1e-300", "0.1", "1e15", "1e16"]
URLS = [
    "https://shop.example/cart?item=3&utm_source=mail",
    "https://shop.example/",
    "http://www.blog.example/2024/01/post.html#top",
    "https://shop.example/search?q=caf%C3%A9",
    "about:blank",
    "",
]
JSON = [
    '{"a": 1, "b": "x"}',
    '{"a": null}',
    "{}",
    '[1, 2, "three"]',
    '{"a": {"b": [true, 2.50]}}',
    '"s"',
    "7",
]


def _float(rng):
    """Multiples of 1/8 of a small size: their sums are exact."""
    return str(rng.randint(-8000, 8000) / 8)


COLUMNS = [
    Column("b", "bool", "BOOLEAN", _choice("true", "false")),
    Column("s", "int2", "SMALLINT", _number(-100, 100), bound=100),
    Column("i", "int4", "INTEGER", _number(-10000, 10000), bound=10000),
    Column("l", "int8", "BIGINT", _number(-(10**9), 10**9), bound=10**9),
    Column("sx", "int2", "SMALLINT", _choice("32767", "-32768", "0", "1", "-1"), bound=32768),
    Column("ix", "int4", "INTEGER", _choice("2147483647", "-2147483648", "0", "7"), bound=2**31),
    Column(
        "lx",
        "int8",
        "BIGINT",
        _choice("9223372036854775807", "-9223372036854775808", "0", "-1", "9007199254740993"),
        bound=2**63,
    ),
    Column("r", "float4", "REAL", _float, bound=1000, sums=True),
    Column("d", "float8", "DOUBLE PRECISION", _float, bound=1000, sums=True),
    Column("dx", "float8", "DOUBLE PRECISION", _choice(*FLOATS)),
    Column("n", "num", "NUMERIC(10,2)", _decimal(10, 2, 5000), bound=5000, scale=2, digits=10),
    Column("m", "num", "NUMERIC(18,4)", _decimal(18, 4, 10**6), bound=10**6, scale=4, digits=18),
    Column("w", "num", "NUMERIC(30,8)", _decimal(30, 8, 10**12), bound=10**12, scale=8, digits=30),
    Column("dt", "date", "DATE", _date),
    Column(
        "dy",
        "date",
        "DATE",
        _choice("'0001-01-01'", "'1582-10-15'", "'1969-12-31'", "'9999-12-31'"),
    ),
    Column("t", "ts", "TIMESTAMP", _timestamp),
    Column("z", "tstz", "TIMESTAMPTZ", _timestamptz),
    Column("v", "interval", "INTERVAL", _interval),
    Column("c", "text", "TEXT", lambda rng: _quote(rng.choice(WORDS))),
    Column("u", "text", "TEXT", lambda rng: _quote(rng.choice(WORDS + UNICODE + QUOTES))),
    Column("e", "text", "TEXT", lambda rng: str(rng.randint(-50, 50)).join("''")),
    Column("y", "bytea", "BYTEA", _choice("'\\x'", "'\\x00ff'", "'\\x616263'", "'\\xdeadbeef'")),
    Column(
        "g",
        "uuid",
        "UUID",
        _choice(
            "'00000000-0000-0000-0000-000000000000'",
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
        ),
    ),
    Column(
        "a",
        "inet",
        "INET",
        _choice("'10.0.0.1'", "'10.0.0.0/8'", "'192.168.1.77/24'", "'::1'", "'2001:db8::/32'"),
    ),
    Column("j", "json", "JSON", lambda rng: _quote(rng.choice(JSON))),
]

KEYS = [
    Column("k", "int4", "INTEGER", lambda rng: str(rng.randint(0, 5)), bound=5),
    Column("kt", "text", "TEXT", _choice("'de'", "'fr'", "'us'", "'日'", "''")),
]

EVENT_COLUMNS = [
    Column("user_id", "int8", "BIGINT", lambda rng: str(rng.randint(1, 12)), bound=12),
    Column("site_id", "int4", "INTEGER", lambda rng: str(rng.randint(0, 3)), bound=3),
    Column(
        "name", "text", "TEXT", _choice("'view'", "'click'", "'cart'", "'purchase'", "'Ünïcode'")
    ),
    Column("url", "text", "TEXT", lambda rng: _quote(rng.choice(URLS))),
    Column("country", "text", "TEXT", _choice("'de'", "'fr'", "'us'", "'jp'")),
    Column("price", "num", "NUMERIC(12,2)", _decimal(12, 2, 300), bound=300, scale=2, digits=12),
]


ZONES = ["UTC", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]


class TableData:
    def __init__(self, name, columns, rows, options):
        self.name = name
        self.columns = columns
        self.rows = rows  # lists of SQL literals
        self.options = options  # state -> the tail of Shale's CREATE TABLE


def _event_time(rng):
    return (
        f"'2024-03-{rng.randint(1, 6):02d} {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
        f":{rng.randint(0, 59):02d}{rng.choice(['', '.25'])}+00'"
    )


def _events(rng, num_rows):
    time = Column("ts", "tstz", "TIMESTAMPTZ NOT NULL", _event_time)
    columns = [_id_column(), time] + EVENT_COLUMNS
    options = {}
    for state in STATES:
        unit = rng.choice(["HOUR", "DAY", "WEEK", "MONTH"])
        order = rng.choice(
            ["", " ORDER BY (user_id, ts)", " ORDER BY (ts)", " ORDER BY (site_id, name)"]
        )
        options[state] = f" TIMESTAMP(ts) PARTITION BY {unit}{order}"
    return TableData("events", columns, _rows(rng, columns, num_rows), options)


def _id_column():
    return Column("id", "int4", "INTEGER NOT NULL", None, bound=10**5)


def _rows(rng, columns, num_rows):
    rows = []
    for row_id in range(num_rows):
        row = [str(row_id)]
        for column in columns[1:]:
            may_be_null = "NOT NULL" not in column.sql_type
            row.append("NULL" if may_be_null and rng.random() < 0.15 else column.values(rng))
        rows.append(row)
    rng.shuffle(rows)
    return rows


def make_tables(rng):
    """Three tables of mixed columns and one of events."""
    tables = []
    for index in range(3):
        columns = [_id_column()] + KEYS + rng.sample(COLUMNS, rng.randint(9, 13))
        num_rows = rng.choice([0, 1, 12, 40, 40, 70, 70, 120])
        options = {}
        for state in STATES:
            names = rng.sample([c.name for c in columns if c.type != "json"], rng.choice([0, 1, 2]))
            options[state] = f" ORDER BY ({', '.join(names)})" if names else ""
        tables.append(TableData(f"t{index}", columns, _rows(rng, columns, num_rows), options))
    tables.append(_events(rng, rng.choice([60, 150, 150, 3000])))
    return tables


def _insert(name, rows):
    return [
        f"INSERT INTO {name} VALUES "
        + ", ".join("(" + ", ".join(row) + ")" for row in rows[at : at + 500])
        + ";"
        for at in range(0, len(rows), 500)
    ]


def _columns_text(table):
    return ", ".join(f"{c.name} {c.sql_type}" for c in table.columns)


def postgres_statements(tables):
    out = []
    for table in tables:
        out.append(f"CREATE TABLE {table.name} ({_columns_text(table)});")
        out += _insert(table.name, table.rows)
    return out


def _ghosts(rows):
    return [[str(GHOST + int(row[0]))] + row[1:] for row in rows]


def shale_statements(tables, states=STATES):
    """hot: nothing sealed. sealed: a part sealed, some of it deleted since, the rest hot. merged:
    two sealed segments merged to one, then hot rows of which some are deleted."""
    out = []
    for table in tables:
        for state in states:
            tail = table.options[state]
            out.append(f"CREATE TABLE {table.name}_{state} ({_columns_text(table)}){tail};")
    cuts = {t.name: (len(t.rows) // 3, 2 * len(t.rows) // 3) for t in tables}
    for table in tables:
        first, second = cuts[table.name]
        if "merged" in states:
            out += _insert(f"{table.name}_merged", table.rows[:first])
        if "sealed" in states:
            some = table.rows[: max(1, len(table.rows) // 4)]
            out += _insert(f"{table.name}_sealed", table.rows[:second] + _ghosts(some))
    out.append("CHECKPOINT;")
    for table in tables:
        first, second = cuts[table.name]
        if "merged" in states:
            out += _insert(f"{table.name}_merged", table.rows[first:second])
    out.append("CHECKPOINT;")
    for table in tables:
        first, second = cuts[table.name]
        if "merged" in states:
            out.append(f"OPTIMIZE TABLE {table.name}_merged;")
            out += _insert(f"{table.name}_merged", table.rows[second:] + _ghosts(table.rows[:3]))
            out.append(f"DELETE FROM {table.name}_merged WHERE id >= {GHOST};")
        if "sealed" in states:
            out.append(f"DELETE FROM {table.name}_sealed WHERE id >= {GHOST};")
            out += _insert(f"{table.name}_sealed", table.rows[second:])
        if "hot" in states:
            out += _insert(f"{table.name}_hot", table.rows)
    return out
