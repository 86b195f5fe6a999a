# SPDX-License-Identifier: Apache-2.0
"""A model whose template stops asking it to think, found by way of Envoy alone: from the
configuration that `reasonwatch envoy` wrote to an alert in Alertmanager."""
import concurrent.futures
import itertools
import pathlib
import shutil
import unittest

import alert_test
import envoy_server
import fake_openai
import harness

HEALTHY = 700
CLIENTS = 2


def request_of(row):
    messages = row.get("messages") or [{"role": "user", "content": row["prompt"]}]
    if row.get("system_prompt"):
        messages = [{"role": "system", "content": row["system_prompt"]}, *messages]
    intent = row["intent"]
    return {"model": row["model"], "messages": messages, "stream": True,
            "max_tokens": intent["max_tokens"], "reasoning_effort": intent["effort"],
            "chat_template_kwargs": {"enable_thinking": intent["thinking"]}}


def served(row, number, template):
    """The stream that the server gives: without the template it answers at once."""
    content, usage = row["content"], dict(row["usage"])
    if not template:
        reasoning, content = fake_openai.split(content)
        content = content.strip()
        whole = len(content) + len(reasoning or "")
        usage["output_tokens"] = max(1, usage["output_tokens"] * len(content) // whole)
    return {"id": f"chatcmpl-{number}", "model": row["model"], "content": content,
            "stream": True, "step": 40,
            "usage": {"prompt_tokens": usage["input_tokens"],
                      "completion_tokens": usage["output_tokens"]}}


def through_gateway(row, number, drops):
    """The stream that a gateway passes on. One that drops the field of the reasoning leaves
    the server's count of its tokens as it is."""
    answer = {**served(row, number, template=True), "field": "reasoning_content"}
    if drops:
        answer["content"] = fake_openai.split(answer["content"])[1]
    return answer


def in_a_field(row):
    """A recorded row whose server delivers the reasoning in a field of its own."""
    reasoning, content = fake_openai.split(row["content"])
    return row if reasoning is None else {**row, "content": content, "reasoning": reasoning}


class EnvoyAlert(unittest.TestCase):
    """Healthy exchanges, then as many as half of them that have changed."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(harness.temporary_folder()))
        rows = list(harness.read_rows(harness.SAMPLE / "live.jsonl")[:HEALTHY])
        self.asked = rows + rows[:HEALTHY // 2]

    def start(self, answers, baseline):
        self.daemon = self.enterContext(harness.Daemon(self.folder, harness.config(
            self.folder, more=f"baseline: {{path: {baseline}}}")))
        self.stack = self.enterContext(alert_test.Stack(self.folder, self.daemon))
        upstream = self.enterContext(fake_openai.FakeOpenAi(answers))
        self.envoy = self.enterContext(
            envoy_server.Envoy(self.folder, upstream.url, self.daemon.tap))

    def ask(self, numbers):
        with envoy_server.Client(self.envoy.port) as client:
            for number in numbers:
                row = self.asked[number]
                status, _ = client.ask(number, request_of(row), {
                    "x-reasonwatch-route": row["route"],
                    "x-reasonwatch-replica": row["replica"]})
                self.assertEqual(status, 200)

    def ask_all(self, numbers):
        turns = itertools.tee(numbers, CLIENTS)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(self.ask, itertools.islice(turn, n, None, CLIENTS))
                         for n, turn in enumerate(turns)]:
                done.result()

    def alerts_of_the_change(self):
        self.ask_all(range(HEALTHY))
        harness.wait_for("the healthy ones", lambda: self.daemon.scored() == HEALTHY)
        self.assertEqual(self.daemon.events("incident_opened"), [])
        self.assertEqual(self.stack.amtool(), [])
        self.ask_all(range(HEALTHY, len(self.asked)))
        harness.wait_for("the incident", lambda: self.daemon.events("incident_opened"), 60)
        alerts = harness.wait_for("the alert", self.stack.amtool, 60)
        self.assertEqual({a["labels"]["model"] for a in alerts}, {alert_test.MODEL})
        harness.wait_for("the webhook", lambda: self.stack.webhook.alerts("firing"), 60)
        records = self.daemon.metrics()
        self.assertEqual(records['reasonwatch_tap_records_total{source="ext_proc"}'],
                         len(self.asked))
        return alerts

    def test_a_collapse_reaches_alertmanager(self):
        self.start([served(row, n, template=n < HEALTHY) for n, row in enumerate(self.asked)],
                   harness.SAMPLE / "baseline.jsonl")
        self.alerts_of_the_change()
        self.assertIn("length_collapse", {
            e["signal"] for e in self.daemon.events("incident_opened")})

    def test_a_gateway_that_drops_reasoning_is_named(self):
        baseline = self.folder / "baseline.jsonl"
        harness.write_rows(baseline, [
            in_a_field(r) for r in harness.read_rows(harness.SAMPLE / "baseline.jsonl")])
        self.start([through_gateway(row, n, drops=n >= HEALTHY)
                    for n, row in enumerate(self.asked)], baseline)
        self.alerts_of_the_change()
        self.assertIn("format_markers", {
            e["signal"] for e in self.daemon.events("incident_opened")})

        def cause():
            causes = self.daemon.api("/api/v1/incidents?open=1")["incidents"][0]["causes"]
            return causes and causes[0]
        likeliest = harness.wait_for("a cause", cause)
        self.assertEqual(likeliest["cause"], "gateway")
        self.assertIn("counted by the server", likeliest["evidence"])


if __name__ == "__main__":
    for program in ("prometheus", "prometheus-alertmanager", "promtool", "amtool"):
        if shutil.which(program) is None:
            harness.skip(f"{program} is not installed")
    envoy_server.skip_unless_installed()
    harness.main()
