# SPDX-License-Identifier: Apache-2.0
"""tools/measure_house.py and its scanner must count right, on odd C++ too."""
import sys
import unittest

import tree_of_files

sys.path.insert(0, str(tree_of_files.ROOT / "tools"))
import source_text  # noqa: E402


def names(text):
    return [(f.name, f.lines) for f in source_text.functions("cpp", text)]


class Functions(unittest.TestCase):

    def test_finds_the_forms_of_a_function(self):
        for text, name in (
                ("int F() {\n}\n", "F"),
                ("void A::B() const override {\n}\n", "A::B"),
                ("A::A(int x) : x_{x}, y_(x) {\n}\n", "A::A"),
                ("A::~A() {\n}\n", "A::~A"),
                ("auto F(Options o = {}) -> int {\n}\n", "F"),
                ("bool operator==(const A& a, const A& b) {\n}\n", "operator=="),
                ("const std::map<K, std::function<int(V)>>& F() {\n}\n", "F"),
                ("int A<T>::F() {\n}\n", "A::F"),
                ("TEST(Sum, OfTwo) {\n}\n", "Sum.OfTwo"),
                ("const auto kF = [](int x) {\n};\n", "kF"),
                ("void F() ABSL_LOCKS_EXCLUDED(mutex_) {\n}\n", "F"),
                ("template <class T>\nT F(T x) {}\n", "F")):
            with self.subTest(text=text):
                self.assertEqual(names(text), [(name, 2)])

    def test_looks_into_namespaces_and_classes_and_not_into_bodies(self):
        text = ("namespace a {\nclass B : public C {\n public:\n  void F() {\n"
                "    if (x) { y(); }\n    auto g = [] { return 1; };\n  }\n"
                "  int z_ = 0;\n};\n}  // namespace a\nint G() { return 0; }\n")
        self.assertEqual(names(text), [("F", 4), ("G", 1)])

    def test_brackets_in_text_do_not_count(self):
        text = ('int F() {\n  // }\n  /* } */ const char* s = "}";\n  char c = \'}\';\n'
                '  auto r = R"x(}")x";\n  int n = 1\'000;\n#define BRACE }\n  return n;\n}\n')
        self.assertEqual(names(text), [("F", 9)])

    def test_a_table_needs_its_mark_and_no_statement(self):
        mark = "// table: the tags of ISO 639.\n"
        self.assertTrue(source_text.functions("cpp", mark + "int kRows[] = {\n1, 2};\n")[0].is_table)
        self.assertFalse(source_text.functions("cpp", "int kRows[] = {\n1, 2};\n")[0].is_table)
        self.assertFalse(source_text.functions(
            "cpp", mark + "int F() {\n  if (a) return 1;\n  return 2;\n}\n")[0].is_table)

    def test_python_and_shell_have_functions_too(self):
        python = source_text.functions("python", "def f():\n    pass\n\n\nx = 1\n")
        self.assertEqual([(f.name, f.lines) for f in python], [("f", 2)])
        shell = source_text.functions("shell", "f() {\n  echo '}'\n}\none() { echo; }\n")
        self.assertEqual([(f.name, f.lines) for f in shell], [("f", 3)])


class Comments(unittest.TestCase):

    def test_joins_lines_into_blocks_and_leaves_strings_alone(self):
        text = ('// SPDX-License-Identifier: Apache-2.0\n// One\n// block.\n\n'
                'const char* s = "// none";  // behind\n/* star\n * led */\n')
        self.assertEqual([(b.line, b.text, b.trailing) for b in source_text.comments("cpp", text)],
                         [(2, "One\nblock.", False), (5, "behind", True),
                          (6, "star\nled ", False)])

    def test_docstrings_and_hashes(self):
        text = '#!/usr/bin/env python3\n"""Doc."""\nx = "# none"  # behind\n'
        self.assertEqual([b.text for b in source_text.comments("python", text)], ["Doc.", "behind"])
        text = "#!/bin/sh\n# One.\necho '# none' # behind\ncat <<END\n# none\nEND\n"
        self.assertEqual([b.text for b in source_text.comments("shell", text)], ["One.", "behind"])


class Table(tree_of_files.ToolTest):
    TOOL = "measure_house.py"
    LONG = "int F() {\n" + "  G();\n" * 79 + "}\n"

    def rows(self, files, *arguments):
        code, out = self.check(files, *arguments)
        self.assertEqual(code, 0, out)
        return dict(line.strip("| ").split(" | ", 1) for line in out.splitlines()[2:])

    def test_counts_each_row(self):
        rows = self.rows({
            "core/a.h": "// SPDX-License-Identifier: Apache-2.0\n// What it tells.\n\n"
                        "constexpr int kA = 3;  // three of them\nconstexpr int kB = 4;\n"
                        "constexpr int kName = kB;\n"
                        "// Both fit.\nconstexpr int kC = 5;\nconstexpr int kD = 6;\n",
            "core/b.cc": "// An opening.\nvoid TakeAll() {}\nvoid Taken() {}\nvoid X::Save() {\n}\n",
            "daemon/app/c.cc": "int x;\n" * 8,
            "tests/d_test.cc": "int y;\n" * 700})
        self.assertEqual(rows["`daemon/`, % of the product's code"], "38")
        self.assertEqual(rows["largest room of `daemon/`, %"], "38 `daemon/app`")
        self.assertEqual(rows["files over 600 lines"], "1")
        self.assertEqual(rows["functions named Take…, Tell…, Of…"], "1")
        self.assertEqual(rows["Save/Restore by hand"], "1, 2 lines")
        self.assertEqual(rows["numeric constants without a reason"], "1 of 4")
        self.assertEqual(rows["`.cc` files that open without a comment"], "1 of 2")
        self.assertEqual(rows["files without an SPDX line"], "3")
        self.assertEqual(rows['"what" in 1,000 comment words'], "100.00")
        self.assertEqual(rows['"tell, told" in 1,000 comment words'], "100.00")

    def test_check_names_long_functions_and_files(self):
        code, out = self.check({"core/a.cc": "\n" + self.LONG}, "--check")
        self.assertEqual(code, 1)
        self.assertIn("core/a.cc:2: F has 81 lines", out)
        code, out = self.check({"core/a.cc": "int x;\n" * 601}, "--check")
        self.assertEqual(code, 1)
        self.assertIn("core/a.cc: 601 lines", out)
        self.assertEqual(self.check({"core/a.cc": "int x;\n" * 600}, "--check")[0], 0)

    def test_check_passes_a_marked_table(self):
        table = "// table: rows.\nint kA[] = {\n" + "  1,\n" * 90 + "};\n"
        self.assertEqual(self.check({"core/a.cc": table}, "--check")[0], 0)
        self.assertEqual(self.check({"core/a.cc": table[table.index("int"):]}, "--check")[0], 1)

    def test_a_tree_without_sources_is_an_error(self):
        self.assertNotEqual(self.check({})[0], 0)


if __name__ == "__main__":
    unittest.main()
