# SPDX-License-Identifier: Apache-2.0
"""Tests the OTLP tap with real instrumentations and their real exporters, over gRPC and HTTP, and
agento11y's ingest with its own SDK: each answer of a server must arrive as the server gave it,
except for the parts that the emitter is known to leave out (LEAVES_OUT).

tools/install_emitters makes the environments; REASONWATCH_EMITTERS names their folder."""
import json
import os
import pathlib
import subprocess
import threading
import unittest

import fake_reasoner
import harness

TOOL = harness.BINARY
FOLDER = pathlib.Path(os.environ.get("REASONWATCH_EMITTERS", harness.ROOT / "build/emitters"))
QUESTIONS = [{"model": model, "question": f"add {n} to {int(stream)}", "stream": stream}
             for model in fake_reasoner.MODELS for stream in (False, True) for n in range(5)]

# Parts of a response that an emitter does not report, by emitter: for which (model, stream).
ALL = [(model, stream) for model in fake_reasoner.MODELS for stream in (False, True)]
STREAMS = [case for case in ALL if case[1]]
# Reasoning between tags is content to them.
FIELDS = [case for case in ALL if case[0] != "fake-tags"]
LEAVES_OUT = {
    "genai-openai": {"reasoning": FIELDS, "fingerprint": STREAMS},
    "openai-v2": {"reasoning": FIELDS, "fingerprint": ALL, "reasoning_tokens": ALL},
    "openllmetry": {"reasoning": [case for case in FIELDS if case[0] == "fake-reasoning"],
                    "fingerprint": STREAMS, "reasoning_tokens": STREAMS},
    "openinference": {},
    # It is given the pieces of a stream only, and reads no more than the text of them.
    "agento11y": {"reasoning": FIELDS, "fingerprint": ALL, "id": STREAMS, "finish_reason": STREAMS,
                  "input_tokens": STREAMS, "output_tokens": STREAMS, "reasoning_tokens": STREAMS},
}
SOURCES = {"genai-openai": "otlp/genai", "openai-v2": "otlp/genai",
           "openllmetry": "otlp/openllmetry", "openinference": "otlp/openinference",
           "agento11y": "agento11y"}


class Tap:
    """The tap by itself; rows() are the responses that it took in."""

    def __enter__(self):
        self.popen = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        self.grpc, self.http, self.port = self.popen.stdout.readline().split()
        self.lines, self.errors = [], ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        for line in self.popen.stdout:
            self.lines.append(json.loads(line))

    def rows(self, count):
        """Waits for so many rows, and for a moment whether more come."""
        harness.wait_for(f"{count} responses", lambda: len(self.lines) >= count, 60)
        self.popen.stdin.close()
        self.popen.wait(60)
        self.reader.join(60)
        self.errors = self.popen.stderr.read()
        return self.lines

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()


def run_emitter(name, protocol, url, tap):
    environment = {key: value for key, value in os.environ.items()
                   if not key.lower().endswith("_proxy") and not key.startswith("OTEL_")}
    done = subprocess.run(
        [FOLDER / name / "bin/python", "-B", harness.ROOT / "tests/e2e/otlp_emitter.py", name,
         protocol, url, tap.grpc, tap.http, tap.port],
        input=json.dumps(QUESTIONS), capture_output=True, text=True, timeout=240, check=False,
        env=environment)
    if done.returncode != 0:
        raise AssertionError(f"{name}: {done.stderr[-3000:]}")


def part(text):
    """Returns a text as the reader of the recorded form has it, without white space around."""
    return (text or "").strip()


def seen(row):
    """Returns the parts of a recorded row that a test compares."""
    content, reasoning = row.get("content"), row.get("reasoning")
    usage, fingerprint = row.get("usage", {}), row.get("regime", {}).get("fingerprint")
    finish = row.get("finish_reason")
    if row.get("body"):
        body = json.loads(row["body"])
        choice = body["choices"][0]
        message = choice["message"]
        content = message["content"]
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        finish = choice["finish_reason"]
        fingerprint = body.get("system_fingerprint")
        raw = body["usage"]
        usage = {"input_tokens": raw["prompt_tokens"], "output_tokens": raw["completion_tokens"],
                 "reasoning_tokens": raw["completion_tokens_details"]["reasoning_tokens"]}
    return {"id": row["id"], "content": part(content), "reasoning": part(reasoning),
            "finish_reason": finish, "fingerprint": fingerprint,
            "input_tokens": usage.get("input_tokens"),
            "output_tokens": usage.get("output_tokens"),
            "reasoning_tokens": usage.get("reasoning_tokens")}


def served(model, question):
    """Returns the same parts as the server gave them."""
    known = fake_reasoner.answer(model, question)
    content, reasoning = known["content"], known["reasoning"]
    if model == "fake-tags":
        content, reasoning = f"<think>\n{reasoning}\n</think>\n\n{content}", ""
    usage = known["usage"]
    return {"id": known["id"], "content": part(content), "reasoning": part(reasoning),
            "finish_reason": known["finish_reason"], "fingerprint": "fp_fake",
            "input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"],
            "reasoning_tokens": usage["completion_tokens_details"]["reasoning_tokens"]}


class Emitters(unittest.TestCase):
    maxDiff = None

    def check(self, name, protocol):
        if not (FOLDER / name / "installed").exists():
            self.skipTest(f"no {name} in {FOLDER}: tools/install_emitters fetches it")
        with fake_reasoner.Server() as server, Tap() as tap:
            run_emitter(name, protocol, server.url, tap)
            rows = tap.rows(len(QUESTIONS))
        self.assertEqual(len(rows), len(QUESTIONS), tap.errors)
        by_question = {(row["model"], row["messages"][-1]["content"]): row for row in rows}
        for asked in QUESTIONS:
            case = (asked["model"], asked["stream"])
            row = by_question[asked["model"], asked["question"]]
            with self.subTest(case=case, question=asked["question"]):
                got, want = seen(row), served(asked["model"], asked["question"])
                for key, cases in LEAVES_OUT[name].items():
                    if case not in cases:
                        continue
                    left_out, known = got.pop(key), want.pop(key)
                    self.assertNotEqual(left_out, known, f"{key} comes now: mend LEAVES_OUT")
                self.assertEqual(got, want)
                # Its silence says nothing.
                self.assertEqual(row.get("without_reasoning_text", False),
                                 case in LEAVES_OUT[name].get("reasoning", ()))
                self.assertEqual(row["source"], SOURCES[name])
                self.assertEqual(row["client"], "test-app")
                self.assertEqual(row.get("sampling", {}).get("temperature"), .5)
                self.assertEqual(row.get("intent", {}).get("max_tokens"), 900)


def add_tests():
    for name in LEAVES_OUT:
        for protocol in ("grpc", "http") if name != "agento11y" else ("grpc",):
            def test(self, name=name, protocol=protocol):
                self.check(name, protocol)
            setattr(Emitters, f"test_{name}_{protocol}".replace("-", "_"), test)


add_tests()

if __name__ == "__main__":
    if not FOLDER.is_dir():
        harness.skip(f"no emitters in {FOLDER}: tools/install_emitters fetches them")
    harness.main()
