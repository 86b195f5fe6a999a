# SPDX-License-Identifier: Apache-2.0
"""A part of the attacks of tests/faults, for a few seconds each: those that once stopped a port or
took gigabytes before a token was seen."""
import subprocess
import sys
import unittest

import harness

PART = ("silent", "endless_headers", "chunks_without_token", "half_bodies_inside", "huge_header",
        "resets", "half_messages", "descriptors")


class Hostile(unittest.TestCase):

    def test_attacks_stay_within_their_bounds(self):
        done = subprocess.run(
            [sys.executable, "-B", harness.ROOT / "tests" / "faults" / "run.py", harness.BINARY,
             "--seconds", "3", "--only", ",".join(PART)],
            capture_output=True, text=True, timeout=280, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    harness.main()
