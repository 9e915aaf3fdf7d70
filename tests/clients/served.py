"""What the clients' tests share: a server on a folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SHALE = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
SKIPPED = 77

TABLES = """
CREATE TABLE visits (id BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL, page TEXT, secs DOUBLE,
                     paid DECIMAL(10,2), tags TEXT[], ok BOOLEAN DEFAULT true)
  TIMESTAMP(at) ORDER BY (id);
INSERT INTO visits SELECT i, TIMESTAMPTZ '2024-01-01 00:00:00Z' + i * INTERVAL '1 minute',
  '/p' || (i % 10), i / 4.0, i, ARRAY['a', 'b' || i], i % 2 = 0
  FROM generate_series(1, 1000) t(i);
CREATE VIEW pages AS SELECT page, count(*) AS n FROM visits GROUP BY page;
"""


def skip(reason):
    """Ends the test as skipped."""
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def need(module):
    """The module, or the test is skipped."""
    try:
        return __import__(module)
    except ImportError:
        skip(f"the Python module {module} is not installed")
        return None


def need_program(name):
    """The program's path, or the test is skipped."""
    path = shutil.which(name)
    if path is None:
        skip(f"{name} is not installed")
    return path


class Server:
    """`shale serve` on a new folder."""

    def __init__(self, *options, auth="trust", tables=TABLES, folder=None):
        self.temporary = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = folder or os.path.join(self.temporary.name, "db")
        self.options = ["--pg-port", "0", "--auth", auth, *options]
        self.log = tempfile.TemporaryFile()
        self.start()
        if tables:
            done = subprocess.run(
                [
                    shutil.which("psql"),
                    "-h",
                    self.folder,
                    "-U",
                    "shale",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-q",
                    "-c",
                    tables,
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                self.stop()
                raise RuntimeError(done.stderr)

    def start(self):
        """Starts it, and waits until it takes connections."""
        self.process = subprocess.Popen(
            [SHALE, "serve", "--db", self.folder, *self.options],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        line = self.process.stdout.readline()
        if not line.startswith("ready pg="):
            self.log.seek(0)
            raise RuntimeError(f"no server: {line} {self.log.read().decode()}")
        self.host, self.port = line.strip()[len("ready pg=") :].rsplit(":", 1)
        self.port = int(self.port)

    def stop(self, how=signal.SIGTERM):
        """Ends it; returns its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(60)
        self.process.stdout.close()
        return code

    def close(self):
        """Ends it and removes the folder."""
        if self.process.poll() is None:
            self.stop()
        self.log.close()
        if self.temporary:
            self.temporary.cleanup()

    def url(self, user="ann", scheme="postgresql"):
        """A connection string."""
        return f"{scheme}://{user}@{self.host}:{self.port}/shale"


class ServedTest(unittest.TestCase):
    """All tests of a class share a server."""

    options = ()

    @classmethod
    def setUpClass(cls):
        need_program("psql")
        cls.server = Server(*cls.options)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()


def main():
    """Runs the tests of the calling file."""
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
