# SPDX-License-Identifier: Apache-2.0
"""Shared parts of the tests: a stub of the daemon's endpoint, and settings that are quick."""
import contextlib
import gzip
import http.server
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "src"))
from reasonwatch import Sender, Settings  # noqa: E402


class Stub:
    """Serves POST /api/v1/responses on a free port and keeps the rows."""

    def __init__(self, tls=None):
        self.rows = []
        self.posts = []  # (path, headers)
        self.statuses = []  # answered to the next posts, then 202
        self.answer = None
        self.cut = 0  # so many next connections are closed without an answer
        self.is_held = threading.Event()
        self.is_held.set()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                stub.handle(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(.02,), daemon=True)
        self.thread.start()

    def handle(self, request):
        data = request.rfile.read(int(request.headers["content-length"]))
        self.is_held.wait(20)
        self.posts.append((request.path, dict(request.headers)))
        if self.cut:
            self.cut -= 1
            request.close_connection = True
            return
        status = self.statuses.pop(0) if self.statuses else 202
        lines = gzip.decompress(data).decode().split("\n")[:-1]
        if status == 202:
            self.rows += [json.loads(line) for line in lines]
        answer = json.dumps(self.answer or {"accepted": len(lines), "dropped": 0,
                                            "errors": []}).encode()
        request.send_response(status)
        request.send_header("content-length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_held.set()
        self.server.shutdown()
        self.server.server_close()


def settings(url, **values):
    return Settings(**{"endpoint": url, "linger": 0.0, "backoff": .01, "backoff_limit": .02,
                       "timeout": 5.0, **values})


@contextlib.contextmanager
def sender(**values):
    """Yields (stub, sender)."""
    with Stub() as stub:
        yield stub, Sender(settings(stub.url, **values))


def delivered(one, stub, seconds=20):
    """Returns the rows after everything queued has arrived."""
    assert one.flush(seconds), one.counts()
    return stub.rows


def read_request(peer):
    """Reads a whole request: closing before its end would reset the connection."""
    with peer.makefile("rb") as stream:
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        stream.read(length)


def wait_for(condition, seconds=20):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(.005)


def chat(text, reasoning=None, model="m"):
    message = {"role": "assistant", "content": text}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 5}}


def events(pieces, done=True):
    """Returns the text of a stream of chat chunks."""
    lines = [f"data: {json.dumps({'id': 'c1', 'choices': [{'index': 0, 'delta': piece}]})}\n\n"
             for piece in pieces]
    return "".join(lines) + ("data: [DONE]\n\n" if done else "")


def random_text(chance, length):
    """Text with everything that an encoder can get wrong."""
    alphabet = "abc \"\\/\n\r\t\0\x7f<>{}[]:,éß漢字🙂\u2028\u200b"
    return "".join(chance.choice(alphabet) for _ in range(length))


def pieces_of(chance, data):
    """Cuts bytes at random places; some pieces are empty."""
    cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.randint(0, 6)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]
