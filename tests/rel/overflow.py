#!/usr/bin/env python3
"""Integer arithmetic at the edges of its types, against Python's integers without bounds.

    overflow.py SHALE_BINARY [--seed S] [--tenth]

Every arithmetic operator, bit operator, whole-number function and aggregate of the registry is
called with the least and greatest values of each integer type, of DECIMAL and of what lies beside
them, and with random values. An answer must be the true one; where the true one does not fit the
answer's type there must be an error. A name in the registry's headings Arithmetic, Bits, Math and
Aggregates that this rig knows nothing of is a miss, so that a new function has to say what it does.

Prints the seed and the figures, and exits with 1 unless wrapped=0 and unknown=0.
"""

import argparse
import math
import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from asking import ask  # noqa: E402

SIGNED = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
UNSIGNED = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64}
DECIMALS = ["DECIMAL(18,0)", "DECIMAL(38,0)"]
TYPES = list(SIGNED) + list(UNSIGNED) + DECIMALS


def bounds(name):
    """The least and greatest value of a type, as pg_typeof names it; None for other types."""
    name = name.strip().upper()
    if name in SIGNED:
        return -(1 << (SIGNED[name] - 1)), (1 << (SIGNED[name] - 1)) - 1
    if name in UNSIGNED:
        return 0, (1 << UNSIGNED[name]) - 1
    match = re.match(r"(DECIMAL|NUMERIC)(\((\d+)(,(\d+))?\))?$", name)
    if match:
        digits = int(match.group(3) or 38) - int(match.group(5) or 0)
        return 1 - 10**digits, 10**digits - 1
    return None


def quotient(a, b):
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


# What each does to whole numbers; None stands for an error of its own (division by zero).
BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: quotient(a, b) if b else None,
    "%": lambda a, b: a - b * quotient(a, b) if b else None,
}
BITS = {
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "#": lambda a, b: a ^ b,
}
PAIRS = {
    "div": lambda a, b: quotient(a, b) if b else None,
    "gcd": math.gcd,
    "lcm": math.lcm,
}
UNARY = {
    "-": lambda a: -a,
    "+": lambda a: a,
    "abs": abs,
    "sign": lambda a: (a > 0) - (a < 0),
    "ceil": lambda a: a,
    "floor": lambda a: a,
    "round": lambda a: a,
    "trunc": lambda a: a,
}


def rounded(a, digits):
    if digits >= 0:
        return a
    unit = 10**-digits
    return quotient(2 * abs(a) + unit, 2 * unit) * unit * (1 if a >= 0 else -1)


def cut(a, digits):
    return a if digits >= 0 else quotient(a, 10**-digits) * 10**-digits


DIGITS = {"round": rounded, "trunc": cut}

# Of the headings looked at, functions whose answers are no whole numbers of bounded width, or whose
# bounds are their arguments'.
NOT_WHOLE = set(
    "acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt cos cosd cosh cot cotd "
    "degrees exp gen_random_uuid isfinite isnan ln log log10 log2 pi power radians random sin sind "
    "sinh sqrt tan tand tanh width_bucket min_scale scale "
    "any_value approx_count_distinct approx_quantile approx_top_k arg_max arg_min array_agg avg "
    "bool_and bool_or corr covar_pop covar_samp first histogram json_agg json_object_agg jsonb_agg "
    "jsonb_object_agg last max median min mode percentile_cont percentile_disc quantile "
    "quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx "
    "regr_sxy regr_syy stddev_pop stddev_samp string_agg var_pop var_samp".split()
)
# Checked below under their own heads.
CHECKED = set("factorial bit_count ~ << >> sum count count_if bit_and bit_or bit_xor".split())


class Shifted:
    """A left shift's value, which is the one of its answer's width."""

    def __init__(self, value, shift):
        self.value = value << shift

    def within(self, low, high):
        width = (high - low).bit_length()
        bits = self.value & ((1 << width) - 1)
        return bits - (1 << width) if bits > high else bits


class Rig:
    def __init__(self, shale, seed, tenth):
        self.shale = shale
        self.random = random.Random(seed)
        self.tenth = tenth
        self.cases = []  # (expression, true value, or None for an error)
        self.unknown = []

    def edges(self, name, most=9):
        low, high = bounds(name)
        values = {low, low + 1, high, high - 1, 0, 1, 2, high // 2 + 1, math.isqrt(high)}
        if low < 0:
            values |= {-1, -2, low // 2, -math.isqrt(high)}
        values |= {self.random.randint(low, high) for _ in range(4)}
        values = sorted(v for v in values if low <= v <= high)
        if self.tenth:
            values = sorted(
                {low, high} | set(self.random.sample(values, min(most // 2, len(values))))
            )
        return values

    @staticmethod
    def literal(value, name):
        return f"CAST('{value}' AS {name})"

    def add(self, expression, value):
        self.cases.append((expression, value))

    def make(self):
        for a_type in TYPES:
            for b_type in TYPES:
                if a_type != b_type and self.random.random() > (0.15 if self.tenth else 0.5):
                    continue
                pairs = [(a, b) for a in self.edges(a_type) for b in self.edges(b_type)]
                for a, b in self.random.sample(pairs, min(len(pairs), 12 if self.tenth else 60)):
                    left, right = self.literal(a, a_type), self.literal(b, b_type)
                    decimal = a_type in DECIMALS or b_type in DECIMALS
                    for name, what in BINARY.items():
                        if name == "/" and decimal:
                            continue  # has digits after the point
                        self.add(f"{left} {name} {right}", what(a, b))
                    if a_type == b_type and not decimal:
                        for name, what in BITS.items():
                            self.add(f"{left} {name} {right}", what(a, b))
                    if a_type in ("INTEGER", "BIGINT") and b_type in ("INTEGER", "BIGINT"):
                        for name, what in PAIRS.items():
                            self.add(f"{name}({left}, {right})", what(a, b))
                    if decimal:
                        self.add(f"div({left}, {right})", PAIRS["div"](a, b))
        for name in TYPES:
            for a in self.edges(name):
                value = self.literal(a, name)
                for function, what in UNARY.items():
                    call = f"{function} {value}" if function in "+-" else f"{function}({value})"
                    self.add(call, what(a))
                for function, what in DIGITS.items():
                    for digits in (-40, -19, -5, -1, 0, 3):
                        self.add(f"{function}({value}, {digits})", what(a, digits))
                if name in DECIMALS:
                    continue
                low, high = bounds(name)
                bits = (high - low).bit_length()
                self.add(f"~ {value}", ~a if low < 0 else high - a)
                self.add(f"bit_count({value})", bin(a & ((1 << bits) - 1)).count("1"))
                for shift in (0, 1, bits - 1):
                    # Shifts are of bits: what leaves the type is gone, by definition.
                    self.add(f"{value} >> {shift}", a >> shift)
                    self.add(f"{value} << {shift}", Shifted(a, shift))
        for n in (0, 1, 20, 21, 33, 34, 100, 9223372036854775807):
            self.add(f"factorial(CAST({n} AS BIGINT))", math.factorial(n) if n < 1000 else 10**40)
        self.aggregates()

    def aggregates(self):
        for name in TYPES:
            low, high = bounds(name)
            for _ in range(2 if self.tenth else 12):
                edges = self.edges(name) * 3
                values = [
                    self.random.choice(edges) for _ in range(self.random.choice((1, 2, 9, 40)))
                ]
                rows = ", ".join(f"({self.literal(v, name)})" for v in values)
                self.add(f"(SELECT sum(x) FROM (VALUES {rows}) t(x))", sum(values))
                self.add(f"(SELECT sum(DISTINCT x) FROM (VALUES {rows}) t(x))", sum(set(values)))
                self.add(f"(SELECT count(x) FROM (VALUES {rows}) t(x))", len(values))
                self.add(
                    f"(SELECT count_if(x > 0) FROM (VALUES {rows}) t(x))",
                    sum(v > 0 for v in values),
                )
                numbered = ", ".join(
                    f"({i}, {self.literal(v, name)})" for i, v in enumerate(values)
                )
                self.add(
                    "(SELECT last(s) FROM (SELECT "
                    "sum(x) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) s "
                    f"FROM (VALUES {numbered}) t(n, x) ORDER BY n) u)",
                    (
                        sum(values)
                        if all(self.fits_sum(values[:i], name) for i in range(len(values)))
                        else None
                    ),
                )
                if name in DECIMALS:
                    continue
                for function, fold in (
                    ("bit_and", int.__and__),
                    ("bit_or", int.__or__),
                    ("bit_xor", int.__xor__),
                ):
                    folded = values[0]
                    for v in values[1:]:
                        folded = fold(folded, v)
                    self.add(f"(SELECT {function}(x) FROM (VALUES {rows}) t(x))", folded)
            # A sum that passes the bounds on its way and comes back.
            rows = ", ".join(
                f"({self.literal(v, name)})" for v in [high] * 3 + ([low] * 3 if low < 0 else [])
            )
            self.add(
                f"(SELECT sum(x) FROM (VALUES {rows}) t(x))", 3 * (high + (low if low < 0 else 0))
            )
        # Through the fast paths of a table: a million of the greatest.
        self.add(
            "(SELECT sum(x) FROM (SELECT CAST('9223372036854775807' AS BIGINT) AS x "
            "FROM generate_series(1, 100000)) t)",
            9223372036854775807 * 100000,
        )
        self.add(
            "(SELECT sum(x) FROM (SELECT CAST('99999999999999999999999999999999999999' AS "
            "DECIMAL(38,0)) AS x FROM generate_series(1, 1000)) t)",
            10**41,
        )

    @staticmethod
    def fits_sum(values, name):
        return abs(sum(values)) < 10**38

    def registry(self):
        text = subprocess.run(
            [self.shale, "functions"], capture_output=True, text=True, check=True
        ).stdout
        heading = ""
        known = set(BINARY) | set(BITS) | set(PAIRS) | set(UNARY) | NOT_WHOLE | CHECKED
        for line in text.splitlines():
            if line.startswith("## "):
                heading = line[3:]
            match = re.match(r"\| `((?:\\\||[^`])+)`", line)
            if match and heading in ("Arithmetic", "Bits", "Math", "Aggregates"):
                name = match.group(1).replace("\\|", "|")
                if name not in known:
                    self.unknown.append(name)

    def run(self):
        self.registry()
        self.make()
        wrapped = errors = answered = refused = 0
        for begin in range(0, len(self.cases), 4000):
            cases = self.cases[begin : begin + 4000]
            answers, shell = ask(
                self.shale,
                [f"SELECT x, pg_typeof(x) FROM (SELECT {expr} AS x) t" for expr, _ in cases],
            )
            if len(answers) != len(cases):
                print(
                    f"overflow: the shell ended early (exit code {shell.code}): {shell.err[-500:]}"
                )
                return 1
            for (expression, true), lines in zip(cases, answers):
                if not lines:
                    refused += 1
                    continue
                value, _, kind = lines[0].replace('"', "").partition(",")
                kind = kind.upper()
                fits = bounds(kind)
                answered += 1
                if isinstance(true, Shifted):
                    true = true.within(*fits)
                if kind.startswith(("DOUBLE", "REAL")):
                    if true is not None and math.isclose(float(value), true, rel_tol=1e-6):
                        continue
                elif true is not None and value.split(".")[0] not in ("", "NULL"):
                    if int(value.split(".")[0]) == true and (
                        fits is None or fits[0] <= true <= fits[1]
                    ):
                        continue
                wrapped += 1
                if wrapped <= 20:
                    print(f"overflow: {expression[:300]} gave {lines[0]}, the true value is {true}")
            # An error where the value would have fitted is no wrap, but is told.
            errors += sum(
                1
                for (expression, true), lines in zip(cases, answers)
                if not lines and isinstance(true, int) and -(2**7) <= true < 2**7
            )
        for name in self.unknown:
            print(f"overflow: nothing is known of the function {name}: add it to this rig")
        print(
            f"overflow: cases={len(self.cases)} answered={answered} refused={refused} "
            f"refused_small={errors} wrapped={wrapped} unknown={len(self.unknown)}"
        )
        return 1 if wrapped or self.unknown else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shale")
    parser.add_argument("--tenth", action="store_true", help="about a tenth of the cases")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"overflow: seed={options.seed}")
    return Rig(os.path.abspath(options.shale), options.seed, options.tenth).run()


sys.exit(main())
