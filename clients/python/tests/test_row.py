# SPDX-License-Identifier: Apache-2.0
"""Rows, bodies and settings."""
import gzip
import json
import pathlib
import random
import unittest
import zlib

import stub  # makes the package importable
import reasonwatch
from reasonwatch import _row, _settings
from reasonwatch._exchange import Exchange


class Quiet:
    """A sender that keeps its records."""

    def __init__(self, **values):
        self.settings = stub.settings("http://127.0.0.1:1", **values)
        self.kept, self.drops, self.counted, self.in_flight = [], [], [], 0

    def put(self, record):
        self.kept.append(record)

    def drop(self, reason, number=1):
        self.drops.append(reason)

    def count(self, name, number=1):
        self.counted.append(name)

    def leave(self, size):
        self.in_flight -= size

    def grow(self, size):
        self.in_flight += size


def row_of(request=b"{}", response=b"{}", kind="application/json", status=200, end="complete",
           headers=(), response_headers=(), **values):
    sender = Quiet(**values)
    exchange = Exchange(sender, "asgi", "/v1/chat/completions", headers)
    exchange.request_chunk(request)
    exchange.start(status, [("Content-Type", kind), *response_headers])
    exchange.response_chunk(response)
    exchange.finish(end)
    line = sender.kept[0].line()
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    return json.loads(line)


class Rows(unittest.TestCase):
    def test_bodies_come_through_as_they_were(self):
        chance = random.Random(1)
        for _ in range(300):
            request = {"model": stub.random_text(chance, 9),
                       "messages": [{"role": "user", "content": stub.random_text(chance, 60)}]}
            answer = stub.chat(stub.random_text(chance, 90), stub.random_text(chance, 90))
            indent = chance.choice((None, 1))
            ascii_only = chance.random() < .5
            row = row_of(json.dumps(request, indent=indent, ensure_ascii=ascii_only).encode(),
                         json.dumps(answer, indent=indent, ensure_ascii=ascii_only).encode())
            self.assertEqual(row["request"], request)
            self.assertEqual(row["response"], answer)
            self.assertFalse(row["streamed"])

    def test_streams_come_through_as_text(self):
        chance = random.Random(2)
        for length in (0, 1, 50, _row.PIECE // 4, _row.PIECE * 2 + 1):
            text = stub.events([{"content": stub.random_text(chance, length)}])
            row = row_of(response=text.encode(), kind="text/event-stream; charset=utf-8")
            self.assertEqual(row["response"], text)
            self.assertTrue(row["streamed"])

    def test_keys_are_those_of_the_page(self):
        page = (pathlib.Path(__file__).parents[1] / "raw_row.md").read_text()
        row = row_of(headers=[("X-Request-Id", "a")], route="r", replica="p",
                     response_headers=[("x-request-id", "b")])
        for key in (*row, *row["request_headers"], *row["response_headers"]):
            self.assertIn(key, page)
        self.assertEqual(row["request_headers"], {"x-request-id": "a"})
        self.assertEqual((row["route"], row["replica"]), ("r", "p"))
        self.assertRegex(row["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertLessEqual(row["time"], row["end_time"])

    def test_a_body_of_null_is_a_client_that_left(self):
        row = row_of(response=b"null")
        self.assertIsNone(row["response"])
        self.assertEqual(row["transport_end"], "client_abort")

    def test_a_body_that_is_cut_is_text(self):
        row = row_of(response=b'{"choices": [{"message": {}}', end="upstream_reset")
        self.assertEqual(row["response"], '{"choices": [{"message": {}}')
        row = row_of(response=b'{"choices": {}}', end="client_abort")
        self.assertEqual(row["response"], '{"choices": {}}')

    def test_lines_of_json_are_text(self):
        lines = '{"a": 1}\n{"b": 2}\n'
        for kind in ("application/x-ndjson", "text/plain", ""):
            self.assertEqual(row_of(response=lines.encode(), kind=kind)["response"], lines)

    def test_a_request_that_is_no_json_cannot_forge_keys(self):
        forged = b'{"a": 1}, "response": {"b": 2}'
        row = row_of(forged, b"oops", kind="text/plain", status=500)
        self.assertIsNone(row["request"])
        self.assertEqual(row["response"], "oops")
        self.assertIsNone(row_of(forged + b', "c": {}', b"oops", status=500)["request"])
        self.assertIsNone(row_of(forged)["request"])

    def test_nan_becomes_null(self):
        self.assertEqual(row_of(b'{"a": NaN, "b": [Infinity, 1]}')["request"],
                         {"a": None, "b": [None, 1]})

    def test_any_bytes_make_a_row_or_none(self):
        chance = random.Random(14)
        seeds = [b"{}", b"null", b"data: {}\n\n", b'{"a": "b"}', b"[1]", b"\xff\xfe", b"}{",
                 gzip.compress(b"{}"), '{"é": "漢"}'.encode(), b'{"password": "x"}', b"\n", b'"']
        rows = 0
        for _ in range(3000):
            request, response = (b"".join(chance.choice(seeds) for _ in range(chance.randint(0, 4)))
                                 for _ in range(2))
            try:
                row = row_of(request, response, status=chance.choice((200, 500)),
                             kind=chance.choice(("text/event-stream", "text/plain", "", "a/json")),
                             end=chance.choice(("complete", "client_abort", "upstream_reset")),
                             response_headers=[("content-encoding", "gzip")]
                             if chance.random() < .2 else ())
            except _row.Unreadable:
                continue
            rows += 1
            self.assertIsInstance(row["request"], (dict, type(None)))
            self.assertIsInstance(row["response"], (dict, str, type(None)))
            self.assertEqual(row["source"], "asgi")
        self.assertGreater(rows, 2000)

    def test_broken_utf8_is_replaced(self):
        self.assertEqual(row_of(response=b'{"a": "\xff"}')["response"], {"a": "\ufffd"})
        self.assertEqual(row_of(response=b"data: \xff\n\n", kind="text/event-stream")["response"],
                         "data: \ufffd\n\n")

    def test_long_bodies_are_handled_in_pieces(self):
        chance = random.Random(12)
        for _ in range(20):
            head = "x" * chance.randint(0, 9)
            text = head + "漢🙂é\n\"" * (_row.PIECE // 7 + chance.randint(0, 50))
            body = {"messages": [text], "b": [1, 2]}
            plain = json.dumps(body, ensure_ascii=False, indent=1).encode()
            row = row_of(plain, plain)
            self.assertEqual((row["request"], row["response"]), (body, body))

    def test_what_is_no_text_is_left_out(self):
        for kind in ("audio/mpeg", "image/png", "application/vnd.amazon.eventstream"):
            with self.assertRaises(_row.Unreadable):
                row_of(response=b"x", kind=kind)

    def test_encodings_are_undone(self):
        plain = json.dumps(stub.chat("x" * 500)).encode()
        raw = zlib.compressobj(wbits=-15)
        for name, packed in (("gzip", gzip.compress(plain)), ("x-gzip", gzip.compress(plain)),
                             ("deflate", zlib.compress(plain)),
                             ("deflate", raw.compress(plain) + raw.flush()),
                             ("identity", plain), ("deflate, gzip",
                                                   gzip.compress(zlib.compress(plain)))):
            row = row_of(response=packed, response_headers=[("Content-Encoding", name)])
            self.assertEqual(row["response"], json.loads(plain), name)

    def test_an_encoded_stream_that_was_cut_keeps_its_beginning(self):
        chance = random.Random(3)
        text = stub.events([{"content": stub.random_text(chance, 900)} for _ in range(9)])
        packed = gzip.compress(text.encode())
        row = row_of(response=packed[:len(packed) // 2], kind="text/event-stream",
                     end="upstream_reset", response_headers=[("content-encoding", "gzip")])
        self.assertTrue(row["response"] and text.startswith(row["response"].rstrip("\ufffd")))

    def test_what_cannot_be_decoded_is_unreadable(self):
        for name, data, reason in (("gzip", b"no gzip", "encoding"), ("rot13", b"x", "encoding"),
                                   ("gzip", gzip.compress(b"0" * 5000), "too_large")):
            with self.assertRaises(_row.Unreadable) as caught:
                row_of(response=data, response_headers=[("content-encoding", name)],
                       body_bytes=1000)
            self.assertEqual(str(caught.exception), reason)

    def test_bounds_of_a_body(self):
        row = row_of(json.dumps({"messages": "x" * 2000}).encode(), body_bytes=1000)
        self.assertIsNone(row["request"])
        self.assertTrue(row["request_cut"])
        sender = Quiet(body_bytes=1000)
        exchange = Exchange(sender, "asgi", "/", ())
        exchange.start(200, ())
        for _ in range(50):
            exchange.response_chunk(b"x" * 100)
        exchange.finish("complete")
        self.assertEqual((sender.kept, sender.drops), ([], ["too_large"]))

    def test_bytes_in_flight_are_given_back(self):
        sender = Quiet()
        exchange = Exchange(sender, "asgi", "/", ())
        exchange.start(200, ())
        for _ in range(40):
            exchange.response_chunk(b"x" * 10000)
        self.assertGreater(sender.in_flight, 300000)
        exchange.finish("complete")
        exchange.finish("client_abort")
        self.assertEqual((sender.in_flight, len(sender.kept)), (0, 1))

    def test_statuses(self):
        for status, kept in ((200, 1), (299, 1), (400, 0), (404, 0), (429, 0), (500, 1), (0, 0)):
            sender = Quiet()
            exchange = Exchange(sender, "asgi", "/", ())
            if status:
                exchange.start(status, ())
            exchange.finish("complete")
            self.assertEqual(len(sender.kept), kept, status)


class Secrets(unittest.TestCase):
    def test_no_header_but_the_few(self):
        headers = [("Authorization", "Bearer s3cret"), ("Cookie", "s3cret"),
                   ("X-Api-Key", "s3cret"), ("api-key", "s3cret"), ("User-Agent", "me"),
                   ("x-goog-api-key", "s3cret"), ("Proxy-Authorization", "s3cret")]
        row = row_of(headers=headers, response_headers=[("Set-Cookie", "s3cret")])
        self.assertNotIn("s3cret", json.dumps(row))
        self.assertEqual(row["request_headers"], {"user-agent": "me"})

    def test_no_secret_of_a_body(self):
        chance = random.Random(4)
        names = ["api_key", "API_KEY", "azure_api_key", "Authorization", "password", "apiKey",
                 "aws_secret_access_key", "token", "x-api-key", "auth_token", "secret_fields",
                 "extra_headers", "headers", "aws_session_token", "openai-api-key"]
        for _ in range(200):
            body = {"model": "m", "max_tokens": 5, "max_completion_tokens": 6,
                    "messages": [{"role": "user", "content": "my \"api_key\": is hidden"}]}
            holder = body
            for _ in range(chance.randint(0, 3)):
                holder[name] = holder = {} if (name := "n" + str(chance.random())) else {}
            holder[chance.choice(names)] = "s3cret"
            row = row_of(json.dumps(body).encode())
            self.assertNotIn("s3cret", json.dumps(row))
            self.assertEqual(row["request"]["messages"], body["messages"])
            self.assertEqual(row["request"]["max_tokens"], 5)

    def test_a_secret_anywhere_in_a_long_body(self):
        chance = random.Random(13)
        for _ in range(60):
            before = "p" * chance.randint(_row.PIECE - 40, _row.PIECE + 40)
            body = json.dumps({"messages": [before], "Api_Key" : "s3cret", "z": "q" * 99},
                              indent=chance.choice((None, 2))).encode()
            self.assertNotIn("s3cret", json.dumps(row_of(body)))
        long = json.dumps({"messages": ["p" * _row.PARSED], "password": "s3cret"}).encode()
        row = row_of(long)
        self.assertEqual((row["request"], row["request_cut"]), (None, True))

    def test_text_about_secrets_is_no_secret(self):
        text = '{"password": "x", "token": 1, "api_key" : 2} my password" : cookie'
        for body in ({"messages": [{"role": "user", "content": text}]},
                     {"prompt": text}, {"stop": ["password", "token"], "model": "secret-1"}):
            data = json.dumps(body).encode()
            self.assertFalse(_row._may_hold_secrets(data))
            self.assertEqual(row_of(data)["request"], body)

    def test_tools_keep_their_arguments(self):
        tools = [{"type": "function", "function": {"name": "f", "parameters": {
            "type": "object", "properties": {"api_key": {"type": "string"}},
            "required": ["api_key"]}}}]
        self.assertEqual(row_of(json.dumps({"tools": tools}).encode())["request"]["tools"], tools)


class Version(unittest.TestCase):
    def test_it_is_the_daemon_s(self):
        tree = pathlib.Path(__file__).resolve().parents[3]
        self.assertIn(f"project(reasonwatch VERSION {reasonwatch.__version__} ",
                      (tree / "CMakeLists.txt").read_text())


class Environment(unittest.TestCase):
    def read(self, **values):
        return _settings.from_environment({f"REASONWATCH_{k}": v for k, v in values.items()})

    def test_values(self):
        read = self.read(ENDPOINT="https://h:1/base/", TOKEN="t", QUEUE_RECORDS="7",
                         QUEUE_BYTES="8", FLUSH_SECONDS="0.5", ROUTE="r", REPLICA="p",
                         DISABLED="1", CA_FILE="c")
        self.assertEqual((read.endpoint, read.token, read.queue_records, read.queue_bytes,
                          read.flush, read.route, read.replica, read.disabled, read.ca_file),
                         ("https://h:1/base", "t", 7, 8, .5, "r", "p", True, "c"))
        self.assertEqual(self.read(), _settings.Settings())

    def test_nonsense_is_logged_and_replaced(self):
        for name, value in (("ENDPOINT", "localhost:9096"), ("ENDPOINT", "http://h:x"),
                            ("ENDPOINT", "ftp://h"), ("ENDPOINT", "http://[::"),
                            ("QUEUE_RECORDS", "many"), ("QUEUE_RECORDS", "-1"),
                            ("QUEUE_BYTES", "0"), ("FLUSH_SECONDS", "nan"),
                            ("FLUSH_SECONDS", "-1")):
            with self.assertLogs("reasonwatch", "WARNING") as caught:
                self.assertEqual(self.read(**{name: value}), _settings.Settings())
            self.assertIn(name, caught.output[0])


if __name__ == "__main__":
    unittest.main()
