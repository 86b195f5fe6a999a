# SPDX-License-Identifier: Apache-2.0
"""Tests the OTLP tap behind a real LiteLLM proxy with its otel callback, over gRPC and HTTP.

tools/install_emitters --litellm makes its environment."""
import json
import os
import pathlib
import tempfile
import unittest

import fake_reasoner
import harness
import otlp_test

FOLDER = otlp_test.FOLDER / "litellm"
MODELS = fake_reasoner.MODELS[:2]
QUESTIONS = [(model, stream, n) for model in MODELS for stream in (False, True) for n in range(5)]


def question_of(stream, n):
    return f"double {n} {'slowly' if stream else 'at once'}"


class LiteLlm(unittest.TestCase):

    def check(self, exporter):
        if not (FOLDER / "installed").exists():
            self.skipTest(f"no LiteLLM in {FOLDER}: tools/install_emitters --litellm fetches it")
        with fake_reasoner.Server() as server, otlp_test.Tap() as tap, \
                tempfile.TemporaryDirectory() as folder:
            config = {"model_list": [
                {"model_name": model, "litellm_params": {
                    "model": f"openai/{model}", "api_base": server.url, "api_key": "none"}}
                for model in MODELS], "litellm_settings": {"callbacks": ["otel"]}}
            path = pathlib.Path(folder) / "config.yaml"
            path.write_text(json.dumps(config))  # JSON is YAML
            port = harness.free_ports(1)[0]
            endpoint = (f"http://127.0.0.1:{tap.grpc}" if exporter == "otlp_grpc"
                        else f"http://127.0.0.1:{tap.http}/v1/traces")
            # An empty environment: the proxy reads dozens of variables.
            command = ["env", "-i", f"HOME={folder}", f"PATH={os.environ['PATH']}",
                       "LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_OTEL_V2=true",
                       "OTEL_SERVICE_NAME=test-app",
                       "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
                       f"OTEL_EXPORTER={exporter}", f"OTEL_ENDPOINT={endpoint}",
                       FOLDER / "bin/litellm", "--config", path, "--host", "127.0.0.1",
                       "--port", str(port), "--num_workers", "1"]
            log = pathlib.Path(folder) / "log"
            url = f"http://127.0.0.1:{port}"
            with harness.Process(command, log) as proxy:
                harness.wait_for("the proxy", lambda: harness.http(
                    f"{url}/health/liveliness")[0] == 200, 180, .5)
                for model, stream, n in QUESTIONS:
                    status, body = harness.post(f"{url}/v1/chat/completions", {
                        "model": model, "stream": stream,
                        "stream_options": {"include_usage": True} if stream else None,
                        "messages": [{"role": "user", "content": question_of(stream, n)}]})
                    self.assertEqual(status, 200, body)
                rows = tap.rows(len(QUESTIONS))
                self.assertEqual(len(rows), len(QUESTIONS), proxy.text()[-2000:])
        by_text = {row["messages"][-1]["content"] + row["model"]: row for row in rows}
        for model, stream, n in QUESTIONS:
            with self.subTest(model=model, stream=stream, n=n):
                row = by_text[question_of(stream, n) + model]
                got = otlp_test.seen(row)
                want = otlp_test.served(model, question_of(stream, n))
                # LiteLLM has neither on its spans.
                for key in ("fingerprint", "reasoning_tokens"):
                    got.pop(key)
                    want.pop(key)
                self.assertEqual(got, want)
                self.assertEqual(row["source"], "otlp/litellm")

    def test_over_grpc(self):
        self.check("otlp_grpc")

    def test_over_http(self):
        self.check("otlp_http")


if __name__ == "__main__":
    if not FOLDER.is_dir():
        harness.skip(f"no LiteLLM in {FOLDER}: tools/install_emitters --litellm fetches it")
    harness.main()
