# SPDX-License-Identifier: Apache-2.0
"""cmake/write_commit.cmake finds the commit in a clone, in an archive of one, and else none."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("cmake/write_commit.cmake", "cmake/commit.txt", ".gitattributes")


class WriteCommit(unittest.TestCase):

    def setUp(self):
        held = tempfile.TemporaryDirectory(prefix="rw-")
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)
        self.tree = self.folder / "tree"
        for name in PARTS:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.tree / name)

    def git(self, *words):
        return subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words], cwd=self.tree,
            check=True, capture_output=True).stdout

    def commit_of(self, tree):
        header = self.folder / "commit.h"
        subprocess.run(["cmake", "-D", f"SOURCE={tree}", "-D", f"HEADER={header}", "-P",
                        tree / "cmake/write_commit.cmake"], check=True, capture_output=True)
        return re.search(r'kCommit\[\] = "(.*)"', header.read_text()).group(1)

    def test_a_clone_an_archive_and_a_bare_tree(self):
        self.assertEqual(self.commit_of(self.tree), "unknown")
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")
        head = self.git("rev-parse", "HEAD").decode()[:12]
        self.assertEqual(self.commit_of(self.tree), head)
        (self.folder / "archive.tar").write_bytes(self.git("archive", "HEAD"))
        archive = self.folder / "archive"
        archive.mkdir()
        subprocess.run(["tar", "-C", archive, "-xf", self.folder / "archive.tar"], check=True)
        self.assertEqual(self.commit_of(archive), head)
        script = self.tree / "cmake/write_commit.cmake"
        script.write_text(script.read_text() + "# changed\n")
        self.assertEqual(self.commit_of(self.tree), head + "+")

    def test_a_header_that_holds_stays_as_it_is(self):
        header = self.folder / "commit.h"
        self.commit_of(self.tree)
        before = header.stat().st_mtime_ns
        self.commit_of(self.tree)
        self.assertEqual(header.stat().st_mtime_ns, before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
