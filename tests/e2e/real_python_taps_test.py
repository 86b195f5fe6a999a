# SPDX-License-Identifier: Apache-2.0
"""Tests the three ways of the Python package at once, on real answers: the openai package
(watched) asks LiteLLM's proxy (with the callback), which asks a gateway in FastAPI (with the
middleware), which asks llama.cpp's server with the model of tests/model. Each way must report
what the client got. With the daemon's program: its readings of each way are those of the same
responses in the recorded form."""
import collections
import contextlib
import gzip
import json
import pathlib
import sys
import unittest
import urllib.error
import urllib.request

import harness
import llama_server
import real_model

REAL = harness.ROOT / "clients" / "python" / "tests" / "real"
sys.path[:0] = [str(REAL), str(REAL.parent)]
import hosts_test  # noqa: E402
import programs  # noqa: E402
import stub  # noqa: E402

NUMBER = 400


# Families that say how a response was read. Buckets, sums and counts are among them.
READINGS = ("output_tokens", "reasoning_tokens", "zero_thinking", "marker_responses",
            "script_mismatch", "loop_responses", "empty_answers", "split_mismatch")


def words(text):
    return text.replace("<think>", "").replace("</think>", "").split()


class ThreeWays(unittest.TestCase):
    def test_each_reports_what_the_client_got(self):
        with contextlib.ExitStack() as held:
            folder = pathlib.Path(held.enter_context(harness.temporary_folder()))
            daemons = {way: held.enter_context(stub.Stub()) for way in ("asgi", "litellm",
                                                                       "openai")}
            model = held.enter_context(real_model.start())
            gateway = held.enter_context(programs.model_server(
                folder / "gateway.log", daemons["asgi"].url, app="proxy_app:app",
                UPSTREAM=model.url))
            proxy = held.enter_context(programs.litellm_proxy(
                folder, gateway.url, daemons["litellm"].url, models=(real_model.NAME,)))
            asked = list(dict.fromkeys(
                p.question for p in real_model.problems.problems(11, 2 * NUMBER)))[:NUMBER]
            prompts = folder / "prompts.json"
            prompts.write_text(json.dumps(asked))
            said = programs.ask(proxy.url, "--watch", "--models", real_model.NAME, "--prompts",
                                prompts, endpoint=daemons["openai"].url, timeout=500)
            self.assertEqual((said["right"], said["failed"]), (len(asked), {}))
            for way, daemon in daemons.items():
                stub.wait_for(lambda daemon=daemon: len(daemon.rows) >= len(asked), 60)
                self.check(way, daemon.rows, said["texts"])
            if harness.BINARY:
                self.compare({way: daemon.rows for way, daemon in daemons.items()}, folder)

    def check(self, way, rows, texts):
        self.assertEqual(len(rows), len(texts))
        ends = collections.Counter()
        for row in rows:
            prompt = row["request"]["messages"][-1]["content"]
            self.assertEqual(hosts_test.words_of(row), words(texts[prompt]), (way, prompt))
            self.assertEqual((row["source"], row["status"]), (way, 200))
            ends[row["transport_end"], row["streamed"]] += 1
        self.assertEqual(set(ends), {("complete", True), ("complete", False)})


    def compare(self, ways, folder):
        """Gives each way's rows, and the recorded form, to a daemon of its own."""
        recorded = [{
            "id": f"r{n}", "time": row["time"], "end_time": row["end_time"],
            "model": row["request"]["model"], "messages": row["request"]["messages"],
            "body": row["response"] if row["streamed"] else json.dumps(row["response"]),
            "body_type": "sse" if row["streamed"] else "json", "streamed": row["streamed"],
            "http_status": 200} for n, row in enumerate(ways["asgi"])]
        with self.daemon(folder, "recorded") as daemon:
            harness.feed(daemon.tap, harness.write_rows(folder / "recorded.jsonl", recorded))
            usual = self.readings(daemon, len(recorded))
        for way, rows in ways.items():
            with self.daemon(folder, way) as daemon:
                status, said = self.post(daemon, rows)
                if status in (404, 405):
                    print("not compared: this daemon has no /api/v1/responses")
                    return
                self.assertEqual((status, said["accepted"], said["errors"]), (202, len(rows), []))
                self.assertFalse(said.get("unknown_keys"))
                got = self.readings(daemon, len(rows))
            self.assertGreater(len(got), 20)
            self.assertEqual(got, usual, way)

    @staticmethod
    @contextlib.contextmanager
    def daemon(folder, name):
        home = folder / name
        home.mkdir()
        with harness.Daemon(home, harness.config(home)) as daemon:
            yield daemon

    @staticmethod
    def post(daemon, rows):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        request = urllib.request.Request(
            daemon.url + "/api/v1/responses?wait=true", gzip.compress(lines.encode()),
            {"content-type": "application/x-ndjson", "content-encoding": "gzip"})
        try:
            with programs.DIRECT.open(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, {}

    @staticmethod
    def readings(daemon, number):
        harness.wait_for("all to be scored", lambda: daemon.scored() >= number, 60)
        return {name: value for name, value in daemon.metrics().items()
                if any(name.startswith("reasonwatch_" + each) for each in READINGS)}


if __name__ == "__main__":
    llama_server.skip_unless_installed()
    programs.install_or_skip()
    unittest.main(verbosity=2)
