"""Makes a failing case smaller while it still fails in the same way: first the query, then the rows
and columns of its tables."""

import copy
import re
import time

from tree import size, smaller, states_used

BATCH = 60


class Shrinker:
    """`judge(cases, tables)` gives a Verdict for each case over these tables."""

    def __init__(self, judge, budget_s):
        self.judge = judge
        self.deadline = time.monotonic() + budget_s

    def late(self):
        return time.monotonic() > self.deadline

    def shrink(self, case, tables, kind):
        case = self._shrink_query(case, tables, kind)
        return case, self._shrink_tables(case, tables, kind)

    def _still(self, verdict, kind):
        return verdict.status == "unexplained" and verdict.kind == kind

    def _shrink_query(self, case, tables, kind):
        while not self.late():
            candidates = sorted(
                (case.with_tree(tree) for tree in smaller(case.tree)), key=lambda c: size(c.tree)
            )
            seen = {case.texts()}
            unique = []
            for candidate in candidates:
                try:
                    texts = candidate.texts()
                except (IndexError, AttributeError):
                    continue  # a piece that the check needs was taken away
                if texts not in seen:
                    seen.add(texts)
                    unique.append(candidate)
            found = None
            for at in range(0, len(unique), BATCH):
                some = unique[at : at + BATCH]
                verdicts = self.judge(some, tables)
                found = next((c for c, v in zip(some, verdicts) if self._still(v, kind)), None)
                if found is not None or self.late():
                    break
            if found is None:
                return case
            case = found
        return case

    def _holds(self, case, tables, kind):
        return self._still(self.judge([case], tables)[0], kind)

    def _shrink_tables(self, case, tables, kind):
        used = states_used(case.tree)
        texts = " ".join(text for _, text in case.texts())
        tables = [copy.copy(table) for table in tables if table.name in used]
        # Columns that are not mentioned.
        narrow = [copy.copy(table) for table in tables]
        for table in narrow:
            keep = [
                i
                for i, c in enumerate(table.columns)
                if i == 0 or re.search(rf"\.{c.name}\b", texts) or c.name == "ts"
            ]
            table.columns = [table.columns[i] for i in keep]
            table.rows = [[row[i] for i in keep] for row in table.rows]
            names = {c.name for c in table.columns}
            table.options = {
                state: tail if _names_of(tail) <= names else re.sub(r" ORDER BY \(.*\)", "", tail)
                for state, tail in table.options.items()
            }
        if not self.late() and self._holds(case, narrow, kind):
            tables = narrow
        for table in tables:
            chunk = max(1, len(table.rows) // 2)
            while not self.late():
                at = 0
                while at < len(table.rows) and not self.late():
                    whole = table.rows
                    table.rows = whole[:at] + whole[at + chunk :]
                    if self._holds(case, tables, kind):
                        continue
                    table.rows = whole
                    at += chunk
                if chunk == 1:
                    break
                chunk = max(1, chunk // 2)
        return tables


def _names_of(tail):
    found = re.search(r"ORDER BY \((.*)\)", tail)
    return {name.strip() for name in found.group(1).split(",")} if found else set()
