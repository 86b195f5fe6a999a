# SPDX-License-Identifier: Apache-2.0
"""Checks that the program finds in the bundled recording the faults that its generator put there;
the findings equal the golden ones byte for byte."""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = sys.argv.pop(1)
sys.path.insert(0, str(ROOT / "tests"))
import golden  # noqa: E402
_spec = importlib.util.spec_from_file_location("make_sample", ROOT / "tools/make_sample.py")
sample = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sample)


def position(response_id):
    return int(response_id.rsplit("-", 1)[1])


class SampleReplay(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "findings.jsonl"
            subprocess.run([BINARY, "replay", "--baseline", sample.FOLDER / "baseline.jsonl",
                            "--live", sample.FOLDER / "live.jsonl", "--findings", out],
                           check=True, capture_output=True)
            cls.text = out.read_text()
        cls.findings = [json.loads(line) for line in cls.text.splitlines()]

    def of(self, event):
        return [f for f in self.findings if f["event"] == event]

    def test_the_findings_are_the_golden_ones(self):
        golden.check(self, "sample_findings.jsonl", self.text)

    def test_nothing_is_said_while_the_model_is_healthy(self):
        self.assertGreater(min(position(f["id"]) for f in self.findings), sample.HEALTHY)

    def test_the_collapse_is_found_within_fifty_responses_and_dated(self):
        for signal in ("length_collapse", "format_markers"):
            opened = [f for f in self.of("opened") if f["signal"] == signal]
            self.assertEqual(len(opened), 1, signal)
            self.assertLessEqual(position(opened[0]["id"]), sample.HEALTHY + 50)
            self.assertAlmostEqual(position(opened[0]["onset_id"]), sample.HEALTHY + 1, delta=10)

    def test_the_new_build_is_the_first_cause(self):
        for finding in self.of("opened"):
            self.assertEqual(finding["causes"][0]["cause"], "version_change")
            self.assertIn(sample.BAD_BUILD, finding["causes"][0]["evidence"])

    def test_recovery_closes_everything(self):
        closed = {f["signal"] for f in self.of("closed")}
        self.assertEqual(closed, {f["signal"] for f in self.of("opened")})
        self.assertEqual(self.of("open_at_end"), [])
        self.assertGreater(min(position(f["id"]) for f in self.of("closed")),
                           sample.HEALTHY + sample.COLLAPSED)


if __name__ == "__main__":
    unittest.main()
