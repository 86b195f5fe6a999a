# SPDX-License-Identifier: Apache-2.0
"""tools/check_demo.py must find each kind of fault; each test breaks a copy of the demo."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CheckDemo(unittest.TestCase):
    def check(self, name, old, new):
        with tempfile.TemporaryDirectory() as root:
            for part in ("deploy", "dashboards", "tests/model"):
                shutil.copytree(ROOT / part, pathlib.Path(root, part), symlinks=True)
            path = pathlib.Path(root, "deploy/demo", name)
            text = path.read_text()
            self.assertIn(old, text)
            path.write_text(text.replace(old, new))
            done = subprocess.run(
                [sys.executable, "-B", ROOT / "tools/check_demo.py", "--folder", path.parent],
                # Without a path, programs that take seconds are not found.
                capture_output=True, text=True, check=False, env={"PATH": ""})
            return done.returncode, done.stdout + done.stderr

    def assert_found(self, name, old, new, wanted):
        code, out = self.check(name, old, new)
        self.assertEqual(code, 1, out)
        self.assertIn(wanted, out)

    def test_a_sound_demo_passes(self):
        code, out = self.check("compose.yaml", "model", "model")
        self.assertEqual(code, 0, out)

    def test_a_file_that_is_absent(self):
        self.assert_found("compose.yaml", "./alertmanager.yml", "./alerts.yml", "./alerts.yml is absent")

    def test_a_port_that_nobody_listens_on(self):
        self.assert_found("prometheus.yml", "reasonwatch:9096", "reasonwatch:9097",
                          "nothing listens on reasonwatch:9097")
        self.assert_found("compose.yaml", "http://envoy:8081", "http://envoy:8080",
                          "nothing listens on envoy:8080")

    def test_a_service_that_is_absent(self):
        self.assert_found("compose.yaml", "depends_on: [envoy]", "depends_on: [gateway]",
                          "gateway, which is absent")

    def test_an_option_that_the_program_lacks(self):
        self.assert_found("compose.yaml", "--answers 8", "--replies 8", "no option --replies")

    def test_a_port_that_is_open_to_all(self):
        self.assert_found("compose.yaml", "127.0.0.1:3000:3000", "3000:3000", "open to all")


if __name__ == "__main__":
    try:
        import yaml  # noqa: F401
    except ImportError:
        print("skipped: no PyYAML")
        sys.exit(77)
    unittest.main()
