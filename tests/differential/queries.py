"""Random queries over the tables of a round."""

import operators
from expressions import INTS, LIMIT, Expressions, ScopeColumn, column_facts
from tree import Items, Node, Query, Table
from windows import Windows

COMMON = operators.EXACT + operators.RARE

# result | template | argument type. `sums` takes floats whose sums are exact in any order.
AGGREGATES = [
    ("int8", "count(*)", None),
    ("int8", "count({0})", "any"),
    ("int8", "count(DISTINCT {0})", "any"),
    ("int8", "sum({0})", "int2"),
    ("int8", "sum({0})", "int4"),
    ("int8", "sum(DISTINCT {0})", "int4"),
    ("sum_int8", "sum({0})", "int8"),
    ("sum_num", "sum({0})", "num"),
    ("float8", "sum({0})", "sums"),
    ("same", "min({0})", "ordered"),
    ("same", "max({0})", "ordered"),
    ("bool", "bool_and({0})", "bool"),
    ("bool", "bool_or({0})", "bool"),
    ("bool", "every({0})", "bool"),
    ("text", "string_agg({0}, ',' ORDER BY {0})", "text"),
    ("text", "string_agg(DISTINCT {0}, '|' ORDER BY {0} DESC)", "plain_text"),
    ("same", "bit_and({0})", "int"),
    ("same", "bit_or({0})", "int"),
    ("same", "bit_xor({0})", "int"),
    ("avg", "avg({0})", "int"),
    ("avg", "avg({0})", "num"),
    ("avg", "avg(DISTINCT {0})", "int4"),
    ("approx", "avg({0})", "sums"),
    ("interval_any", "sum({0})", "interval"),
    ("approx", "stddev({0})", "sums"),
    ("approx", "stddev_pop({0})", "int4"),
    ("approx", "var_samp({0})", "num_small"),
    ("approx", "variance({0})", "int4"),
    ("approx", "var_pop({0})", "sums"),
    ("approx", "corr({0}, {1})", "sums sums"),
    ("approx", "covar_pop({0}, {1})", "sums sums"),
    ("approx", "regr_slope({0}, {1})", "sums sums"),
    ("approx", "regr_avgx({0}, {1})", "sums sums"),
    ("int8", "regr_count({0}, {1})", "sums sums"),
    ("approx", "regr_intercept({0}, {1})", "sums sums"),
    ("approx", "regr_r2({0}, {1})", "sums sums"),
    ("approx", "regr_sxx({0}, {1})", "sums sums"),
    ("approx", "regr_syy({0}, {1})", "sums sums"),
    ("approx", "regr_sxy({0}, {1})", "sums sums"),
    ("approx", "covar_samp({0}, {1})", "sums sums"),
    ("approx", "stddev_samp({0})", "sums"),
    ("approx", "percentile_cont(0.3) WITHIN GROUP (ORDER BY {0})", "sums"),
    ("same", "percentile_disc(0.5) WITHIN GROUP (ORDER BY {0})", "plain_value"),
    ("same", "mode() WITHIN GROUP (ORDER BY {0})", "plain_value"),
    ("list_int", "array_agg({0} ORDER BY {0})", "int4"),
    ("list_int", "array_agg(DISTINCT {0} ORDER BY {0} DESC)", "int4"),
    ("list_text", "array_agg({0}::text ORDER BY {0}::text NULLS FIRST)", "text"),
    ("json", "json_agg({0} ORDER BY {0})", "int4"),
    ("json", "json_object_agg(coalesce({0}, 0), {0} ORDER BY {0})", "key"),
]
LOOSE_RESULTS = ("avg", "approx", "interval_any", "list_int", "list_text", "json")
ORDERED = (
    "int2",
    "int4",
    "int8",
    "float8",
    "num",
    "text",
    "date",
    "ts",
    "tstz",
    "inet",
    "interval",
)


MAX_ROWS = 20_000  # what a join may come to, by estimate


def _count(source, name):
    return sum(c.name == name for c in source.columns)


def _types(source, name):
    return [c.type for c in source.columns if c.name == name]


class Source:
    """A FROM clause, the columns it offers and about how many rows it has."""

    def __init__(self, node, columns, num_rows=50, unique=None):
        self.unique = unique  # columns that tell all rows apart
        self.node = node
        self.columns = columns
        self.num_rows = num_rows


class Queries:
    def __init__(self, rng, tables, choose_state, shale_only=False):
        self.rng = rng
        self.tables = tables
        self.choose_state = choose_state
        self.shale_only = shale_only
        self.next_alias = 0
        self.ctes = []
        self.most_rows = 50  # of any FROM clause so far

    def alias(self, letter="a"):
        self.next_alias += 1
        return f"{letter}{self.next_alias}"

    def expressions(self, scope, subqueries=False, risky=False):
        return Expressions(self.rng, scope, self if subqueries else None, risky, self.shale_only)

    # ---- FROM ----

    def table_source(self, table=None):
        table = table or self.rng.choice(self.tables)
        alias = self.alias()
        node = Node([Table(table.name, self.choose_state(table.name)), f" {alias}"])
        columns = [ScopeColumn(alias, c.name, c.type, column_facts(c)) for c in table.columns]
        return Source(node, columns, len(table.rows), [columns[0].node()])

    def columns_of_query(self, alias, items):
        columns = []
        for index, (_, item) in enumerate(items.kids()):
            if item.type in COMMON:
                columns.append(ScopeColumn(alias, f"c{index}", item.type, item.facts))
        return columns

    def derived_source(self, depth):
        query, items = self.select(depth - 1, clean=True)
        alias = self.alias("q")
        node = Node(["(", query, f") {alias}"])
        return Source(node, self.columns_of_query(alias, items), self.most_rows)

    def values_source(self):
        rng = self.rng
        alias = self.alias("v")
        rows = []
        for _ in range(rng.randint(1, 5)):
            number = rng.choice(["0", "1", "2", "3", "4", "NULL"])
            rows.append(
                Node([f"({number}, {rng.choice(['NULL', 'chr(100)', repr('de'), repr('x')])})"])
            )
        if rows[0].parts[0].startswith("(NULL") or "NULL" in rows[0].parts[0]:
            rows[0] = Node(["(3, 'fr')"])
        node = Node(["(VALUES ", Items("", rows, minimum=1), f") AS {alias}(k, kt)"])
        columns = [
            ScopeColumn(alias, "k", "int4", {"bound": 5}),
            ScopeColumn(alias, "kt", "text", {}),
        ]
        return Source(node, columns)

    def series_source(self):
        """Rows that a function makes."""
        rng = self.rng
        alias = self.alias("g")
        text, type = rng.choice(
            [
                ("generate_series(1, 5)", "int4"),
                ("generate_series(4, -2, -2)", "int4"),
                ("generate_series(3, 1)", "int4"),
                ("generate_series(1::bigint, 3::bigint)", "int8"),
                ("unnest(ARRAY[3, NULL, 1, 3])", "int4"),
                ("unnest(string_to_array('de,us,,x', ','))", "text"),
                (
                    "generate_series(TIMESTAMP '2024-03-30', TIMESTAMP '2024-04-02', '1 day')",
                    "ts",
                ),
            ]
        )
        facts = {"bound": 5} if type in INTS else {}
        column = ScopeColumn(alias, "k", type, facts)
        return Source(Node([f"{text} AS {alias}(k)"]), [column], 5)

    def one_source(self, depth):
        rng = self.rng
        if depth > 0 and rng.random() < 0.2:
            return self.derived_source(depth)
        if self.ctes and rng.random() < 0.6:
            name, items = rng.choice(self.ctes)
            alias = self.alias("w")
            return Source(
                Node([f"{name} {alias}"]), self.columns_of_query(alias, items), self.most_rows
            )
        if rng.random() < 0.05:
            return self.values_source()
        if rng.random() < 0.04:
            return self.series_source()
        return self.table_source()

    def equal_columns(self, left, right):
        """A condition that two sources agree in a column, or None."""
        pairs = [
            (a, b)
            for a in left.columns
            for b in right.columns
            if a.type == b.type and a.type in COMMON and a.type != "bool"
        ]
        if not pairs:
            return None
        same = [
            (a, b) for a, b in pairs if a.name == b.name and a.name in ("k", "kt", "c0", "user_id")
        ]
        a, b = self.rng.choice(same or pairs) if self.rng.random() < 0.7 else self.rng.choice(pairs)
        return Node(["(", a.node(), " = ", b.node(), ")"], "bool")

    def join(self, left, right):
        rng = self.rng
        scope = left.columns + right.columns
        equal = self.equal_columns(left, right)
        num_rows = left.num_rows * right.num_rows
        if num_rows > MAX_ROWS:
            return left
        kinds = ["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]
        kind = rng.choice(kinds)
        if equal is None:
            return Source(Node([left.node, " CROSS JOIN ", right.node]), scope, num_rows)
        names = ("k", "kt", "id")
        shared = [n for n in names if _count(left, n) == 1 and _types(left, n) == _types(right, n)]
        if shared and rng.random() < 0.15:
            using = f" USING ({rng.choice(shared)})"
            unique = left.unique + right.unique if left.unique and right.unique else None
            node = Node([left.node, f" {kind} ", right.node, using])
            return Source(node, scope, num_rows, unique)
        conditions = [equal]
        if rng.random() < 0.3:
            more = self.equal_columns(left, right)
            conditions.append(more)
        if kind != "FULL JOIN" and rng.random() < 0.3:
            conditions.append(self.expressions(scope).make("bool", 2))
        if kind == "JOIN" and rng.random() < 0.15:
            a, b = equal.parts[1], equal.parts[3]
            conditions = [Node(["(", a, rng.choice([" < ", " >= ", " <> "]), b, ")"], "bool")]
        on = Items(" ON ", conditions, " AND ", minimum=1)
        unique = left.unique + right.unique if left.unique and right.unique else None
        return Source(Node([left.node, f" {kind} ", right.node, on]), scope, num_rows, unique)

    def source(self, depth):
        rng = self.rng
        source = self.one_source(depth)
        for _ in range(rng.choices([0, 1, 2], [6, 4, 1])[0] if depth > 0 else 0):
            if rng.random() < 0.12:
                source = self.lateral(source)
                continue
            source = self.join(source, self.one_source(0 if rng.random() < 0.7 else depth - 1))
        self.most_rows = max(self.most_rows, source.num_rows)
        return source

    # ---- SELECT ----

    def item(self, node, index):
        return Node([node, f" AS c{index}"], node.type, **node.facts)

    def plain_items(self, scope, depth, types, clean, subqueries):
        rng = self.rng
        maker = self.expressions(scope, subqueries)
        items = []
        if types is None:
            pool = COMMON if clean else COMMON + operators.LOOSE
            types = rng.choices(pool, k=rng.choice([1, 2, 2, 3, 4]))
        for index, type in enumerate(types):
            node = maker.make(type, depth)
            items.append(self.item(self.settle(node), index))
        return Items("", items, minimum=1, type="select")

    def settle(self, node):
        """Decimals of one scale, so that columns of set operations are alike."""
        if node.type == "num" and "scale" not in node.facts:
            return self.expressions([]).cast_decimal(node)
        return node

    def where(self, scope, depth, subqueries):
        condition = self.expressions(scope, subqueries).make("bool", depth)
        return Node([" WHERE ", condition], optional=True)

    def plain_body(self, depth, types, clean):
        rng = self.rng
        source = self.source(depth)
        subqueries = depth > 0
        items = self.plain_items(source.columns, rng.choice([1, 2, 3, 4]), types, clean, subqueries)
        parts = ["SELECT "]
        loose = any(item.type in operators.LOOSE for _, item in items.kids())
        if not loose and rng.random() < 0.15:
            parts.append(Node(["DISTINCT "], optional=True))
        parts += [items, Node([" FROM ", source.node])]
        if rng.random() < 0.7:
            parts.append(self.where(source.columns, rng.choice([1, 2, 3]), subqueries))
        return Node(parts, "body"), items

    def aggregate(self, scope, clean=True, want=None):
        rng = self.rng
        maker = self.expressions(scope)
        for _ in range(50):
            result, template, kinds = rng.choice(AGGREGATES)
            if clean and result in LOOSE_RESULTS:
                continue
            if want is not None and result not in (want, "same"):
                continue
            arguments = []
            for kind in (kinds or "").split():
                arguments.append(self.aggregate_argument(maker, scope, kind, want))
            if any(a is None for a in arguments):
                continue
            type = arguments[0].type if result == "same" else result
            if want is not None and type != want:
                continue
            facts = {}
            if result == "same":
                facts = dict(arguments[0].facts)
                if template.startswith("bit"):
                    facts = {"bound": LIMIT[type]}
            elif result == "sum_int8":
                type, facts = "num", {"bound": 1e30, "scale": 0, "digits": 38}
            elif result == "sum_num":
                type = "num"
                facts = {"bound": 1e30, "scale": arguments[0].facts.get("scale", 4), "digits": 38}
            elif type == "int8":
                facts = {"bound": 2**62}
            parts = []
            for piece in template.replace("}", "{").split("{"):
                parts.append(arguments[int(piece)] if piece in ("0", "1") else piece)
            if rng.random() < 0.2:
                condition = maker.make("bool", 2)
                parts.append(Node([" FILTER (WHERE ", condition, ")"], optional=True))
            return Node(parts, type, **facts)
        return Node(["count(*)"], "int8", bound=2**62)

    def aggregate_argument(self, maker, scope, kind, want):
        rng = self.rng
        if kind == "any":
            return maker.make(rng.choice([t for t in COMMON if t != "json"]), 2)
        if kind == "ordered":
            type = want if want in ORDERED else rng.choice(ORDERED)
            node = maker.leaf(type) if type == "interval" else maker.make(type, 2)
            return self.settle(node) if type == "num" else node
        if kind == "int":
            return maker.make(want if want in INTS else rng.choice(INTS), 2)
        if kind in ("int2", "int4", "bool", "text"):
            return maker.make(kind, 2)
        if kind == "int8":
            return maker.make(kind, 1)
        if kind == "num":
            node = self.settle(maker.make("num", 1))
            return node if node.facts.get("digits", 99) <= 32 else maker.cast_decimal(node)
        if kind == "num_small":
            return maker.small_number()
        if kind == "interval":
            return maker.leaf("interval")
        columns = []
        if kind == "plain_value":
            columns = [c for c in scope if c.type in ("int4", "text", "date", "int8", "tstz")]
            columns = [c for c in columns if want in (None, c.type)]
        if kind == "key":
            columns = [c for c in scope if c.name == "id"]
        if kind == "plain_text":
            columns = maker.columns_of("text")
        if kind == "sums":
            columns = maker.columns_of("float8", lambda f: f.get("sums"))
        return rng.choice(columns).node() if columns else None

    def grouped_body(self, depth, clean):
        rng = self.rng
        source = self.source(depth)
        scope = source.columns
        groupable = [c for c in scope if c.type in COMMON and c.type not in ("interval",)]
        keys = []
        if groupable:
            for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3])):
                node = rng.choice(groupable).node()
                if rng.random() < 0.3:
                    made = self.expressions(scope).from_table(
                        rng.choice(["text", "int4", "date", "ts", "bool"]), 1
                    )
                    if any(f"{c.alias}.{c.name}" in made.render("shale") for c in scope):
                        node = made
                keys.append(node)
        items = [self.item(key, i) for i, key in enumerate(keys)]
        for _ in range(rng.choice([1, 1, 2, 3])):
            items.append(self.item(self.aggregate(scope, clean), len(items)))
        columns = Items("", items, minimum=1, type="select")
        parts = ["SELECT ", columns, Node([" FROM ", source.node])]
        if rng.random() < 0.6:
            parts.append(self.where(scope, rng.choice([1, 2, 3]), depth > 0))
        if keys:
            parts.append(self.grouping(keys))
        if rng.random() < 0.25:
            kind = rng.choice(["int8", "text", "int4", "date"])
            made = self.aggregate(scope, want=kind)
            word = rng.choice([" > ", " <= ", " <> "])
            condition = Node(
                ["(", made, word, self.expressions([]).literal(made.type), ")"], "bool"
            )
            parts.append(Node([" HAVING ", condition], optional=True))
        return Node(parts, "body"), columns

    def select(self, depth=2, clean=False, types=None, top=False):
        """A query and the Items of its select list."""
        rng = self.rng
        ctes = []
        word = "WITH "
        outer = list(self.ctes)
        if depth > 1 and rng.random() < 0.12:
            for _ in range(rng.choice([1, 1, 2])):
                query, items = self.select(1, clean=True)
                name = self.alias("cte")
                ctes.append(Node([f"{name} AS (", query, ")"]))
                self.ctes.append((name, items))
            if rng.random() < 0.3:
                node, name, items = self.recursive_cte()
                ctes.append(node)
                self.ctes.append((name, items))
                word = "WITH RECURSIVE "
        kind = rng.random()
        distinct_on = types is None and kind < 0.04
        if distinct_on:
            body, items = self.distinct_on_body(depth)
        elif types is not None or kind < 0.45:
            body, items = self.plain_body(depth, types, clean)
        elif kind < 0.75:
            body, items = self.grouped_body(depth, clean)
        elif kind < 0.87 and not clean:
            body, items = self.window_body(depth)
        else:
            body, items = self.set_operation(depth)
        self.ctes = outer
        parts = [Items(word, ctes), " "] if ctes else []
        query = Query(parts + [body])
        kinds = [item.type for _, item in items.kids()]
        exact = all(kind in COMMON for kind in kinds)
        if distinct_on or exact and rng.random() < (0.5 if top else 0.15):
            query.order = [
                rng.choice(["", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"]) for _ in kinds
            ]
            if rng.random() < 0.6:
                query.limit = rng.choice(
                    [" LIMIT 1", " LIMIT 5", " LIMIT 10 OFFSET 3", " OFFSET 2", " LIMIT 0"]
                )
        return query, items

    def window_body(self, depth):
        """Windows over rows, or over the groups of a query."""
        rng = self.rng
        source = self.source(depth)
        maker = self.expressions(source.columns)
        windows = Windows(rng, maker, source.columns, source.unique)
        nodes = [windows.call() for _ in range(rng.choice([1, 1, 2]))]
        nodes += [maker.make(rng.choice(COMMON), 1) for _ in range(rng.choice([0, 1, 2]))]
        if source.unique:
            nodes += source.unique
        columns = Items(
            "", [self.item(n, i) for i, n in enumerate(nodes)], minimum=1, type="select"
        )
        parts = ["SELECT ", columns, Node([" FROM ", source.node])]
        if rng.random() < 0.4:
            parts.append(self.where(source.columns, 2, False))
        return Node(parts, "body"), columns

    def lateral(self, left):
        """A subquery for each row of the left side."""
        rng = self.rng
        inner = self.table_source()
        if left.num_rows * inner.num_rows > MAX_ROWS:
            return left
        scope = inner.columns + left.columns
        maker = self.expressions(scope)
        kinds = rng.choices([t for t in COMMON if t != "interval"], k=rng.choice([1, 2]))
        nodes = [self.item(self.settle(maker.make(kind, 1)), i) for i, kind in enumerate(kinds)]
        items = Items("", nodes, minimum=1, type="select")
        tie = self.equal_columns(left, inner)
        conditions = [tie] if tie is not None and rng.random() < 0.7 else []
        if rng.random() < 0.4:
            conditions.append(maker.make("bool", 2))
        parts = ["SELECT ", items, Node([" FROM ", inner.node])]
        parts.append(Items(" WHERE ", conditions, " AND "))
        query = Query([Node(parts, "body")])
        if rng.random() < 0.5:
            query.order = [rng.choice(["", " DESC"]) for _ in kinds]
            query.limit = rng.choice([" LIMIT 1", " LIMIT 2", " OFFSET 1"])
        alias = self.alias("l")
        word = rng.choice([" CROSS JOIN LATERAL (", " LEFT JOIN LATERAL ("])
        tail = f") {alias}" + (" ON true" if "LEFT" in word else "")
        columns = left.columns + self.columns_of_query(alias, items)
        num_rows = left.num_rows * inner.num_rows
        return Source(Node([left.node, word, query, tail]), columns, num_rows)

    def recursive_cte(self):
        """A common table that names itself, bounded by its counter."""
        rng = self.rng
        name = self.alias("r")
        start = self.table_source()
        step = self.table_source()
        first = self.expressions(start.columns)
        items = [Node(["1"], "int4"), Node([first.make("int4", 1)], "int4")]
        columns = Items("", items, minimum=2, type="select")
        condition = Node([" WHERE ", first.make("bool", 2)], optional=True)
        anchor = Node(["SELECT ", columns, Node([" FROM ", start.node]), condition], "body")
        ties = [c for c in step.columns if c.type == "int4"]
        if rng.random() < 0.5:
            tie = rng.choice(ties).node()
            source = [f" FROM {name} JOIN ", step.node, f" ON {name}.c1 = ", tie]
            second = Node([tie])
        else:
            source = [f" FROM {name}"]
            second = Node([rng.choice([f"{name}.c1 % 7", f"-({name}.c1 % 100)", f"{name}.c1"])])
        word = "UNION" if len(source) > 1 else rng.choice(["UNION", "UNION ALL"])
        loop = Node([f"SELECT {name}.c0 + 1, ", second, *source, f" WHERE {name}.c0 < 4"])
        node = Node([f"{name}(c0, c1) AS (", anchor, f" {word} ", loop, ")"])
        offered = [Node(["1"], "int4", bound=5), Node(["1"], "int4")]
        return node, name, Items("", offered, type="select")

    def distinct_on_body(self, depth):
        """The first row of each group, by an order of all columns."""
        rng = self.rng
        source = self.source(depth)
        maker = self.expressions(source.columns)
        kinds = rng.choices([t for t in COMMON if t != "interval"], k=rng.choice([2, 3]))
        nodes = [self.settle(maker.make(kind, 1)) for kind in kinds]
        if source.columns:
            nodes[0] = rng.choice([c for c in source.columns if c.type in COMMON]).node()
        items = Items("", [self.item(n, i) for i, n in enumerate(nodes)], minimum=1, type="select")
        parts = ["SELECT DISTINCT ON (", nodes[0], ") ", items, Node([" FROM ", source.node])]
        if rng.random() < 0.4:
            parts.append(self.where(source.columns, 2, False))
        return Node(parts, "body"), items

    def grouping(self, keys):
        """GROUP BY, now and then by several sets."""
        rng = self.rng
        if rng.random() < 0.15 and len(keys) > 1:
            how = rng.choice(["ROLLUP", "CUBE", "GROUPING SETS"])
            members = list(keys)
            if how == "GROUPING SETS":
                members += [Node(["()"]), Node(["(", keys[0], ", ", keys[1], ")"])]
            return Node([f" GROUP BY {how} (", Items("", members, minimum=1), ")"])
        return Items(" GROUP BY ", keys)

    def set_operation(self, depth):
        rng = self.rng
        types = rng.choices(
            [t for t in COMMON if t not in ("num", "interval")], k=rng.choice([1, 2, 3])
        )
        operator = rng.choice(
            ["UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"]
        )
        left, items = self.plain_body(max(depth - 1, 0), types, True)
        right, _ = self.plain_body(0, types, True)
        query = Query(["(", Query([left]), f") {operator} (", Query([right]), ")"])
        if rng.random() < 0.2:
            third, _ = self.plain_body(0, types, True)
            query = Query(
                [query, f" {rng.choice(['UNION', 'UNION ALL', 'EXCEPT'])} (", Query([third]), ")"]
            )
        for _, item in items.kids():
            item.facts.pop("bound", None)
            item.facts.pop("sums", None)
        return Node([query], "body"), items

    # ---- subqueries of expressions ----

    def single_column(self, type):
        body, _ = self.plain_body(0, [type], True)
        return Query([body])

    def inner_table(self, outer):
        """A table to be looked into for each outer row, and how they are tied."""
        source = self.table_source()
        tie = self.equal_columns(Source(None, outer), source) if outer else None
        return source, tie

    def conditions(self, source, tie):
        items = [] if tie is None else [tie]
        if self.rng.random() < 0.5:
            items.append(self.expressions(source.columns).make("bool", 2))
        return Items(" WHERE ", items, " AND ")

    def scalar(self, outer, type):
        source, tie = self.inner_table(outer if self.rng.random() < 0.6 else [])
        made = self.aggregate(source.columns, want=type)
        if made.type != type:
            made = Node(["max(", self.expressions(source.columns).make(type, 0), ")"], type)
            if type not in ORDERED:
                return self.expressions(outer).leaf(type)
        if type == "num":
            made = Node(["(", made, ")::numeric(38,4)"], "num")
        body = Node(
            ["SELECT ", Items("", [made], minimum=1, type="select"), Node([" FROM ", source.node])]
            + [self.conditions(source, tie)],
            "body",
        )
        return Node(["(", Query([body]), ")"], type)

    def correlated(self, outer):
        source, tie = self.inner_table(outer)
        body = Node(
            ["SELECT ", Items("", [Node(["1"], "int4")], minimum=1, type="select")]
            + [Node([" FROM ", source.node]), self.conditions(source, tie)],
            "body",
        )
        return Query([body])
