"""Whether two answers agree, and the short list of differences that are meant.

A rule is named, cites the sentence of docs/sql.md that states it, and looks at nothing but one
value of a column whose type lets it apply: whatever else differs is unexplained.
"""

import collections
import decimal
import math
import re

decimal.getcontext().prec = 100

# name -> a sentence of docs/sql.md
RULES = {
    "float order": "The last digits of floating-point sums and of transcendental functions",
    "average": "`avg` is DOUBLE also of integers",
    "decimal quotient": "A quotient of DECIMALs has",
    "negative zero": "0 and -0 are equal",
    "approximate count": "`approx_count_distinct` is nearly always within 5 %",
}

# Errors of Shale that state a limit: a part of the message -> a sentence of docs/sql.md or
# docs/limits.md that states the same.
LIMITS = {}


class Verdict:
    def __init__(self, status, rules=(), detail="", kind=""):
        self.status = status  # "agree", "both error", "explained", "unexplained"
        self.rules = rules
        self.detail = detail
        self.kind = (
            kind  # of what is unexplained: "crash", "left error", "right error", "rows", "refused"
        )


def _float(text):
    try:
        return float(text)
    except ValueError:
        return None


def _close(left, right, relative, absolute):
    a, b = _float(left), _float(right)
    if a is None or b is None:
        return False
    return a == b or math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def _quotient_rule(left, right):
    """Equal to the digits of the side that has fewer, give or take the last."""
    try:
        a, b = decimal.Decimal(left), decimal.Decimal(right)
    except decimal.InvalidOperation:
        return False
    scale = min(-a.as_tuple().exponent, -b.as_tuple().exponent)
    return abs(a - b) <= decimal.Decimal(1).scaleb(-scale)


def _explain(type, left, right):
    """The rule that makes two values alike, "" when they are the same, None when none does."""
    if left == right:
        return ""
    if "\\N" in (left, right):
        return None
    if type == "approx" and _close(left, right, 1e-9, 1e-9):
        return "float order"
    if type == "avg" and _close(left, right, 1e-15, 0):
        return "average"
    if type == "numdiv" and _quotient_rule(left, right):
        return "decimal quotient"
    if type in ("float4", "float8", "approx") and {left, right} == {"0", "-0"}:
        return "negative zero"
    if type == "sketch" and abs(int(left) - int(right)) <= max(2, 0.08 * int(right)):
        return "approximate count"
    return None


LOOSE = ("approx", "avg", "numdiv", "sketch")


def _exact_key(types, row):
    """The values that must be the same; -0 and 0 may stand for each other."""
    return tuple(
        "" if type in LOOSE else "0" if value == "-0" else value for type, value in zip(types, row)
    )


def _loose_key(types, row):
    key = []
    for type, value in zip(types, row):
        if type in LOOSE:
            number = _float(value)
            bad = number is None or math.isnan(number)
            key.append((bad, 0.0 if bad else number, value if bad else ""))
    return key


def _row_rules(types, left, right):
    """The rules that make two rows alike, or None."""
    if len(left) != len(types) or len(right) != len(types):
        return None
    rules = {_explain(*values) for values in zip(types, left, right)}
    return None if None in rules else rules - {""}


def _pair(types, left, right):
    """Rules that pair up two groups of rows whose exact values are alike, or None."""
    left = sorted(left, key=lambda row: _loose_key(types, row))
    right = sorted(right, key=lambda row: _loose_key(types, row))
    rules = set()
    rest = []
    for a, b in zip(left, right):
        found = _row_rules(types, a, b)
        if found is None:
            rest.append((a, b))
        else:
            rules |= found
    # What sorts otherwise by its last digits.
    others = [b for _, b in rest]
    for a, _ in rest:
        for index, b in enumerate(others):
            found = _row_rules(types, a, b)
            if found is not None:
                rules |= found
                del others[index]
                break
        else:
            return None
    return rules


def _compare_rows(types, left, right, ordered):
    if left == right or not ordered and sorted(left) == sorted(right):
        return Verdict("agree")
    unexplained = Verdict("unexplained", kind="rows")
    unexplained.detail = _first_difference(left, right, ordered)
    if len(left) != len(right):
        return unexplained
    rows_left = [tuple(line.split("\t")) for line in left]
    rows_right = [tuple(line.split("\t")) for line in right]
    rules = set()
    if ordered:
        for a, b in zip(rows_left, rows_right):
            found = _row_rules(types, a, b)
            if found is None:
                return unexplained
            rules |= found
        return Verdict("explained", sorted(rules))
    groups = collections.defaultdict(lambda: ([], []))
    for side, rows in enumerate((rows_left, rows_right)):
        for row in rows:
            groups[_exact_key(types, row)][side].append(row)
    for some_left, some_right in groups.values():
        found = None
        if len(some_left) == len(some_right):
            found = _pair(types, some_left, some_right)
        if found is None:
            return unexplained
        rules |= found
    return Verdict("explained", sorted(rules))


def _first_difference(left, right, ordered):
    text = f"{len(left)} rows against {len(right)}"
    if not ordered:
        rest = list(right)
        only_left = []
        for line in left:
            if line in rest:
                rest.remove(line)
            else:
                only_left.append(line)
        left, right = sorted(only_left), sorted(rest)
    for index in range(max(len(left), len(right))):
        a = left[index] if index < len(left) else "(no row)"
        b = right[index] if index < len(right) else "(no row)"
        if a != b:
            return f"{text}; {a!r} against {b!r}"
    return text


def compare(case, left, right):
    """The verdict on the two outcomes of a Case."""
    if left.crash or right.crash:
        return Verdict("unexplained", detail=left.error or right.error, kind="crash")
    if left.error and right.error:
        if (right.state or "").startswith("42"):
            detail = f"the generator made what PostgreSQL refuses: {right.error}"
            return Verdict("unexplained", detail=detail, kind="refused")
        if left.error.startswith("line "):  # what it says of texts, not of values
            return Verdict("unexplained", detail=left.error, kind="refused")
        return Verdict("both error", rules=[right.state or "error"])
    if left.error or right.error:
        for part in LIMITS:
            if left.error and re.search(part, left.error):
                return Verdict("explained", [part])
        # With the error's first words, so that shrinking does not drift to another one.
        kind = f"left error {left.error[:15]}" if left.error else f"right error {right.error[:15]}"
        return Verdict("unexplained", detail=left.error or right.error, kind=kind)
    ordered = getattr(case.tree, "order", None) is not None
    return _compare_rows(case.types(case.tree), left.rows, right.rows, ordered)
