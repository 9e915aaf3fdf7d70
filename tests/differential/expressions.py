"""Random expressions over the columns in scope, well typed by PostgreSQL's rules.

Every expression knows its type and, for numbers, the largest absolute value it can take: so sums
and products stay in range, and an error on one side alone is a difference, not an order of
evaluation.
With `risky` set the expression may fail for some rows; the caller then asks for it only where every
row is looked at by both sides.
"""

import operators
from tree import Items, Node

INTS = ("int2", "int4", "int8")
LIMIT = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}
DIGITS = {"int2": 5, "int4": 10, "int8": 19}
SQL_NAME = {
    "bool": "boolean",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "num": "numeric(20,4)",
    "text": "text",
    "date": "date",
    "ts": "timestamp",
    "tstz": "timestamptz",
    "interval": "interval",
    "interval_any": "interval",
    "bytea": "bytea",
    "uuid": "uuid",
    "inet": "inet",
    "json": "json",
    "approx": "double precision",
    "numdiv": "numeric(20,4)",
    "list_int": "integer[]",
    "list_text": "text[]",
}


class ScopeColumn:
    """A column as a FROM clause offers it."""

    def __init__(self, alias, name, type, facts):
        self.alias = alias
        self.name = name
        self.type = type
        self.facts = facts

    def node(self):
        return Node([f"{self.alias}.{self.name}"], self.type, **self.facts)


def column_facts(column):
    facts = {}
    for name in ("bound", "scale", "digits", "sums"):
        value = getattr(column, name)
        if value is not None:
            facts[name] = value
    return facts


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def line_bound(line):
    """Fields of times and lengths are small numbers; casts may be anything."""
    small = ("length", "extract", "strpos", "position", "ascii", "regexp", "family", "masklen")
    if "epoch" in line.template or "::bigint" in line.template:
        return 2**62
    return 10**8 if line.template.lstrip("(").startswith(small) else 2**31


class Expressions:
    def __init__(self, rng, scope, queries=None, risky=False, shale_only=False):
        self.rng = rng
        self.scope = scope
        self.queries = queries  # subqueries come from there; None: no subqueries
        self.risky = risky
        self.shale_only = shale_only

    # ---- leaves ----

    def columns_of(self, type, accept=lambda facts: True):
        return [c for c in self.scope if c.type == type and accept(c.facts)]

    def literal(self, type):
        rng = self.rng
        if type == "bool":
            return Node([rng.choice(["true", "false", "NULL::boolean"])], type)
        if type in INTS:
            value = rng.choice([0, 1, 2, 3, 5, 7, -1, -4, 10, 100])
            text = f"({value})" if value < 0 else str(value)
            return Node(
                [text if type == "int4" else f"{text}::{SQL_NAME[type]}"], type, bound=abs(value)
            )
        if type == "num":
            text, scale, digits = rng.choice(
                [("1.5", 1, 2), ("0.25", 2, 2), ("10.00", 2, 4), ("3.1416", 4, 5)]
            )
            return Node([text], type, bound=float(text), scale=scale, digits=digits)
        if type in ("float4", "float8"):
            text = rng.choice(["0.5", "2", "-3.25", "100", "0.125"])
            return Node([f"'{text}'::{SQL_NAME[type]}"], type, bound=abs(float(text)), sums=True)
        text = {
            "text": ["'a'", "'b'", "''", "'de'", "'Pear'", "'éa'", "'10'", "'view'", "'purchase'"],
            "date": ["DATE '2024-02-29'", "DATE '2020-01-01'", "DATE '2024-03-03'"],
            "ts": ["TIMESTAMP '2024-03-02 12:00:00'", "TIMESTAMP '2021-12-31 23:59:59.999'"],
            "tstz": [
                "TIMESTAMPTZ '2024-03-02 12:00:00+00'",
                "TIMESTAMPTZ '2022-06-01 00:00:00-07'",
            ],
            "interval": ["INTERVAL '1 day'", "INTERVAL '2 hours'", "INTERVAL '1 month 3 days'"],
            "bytea": ["'\\x00ff'::bytea", "'\\x6162'::bytea"],
            "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid"],
            "inet": ["'10.1.2.3'::inet", "'10.0.0.0/8'::inet", "'::1'::inet"],
            "json": ["""'{"a": 5, "b": [1, 2]}'::json""", "'[1, \"x\"]'::json"],
        }[type]
        if rng.random() < 0.1:
            return Node([f"NULL::{SQL_NAME[type]}"], type)
        return Node([rng.choice(text)], type)

    def leaf(self, type):
        if type == "approx":
            return Node(["sqrt(abs(", self.small_float(), "))"], type)
        if type == "numdiv":
            return Node(["(", self.small_number(), " / 4)"], type)
        if type == "interval_any":
            return self.leaf("interval")
        if type in ("list_int", "list_text"):
            element = self.leaf("int4" if type == "list_int" else "text")
            return Node(["ARRAY[", element, "]"], type)
        columns = self.columns_of(type)
        if columns and self.rng.random() < 0.85:
            return self.rng.choice(columns).node()
        return self.literal(type)

    def mentions_column(self, node):
        text = node.render("shale")
        return any(f"{c.alias}.{c.name}" in text for c in self.scope)

    # ---- arguments ----

    def argument(self, kind, depth):
        rng = self.rng
        if kind == "count":
            return Node([str(rng.randint(0, 6))])
        if kind == "text2":
            return Node([quote(rng.choice(["a", "b", "", "xy", "é", ",", " ", "日本", "ab", "-"]))])
        if kind == "zone":
            return Node([quote(rng.choice(operators.ZONES))])
        if kind == "pattern":
            return Node([quote(rng.choice(operators.LIKE_PATTERNS))])
        if kind == "similar":
            return Node([quote(rng.choice(operators.SIMILAR))])
        if kind == "regexp":
            return Node([quote(rng.choice(operators.REGEXPS))])
        if kind == "int":
            return self.make(rng.choice(INTS), depth)
        if kind == "near":
            inner = self.make(rng.choice(INTS[:2]), depth)
            return Node(["(", inner, " % 100)"], inner.type, bound=99)
        if kind == "any":
            return self.make(rng.choice(operators.EXACT + operators.RARE), depth)
        if kind == "num_small":
            return self.small_number()
        if kind == "float8_small":
            return self.small_float()
        if kind == "float4_nonzero":
            return Node(["nullif(", self.leaf("float4"), ", 0)"], "float4")
        if kind == "isodate":
            return Node([rng.choice(["'2024-02-29'", "'1999-12-31'", "'2020-1-5'"])], "text")
        if kind == "list_json":
            return Node(["json_build_array(", self.make("int4", depth), ", 'x')"], "json")
        if kind == "text_plain":
            plain = [c for c in self.columns_of("text") if c.name in ("kt", "name", "c", "country")]
            return rng.choice(plain).node() if plain else Node(["'a%'"], "text")
        return self.make(kind, depth)

    def small_number(self):
        columns = self.columns_of(
            "num", lambda f: f.get("bound", 1e99) <= 1e6 and f.get("digits", 99) <= 18
        )
        return self.rng.choice(columns).node() if columns else self.literal("num")

    def small_float(self):
        rng = self.rng
        columns = self.columns_of("float8", lambda f: f.get("bound", 1e99) <= 1e6)
        columns += self.columns_of("float4", lambda f: f.get("bound", 1e99) <= 1e6)
        if columns and rng.random() < 0.8:
            return self._as_float8(rng.choice(columns))
        return self.literal("float8")

    def _as_float8(self, column):
        node = column.node()
        if column.type == "float8":
            return node
        return Node([node, "::double precision"], "float8", **node.facts)

    # ---- expressions ----

    def make(self, type, depth):
        """An expression of the type, at most so many levels deep."""
        rng = self.rng
        if depth <= 0 or rng.random() < 0.15:
            return self.leaf(type)
        ways = [(self.from_table, 6)]
        if type in INTS:
            ways += [(self.integer_arithmetic, 5), (self.choice, 2)]
        elif type == "num":
            ways = [(self.decimal_arithmetic, 5), (self.choice, 1)]
        elif type == "bool":
            ways = [
                (self.comparison, 6),
                (self.connective, 4),
                (self.from_table, 3),
                (self.null_test, 2),
                (self.membership, 2),
                (self.between, 1),
                (self.choice, 0.5),
            ]
        elif type not in operators.LOOSE:
            ways.append((self.choice, 2))
        if self.queries is not None and type not in operators.LOOSE:
            ways.append((self.subquery, 1.2 if type == "bool" else 0.3))
        way = rng.choices([w for w, _ in ways], [weight for _, weight in ways])[0]
        return way(type, depth)

    def from_table(self, type, depth):
        lines = [
            line
            for line in operators.OPERATORS[type]
            if (self.risky or not line.risky) and (self.shale_only or not line.shale_only)
        ]
        if self.risky and self.rng.random() < 0.6:
            lines = [line for line in lines if line.risky] or lines
        if not lines:
            return self.leaf(type)
        line = self.rng.choice(lines)
        template = line.template
        if "{unit}" in template:
            template = template.replace("{unit}", self.rng.choice(operators.UNITS))
        arguments = [self.argument(kind, depth - 1) for kind in line.arguments]
        values = [a for a in arguments if a.type is not None]
        if self.risky and not all(self.mentions_column(a) for a in values):
            # PostgreSQL folds constants: it fails where no row is, or does not look at what stands
            # beside a constant NULL.
            return self.leaf(type)
        parts = []
        at = 0
        while at < len(template):
            if template.startswith("{{", at) or template.startswith("}}", at):
                parts.append(template[at])
                at += 2
            elif template[at] == "{":
                parts.append(arguments[int(template[at + 1])])
                at += 3
            else:
                end = at
                while end < len(template) and template[end] not in "{}":
                    end += 1
                parts.append(template[at:end])
                at = end
        if template.startswith("{0}"):
            parts = ["(", *parts, ")"]
        facts = {"bound": min(line_bound(line), LIMIT[type])} if type in INTS else {}
        return Node(parts, type, **facts)

    def integer_arithmetic(self, type, depth):
        rng = self.rng
        left = self.make(type, depth - 1)
        lower = [t for t in INTS if INTS.index(t) <= INTS.index(type)]
        right = self.make(rng.choice(lower), depth - 1)
        a = left.facts.get("bound", LIMIT[left.type] + 1)
        b = right.facts.get("bound", LIMIT[right.type] + 1)
        op = rng.choice(
            ["+", "-", "*", "/", "%", "&", "|", "#", "~", "abs", "-x", "<<", ">>", "gcd", "mod"]
        )
        fits = {
            "+": a + b,
            "-": a + b,
            "*": a * b,
            "/": a + 1,
            "%": b,
            "mod": b,
            "&": LIMIT[type],
            "|": LIMIT[type],
            "#": LIMIT[type],
            "~": a + 1,
            "abs": a,
            "-x": a,
            ">>": a,
            "<<": a * 8,
            "gcd": max(a, b),
        }[op]
        if op == "/" and a > LIMIT[type]:
            fits = LIMIT[type] + 1  # the least number by -1
        if op in ("%", "mod", "&", "|", "#", "~", ">>"):
            fits = min(fits, LIMIT[type])
        if fits > LIMIT[type] and not self.risky:
            return left
        if op in "+-*":
            parts = ["(", left, f" {op} ", right, ")"]
        elif op in "/%":
            parts = ["(", left, f" {op} nullif(", right, ", 0))"]
        elif op == "mod":
            parts = ["mod(", left, ", nullif(", right, ", 0))"]
        elif op in "&|#":
            if right.type != type:
                return left
            parts = ["(", left, f" {op} ", right, ")"]
        elif op == "~":
            parts = ["(~ ", left, ")"]
        elif op == "abs":
            parts = ["abs(", left, ")"]
        elif op == "-x":
            parts = ["(- ", left, ")"]
        elif op in ("<<", ">>"):
            parts = ["(", left, f" {op} {rng.randint(0, 3)})"]
        else:
            if type == "int2":
                return left
            parts = ["gcd(", left, ", ", right, ")"]
        return Node(parts, type, bound=fits)

    def decimal_arithmetic(self, type, depth):
        rng = self.rng
        left = self.make("num", depth - 1)
        right = self.make(rng.choice(["num", "num", "int2", "int4"]), depth - 1)
        if right.type == "num" and "digits" not in right.facts or "digits" not in left.facts:
            return self.cast_decimal(left)
        p1, s1, a = left.facts["digits"], left.facts["scale"], left.facts["bound"]
        p2 = right.facts.get("digits", DIGITS.get(right.type))
        s2 = right.facts.get("scale", 0)
        b = right.facts.get("bound", LIMIT.get(right.type))
        scale = max(s1, s2)
        digits = max(p1 - s1, p2 - s2) + scale + 1
        op = rng.choice(
            ["+", "-", "*", "%", "abs", "-x", "round", "trunc", "floor", "ceil", "cast", "whole"]
        )
        if op in "+-" and digits <= 36:
            return Node(
                ["(", left, f" {op} ", right, ")"], type, bound=a + b, scale=scale, digits=digits
            )
        if op == "*" and p1 + p2 <= 36:
            return Node(
                ["(", left, " * ", right, ")"], type, bound=a * b, scale=s1 + s2, digits=p1 + p2
            )
        if op == "%" and digits <= 36:
            return Node(
                ["(", left, " % nullif(", right, ", 0))"], type, bound=b, scale=scale, digits=digits
            )
        if op == "abs":
            return Node(["abs(", left, ")"], type, **left.facts)
        if op == "-x":
            return Node(["(- ", left, ")"], type, **left.facts)
        if op in ("round", "trunc"):
            to = rng.randint(0, s1)
            return Node([f"{op}(", left, f", {to})"], type, bound=a + 1, scale=to, digits=p1 + 1)
        if op in ("floor", "ceil"):
            return Node([f"{op}(", left, ")"], type, bound=a + 1, scale=0, digits=p1 + 1)
        if op == "whole":
            whole = self.make(rng.choice(INTS[:2]), depth - 1)
            digits = DIGITS[whole.type]
            return Node(
                [whole, f"::numeric({digits},0)"],
                type,
                bound=whole.facts.get("bound", LIMIT[whole.type]),
                scale=0,
                digits=digits,
            )
        return self.cast_decimal(left)

    def cast_decimal(self, node, digits=20, scale=4):
        bound = node.facts.get("bound", 1e99)
        if bound >= 10 ** (digits - scale) - 1:
            return self.literal("num")
        parts = ["(", node, f")::numeric({digits},{scale})"]
        return Node(parts, "num", bound=bound + 1, scale=scale, digits=digits)

    def alike(self, type, depth, count):
        """Expressions that can stand in one column: decimals of one scale."""
        nodes = [self.make(type, depth) for _ in range(count)]
        return [self.cast_decimal(n) for n in nodes] if type == "num" else nodes

    def choice(self, type, depth):
        rng = self.rng
        count = rng.choice([2, 2, 3])
        nodes = self.alike(type, depth - 1, count)
        facts = {}
        if type in INTS:
            facts["bound"] = max(n.facts.get("bound", LIMIT[type]) for n in nodes)
        elif type == "num":
            facts = dict(nodes[0].facts, bound=max(n.facts["bound"] for n in nodes))
            facts["scale"] = max(n.facts["scale"] for n in nodes)
            facts["digits"] = 20
            if len({n.facts["scale"] for n in nodes}) > 1:
                return self.cast_decimal(nodes[0])
        how = rng.choice(["coalesce", "case", "case", "simple", "greatest", "least", "nullif"])
        if type in ("bool", "uuid", "bytea", "inet", "interval") and how in ("greatest", "least"):
            how = "case"
        if how == "coalesce" and self.risky:
            # A constant in front is all that PostgreSQL looks at, before it has read any row.
            nodes.sort(key=lambda node: not self.mentions_column(node))
        if how in ("coalesce", "greatest", "least"):
            return Node([f"{how}(", Items("", nodes, minimum=1), ")"], type, **facts)
        if how == "nullif":
            return Node(["nullif(", nodes[0], ", ", nodes[1], ")"], type, **facts)
        if how == "simple":
            subject_type = rng.choice(["int4", "text", "bool", "date"])
            subject = self.make(subject_type, depth - 1)
            parts = ["CASE ", subject]
            for node in nodes[:-1]:
                parts += [" WHEN ", self.literal(subject_type), " THEN ", node]
        else:
            parts = ["CASE"]
            for node in nodes[:-1]:
                parts += [" WHEN ", self.make("bool", depth - 1), " THEN ", node]
        if rng.random() < 0.8:
            parts.append(Node([" ELSE ", nodes[-1]], optional=True))
        return Node(parts + [" END"], type, **facts)

    # ---- conditions ----

    def comparable(self):
        return self.rng.choices(
            ["int2", "int4", "int8", "float4", "float8", "num", "text", "date", "ts", "tstz"]
            + ["bool", "interval", "bytea", "uuid", "inet"],
            [1, 4, 2, 1, 2, 2, 4, 2, 1, 2, 0.5, 0.7, 0.5, 0.5, 0.7],
        )[0]

    def comparison(self, type, depth):
        rng = self.rng
        op = rng.choice(
            ["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]
        )
        kind = self.comparable()
        other = kind
        numbers = INTS + ("float8", "num")
        if kind in numbers and rng.random() < 0.4:
            other = rng.choice(numbers)
        elif kind in ("date", "ts", "tstz") and rng.random() < 0.2:
            other = rng.choice(["date", "ts", "tstz"])
        left = self.make(kind, depth - 1)
        right = self.make(other, depth - 1) if rng.random() < 0.6 else self.literal(other)
        return Node(["(", left, f" {op} ", right, ")"], type)

    def connective(self, type, depth):
        op = self.rng.choice(["AND", "AND", "OR", "OR", "NOT"])
        if op == "NOT":
            return Node(["(NOT ", self.make("bool", depth - 1), ")"], type)
        items = [self.make("bool", depth - 1) for _ in range(self.rng.choice([2, 2, 3]))]
        return Node(["(", Items("", items, f" {op} ", minimum=1), ")"], type)

    def null_test(self, type, depth):
        rng = self.rng
        if rng.random() < 0.3:
            test = rng.choice(["TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN"])
            return Node(["(", self.make("bool", depth - 1), f" IS {test})"], type)
        inner = self.make(rng.choice(operators.EXACT + operators.RARE), depth - 1)
        return Node(["(", inner, rng.choice([" IS NULL", " IS NOT NULL"]), ")"], type)

    def membership(self, type, depth):
        rng = self.rng
        kind = self.comparable()
        items = [
            self.literal(kind) if rng.random() < 0.7 else self.make(kind, depth - 2)
            for _ in range(rng.randint(1, 4))
        ]
        left = self.make(kind, depth - 1)
        return Node(
            ["(", left, rng.choice([" IN (", " NOT IN ("]), Items("", items, minimum=1), "))"], type
        )

    def between(self, type, depth):
        kind = self.comparable()
        a, b, c = self.make(kind, depth - 1), self.make(kind, depth - 2), self.literal(kind)
        word = self.rng.choice([" BETWEEN ", " NOT BETWEEN ", " BETWEEN SYMMETRIC "])
        return Node(["(", a, word, b, " AND ", c, ")"], type)

    # ---- subqueries ----

    def subquery(self, type, depth):
        rng = self.rng
        if type != "bool":
            return self.queries.scalar(self.scope, type)
        how = rng.choice(["exists", "in", "in", "scalar", "any"])
        if how == "exists":
            query = self.queries.correlated(self.scope)
            return Node([rng.choice(["(EXISTS (", "(NOT EXISTS ("]), query, "))"], type)
        kind = rng.choice(["int4", "text", "int8", "date", "num"])
        left = self.make(kind, min(depth - 1, 1))
        if how == "scalar":
            right = self.queries.scalar(self.scope, kind)
            return Node(["(", left, rng.choice([" < ", " = ", " >= "]), right, ")"], type)
        query = self.queries.single_column(kind)
        word = rng.choice([" IN (", " NOT IN ("])
        if how == "any":
            word = rng.choice([" = ANY (", " <> ALL (", " < ANY (", " >= ALL (", " <> ANY ("])
        return Node(["(", left, word, query, "))"], type)
