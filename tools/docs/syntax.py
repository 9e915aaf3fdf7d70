#!/usr/bin/env python3
"""Syntax in the documentation, drawn from the grammar.

    syntax.py [--check] GRAMMAR PAGE…

After a line "<!-- syntax: rule rule … -->" a page has a ```syntax block: what those rules of the
grammar say. This script writes the blocks anew; with --check it only tells which are stale.

[x] may be left out, { a | b } is a choice, "x, …" is one x or more with commas between. Names in
lower case are rules: of the same page, of another, or a name or a value of that kind.
"""

import re
import sys

SYMBOLS = {
    "LPAREN": "(",
    "QPAREN": "(",
    "RPAREN": ")",
    "LBRACKET": "'['",
    "RBRACKET": "']'",
    "COMMA": ",",
    "DOT": ".",
    "COLON": ":",
    "ARROW": "=>",
    "TYPECAST": "::",
    "EQ": "=",
    "NE": "<>",
    "LT": "<",
    "GT": ">",
    "LE": "<=",
    "GE": ">=",
    "PLUS": "+",
    "MINUS": "-",
    "STAR": "*",
    "SLASH": "/",
    "PERCENT": "%",
    "CARET": "^",
    "TILDE": "~",
    "OPERATOR": "operator",
    "SEMI": ";",
    "NUMBER": "number",
    "STRING": "'text'",
    "PARAM": "$n",
    "IDENT": "name",
    "MULTIWORD_TYPE": "type",
    "VALUES_LIST": "VALUES (value, …), …",
    "LITERAL_LIST": "literal, …",
    "ROW_CONSTRUCTOR": "ROW",
    "CHANGE_WITH": "WITH",
}
# Rules that are shown as what they stand for.
PLAIN = {
    "identifier": "name",
    "columnLabel": "name",
    "qualifiedName": "name",
    "identifierList": "name, …",
    "exprList": "expr, …",
    "sortItems": "sort_item, …",
    "fromItems": "table_ref, …",
    "anyToken": "…",
    "anyWord": "word",
    "typeName": "type",
}
WIDTH = 100


def read_rules(path):
    text = re.sub(r"//[^\n]*", "", open(path, encoding="utf-8").read())
    text = text[text.index("singleStatement") :]
    return {m[1]: m[2] for m in re.finditer(r"(\w+)\s*:(.*?)\s;\s", text + "\n", re.S)}


def tokens_of(body):
    return re.findall(r"\w+\s*=(?=[\w(])|\w+|[()|?*+]", body)


class Reader:
    """A rule's body as nested tuples: ("choice", …), ("row", …), ("maybe", x), ("many", x)."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def choice(self):
        options = [self.row()]
        while self.peek() == "|":
            self.at += 1
            options.append(self.row())
        return options[0] if len(options) == 1 else ("choice", options)

    def row(self):
        items = []
        while self.peek() not in (None, "|", ")"):
            item = self.item()
            if item is not None:
                items.append(item)
        return ("row", items)

    def item(self):
        token = self.tokens[self.at]
        self.at += 1
        if token.endswith("="):  # a label
            return self.item()
        if token == "(":
            item = self.choice()
            self.at += 1
        else:
            item = token
        while self.peek() in ("?", "*", "+"):
            item = ({"?": "maybe", "*": "many", "+": "some"}[self.tokens[self.at]], item)
            self.at += 1
        return item


def word(token):
    if token in SYMBOLS:
        return SYMBOLS[token]
    if token.startswith("K_"):
        return token[2:]
    if token in PLAIN:
        return PLAIN[token]
    return re.sub(r"(?<=[a-z])([A-Z])", lambda m: "_" + m[1].lower(), token)


def is_comma_tail(item, before):
    """(COMMA x)* behind x."""
    if not (isinstance(item, tuple) and item[0] == "many"):
        return False
    inner = item[1]
    return inner[0] == "row" and len(inner[1]) == 2 and inner[1] == ["COMMA", before]


def show(node, inside=False):
    if isinstance(node, str):
        return word(node)
    kind, value = node
    if kind == "choice":
        # What differs in nothing that is shown is one choice.
        options = list(dict.fromkeys(show(option) for option in value))
        if len(options) == 1:
            return options[0]
        text = " | ".join(options)
        return text if inside else "{ " + text + " }"
    if kind == "row":
        parts = []
        for i, item in enumerate(value):
            if i > 0 and is_comma_tail(item, value[i - 1]):
                parts[-1] += ", …" if not parts[-1].endswith("…") else ""
                continue
            parts.append(show(item))
        text = " ".join(part for part in parts if part)
        text = re.sub(r" ?(\.) ?", r"\1", text) if "." in text and "…" not in text else text
        return re.sub(r"\( ", "(", re.sub(r" (\)|,)", r"\1", text))
    if kind == "maybe":
        return "[" + show(value, True) + "]"
    if kind == "many":
        return "[" + show(value, True) + "] …"
    return show(value) + " …"


def wrapped(text, indent):
    """Lines of at most WIDTH columns, broken between outermost parts where that is possible."""
    lines, line, depth = [], "", 0
    for part in text.split(" "):
        if line and len(indent) + len(line) + 1 + len(part) > WIDTH:
            lines.append(line)
            line = "    " + part
        else:
            line = f"{line} {part}" if line else part
    lines.append(line)
    return [indent + line for line in lines]


def describe(rules, name):
    if name not in rules:
        sys.exit(f"the grammar has no rule {name}")
    node = Reader(tokens_of(rules[name])).choice()
    title = word(name) if name not in PLAIN else name
    lines = [f"{title}:"]
    options = node[1] if node[0] == "choice" else [node]
    seen = set()
    for option in options:
        text = show(option)
        if text in seen:
            continue
        seen.add(text)
        lines += wrapped(text, "    ")
    return lines


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    check = len(arguments) < len(sys.argv) - 1
    rules = read_rules(arguments[0])
    stale = []
    for path in arguments[1:]:
        text = open(path, encoding="utf-8").read()

        def block(match):
            lines = []
            for name in match[1].split():
                lines += ([""] if lines else []) + describe(rules, name)
            return f"<!-- syntax: {match[1]} -->\n```syntax\n" + "\n".join(lines) + "\n```\n"

        fresh = re.sub(
            r"<!-- syntax: ([\w ]+?) -->\n(?:```syntax\n.*?```\n)?", block, text, flags=re.S
        )
        if fresh == text:
            continue
        stale.append(path)
        if not check:
            open(path, "w", encoding="utf-8").write(fresh)
    if check and stale:
        print("stale syntax, run tools/docs/syntax.py:", *stale)
        sys.exit(1)


if __name__ == "__main__":
    main()
