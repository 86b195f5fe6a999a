# SPDX-License-Identifier: Apache-2.0
"""The middleware between a server and an application."""
import asyncio
import json
import random
import unittest

import hosts
import stub
from hosts import Host, application, body, start
from reasonwatch.asgi import Tap

STREAM = "text/event-stream"


def watched(app, **values):
    """Runs `app` behind the middleware; returns (host, rows, counts)."""
    with stub.sender() as (daemon, sender):
        host = Host(**values).run(Tap(app, sender))
        rows = stub.delivered(sender, daemon)
        counts = sender.counts()
        assert counts["in_flight"] == 0 and sender._in_flight_bytes == 0, counts
        return host, list(rows), counts


class Middleware(unittest.TestCase):
    def test_the_client_gets_the_same_messages(self):
        chance = random.Random(6)
        for _ in range(60):
            answer = hosts.encoded(stub.chat(stub.random_text(chance, 200)))
            request = hosts.encoded({"model": "m", "stream": False})
            pieces = stub.pieces_of(chance, answer)
            messages = [start()] + [body(piece, more=True) for piece in pieces] + [body(b"")]
            values = {"body": stub.pieces_of(chance, request),
                      "headers": [("x-request-id", "r1"), ("authorization", "Bearer s3cret")]}
            plain = Host(**values).run(application(messages))
            host, rows, _ = watched(application(messages), **values)
            self.assertEqual(host.sent, plain.sent)
            self.assertEqual(len(rows), 1)
            row = rows[0]
            self.assertEqual((row["request"], row["response"]),
                             (json.loads(request), json.loads(answer)))
            self.assertEqual((row["source"], row["path"], row["status"], row["transport_end"],
                              row["streamed"]),
                             ("asgi", "/v1/chat/completions", 200, "complete", False))
            self.assertEqual(row["request_headers"], {"x-request-id": "r1"})
            self.assertNotIn("s3cret", json.dumps(row))

    def test_streams(self):
        chance = random.Random(7)
        for done in (True, False):
            text = stub.events([{"reasoning": stub.random_text(chance, 30)} for _ in range(5)],
                               done).encode()
            pieces = stub.pieces_of(chance, text)
            messages = [start(kind=STREAM)] + [body(p, more=True) for p in pieces] + [body(b"")]
            host, rows, _ = watched(application(messages))
            self.assertEqual(rows[0]["response"], text.decode())
            self.assertTrue(rows[0]["streamed"])
            self.assertEqual(rows[0]["transport_end"], "complete")
            self.assertEqual(host.sent, [dict(m) for m in messages])

    def test_each_message_goes_out_before_it_is_copied(self):
        order = []

        async def send(message):
            order.append(("sent", message["type"]))

        class Sender:
            settings = stub.settings("http://127.0.0.1:1")

            def admit(self):
                return True

            def leave(self, _):
                pass

            def put(self, _):
                order.append(("put", ""))

        async def run():
            host = Host()
            await Tap(application([start(), body(b"x")]), Sender())(host.scope, host.receive, send)
        asyncio.run(run())
        self.assertEqual([what for what, _ in order], ["sent", "sent", "put"])

    def test_only_answers_of_a_model(self):
        for values in ({"path": "/v1/models"}, {"method": "GET"}, {"path": "/health"},
                       {"path": "/v1/chat/completions/render"}, {"path": "/tokenize"},
                       {"path": "/v1/responses/abc/cancel"}, {"path": "/v1/embeddings"},
                       {"path": "/v1/messages/count_tokens"}, {"path": "/"}, {"path": ""},
                       {"path": "/v1beta/models/chat:embedContent"}):
            host, rows, counts = watched(application([start(), body(b"{}")]), **values)
            self.assertEqual((rows, len(host.sent)), ([], 2), values)
            self.assertNotIn("queued", counts)
        for path in ("/v1/completions", "/openai/v1/chat/completions", "/v1/messages",
                     "/v1/responses", "/v1/responses/", "/invocations",
                     "/v1beta/models/g:streamGenerateContent", "/api/chat", "/generate"):
            self.assertEqual(watched(application([start(), body(b"{}")]), path=path)[1][0]["path"],
                             path)

    def test_mistakes_of_the_caller_are_left_out(self):
        for status, kept in ((401, 0), (400, 0), (429, 0), (500, 1), (503, 1)):
            _, rows, _ = watched(application([start(status), body(b'{"error": {}}')]))
            self.assertEqual(len(rows), kept, status)

    def test_other_scopes_pass(self):
        seen = []

        async def app(scope, receive, send):
            seen.append((scope, receive))
        with stub.sender() as (_, sender):
            scope = {"type": "websocket", "path": "/v1/chat/completions"}
            asyncio.run(Tap(app, sender)(scope, 1, 2))
        self.assertEqual(seen, [(scope, 1)])

    def test_buffers_that_are_used_again(self):
        async def app(scope, receive, send):
            await receive()
            await send(start(kind=STREAM))
            buffer = bytearray(b"data: 1\n\n")
            await send(body(memoryview(buffer), more=True))
            buffer[:] = b"data: 2\n\n"
            await send(body(buffer, more=True))
            buffer[:] = b"data: 3\n\n"
            await send(body(b""))
        with stub.sender() as (daemon, sender):
            Host().run(Tap(app, sender))
            self.assertEqual(stub.delivered(sender, daemon)[0]["response"],
                             "data: 1\n\ndata: 2\n\n")


class Ends(unittest.TestCase):
    PART = [start(kind=STREAM), body(b"data: {}\n\n", more=True)]

    def test_the_client_leaves_a_stream(self):
        for values in ({"looks_for_disconnect": True},
                       {"looks_for_disconnect": True, "error": asyncio.CancelledError()}):
            host, rows, _ = watched(application(self.PART, **values))
            self.assertEqual(rows[0]["transport_end"], "client_abort")
            self.assertIs(type(host.error), type(values.get("error")))

    def test_send_reports_that_the_client_left(self):
        host, rows, _ = watched(application(self.PART * 3), leaves_after=2)
        self.assertIsInstance(host.error, hosts.Left)
        self.assertEqual((rows[0]["transport_end"], rows[0]["response"]),
                         ("client_abort", "data: {}\n\n"))

    def test_the_client_leaves_before_the_answer(self):
        """vLLM answers a client that has left with "null"."""
        _, rows, _ = watched(application([start(), body(b"null")]))
        self.assertEqual((rows[0]["transport_end"], rows[0]["response"]), ("client_abort", None))

    def test_an_answer_that_ends_well_is_whole_though_the_client_has_left(self):
        async def app(scope, receive, send):
            await receive()
            assert (await receive())["type"] == "http.disconnect"
            await send(start())
            await send(body(hosts.encoded(stub.chat("a"))))
        _, rows, _ = watched(app)
        self.assertEqual(rows[0]["transport_end"], "complete")

    def test_the_application_breaks_off(self):
        for error in (ValueError("x"), KeyboardInterrupt(), asyncio.CancelledError(), None):
            host, rows, _ = watched(application(self.PART, error=error))
            self.assertIs(type(host.error), type(error))
            if error is not None and not isinstance(error, asyncio.CancelledError):
                self.assertIs(host.error, error)
            self.assertEqual(rows[0]["transport_end"], "upstream_reset")

    def test_the_application_fails_before_it_answers(self):
        error = ValueError("x")
        host, rows, counts = watched(application([], error=error))
        self.assertIs(host.error, error)
        self.assertEqual((rows, counts["dropped_no_response"]), ([], 1))

    def test_a_body_that_goes_another_way(self):
        _, rows, counts = watched(application(
            [start(), {"type": "http.response.pathsend", "path": "/x"}]))
        self.assertEqual((rows, counts["dropped_foreign_body"]), ([], 1))


class Lifespan(unittest.TestCase):
    def run_app(self, sender, last="lifespan.shutdown.complete"):
        sent = []

        async def app(scope, receive, send):
            await send({"type": "lifespan.startup.complete"})
            await send({"type": last})

        async def send(message):
            sent.append((message["type"], sender.counts()["queue_records"]))
        asyncio.run(Tap(app, sender)({"type": "lifespan"}, None, send))
        return sent

    def test_shutdown_waits_for_what_is_queued(self):
        with stub.sender(linger=30.0) as (daemon, sender):
            Host().run(Tap(application([start(), body(b"{}")]), sender))
            self.assertEqual(self.run_app(sender)[1], ("lifespan.shutdown.complete", 0))
            self.assertEqual(len(daemon.rows), 1)

    def test_shutdown_is_not_held_up(self):
        with stub.sender(flush=.1) as (daemon, sender):
            daemon.is_held.clear()
            Host().run(Tap(application([start(), body(b"{}")]), sender))
            self.assertEqual(len(self.run_app(sender, "lifespan.shutdown.failed")), 2)


if __name__ == "__main__":
    unittest.main()
