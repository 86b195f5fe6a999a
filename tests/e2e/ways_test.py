# SPDX-License-Identifier: Apache-2.0
"""Tests that a model is asked again the way it failed: a server that fails only under one
condition is confirmed in that way, and a clean answer to a single question lowers nothing.
ways_campaign.py runs the same over more seeds."""
import concurrent.futures
import unittest

import fault_server
import harness
import ways_campaign

SEED = 7


class Ways(unittest.TestCase):
    def runs(self, faults):
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            return list(pool.map(
                lambda work: ways_campaign.one(*work, SEED, None, True), faults))

    def test_a_fault_of_one_condition_is_confirmed_in_that_way(self):
        for result in self.runs([(f, f) for f in fault_server.FAULTS]):
            with self.subTest(result["fault"]):
                self.assertIsNone(result["wrong"], result)

    def test_a_healthy_server_is_not_confirmed_in_any_way(self):
        for result in self.runs([(None, p) for p in ("load", "prefix", "streamed")]):
            with self.subTest(result["pattern"]):
                self.assertEqual(result["confirmation"], "not_reproduced", result)
                self.assertEqual(result["severity"], "warning")
                self.assertIn(ways_campaign.WAYS[result["pattern"]],
                              [way for way, pairs, why in result["tried"] if pairs and not why])


if __name__ == "__main__":
    harness.main()
