# SPDX-License-Identifier: Apache-2.0
"""Traffic by way of a real Envoy whose configuration `reasonwatch envoy` wrote: the same readings
as the recorded form gives, and no client that notices the tap, whatever happens to it."""
import concurrent.futures
import http.client
import http.server
import json
import os
import re
import signal
import threading
import time
import unittest

import envoy_server
import fake_openai
import harness

ROWS = harness.read_rows(harness.SAMPLE / "live.jsonl")[:240]
# Forms in which servers deliver one response.
FORMS = ({}, {"field": "reasoning_content"}, {"stream": True},
         {"stream": True, "field": "reasoning"}, {"stream": True, "gzip": True}, {"gzip": True})
# Families that read the text of responses; the others are of time, order and ways.
READINGS = re.compile(r"reasonwatch_(output_tokens|reasoning_tokens|zero_thinking|empty_answers"
                      r"|marker_responses|reasoning_field|responses_total|grades|rubric_score"
                      r"|split_mismatch)")
IGNORED = "reasonwatch_tap_ignored_total"


def served(number):
    """The response that the server gives for a row of the sample."""
    row = ROWS[number]
    return {"id": row["id"], "model": row["model"], "content": row["content"],
            "usage": {"prompt_tokens": row["usage"]["input_tokens"],
                      "completion_tokens": row["usage"]["output_tokens"]},
            **FORMS[number % len(FORMS)]}


def request_of(row, stream=False):
    messages = row.get("messages") or [{"role": "user", "content": row["prompt"]}]
    return {"model": row["model"], "messages": messages, "stream": stream,
            "max_tokens": row["intent"]["max_tokens"],
            "reasoning_effort": row["intent"]["effort"]}


def recorded(number):
    """The line of a recorder that saw the same exchange."""
    row, answer = ROWS[number], served(number)
    stream = answer.get("stream", False)
    body = b"".join(fake_openai.events_of(answer)) if stream else fake_openai.whole_body(answer)
    now = time.time()
    return {"id": row["id"], "model": row["model"], "route": row["route"],
            "messages": request_of(row)["messages"], "body": body.decode(),
            "body_type": "sse" if stream else "json", "streamed": stream,
            "intent": {"max_tokens": row["intent"]["max_tokens"],
                       "effort": row["intent"]["effort"]},
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))}


def readings(daemon):
    return {k: v for k, v in daemon.metrics().items() if READINGS.match(k)}


def records(daemon):
    return daemon.metrics().get('reasonwatch_tap_records_total{source="ext_proc"}', 0)


def ignored(daemon):
    return sum(v for k, v in daemon.metrics().items() if k.startswith(IGNORED))


class EnvoyTest(unittest.TestCase):

    def setUp(self):
        self.folder = self.enterContext(harness.temporary_folder())

    def daemon(self, name="daemon", tap="127.0.0.1:0"):
        folder = harness.pathlib.Path(self.folder) / name
        folder.mkdir(exist_ok=True)
        text = harness.config(folder).replace("127.0.0.1:0", tap, 1)
        return self.enterContext(harness.Daemon(folder, text))

    def envoy(self, upstream, tap, *flags, edit=None):
        return self.enterContext(
            envoy_server.Envoy(self.folder, upstream.url, tap, *flags, edit=edit))

    def upstream(self, rows):
        return self.enterContext(fake_openai.FakeOpenAi(rows))


class Readings(EnvoyTest):

    def test_they_are_those_of_the_recorded_form(self):
        live, fed = self.daemon("live"), self.daemon("fed")
        upstream = self.upstream([served(n) for n in range(len(ROWS))])
        envoy = self.envoy(upstream, live.tap)
        with envoy_server.Client(envoy.port) as client:
            for number, row in enumerate(ROWS):
                answer = served(number)
                stream = answer.get("stream", False)
                status, _ = client.ask(number, request_of(row, stream),
                                       {"x-reasonwatch-route": row["route"],
                                        "accept-encoding": "gzip"})
                self.assertEqual(status, 200)
            client.connection.request("GET", "/v1/models")
            self.assertEqual(client.connection.getresponse().read(), b'{"data": []}')
            client.ask(0, {"input": "x"}, path="/v1/embeddings")
        rows = harness.write_rows(harness.pathlib.Path(self.folder) / "rows.jsonl",
                                  [recorded(n) for n in range(len(ROWS))])
        harness.feed(fed.tap, rows)
        for daemon in (live, fed):
            harness.wait_for("all responses", lambda d=daemon: d.scored() == len(ROWS))
        self.assertEqual(readings(live), readings(fed))
        self.assertEqual(records(live), len(ROWS))
        harness.wait_for("the other traffic", lambda: ignored(live) == 2)
        errors = {k: v for k, v in live.metrics().items()
                  if k.startswith("reasonwatch_tap_errors_total")}
        self.assertEqual(errors, {})
        # The proxy asks for plain bodies; the tap is not shown secrets.
        for headers, _ in upstream.requests:
            self.assertNotIn("accept-encoding", {k.lower() for k in headers})
        # The tap ends each stream at once.
        harness.wait_for("no open stream", lambda: envoy.statistic(
            "cluster.reasonwatch.upstream_rq_active") == 0, 3)
        self.assertEqual(envoy.statistic("http.llm.ext_proc.streams_started"), len(ROWS) + 2)

    def test_own_questions_are_not_live(self):
        daemon = self.daemon()
        envoy = self.envoy(self.upstream([served(0)]), daemon.tap)
        with envoy_server.Client(envoy.port) as client:
            client.ask(0, request_of(ROWS[0]), {"x-reasonwatch-origin": "rescore"})
        harness.wait_for("it", lambda: any(
            'outcome="not_live"' in k and v == 1 for k, v in daemon.metrics().items()))


class Counter(http.server.ThreadingHTTPServer):
    """A server's metrics: it counts twice what its upstream was asked."""
    daemon_threads = True

    def __init__(self, upstream):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'vllm:request_success_total{finished_reason="stop"} %d\n'
                                 % (2 * len(upstream.requests)))

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Coverage(EnvoyTest):

    def test_the_share_that_was_seen(self):
        tap = f"127.0.0.1:{harness.free_ports(1)[0]}"
        upstream = self.upstream([served(n) for n in range(len(ROWS))])
        envoy = self.envoy(upstream, tap)
        counter = self.enterContext(Counter(upstream))
        folder = harness.pathlib.Path(self.folder) / "daemon"
        folder.mkdir()
        text = harness.config(folder).replace("127.0.0.1:0", tap, 1).replace(
            "tap: {", "tap: {coverage: {interval: 1s, targets: ["
            f'{{url: "{envoy.admin}/stats/prometheus", name: envoy}}, '
            f'{{url: "http://127.0.0.1:{counter.server_address[1]}/metrics", name: server}}, '
            f'{{url: "{envoy.admin}/server_info", name: wrong}}]}}, ', 1)
        daemon = self.enterContext(harness.Daemon(folder, text))

        def looks(name, outcome="good"):
            return daemon.metrics().get("reasonwatch_tap_coverage_looks_total"
                                        f'{{outcome="{outcome}",target="{name}"}}', 0)

        def ratio(name):
            return daemon.metrics().get(f'reasonwatch_tap_coverage_ratio{{target="{name}"}}')
        harness.wait_for("looks", lambda: min(looks("envoy"), looks("server")) >= 2)
        self.assertIsNone(ratio("envoy"))  # nothing was served
        with envoy_server.Client(envoy.port) as client:
            for number in range(60):
                client.ask(number, request_of(ROWS[number]))
        harness.wait_for("all to be seen", lambda: daemon.scored() == 60)
        harness.wait_for("the shares", lambda: (ratio("envoy"), ratio("server")) == (1, .5), 30)
        shown = {c["target"]: c for c in daemon.api("/api/v1/coverage")["coverage"]}
        self.assertEqual(shown["envoy"]["counter"], "envoy_http_downstream_rq_completed")
        self.assertEqual((shown["envoy"]["served"], shown["envoy"]["seen"]), (60, 60))
        self.assertEqual((shown["server"]["served"], shown["server"]["seen"]), (120, 60))
        self.assertIn("no known counter", shown["wrong"]["error"])
        self.assertGreater(looks("wrong", "failed"), 0)
        printed = harness.run("taps", "--once", "--url", daemon.url).stdout
        self.assertIn("seen of what envoy served: 100.0 %", printed)
        self.assertIn("seen of what server served: 50.0 %", printed)
        self.assertIn("seen of what wrong served: not known yet (", printed)
        # A server that begins anew counts from 0.
        upstream.requests.clear()
        harness.wait_for("the restart", lambda: looks("server", "restarted") >= 1, 30)
        self.assertIsNone(ratio("server"))


LONG = "word " * 4000


class Ends(EnvoyTest):

    def test_a_client_that_leaves_and_an_upstream_that_breaks_are_records(self):
        daemon = self.daemon()
        upstream = self.upstream([
            {"id": "left", "model": "m", "content": LONG, "stream": True, "pause": .01},
            {"id": "cut", "model": "m", "content": LONG, "stream": True, "cut": 20}])
        envoy = self.envoy(upstream, daemon.tap)
        with envoy_server.Client(envoy.port) as client:
            client.start(0, request_of(ROWS[0], True)).read(2000)
        with envoy_server.Client(envoy.port) as client:
            answer = client.start(1, request_of(ROWS[1], True))
            with self.assertRaises(http.client.HTTPException):
                answer.read()  # as without the tap
        # Envoy shows a cut only after its deferred_close_timeout.
        harness.wait_for("both", lambda: records(daemon) == 2, 20)

    def test_a_client_that_leaves_at_the_last_event_has_a_whole_response(self):
        daemon = self.daemon()
        upstream = self.upstream([
            {"id": "whole", "model": "m", "content": "<think>\na\n</think>\n4", "stream": True}])
        envoy = self.envoy(upstream, daemon.tap)
        with envoy_server.Client(envoy.port) as client:
            answer = client.start(0, request_of(ROWS[0], True))
            while b"[DONE]" not in answer.readline():
                pass
        # At once, not after the timeout.
        harness.wait_for("it", lambda: records(daemon) == 1, 3)


class Faults(EnvoyTest):
    """Each client must get each byte."""

    def ask_all(self, envoy, count, size):
        """Streams `count` long responses at once; returns their bodies."""
        def ask(_):
            with envoy_server.Client(envoy.port) as client:
                status, body = client.ask(0, request_of(ROWS[0], True))
                self.assertEqual(status, 200)
                self.assertIn(b"[DONE]", body)
                self.assertGreater(len(body), size)
                return body
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            return [pool.submit(ask, n) for n in range(count)]

    def test_a_tap_that_is_absent(self):
        upstream = self.upstream([{"id": "a", "model": "m", "content": LONG, "stream": True}])
        envoy = self.envoy(upstream, f"127.0.0.1:{harness.free_ports(1)[0]}")
        for asked in self.ask_all(envoy, 4, len(LONG)):
            asked.result()

    def test_a_tap_that_is_killed_and_comes_back(self):
        port = harness.free_ports(1)[0]
        daemon = self.daemon(tap=f"127.0.0.1:{port}")
        upstream = self.upstream([{"id": "a", "model": "m", "content": LONG[:4000],
                                   "stream": True, "pause": .005}])
        envoy = self.envoy(upstream, daemon.tap)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(self.ask_all, envoy, 8, 4000)
            harness.wait_for("streams", lambda: envoy.statistic(
                "cluster.reasonwatch.upstream_rq_active") == 8)
            daemon.kill()
            for one in asked.result():
                one.result()
        daemon = self.daemon(tap=f"127.0.0.1:{port}")

        def seen():
            with envoy_server.Client(envoy.port) as client:
                client.ask(0, request_of(ROWS[0], True))
            return records(daemon) > 0
        harness.wait_for("the tap that came back", seen)

    def test_a_tap_that_hangs(self):
        daemon = self.daemon()
        # More than Envoy's window of 16 MiB a stream: only its pings free the clients.
        big = [{"id": "a", "model": "m", "content": "word " * 4_800_000, "stream": True,
                "step": 30_000}]
        envoy = self.envoy(self.upstream(big), daemon.tap)
        os.kill(daemon.popen.pid, signal.SIGSTOP)
        try:
            for asked in self.ask_all(envoy, 3, 20_000_000):
                asked.result()
        finally:
            os.kill(daemon.popen.pid, signal.SIGCONT)
        harness.wait_for("the daemon", lambda: harness.http(daemon.url + "/metrics")[0] == 200)


class SetUp(EnvoyTest):
    """Mistakes of a configuration that somebody else wrote."""

    def try_with(self, edit, again=False):
        """Returns the daemon and its notices. `again`: on a busy machine Envoy passes the
        tap over, so ask until one is seen."""
        daemon = self.daemon()
        upstream = self.upstream([served(n) for n in range(6)])
        envoy = self.envoy(upstream, daemon.tap, edit=edit)
        self.ask_each(envoy)
        asked = time.monotonic()

        def noticed():
            nonlocal asked
            if again and time.monotonic() - asked > 10:
                self.ask_each(envoy)
                asked = time.monotonic()
            return daemon.events("tap_notice")
        return daemon, harness.wait_for("the notice", noticed, 60)

    def ask_each(self, envoy):
        with envoy_server.Client(envoy.port) as client:
            for number in range(6):
                answer = served(number)
                status, body = client.ask(
                    number, request_of(ROWS[number], answer.get("stream", False)))
                self.assertEqual(status, 200)
                self.assertGreater(len(body), 100)

    def test_an_envoy_that_waits_is_answered_and_named(self):
        daemon, notices = self.try_with(
            lambda text: text.replace("observability_mode: true", "observability_mode: false"))
        self.assertEqual(len(notices), 1)
        self.assertIn("observability_mode", notices[0]["notice"])
        harness.wait_for("the responses", lambda: records(daemon) == 6)
        key = 'reasonwatch_tap_errors_total{reason="misconfigured",source="ext_proc"}'
        self.assertGreaterEqual(daemon.metrics()[key], 12)

    def test_full_duplex_is_echoed(self):
        daemon, notices = self.try_with(
            lambda text: text.replace("observability_mode: true", "observability_mode: false")
            .replace("request_body_mode: STREAMED", "request_body_mode: FULL_DUPLEX_STREAMED")
            .replace("response_body_mode: STREAMED", "response_body_mode: FULL_DUPLEX_STREAMED")
            .replace("request_trailer_mode: SKIP", "request_trailer_mode: SEND"))
        self.assertEqual(len(notices), 1)
        harness.wait_for("the responses", lambda: records(daemon) == 6)

    def test_bodies_that_are_not_sent_are_noticed(self):
        _, notices = self.try_with(
            lambda text: text.replace("body_mode: STREAMED", "body_mode: NONE"), again=True)
        self.assertEqual(len(notices), 1)
        self.assertIn("STREAMED", notices[0]["notice"])


class Command(EnvoyTest):

    def test_it_stops_envoy_at_a_signal(self):
        upstream = self.upstream([])
        for wanted in (signal.SIGTERM, signal.SIGINT):
            envoy = self.envoy(upstream, "127.0.0.1:1")
            envoy.popen.send_signal(wanted)
            self.assertEqual(envoy.popen.wait(20), 0)
            self.assertEqual(harness.http(envoy.admin + "/ready")[0], 0)

    def test_its_statuses(self):
        def status(*arguments):
            return harness.run("envoy", *arguments, check=False).returncode
        port = harness.free_ports(1)[0]
        program = ("--envoy", envoy_server.PROGRAM)
        self.assertEqual(status(), 64)
        for url in ("127.0.0.1:8000", "ftp://x", "http://", "http://x:99999", "http://x/v1",
                    "http://[::1", "http://a b"):
            self.assertEqual(status("--upstream", url), 64, url)
        good = ("--upstream", "http://127.0.0.1:8000")
        self.assertEqual(status(*good, "--listen", "nonsense"), 64)
        self.assertEqual(status(*good, "--run", "--envoy", "/absent/envoy"), 2)
        self.assertEqual(status(*good, "--token-file", "/absent"), 3)
        self.assertEqual(status(*good, *program, "--out", "/absent/envoy.yaml"), 70)
        with harness.socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            taken.listen()
            self.assertEqual(
                status(*good, *program, "--listen", f"127.0.0.1:{port}", "--run"), 2)

    def test_envoy_accepts_each_form_of_it(self):
        secret = harness.pathlib.Path(self.folder) / "token"
        secret.write_text('a"b: {c}\n')
        secret.chmod(0o600)
        ca = "/etc/ssl/certs/ca-certificates.crt"
        for more in ((), ("--listen", ":0"), ("--listen", "[::1]:0"), ("--tap", "unix:/run/tap"),
                     ("--tap", "tap.example:9095"), ("--token-file", secret), ("--tap-ca", ca)):
            for url in ("http://127.0.0.1:8000", "http://[::1]:8000", "https://api.example",
                        "https://10.0.0.1:8443/", "http://model.example"):
                # It is checked by Envoy before it is written.
                done = harness.run("envoy", "--upstream", url, "--envoy", envoy_server.PROGRAM,
                                   *more)
                self.assertIn("observability_mode: true", done.stdout)
                self.assertEqual(done.stderr, "")

    def test_it_takes_address_and_token_from_the_daemons_configuration(self):
        folder = harness.pathlib.Path(self.folder)
        (folder / "token").write_text("secret")
        (folder / "token").chmod(0o600)
        (folder / "rw.yaml").write_text(json.dumps({"tap": {"grpc": {
            "listen": "0.0.0.0:7000", "token_file": str(folder / "token")}}}))
        text = harness.run("envoy", "--upstream", "http://127.0.0.1:8000", "--config",
                           folder / "rw.yaml", "--envoy", envoy_server.PROGRAM, "--out",
                           folder / "envoy.yaml").stdout
        self.assertEqual(text, "")
        written = folder / "envoy.yaml"
        self.assertIn("Bearer secret", written.read_text())
        self.assertIn('{address: "127.0.0.1", port_value: 7000}', written.read_text())
        self.assertEqual(written.stat().st_mode & 0o077, 0)


if __name__ == "__main__":
    envoy_server.skip_unless_installed()
    harness.main()
