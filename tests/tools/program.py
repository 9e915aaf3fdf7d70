"""What the tests of the program share: running it, and talking to it on a terminal."""
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SHALE = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])


class ProgramTest(unittest.TestCase):
    """A folder of its own, removed at the end; HOME is in it."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.env = dict(os.environ, HOME=self.folder, TERM="xterm", LANG="C.UTF-8")
        self.env.pop("NO_COLOR", None)

    def tearDown(self):
        self.temporary.cleanup()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(self.path(name), mode) as file:
            file.write(text)
        return self.path(name)

    def run_shale(self, *arguments, stdin="", timeout=120):
        return subprocess.run([SHALE, *arguments], input=stdin, capture_output=True, text=True,
                              env=self.env, cwd=self.folder, timeout=timeout)

    def good(self, *arguments, stdin=""):
        """Standard output of a run that must succeed."""
        result = self.run_shale(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def ask(self, sql, db="db"):
        return self.good("shell", "--db", db, "--mode", "csv", "--no-header", "-c", sql)


class Terminal:
    """The program on a pseudo-terminal."""

    def __init__(self, arguments, env, cwd):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(SHALE, [SHALE, *arguments], env)
        self.output = ""

    def send(self, text):
        os.write(self.fd, text.encode())

    def expect(self, text, timeout=30):
        """Reads until `text` has come; returns what was read up to and with it."""
        end = time.time() + timeout
        while text not in self.output:
            if time.time() > end:
                raise AssertionError(f"no {text!r} in {self.output!r}")
            ready, _, _ = select.select([self.fd], [], [], 0.1)
            if not ready:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"the end came before {text!r}: {self.output!r}")
            self.output += data.decode("utf-8", "replace")
        at = self.output.index(text) + len(text)
        seen, self.output = self.output[:at], self.output[at:]
        return seen

    def wait(self, timeout=60):
        """The exit code."""
        end = time.time() + timeout
        while time.time() < end:
            ready, _, _ = select.select([self.fd], [], [], 0.1)
            if not ready:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                _, status = os.waitpid(self.pid, 0)
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            self.output += data.decode("utf-8", "replace")
        raise AssertionError(f"it does not end: {self.output!r}")

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def main():
    unittest.main(argv=sys.argv[:1], verbosity=1)
