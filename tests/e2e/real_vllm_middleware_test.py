# SPDX-License-Identifier: Apache-2.0
"""Tests the Python package's middleware in a real vLLM server: `vllm serve --middleware
reasonwatch.asgi.Tap`. Whole, streamed, left by the client, and with a daemon that hangs."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import sys
import time
import unittest

import harness
import real_model
import vllm_server

PACKAGE = harness.ROOT / "clients" / "python"
sys.path.insert(0, str(PACKAGE / "tests"))
import stub  # noqa: E402


def body_of(problem, stream, **more):
    return {"model": "reasoner", "messages": [{"role": "user", "content": problem.question}],
            "temperature": 0, "max_tokens": 192, "stream": stream,
            "chat_template_kwargs": {"enable_thinking": True}, **more}


def leave(server, body, seconds, pieces):
    """Sends a request and closes the connection after some pieces of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/v1/chat/completions", json.dumps(body),
                       {"content-type": "application/json", "authorization": "Bearer s3cret"})
    if pieces:
        response = connection.getresponse()
        for _ in range(pieces):
            response.fp.readline()
        response.close()
    time.sleep(seconds)
    connection.close()


class Middleware(unittest.TestCase):
    def test_what_clients_get_is_what_arrives(self):
        with harness.temporary_folder() as folder, stub.Stub() as daemon:
            model = vllm_server.model(pathlib.Path(folder) / "model")
            os.environ.update(PYTHONPATH=str(PACKAGE / "src"), REASONWATCH_ENDPOINT=daemon.url)
            with vllm_server.VllmServer(model, "--middleware", "reasonwatch.asgi.Tap") as server:
                self.whole_and_streamed(server, daemon)
                self.clients_that_leave(server, daemon)
                daemon.is_held.clear()
                for n, problem in enumerate(real_model.problems.problems(9, 8)):
                    status, _ = server.post("/v1/chat/completions", body_of(problem, n % 2 == 1))
                    self.assertEqual(status, 200)
                daemon.is_held.set()
                daemon.rows.clear()
                stub.wait_for(lambda: len(daemon.rows) >= 8, 60)

    def whole_and_streamed(self, server, daemon):
        problems = real_model.problems.problems(7, 30)

        def ask(n):
            body = body_of(problems[n], n % 2 == 1)
            return body, server.post("/v1/chat/completions", body)
        with concurrent.futures.ThreadPoolExecutor(4) as workers:
            asked = list(workers.map(ask, range(len(problems))))
        self.assertEqual(server.post("/v1/chat/completions", {"model": "no such"})[0] // 100, 4)
        stub.wait_for(lambda: len(daemon.rows) >= len(asked), 60)
        time.sleep(1)
        self.assertEqual(len(daemon.rows), len(asked))
        rows = {row["request"]["messages"][0]["content"]: row for row in daemon.rows}
        for body, (status, got) in asked:
            row = rows[body["messages"][0]["content"]]
            self.assertEqual((status, row["request"], row["transport_end"], row["source"]),
                             (200, body, "complete", "asgi"))
            self.assertEqual(row["response"], got.decode() if body["stream"] else json.loads(got))

    def clients_that_leave(self, server, daemon):
        daemon.rows.clear()
        problem = real_model.problems.problems(8, 1)[0]
        long = {"max_tokens": 1500, "ignore_eos": True}
        leave(server, body_of(problem, True, **long), 0, 6)
        leave(server, body_of(problem, False, **long), 1, 0)
        stub.wait_for(lambda: len(daemon.rows) >= 2, 60)
        for row in daemon.rows:
            self.assertEqual(row["transport_end"], "client_abort", row)
        self.assertNotIn("s3cret", json.dumps(daemon.rows))
        self.assertEqual(sorted(type(row["response"]).__name__ for row in daemon.rows),
                         ["NoneType", "str"])


if __name__ == "__main__":
    vllm_server.skip_unless_installed()
    unittest.main(verbosity=2)
