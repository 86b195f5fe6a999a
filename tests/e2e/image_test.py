# SPDX-License-Identifier: Apache-2.0
"""The container image, made and run without a container engine, is sound; and
tools/run_image finds one that is not."""
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import harness

TOOLS = harness.ROOT / "tools"


def run(*words):
    return subprocess.run([sys.executable, "-B", *map(str, words)], capture_output=True, text=True,
                          check=False, timeout=100)


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory()
        cls.archive = pathlib.Path(cls.work.name, "image.tar")
        made = run(TOOLS / "make_image", harness.BINARY, cls.archive)
        assert made.returncode == 0, made.stdout + made.stderr

    @classmethod
    def tearDownClass(cls):
        cls.work.cleanup()

    def broken(self, change):
        """Returns an archive whose layer has been through change(members)."""
        target = pathlib.Path(self.work.name, "broken.tar")
        with tarfile.open(self.archive) as tar, tarfile.open(target, "w") as out:
            [image] = json.load(tar.extractfile("manifest.json"))
            for member in tar.getmembers():
                data = tar.extractfile(member).read()
                if member.name in image["Layers"]:
                    data = self.repacked(data, change)
                    member.size = len(data)
                out.addfile(member, io.BytesIO(data))
        return target

    @staticmethod
    def repacked(data, change):
        layer = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(data)) as files, \
                tarfile.open(fileobj=layer, mode="w") as out:
            for member in change(files.getmembers()):
                out.addfile(member, files.extractfile(member) if member.isreg() else None)
        return layer.getvalue()

    def test_it_runs(self):
        # The program under test is not the one released, so its size says nothing.
        done = run(TOOLS / "run_image", self.archive, "--any-size")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("the health check passes", done.stdout)

    def test_a_command_of_ones_own(self):
        done = run(TOOLS / "run_image", self.archive, "--", "--version")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^reasonwatch \d+\.\d+\.\d+ \(commit ")

    def test_a_missing_library_is_found(self):
        archive = self.broken(lambda members: [m for m in members if "libz.so" not in m.name])
        done = run(TOOLS / "run_image", archive, "--any-size")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("FAILED  --version", done.stdout)


if __name__ == "__main__":
    if os.geteuid() != 0:
        harness.skip("needs root")
    if subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "true"],
                      check=False).returncode != 0:
        harness.skip("namespaces can't be made here")
    for program in ("icupkg", "strip", "gcc"):
        if not shutil.which(program):
            harness.skip(f"no {program}")
    unittest.main()
