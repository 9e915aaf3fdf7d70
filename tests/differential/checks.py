"""What is asked: a Case is a tree, two SQL texts made from it that must answer alike, and how.

difference   the query on both sides
states       the query over two choices of physical states of its tables
partition    rows, groups, distinct rows and aggregates of Q against those of Q WHERE p,
             Q WHERE NOT p and Q WHERE p IS NULL together (ternary logic partitioning, Rigger and
             Su, OOPSLA 2020)
sessions, buckets, gaps, sketches   what events are asked for: see events.py
norec        count(*) of WHERE p against the sum of p over all rows (Rigger and Su, ESEC/FSE 2020)
"""

from dataset import STATES
from events import EventChecks
from queries import Queries
from tree import Items, Node, Query, Table, output_types, with_states


class Case:
    def __init__(self, kind, tree, build, types, ordered=False):
        self.kind = kind
        self.tree = tree
        self.build = build  # tree -> ((dialect, sql), (dialect, sql))
        self.types = types  # tree -> types of the columns of both answers
        self.ordered = ordered

    def texts(self):
        return self.build(self.tree)

    def with_tree(self, tree):
        return Case(self.kind, tree, self.build, self.types, self.ordered)


def _both(tree):
    return (("shale", tree.render("shale")), ("postgres", tree.render("postgres")))


def _two_states(tree):
    turned = with_states(tree, lambda name: "sealed")
    return (("shale", tree.render("shale")), ("shale", turned.render("shale")))


def difference(rng, tables):
    queries = Queries(rng, tables, lambda name: rng.choice(STATES))
    if rng.random() < 0.08:
        return _risky(rng, queries)
    if rng.random() < 0.04:
        return EventChecks(rng, queries, tables, Case).difference()
    query, _ = queries.select(rng.choice([1, 2, 2]), top=True)
    return Case("difference", query, _both, output_types)


def _risky(rng, queries):
    """Expressions that may fail, where every row is looked at."""
    source = queries.table_source()
    maker = queries.expressions(source.columns, risky=True)
    type = rng.choice(
        ["int2", "int4", "int8", "num", "float4", "float8", "approx", "text", "date", "bool"]
    )
    items = Items("", [maker.from_table(type, rng.choice([1, 1, 2]))], minimum=1, type="select")
    parts = ["SELECT ", items, Node([" FROM ", source.node])]
    if rng.random() < 0.5:
        parts.append(queries.where(source.columns, 1, False))
    return Case("difference", Query([Node(parts, "body")]), _both, output_types)


def states(rng, tables):
    queries = Queries(rng, tables, lambda name: rng.choice(["hot", "merged"]), shale_only=True)
    query, _ = queries.select(rng.choice([1, 2]), top=True)
    return Case("states", query, _two_states, output_types)


def _pieces(tree):
    """items, FROM, condition as the checks below keep them."""
    return [part.render("shale") for part in tree.parts]


def _branches(select, source, condition):
    return [
        f"SELECT {select} FROM {source} WHERE {c}"
        for c in (condition, f"NOT {condition}", f"{condition} IS NULL")
    ]


def _partition_rows(tree):
    items, source, condition = _pieces(tree)
    parts = " UNION ALL ".join(_branches(items, source, condition))
    return (("shale", f"SELECT {items} FROM {source}"), ("shale", parts))


def _partition_distinct(tree):
    items, source, condition = _pieces(tree)
    parts = " UNION ".join(_branches(items, source, condition))
    return (("shale", f"SELECT DISTINCT {items} FROM {source}"), ("shale", parts))


def _partition_aggregate(tree):
    items, source, condition = _pieces(tree)
    made = [f"count({items})", f"min({items})", f"max({items})", "count(*)"]
    labelled = ", ".join(f"{text} AS c{i}" for i, text in enumerate(made))
    parts = " UNION ALL ".join(_branches(labelled, source, condition))
    outer = "SELECT sum(c0)::bigint, min(c1), max(c2), sum(c3)::bigint"
    return (
        ("shale", f"SELECT {labelled} FROM {source}"),
        ("shale", f"{outer} FROM ({parts}) AS parts"),
    )


def _partition_groups(tree):
    items, source, condition = _pieces(tree)
    select = f"{items} AS c0, count(*) AS c1"
    parts = " UNION ALL ".join(
        f"{b} GROUP BY {items}" for b in _branches(select, source, condition)
    )
    return (
        ("shale", f"SELECT {select} FROM {source} GROUP BY {items}"),
        ("shale", f"SELECT c0, sum(c1)::bigint FROM ({parts}) AS parts GROUP BY c0"),
    )


def _norec(tree):
    _, source, condition = _pieces(tree)
    return (
        ("shale", f"SELECT count(*) FROM {source} WHERE {condition}"),
        (
            "shale",
            f"SELECT coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0) FROM {source}",
        ),
    )


def _item_types(tree):
    return [kid.type for _, kid in tree.parts[0].kids()]


def self_check(rng, tables):
    """A check that needs no peer; functions of Shale's own take part."""
    if rng.random() < 0.35:
        return states(rng, tables)
    queries = Queries(rng, tables, lambda name: rng.choice(STATES), shale_only=True)
    if rng.random() < 0.25:
        return EventChecks(rng, queries, tables, Case).check()
    source = queries.source(rng.choice([0, 1, 1, 2]))
    scope = source.columns
    condition = queries.expressions(scope, subqueries=rng.random() < 0.3).make(
        "bool", rng.choice([2, 3, 4])
    )
    build, how = rng.choice(
        [
            (_partition_rows, "rows"),
            (_partition_distinct, "rows"),
            (_partition_aggregate, "ordered"),
            (_partition_groups, "column"),
            (_norec, "column"),
            (_norec, "column"),
        ]
    )
    maker = queries.expressions(scope)
    if how == "rows":
        kinds = rng.choices(
            ["bool", "int4", "int8", "num", "float8", "text", "date", "ts", "tstz"], k=2
        )
        nodes = [maker.make(kind, 2) for kind in kinds]
    elif how == "ordered":
        nodes = [maker.make(rng.choice(["int4", "int8", "text", "date", "tstz", "num"]), 2)]
    else:
        columns = [c for c in scope if c.type in ("int4", "text", "date", "int8", "bool", "tstz")]
        nodes = [rng.choice(columns).node()] if columns else [maker.leaf("int4")]
    tree = Node([Items("", nodes, minimum=1, type="select"), source.node, condition])
    types = {
        _partition_aggregate: lambda t: ["int8"] + 2 * _item_types(t) + ["int8"],
        _partition_groups: lambda t: _item_types(t) + ["int8"],
        _norec: lambda t: ["int8"],
    }.get(build, _item_types)
    kind = "norec" if build is _norec else "partition"
    if build is _partition_groups and "." not in nodes[0].render("shale"):
        return self_check(rng, tables)
    return Case(kind, tree, build, types)
