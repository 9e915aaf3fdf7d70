"""One engine in a process of its own (the program compare_engine), asked through pipes."""

import json
import subprocess


class EngineError(Exception):
    """What an engine said instead of an answer, or that its process ended."""


class EngineProcess:
    """Starts `program` for `engine` over `database`; `library` is the peer's, None for Shale."""

    def __init__(self, program, engine, database, library=None, log=None):
        words = [str(program), engine, str(database)]
        if library:
            words.append(str(library))
        self.engine = engine
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log or subprocess.DEVNULL,
            env={"TZ": "UTC", "HOME": "/tmp", "PATH": "/usr/bin:/bin"},
        )
        hello = self._read()
        self.version = hello["version"]
        self.start_seconds = hello["wall"]

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise EngineError(f"{self.engine}: the process ended ({self.process.wait()})")
        reply = json.loads(line.decode("utf-8", "replace"))
        if not reply["ok"]:
            raise EngineError(reply["error"])
        return reply

    def _command(self, word, text):
        data = text.encode()
        try:
            self.process.stdin.write(f"{word} {len(data)}\n".encode() + data)
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise EngineError(f"{self.engine}: the process ended") from error
        return self._read()

    def run(self, sql):
        """Runs sql to its last row; returns rows, wall and cpu (seconds), peak_kb."""
        return self._command("run", sql)

    def ask(self, sql):
        """Returns (names, rows of texts)."""
        reply = self._command("ask", sql)
        return reply["names"], reply["rows"]

    def load(self, table, form, path):
        """Fills a table from a file; returns as run does."""
        return self._command("load", f"{table}\n{form}\n{path}")

    def close(self):
        """Ends the process in good order."""
        if self.process.poll() is None:
            try:
                self.process.stdin.write(b"quit 0\n")
                self.process.stdin.close()
            except BrokenPipeError:
                pass
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
