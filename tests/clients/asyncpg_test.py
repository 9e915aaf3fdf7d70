#!/usr/bin/env python3
"""asyncpg: everything binary, prepared statements, cursors, COPY, reset."""

import asyncio
import datetime
import decimal
import uuid

import served

asyncpg = served.need("asyncpg")

VALUES = [
    ("boolean", True),
    ("int2", -5),
    ("int4", 70000),
    ("int8", 1 << 40),
    ("float4", 1.5),
    ("float8", 1.25),
    ("numeric", decimal.Decimal("-12345.678")),
    ("text", "grüße"),
    ("date", datetime.date(2024, 2, 29)),
    ("timestamp", datetime.datetime(2024, 1, 2, 3, 4, 5, 600000)),
    ("timestamptz", datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)),
    ("interval", datetime.timedelta(days=1, seconds=7200)),
    ("uuid", uuid.UUID("12345678-1234-5678-1234-567812345678")),
    ("bytea", b"\x00\xff"),
    ("text[]", ["a", "b c"]),
]


class Asyncpg(served.ServedTest):
    """Each test is a coroutine on a connection of its own."""

    def run_with(self, body):
        """Runs body(connection)."""

        async def whole():
            connection = await asyncpg.connect(self.server.url())
            try:
                await body(connection)
            finally:
                await connection.close()

        asyncio.run(whole())

    def test_types(self):
        async def body(connection):
            for kind, value in VALUES:
                self.assertEqual(
                    await connection.fetchval(f"SELECT $1::{kind}", value), value, kind
                )

        self.run_with(body)

    def test_queries(self):
        async def body(connection):
            rows = await connection.fetch(
                "SELECT page, count(*) AS n FROM visits WHERE id <= $1 GROUP BY page ORDER BY page",
                100,
            )
            self.assertEqual(len(rows), 10)
            self.assertEqual(rows[0]["n"], 10)
            statement = await connection.prepare("SELECT id, at FROM visits WHERE id = $1")
            self.assertEqual([p.name for p in statement.get_parameters()], ["int8"])
            for i in (1, 5, 9):
                self.assertEqual((await statement.fetchrow(i))["id"], i)
            self.assertIsNone(await statement.fetchrow(-1))

        self.run_with(body)

    def test_cursor(self):
        async def body(connection):
            async with connection.transaction():
                seen = []
                async for row in connection.cursor(
                    "SELECT id FROM visits ORDER BY id", prefetch=70
                ):
                    seen.append(row["id"])
                self.assertEqual(seen, list(range(1, 1001)))

        self.run_with(body)

    def test_copy(self):
        async def body(connection):
            await connection.execute("CREATE TABLE copied (k INTEGER, v TEXT)")
            await connection.copy_records_to_table(
                "copied", records=[(i, f"v{i}") for i in range(500)]
            )
            self.assertEqual(await connection.fetchval("SELECT sum(k) FROM copied"), 124750)
            await connection.executemany(
                "INSERT INTO copied VALUES ($1, $2)", [(i, None) for i in range(20)]
            )
            self.assertEqual(await connection.fetchval("SELECT count(*) FROM copied"), 520)
            await connection.execute("DROP TABLE copied")

        self.run_with(body)

    def test_pool_resets(self):
        async def whole():
            async with asyncpg.create_pool(self.server.url(), min_size=1, max_size=3) as pool:
                for _ in range(4):
                    async with pool.acquire() as connection:
                        await connection.execute("SET timezone = 'Europe/Berlin'")
                async with pool.acquire() as connection:
                    self.assertEqual(await connection.fetchval("SHOW timezone"), "UTC")

        asyncio.run(whole())

    def test_errors(self):
        async def body(connection):
            with self.assertRaises(asyncpg.UndefinedColumnError):
                await connection.fetch("SELECT nothing FROM visits")
            with self.assertRaises(asyncpg.DivisionByZeroError):
                await connection.fetch("SELECT 1 / $1::int", 0)
            self.assertEqual(await connection.fetchval("SELECT 1"), 1)

        self.run_with(body)


if __name__ == "__main__":
    served.main()
