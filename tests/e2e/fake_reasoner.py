# SPDX-License-Identifier: Apache-2.0
"""A server of OpenAI's chat API whose answers are drawn from the question, for tests with real
clients. The model's name says how the reasoning comes: in `reasoning_content`, in `reasoning`, or
between tags in the content."""
import http.server
import json
import random
import threading

MODELS = ("fake-reasoning-content", "fake-reasoning", "fake-tags")
WORDS = ("so", "then", "the", "sum", "of", "two", "is", "three", "numbers", "ünïcode", "数学",
         "\"quoted\"", "line\nbreak", "check", "again", "{x}", "because")


def _text(draw, words):
    return " ".join(draw.choice(WORDS) for _ in range(words))


def answer(model, question):
    """Returns the server's own account of its answer to this question."""
    draw = random.Random(f"{model} {question}")
    reasoning, content = _text(draw, draw.randint(5, 80)), _text(draw, draw.randint(2, 30))
    return {
        "id": f"chatcmpl-{draw.getrandbits(64):016x}",
        "model": model,
        "content": content,
        "reasoning": reasoning,
        "finish_reason": draw.choice(("stop", "stop", "stop", "length")),
        "usage": {"prompt_tokens": 3 + len(question.split()),
                  "completion_tokens": 40 + draw.randrange(500),
                  "total_tokens": 1000,
                  "completion_tokens_details": {"reasoning_tokens": 20 + draw.randrange(20)}},
    }


def _message(model, known):
    if model == "fake-tags":
        return {"content": f"<think>\n{known['reasoning']}\n</think>\n\n{known['content']}"}
    field = "reasoning_content" if model == "fake-reasoning-content" else "reasoning"
    return {field: known["reasoning"], "content": known["content"]}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def do_POST(self):  # pylint: disable=invalid-name
        length = int(self.headers["Content-Length"])
        request = json.loads(self.rfile.read(length))
        if not self.path.endswith("/chat/completions"):
            self._send(404, "application/json", b'{"error":{"message":"no such path"}}')
            return
        model, question = request["model"], request["messages"][-1]["content"]
        known = answer(model, question)
        head = {"id": known["id"], "created": 1700000000, "model": model,
                "system_fingerprint": "fp_fake"}
        if not request.get("stream"):
            body = head | {
                "object": "chat.completion",
                "choices": [{"index": 0, "finish_reason": known["finish_reason"],
                             "message": {"role": "assistant"} | _message(model, known)}],
                "usage": known["usage"]}
            self._send(200, "application/json", json.dumps(body).encode())
            return
        self._send(200, "text/event-stream", self._events(head, model, known))

    @staticmethod
    def _events(head, model, known):
        head = head | {"object": "chat.completion.chunk"}

        def event(choices, **more):
            return f"data: {json.dumps(head | {'choices': choices} | more)}\n\n"

        def delta(values, reason=None):
            return event([{"index": 0, "delta": values, "finish_reason": reason}])
        out = delta({"role": "assistant", "content": ""})
        for field, text in _message(model, known).items():
            for at in range(0, len(text), 7):
                out += delta({field: text[at:at + 7]})
        out += delta({}, known["finish_reason"]) + event([], usage=known["usage"])
        return (out + "data: [DONE]\n\n").encode()

    def _send(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server:
    """Serves on a free port until the end of its `with` block."""

    def __init__(self):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
