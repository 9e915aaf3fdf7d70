#!/usr/bin/env python3
"""SQLAlchemy: the inspector's questions, and tables made, filled and asked by it."""

import served

sqlalchemy = served.need("sqlalchemy")
served.need("psycopg2")


class SqlAlchemy(served.ServedTest):
    """Over psycopg2."""

    def setUp(self):
        self.engine = sqlalchemy.create_engine(self.server.url())

    def tearDown(self):
        self.engine.dispose()

    def test_inspector(self):
        inspector = sqlalchemy.inspect(self.engine)
        self.assertIn("public", inspector.get_schema_names())
        self.assertEqual(inspector.get_table_names(), ["visits"])
        self.assertEqual(inspector.get_view_names(), ["pages"])
        columns = {c["name"]: c for c in inspector.get_columns("visits")}
        self.assertEqual(str(columns["id"]["type"]), "BIGINT")
        self.assertFalse(columns["id"]["nullable"])
        self.assertEqual(str(columns["paid"]["type"]), "NUMERIC(10, 2)")
        self.assertIsInstance(columns["tags"]["type"], sqlalchemy.ARRAY)
        self.assertEqual(columns["ok"]["default"].lower(), "true")
        self.assertEqual(inspector.get_pk_constraint("visits")["constrained_columns"], [])
        self.assertEqual(inspector.get_foreign_keys("visits"), [])
        self.assertEqual(inspector.get_indexes("visits"), [])
        self.assertEqual(inspector.get_unique_constraints("visits"), [])
        self.assertEqual(inspector.get_check_constraints("visits"), [])
        self.assertIn("count(*)", inspector.get_view_definition("pages"))

    def test_table(self):
        metadata = sqlalchemy.MetaData()
        table = sqlalchemy.Table(
            "made",
            metadata,
            sqlalchemy.Column("k", sqlalchemy.Integer),
            sqlalchemy.Column("v", sqlalchemy.String(20)),
        )
        metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(table.insert(), [{"k": i, "v": f"v{i}"} for i in range(10)])
        with self.engine.connect() as connection:
            rows = connection.execute(
                sqlalchemy.select(table.c.v).where(table.c.k > 7).order_by(table.c.k)
            ).fetchall()
        self.assertEqual([row[0] for row in rows], ["v8", "v9"])
        reflected = sqlalchemy.Table("made", sqlalchemy.MetaData(), autoload_with=self.engine)
        self.assertEqual(str(reflected.c.v.type), "VARCHAR(20)")
        metadata.drop_all(self.engine)
        self.assertEqual(sqlalchemy.inspect(self.engine).get_table_names(), ["visits"])


if __name__ == "__main__":
    served.main()
