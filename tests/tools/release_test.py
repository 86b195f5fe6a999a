# SPDX-License-Identifier: Apache-2.0
"""tools/release must refuse a release that is not whole, before it builds anything."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ("CMakeLists.txt", "CHANGELOG.md", "deploy/helm/reasonwatch/Chart.yaml",
         "clients/python/src/reasonwatch/_version.py", "tools/release")


class Release(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.root = pathlib.Path(work.name)
        for name in FILES:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        self.write("CMakeLists.txt", "project(reasonwatch VERSION 4.5.6 LANGUAGES CXX)\n")
        self.write("deploy/helm/reasonwatch/Chart.yaml", "version: 4.5.6\nappVersion: 4.5.6\n")
        self.write("clients/python/src/reasonwatch/_version.py", 'VERSION = "4.5.6"\n')
        self.write("CHANGELOG.md", "# Changes\n\n## [4.5.6] - 2030-01-31\n")
        self.git("init", "-q")
        self.commit()

    def write(self, name, text):
        (self.root / name).write_text(text)

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words],
                       cwd=self.root, check=True, capture_output=True)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        self.git("tag", "-f", "-a", "v4.5.6", "-m", "4.5.6")

    def refusal(self, *arguments):
        done = subprocess.run([self.root / "tools/release", *arguments, "out"], cwd=self.root,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertFalse(list(self.root.glob("out/*")))
        return done.stderr

    def test_a_whole_release_gets_as_far_as_the_build(self):
        # There is nothing to build in this tree.
        self.assertIn("configuring failed", self.refusal())

    def test_no_tag(self):
        self.git("tag", "-d", "v4.5.6")
        self.assertIn("not tagged v4.5.6", self.refusal())

    def test_a_tag_of_another_commit(self):
        self.git("commit", "-q", "--allow-empty", "-m", "later")
        self.assertIn("not tagged v4.5.6", self.refusal())

    def test_changes_in_the_tree(self):
        self.write("more", "")
        self.assertIn("the tree has changes", self.refusal())

    def test_an_open_change_log(self):
        self.write("CHANGELOG.md", "# Changes\n\n## [Unreleased]\n")
        self.commit()
        self.assertIn("no section [4.5.6]", self.refusal())

    def test_a_version_that_was_forgotten(self):
        for name, text in (("deploy/helm/reasonwatch/Chart.yaml", "appVersion: 4.5.5\n"),
                           ("clients/python/src/reasonwatch/_version.py", 'VERSION = "4.5.5"\n')):
            with self.subTest(name):
                old = (self.root / name).read_text()
                self.write(name, text)
                self.commit()
                self.assertIn(f"{name} is not of 4.5.6", self.refusal("--draft"))
                self.write(name, old)

    def test_a_folder_that_is_not_empty(self):
        (self.root / "full").mkdir()
        self.write("full/file", "")
        done = subprocess.run([self.root / "tools/release", "--draft", "full"], cwd=self.root,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not empty", done.stderr)


if __name__ == "__main__":
    unittest.main()
