"""The tree that generated SQL is kept in, so that a failing query can be made smaller.

A Node renders to SQL of one dialect: "shale" or "postgres" (they differ in table names alone). Its
parts are texts and nodes in turn. An expression states its type; a node marked optional may vanish;
Items is a list that may lose members.
"""


class Node:
    def __init__(self, parts, type=None, optional=False, **facts):
        self.parts = list(parts)
        self.type = type  # None: not an expression
        self.optional = optional
        self.facts = facts  # what the generator knows: bound, scale, digits

    def render(self, dialect):
        return "".join(p if isinstance(p, str) else p.render(dialect) for p in self.parts)

    def kids(self):
        """(index, node) of each child."""
        return [(i, p) for i, p in enumerate(self.parts) if isinstance(p, Node)]

    def with_part(self, index, part):
        parts = list(self.parts)
        parts[index] = part
        return self.like(parts)

    def like(self, parts):
        return Node(parts, self.type, self.optional, **self.facts)


class Items(Node):
    """Nodes with a separator between and a prefix before; nothing at all when empty."""

    def __init__(self, prefix, items, separator=", ", minimum=0, type=None):
        super().__init__(items, type)
        self.prefix = prefix
        self.separator = separator
        self.minimum = minimum

    def render(self, dialect):
        texts = [p if isinstance(p, str) else p.render(dialect) for p in self.parts]
        texts = [t for t in texts if t]
        return self.prefix + self.separator.join(texts) if texts else ""

    def like(self, parts):
        return Items(self.prefix, parts, self.separator, self.minimum, self.type)


class Table(Node):
    """A table's name: in Shale that of one of its copies, each in a physical state of its own."""

    def __init__(self, name, state):
        super().__init__([])
        self.name = name
        self.state = state

    def render(self, dialect):
        return f"{self.name}_{self.state}" if dialect == "shale" else self.name

    def like(self, parts):
        return Table(self.name, self.state)


class Query(Node):
    """A whole query. `order` has a direction for each output column: ordered by all of them, the
    answer is the same everywhere and LIMIT means something."""

    def __init__(self, parts, order=None, limit=None):
        super().__init__(parts, "query")
        self.order = order
        self.limit = limit

    def render(self, dialect):
        text = super().render(dialect)
        if self.order:
            types = output_types(self)
            directions = self.order[: len(types)]
            text += " ORDER BY " + ", ".join(f"{i + 1}{d}" for i, d in enumerate(directions))
        return text + (self.limit or "")

    def like(self, parts):
        return Query(parts, self.order, self.limit)

    def plain(self, order, limit):
        return Query(self.parts, order, limit)


def output_columns(node):
    """The Items of the select list that decides a query's columns."""
    for _, kid in node.kids():
        if isinstance(kid, Items) and kid.type == "select":
            return kid
        if kid.type in ("query", "body"):
            found = output_columns(kid)
            if found is not None:
                return found
    return None


def output_types(query):
    columns = output_columns(query)
    return [kid.type for _, kid in columns.kids()] if columns is not None else []


def states_used(node, found=None):
    found = set() if found is None else found
    if isinstance(node, Table):
        found.add(node.name)
    for _, kid in node.kids():
        states_used(kid, found)
    return found


def with_states(node, choose):
    """The same tree over other copies of the tables."""
    if isinstance(node, Table):
        return Table(node.name, choose(node.name))
    return node.like([p if isinstance(p, str) else with_states(p, choose) for p in node.parts])


def size(node):
    return 1 + sum(size(kid) for _, kid in node.kids())


LITERALS = {
    "bool": ["true", "false"],
    "int2": ["1::smallint"],
    "int4": ["1"],
    "int8": ["1::bigint"],
    "float4": ["1.5::real"],
    "float8": ["1.5::double precision"],
    "num": ["1.5"],
    "text": ["'a'"],
    "date": ["DATE '2024-01-31'"],
    "ts": ["TIMESTAMP '2024-01-31 10:00:00'"],
    "tstz": ["TIMESTAMPTZ '2024-01-31 10:00:00+00'"],
    "interval": ["INTERVAL '1 day'"],
}


def _descendants(node, depth):
    for _, kid in node.kids():
        yield kid
        if depth > 0:
            yield from _descendants(kid, depth - 1)


def smaller(node):
    """Trees with one thing taken away, the largest cuts first within each node."""
    if node.type is not None and not isinstance(node, Items):
        for kid in _descendants(node, 3):
            if kid.type == node.type and not isinstance(kid, Items):
                if isinstance(node, Query) and isinstance(kid, Query):
                    yield kid
                    yield kid.plain(node.order, node.limit)
                elif not isinstance(node, Query):
                    yield kid
        if size(node) > 1:
            for text in LITERALS.get(node.type, []):
                yield Node([text], node.type)
    if isinstance(node, Query):
        if node.limit:
            yield node.plain(node.order, None)
        elif node.order:
            yield node.plain(None, None)
    for index, kid in node.kids():
        if isinstance(node, Items) and len(node.parts) > node.minimum:
            yield node.like(node.parts[:index] + node.parts[index + 1 :])
        if kid.optional:
            yield node.with_part(index, "")
        for less in smaller(kid):
            yield node.with_part(index, less)
