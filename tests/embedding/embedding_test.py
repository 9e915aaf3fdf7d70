#!/usr/bin/env python3
"""embedding_test.py PROGRAM SOURCE PAGE: the program runs, prints what it should, and is the one
that the page shows."""
import subprocess
import sys
import tempfile

program, source, page = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    code = file.read()
with open(page, encoding="utf-8") as file:
    text = file.read()
if "```cpp\n" + code + "```" not in text:
    sys.exit(f"{page} does not show {source} as it is: copy the file into its ```cpp block")

with tempfile.TemporaryDirectory() as folder:
    result = subprocess.run([program, folder + "/db"], capture_output=True, text=True, timeout=60)
print(result.stdout, result.stderr)
if result.returncode != 0:
    sys.exit(f"exit code {result.returncode}")
for expected in ["CREATE TABLE\n", "INSERT 0 4\n", "visitors: 3\n", "/  2\n/docs  1\n/pricing  1\n",
                 "SELECT 3: 3 rows\n", "page"]:
    if expected not in result.stdout:
        sys.exit(f"the output lacks {expected!r}")
