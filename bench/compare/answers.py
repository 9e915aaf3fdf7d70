"""Whether two engines gave the same answer, where SQL leaves freedom: rows that tie at a LIMIT,
rows in no order, the last digits of floating-point numbers."""

import math
import re

CLAUSE = r"\s+(?:GROUP\s+BY|HAVING|ORDER\s+BY|LIMIT|OFFSET)\s"


def same_field(a, b):
    """Equal as text, or as numbers up to rounding."""
    if a == b:
        return True
    try:
        x, y = float(a), float(b)
    except ValueError:
        # A time with and without its fraction or zone.
        return re.sub(r"(\.0+)?(\+00(:00)?)?$", "", a) == re.sub(r"(\.0+)?(\+00(:00)?)?$", "", b)
    return math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9)


def same_row(a, b):
    """Field by field."""
    return len(a) == len(b) and all(same_field(x, y) for x, y in zip(a, b))


def row_key(row):
    """A key by which rows that are the same sort alike."""
    key = []
    for field in row:
        try:
            key.append(f"{float(field):.6g}")
        except ValueError:
            key.append(re.sub(r"(\.0+)?(\+00(:00)?)?$", "", field))
    return key


def same_rows(a, b):
    """As multisets."""
    if len(a) != len(b):
        return False
    return all(same_row(x, y) for x, y in zip(sorted(a, key=row_key), sorted(b, key=row_key)))


def without_limit(sql):
    """(sql without its last LIMIT and OFFSET, whether there was one)."""
    bare = re.sub(r"\s+LIMIT\s+\d+(\s+OFFSET\s+\d+)?\s*$", "", sql, flags=re.I)
    return bare, bare != sql


def order_columns(sql, names):
    """Positions of the last ORDER BY's columns among the answer's, as far as they are there."""
    match = re.search(r".*\sORDER\s+BY\s+(.*?)(\s+LIMIT\s.*)?$", sql, re.I | re.S)
    if not match:
        return []
    select = re.match(r"SELECT\s+(.*?)\s+FROM\s", sql, re.I | re.S)
    parts = split_list(select.group(1)) if select else []
    positions = []
    for item in split_list(match.group(1)):
        item = re.sub(r"\s+(ASC|DESC)$", "", item.strip(), flags=re.I)
        folded = [name.lower() for name in names]
        if item.lower() in folded:
            positions.append(folded.index(item.lower()))
            continue
        plain = [re.sub(r"\s+AS\s+\w+$", "", part.strip(), flags=re.I).lower() for part in parts]
        if item.lower() in plain and len(plain) == len(names):
            positions.append(plain.index(item.lower()))
    return positions


def split_list(text):
    """Splits at commas outside parentheses and quotes."""
    parts, depth, quoted, begin = [], 0, False, 0
    for i, c in enumerate(text):
        if c == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[begin:i])
            begin = i + 1
    return parts + [text[begin:]]


def judge(sql, answer, reference, find_rows):
    """'same', 'ties' (another choice that the query allows), or what is wrong.

    answer, reference: (names, rows). find_rows(sql) gives the reference's rows for a query."""
    rows, expected = answer[1], reference[1]
    if same_rows(rows, expected):
        return "same"
    if len(rows) != len(expected):
        return f"wrong: {len(rows)} rows instead of {len(expected)}"
    if not without_limit(sql)[1]:
        bad = next(i for i, row in enumerate(rows) if not any(same_row(row, e) for e in expected))
        return f"wrong: {rows[bad][:6]} is not among the expected"
    for position in order_columns(sql, reference[0]):
        for got, want in zip(rows, expected):
            if not same_field(got[position], want[position]):
                return f"wrong: {got[position]} instead of {want[position]} in the sort column"
    known = {tuple(row_key(row)) for row in find_rows(membership(sql, rows))}
    for row in rows:
        if tuple(row_key(row)) not in known:
            return f"wrong: {row[:6]} is not among all rows"
    return "ties"


def membership(sql, rows):
    """SQL for those rows of the query without its LIMIT that are in `rows`: compared as text, but
    for fractions, which are left for whoever reads the result."""
    width = len(rows[0])
    names = [f"c{i}" for i in range(width)]
    conditions = []
    for row in rows:
        equal = [
            f"c{i}::VARCHAR = '" + field.replace("'", "''") + "'"
            for i, field in enumerate(row)
            if not re.fullmatch(r"-?\d+\.\d+([eE][-+]?\d+)?", field)
        ]
        conditions.append("(" + " AND ".join(equal or ["true"]) + ")")
    bare = without_limit(sql)[0]
    return f"SELECT * FROM ({bare}) AS x({', '.join(names)}) WHERE " + " OR ".join(conditions)
