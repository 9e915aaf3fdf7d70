"""Window calls: functions, partitions, orders and frames whose answers do not depend on the order
of rows that tie."""

from expressions import INTS
from tree import Items, Node

# result | template | argument | what it needs: "total" (an order without ties), "order", ""
# (nothing), and whether a frame may be written.
CALLS = [
    ("int8", "row_number()", None, "total", False),
    ("int8", "rank()", None, "order", False),
    ("int8", "dense_rank()", None, "order", False),
    ("float8", "percent_rank()", None, "order", False),
    ("float8", "cume_dist()", None, "order", False),
    ("int4", "ntile(3)", None, "total", False),
    ("same", "lag({0})", "any", "total", False),
    ("same", "lead({0}, 2)", "any", "total", False),
    ("same", "lag({0}, 1, {0})", "any", "total", False),
    ("same", "lead({0}, 0)", "any", "total", False),
    ("same", "first_value({0})", "any", "total", True),
    ("same", "last_value({0})", "any", "total", True),
    ("same", "nth_value({0}, 2)", "any", "total", True),
]
VALUES = ("int4", "int8", "num", "float8", "text", "date", "ts", "tstz", "bool")
AGGREGATES = [
    ("int8", "count(*)", None),
    ("int8", "count({0})", "any"),
    ("int8", "sum({0})", "int4"),
    ("sum_num", "sum({0})", "num"),
    ("same", "min({0})", "ordered"),
    ("same", "max({0})", "ordered"),
    ("float8", "sum({0})", "sums"),
    ("avg", "avg({0})", "int4"),
    ("bool", "bool_or({0})", "bool"),
]
EXCLUDES = [
    "",
    "",
    "",
    " EXCLUDE CURRENT ROW",
    " EXCLUDE GROUP",
    " EXCLUDE TIES",
    " EXCLUDE NO OTHERS",
]


def _bounds(rng, offsets):
    """A frame's bounds, its start not behind its end."""
    steps = [" UNBOUNDED PRECEDING"]
    steps += [f" {offset} PRECEDING" for offset in reversed(offsets)] + [" CURRENT ROW"]
    steps += [f" {offset} FOLLOWING" for offset in offsets] + [" UNBOUNDED FOLLOWING"]
    first = rng.randrange(len(steps) - 1)
    last = rng.randrange(max(first, 1), len(steps))
    return f"BETWEEN{steps[first]} AND{steps[last]}"


class Windows:
    """Makes window calls over a source whose rows `unique` (nodes, or None) tells apart."""

    def __init__(self, rng, maker, scope, unique):
        self.rng = rng
        self.maker = maker
        self.scope = scope
        self.unique = unique

    def value(self, kind):
        if kind == "sums":
            columns = self.maker.columns_of("float8", lambda f: f.get("sums"))
            return self.rng.choice(columns).node() if columns else None
        if kind == "any":
            kind = self.rng.choice(VALUES)
        if kind == "ordered":
            kind = self.rng.choice(VALUES[:-1])
        node = self.maker.make(kind, 1)
        if kind == "text":
            return Node([node, "::text"], "text")  # a plain literal has no type for lag and others
        return self.maker.cast_decimal(node) if kind == "num" else node

    def call(self):
        rng = self.rng
        aggregate = rng.random() < 0.5
        while True:
            if aggregate:
                result, template, kind = rng.choice(AGGREGATES)
                need, framed = "", True
            else:
                result, template, kind, need, framed = rng.choice(CALLS)
            if need != "total" or self.unique is not None:
                break
        argument = self.value(kind) if kind else None
        if kind and argument is None:
            return self.call()
        parts = []
        for piece in template.replace("}", "{").split("{"):
            parts.append(argument if piece == "0" else piece)
        if aggregate and rng.random() < 0.2:
            parts.append(Node([" FILTER (WHERE ", self.maker.make("bool", 1), ")"], optional=True))
        parts += [" OVER (", *self.window(need, framed), ")"]
        type = argument.type if result == "same" else "num" if result == "sum_num" else result
        facts = {}
        if type == "num":
            facts = {"bound": 1e30, "scale": 4, "digits": 38}
        return Node(parts, type, **facts)

    def window(self, need, framed):
        rng = self.rng
        parts = []
        columns = [c for c in self.scope if c.type in VALUES and c.type != "float8"]
        if columns and rng.random() < 0.6:
            keys = [rng.choice(columns).node() for _ in range(rng.choice([1, 1, 2]))]
            parts.append(Node(["PARTITION BY ", Items("", keys, minimum=1)], optional=True))
        if need == "" and rng.random() < 0.3:
            if framed and rng.random() < 0.3:
                parts.append(" RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
            return parts
        key = rng.choice(columns).node() if columns else Node(["1"])
        direction = rng.choice(["", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
        order = [Node([key, direction])]
        total = self.unique is not None and (need == "total" or rng.random() < 0.4)
        if total:
            order += self.unique
        parts.append(Items(" ORDER BY ", order, minimum=len(order)))
        if framed and rng.random() < 0.7:
            parts.append(Node([self.frame(key, total)], optional=True))
        return parts

    def frame(self, key, total):
        rng = self.rng
        modes = ["GROUPS", "RANGE"] + (["ROWS", "ROWS"] if total else [])
        mode = rng.choice(modes)
        offsets = [0, 1, 3]
        if mode == "RANGE":
            offsets = []
            if not total and key.type in INTS:
                offsets = [0, 2, 100]
            elif not total and key.type == "num":
                offsets = ["0.5", "20"]
            elif not total and key.type in ("date", "ts", "tstz"):
                offsets = ["INTERVAL '1 day'", "INTERVAL '2 months'"]
        return f" {mode} {_bounds(rng, offsets)}{rng.choice(EXCLUDES)}"
