"""The two sides: one process each that answers a whole batch of queries.

Outcomes are read from standard output and standard error; a marker after each query on both tells
what belongs to which. PostgreSQL runs as a private cluster in a folder that vanishes at the end.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

MAX_OUTPUT_BYTES = 32 << 20  # of a batch

POSTGRES_FOLDERS = ["/usr/lib/postgresql/15/bin"]


class Outcome:
    """Rows as lines of COPY's text format, or an error (its text, and SQLSTATE where known)."""

    def __init__(self, rows=None, error=None, state=None, crash=False):
        self.rows = rows
        self.error = error
        self.state = state
        self.crash = crash


def _split(text, marker, count):
    """The texts between markers; fewer than `count` when the process ended early."""
    pieces = []
    at = 0
    for index in range(count):
        end_marker = f"{marker}{index}\n"
        end = (
            0
            if at == 0 and text.startswith(end_marker)
            else text.find("\n" + end_marker, max(at - 1, 0))
        )
        if end < 0:
            break
        if not (at == 0 and text.startswith(end_marker)):
            end += 1
        pieces.append(text[at:end])
        at = end + len(end_marker)
    return pieces


class Side:
    """A side's process runs in a folder of its own; `run` gives an Outcome for each query."""

    marker = "@@ "

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def script(self, setup, queries):
        raise NotImplementedError

    def start(self, script_path, out, err):
        raise NotImplementedError

    def read_error(self, text):
        raise NotImplementedError

    def begin(self, setup, queries, timeout_s=60):
        script = self.folder / "script.sql"
        script.write_text(self.script(setup, queries), encoding="utf-8")
        self.out = self.folder / "out"
        self.err = self.folder / "err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = self.start(script, out, err)
        self.deadline = time.monotonic() + timeout_s

    def finish(self, setup, queries):
        """The outcomes of what `begin` began. A query at which the process ends, or that does not
        end, is a crash; the rest is then asked of a new process."""
        outcomes = []
        while True:
            stopped = self._wait()
            out = self.out.read_text("utf-8", "replace")
            err = self.err.read_text("utf-8", "replace")
            left = queries[len(outcomes) :]
            outs = _split(out, self.marker, len(left) + 1)
            errs = _split(err, self.marker, len(left) + 1)
            if not errs:
                raise RuntimeError(
                    f"{type(self).__name__}: the tables were not made: {err[-2000:]}"
                )
            if errs[0].strip() and self.setup_failed(errs[0]):
                raise RuntimeError(f"{type(self).__name__}: making the tables: {errs[0][:2000]}")
            for text, error in zip(outs[1:], errs[1:]):
                found = self.read_error(error)
                if found:
                    outcomes.append(Outcome(error=found[0], state=found[1]))
                else:
                    outcomes.append(Outcome(rows=text.split("\n")[:-1]))
            if len(outcomes) >= len(queries):
                return outcomes
            reason = stopped or f"exit code {self.process.returncode}: {err[-1500:]}"
            outcomes.append(Outcome(error=reason, crash=True))
            if len(outcomes) >= len(queries):
                return outcomes
            self.begin(setup, queries[len(outcomes) :])

    def _wait(self):
        """Waits for the process; why it was stopped, or nothing."""
        stopped = ""
        while not stopped:
            try:
                self.process.wait(0.05)
                return ""
            except subprocess.TimeoutExpired:
                if time.monotonic() > self.deadline:
                    stopped = "no end in time"
                elif self.out.stat().st_size > MAX_OUTPUT_BYTES:
                    stopped = "too many rows"
        self.process.kill()
        self.process.wait()
        return stopped

    def setup_failed(self, errors):
        return True

    def run(self, setup, queries, timeout_s=60):
        self.begin(setup, queries, timeout_s)
        return self.finish(setup, queries)


class ShaleSide(Side):
    def __init__(self, program, folder):
        super().__init__(folder)
        self.program = program

    def script(self, setup, queries):
        lines = ["\\on_error continue", "\\mode tsv", "\\header off", *setup]
        for index, query in enumerate(["", *queries]):
            lines += [f"{query};" if query else "", f"\\echo {self.marker}{index}"]
            lines.append(f"\\warn {self.marker}{index}")
        return "\n".join(lines) + "\n"

    def start(self, script_path, out, err):
        with open(script_path, "rb") as script:
            return subprocess.Popen(
                [self.program, "shell", "--workers", "2"], stdin=script, stdout=out, stderr=err
            )

    def read_error(self, text):
        return (text[len("error: ") :].strip(), None) if text.startswith("error: ") else None


def find_postgres():
    """The folder of PostgreSQL 15's programs, or None."""
    for folder in POSTGRES_FOLDERS:
        if os.access(os.path.join(folder, "initdb"), os.X_OK):
            return folder
    return None


def _unprivileged_user():
    """PostgreSQL refuses to run as root: a user to run it as, or None when we are not root."""
    if os.getuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class PostgresSide(Side):
    """A cluster of its own: collation C, UTF-8, no fsync, reached by a socket in its folder."""

    def __init__(self, programs, folder):
        super().__init__(folder)
        self.programs = programs
        self.user = _unprivileged_user()
        self.home = tempfile.mkdtemp(prefix="shale-pg-")
        if self.user:
            shutil.chown(self.home, self.user)
        data = os.path.join(self.home, "data")
        self._call(
            ["initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
            + ["--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C"]
        )
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.home}'",
            "fsync": "off",
            "autovacuum": "off",
            "jit": "off",
            "timezone": "UTC",
            "shared_buffers": "'64MB'",
            "statement_timeout": "'30s'",
        }
        with open(os.path.join(data, "postgresql.conf"), "a", encoding="utf-8") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in settings.items())
        self._call(
            ["pg_ctl", "-D", data, "-w", "-s", "-l", os.path.join(self.home, "log"), "start"]
        )

    def _call(self, command):
        path = os.path.join(self.programs, command[0])
        done = (
            subprocess.run(
                [path, *command[1:]], user=self.user, cwd=self.home, capture_output=True, text=True
            )
            if command[0] == "initdb"
            else subprocess.run(
                [path, *command[1:]], user=self.user, cwd=self.home, stdout=subprocess.DEVNULL
            )
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr or ''}")

    def close(self):
        self._call(
            ["pg_ctl", "-D", os.path.join(self.home, "data"), "-m", "immediate", "-s", "stop"]
        )
        shutil.rmtree(self.home, ignore_errors=True)

    def script(self, setup, queries):
        lines = ["\\set VERBOSITY verbose", "DROP SCHEMA public CASCADE;", "CREATE SCHEMA public;"]
        lines += ["SET client_min_messages = error;", *setup, "ANALYZE;"]
        for index, query in enumerate(["", *queries]):
            lines += [f"COPY ({query}) TO STDOUT;" if query else "", f"\\echo {self.marker}{index}"]
            lines.append(f"\\warn {self.marker}{index}")
        return "\n".join(lines) + "\n"

    def start(self, script_path, out, err):
        return subprocess.Popen(
            [os.path.join(self.programs, "psql"), "-X", "-q", "-h", self.home, "-U", "postgres"]
            + ["-d", "postgres", "-f", str(script_path)],
            stdout=out,
            stderr=err,
            env=dict(os.environ, PGCLIENTENCODING="UTF8"),
        )

    def setup_failed(self, errors):
        return "ERROR:" in errors

    def read_error(self, text):
        at = text.find("ERROR:  ")
        if at < 0:
            return None
        state, _, message = text[at + len("ERROR:  ") :].partition(": ")
        return message.strip(), state
