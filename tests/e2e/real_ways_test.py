# SPDX-License-Identifier: Apache-2.0
"""Tests that 400 real exchanges give the same readings and findings by every way in as in the
recorded form.

A real openai client asks llama.cpp's server with the model of tests/model, half of the questions
streamed, half of them of a server that delivers the reasoning in a field of its own. The exchanges
are recorded on their way; for each way in the same client, or the way's own programs, asks again,
and the recorded bytes are the answer. Each way has a daemon of its own, with a baseline in which
the same answers have long reasoning, so that each daemon has something to find.

tools/install_envoy and tools/install_emitters --litellm make the programs; a way whose programs
are not there is skipped."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest
import urllib.request

import envoy_server
import harness
import llama_server
import otlp_test
import real_model
import recording_server

REAL = harness.ROOT / "clients" / "python" / "tests" / "real"
sys.path[:0] = [str(REAL)]
import programs  # noqa: E402

NUMBER = 400
EMITTERS = otlp_test.FOLDER
# By model: the way in which its server delivers the reasoning.
MODELS = {"reasoner-tags": "none", "reasoner-field": "deepseek"}
# Families that read responses; the others are of time, order and ways.
READINGS = re.compile(
    r"reasonwatch_(output_tokens|reasoning_tokens|zero_thinking|marker_responses|responses_total"
    r"|script_mismatch|loop_responses|empty_answers|split_mismatch|reasoning_field|grades)")
# Differences from the recorded form, by way: patterns of series, and the cause. docs/traffic.md,
# "The same by every way", says the same.
FIELD_LOST = {
    # The tokens were estimated from the text; without it there is no reading, not a 0.
    r"reasoning_tokens_.*reasoner-field": "the field of the reasoning is not on its records",
    r"reasoning_field_responses.*reasoner-field": "the same",
    r"marker_responses.*(reasoning_field|think_tags).*reasoner-field": "the same"}
TAGS_SPLIT = {
    r"marker_responses.*reasoner-tags": "LiteLLM splits tags off an answer in whole",
    r"reasoning_field_responses.*reasoner-tags": "the same"}
TOKENS_ADDED = {
    r"reasoning_tokens_.*reasoner-field": "LiteLLM counts the reasoning of a stream itself"}
NO_NAME = {r"reasoning_field_responses.*reasoner-field": "its records have no name of the field"}
DIFFERS = {
    "genai-openai": FIELD_LOST,
    "openai-v2": FIELD_LOST,
    "openllmetry": NO_NAME,
    "agento11y": FIELD_LOST | {
        r"output_tokens_": "it hands on the text of a stream and no usage"},
    "litellm otel": TAGS_SPLIT | NO_NAME,
    "litellm callback": TAGS_SPLIT | TOKENS_ADDED,
    "litellm generic_api": TAGS_SPLIT | TOKENS_ADDED,
}

# Findings that a way can't have, and the cause. Of the others each way has the same.
BLIND = {"genai-openai": "reasoner-field", "openai-v2": "reasoner-field",
         "agento11y": "reasoner-field"}


def baseline():
    """Rows of both models: the same kind of questions, with reasoning forty times as long."""
    rows = []
    asked = real_model.problems.problems(23, NUMBER)
    for n, problem in enumerate(asked):
        model = list(MODELS)[n % 2]
        thought = " ".join(f"Step {i} looks at part {i * 7 % 13} again." for i in range(60 + n % 40))
        parts = ({"content": f"<think>{thought}</think>The answer is {n}."}
                 if MODELS[model] == "none" else
                 {"reasoning": thought, "content": f"The answer is {n}."})
        rows.append({"id": f"b-{n}", "model": model, "intent": {"max_tokens": 192}, "messages": [
            {"role": "system", "content": real_model.problems.SYSTEM_PROMPT},
            {"role": "user", "content": problem.question}]} | parts)
    return rows


def plain(url, questions):
    emit("plain", "http", url, questions)


def emit(name, protocol, url, questions, otlp=("0", "0"), tap="0"):
    """Runs the client in the environment of an instrumentation."""
    environment = {key: value for key, value in os.environ.items()
                   if not key.lower().endswith("_proxy") and not key.startswith("OTEL_")}
    folder = EMITTERS / ("genai-openai" if name == "plain" else name)
    done = subprocess.run(
        [folder / "bin/python", "-B", harness.ROOT / "tests/e2e/otlp_emitter.py", name, protocol,
         url + "/v1", *otlp, tap],
        input=json.dumps(questions), capture_output=True, text=True, timeout=400, check=False,
        env=environment)
    if done.returncode != 0:
        raise AssertionError(f"{name}: {done.stderr[-3000:]}")


def questions():
    asked = list(dict.fromkeys(
        p.question for p in real_model.problems.problems(17, 2 * NUMBER)))[:NUMBER]
    models = list(MODELS)
    return [{"model": models[n // 2 % 2], "question": text, "stream": n % 2 == 1,
             "system": real_model.problems.SYSTEM_PROMPT, "max_tokens": 192}
            for n, text in enumerate(asked)]


def stamp(seconds):
    return (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) +
            f".{int(seconds % 1 * 1000):03d}Z")


def recorded(number, exchange):
    """The line of a recorder that saw the exchange."""
    request = json.loads(exchange.request)
    return {"id": f"r-{number}", "time": stamp(exchange.began), "end_time": stamp(exchange.ended),
            "model": request["model"], "messages": request["messages"],
            "body": exchange.body.decode(), "body_type": "sse" if exchange.streamed else "json",
            "streamed": exchange.streamed, "http_status": 200,
            "intent": {"max_tokens": request["max_tokens"]}}


def pair(exchange):
    """The raw bodies, as a shipper of logs has them."""
    body = exchange.body.decode()
    return {"request": json.loads(exchange.request), "path": "/v1/chat/completions", "status": 200,
            "response": body if exchange.streamed else json.loads(body)}


class RealWays(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(harness.temporary_folder()))
        cls.questions = questions()
        with contextlib.ExitStack() as held:
            upstreams = {
                model: held.enter_context(llama_server.LlamaServer(
                    real_model.MODEL, "--jinja", "--reasoning-format", form, alias=model,
                    slots=1)).url for model, form in MODELS.items()}
            cls.server = cls.enterClassContext(recording_server.Server(upstreams))
            plain(cls.server.url, cls.questions)
        assert len(cls.server.exchanges) == NUMBER and cls.server.asked_again == 0
        cls.exchanges = list(cls.server.exchanges.values())
        with cls.daemon("recorded") as daemon:
            harness.feed(daemon.tap, harness.write_rows(
                cls.folder / "recorded.jsonl",
                [recorded(n, e) for n, e in enumerate(cls.exchanges)]))
            cls.usual = cls.readings(daemon)
            cls.found = cls.findings(daemon)
        assert len(cls.usual) > 60, cls.usual
        assert {model for model, _ in cls.found} == set(MODELS), cls.found

    @classmethod
    @contextlib.contextmanager
    def daemon(cls, name, more=""):
        home = cls.folder / name
        home.mkdir()
        ports = harness.free_ports(2)
        text = harness.config(home).replace(
            "tap: {", f'tap: {{otlp: {{grpc: "127.0.0.1:{ports[0]}", http: "127.0.0.1:{ports[1]}"}}'
            f", {more}", 1)
        rows = harness.write_rows(home / "baseline.jsonl", baseline())
        harness.run("baseline", "import", rows, "--data", home / "data")
        with harness.Daemon(home, text) as daemon:
            daemon.otlp = [str(port) for port in ports]
            yield daemon

    @staticmethod
    def readings(daemon):
        try:
            harness.wait_for("all to be scored", lambda: daemon.scored() >= NUMBER, 90)
        except AssertionError as why:
            taps = harness.run("taps", "--once", "--url", daemon.url).stdout
            raise AssertionError(f"{why}:\n{taps}") from None
        return {name: value for name, value in daemon.metrics().items() if READINGS.match(name)}

    @staticmethod
    def findings(daemon):
        """The signals of all incidents, by model."""
        return {(incident["model"], signal["signal"])
                for incident in daemon.api("/api/v1/incidents")["incidents"]
                for signal in incident["signals"]}

    def findings_when_done(self, daemon):
        self.readings(daemon)
        return self.findings(daemon)

    def check(self, way, daemon):
        blind = BLIND.get(way)
        self.assertEqual({f for f in self.findings_when_done(daemon) if f[0] != blind},
                         {f for f in self.found if f[0] != blind}, way)
        got = self.readings(daemon)
        differs = {name: (self.usual.get(name), got.get(name))
                   for name in self.usual.keys() | got.keys()
                   if self.usual.get(name) != got.get(name)}
        expected = DIFFERS.get(way, {})
        unexpected = {name: values for name, values in differs.items()
                      if not any(re.search(pattern, name) for pattern in expected)}
        if unexpected:
            self.fail(f"{way}:\n" + "\n".join(
                f"  {name}: recorded {was}, came {now}"
                for name, (was, now) in sorted(unexpected.items())))
        for pattern, cause in expected.items():
            self.assertTrue(any(re.search(pattern, name) for name in differs),
                            f"{way}: {pattern} is equal now: mend DIFFERS ({cause})")
        lost = {name: value for name, value in daemon.metrics().items()
                if name.startswith("reasonwatch_tap_dropped_total") and value}
        self.assertEqual(lost, {}, way)

    def by_emitter(self, name, protocol):
        if not (EMITTERS / name / "installed").exists():
            self.skipTest(f"no {name} in {EMITTERS}: tools/install_emitters fetches it")
        with self.daemon(f"{name}-{protocol}") as daemon:
            emit(name, protocol, self.server.url, self.questions, daemon.otlp,
                 daemon.tap.rsplit(":", 1)[1])
            self.check(name, daemon)

    def test_envoy(self):
        if not envoy_server.PROGRAM.exists():
            self.skipTest(f"no {envoy_server.PROGRAM}: tools/install_envoy fetches it")
        with self.daemon("envoy") as daemon, envoy_server.Envoy(
                self.folder, self.server.url, daemon.tap) as envoy:
            plain(f"http://127.0.0.1:{envoy.port}", self.questions)
            self.check("envoy", daemon)

    def test_http(self):
        with self.daemon("http") as daemon:
            lines = "".join(json.dumps(pair(e)) + "\n" for e in self.exchanges)
            request = urllib.request.Request(
                daemon.url + "/api/v1/responses?wait=true", lines.encode(),
                {"content-type": "application/x-ndjson"})
            with llama_server.DIRECT.open(request, timeout=60) as answer:
                said = json.loads(answer.read())
            self.assertEqual((said["accepted"], said["errors"]), (NUMBER, []))
            self.check("http", daemon)

    def test_files_with_a_rotation(self):
        path = self.folder / "followed.jsonl"
        with self.daemon("files", f'files: [{{path: "{path}"}}], ') as daemon:
            lines = [json.dumps(recorded(n, e)) + "\n" for n, e in enumerate(self.exchanges)]
            middle = NUMBER // 2 + 7
            path.write_text("".join(lines[:middle - 50]))
            harness.wait_for("the first ones", lambda: daemon.scored() == middle - 50)
            # The last of the old file are read although it is another one's by then.
            with open(path, "a", encoding="utf-8") as out:
                out.write("".join(lines[middle - 50:middle]))
            path.rename(path.with_suffix(".jsonl.1"))
            path.write_text("".join(lines[middle:]))
            self.check("files", daemon)

    def test_asgi(self):
        folder = EMITTERS / "litellm"
        if not (folder / "bin/uvicorn").exists():
            self.skipTest(f"no uvicorn in {folder}: tools/install_emitters --litellm fetches it")
        programs.FOLDER = folder
        with self.daemon("asgi") as daemon, programs.model_server(
                self.folder / "gateway.log", daemon.url, app="proxy_app:app",
                UPSTREAM=self.server.url) as gateway:
            plain(gateway.url, self.questions)
            self.check("asgi", daemon)

    def test_litellm(self):
        """The proxy's three callbacks at once, each with a daemon of its own."""
        folder = EMITTERS / "litellm"
        if not (folder / "installed").exists():
            self.skipTest(f"no LiteLLM in {folder}: tools/install_emitters --litellm fetches it")
        with contextlib.ExitStack() as held:
            daemons = {way: held.enter_context(self.daemon(way)) for way in (
                "litellm generic_api", "litellm otel", "litellm callback")}
            proxy = held.enter_context(self.proxy(folder, daemons))
            plain(proxy, self.questions)
            for way, daemon in daemons.items():
                with self.subTest(way):
                    self.check(way, daemon)

    @contextlib.contextmanager
    def proxy(self, folder, daemons):
        config = {"model_list": [
            {"model_name": model, "litellm_params": {
                "model": f"hosted_vllm/{model}", "api_base": self.server.url + "/v1",
                "api_key": "none"}} for model in MODELS],
            "litellm_settings": {"callbacks": ["generic_api", "otel", "reasonwatch.litellm.tap"],
                                 "num_retries": 0}}
        path = self.folder / "litellm.json"
        path.write_text(json.dumps(config))  # JSON is YAML
        port = harness.free_ports(1)[0]
        url = f"http://127.0.0.1:{port}"
        # An empty environment: the proxy reads dozens of variables.
        command = ["env", "-i", f"HOME={self.folder}", f"PATH={os.environ['PATH']}",
                   f"PYTHONPATH={programs.PACKAGE}", "PYTHONDONTWRITEBYTECODE=1",
                   "LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_OTEL_V2=true",
                   # It loses records that are logged while it posts: once, after all.
                   "DEFAULT_FLUSH_INTERVAL_SECONDS=60",
                   "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
                   "OTEL_EXPORTER=otlp_grpc",
                   f"OTEL_ENDPOINT=http://127.0.0.1:{daemons['litellm otel'].otlp[0]}",
                   "GENERIC_LOGGER_ENDPOINT="
                   f"{daemons['litellm generic_api'].url}/api/v1/litellm",
                   f"REASONWATCH_ENDPOINT={daemons['litellm callback'].url}",
                   folder / "bin/litellm", "--config", path, "--host", "127.0.0.1",
                   "--port", str(port), "--num_workers", "1"]
        with harness.Process(command, self.folder / "litellm.log") as process:
            harness.wait_for("the proxy", lambda: harness.http(
                f"{url}/health/liveliness")[0] == 200, 180, .5)
            yield url
            self.assertIsNone(process.popen.poll(), process.text()[-2000:])


def add_emitters():
    for name in ("genai-openai", "openai-v2", "openllmetry", "openinference", "agento11y"):
        for protocol in ("grpc", "http") if name != "agento11y" else ("grpc",):
            def test(self, name=name, protocol=protocol):
                self.by_emitter(name, protocol)
            setattr(RealWays, f"test_{name}_{protocol}".replace("-", "_"), test)


add_emitters()

if __name__ == "__main__":
    llama_server.skip_unless_installed()
    if not (EMITTERS / "genai-openai" / "installed").exists():
        harness.skip(f"no openai client in {EMITTERS}: tools/install_emitters fetches it")
    harness.main()
