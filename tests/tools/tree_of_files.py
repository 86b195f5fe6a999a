# SPDX-License-Identifier: Apache-2.0
"""A synthetic source tree for the tests of tools/."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write(root, files):
    for name, text in files.items():
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class ToolTest(unittest.TestCase):
    """Runs a tool over files that exist for one call."""

    TOOL = ""

    def check(self, files, *arguments):
        with tempfile.TemporaryDirectory() as root:
            write(root, files)
            done = subprocess.run(
                [sys.executable, "-B", ROOT / "tools" / self.TOOL, "--root", root, *arguments],
                capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr
