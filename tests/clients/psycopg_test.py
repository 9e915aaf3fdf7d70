#!/usr/bin/env python3
"""psycopg2 and psycopg 3: types both ways, named cursors, pipelines, COPY."""

import datetime
import decimal
import io
import uuid

import served

psycopg2 = served.need("psycopg2")
psycopg = served.need("psycopg")

VALUES = [
    ("BOOLEAN", True),
    ("SMALLINT", -5),
    ("INTEGER", 70000),
    ("BIGINT", 1 << 40),
    ("DOUBLE PRECISION", 1.25),
    ("NUMERIC(12,3)", decimal.Decimal("-12345.678")),
    ("TEXT", "grüße"),
    ("DATE", datetime.date(2024, 2, 29)),
    ("TIMESTAMP", datetime.datetime(2024, 1, 2, 3, 4, 5, 600000)),
    ("TIMESTAMPTZ", datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)),
    ("INTERVAL", datetime.timedelta(days=1, hours=2)),
    ("UUID", uuid.UUID("12345678-1234-5678-1234-567812345678")),
    ("BYTEA", b"\x00\xff"),
    ("INTEGER[]", [1, 2, 3]),
    ("TEXT[]", ["a", "b c"]),
]


class Psycopg2(served.ServedTest):
    """The simple protocol."""

    def setUp(self):
        self.connection = psycopg2.connect(self.server.url())

    def tearDown(self):
        self.connection.close()

    def test_types(self):
        psycopg2.extras = __import__("psycopg2.extras").extras
        psycopg2.extras.register_uuid()
        with self.connection.cursor() as cursor:
            for kind, value in VALUES:
                cursor.execute(f"SELECT %s::{kind}", (value,))
                got = cursor.fetchone()[0]
                self.assertEqual(bytes(got) if kind == "BYTEA" else got, value, kind)

    def test_named_cursor(self):
        cursor = self.connection.cursor("named")
        cursor.itersize = 100
        cursor.execute("SELECT id FROM visits ORDER BY id")
        self.assertEqual([row[0] for row in cursor], list(range(1, 1001)))

    def test_definition_in_transaction(self):
        with self.connection.cursor() as cursor:
            cursor.execute("CREATE TABLE made (k INTEGER, v TEXT)")
            cursor.execute("INSERT INTO made VALUES (1, 'a'), (2, NULL)")
        self.connection.commit()
        with self.connection.cursor() as cursor:
            cursor.copy_expert("COPY made FROM STDIN", io.StringIO("3\tc\n4\t\\N\n"))
            out = io.StringIO()
            cursor.copy_expert("COPY (SELECT * FROM made ORDER BY k) TO STDOUT CSV", out)
            self.assertEqual(out.getvalue(), "1,a\n2,\n3,c\n4,\n")
        self.connection.rollback()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM made")
            self.assertEqual(cursor.fetchone()[0], 2)
        self.connection.rollback()
        with self.connection.cursor() as cursor:
            cursor.execute("DROP TABLE made")
        self.connection.commit()

    def test_errors(self):
        with self.connection.cursor() as cursor:
            with self.assertRaises(psycopg2.errors.UndefinedTable) as caught:
                cursor.execute("SELECT * FROM nothing")
            self.assertEqual(caught.exception.diag.statement_position, "15")
            with self.assertRaises(psycopg2.errors.InFailedSqlTransaction):
                cursor.execute("SELECT 1")
        self.connection.rollback()


class Psycopg3(served.ServedTest):
    """The extended protocol."""

    def setUp(self):
        self.connection = psycopg.connect(self.server.url(), autocommit=True)

    def tearDown(self):
        self.connection.close()

    def test_types(self):
        for binary in (False, True):
            cursor = self.connection.cursor(binary=binary)
            for kind, value in VALUES:
                cursor.execute(f"SELECT %s::{kind}", (value,))
                self.assertEqual(cursor.fetchone()[0], value, (kind, binary))
            cursor.execute("SELECT %s::bigint", (None,))
            self.assertIsNone(cursor.fetchone()[0])

    def test_inference(self):
        row = self.connection.execute(
            "SELECT count(*) FROM visits WHERE id BETWEEN %s AND %s AND page = %s AND at > %s",
            (1, 100, "/p1", datetime.datetime(2023, 1, 1, tzinfo=datetime.timezone.utc)),
        ).fetchone()
        self.assertEqual(row, (10,))
        self.assertEqual(
            self.connection.execute(
                "SELECT id FROM visits ORDER BY id LIMIT %s OFFSET %s", (2, 5)
            ).fetchall(),
            [(6,), (7,)],
        )

    def test_prepared(self):
        for i in range(1, 12):
            row = self.connection.execute("SELECT paid FROM visits WHERE id = %s", (i,)).fetchone()
            self.assertEqual(row[0], i)
        self.connection.execute("DEALLOCATE ALL")

    def test_server_cursor(self):
        with self.connection.transaction():
            with self.connection.cursor("named") as cursor:
                cursor.execute("SELECT id, at FROM visits WHERE id <= %s ORDER BY id", (300,))
                self.assertEqual(len(cursor.fetchmany(10)), 10)
                cursor.scroll(5)
                self.assertEqual(cursor.fetchone()[0], 16)
                self.assertEqual(len(cursor.fetchall()), 284)

    def test_pipeline(self):
        self.connection.execute("CREATE TABLE piped (k INTEGER, v TEXT)")
        with self.connection.pipeline():
            for i in range(50):
                self.connection.execute("INSERT INTO piped VALUES (%s, %s)", (i, f"v{i}"))
            cursor = self.connection.execute("SELECT count(*) FROM piped")
        self.assertEqual(cursor.fetchone(), (50,))
        with self.assertRaises(psycopg.errors.DivisionByZero):
            with self.connection.pipeline():
                self.connection.execute("INSERT INTO piped VALUES (%s, %s)", (99, "x"))
                self.connection.execute("SELECT 1 / %s::int", (0,))
        self.assertEqual(self.connection.execute("SELECT count(*) FROM piped").fetchone(), (50,))
        self.connection.execute("DROP TABLE piped")

    def test_copy(self):
        self.connection.execute("CREATE TABLE copied (k INTEGER, v TEXT, at TIMESTAMPTZ)")
        cursor = self.connection.cursor()
        moment = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
        with cursor.copy("COPY copied FROM STDIN") as copy:
            for i in range(1000):
                copy.write_row((i, f"row\t{i}", moment))
        with cursor.copy("COPY copied FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text", "timestamptz"])
            for i in range(1000, 2000):
                copy.write_row((i, None, moment))
        with cursor.copy(
            "COPY (SELECT k, v, at FROM copied ORDER BY k) TO STDOUT " "(FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int4", "text", "timestamptz"])
            rows = list(copy.rows())
        self.assertEqual(len(rows), 2000)
        self.assertEqual(rows[5], (5, "row\t5", moment))
        self.assertEqual(rows[1500], (1500, None, moment))
        self.connection.execute("DROP TABLE copied")

    def test_executemany(self):
        self.connection.execute("CREATE TABLE many (k INTEGER)")
        self.connection.cursor().executemany(
            "INSERT INTO many VALUES (%s)", [(i,) for i in range(100)]
        )
        self.assertEqual(self.connection.execute("SELECT sum(k) FROM many").fetchone(), (4950,))
        self.connection.execute("DROP TABLE many")


if __name__ == "__main__":
    served.main()
