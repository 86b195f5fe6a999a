# SPDX-License-Identifier: Apache-2.0
"""Runs ./quickstart with each of its faults, as fast as the tap takes the responses."""
import re
import shutil
import subprocess
import unittest
import urllib.request

import harness

# The fault; the signal that must find it; the cause that must be named first.
FAULTS = (
    ("collapse", "length_collapse", "version_change"),
    ("template", "format_markers", "prompt_or_template_change"),
    ("wrong-answers", "consistency_regression", "version_change"),
    ("loop", "repetition_loop", "replica_fault"),
    ("language", "language_mixing", "version_change"),
)
SCRIPT = harness.ROOT / "quickstart"


def page_status(address):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(address, timeout=30) as answer:
        return answer.status


def run(*arguments):
    """Returns the exit status, the output, and the page's status while it ran."""
    with subprocess.Popen([SCRIPT, "--binary", harness.BINARY, "--rate", "0", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as script:
        output, page = "", 0
        for line in script.stdout:
            output += line
            address = re.match(r"  page +(http://\S+)", line)
            if address:
                page = page_status(address.group(1))
        return script.wait(), output, page


class Quickstart(unittest.TestCase):

    def test_each_fault_is_a_critical_incident_with_its_cause(self):
        for fault, signal, cause in FAULTS:
            with self.subTest(fault=fault):
                status, output, page = run("--fault", fault)
                self.assertEqual(status, 0, output[-4000:])
                self.assertEqual(page, 200)
                self.assertRegex(output, rf"A critical incident, found by {signal}\. "
                                         rf"Its likely cause: \d+ % {cause}: ")
                self.assertRegex(output, r"ReasonwatchIncidentCritical active(?:.*\n){3}"
                                         r".* of heron-think-8b.*; likely ")
                self.assertIn("the incident has closed", output)

    def test_a_fault_that_does_not_exist_is_a_usage_error_with_the_names(self):
        for arguments in (["--fault", "slow"], ["--fault"], ["--no-such-option"]):
            done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertEqual(done.returncode, 64)
        named = subprocess.run([SCRIPT, "--fault", "slow"], capture_output=True, text=True,
                               timeout=60, check=False).stderr
        for fault, _, _ in FAULTS:
            self.assertIn(fault, named)


if __name__ == "__main__":
    for program in ("prometheus", "prometheus-alertmanager", "amtool"):
        if shutil.which(program) is None:
            harness.skip(f"{program} is not installed")
    harness.main()
