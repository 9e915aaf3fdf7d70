"""ClickBench's queries, read from the data folder, and variants of them that return rows.

Twelve of the 43 are empty on the 24,586-row sample (one site, one day), so each is also run with
literals that the sample has. Nothing of ClickBench's text is kept here: a variant is a list of
substitutions in a query read at run time.
"""

import re

# (number of the query, [(old, new)])
VARIANTS = [
    (20, [(r"UserID = \d+", "UserID = -2461439046089301801")]),
    (21, [("%google%", "%yandex%")]),
    (22, [("%google%", "%a%")]),
    (23, [("%Google%", "%а%"), ("%.google.%", "%.yandex.%")]),
    (24, [("%google%", "%go%")]),
    (28, [("100000", "5")]),
    (29, [("100000", "20")]),
    (37, [("CounterID = 62", "CounterID = 38")]),
    (38, [("CounterID = 62", "CounterID = 38")]),
    (
        39,
        [
            ("CounterID = 62", "CounterID = 38"),
            ("IsLink <> 0", "IsLink = 0"),
            ("OFFSET 1000", "OFFSET 20"),
        ],
    ),
    (40, [("CounterID = 62", "CounterID = 38"), ("OFFSET 1000", "OFFSET 30")]),
    (
        41,
        [
            ("CounterID = 62", "CounterID = 38"),
            (r"RefererHash = \d+", "RefererHash <> 0"),
            ("OFFSET 100", "OFFSET 5"),
        ],
    ),
    (
        42,
        [
            ("CounterID = 62", "CounterID = 38"),
            (r"URLHash = -?\d+", "URLHash <> 0"),
            ("OFFSET 10000", "OFFSET 50"),
        ],
    ),
    (43, [("CounterID = 62", "CounterID = 38"), ("OFFSET 1000", "OFFSET 100")]),
    (8, [("<> 0", "= 0")]),
    (11, [("<> ''", "= ''")]),
    (13, [("<> ''", "LIKE '%и%'")]),
    (27, [("<> ''", "> 'б'")]),
    (31, [("<> ''", "= ''")]),
    (33, [("LIMIT 10", "LIMIT 10 OFFSET 24570")]),
    (35, [("LIMIT 10", "LIMIT 25")]),
    (
        43,
        [("CounterID = 62", "CounterID = 38"), ("'minute'", "'hour'"), ("OFFSET 1000", "OFFSET 0")],
    ),
]


def load(path):
    """[(name, sql)]: q1 … q43, then v1 …"""
    queries = [line.strip().rstrip(";") for line in open(path, encoding="utf-8") if line.strip()]
    result = [(f"q{i + 1}", sql) for i, sql in enumerate(queries)]
    for i, (number, substitutions) in enumerate(VARIANTS):
        sql = queries[number - 1]
        for old, new in substitutions:
            changed = re.sub(old, new, sql)
            assert changed != sql, (number, old)
            sql = changed
        result.append((f"v{i + 1} of q{number}", sql))
    return result


def split_limit(sql):
    """(sql without LIMIT and OFFSET, limit or None, offset)"""
    match = re.search(r" LIMIT (\d+)(?: OFFSET (\d+))?$", sql)
    if not match:
        return sql, None, 0
    return sql[: match.start()], int(match.group(1)), int(match.group(2) or 0)


def order_keys(sql):
    match = re.search(r" ORDER BY (.*?)$", sql)
    if not match:
        return []
    keys, depth, current = [], 0, ""
    for char in match.group(1):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            keys.append(current)
            current = ""
        else:
            current += char
    keys.append(current)
    return [re.sub(r" (DESC|ASC)$", "", key.strip()) for key in keys]
