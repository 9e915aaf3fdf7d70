#!/usr/bin/env python3
"""The server itself: passwords, TLS, limits, orderly and disorderly ends, peers that misbehave."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import served

served.need_program("psql")


def message(kind, body):
    """A message of protocol 3."""
    return kind + struct.pack("!i", len(body) + 4) + body


def startup(user="ann"):
    """A startup packet."""
    body = struct.pack("!i", 196608) + b"user\0" + user.encode() + b"\0database\0shale\0\0"
    return struct.pack("!i", len(body) + 4) + body


class Raw:
    """A socket that speaks the protocol by hand."""

    def __init__(self, server, login=True):
        self.socket = socket.create_connection((server.host, server.port), timeout=20)
        self.bytes = b""
        if login:
            self.socket.sendall(startup())
            self.until(b"Z")

    def next(self):
        """The next message: (type, body), or None at the end."""
        while len(self.bytes) < 5 or len(self.bytes) < 1 + struct.unpack("!i", self.bytes[1:5])[0]:
            got = self.socket.recv(65536)
            if not got:
                return None
            self.bytes += got
        size = 1 + struct.unpack("!i", self.bytes[1:5])[0]
        taken, self.bytes = self.bytes[:size], self.bytes[size:]
        return taken[:1], taken[5:]

    def until(self, kind):
        """Messages up to and with one of this kind."""
        seen = []
        while not seen or seen[-1][0] != kind:
            got = self.next()
            if got is None:
                raise EOFError(seen)
            seen.append(got)
        return seen

    def close(self):
        """Closes it."""
        self.socket.close()


def psql(server, sql, user="ann", password=None, options=(), env=None):
    """One psql run."""
    environment = dict(os.environ, **(env or {}))
    environment.pop("PGPASSWORD", None)
    if password is not None:
        environment["PGPASSWORD"] = password
    return subprocess.run(
        [
            "psql",
            "-X",
            "-w",
            "-h",
            server.host,
            "-p",
            str(server.port),
            "-U",
            user,
            "-Atc",
            sql,
            *options,
            "shale",
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Passwords(unittest.TestCase):
    """SCRAM, and `shale user`."""

    def user(self, server, *arguments, password=None):
        """Runs shale user."""
        return subprocess.run(
            [served.SHALE, "user", *arguments, "--db", server.folder],
            input=(password + "\n") if password else "",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_login(self):
        server = served.Server(auth="scram", tables=None)
        try:
            self.assertEqual(self.user(server, "add", "ann", password="s3cret").returncode, 0)
            self.assertNotEqual(self.user(server, "add", "ann", password="x").returncode, 0)
            self.assertEqual(psql(server, "SELECT current_user", password="s3cret").stdout, "ann\n")
            for user, password in (("ann", "wrong"), ("nobody", "s3cret")):
                done = psql(server, "SELECT 1", user=user, password=password)
                self.assertIn("password authentication failed", done.stderr)
            self.assertEqual(
                psql(server, "SELECT rolname FROM pg_roles ORDER BY 1", password="s3cret").stdout,
                "ann\nshale\n",
            )
            denied = psql(server, "CREATE ROLE eve PASSWORD 'x'", password="s3cret")
            self.assertIn("permission denied", denied.stderr)
            own = psql(server, "ALTER ROLE ann PASSWORD 'other'", password="s3cret")
            self.assertEqual(own.returncode, 0, own.stderr)
            self.assertEqual(psql(server, "SELECT 1", password="other").stdout, "1\n")
            self.assertEqual(self.user(server, "password", "ann", password="third").returncode, 0)
            server.stop()
            # A stopped database, too; and it is kept.
            self.assertEqual(self.user(server, "add", "bob", password="b").returncode, 0)
            server.start()
            self.assertEqual(psql(server, "SELECT 1", password="third").stdout, "1\n")
            self.assertEqual(psql(server, "SELECT 1", user="bob", password="b").stdout, "1\n")
            self.assertEqual(self.user(server, "drop", "bob").returncode, 0)
            self.assertNotEqual(psql(server, "SELECT 1", user="bob", password="b").returncode, 0)
        finally:
            server.close()

    def test_trust_is_for_loopback(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [
                    served.SHALE,
                    "serve",
                    "--db",
                    folder + "/db",
                    "--auth",
                    "trust",
                    "--listen",
                    "0.0.0.0",
                    "--pg-port",
                    "0",
                ],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        self.assertEqual(done.returncode, 2)
        self.assertIn("trust", done.stderr)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
            subprocess.run(
                [
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-keyout",
                    key,
                    "-out",
                    cert,
                    "-days",
                    "2",
                    "-subj",
                    "/CN=localhost",
                ],
                capture_output=True,
                check=True,
            )
            server = served.Server("--tls-cert", cert, "--tls-key", key)
            try:
                out = psql(
                    server, "SELECT sum(id), max(page) FROM visits", env={"PGSSLMODE": "require"}
                )
                self.assertEqual(out.stdout, "500500|/p9\n", out.stderr)
                out = psql(
                    server,
                    "SELECT repeat('x', 1000) FROM generate_series(1, 5000)",
                    env={"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": cert},
                )
                self.assertEqual(len(out.stdout), 5000 * 1001)
                self.assertEqual(
                    psql(server, "SELECT 1", env={"PGSSLMODE": "disable"}).stdout, "1\n"
                )
            finally:
                server.close()


class Limits(unittest.TestCase):
    """What is refused, and that others are served meanwhile."""

    @classmethod
    def setUpClass(cls):
        cls.server = served.Server(
            "--max-running",
            "2",
            "--max-waiting",
            "3",
            "--max-wait",
            "30",
            "--login-timeout",
            "1",
            "--max-connections",
            "60",
        )

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def served(self):
        """Another client gets its answer."""
        self.assertEqual(psql(self.server, "SELECT count(*) FROM visits").stdout, "1000\n")

    def test_malformed(self):
        cases = [
            b"\x00\x00\x00\x03",
            b"\x7f\xff\xff\xff",
            b"GET / HTTP/1.1\r\n\r\n",
            struct.pack("!ii", 8, 131072),
            struct.pack("!ii", 16, 80877102) + b"\0" * 8,
            struct.pack("!ii", 30, 196608) + b"user\0ann" + b"x" * 14,
        ]
        for case in cases:
            raw = Raw(self.server, login=False)
            raw.socket.sendall(case)
            self.assertIsNone(raw.next() and None)
            raw.close()
        for case in (
            b"Q\x00\x00\x00\x03",
            b"Q\x7f\xff\xff\xff",
            b"?\x00\x00\x00\x04",
            message(b"Q", b"no zero"),
            message(b"B", b"\0\0\0\x7f"),
            message(b"P", b"s\0SELECT 1\0\x7f\xff"),
            message(b"D", b"X\0"),
            message(b"E", b"\0"),
            message(b"C", b"Q\0"),
        ):
            raw = Raw(self.server)
            raw.socket.sendall(case + message(b"S", b"") + message(b"X", b""))
            kinds = []
            while (got := raw.next()) is not None:
                kinds.append(got[0])
            self.assertIn(b"E", kinds, case)
            raw.close()
        self.served()

    def test_slow_login_is_cut(self):
        raw = Raw(self.server, login=False)
        began = time.time()
        for byte in startup()[:8]:
            try:
                raw.socket.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.05)
        self.assertIsNone(raw.next())
        self.assertLess(time.time() - began, 10)
        raw.close()
        self.served()

    def test_client_that_never_reads(self):
        lazy = [Raw(self.server) for _ in range(6)]
        for raw in lazy:
            raw.socket.sendall(
                message(b"Q", b"SELECT repeat('x', 1000) FROM generate_series(1, 200000)\0")
            )
        time.sleep(0.5)
        for _ in range(3):
            self.served()
        for raw in lazy:
            raw.close()
        self.served()

    def test_queue(self):
        sleepers = [Raw(self.server) for _ in range(8)]
        for raw in sleepers:
            raw.socket.sendall(message(b"Q", b"SELECT pg_sleep(1.5)\0"))
        refused = 0
        for raw in sleepers:
            kinds = raw.until(b"Z")
            refused += any(
                kind == b"E" and b"too many statements wait" in body for kind, body in kinds
            )
            raw.close()
        self.assertEqual(refused, 3)
        self.served()

    def test_too_many_connections(self):
        kept = []
        errors = 0
        for _ in range(80):
            raw = Raw(self.server, login=False)
            raw.socket.sendall(startup())
            kind, body = raw.next()
            errors += kind == b"E" and b"53300" in body
            kept.append(raw)
        self.assertGreaterEqual(errors, 20)
        for raw in kept:
            raw.close()
        time.sleep(0.3)
        self.served()

    def test_idle_timeouts(self):
        raw = Raw(self.server)
        raw.socket.sendall(message(b"Q", b"SET idle_session_timeout = 300\0"))
        raw.until(b"Z")
        kind, body = raw.next()
        self.assertEqual(kind, b"E")
        self.assertIn(b"57P05", body)
        raw.close()


class Ends(unittest.TestCase):
    """SIGTERM and kill -9."""

    def test_graceful(self):
        server = served.Server("--stop-timeout", "5")
        idle = Raw(server)
        busy = Raw(server)
        busy.socket.sendall(message(b"Q", b"SELECT pg_sleep(0.8)\0"))
        time.sleep(0.2)
        thread = threading.Thread(target=server.stop)
        thread.start()
        kind, body = idle.next()
        self.assertEqual(kind, b"E")
        self.assertIn(b"57P01", body)
        # What runs is finished.
        self.assertIn(b"D", [kind for kind, _ in busy.until(b"C")])
        thread.join(30)
        self.assertEqual(server.process.returncode, 0)
        server.close()

    def test_nothing_acknowledged_is_lost(self):
        server = served.Server(tables="CREATE TABLE log (k BIGINT, v TEXT)")
        try:
            for _ in range(3):
                acknowledged = []
                lock = threading.Lock()
                base = int(psql(server, "SELECT coalesce(max(k), 0) FROM log").stdout)

                def insert(writer, base=base, acknowledged=acknowledged, lock=lock):
                    raw = Raw(server)
                    k = base + 1 + writer * 1_000_000
                    try:
                        while True:
                            raw.socket.sendall(
                                message(b"Q", f"INSERT INTO log VALUES ({k}, 'row {k}')\0".encode())
                            )
                            kinds = raw.until(b"Z")
                            if any(kind == b"C" for kind, _ in kinds):
                                with lock:
                                    acknowledged.append(k)
                            k += 1
                    except (OSError, EOFError):
                        pass
                    raw.close()

                writers = [threading.Thread(target=insert, args=(i,)) for i in range(4)]
                for writer in writers:
                    writer.start()
                time.sleep(0.6)
                server.stop(signal.SIGKILL)
                for writer in writers:
                    writer.join(30)
                server.start()
                rows = psql(server, f"SELECT k FROM log WHERE k > {base}").stdout.split()
                missing = set(acknowledged) - set(map(int, rows))
                self.assertEqual(missing, set())
                self.assertGreater(len(acknowledged), 0)
        finally:
            server.close()


if __name__ == "__main__":
    served.main()
