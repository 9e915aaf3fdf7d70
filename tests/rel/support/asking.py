"""Many statements to one shell, and the answer of each by itself."""

import os
import subprocess
import tempfile

MARK = "@@shale@@"


class Shell:
    """A shell that has ended: its exit code, the most memory it took, and how long it ran."""

    def __init__(self, shale, arguments, script, timeout=600):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
                file.write(script)
                file.flush()
                process = subprocess.Popen(
                    ["timeout", "-s", "KILL", str(timeout), shale, "shell", "--mode", "csv"]
                    + ["--no-header"]
                    + arguments
                    + ["-f", file.name],
                    stdout=out,
                    stderr=err,
                )
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.code = process.returncode
            self.seconds = usage.ru_utime + usage.ru_stime
            self.rss_mb = usage.ru_maxrss / 1024
            out.seek(0)
            err.seek(0)
            self.out = out.read().decode("utf-8", "replace")
            self.err = err.read().decode("utf-8", "replace")


def ask(shale, statements, arguments=(), before="", timeout=600):
    """The answer of each statement, in turn: its lines, or None for an error; and the shell."""
    script = before + "\n\\on_error continue\n"
    for number, statement in enumerate(statements):
        script += f"{statement};\nSELECT '{MARK}{number}';\n"
    shell = Shell(shale, list(arguments), script, timeout)
    answers = []
    lines = []
    for line in shell.out.splitlines():
        if line.strip('"').startswith(MARK):
            answers.append(lines)
            lines = []
        else:
            lines.append(line)
    return answers, shell
