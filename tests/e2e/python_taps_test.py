# SPDX-License-Identifier: Apache-2.0
"""Tests that what the Python package sends is read by the daemon: the middleware, the wrapper
of a client and the callback, each with answers in whole and streamed, in every form."""
import json
import random
import sys
import time
import unittest

import harness

sys.path.insert(0, str(harness.ROOT / "clients" / "python" / "tests"))
import hosts  # noqa: E402
import stub  # noqa: E402
from reasonwatch import Sender, asgi, litellm, openai  # noqa: E402

TOKENS, REASONING_TOKENS = 37, 29


def answer(form, number):
    """(body, content type) of an answer, streamed if the number is odd."""
    reasoning = f"Let me see about {number}. It is even, so half of it is whole. " * 6
    text = f"The answer to {number} is 42."
    usage = {"prompt_tokens": 11, "completion_tokens": TOKENS,
             "completion_tokens_details": {"reasoning_tokens": REASONING_TOKENS}}
    parts = ([{"content": f"<think>\n{reasoning}</think>\n\n{text}"}] if form == "think" else
             [{form: reasoning}, {"content": text}])
    head = {"id": f"c-{form}-{number}-{time.time_ns()}", "model": form}
    if number % 2 == 0:
        message = {"role": "assistant"}
        for part in parts:
            message.update(part)
        return hosts.encoded({**head, "object": "chat.completion", "usage": usage, "choices": [
            {"index": 0, "message": message, "finish_reason": "stop"}]}), "application/json"
    chunks = [{"choices": [{"index": 0, "delta": part}]} for part in parts]
    chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
               {"choices": [], "usage": usage}]
    return b"".join(b"data: " + hosts.encoded({**head, "object": "chat.completion.chunk", **chunk})
                    + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n", "text/event-stream"


def request(model, number):
    return {"model": model, "stream": number % 2 == 1, "reasoning_effort": "high",
            "messages": [{"role": "user", "content": f"What of the number {number}?"}]}


def by_middleware(sender, model, form, number, chance):
    body, kind = answer(form, number)
    pieces = [hosts.body(piece, True) for piece in stub.pieces_of(chance, body)]
    app = asgi.Tap(hosts.application([hosts.start(kind=kind), *pieces, hosts.body(b"")]), sender)
    hosts.Host(body=[hosts.encoded(request(model, number))]).run(app)


def by_client(sender, model, form, number, chance):
    body, kind = answer(form, number)
    httpx = hosts.fake_httpx()
    client = openai.watch(hosts.client_of(httpx, hosts.Transport(
        httpx, stub.pieces_of(chance, body), kind=kind)), sender)
    hosts.fetch(client, hosts.Request(content=hosts.encoded(request(model, number))))


def by_callback(sender, model, form, number, _):
    body, _ = answer(form, number - number % 2)  # LiteLLM hands on the assembled object
    now = time.time()
    asked = request(model, number)
    litellm.Tap(sender).log_success_event(hosts.litellm_call(
        json.loads(body), body_of_client=asked, sent=asked, stream=number % 2 == 1,
        startTime=now - 1, endTime=now, model_group=model), None, None, None)


class PythonTaps(unittest.TestCase):
    def test_each_way_is_read(self):
        chance = random.Random(1)
        ways = {"asgi": by_middleware, "openai": by_client, "litellm": by_callback}
        forms = ("reasoning_content", "reasoning", "think")
        number_of_each = 20
        with harness.temporary_folder() as folder, \
                harness.Daemon(folder, harness.config(folder)) as daemon:
            sender = Sender(stub.settings(daemon.url))
            for way, send in ways.items():
                for form in forms:
                    for number in range(number_of_each):
                        send(sender, f"{way}-{form}", form, number, chance)
            self.assertTrue(sender.flush(30), sender.counts())
            total = len(ways) * len(forms) * number_of_each
            counts = sender.counts()
            self.assertEqual(counts["sent"], total)
            self.assertNotIn("dropped_by_daemon", counts)
            self.assertNotIn("unreadable_for_daemon", counts)
            harness.wait_for("all to be scored", lambda: daemon.scored() >= total, 60)
            self.check(daemon.metrics(), ways, forms, number_of_each)

    def check(self, metrics, ways, forms, number):
        for way in ways:
            for form in forms:
                def of(family, model=f"{way}-{form}"):
                    return sum(value for name, value in metrics.items()
                               if name.startswith(family + "{") and f'model="{model}"' in name)
                self.assertEqual(of("reasonwatch_output_tokens_sum"), TOKENS * number, (way, form))
                self.assertEqual(of("reasonwatch_reasoning_tokens_sum"),
                                 REASONING_TOKENS * number, (way, form))
                self.assertEqual(of("reasonwatch_zero_thinking_responses_total"), 0, (way, form))


def skip_unless_there():
    with harness.temporary_folder() as folder, \
            harness.Daemon(folder, harness.config(folder)) as daemon:
        if harness.http(daemon.url + "/api/v1/responses", "POST")[0] in (404, 405):
            harness.skip("this daemon has no /api/v1/responses")


if __name__ == "__main__":
    if harness.BINARY:
        skip_unless_there()
    harness.main()
