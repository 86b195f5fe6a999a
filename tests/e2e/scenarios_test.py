# SPDX-License-Identifier: Apache-2.0
"""Checks figures over recorded real traffic, if the recordings and their scorer are beside the
tree (../shared): each fault must be found, and nothing else."""
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import unittest

import harness

SHARED = harness.ROOT.parent / "shared"
TOOLS = SHARED / "tools"
DATA = SHARED / "data" / "dev"
MUST_FORMAT = {"D03", "D05", "D06", "D11", "D14"}
MEAN_RESPONSES = 1e4


def score(tool, *arguments):
    done = subprocess.run([sys.executable, "-B", TOOLS / tool, *arguments],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{tool} {arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def scenarios(*arguments):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        text = score("score_scenarios.py", "--bin", harness.BINARY, "--json", out.name,
                     *arguments)
        return text, json.load(out)


def poisson_quantile(mean, share):
    count, term = 0, math.exp(-mean)
    total = term
    while total < share:
        count += 1
        term *= mean / count
        total += term
    return count


class Scenarios(unittest.TestCase):

    def test_collapses_are_seen_soon_and_nothing_else_is_told(self):
        text, results = scenarios()
        print(text)
        self.assertEqual([(r["id"], r["pre"] + r["wrong"]) for r in results
                          if r["pre"] or r["wrong"]], [])
        collapses = [r["detected"]["length_collapse"] for r in results
                     if "length_collapse" in r["detected"]]
        self.assertEqual(len(collapses), 6)
        self.assertNotIn(None, collapses)
        seen = {r["id"].split("-")[1] for r in results if r["detected"].get("format_markers") is not None}
        self.assertLessEqual(MUST_FORMAT, seen)
        delays = [d for r in results for d in r["detected"].values() if d is not None]
        self.assertLessEqual(statistics.median(delays), 25)

    def test_shuffled_healthy_traffic_alarms_no_more_than_asked(self):
        # The figures in the README come from REASONWATCH_PERMUTE=20.
        times = os.environ.get("REASONWATCH_PERMUTE", "5")
        for asked in (MEAN_RESPONSES, 10 * MEAN_RESPONSES):
            text, results = scenarios("--permute", times, "--mean-responses", f"{asked:g}")
            print(text)
            live = sum(r["live"] for r in results)
            # If less than one alarm is expected, one may still come by chance: the bound
            # is the 99th percentile of a Poisson count.
            expected = live / asked
            bound = expected if expected >= 1 else poisson_quantile(expected, .99)
            self.assertLessEqual(sum(len(r["opened"]) for r in results), bound)

    def test_grader_and_splitter_are_scored(self):
        for what in ("grader", "parser"):
            text = score("score_cases.py", what, "--bin", harness.BINARY)
            print(text)
            self.assertTrue(text.strip())


if __name__ == "__main__":
    if not (DATA / "scenarios.json").exists() or not TOOLS.exists():
        harness.skip(f"no recordings in {SHARED}")
    harness.main()
