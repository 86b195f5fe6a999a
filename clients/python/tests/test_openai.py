# SPDX-License-Identifier: Apache-2.0
"""The wrapper of a client, over a module in the shape of httpx."""
import json
import random
import types
import unittest

import hosts
import stub
from reasonwatch import openai


def fetch(pieces, is_async, most=None, module="httpx", request=None, error=None, **values):
    """Returns (pieces, error, rows, counts) of one watched request."""
    httpx = hosts.fake_httpx(module)
    with stub.sender() as (daemon, sender):
        inner = hosts.Transport(httpx, pieces, error=error, **values)
        client = openai.watch(hosts.client_of(httpx, inner, is_async), sender)
        got, raised = hosts.fetch(client, request or hosts.Request(), most, is_async)
        rows = stub.delivered(sender, daemon)
        assert sender.counts()["in_flight"] == 0
        assert inner.entered == inner.left == 1
        return got, raised, list(rows), sender.counts()


class Wrapper(unittest.TestCase):
    def both(self, *arguments, **values):
        for is_async in (False, True):
            with self.subTest(is_async=is_async):
                yield fetch(*arguments, is_async=is_async, **values)

    def test_answers(self):
        chance = random.Random(8)
        for module in ("httpx", "httpx2"):
            answer = stub.chat(stub.random_text(chance, 200), stub.random_text(chance, 50))
            pieces = stub.pieces_of(chance, hosts.encoded(answer))
            request = hosts.Request(content=hosts.encoded({"model": "m", "n": 1}), headers={
                "Authorization": "Bearer s3cret", "X-Request-Id": "r", "user-agent": "u"})
            for got, error, rows, _ in self.both(pieces, request=request, module=module):
                self.assertEqual((got, error), (pieces, None))
                row = rows[0]
                self.assertEqual((row["request"], row["response"], row["source"], row["path"]),
                                 ({"model": "m", "n": 1}, answer, "openai",
                                  "/v1/chat/completions"))
                self.assertEqual(row["transport_end"], "complete")
                self.assertEqual(row["request_headers"], {"x-request-id": "r", "user-agent": "u"})
                self.assertNotIn("s3cret", json.dumps(row))

    def test_streams(self):
        chance = random.Random(9)
        text = stub.events([{"content": stub.random_text(chance, 20)} for _ in range(5)])
        pieces = [p for p in stub.pieces_of(chance, text.encode()) if p]
        for got, _, rows, _ in self.both(pieces, kind="text/event-stream"):
            self.assertEqual(b"".join(got).decode(), text)
            self.assertEqual((rows[0]["response"], rows[0]["streamed"], rows[0]["transport_end"]),
                             (text, True, "complete"))

    def test_the_client_stops_reading(self):
        pieces = [b"data: {}\n\n"] * 5 + [b"data: [DONE]\n\n"]
        for _, _, rows, _ in self.both(pieces, most=2, kind="text/event-stream"):
            self.assertEqual((rows[0]["transport_end"], rows[0]["response"]),
                             ("client_abort", "data: {}\n\n" * 2))

    def test_reading_stops_at_the_end_mark(self):
        for end in (b"data: [DONE]\n\n", b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
                    b'data: {"type":"response.completed"}\n\n'):
            for _, _, rows, _ in self.both([b"data: {}\n\n", end, b"\n"], most=2,
                                           kind="text/event-stream"):
                self.assertEqual(rows[0]["transport_end"], "complete")

    def test_errors_pass_as_they_are(self):
        for error, end in ((hosts.ReadError(), "upstream_reset"),
                           (hosts.ReadTimeout(), "client_abort"),
                           (KeyboardInterrupt(), "client_abort")):
            for got, raised, rows, _ in self.both([b"data: {}\n\n", error],
                                                  kind="text/event-stream"):
                self.assertIs(raised, error)
                self.assertEqual(got, [b"data: {}\n\n"])
                self.assertEqual(rows[0]["transport_end"], end)

    def test_no_answer_at_all(self):
        error = hosts.ReadError()
        httpx = hosts.fake_httpx()
        for is_async in (False, True):
            with stub.sender() as (daemon, sender):
                client = openai.watch(hosts.client_of(httpx, hosts.Transport(
                    httpx, [], error=error), is_async), sender)
                self.assertIs(hosts.fetch(client, hosts.Request(), None, is_async)[1], error)
                self.assertEqual(sender.counts()["dropped_no_response"], 1)
                self.assertEqual(stub.delivered(sender, daemon), [])

    def test_other_paths_and_statuses(self):
        for request, status in ((hosts.Request("/v1/models", method="GET"), 200),
                                (hosts.Request("/v1/embeddings"), 200), (hosts.Request(), 429)):
            for got, _, rows, _ in self.both([b"x"], request=request, status=status):
                self.assertEqual((got, rows), ([b"x"], []))

    def test_a_request_whose_body_is_not_in_memory(self):
        class Streamed(hosts.Request):
            content = property(lambda self: 1 / 0, lambda self, _: None)
        for got, _, rows, counts in self.both([b"{}"], request=Streamed()):
            self.assertEqual((got, rows[0]["request"]), ([b"{}"], None))
            self.assertEqual(counts["errors_tap"], 1)

    def test_watched_once(self):
        httpx = hosts.fake_httpx()
        with stub.sender() as (daemon, sender):
            client = hosts.client_of(httpx, hosts.Transport(httpx, [b"{}"]))
            client._client._mounts = {"a": hosts.Transport(httpx, []), "b": None}
            for _ in range(3):
                self.assertIs(openai.watch(client, sender), client)
            hosts.fetch(client, hosts.Request())
            self.assertEqual(len(stub.delivered(sender, daemon)), 1)
            self.assertIsNone(client._client._mounts["b"])
            self.assertIsInstance(client._client._mounts["a"]._inner, hosts.Transport)
            self.assertEqual(client._client._transport.kind, "application/json")

    def test_what_is_no_client_comes_back(self):
        for thing in (object(), None, types.SimpleNamespace(_client=3)):
            with self.assertLogs("reasonwatch", "WARNING"):
                self.assertIs(openai.watch(thing), thing)


if __name__ == "__main__":
    unittest.main()
