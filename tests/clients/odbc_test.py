#!/usr/bin/env python3
"""psqlODBC: isql, and pyodbc's catalog calls, parameters and cursors."""

import datetime
import decimal
import glob
import os
import subprocess

import served

pyodbc = served.need("pyodbc")
ISQL = served.need_program("isql")
DRIVERS = glob.glob("/usr/lib/*/odbc/psqlodbcw.so")
if not DRIVERS:
    served.skip("psqlODBC (odbc-postgresql) is not installed")


class Odbc(served.ServedTest):
    """With and without UseDeclareFetch."""

    def connect(self, **more):
        """A connection without a DSN."""
        options = {
            "Driver": DRIVERS[0],
            "Servername": self.server.host,
            "Port": self.server.port,
            "Database": "shale",
            "UID": "ann",
            "PWD": "",
            **more,
        }
        return pyodbc.connect(";".join(f"{k}={v}" for k, v in options.items()))

    def test_isql(self):
        with open("odbc.ini", "w", encoding="utf-8") as file:
            file.write(
                f"[shale]\nDriver={DRIVERS[0]}\nServername={self.server.host}\n"
                f"Port={self.server.port}\nDatabase=shale\nUsername=ann\n"
            )
        env = dict(os.environ, ODBCINI=os.path.abspath("odbc.ini"))
        out = subprocess.run(
            [ISQL, "-b", "-d,", "shale"],
            env=env,
            capture_output=True,
            text=True,
            input="SELECT id, page FROM visits WHERE id < 3 ORDER BY id;\n" "help visits\n",
            check=False,
        )
        self.assertIn("1,/p1", out.stdout, out.stdout + out.stderr)
        self.assertIn("visits", out.stdout)

    def test_catalog(self):
        cursor = self.connect().cursor()
        tables = [row.table_name for row in cursor.tables(schema="public")]
        self.assertEqual(sorted(tables), ["pages", "visits"])
        columns = list(cursor.columns(table="visits"))
        self.assertEqual(
            [c.column_name for c in columns], ["id", "at", "page", "secs", "paid", "tags", "ok"]
        )
        self.assertEqual(list(cursor.primaryKeys(table="visits")), [])
        self.assertEqual(list(cursor.foreignKeys(table="visits")), [])
        list(cursor.statistics(table="visits"))
        list(cursor.procedures())
        list(cursor.getTypeInfo())

    def test_parameters(self):
        for fetch in (0, 1):
            connection = self.connect(UseDeclareFetch=fetch, Fetch=100)
            cursor = connection.cursor()
            cursor.execute(
                "SELECT id, paid, at, page FROM visits WHERE id <= ? AND page <> ? " "ORDER BY id",
                500,
                "/p3",
            )
            rows = cursor.fetchall()
            self.assertEqual(len(rows), 450)
            self.assertEqual(rows[0].paid, decimal.Decimal("1.00"))
            self.assertEqual(rows[0].at, datetime.datetime(2024, 1, 1, 0, 1))
            cursor.execute("SELECT count(*) FROM visits")
            self.assertEqual(cursor.fetchone()[0], 1000)
            connection.commit()
            connection.close()

    def test_writes(self):
        connection = self.connect()
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE made (k INTEGER, v VARCHAR(20))")
        cursor.executemany("INSERT INTO made VALUES (?, ?)", [(i, f"v{i}") for i in range(20)])
        connection.commit()
        cursor.execute("INSERT INTO made VALUES (99, 'x')")
        connection.rollback()
        self.assertEqual(cursor.execute("SELECT count(*) FROM made").fetchone()[0], 20)
        cursor.execute("DROP TABLE made")
        connection.commit()


if __name__ == "__main__":
    served.main()
