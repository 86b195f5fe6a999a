# SPDX-License-Identifier: Apache-2.0
"""tools/check_prose.py must find each kind of offender, and pass plain prose."""
import unittest

import tree_of_files

PLAIN = "// Counts the responses of each stream and reports the total at the end.\n"


class CheckProse(tree_of_files.ToolTest):
    TOOL = "check_prose.py"

    def assert_found(self, files, *wanted):
        code, out = self.check(files)
        self.assertEqual(code, 1, out)
        for text in wanted:
            self.assertIn(text, out)

    def assert_passes(self, files):
        code, out = self.check(files)
        self.assertEqual(code, 0, out)

    def test_plain_prose_passes(self):
        self.assert_passes({
            "a.cc": PLAIN + "int what = 0;  // an identifier is no prose: see `a`\n"
                    'const char* s = "what where told stands";\n',
            "README.md": "# a\n\nIt takes 3 s for 100 rows, 5 s for 200 and 9 s for 400.\n\n"
                         "```sh\necho what what where\n```\n"})

    def test_words_over_their_rate_are_named_with_their_lines(self):
        for word in ("what", "where", "tells", "told", "stands"):
            line = f"// It has {word} it needs.\n"
            with self.subTest(word=word):
                self.assert_found({"a.h": PLAIN + "int x;\n" + line + "int y;\n" + line},
                                  "a.h:3: ", "a.h:5: ")
                self.assert_found({"a.py": f'"""Has {word} it needs."""\n# The {word} again.\n'},
                                  "a.py:1: ", "a.py:2: ")
                self.assert_found({"a.md": f"# a\n\nHas {word} and {word}.\n"}, "a.md:3: ")

    def test_rates_and_not_counts_are_limited(self):
        # Two in 3,000 words are fewer than .8 in 1,000, but more than .06.
        many = PLAIN * 250 + "int x;\n// As what and what.\n"
        self.assert_passes({"a.h": many})
        self.assert_found({"a.h": many.replace("what", "stands")}, "\"stand\" in comments")

    def test_words_of_documents_do_not_thin_those_of_comments(self):
        self.assert_found({"a.h": "// Has what it has, what else.\n",
                           "a.md": "# a\n\n" + "word " * 5000}, "a.h:1: ")

    def test_first_words(self):
        for word in ("What", "Of", "Where", "Those", "So"):
            with self.subTest(word=word):
                self.assert_found({"a.cc": f"int x;\n// {word} many rows.\n"},
                                  f"a.cc:2: a comment begins with \"{word}\"")
        self.assert_found({"a.sh": "#!/bin/sh\n# So be it.\n"}, "a.sh:2: ")
        self.assert_passes({"a.cc": "// Rows.\n// So many of them.\n// Software of ours.\n"})

    def test_long_files_open_with_a_paragraph(self):
        body = "int x;\n" * 200
        self.assert_found({"a.cc": body + "int y;\n"}, "a.cc:1: over 200 lines")
        self.assert_found({"a.cc": "// Too short.\n" + body}, "a.cc:1: over 200 lines")
        self.assert_passes({"a.cc": body})
        self.assert_passes({"a.h": body + "int y;\n"})
        paragraph = PLAIN + "// First the counters, then their sums, last the report.\n"
        self.assert_passes({"a.cc": "// SPDX-License-Identifier: Apache-2.0\n" + paragraph + body})

    def test_figures_in_a_row(self):
        self.assert_found({"README.md": "# a\n\nText.\n\nPrompts: 600, 587, 12 and 0 of 1,703.\n"},
                          "README.md:5: figures in a row")
        self.assert_found({"b/README.md": "# b\n\n| found, lost, wrong | 600, 587, 0 of 9 |\n"},
                          "b/README.md:3: a cell of 3 figures")
        self.assert_passes({"README.md": "# a\n\n| found | 600 of 600 |\n| wrong | 0 |\n"})

    def test_an_empty_tree_is_an_error(self):
        self.assertNotEqual(self.check({})[0], 0)


if __name__ == "__main__":
    unittest.main()
