# SPDX-License-Identifier: Apache-2.0
"""Serves the tiny reasoner of tests/model behind a real llama.cpp server: healthy, degraded in
ways that were fixed beforehand, or changed harmlessly.

    with real_model.start("rope") as server:
        reply = real_model.ask(server, problem)

A degradation is a mistake that an operator can make, never an edited answer.
"""
import concurrent.futures
import contextlib
import dataclasses
import http.server
import json
import random
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib

import harness
import llama_server

sys.path.insert(0, str(harness.ROOT / "tests" / "model"))
import problems  # noqa: E402

MODEL = harness.ROOT / "tests" / "model" / "reasoner-f16.gguf"
NAME = "reasoner"
CONTEXT = 4096  # tokens of a slot
_FLAGS = ["--jinja", "--reasoning-format", "none"]
# A conversation about unrelated things, as long sessions contain it.
_PROSE = ("the", "morning", "river", "slow", "walks", "over", "old", "stones", "and", "light",
          "falls", "through", "tall", "trees", "while", "people", "talk", "of", "weather", "bread",
          "boats", "winter", "songs", "before", "they", "go", "home")

# By kind: flags of the server, fields that its gateway sets in each request.
SERVERS = {
    "healthy": ([], {}),
    # The gateway switches thinking off.
    "thinking_off": ([], {"chat_template_kwargs": {"enable_thinking": False}}),
    # The server uses the chat template of another model.
    "foreign_template": (["--chat-template", "chatml"], {}),
    # With a wrong rope base the form stays, but nearly every answer is wrong.
    "rope": (["--rope-freq-base", "500"], {}),
    # Harmless changes.
    "q4_0": ([], {}),
    "kv_q4_0": (["--cache-type-k", "q4_0", "--cache-type-v", "q4_0", "-fa", "on"], {}),
    "temperature": ([], {"temperature": 0.7}),
}
DEGRADED = ("thinking_off", "foreign_template", "rope")
HARMLESS = ("q4_0", "kv_q4_0", "temperature")


class Gateway:
    """Passes requests on to `upstream`, which may change at any time, and overrides some of their
    fields."""

    def __init__(self, upstream, overrides):
        self.upstream = upstream
        self.overrides = overrides
        self.asked = 0  # POSTs
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                body.update(gateway.overrides)
                gateway.asked += 1
                self.answer(urllib.request.Request(
                    gateway.upstream + self.path, json.dumps(body).encode(),
                    {"content-type": "application/json"}))

            def do_GET(self):
                self.answer(urllib.request.Request(gateway.upstream + self.path))

            def answer(self, request):
                try:
                    reply = llama_server.DIRECT.open(request, timeout=120)
                except urllib.error.HTTPError as error:
                    reply = error
                with reply:
                    text = reply.read()
                self.send_response(reply.status)
                self.send_header("content-type", reply.headers["content-type"] or "text/plain")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def start(kind="healthy", slots=2):
    """Starts a server in the state `kind`; the result has a `url`."""
    flags, overrides = SERVERS[kind]
    with contextlib.ExitStack() as held:
        model = MODEL
        if kind == "q4_0":
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="rw-model-"))
            model = folder + "/reasoner-q4_0.gguf"
            llama_server.tool("llama-quantize", MODEL, model, "Q4_0")
        server = held.enter_context(llama_server.LlamaServer(
            model, *_FLAGS, *flags, alias=NAME, slots=slots, context=CONTEXT * slots))
        if overrides:
            server = held.enter_context(Gateway(server.url, overrides))
        yield server


@dataclasses.dataclass
class Reply:
    """An answer and its request."""
    problem: problems.Problem
    messages: list
    body: str      # as it came over the wire
    text: str      # the output of the model with its markers
    finish_reason: str
    usage: dict
    fingerprint: str
    began: float   # seconds of the epoch
    ended: float
    temperature: float

    @property
    def reasoning(self):
        """Returns the text between its markers; "" if either is missing."""
        if "<think>" not in self.text or "</think>" not in self.text:
            return ""
        return self.text.split("<think>", 1)[1].split("</think>", 1)[0].strip()

    @property
    def correct(self):
        return f"\\boxed{{{self.problem.answer}}}" in self.text.rsplit("</think>", 1)[-1]


def ask(server, problem, history=(), temperature=0, seed=1, max_tokens=192):
    """Asks as the last turn of a session; `history` are the turns before it."""
    messages = [{"role": "system", "content": problems.SYSTEM_PROMPT}, *history,
                {"role": "user", "content": problem.question}]
    request = urllib.request.Request(
        server.url + "/v1/chat/completions",
        json.dumps({"model": NAME, "messages": messages, "temperature": temperature, "seed": seed,
                    "max_tokens": max_tokens}).encode(), {"content-type": "application/json"})
    began = time.time()
    with llama_server.DIRECT.open(request, timeout=120) as answer:
        body = answer.read().decode()
    said = json.loads(body)
    choice = said["choices"][0]
    return Reply(problem, messages, body, choice["message"]["content"] or "",
                 choice["finish_reason"], said.get("usage", {}), said.get("system_fingerprint", ""),
                 began, time.time(), temperature)


def turns_of_prose(count, seed=1):
    """Returns a history of `count` turns that has nothing to do with arithmetic."""
    rng = random.Random(seed)
    history = []
    for _ in range(count):
        words = [" ".join(rng.choices(_PROSE, k=rng.randint(6, 12))).capitalize() + "."
                 for _ in range(4)]
        history += [{"role": "user", "content": " ".join(words)},
                    {"role": "assistant", "content": "Yes. " + words[0]}]
    return history


def turns_of_problems(count, seed=1):
    """Returns a history of problems that were asked and solved."""
    history = []
    for p in problems.problems(100_000 + seed, count):
        history += [{"role": "user", "content": p.question},
                    {"role": "assistant", "content": p.reply()}]
    return history


def ask_all(server, asked, workers=2, **how):
    """Returns the replies in the order of the problems. how["history"] may be a function of the
    problem's index."""
    def one(pair):
        i, problem = pair
        own = dict(how)
        if callable(own.get("history")):
            own["history"] = own["history"](i)
        return ask(server, problem, seed=i, **own)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, enumerate(asked)))


def figures(replies):
    """Returns shares and means over the replies."""
    n = len(replies)
    return {"n": n,
            "correct": sum(r.correct for r in replies) / n,
            "reasoning_characters": sum(len(r.reasoning) for r in replies) / n,
            "think": sum(bool(r.reasoning) for r in replies) / n,
            "boxed": sum("\\boxed{" in r.text for r in replies) / n}


def recorded(reply, identity, **more):
    """Returns the reply as a line of a recording, as `reasonwatch replay` reads it."""
    stamp = "%Y-%m-%dT%H:%M:%S"

    def when(seconds):
        return time.strftime(stamp, time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"
    return {"id": identity, "time": when(reply.began), "end_time": when(reply.ended),
            "model": NAME, "messages": reply.messages, "content": reply.text,
            "finish_reason": reply.finish_reason,
            "usage": {"input_tokens": reply.usage.get("prompt_tokens"),
                      "output_tokens": reply.usage.get("completion_tokens")},
            "sampling": {"temperature": reply.temperature},
            "regime": {"fingerprint": reply.fingerprint},
            "problem": {"id": f"{zlib.crc32(reply.problem.question.encode()):08x}",
                        "answer": str(reply.problem.answer), "answer_kind": "number"},
            "context_window": CONTEXT, **more}
