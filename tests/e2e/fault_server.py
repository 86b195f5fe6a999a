# SPDX-License-Identifier: Apache-2.0
"""An OpenAI-compatible server that answers wrongly under one condition only, and always then:

    load      while four requests or more run
    prefix    on the second of two requests that begin alike
    replica   on the last of its three replicas
    context   beyond 6,000 tokens of context
    streamed  in streams

Healthy otherwise, and with the fault None everywhere. In front of a real server, whose answers it
spoils, or of a scripted model that solves the problems of tests/model. Deterministic: the same
requests in the same order and at the same time get the same answers.
"""
import contextlib
import http.server
import json
import pathlib
import random
import re
import sys
import threading
import time
import urllib.request
import zlib

import chunked

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "model"))
import problems  # noqa: E402

FAULTS = ("load", "prefix", "replica", "context", "streamed")
REPLICAS = ("r1", "r2", "r3")
NAME = "reasoner"
BUSY = 4            # requests at once, from which on `load` shows
WARM = 10           # seconds that a beginning stays in the cache
ALIKE = 40          # characters of the first question that make it the same beginning
LONG = 6000         # tokens
ERRS = .04          # of the scripted model's own answers
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def tokens(messages):
    return sum(len(m["content"]) for m in messages) // 4


def spoil(text):
    """Returns the answer with another number in the box."""
    return re.sub(r"\\boxed\{(-?\d+)\}", lambda m: f"\\boxed{{{int(m[1]) + 3}}}", text)


class Model:
    """Knows problems by their text, and solves them but for a few."""

    def __init__(self, known):
        self.known = {p.question: p for p in known}

    def answer(self, messages, seed):
        problem = self.known.get(messages[-1]["content"])
        if problem is None:
            return "<think>That is no problem.</think>\nThe answer is \\boxed{0}."
        text = problem.reply()
        draw = random.Random(zlib.crc32(f"{problem.question} {seed}".encode()))
        return spoil(text) if draw.random() < ERRS else text


class Upstream:
    """A real server. It sees no long talk: its model's context is short."""

    def __init__(self, url):
        self.url = url

    def answer(self, messages, seed):
        shown = [m for m in messages if m["role"] == "system"][:1] + messages[-1:]
        request = urllib.request.Request(
            self.url + "/v1/chat/completions",
            json.dumps({"model": NAME, "messages": shown, "temperature": 0, "seed": seed,
                        "max_tokens": 192}).encode(), {"content-type": "application/json"})
        with _DIRECT.open(request, timeout=120) as reply:
            return json.loads(reply.read())["choices"][0]["message"]["content"] or ""


class FaultServer:
    """Three replicas and one address before them. url: of that; urls: by replica. `seconds`: how
    long an answer takes at least. Without `metrics` no load is shown. Use in a `with` block."""

    def __init__(self, fault, model, seconds=.05, metrics=True):
        assert fault is None or fault in FAULTS
        self.fault, self.model, self.seconds, self.metrics = fault, model, seconds, metrics
        self.lock = threading.Lock()
        self.running = {}      # number of a request: most that have run with it
        self.recent = []       # (time, beginning)
        self.number = self.generated = 0
        self.asked = []        # (replica, messages, wrong on purpose, requests that ran with it)
        self.servers = {name: self._serve(name) for name in (None, *REPLICAS)}
        self.url = self._url(None)
        self.urls = {name: self._url(name) for name in REPLICAS}

    def _url(self, name):
        return f"http://127.0.0.1:{self.servers[name].server_address[1]}"

    @contextlib.contextmanager
    def _under_way(self):
        """Counts the request as running; yields a function that gives the most so far."""
        with self.lock:
            self.number += 1
            mine = self.number
            self.running[mine] = 0
            for other in self.running:
                self.running[other] = max(self.running[other], len(self.running))
        try:
            yield lambda: self.running[mine]
        finally:
            with self.lock:
                del self.running[mine]

    def _seen_before(self, messages, salt):
        """Whether another request began so a short while ago; remembers this one. A salt
        keeps requests apart, as in the caches of real servers."""
        question = next((m["content"] for m in messages if m["role"] == "user"), "")
        first = salt + question[:ALIKE]
        now = time.monotonic()
        with self.lock:
            self.recent = [(at, text) for at, text in self.recent if now - at < WARM]
            seen = any(text == first for _, text in self.recent)
            self.recent.append((now, first))
        return seen

    def answer(self, replica, request):
        messages, stream = request["messages"], bool(request.get("stream"))
        warm = self._seen_before(messages, request.get("cache_salt", ""))
        with self._under_way() as most:
            if replica is None:
                replica = REPLICAS[self.number % len(REPLICAS)]
            until = time.monotonic() + self.seconds
            text = self.model.answer(messages, request.get("seed", 0))
            text = text[:4 * request.get("max_tokens", 4096)]
            time.sleep(max(0, until - time.monotonic()))
            together = most()
        wrong = {"load": together >= BUSY, "prefix": warm, "replica": replica == REPLICAS[-1],
                 "context": tokens(messages) > LONG, "streamed": stream,
                 None: False}[self.fault]
        with self.lock:
            self.asked.append((replica, messages, wrong, together))
            self.generated += len(text) // 4
        return spoil(text) if wrong else text

    def load(self):
        return (f"vllm:num_requests_waiting 0\nvllm:num_requests_running {len(self.running)}\n"
                f"vllm:kv_cache_usage_perc 0.1\nvllm:generation_tokens_total {self.generated}\n")

    def _serve(self, name):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                if self.path == "/metrics" and outer.metrics:
                    return self.reply(200, outer.load(), "text/plain")
                if self.path == "/v1/models":
                    return self.reply(200, json.dumps({"data": [{"id": NAME}]}))
                return self.reply(404, "{}")

            def do_POST(self):
                request = json.loads(chunked.read_body(self))
                if not self.path.endswith("/chat/completions"):
                    return self.reply(404, "{}")
                text = outer.answer(name, request)
                usage = {"prompt_tokens": tokens(request["messages"]),
                         "completion_tokens": len(text) // 4}
                base = {"id": "x", "created": 1, "model": request["model"]}
                if not request.get("stream"):
                    return self.reply(200, json.dumps(
                        base | {"object": "chat.completion", "usage": usage, "choices": [
                            {"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": text}}]}))
                base["object"] = "chat.completion.chunk"
                chunks = [
                    base | {"choices": [{"index": 0, "delta": {"content": text}}]},
                    base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
                    base | {"choices": [], "usage": usage}]
                return self.reply(200, "".join(f"data: {json.dumps(c)}\n\n" for c in chunks)
                                  + "data: [DONE]\n\n", "text/event-stream")

            def reply(self, status, text, kind="application/json"):
                data = text.encode()
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):  # a client that went away
                    self.wfile.write(data)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass
        return Server(("127.0.0.1", 0), Handler)

    def __enter__(self):
        for server in self.servers.values():
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in self.servers.values():
            server.shutdown()
            server.server_close()
