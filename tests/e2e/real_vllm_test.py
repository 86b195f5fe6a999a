# SPDX-License-Identifier: Apache-2.0
"""Tests the client and `reasonwatch rescore` against a real vLLM server with the model of
tests/model: which fields vLLM echoes, which changes of a deployment are visible, that a loss
is confirmed, and that a healthy model is not suspected."""
import json
import pathlib
import re
import subprocess
import sys
import time
import unittest

import harness

CLIENT_TOOL = sys.argv.pop() if len(sys.argv) == 2 else ""
import real_client_test  # noqa: E402
import real_model  # noqa: E402
import vllm_server  # noqa: E402

problems = real_model.problems
CHATML = ("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def rescore(server, base, folder):
    """Asks twelve known problems again; returns exit status and output."""
    config = folder / "rescore.yaml"
    config.write_text(harness.config(folder, f"rescore-{server.port}", more=f"""\
baseline: {{path: {base}}}
rescore: {{endpoint: "{server.url}"}}
"""))
    ids = sorted({row["problem"]["id"] for row in harness.read_rows(base)})[:12]
    done = subprocess.run([harness.BINARY, "rescore", "--config", config, *ids],
                          capture_output=True, text=True, timeout=400, check=False)
    return done.returncode, done.stdout + done.stderr


class RealVllm(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.held = harness.temporary_folder()
        cls.folder = pathlib.Path(cls.held.__enter__())
        cls.addClassCleanup(cls.held.__exit__, None, None, None)
        cls.model = vllm_server.model(cls.folder / "model")
        real_client_test.TOOL = CLIENT_TOOL
        with vllm_server.VllmServer(cls.model) as server:
            cls.client = real_client_test.ask(server)
            known = problems.problems(7, 12)
            cls.replies = real_model.ask_all(server, known * 8, temperature=.5, workers=8)
            began = time.time() - 86400
            rows = [real_model.recorded(r, f"b-{i}", intent={"max_tokens": 192})
                    for i, r in enumerate(cls.replies)]
            for i, row in enumerate(rows):
                stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began + i))
                row.update(time=stamp, end_time=stamp)
            cls.base = harness.write_rows(cls.folder / "baseline.jsonl", rows)
            cls.healthy = rescore(server, cls.base, cls.folder)

    def test_the_model_reasons_here_as_elsewhere(self):
        figures = real_model.figures(self.replies)
        self.assertGreater(figures["correct"], .9, figures)
        self.assertGreater(figures["think"], .98, figures)

    def test_samples_whole_streamed_and_several_at_once(self):
        got = self.client
        whole = json.loads(got["whole body"])
        self.assertIn("\\boxed{", whole["choices"][0]["message"]["content"])
        self.assertEqual(got["stream streamed"], "1")
        self.assertIn("data: [DONE]", got["stream body"])
        # vLLM refuses several greedy choices at once, so the client asks for one.
        self.assertEqual(got["two choices"], "1")
        self.assertEqual(got["other failed"], "wrong_model")
        self.assertEqual(json.loads(re.findall(r"data: (\{.*)", got["prompt body"])[0])["object"],
                         "text_completion")

    def test_the_regime_shows_a_template_that_the_fingerprint_does_not(self):
        template = self.folder / "chatml.jinja"
        template.write_text(CHATML)
        with vllm_server.VllmServer(self.model, "--chat-template", template) as server:
            changed = real_client_test.ask(server)
            status, said = rescore(server, self.base, self.folder)
        self.assertRegex(self.client["regime engine"], "^vllm ")
        self.assertTrue(self.client["regime template"])
        self.assertNotEqual(changed["regime template"], self.client["regime template"])
        self.assertEqual(changed["regime fingerprint"], self.client["regime fingerprint"])
        self.assertEqual(status, 1, said)

    def test_an_idle_server_has_room(self):
        self.assertEqual(float(self.client["load waiting"]), 0)
        self.assertEqual(float(self.client["load running"]), 0)

    def test_a_healthy_model_is_not_confirmed(self):
        status, said = self.healthy
        self.assertIn(status, (0, 2), said)

    def test_a_wrong_rope_base_is_confirmed(self):
        wrong = vllm_server.with_rope_base(self.model, 500.0, self.folder / "rope")
        with vllm_server.VllmServer(wrong) as server:
            status, said = rescore(server, self.base, self.folder)
        self.assertEqual(status, 1, said)


if __name__ == "__main__":
    if not harness.BINARY or not CLIENT_TOOL:
        sys.exit("usage: real_vllm_test.py PATH/TO/reasonwatch PATH/TO/rescore_client_tool")
    vllm_server.skip_unless_installed()
    unittest.main(verbosity=2)
