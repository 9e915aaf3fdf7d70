#!/usr/bin/env python3
"""pgjdbc: a small Java program that asks for metadata, prepares, fetches in parts, writes."""

import glob
import os
import subprocess

import served

JAVA = served.need_program("java")
HERE = os.path.dirname(os.path.abspath(__file__))
DRIVERS = glob.glob("/usr/share/java/postgresql.jar")
if not DRIVERS:
    served.skip("pgjdbc (libpostgresql-jdbc-java) is not installed")


class Jdbc(served.ServedTest):
    """Java compiles the one source file by itself."""

    def test_all(self):
        out = subprocess.run(
            [
                JAVA,
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                DRIVERS[0],
                os.path.join(HERE, "jdbc", "PgClient.java"),
                f"jdbc:postgresql://{self.server.host}:{self.server.port}/shale",
            ],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        self.assertEqual(out.stdout.strip(), "ok", out.stdout + out.stderr)


if __name__ == "__main__":
    served.main()
