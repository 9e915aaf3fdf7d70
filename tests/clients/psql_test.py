#!/usr/bin/env python3
"""psql 15: the backslash commands, completion's queries, \\copy, scripts, errors, Ctrl-C."""

import os
import signal
import subprocess
import time

import served


class Psql(served.ServedTest):
    """Each test is a script."""

    def command(self, user, *options):
        """psql as that user, over TCP."""
        where = ["-h", self.server.host, "-p", str(self.server.port), "-U", user]
        return ["psql", "-X", *where, *options, "shale"]

    def psql(self, script, *options, check=True):
        """What psql prints for a script on standard input."""
        done = subprocess.run(
            self.command("ann", "-v", "ON_ERROR_STOP=1", *options),
            input=script,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("ERROR", done.stderr)
        return done.stdout if check else done.stdout + done.stderr

    def test_describe(self):
        out = self.psql("\\d\n\\dt\n\\dt+\n\\dv\n\\d visits\n\\d+ visits\n\\d pages\n\\d+ pages\n")
        self.assertIn("visits", out)
        self.assertIn("timestamp with time zone", out)
        self.assertIn("numeric(10,2)", out)
        self.assertIn("text[]", out)
        self.assertIn("not null", out)

    def test_lists(self):
        out = self.psql(
            "\\l\n\\dn\n\\dn+\n\\du\n\\df date_trunc\n\\df+ date_trunc\n\\dT int4\n"
            "\\db\n\\di\n\\ds\n\\dm\n\\dE\n\\dx\n\\dp\n\\dA\n\\dO\n\\dL\n\\dC\n\\dd\n"
            "\\drds\n\\dRp\n\\dRs\n\\det\n\\des\n\\dew\n\\deu\n\\dX\n\\dy\n\\dF\n\\do\n"
            "\\dc\n\\dg\n\\ddp\n\\dconfig\n\\sv pages\n\\conninfo\n\\encoding\n"
        )
        self.assertIn("public", out)
        self.assertIn("date_trunc", out)
        self.assertIn("UTF8", out)

    def test_completion(self):
        # As psql 15 asks them when Tab is pressed.
        for query in (
            "SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.relkind IN "
            "('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE 'vis%' AND "
            "pg_catalog.pg_table_is_visible(c.oid) AND c.relnamespace <> (SELECT oid FROM "
            "pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')\nUNION ALL\nSELECT NULL::"
            "pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE 'vis%' "
            "AND n.nspname NOT LIKE E'pg\\\\_%'\nLIMIT 1000",
            "SELECT a.attname, NULL::pg_catalog.text FROM pg_catalog.pg_attribute a, "
            "pg_catalog.pg_class c WHERE c.oid = a.attrelid AND a.attnum > 0 AND NOT "
            "a.attisdropped AND (a.attname) LIKE 'pa%' AND (c.relname) = 'visits' AND "
            "pg_catalog.pg_table_is_visible(c.oid)\nLIMIT 1000",
            "SELECT name FROM (SELECT pg_catalog.lower(name) AS name FROM pg_catalog.pg_settings "
            "WHERE context IN ('user', 'superuser') UNION ALL SELECT 'constraints' UNION ALL "
            "SELECT 'all') ss WHERE substring(name, 1, 4) = 'time'",
        ):
            self.assertTrue(self.psql(query + ";\n", "-At").strip(), query)

    def test_values(self):
        out = self.psql(
            "SELECT 1, 'a', NULL, 1.50, true, DATE '2024-02-29', "
            "INTERVAL '1 day 2 hours', ARRAY[1,2], '\\x00ff'::bytea;\n",
            "-At",
        )
        self.assertEqual(out, "1|a||1.50|t|2024-02-29|1 day 02:00:00|{1,2}|\\x00ff\n")
        out = self.psql("SELECT count(*), sum(secs), max(at) FROM visits;\n", "-At")
        self.assertEqual(out, "1000|125125|2024-01-01 16:40:00+00\n")

    def test_gdesc(self):
        out = self.psql("SELECT id, paid, at FROM visits \\gdesc\n", "-At")
        self.assertEqual(out, "id|bigint\npaid|numeric(10,2)\nat|timestamp with time zone\n")

    def test_copy(self):
        with open("rows.csv", "w", encoding="utf-8") as file:
            file.write('k,v\n1,"a,b"\n2,\n3,"say ""hi"""\n')
        out = self.psql(
            "CREATE TABLE kv (k INTEGER, v TEXT);\n"
            "\\copy kv FROM 'rows.csv' CSV HEADER\n"
            "\\copy (SELECT * FROM kv ORDER BY k) TO 'out.tsv'\n"
            "COPY kv (k) FROM STDIN;\n7\n8\n\\.\n"
            "SELECT count(*) FROM kv;\n"
            "\\copy kv TO 'all.csv' CSV\nDROP TABLE kv;\n",
            "-At",
        )
        self.assertIn("COPY 3", out)
        self.assertIn("COPY 2", out)
        with open("out.tsv", encoding="utf-8") as file:
            self.assertEqual(file.read(), '1\ta,b\n2\t\\N\n3\tsay "hi"\n')

    def test_copy_errors(self):
        out = self.psql(
            "CREATE TABLE bad (k INTEGER);\nCOPY bad FROM STDIN;\n1\nx\n\\.\n", check=False
        )
        self.assertIn('invalid input syntax for type integer: "x"', out)
        out = self.psql("SELECT count(*) FROM bad;\nDROP TABLE bad;\n", "-At")
        self.assertIn("0\n", out)

    def test_errors(self):
        out = self.psql("\\set VERBOSITY verbose\nSELECT nme\nFROM visits;\n", check=False)
        self.assertIn('42703: column "nme" does not exist', out)
        self.assertIn("LINE 1: SELECT nme", out)
        for sql, state in (
            ("SELEC 1", "42601"),
            ("SELECT * FROM nothing", "42P01"),
            ("SELECT nofunc(1)", "42883"),
            ("SELECT 1/0", "22012"),
            ("SELECT 'x'::int", "22P02"),
            ("SELECT 99999999999::int", "22003"),
            ("FETCH 1 FROM nocursor", "34000"),
            ("EXECUTE nostatement", "26000"),
        ):
            out = self.psql(f"\\set VERBOSITY sqlstate\n{sql};\n", check=False)
            self.assertIn(f"ERROR:  {state}", out, sql)

    def test_transactions(self):
        out = self.psql(
            "CREATE TABLE t (k INTEGER);\n"
            "BEGIN;\nINSERT INTO t VALUES (1);\nROLLBACK;\n"
            "BEGIN;\nINSERT INTO t VALUES (2);\nINSERT INTO t VALUES (3);\nCOMMIT;\n"
            "SELECT count(*) FROM t;\n",
            "-Atq",
        )
        self.assertEqual(out, "2\n")
        out = self.psql(
            "BEGIN;\nSELECT 1/0;\nSELECT 1;\nCOMMIT;\n", "-v", "ON_ERROR_STOP=0", check=False
        )
        self.assertIn("current transaction is aborted", out)
        self.assertIn("ROLLBACK", out)
        # Several statements of one text stand and fall together.
        self.psql("", "-c", "INSERT INTO t VALUES (4); SELECT 1/0", check=False)
        self.assertEqual(self.psql("SELECT count(*) FROM t; \n", "-Atq"), "2\n")
        self.psql("", "-c", "INSERT INTO t VALUES (4); INSERT INTO t VALUES (5)")
        self.assertEqual(self.psql("SELECT count(*) FROM t;\nDROP TABLE t;\n", "-Atq"), "4\n")

    def test_settings(self):
        out = self.psql(
            "SET timezone = 'Europe/Berlin';\n"
            "SELECT TIMESTAMPTZ '2024-07-01 12:00:00Z';\nSHOW timezone;\n"
            "RESET timezone;\nSHOW timezone;\nSHOW server_version_num;\n"
            "SET statement_timeout = '2s';\nSHOW statement_timeout;\n"
            "SET extra_float_digits = 3;\nSET DateStyle = 'ISO';\nDISCARD ALL;\n",
            "-Atq",
        )
        self.assertEqual(
            out.split("\n")[:5],
            ["2024-07-01 14:00:00+02", "Europe/Berlin", "UTC", "150000", "2000"],
        )

    def test_cursors(self):
        out = self.psql(
            "BEGIN;\nDECLARE c SCROLL CURSOR FOR SELECT id FROM visits ORDER BY id;\n"
            "FETCH 2 FROM c;\nFETCH PRIOR FROM c;\nFETCH LAST FROM c;\nFETCH NEXT FROM c;\n"
            "FETCH ABSOLUTE 5 FROM c;\nMOVE FORWARD 10 IN c;\nFETCH RELATIVE 1 FROM c;\n"
            "FETCH BACKWARD 2 FROM c;\nCLOSE c;\nCOMMIT;\n"
            "DECLARE h CURSOR WITH HOLD FOR SELECT id FROM visits ORDER BY id;\n"
            "FETCH 3 FROM h;\nCLOSE ALL;\n",
            "-Atq",
        )
        self.assertEqual(out.split(), "1 2 1 1000 5 16 15 14 1 2 3".split())

    def test_fetch_count(self):
        out = self.psql("\\set FETCH_COUNT 100\nSELECT id FROM visits ORDER BY id;\n", "-At")
        self.assertEqual(out.split(), [str(i) for i in range(1, 1001)])

    def test_cancel(self):
        process = subprocess.Popen(
            self.command(
                "ann",
                "-c",
                "SELECT count(*) FROM generate_series(1, 2000000) a, generate_series(1, 100000) b",
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        self.assertIn("canceling statement due to user request", err)

    def test_timeout(self):
        out = self.psql("SET statement_timeout = 200;\nSELECT pg_sleep(20);\n", check=False)
        self.assertIn("canceling statement due to statement timeout", out)

    def test_activity(self):
        out = self.psql(
            "SELECT state, usename, query LIKE '%activity%' FROM pg_stat_activity "
            "WHERE pid = pg_backend_pid();\n",
            "-At",
        )
        self.assertEqual(out, "active|ann|t\n")
        sleeper = subprocess.Popen(
            self.command("bob", "-c", "SELECT pg_sleep(30)"),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for _ in range(100):
                out = self.psql(
                    "SELECT pg_cancel_backend(pid) FROM shale_activity "
                    "WHERE user_name = 'bob' AND state = 'active';\n",
                    "-At",
                )
                if out.strip() == "t":
                    break
                time.sleep(0.05)
            _, err = sleeper.communicate(timeout=20)
            self.assertIn("canceling statement due to user request", err)
        finally:
            sleeper.kill()

    def test_folder_socket(self):
        out = subprocess.run(
            ["psql", "-X", "-h", self.server.folder, "-U", "shale", "-Atc", "SELECT current_user"],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual(out.stdout, "shale\n")
        path = os.path.join(self.server.folder, ".s.PGSQL.5432")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)


if __name__ == "__main__":
    served.main()
