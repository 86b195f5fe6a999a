# SPDX-License-Identifier: Apache-2.0
"""The callback of LiteLLM, fed with records in LiteLLM's shape."""
import asyncio
import json
import random
import unittest

import hosts
import stub
from reasonwatch.litellm import Tap


def logged(*calls, failed=False):
    """Returns (rows, counts)."""
    with stub.sender() as (daemon, sender):
        tap = Tap(sender)
        for call in calls:
            if failed:
                asyncio.run(tap.async_log_failure_event(call, None, None, None))
            else:
                asyncio.run(tap.async_log_success_event(call, None, None, None))
        return list(stub.delivered(sender, daemon)), sender.counts()


class Callback(unittest.TestCase):
    def test_a_call_of_the_proxy(self):
        chance = random.Random(10)
        answer = stub.chat(stub.random_text(chance, 90), stub.random_text(chance, 90))
        asked = {"model": "alias", "messages": [{"role": "user", "content": "q"}],
                 "reasoning_effort": "high", "stream": True, "api_key": "s3cret",
                 "litellm_metadata": {"user_api_key": "s3cret"},
                 "metadata": {"tags": ["a"], "headers": {"authorization": "s3cret"}}}
        sent = {"model": "m", "messages": asked["messages"],
                "extra_headers": {"authorization": "s3cret"}}
        row, = logged(hosts.litellm_call(answer, body_of_client=asked, sent=sent, stream=True,
                                         headers={"Authorization": "s3cret",
                                                  "X-Request-Id": "r"}))[0]
        self.assertNotIn("s3cret", json.dumps(row))
        self.assertEqual(row["response"], answer)
        self.assertEqual(row["request"], {"model": "alias", "messages": asked["messages"],
                                          "reasoning_effort": "high", "stream": True,
                                          "metadata": {"tags": ["a"]}})
        self.assertEqual(row["sent_request"], {"model": "m", "messages": asked["messages"]})
        self.assertEqual(row["request_headers"], {"x-request-id": "r"})
        self.assertEqual((row["source"], row["streamed"], row["served_by"], row["trace_id"],
                          row["status"], row["transport_end"], row["path"]),
                         ("litellm", True, "openai/m", "t", 200, "complete",
                          "/v1/chat/completions"))
        self.assertEqual((row["time"], row["end_time"]),
                         ("2023-11-14T22:13:20.250000Z", "2023-11-14T22:13:21.500000Z"))

    def test_a_call_of_the_sdk(self):
        call = hosts.litellm_call(stub.chat("a"))
        call["litellm_params"] = None
        row, = logged(call)[0]
        self.assertEqual(row["request"], {"model": "alias", "temperature": .5,
                                          "messages": [{"role": "user", "content": "hi"}]})
        self.assertNotIn("sent_request", row)

    def test_sync_calls(self):
        with stub.sender() as (daemon, sender):
            Tap(sender).log_success_event(hosts.litellm_call(stub.chat("a")), None, None, None)
            Tap(sender).log_failure_event(hosts.litellm_call({}, status="failure"), 0, 0, 0)
            self.assertEqual([row["status"] for row in stub.delivered(sender, daemon)], [200, 500])

    def test_paths(self):
        for kind, path in (("aresponses", "/v1/responses"), ("atext_completion", "/v1/completions"),
                           ("anthropic_messages", "/v1/messages"), ("completion",
                                                                    "/v1/chat/completions")):
            row, = logged(hosts.litellm_call(stub.chat("a"), call_type=kind))[0]
            self.assertEqual(row["path"], path)
        self.assertEqual(logged(hosts.litellm_call({}, call_type="aembedding"))[0], [])

    def test_a_client_that_left_is_logged_by_litellm_as_a_success(self):
        for mark in ({"error_class": "ClientDisconnected", "error_code": "499"},
                     {"error_code": 499}):
            row, = logged(hosts.litellm_call(stub.chat("", "thought"), error_information=mark))[0]
            self.assertEqual((row["transport_end"], row["status"]), ("client_abort", 200))

    def test_failures_carry_no_text(self):
        call = hosts.litellm_call({}, status="failure", error_information={"error_code": "503"},
                                  body_of_client={"model": "a", "messages": ["s3cret"]},
                                  sent={"model": "b", "input": "s3cret"})
        row, = logged(call, failed=True)[0]
        self.assertEqual((row["status"], row["response"], row["transport_end"], row["request"]),
                         (503, None, "upstream_reset", {"model": "a"}))
        self.assertNotIn("s3cret", json.dumps(row))
        rows, counts = logged(hosts.litellm_call({}, status="failure", error_information={
            "error_code": "400"}), failed=True)
        self.assertEqual((rows, counts.get("not_reported")), ([], 1))

    def test_redacted_calls_and_cached_answers_are_not_sent(self):
        hidden = "redacted-by-litellm"
        asked = {"model": "a", "messages": [{"content": "s3cret"}]}
        for call in (hosts.litellm_call(stub.chat(hidden), body_of_client=asked, messages=[
                         {"role": "user", "content": hidden}]),
                     hosts.litellm_call({"text": hidden}, body_of_client=asked)):
            rows, counts = logged(call)
            self.assertEqual((rows, counts["dropped_redacted"]), ([], 1))
        self.assertEqual(logged(hosts.litellm_call(stub.chat("a"), cache_hit=True))[0], [])

    def test_objects_of_pydantic(self):
        class Model:
            def model_dump(self):
                return stub.chat("a")

            def __repr__(self):
                return "s3cret"
        self.assertEqual(logged(hosts.litellm_call(Model()))[0][0]["response"], stub.chat("a"))
        row, = logged(hosts.litellm_call(stub.chat("a"), body_of_client={
            "model": "m", "x": object(), "y": [float("nan"), float("inf"), 1.5]}))[0]
        self.assertEqual(row["request"], {"model": "m", "x": None, "y": [None, None, 1.5]})

    def test_records_in_any_shape_never_raise(self):
        chance = random.Random(11)
        junk = [None, 0, "", "x", [], {}, object(), float("nan"), b"x", True, {"a": {"b": []}}]
        with stub.sender() as (daemon, sender):
            tap = Tap(sender)
            for _ in range(1500):
                call = hosts.litellm_call(stub.chat("a"), body_of_client={"model": "m"})
                for _ in range(chance.randint(1, 4)):
                    holder = chance.choice([call, call.get("standard_logging_object"),
                                            call.get("litellm_params")])
                    if isinstance(holder, dict) and holder:
                        holder[chance.choice(list(holder))] = chance.choice(junk)
                tap.log_success_event(call, chance.choice(junk), None, None)
            for value in junk:
                tap.log_success_event(value, value, value, value)
            stub.delivered(sender, daemon)
            self.assertGreater(sender.counts()["queued"], 300)


if __name__ == "__main__":
    unittest.main()
