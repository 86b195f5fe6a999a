"""Each way in which a model server can fail ends, through the whole daemon, in a
counted error of its own name, and never in a confirmation."""
import json
import pathlib
import shutil
import ssl
import subprocess
import time
import unittest

import harness
import rescore_test

# What the server does -> the name that is counted.
FAULTS = {
    "status 429": "http_429",
    "status 500": "http_5xx",
    "status 404": "http_4xx",
    "error in 200": "error_in_200",
    "half a stream": "truncated_stream",
    "endless stream": "endless_stream",
    "half a body": "truncated_body",
    "wrong model": "wrong_model",
    "slow": "timeout",
    "a page": "bad_body",
}
STREAMED = ("half a stream", "endless stream")
TIMEOUT = 2  # seconds of a question


class Server(rescore_test.Server):
    """Fails as `fault` says. Its answers would otherwise confirm."""

    def __init__(self, fault):
        super().__init__(healthy=False)
        self.fault = fault
        usual = self.http.RequestHandlerClass

        class Handler(usual):
            def answer(handler, request):
                self.fail(handler, request, super().answer)

        self.http.RequestHandlerClass = Handler
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.http.handle_error = lambda *_: None

    def fail(self, handler, request, usual):
        fault = self.fault
        if fault is None:
            return usual(request)
        if fault.startswith("status"):
            return handler.reply(int(fault.split()[1]), '{"error": {"message": "no"}}')
        if fault == "error in 200":
            return handler.reply(200, '{"error": {"message": "no", "type": "server_error"}}')
        if fault == "a page":
            return handler.reply(200, "<html>gateway</html>", "text/html")
        if fault == "wrong model":
            return usual(request | {"model": "another-model"})
        if fault == "slow":
            time.sleep(TIMEOUT + 2)
            return usual(request)
        handler.close_connection = True
        if fault == "half a body":
            handler.send_response(200)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", "500")
            handler.end_headers()
            return handler.wfile.write(b'{"id": "x", "choices": [')
        chunk = json.dumps({"id": "x", "model": request["model"],
                            "object": "chat.completion.chunk",
                            "choices": [{"index": 0, "delta": {"content": "on and "}}]})
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("connection", "close")
        handler.end_headers()
        until = time.monotonic() + TIMEOUT + 3
        while True:
            handler.wfile.write(f"data: {chunk}\n\n".encode())
            handler.wfile.flush()
            if fault == "half a stream" or time.monotonic() > until:
                return None
            time.sleep(.01)


def baseline(folder, streamed):
    rows = harness.read_rows(harness.SAMPLE / "baseline.jsonl")
    return harness.write_rows(pathlib.Path(folder) / "baseline.jsonl",
                              [row | {"streamed": streamed} for row in rows])


def settings(folder, server, streamed, scheme="http"):
    return harness.config(folder, more=f"""\
baseline: {{path: {baseline(folder, streamed)}}}
false_alarms: {{mean_responses: 100000}}
reference: {{freeze: true}}
rescore:
  endpoint: "{scheme}://127.0.0.1:{server.port}"
  metrics_url: "{scheme}://127.0.0.1:{server.port}/metrics"
  timeout: {TIMEOUT}s
  localise: false
""")


class RescoreFaults(unittest.TestCase):
    feed_until_open = rescore_test.Rescore.open_incident

    def errors(self, daemon):
        return {key.split('"')[1]: value for key, value in daemon.metrics().items()
                if key.startswith("reasonwatch_rescore_errors_total")}

    def check(self, faults, streamed):
        with harness.temporary_folder() as folder, Server(faults[0]) as server:
            with harness.Daemon(folder, settings(folder, server, streamed)) as daemon:
                self.assertEqual(self.feed_until_open(daemon, folder)["confirmation"], "pending")
                for fault in faults:
                    server.fault = fault
                    with self.subTest(fault):
                        # The client's pauses grow to a minute.
                        harness.wait_for(FAULTS[fault], lambda name=FAULTS[fault]:
                                         self.errors(daemon).get(name, 0) > 0, 90, pause=.2)
                incident = daemon.api("/api/v1/incidents")["incidents"][0]
                self.assertIn(incident["confirmation"], ("pending", "unavailable"))
                metrics = daemon.metrics()
                self.assertEqual(metrics.get("reasonwatch_rescore_samples_total", 0), 0)
                self.assertEqual(metrics.get(
                    'reasonwatch_rescore_verdicts_total{verdict="confirmed"}', 0), 0)
                self.assertLessEqual(set(self.errors(daemon)),
                                     {FAULTS[f] for f in faults} | {"probe", "regime"})
                # Faults make the incident wait, and leave nothing behind.
                server.fault = None
                return daemon.stop()[0]

    def test_statuses_and_errors(self):
        self.assertEqual(self.check(["status 500", "status 429", "status 404", "error in 200"],
                                    False), 0)

    def test_bodies(self):
        self.assertEqual(self.check(["wrong model", "half a body", "a page", "slow"], False), 0)

    def test_streams(self):
        self.assertEqual(self.check(["half a stream", "endless stream"], True), 0)

    def test_a_certificate_that_nobody_trusts(self):
        if not shutil.which("openssl"):
            self.skipTest("openssl is not installed")
        with harness.temporary_folder() as folder, Server(None) as server:
            key, cert = f"{folder}/key.pem", f"{folder}/cert.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                            "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", cert],
                           check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
            config = settings(folder, server, False, "https")
            with harness.Daemon(folder, config) as daemon:
                self.feed_until_open(daemon, folder)
                harness.wait_for("tls", lambda: self.errors(daemon).get("tls", 0) > 0, 30)
                # Nobody is asked while the server's load can't be read.
                self.assertEqual(daemon.metrics()["reasonwatch_rescore_gate_open"], 0)
                self.assertEqual(server.asked, [])
                self.assertEqual(daemon.stop()[0], 0)

    def test_by_hand_it_is_undecided(self):
        with harness.temporary_folder() as folder, Server("status 500") as server:
            path = pathlib.Path(folder) / "c.yaml"
            path.write_text(settings(folder, server, False))
            done = harness.run("rescore", "--config", path, "--json", "sample-053", check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            verdict = json.loads(done.stdout)
            self.assertEqual(verdict["verdict"], "undecided")


if __name__ == "__main__":
    harness.main()
