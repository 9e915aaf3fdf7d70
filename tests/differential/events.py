"""Checks that know what events are: sessions of users, time buckets, gaps filled, and approximate
answers held against exact ones within their bounds.

sessions        of all users, against PostgreSQL, or against those of the users for whom a
                condition on the user holds, does not hold, and is NULL (a user's session never
                leaves a part)
buckets         time_bucket against PostgreSQL's date_bin, or counts by a bucket against counts by
                a finer one rolled up
gaps            a row for every bucket between the first and the last, against PostgreSQL, or the
                sum of what was filled against the plain count
sketches        approx_count_distinct beside count(DISTINCT), approx_quantile by the share of rows
                below it, approx_top_k by the true counts; and the same count whatever the state of
                the table
"""

from dataset import STATES
from tree import Node, with_states

# A quantile of a sketch may be off by this share of the rows, and by one row.
QUANTILE_BOUND = 0.02

GAPS = ["10 minutes", "30 minutes", "1 hour", "6 hours"]
# Width, and a multiple of it.
WIDTHS = [("15 minutes", "1 hour"), ("1 hour", "1 day"), ("6 hours", "1 day"), ("1 day", "3 days")]
ORIGINS = ["2000-01-03 00:00:00+00", "2024-03-01 00:07:00+00", "2024-03-04 12:00:00+00"]


def _pieces(tree, dialect):
    """FROM and the condition."""
    return [part.render(dialect) for part in tree.parts]


def _sessions(source, where, gap):
    before = (
        "SELECT user_id, ts, id, price,"
        " lag(ts) OVER (PARTITION BY user_id ORDER BY ts, id) AS before"
        f" FROM {source} WHERE {where}"
    )
    numbered = (
        f"SELECT *, sum(CASE WHEN before IS NULL OR ts - before > INTERVAL '{gap}'"
        " THEN 1 ELSE 0 END)"
        f" OVER (PARTITION BY user_id ORDER BY ts, id) AS session FROM ({before}) AS stepped"
    )
    return (
        "SELECT user_id, session::bigint, min(ts), max(ts), count(*), sum(price)"
        f" FROM ({numbered}) AS numbered GROUP BY user_id, session"
    )


SESSION_TYPES = ["int8", "int8", "tstz", "tstz", "int8", "num"]


def _bucket(dialect, width, origin, value="ts"):
    name = {"shale": "time_bucket", "postgres": "date_bin"}[dialect]
    return f"{name}(INTERVAL '{width}', {value}, TIMESTAMPTZ '{origin}')"


def _counts(dialect, source, where, width, origin):
    bucket = _bucket(dialect, width, origin)
    return (
        f"SELECT {bucket} AS b, count(*) AS n, count(DISTINCT user_id) AS u, sum(price) AS p"
        f" FROM {source} WHERE {where} GROUP BY 1"
    )


def _filled(dialect, source, where, width, origin):
    counts = _counts(dialect, source, where, width, origin)
    return (
        f"WITH counts AS ({counts}) SELECT steps.b, coalesce(n, 0), coalesce(p, 0.00) FROM"
        " (SELECT generate_series(min(b), max(b),"
        f" INTERVAL '{width}') AS b FROM counts) AS steps LEFT JOIN counts ON counts.b = steps.b"
    )


class EventChecks:
    """Over one choice of tables; `case` is checks.Case."""

    def __init__(self, rng, queries, tables, case):
        self.rng = rng
        self.case = case
        table = next(t for t in tables if t.name == "events")
        self.source = queries.table_source(table)
        self.queries = queries

    def condition(self, user_only=False):
        scope = self.source.columns
        if user_only:
            scope = [c for c in scope if c.name == "user_id"]
        return self.queries.expressions(scope).make("bool", self.rng.choice([1, 2, 3]))

    def tree(self, condition):
        return Node([self.source.node, condition])

    def make(self, kind, condition, build, types):
        return self.case(kind, self.tree(condition), build, lambda tree: types)

    # ---- against PostgreSQL ----

    def difference(self):
        rng = self.rng
        gap, (width, _), origin = rng.choice(GAPS), rng.choice(WIDTHS), rng.choice(ORIGINS)
        which = rng.choice(["sessions", "buckets", "gaps"])

        def text(tree, dialect):
            source, where = _pieces(tree, dialect)
            if which == "sessions":
                return _sessions(source, where, gap)
            if which == "buckets":
                return _counts(dialect, source, where, width, origin)
            return _filled(dialect, source, where, width, origin)

        types = {
            "sessions": SESSION_TYPES,
            "buckets": ["tstz", "int8", "int8", "num"],
            "gaps": ["tstz", "int8", "num"],
        }[which]
        return self.make(
            which,
            self.condition(),
            lambda tree: tuple((d, text(tree, d)) for d in ("shale", "postgres")),
            types,
        )

    # ---- of Shale alone ----

    def check(self):
        return self.rng.choice(
            [
                self.session_parts,
                self.bucket_levels,
                self.gaps_add_nothing,
                self.distinct_counts,
                self.quantiles,
                self.most_frequent,
                self.sketch_states,
            ]
        )()

    def session_parts(self):
        gap = self.rng.choice(GAPS)

        def build(tree):
            source, where = _pieces(tree, "shale")
            parts = " UNION ALL ".join(
                _sessions(source, part, gap) for part in (where, f"NOT {where}", f"{where} IS NULL")
            )
            return (("shale", _sessions(source, "true", gap)), ("shale", parts))

        return self.make("sessions", self.condition(user_only=True), build, SESSION_TYPES)

    def bucket_levels(self):
        (fine, coarse), origin = self.rng.choice(WIDTHS), self.rng.choice(ORIGINS)

        def build(tree):
            source, where = _pieces(tree, "shale")
            select = "SELECT {0} AS b, {1}::bigint FROM {2} GROUP BY 1"
            below = (
                f"(SELECT {_bucket('shale', fine, origin)} AS ts, count(*) AS n"
                f" FROM {source} WHERE {where} GROUP BY 1) AS fine"
            )
            bucket = _bucket("shale", coarse, origin)
            return (
                ("shale", select.format(bucket, "count(*)", f"{source} WHERE {where}")),
                ("shale", select.format(bucket, "sum(n)", below)),
            )

        return self.make("buckets", self.condition(), build, ["tstz", "int8"])

    def gaps_add_nothing(self):
        (width, _), origin = self.rng.choice(WIDTHS), self.rng.choice(ORIGINS)

        def build(tree):
            source, where = _pieces(tree, "shale")
            filled = _filled("shale", source, where, width, origin)
            return (
                (
                    "shale",
                    f"SELECT count(DISTINCT {_bucket('shale', width, origin)}), count(*)"
                    f" FROM {source} WHERE {where}",
                ),
                (
                    "shale",
                    "SELECT count(*) FILTER (WHERE n > 0), coalesce(sum(n), 0)::bigint"
                    f" FROM ({filled}) AS filled(b, n, p)",
                ),
            )

        return self.make("gaps", self.condition(), build, ["int8", "int8"])

    def sketched(self):
        """What sketches look at, and what they are grouped by."""
        return (
            self.rng.choice(["id", "user_id", "url", "name", "ts", "price"]),
            self.rng.choice(["1", "site_id", "country", "name"]),
        )

    def distinct_counts(self):
        value, group = self.sketched()

        def build(tree):
            source, where = _pieces(tree, "shale")
            select = f"SELECT {group} AS g, {{}} FROM {source} WHERE {where} GROUP BY 1"
            if group == "1":
                select = f"SELECT 1 AS g, {{}} FROM {source} WHERE {where}"
            return (
                ("shale", select.format(f"approx_count_distinct({value})")),
                ("shale", select.format(f"count(DISTINCT {value})")),
            )

        return self.make("sketches", self.condition(), build, ["text", "sketch"])

    def quantiles(self):
        value = self.rng.choice(["id", "user_id", "price"])
        fraction = self.rng.choice(["0.01", "0.25", "0.5", "0.9", "0.99"])

        def build(tree):
            source, where = _pieces(tree, "shale")
            rows = f"(SELECT {value}::double precision AS x FROM {source} WHERE {where}) AS r"
            asked = f"(SELECT approx_quantile(x, {fraction}) AS q FROM {rows}) AS s"
            off = (
                "SELECT count(*) FROM"
                " (SELECT count(*) AS n, count(*) FILTER (WHERE x < q) AS below,"
                f" count(*) FILTER (WHERE x <= q) AS upto FROM {rows}, {asked}"
                " WHERE x IS NOT NULL) AS ranks WHERE n > 0 AND"
                f" (below - 1 > n * ({fraction} + {QUANTILE_BOUND})"
                f" OR upto + 1 < n * ({fraction} - {QUANTILE_BOUND}))"
            )
            return (("shale", off), ("shale", "SELECT 0::bigint"))

        return self.make("sketches", self.condition(), build, ["int8"])

    def most_frequent(self):
        value = self.rng.choice(["user_id", "name", "url", "country", "site_id"])
        most = self.rng.choice([1, 3, 10])

        def build(tree):
            source, where = _pieces(tree, "shale")
            top = f"(SELECT approx_top_k({value}, {most}) AS top FROM {source} WHERE {where}) AS t"
            return (
                (
                    "shale",
                    f"SELECT (entry ->> 'count')::bigint FROM {top},"
                    " json_array_elements(top) AS e(entry)",
                ),
                (
                    "shale",
                    f"SELECT count(*) FROM {source} WHERE {where} AND {value} IS NOT NULL"
                    f" GROUP BY {value} ORDER BY 1 DESC LIMIT {most}",
                ),
            )

        return self.make("sketches", self.condition(), build, ["int8"])

    def sketch_states(self):
        value, _ = self.sketched()
        state = self.rng.choice(STATES)

        def build(tree):
            texts = []
            for turned in (tree, with_states(tree, lambda name: state)):
                source, where = _pieces(turned, "shale")
                texts.append(
                    (
                        "shale",
                        f"SELECT approx_count_distinct({value}) FROM {source} WHERE {where}",
                    )
                )
            return tuple(texts)

        return self.make("sketches", self.condition(), build, ["int8"])
