# SPDX-License-Identifier: Apache-2.0
"""Builds the site of the documents, and tests that tools/build_site finds dead links."""
import importlib.machinery
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/build_site"


def load():
    loader = importlib.machinery.SourceFileLoader("build_site", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("build_site", loader))
    loader.exec_module(module)
    return module


class Site(unittest.TestCase):

    def setUp(self):
        held = tempfile.TemporaryDirectory(prefix="rw-")
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @unittest.skipIf(shutil.which("mkdocs", path="/usr/bin") is None, "MkDocs is not installed")
    def test_the_site_is_whole(self):
        done = subprocess.run([TOOL, "--pages", self.folder / "pages", "--out", self.folder / "site"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        page = (self.folder / "site/index.html").read_text()
        self.assertIn("docs/images/incident.png", page)
        self.assertTrue((self.folder / "site/search/search_index.json").is_file())
        self.assertTrue((self.folder / "site/docs/first-hour.html").is_file())

    def test_dead_links_and_anchors_are_found(self):
        self.write("index.html", '<a href="a.html#here">x</a><a href="a.html#gone">x</a>'
                   '<a href="b.html">x</a><img src="c.png"><a href="folder/">x</a>'
                   '<a href="https://example.com/none">x</a><a href="#top">x</a><p id="top">')
        self.write("a.html", '<h1 id="here">a</h1>')
        self.write("folder/index.html", '<a href="../a.html">x</a>')
        self.assertEqual(sorted(load().dead_links(self.folder)), [
            "index.html: no such anchor: a.html#gone", "index.html: no such page: b.html",
            "index.html: no such page: c.png"])

    def test_links_to_files_and_folders_of_the_tree_are_kept_in_the_site(self):
        self.write("tree/docs/a.md", "[file](../x.yaml) [folder](more/) [page](b.md#part) "
                   "[gone](c.md)\n\n```sh\n[no link](d.md)\n```\n")
        self.write("tree/docs/b.md", "# b\n")
        self.write("tree/docs/more/first.md", "# The first\n")
        self.write("tree/x.yaml", "a: 1\n")
        gatherer = load().Gatherer(self.folder / "tree", self.folder / "pages")
        gatherer.add("docs/a.md")
        self.assertEqual((self.folder / "pages/docs/a.md").read_text().splitlines()[0],
                         "[file](../x.yaml) [folder](more/README.md) [page](b.md#part) [gone](c.md)")
        self.assertEqual((self.folder / "pages/docs/more/README.md").read_text(),
                         "# docs/more\n\n* [The first](first.md)\n")
        self.assertTrue((self.folder / "pages/x.yaml").is_file())
        self.assertEqual(gatherer.problems, ["docs/a.md: no such file: c.md"])


if __name__ == "__main__":
    if importlib.util.find_spec("yaml") is None:
        print("skipped: YAML is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
