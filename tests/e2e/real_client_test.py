# SPDX-License-Identifier: Apache-2.0
"""Tests the client of rescore/ against a real llama.cpp server."""
import json
import subprocess
import sys
import unittest

import harness
import llama_server
import real_model

TOOL = harness.BINARY
problems = real_model.problems
PROBLEM = problems.problems(2028, 1)[0]
MESSAGES = json.dumps([{"role": "system", "content": problems.SYSTEM_PROMPT},
                       {"role": "user", "content": PROBLEM.question}])


def ask(server):
    """Returns the fields of the output by name, such as "whole choices" -> "1", and the bodies as
    they came."""
    done = subprocess.run([TOOL, server.url, real_model.NAME, MESSAGES], capture_output=True,
                          text=True, timeout=240, check=True)
    found, body, name = {}, [], ""
    for line in done.stdout.splitlines():
        if name:
            if line == f"{name} end":
                found[f"{name} body"] = "\n".join(body)
                name = ""
            else:
                body.append(line)
            continue
        what, key, *rest = line.split(" ", 2)
        found[f"{what} {key}"] = rest[0] if rest else ""
        if key == "body":
            name, body = what, rest
    return found


class RealClient(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        with real_model.start() as server:
            cls.healthy = ask(server)

    def test_samples_whole_streamed_and_several_at_once(self):
        got = self.healthy
        whole = json.loads(got["whole body"])
        self.assertIn("\\boxed{", whole["choices"][0]["message"]["content"])
        self.assertEqual(json.loads(got["fresh body"])["usage"]["prompt_tokens_details"],
                         {"cached_tokens": 0})
        self.assertEqual(got["stream streamed"], "1")
        self.assertIn("data: [DONE]", got["stream body"])
        self.assertEqual(got["whole choices"], "1")
        self.assertEqual(got["two choices"], "2")
        # More choices than slots are refused, so the client asks again for one.
        self.assertEqual(got["fifty choices"], "1")
        # The server reports the text that the template inserted: a block without a
        # thought.
        self.assertIn("<think>\\n\\n</think>", got["off body"])
        self.assertEqual(json.loads(got["prompt body"].split("data: ")[1])["object"],
                         "text_completion")

    def test_the_regime_shows_template_and_weights(self):
        got = self.healthy
        self.assertEqual(got["regime engine"], "llama.cpp")
        self.assertEqual(got["regime fingerprint"], got["whole fingerprint"])
        self.assertTrue(got["regime template"] and got["regime weights"])
        with real_model.start("foreign_template") as server:
            template = ask(server)
        self.assertNotEqual(template["regime template"], got["regime template"])
        self.assertEqual(template["regime weights"], got["regime weights"])
        with real_model.start("q4_0") as server:
            weights = ask(server)
        self.assertEqual(weights["regime template"], got["regime template"])
        self.assertNotEqual(weights["regime weights"], got["regime weights"])

    def test_an_idle_server_has_room(self):
        self.assertEqual(float(self.healthy["load waiting"]), 0)
        self.assertEqual(float(self.healthy["load running"]), 0)


if __name__ == "__main__":
    if not TOOL:
        sys.exit("usage: real_client_test.py PATH/TO/rescore_client_tool")
    llama_server.skip_unless_installed()
    unittest.main(verbosity=2)
