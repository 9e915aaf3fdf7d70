#!/usr/bin/env python3
"""shell_test.py SHALE SOURCE: `shale shell` as people and scripts use it."""
import json
import subprocess

import program
from program import ProgramTest, Terminal

SLOW = "SELECT sum(a.x * b.x) FROM numbers a CROSS JOIN numbers b WHERE a.x + b.x > 3;"


class Help(ProgramTest):
    def test_everything_explains_itself(self):
        self.assertIn("shale ", self.good("--version"))
        self.assertIn("shale ", self.good("version"))
        for command in ["shell", "load", "inspect", "slt", "functions", "version"]:
            self.assertIn("Example", self.good(command, "--help"), command)
            self.assertIn(command, self.good("--help"))

    def test_wrong_arguments(self):
        for arguments in [[], ["nonsense"], ["shell", "--nonsense"], ["shell", "--mode", "x"],
                          ["inspect"], ["slt"]]:
            result = self.run_shale(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn("error: ", result.stderr)
        self.assertIn("did you mean load?", self.run_shale("lod").stderr)


class Batch(ProgramTest):
    def test_commands_and_files_run_in_turn(self):
        sql = self.write("two.sql", "SELECT 2 AS n;\n")
        out = self.good("shell", "--mode", "csv", "--no-header", "-c", "SELECT 1 AS n", "-f", sql,
                        "-c", "SELECT 3 AS n; SELECT 4 AS n")
        self.assertEqual(out, "1\n2\n3\n4\n")

    def test_the_first_error_ends_it(self):
        result = self.run_shale("shell", "--mode", "csv", "--no-header", "-c", "SELECT 1",
                                "-c", "SELECT nothing", "-c", "SELECT 3")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "1\n")
        self.assertIn("error: ", result.stderr)
        self.assertNotIn("\x1b", result.stderr)

    def test_errors_in_files_name_the_line(self):
        sql = self.write("bad.sql", "SELECT 1 AS n;\n\nSELECT\n  nothing;\nSELECT 3 AS n;\n")
        result = self.run_shale("shell", "--mode", "csv", "--no-header", "-f", sql)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "1\n")
        self.assertIn("bad.sql:3: ", result.stderr)

    def test_standard_input(self):
        script = "\\mode json\nSELECT 1 AS a,\n 'x' AS b;\nSELECT 2 AS c"
        result = self.run_shale("shell", stdin=script)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, '[\n{"a":1,"b":"x"}\n]\n[\n{"c":2}\n]\n')
        self.assertEqual(self.run_shale("shell", stdin="SELECT nothing;\nSELECT 1;").returncode, 1)

    def test_a_script_may_go_on_after_an_error(self):
        script = ("\\on_error continue\n\\mode tsv\n\\header off\nSELECT 1/0;\n\\echo after 1\n"
                  "\\warn after 1\nSELECT 2;\n\\nonsense\n\\on_error stop\nSELECT nothing;\n"
                  "SELECT 3;\n")
        result = self.run_shale("shell", stdin=script)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "after 1\n2\n")
        errors = result.stderr.split("\n")
        self.assertEqual(errors[:2], ["error: division by zero", "after 1"])
        self.assertIn("unknown command \\nonsense", errors[2])
        self.assertIn("nothing", errors[3])
        result = self.run_shale("shell", stdin="\\on_error continue\nSELECT nothing;\n")
        self.assertEqual(result.returncode, 0)
        self.assertIn("stop or continue",
                      self.run_shale("shell", stdin="\\on_error maybe\n").stderr)

    def test_modes(self):
        sql = "SELECT 1 AS a, 'x,y' AS b, NULL AS c"
        self.assertEqual(self.good("shell", "--mode", "csv", "-c", sql), 'a,b,c\n1,"x,y",\n')
        self.assertEqual(self.good("shell", "--mode", "tsv", "-c", sql), "a\tb\tc\n1\tx,y\t\\N\n")
        self.assertEqual(self.good("shell", "--mode", "tsv", "--no-header", "-c", sql),
                         "1\tx,y\t\\N\n")
        self.assertEqual(json.loads(self.good("shell", "--mode", "json", "-c", sql)),
                         [{"a": 1, "b": "x,y", "c": None}])
        self.assertEqual(json.loads(self.good("shell", "--mode", "ndjson", "-c", sql)),
                         {"a": 1, "b": "x,y", "c": None})
        self.assertIn("| --: |", self.good("shell", "--mode", "markdown", "-c", sql))
        self.assertIn("b = x,y\n", self.good("shell", "--mode", "line", "-c", sql))
        self.assertIn("(1 row)\n", self.good("shell", "-c", sql))

    def test_folders(self):
        result = self.run_shale("shell", "--db", "db", "-c", "SELECT 1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("--create", result.stderr)
        self.good("shell", "--db", "db", "--create", "-c", "CREATE TABLE t (a INTEGER)",
                  "-c", "INSERT INTO t VALUES (1), (2)")
        self.assertEqual(self.ask("SELECT count(*) FROM t"), "2\n")

    def test_a_reader_that_goes_away_is_no_disaster(self):
        rows = ",".join(f"({i})" for i in range(100000))
        sql = self.write("rows.sql", f"CREATE TABLE t (a INTEGER);\nINSERT INTO t VALUES {rows};\n")
        self.good("shell", "--db", "db", "--create", "-f", sql)
        command = f'"{program.SHALE}" shell --db db --mode csv -c "SELECT * FROM t" | head -1'
        result = subprocess.run(["bash", "-c", command], capture_output=True, text=True,
                                cwd=self.folder, env=self.env, timeout=60)
        self.assertEqual(result.stdout, "a\n")
        self.assertEqual(result.stderr, "")

    def test_inspect(self):
        self.good("shell", "--db", "db", "--create", "-c", "CREATE TABLE t (a INTEGER, b TEXT)",
                  "-c", "INSERT INTO t VALUES (1, 'x'), (2, NULL)", "-c", "CHECKPOINT")
        self.assertIn("t", self.good("inspect", "--db", "db"))
        out = self.good("inspect", "--db", "db", "t")
        self.assertIn("table t: 2 rows", out)
        self.assertIn("INTEGER", out)
        self.assertIn("INTEGER", self.good("inspect", "--db", "db", "T", "A"))
        self.assertIn("segment", self.good("inspect", "--db", "db", "t", "--segments"))
        table = json.loads(self.good("inspect", "--db", "db", "t", "--json", "--segments"))
        self.assertEqual(table["rows"], 2)
        self.assertEqual([column["column"] for column in table["columns"]], ["a", "b"])
        self.assertEqual(table["columns"][1]["nulls"], 1)
        json.loads(self.good("inspect", "--db", "db", "--json"))
        json.loads(self.good("inspect", "--db", "db", "t", "a", "--json"))
        result = self.run_shale("inspect", "--db", "db", "u")
        self.assertEqual(result.returncode, 1)
        self.assertIn("there is no table \"u\"", result.stderr)


class Typed(ProgramTest):
    def start(self, *arguments):
        self.terminal = Terminal(["shell", *arguments], self.env, self.folder)
        self.addCleanup(self.stop)
        self.terminal.expect("shale> ")
        return self.terminal

    def stop(self):
        if self.terminal:
            self.terminal.kill()

    def leave(self):
        self.terminal.send("\\q\r")
        code = self.terminal.wait()
        self.terminal = None
        return code

    def test_statements_of_several_lines_and_history(self):
        shell = self.start()
        shell.send("SELECT 40 +\r")
        shell.send("  2 AS answer;\r")
        self.assertIn("42", shell.expect("(1 row)"))
        shell.expect("shale> ")
        shell.send("\x1b[A")  # the whole statement again
        shell.expect("2 AS answer;")
        shell.send("\r")
        self.assertIn("42", shell.expect("(1 row)"))
        self.assertEqual(self.leave(), 0)
        with open(self.path(".shale_history"), encoding="utf-8") as file:
            self.assertEqual(file.read().split("\n")[0], "SELECT 40 +\\n  2 AS answer;")

    def test_errors_are_coloured_and_end_nothing(self):
        shell = self.start()
        shell.send("SELECT nothing;\r")
        shell.expect("\x1b[31merror:")
        shell.expect("shale> ")
        shell.send("SELECT 'still here';\r")
        shell.expect("still here │")
        self.assertEqual(self.leave(), 0)

    def test_completion(self):
        shell = self.start()
        shell.send("CREATE TABLE visitors (\"UserAgent\" TEXT);\r")
        shell.expect("CREATE TABLE\r\n")
        shell.expect("shale> ")
        shell.send("SELECT count(*) FROM visi\t;\r")
        shell.expect("(1 row)")
        shell.expect("shale> ")
        shell.send("SELECT max(visitors.userag\t) FROM visitors;\r")
        self.assertIn("UserAgent", shell.expect("(1 row)"))
        self.assertEqual(self.leave(), 0)

    def test_control_c_cancels_the_statement_only(self):
        rows = ",".join(f"({i})" for i in range(30000))
        sql = self.write("rows.sql",
                         f"CREATE TABLE numbers (x BIGINT);\nINSERT INTO numbers VALUES {rows};\n")
        self.good("shell", "--db", "db", "--create", "-f", sql)
        shell = self.start("--db", "db")
        shell.send("SELECT half a statement \r")
        shell.send("\x03")  # drops what was typed
        shell.expect("^C")
        shell.expect("shale> ")
        shell.send(SLOW + "\r")
        shell.expect("rows/s")  # the progress bar
        shell.send("\x03")
        shell.expect("canceled by user request")
        shell.expect("shale> ")
        shell.send("SELECT 'still here';\r")
        shell.expect("still here │")
        self.assertEqual(self.leave(), 0)

    def test_pastes_are_taken_as_they_are(self):
        shell = self.start()
        shell.send("\x1b[200~SELECT 'first'\n  AS a;\nSELECT 'second' AS b;\n\x1b[201~")
        shell.expect("second")
        shell.send("\r")
        shell.expect("first │")
        shell.expect("second │")
        self.assertEqual(self.leave(), 0)

    def test_commands(self):
        shell = self.start()
        shell.send("\\timing\r")
        shell.expect("Timing is on.")
        shell.send("SELECT 1;\r")
        shell.expect("Time: ")
        shell.send("\\mode csv\r")
        shell.expect("shale> ")
        shell.send("SELECT 7 AS seven;\r")
        shell.expect("seven\r\n7\r\n")
        shell.send("\\d\r")
        shell.expect("There are no tables yet.")
        # Between lines the terminal itself would take the key for an end of its input.
        shell.expect("shale> ")
        shell.send("\x04")  # the end
        self.assertEqual(shell.wait(), 0)
        self.terminal = None


program.main()
