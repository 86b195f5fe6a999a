# SPDX-License-Identifier: Apache-2.0
"""tools/check_chart.py must find each kind of fault. Each test breaks one thing in a copy
of the chart; the tools of tools/install_chart_tools are needed."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build/chart-tools"
CHART = "deploy/helm/reasonwatch"
PARTS = ("deploy", "dashboards", "clients/python/src")


class CheckChart(unittest.TestCase):
    def check(self, name, old, new, only):
        with tempfile.TemporaryDirectory() as root:
            for part in PARTS:
                shutil.copytree(ROOT / part, pathlib.Path(root, part), symlinks=True)
            shutil.copy(ROOT / "CMakeLists.txt", root)
            path = pathlib.Path(root, name)
            text = path.read_text()
            self.assertIn(old, text)
            if path.is_symlink():
                path.unlink()
            path.write_text(text.replace(old, new))
            done = subprocess.run(
                [sys.executable, "-B", ROOT / "tools/check_chart.py", "--tools", TOOLS, "--root",
                 root, "--only", only], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

    def assert_found(self, name, old, new, only, wanted):
        code, out = self.check(name, old, new, only)
        self.assertEqual(code, 1, out)
        self.assertIn(wanted, out)

    def test_a_sound_chart_passes(self):
        code, out = self.check(f"{CHART}/values.yaml", "mode", "mode", "central")
        self.assertEqual(code, 0, out)

    def test_an_unknown_field_of_kubernetes(self):
        self.assert_found(f"{CHART}/templates/statefulset.yaml", "enableServiceLinks",
                          "enableServiceLink", "central", "enableServiceLink")

    def test_an_unknown_field_of_the_operator(self):
        self.assert_found(f"{CHART}/templates/_helpers.tpl", "scrapeTimeout: {{",
                          "scrapeTimeOut: {{", "sidecar", "no field .spec.podMetricsEndpoints[0]")

    def test_a_selector_that_matches_nothing(self):
        self.assert_found(f"{CHART}/templates/networkpolicy.yaml", 'include "reasonwatch.podSelector"',
                          'include "reasonwatch.serviceAccountName"', "central-secured", "central-secured")

    def test_other_rules_than_the_shipped_ones(self):
        self.assert_found(f"{CHART}/files/rules.yml", "for: 1m", "for: 2m", "central",
                          "the rules are not the shipped ones")

    def test_a_job_that_the_alerts_do_not_know(self):
        self.assert_found(f"{CHART}/templates/_helpers.tpl", "replacement: reasonwatch",
                          "replacement: watch", "sidecar", "the alerts look for")

    def test_a_container_with_rights(self):
        self.assert_found(f"{CHART}/templates/_helpers.tpl", "  readOnlyRootFilesystem: true\n", "",
                          "central", "is not restricted")

    def test_a_path_that_is_not_mounted(self):
        self.assert_found(f"{CHART}/templates/_helpers.tpl", "mountPath: /etc/reasonwatch/tls",
                          "mountPath: /etc/tls", "central-secured", "is not mounted")

    def test_a_value_without_a_schema(self):
        self.assert_found(f"{CHART}/values.yaml", "extraEnv: []", "extraEnv: []\nextraArgs: []",
                          "central", "extraArgs is not in the schema")

    def test_a_manifest_that_is_wrong(self):
        self.assert_found("deploy/kubernetes/vllm-sidecar.yaml", "periodSeconds", "periodSecond",
                          "central", "vllm-sidecar.yaml")


if __name__ == "__main__":
    if not (TOOLS / "installed").exists():
        print("skipped: no", TOOLS)
        sys.exit(77)
    unittest.main()
