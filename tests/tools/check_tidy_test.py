# SPDX-License-Identifier: Apache-2.0
"""tools/check_tidy.py must pick the changed files, and check no content twice.

clang-tidy is replaced by a script that refuses a file with "bad" in it.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import tree_of_files

FAKE = """#!/bin/sh
for file; do :; done
echo "$file" >>"$(dirname "$0")/runs"
! grep bad "$file"
"""
FILES = {
    ".gitignore": "/build/\n/bin/\n",
    ".clang-tidy": "Checks: '*'\n",
    "core/a.h": "int a;\n",
    "core/a.cc": '#include "core/a.h"\n',
    "core/b.h": '#include "core/a.h"\n',
    "core/b.cc": '#include "core/b.h"\n',
    "core/c.cc": "int c;\n",
    **{f"core/user_{n}.cc": '#include "core/a.h"\n' for n in range(5)},
    "core/unlisted.cc": "bad\n",
}


class CheckTidy(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        tree_of_files.write(self.root, {**FILES, "bin/clang-tidy-14": FAKE})
        (self.root / "bin/clang-tidy-14").chmod(0o755)
        (self.root / "tools").mkdir()
        shutil.copy(tree_of_files.ROOT / "tools/check_tidy.py", self.root / "tools")
        listed = [name for name in FILES if name.endswith(".cc") and "unlisted" not in name]
        tree_of_files.write(self.root, {"build/dev/compile_commands.json": json.dumps(
            [{"directory": str(self.root), "file": name, "command": "c++ " + name}
             for name in listed])})
        self.git("init", "-q", "-b", "trunk")
        self.commit()
        self.commit()

    def git(self, *arguments):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("GIT_")}
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", *arguments],
                       cwd=self.root, check=True, capture_output=True, env=environment)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def tidy(self, *arguments):
        environment = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        done = subprocess.run([sys.executable, "-B", self.root / "tools/check_tidy.py", *arguments],
                              capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout + done.stderr

    def runs(self):
        path = self.root / "bin/runs"
        names = path.read_text().split() if path.is_file() else []
        path.unlink(missing_ok=True)
        return sorted(os.path.relpath(name, self.root) for name in names)

    def test_checks_the_work_tree_and_the_last_commit(self):
        tree_of_files.write(self.root, {"core/c.cc": "int d;\n"})
        self.commit()
        tree_of_files.write(self.root, {"core/b.cc": "int e;\n"})
        code, out = self.tidy()
        self.assertEqual((code, self.runs()), (0, ["core/b.cc", "core/c.cc"]), out)

    def test_nothing_changed_is_nothing_to_do(self):
        self.assertEqual((self.tidy()[0], self.runs()), (0, []))

    def test_a_branch_is_compared_with_where_it_left_main(self):
        self.git("branch", "main")
        for name in ("core/b.cc", "core/c.cc"):
            tree_of_files.write(self.root, {name: "int d;\n"})
            self.commit()
        self.assertEqual(self.tidy("--list")[1].split(), ["core/b.cc", "core/c.cc"])
        self.assertEqual(self.tidy("--list", "--base", "HEAD~1")[1].split(), ["core/c.cc"])

    def test_a_finding_fails_and_is_checked_again(self):
        tree_of_files.write(self.root, {"core/c.cc": "bad\n"})
        for _ in range(2):
            code, out = self.tidy()
            self.assertEqual((code, self.runs()), (1, ["core/c.cc"]), out)
            self.assertIn("core/c.cc: FAILED", out)

    def test_no_content_is_checked_twice(self):
        listed = 8
        self.assertEqual((self.tidy("--all")[0], len(self.runs())), (0, listed))
        self.assertEqual((self.tidy("--all")[0], self.runs()), (0, []))
        tree_of_files.write(self.root, {"core/a.h": "int b;\n"})
        self.assertEqual(self.tidy("--all")[0], 0)
        self.assertEqual(self.runs(), ["core/a.cc", "core/b.cc"] +
                         [f"core/user_{n}.cc" for n in range(5)])
        for name in (".clang-tidy", "core/.clang-tidy"):
            tree_of_files.write(self.root, {name: "Checks: 'a'\n"})
            self.assertEqual((self.tidy("--all")[0], len(self.runs())), (0, listed))

    def test_a_header_is_checked_through_a_few_of_its_users(self):
        tree_of_files.write(self.root, {"core/a.h": "int b;\n"})
        self.assertEqual(self.tidy("--list")[1].split(),
                         ["core/a.cc", "core/user_0.cc", "core/user_1.cc"])

    def test_cannot_run(self):
        (self.root / "build/dev/compile_commands.json").unlink()
        self.assertEqual(self.tidy()[0], 2)


if __name__ == "__main__":
    unittest.main()
