#!/usr/bin/env python3
"""tidy.py finds each kind of fault in a tree made wrong on purpose, and none in a right one."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402


class TidyTest(unittest.TestCase):
    def faults(self, path, text):
        with tempfile.TemporaryDirectory() as root:
            target = os.path.join(root, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as file:
                file.write(text)
            return tidy.check(root)

    def assert_clean(self, path, text):
        self.assertEqual(self.faults(path, text), [])

    def assert_fault(self, path, text, words):
        found = self.faults(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])
        self.assertTrue(found[0].startswith(path + ":"), found[0])

    def test_includes_point_down(self):
        self.assert_fault("engine/base/a.cc", '#include "storage/io/io.h"\n', "point down")
        self.assert_fault("engine/base/a.cc", '#include "sql/ast.h"\n', "point down")
        self.assert_fault("storage/log/a.cc", '#include "sql/ast.h"\n', "point down")
        self.assert_fault("sql/a.cc", '#include "tools/load/text/reader.h"\n', "point down")
        self.assert_fault("sql/a.cc", '#include "tests/support/builders.h"\n', "point down")
        self.assert_fault("tools/a.cc", '#include "bench/generator.h"\n', "point down")
        self.assert_clean("sql/a.cc",
                          '#include "storage/io/io.h"\n#include "engine/base/status.h"\n')
        self.assert_clean("tests/unit/tools/a.cc", '#include "tools/load/text/reader.h"\n')

    def test_server_sees_one_door(self):
        self.assert_fault("server/a.cc", '#include "sql/binder.h"\n', "server sees")
        self.assert_fault("server/a.cc", '#include "storage/io/io.h"\n', "point down")
        self.assert_clean("server/a.cc", '#include "sql/database.h"\n')

    def test_engine_libraries(self):
        self.assert_fault("engine/base/a.cc", "#include <zlib.h>\n", "listed libraries")
        self.assert_fault("engine/base/a.cc", "#include <fstream>\n", "no file")
        self.assert_fault("engine/base/a.cc", "#include <unistd.h>\n", "no file")
        self.assert_fault("engine/base/a.cc", '#include "CLI/CLI.hpp"\n', "listed libraries")
        self.assert_clean("engine/base/a.cc",
                          '#include <vector>\n#include "re2/re2.h"\n#include "fmt/format.h"\n')

    def test_files_go_through_storage_io(self):
        self.assert_fault("storage/log/a.cc", "#include <fcntl.h>\n", "storage/io")
        self.assert_fault("storage/log/a.cc", "#include <sys/stat.h>\n", "storage/io")
        self.assert_clean("storage/io/posix_io.cc", "#include <fcntl.h>\n#include <sys/stat.h>\n")

    def test_antlr_has_one_room(self):
        self.assert_fault("sql/binder.cc", '#include "antlr4-runtime.h"\n', "ANTLR")
        self.assert_clean("sql/parser.cc", '#include "antlr4-runtime.h"\n')

    def test_threads_and_time(self):
        self.assert_fault("storage/a.cc", "#include <mutex>\n", "sync.h")
        self.assert_fault("tests/a.cc", "std::thread t(f);\n", "sync.h")
        self.assert_fault("tools/a.cc", "auto t = std::chrono::steady_clock::now();\n", "clock.h")
        self.assert_clean("engine/base/sync.h", "#pragma once\n#include <mutex>\n")
        self.assert_clean("engine/base/clock.cc", "auto t = std::chrono::system_clock::now();\n")

    def test_form(self):
        self.assert_fault("engine/a.h", "int a;\n", "pragma once")
        self.assert_fault("engine/a.cc", "int a; \n", "blanks")
        self.assert_fault("engine/a.cc", "\tint a;\n", "tab")
        self.assert_fault("engine/a.cc", "int a;", "newline")
        self.assert_fault("engine/a.cc", "// " + "x" * 98 + "\n", "columns")
        self.assert_fault("engine/a.cc", "int a;\n" * 901, "lines")
        self.assert_fault("engine/string_utils.cc", "int a;\n", "file name")
        self.assert_fault("docs/a.md", "see /" + "work/main\n", "path of the machine")
        self.assert_clean("docs/a.md", "see a/work/b and /worker\n")


if __name__ == "__main__":
    unittest.main()
