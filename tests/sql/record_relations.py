#!/usr/bin/env python3
"""Writes sql/catalog/postgres_relations.cc (the names, ids and columns of PostgreSQL 15's own
catalogs) or postgres_types.cc (its base types), read from a running server:
record_relations.py relations|types HOST PORT > sql/catalog/postgres_WHAT.cc"""

import subprocess
import sys

LETTERS = {
    "oid": "o",
    "xid": "o",
    "regproc": "o",
    "regtype": "o",
    "smallint": "s",
    "integer": "i",
    "information_schema.cardinal_number": "i",
    "bigint": "l",
    "numeric": "l",
    "boolean": "b",
    "real": "r",
    "double precision": "d",
    "timestamp with time zone": "z",
    "information_schema.time_stamp": "z",
    "interval": "v",
    "inet": "n",
    "bytea": "y",
    "oidvector": "O",
    "oid[]": "O",
    "regtype[]": "O",
    "int2vector": "S",
    "smallint[]": "S",
    "name[]": "T",
    "text[]": "T",
    "aclitem[]": "T",
    '"char"[]': "T",
    "real[]": "R",
    "double precision[]": "D",
    "boolean[]": "B",
}
QUERY = """
SELECT CASE nspname WHEN 'pg_catalog' THEN '' ELSE nspname || '.' END || relname, c.oid, relkind,
       string_agg(attname || '=' || format_type(atttypid, NULL) ||
                  CASE WHEN attnotnull THEN '!' ELSE '' END, ',' ORDER BY attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relkind IN ('r', 'v') AND nspname IN ('pg_catalog', 'information_schema')
GROUP BY 1, 2, 3 ORDER BY 1
"""
HEAD = """// PostgreSQL 15's own catalogs: what each is called, its id, its kind, its columns.
// Written by tests/sql/record_relations.py from a running server; catalog_relations.h reads it.
#include "sql/catalog/catalog_relations.h"

namespace shale {

// A column is NAME=LETTER: o oid, s smallint, i integer, l bigint, b boolean, r real, d double,
// z timestamptz, v interval, n inet, y bytea, t text; a capital is an array of it; ! says NOT NULL.
const PostgresRelation kPostgresRelations[] = {
"""


NAMES = (
    "bool|bytea|char|name|int8|int2|int2vector|int4|regproc|text|oid|tid|xid|cid|oidvector|json|"
    "jsonb|float4|float8|varchar|bpchar|date|time|timestamp|timestamptz|interval|timetz|numeric|"
    "uuid|inet|cidr|regclass|regtype|regnamespace|regrole|record|any|anyarray|anyelement|void|"
    "unknown|cstring|trigger|aclitem|pg_node_tree|refcursor|money|bit|varbit|xml"
)
TYPES = """
SELECT oid, typname, typlen, typbyval, typtype, typcategory, typispreferred, typelem, typarray,
       typinput::oid, typoutput::oid, typreceive::oid, typsend::oid, typinput, typoutput,
       typreceive, typsend, typalign, typstorage, typcollation
FROM pg_type
WHERE typnamespace = 11 AND typname ~ ('^_?(' || NAMES || ')$')
ORDER BY oid
"""
TYPES_HEAD = """// PostgreSQL 15's base types as its pg_type has them.
// Written by tests/sql/record_relations.py from a running server.
#include "sql/catalog/catalog_relations.h"

namespace shale {

const PostgresType kPostgresTypes[] = {
"""


def ask(query):
    """The rows of a query, each a list of texts."""
    done = subprocess.run(
        ["psql", "-h", sys.argv[2], "-p", sys.argv[3], "-U", "postgres", "-At", "-c", query],
        check=True,
        capture_output=True,
        text=True,
    )
    return [row.split("|") for row in done.stdout.splitlines()]


def write_types():
    """postgres_types.cc on standard output."""
    print(TYPES_HEAD, end="")
    for row in ask(TYPES.replace("NAMES", f"'{NAMES}'")):
        oid, name, length, byval, kind, category, preferred, element, array, *rest = row
        ids, names, tail = rest[:4], rest[4:8], rest[8:]
        flags = ", ".join("true" if flag == "t" else "false" for flag in (byval, preferred))
        names = ", ".join('"' + ("" if n == "-" else n) + '"' for n in names)
        print(
            f"    {{{oid}, \"{name}\", {length}, {flags}, '{kind}', '{category}', {element}, "
            f"{array},\n     {{{', '.join(ids)}}},\n     {{{names}}},\n     '{tail[0]}', "
            f"'{tail[1]}', {tail[2]}}},"
        )
    print("};\nconst size_t kNumPostgresTypes = std::size(kPostgresTypes);\n")
    print("}  // namespace shale")


def main():
    if sys.argv[1] == "types":
        write_types()
        return
    print(HEAD, end="")
    for row in ask(QUERY):
        name, oid, kind, columns = row
        coded = []
        for column in columns.split(","):
            label, kind_name = column.split("=")
            required = kind_name.endswith("!")
            letter = LETTERS.get(kind_name.rstrip("!"), "t")
            coded.append(f"{label}={letter}" + ("!" if required else ""))
        print(f"    {{\"{name}\", {oid}, '{kind}',")
        line = ""
        for position, column in enumerate(coded):
            piece = column + (" " if position + 1 < len(coded) else "")
            if len(line) + len(piece) > 90:
                print(f'     "{line}"')
                line = ""
            line += piece
        print(f'     "{line}"}},')
    print("};\nconst size_t kNumPostgresRelations = std::size(kPostgresRelations);\n")
    print("}  // namespace shale")


if __name__ == "__main__":
    main()
