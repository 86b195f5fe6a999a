# SPDX-License-Identifier: Apache-2.0
"""tools/check_docs.py and tools/check_spdx.py must find each kind of offender."""
import unittest

import tree_of_files

# Two READMEs as a C++ formatter left them.
HABITS = """#features / habits

Phrases that a model begins its lines with: mined once from recorded healthy
traces, then looked for in every response (`habits.h`). Bit i of
`Scored::habits` is phrase i;
the list is kept with the model's state and served at `/ api / v1 /
    habits`.Depends on `core /` only.
"""
LANGUAGE = """#features / language

Which language a text is in(`identify.h`) and which one was asked
    for (`asked.h`),
    as codes of `languages.h`. `function_words.h` settles most texts,
a text in `tests / features / language_test.cc`.
"""
TREE = {
    "cmake/layers.cmake": "set(LAYERS core tap)\n",
    "core/signal.h": 'EnumNames<Signal, 1> kSignalNames = {{"length"}};\n',
    "docs/glossary.md": "# Words\n\n`length`\n",
    "CMakeLists.txt": "option(REASONWATCH_X)\n",
    "README.md": "# Name\n\n`REASONWATCH_X` and [words](docs/glossary.md)\n",
    "core/README.md": "# core\n\nValues, by [name](signal.h): `a/b`.\n\n    # include <x>\n",
}


class CheckDocs(tree_of_files.ToolTest):
    TOOL = "check_docs.py"

    def assert_found(self, changed, *wanted):
        code, out = self.check({**TREE, **changed})
        self.assertEqual(code, 1, out)
        for text in wanted:
            self.assertIn(text, out)

    def test_a_sound_tree_passes(self):
        code, out = self.check(TREE)
        self.assertEqual(code, 0, out)

    def test_mangled_files_are_named(self):
        self.assert_found({"features/habits/README.md": HABITS},
                          "habits/README.md:1: no heading",
                          "habits/README.md:1: a heading without a space",
                          "habits/README.md:6: a code span is broken",
                          "habits/README.md:7: no space behind a full stop",
                          "habits/README.md:7: a path with spaces")
        self.assert_found({"features/language/README.md": LANGUAGE},
                          "language/README.md:3: no space before a bracket",
                          "language/README.md:6: a path with spaces")
        self.assert_found({"docs/a.md": "# a\n\n# include <vector>\n"}, "docs/a.md:3: a directive")

    def test_readmes(self):
        self.assert_found({"tap/a.cc": ""}, "tap/README.md is missing")
        self.assert_found({"tap/grpc/README.md": "# g\n" + "x\n" * 15},
                          "tap/grpc/README.md: more than 15 lines")
        self.assert_found({"tap/README.md": "# tap\n\n[a](b.md)\n"}, "tap/README.md: no such file")

    def test_names_and_options(self):
        self.assert_found({"core/signal.h": 'kSignalNames = {{"length",\n"unheard_of"}};'},
                          "unheard_of of core/signal.h")
        self.assert_found({"core/signal.h": "int x;"}, "no tables of names")
        self.assert_found({"CMakeLists.txt": "option(REASONWATCH_Y)\n"}, "REASONWATCH_Y")


class CheckSpdx(tree_of_files.ToolTest):
    TOOL = "check_spdx.py"
    LINE = "SPDX-License-Identifier: Apache-2.0\n"

    def test_the_line_is_first_or_behind_the_interpreter(self):
        code, out = self.check({
            "a.cc": "// " + self.LINE, "a.sh": "#!/bin/sh\n# " + self.LINE,
            "CMakeLists.txt": "# " + self.LINE, "a.proto": "// " + self.LINE,
            "README.md": "# none needed\n", "tests/testdata/a.py": "none needed\n"})
        self.assertEqual(code, 0, out)

    def test_each_file_without_it_is_named(self):
        for name, text in (("a.cc", "int x;\n"), ("a.h", "\n// " + self.LINE),
                           ("a.py", "#!/usr/bin/env python3\n\n# " + self.LINE),
                           ("script", "#!/bin/bash\n"), ("a.yaml", "# SPDX\n"),
                           ("a.cc", "// SPDX-License-Identifier: MIT\n")):
            with self.subTest(name=name, text=text):
                code, out = self.check({name: text})
                self.assertEqual(code, 1, out)
                self.assertIn(f"{name}:1: ", out)


if __name__ == "__main__":
    unittest.main()
