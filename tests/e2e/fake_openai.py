# SPDX-License-Identifier: Apache-2.0
"""A small model server: answers chat completions with the responses it was given, streamed or
whole, compressed or cut off. The header x-row of a request says which response it gets."""
import gzip
import http.server
import json
import threading
import time
import zlib

import chunked

THINK, END = "<think>", "</think>"


def split(content):
    """Returns (reasoning, answer) of a text with a block of reasoning; None without one."""
    if THINK not in content or END not in content:
        return None, content
    reasoning, answer = content.removeprefix(THINK).split(END, 1)
    return reasoning, answer


def message_of(row):
    """The message's fields; `field` moves the reasoning into a field of its own."""
    reasoning, answer = split(row["content"]) if row.get("field") else (None, row["content"])
    message = {"role": "assistant", "content": answer}
    if reasoning is not None:
        message[row["field"]] = reasoning
    return message


def whole_body(row):
    return json.dumps({
        "id": row["id"], "object": "chat.completion", "created": 1, "model": row["model"],
        "choices": [{"index": 0, "message": message_of(row), "finish_reason": "stop"}],
        "usage": row.get("usage", {})}).encode()


def events_of(row):
    """The events of a stream, one for each few characters, as servers send them."""
    def event(**more):
        return b"data: " + json.dumps({
            "id": row["id"], "object": "chat.completion.chunk", "created": 1,
            "model": row["model"], **more}).encode() + b"\n\n"

    def choice(delta, finish=None):
        return [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]
    message = message_of(row)
    yield event(choices=choice({"role": "assistant", "content": ""}))
    for key in (row.get("field"), "content"):
        text = message.get(key) or ""
        step = row.get("step", 9)
        for at in range(0, len(text), step):
            yield event(choices=choice({key: text[at:at + step]}))
    yield event(choices=choice({}, "stop"))
    yield event(choices=[], usage=row.get("usage", {}))
    yield b"data: [DONE]\n\n"


class FakeOpenAi(http.server.ThreadingHTTPServer):
    """rows: dicts with id, model, content, and if wanted `stream`, `field` (of the reasoning),
    `gzip`, `pause` (seconds between events), `cut` (events before the connection breaks).
    Use in a `with` block; url: http://127.0.0.1:PORT"""
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, rows):
        self.rows = rows
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else the kernel holds the body back for 40 ms

            def do_GET(self):
                self.whole(b'{"data": []}')

            def do_POST(self):
                body = chunked.read_body(self)
                server.requests.append((dict(self.headers), body))
                if not self.path.endswith("/chat/completions"):
                    return self.whole(b"{}")
                row = server.rows[int(self.headers["x-row"])]
                if row.get("stream"):
                    return self.events(row)
                return self.whole(whole_body(row), row.get("gzip"))

            def whole(self, body, packed=False):
                if packed:
                    body = gzip.compress(body)
                self.send_response(200)
                if packed:
                    self.send_header("content-encoding", "gzip")
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def events(self, row):
                packer = zlib.compressobj(wbits=31) if row.get("gzip") else None
                self.send_response(200)
                if packer:
                    self.send_header("content-encoding", "gzip")
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                try:
                    for number, event in enumerate(events_of(row)):
                        if number == row.get("cut"):
                            self.close_connection = True
                            return
                        if packer:
                            event = packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                        if row.get("pause"):
                            time.sleep(row["pause"])
                    last = packer.flush() if packer else b""
                    if last:
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(last), last))
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True  # the client went away

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        pass  # a client that went away

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
