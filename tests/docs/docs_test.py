#!/usr/bin/env python3
"""The documentation tells the truth.

    docs_test.py SHALE_BINARY SOURCE_FOLDER

1. In docs/*.md, docs/sql/*.md and README.md, a ```sql block followed by a ```text block is run
   in a database of the page's own (blocks in order) and must print exactly that text. Other
   ```sql blocks must run without error where the page marks itself with "<!-- run all sql -->".
2. Every function's example in shale_functions gives the result it states.
3. docs/functions.md is what `shale functions` prints.
4. The boxes of syntax say what the grammar says (tools/docs/syntax.py), and every rule that a
   statement begins with is in one.
5. Links between pages lead somewhere.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile


def shell(shale, database, sql, *options):
    return subprocess.run(
        [shale, "shell", "--db", database, "--create", *options, "-c", sql],
        capture_output=True,
        text=True,
    )


def check_page(shale, path, failures):
    text = open(path, encoding="utf-8").read()
    blocks = re.findall(r"```(\w*)\n(.*?)```", text, re.S)
    run_all = "<!-- run all sql -->" in text
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "docs.db")
        for i, (kind, body) in enumerate(blocks):
            if kind != "sql":
                continue
            want = blocks[i + 1][1] if i + 1 < len(blocks) and blocks[i + 1][0] == "text" else None
            if want is None and not run_all:
                continue
            done = shell(shale, database, body)
            ran += 1
            got = done.stdout if done.returncode == 0 else done.stdout + done.stderr
            if want is None:
                if done.returncode != 0:
                    failures.append(f"{path}:\n{body}\nfailed: {done.stderr}")
            elif [line.rstrip() for line in got.rstrip().split("\n")] != [
                line.rstrip() for line in want.rstrip().split("\n")
            ]:
                failures.append(f"{path}:\n{body}\nexpected:\n{want}\ngot:\n{got}")
    return ran


def check_syntax(source, failures):
    pages = sorted(glob.glob(f"{source}/docs/sql/*.md"))
    grammar = f"{source}/sql/grammar/ShaleParser.g4"
    done = subprocess.run(
        [sys.executable, f"{source}/tools/docs/syntax.py", "--check", grammar, *pages],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        failures.append(done.stdout + done.stderr)
    shown = set()
    for page in pages:
        for rules in re.findall(r"<!-- syntax: ([\w ]+) -->", open(page, encoding="utf-8").read()):
            shown.update(rules.split())
    statement = re.search(r"\nstatement\n(.*?);", open(grammar, encoding="utf-8").read(), re.S)[1]
    for rule in sorted(set(re.findall(r"\w+", statement)) - shown):
        failures.append(f"no page of docs/sql shows the syntax of {rule}")


def check_links(source, pages, failures):
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", open(page, encoding="utf-8").read()):
            if not os.path.exists(os.path.join(os.path.dirname(page), link)):
                failures.append(f"{page}: no file {link}")


def check_functions(shale, failures):
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "functions.db")
        done = shell(
            shale,
            database,
            "SELECT name, kind, example, example_result FROM shale_functions",
            "--mode",
            "tsv",
            "--no-header",
        )
        if done.returncode != 0:
            failures.append(done.stderr)
            return 0
        count = 0
        for line in done.stdout.split("\n")[:-1]:
            name, kind, example, want = [
                re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n"}.get(m[1], m[1]), field)
                for field in line.split("\t")
            ]
            if not example:
                failures.append(f"{name}: no example")
                continue
            if want in ("", "…", "..."):
                want = None  # what depends on the moment
            sql = (
                example
                if kind == "aggregate" or example.lower().startswith("select")
                else f"SELECT {example}"
            )
            done = shell(shale, database, sql, "--mode", "csv", "--no-header")
            count += 1
            got = done.stdout.rstrip("\n")
            if kind == "window":  # an answer a row
                got = " ".join(line or "NULL" for line in got.split("\n"))
            if got.startswith('"') and got.endswith('"'):
                got = got[1:-1].replace('""', '"')
            if done.returncode != 0:
                failures.append(f"{name}: {sql}\n{done.stderr}")
            elif want is not None and got != want and not (want == "NULL" and got == ""):
                failures.append(f"{name}: {sql}\n  expected {want}\n  got      {got}")
    return count


def main():
    shale, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    failures = []
    pages = sorted(glob.glob(f"{source}/docs/*.md") + glob.glob(f"{source}/docs/sql/*.md"))
    pages.append(f"{source}/README.md")
    ran = sum(check_page(shale, page, failures) for page in pages)
    check_syntax(source, failures)
    check_links(source, pages, failures)
    functions = check_functions(shale, failures)
    listed = subprocess.run([shale, "functions"], capture_output=True, text=True).stdout
    if listed != open(f"{source}/docs/functions.md", encoding="utf-8").read():
        failures.append(
            "docs/functions.md is stale: run `build/shale functions > docs/functions.md`"
        )
    for failure in failures:
        print(failure)
        print("-" * 40)
    print(f"docs: {ran} blocks and {functions} functions checked, {len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
