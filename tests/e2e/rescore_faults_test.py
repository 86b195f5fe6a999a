# SPDX-License-Identifier: Apache-2.0
"""Tests each way in which a model server can fail, through the whole daemon: it must end in a
counted error of its own name and `undecided`, and never in a confirmation."""
import concurrent.futures
import contextlib
import json
import pathlib
import shutil
import ssl
import subprocess
import time
import unittest

import harness
import rescore_test

# By fault of the server, the name under which it is counted.
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
# By host, the certificate of the server and the one that the client trusts.
HERE, ELSEWHERE = "IP:127.0.0.1", "DNS:elsewhere.test"
CERTIFICATES = {"unknown CA": (HERE, None), "wrong host name": (ELSEWHERE, ELSEWHERE)}
ASKED = "sample-053"
TIMEOUT = 2  # seconds of a question


class Server(rescore_test.Server):
    """Fails as `fault` names it. Without the fault its answers would confirm the incident."""

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


def baseline(folder, streamed, trials=1):
    """Writes a baseline. `trials`: copies of each trial of the problem that is asked by hand, so
    that there are enough to judge it alone."""
    rows = []
    for row in harness.read_rows(harness.SAMPLE / "baseline.jsonl"):
        known = row.get("problem", {}).get("id") == ASKED
        rows += [row | {"streamed": streamed, "id": f"{row['id']}-{i}"}
                 for i in range(trials if known else 1)]
    return harness.write_rows(pathlib.Path(folder) / "baseline.jsonl", rows)


def settings(folder, server, streamed, scheme="http", trials=1, metrics=None, ca=None):
    trusted = f", ca_file: {ca}" if ca else ""
    metrics = metrics or f"{scheme}://127.0.0.1:{server.port}/metrics"
    return harness.config(folder, more=f"""\
baseline: {{path: {baseline(folder, streamed, trials)}}}
false_alarms: {{mean_responses: 100000}}
reference: {{freeze: true}}
rescore: {{endpoint: "{scheme}://127.0.0.1:{server.port}", metrics_url: "{metrics}",
  timeout: {TIMEOUT}s, localise: false{trusted}}}
""")


def certificate(folder, host):
    """Makes a self-signed certificate, which is its own authority. Returns (certificate, key)."""
    name = "here" if host == HERE else "elsewhere"
    key, cert = f"{folder}/{name}.key", f"{folder}/{name}.pem"
    if not pathlib.Path(cert).exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=model", "-addext", f"subjectAltName={host}",
                        "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def speak_tls(server, cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    # The handshake runs in the thread of its connection, so that one that the client
    # breaks off does not delay the next.
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True,
                                             do_handshake_on_connect=False)


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
                        # The pauses of the client grow to a minute.
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
                # Checks that faults make the incident wait, and leave nothing behind.
                server.fault = None
                return daemon.stop()[0]

    def test_statuses_and_errors(self):
        self.assertEqual(self.check(["status 500", "status 429", "status 404", "error in 200"],
                                    False), 0)

    def test_bodies(self):
        self.assertEqual(self.check(["wrong model", "half a body", "a page", "slow"], False), 0)

    def test_streams(self):
        self.assertEqual(self.check(["half a stream", "endless stream"], True), 0)

    def by_hand(self, folder, server, streamed=False, **how):
        """Returns the verdict on one problem; the server reports no load, so it is asked
        at once."""
        path = pathlib.Path(folder) / "c.yaml"
        path.write_text(settings(folder, server, streamed, trials=4, **how))
        done = harness.run("rescore", "--config", path, "--json", "--no-progress", ASKED,
                           check=False)
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr

    def test_each_ends_undecided_and_says_why(self):
        def ask(fault):
            with harness.temporary_folder() as folder, Server(fault) as server:
                return self.by_hand(folder, server, fault in STREAMED,
                                    metrics=f"http://127.0.0.1:{server.port}/none")
        with concurrent.futures.ThreadPoolExecutor(len(FAULTS)) as pool:
            ended = dict(zip(FAULTS, pool.map(ask, FAULTS)))
        for fault, (status, verdict, errors) in ended.items():
            with self.subTest(fault):
                self.assertEqual(status, 2, errors)
                self.assertEqual((verdict.get("verdict"), verdict.get("reason")),
                                 ("undecided", FAULTS[fault]), errors)

    def test_a_load_that_cannot_be_read_does_not_wait_for_ever(self):
        with harness.temporary_folder() as folder, Server(None) as server:
            path = pathlib.Path(folder) / "c.yaml"
            nobody = f"http://127.0.0.1:{harness.free_ports(1)[0]}/metrics"
            path.write_text(settings(folder, server, False, trials=4, metrics=nobody))
            done = harness.run("rescore", "--config", path, "--wait", "3s", ASKED, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("waits: refused", done.stderr)
            self.assertIn("nothing was answered for 3s: refused", done.stderr)
            self.assertEqual(server.asked, [])

    def test_certificates(self):
        if not shutil.which("openssl"):
            self.skipTest("openssl is not installed")
        with contextlib.ExitStack() as held:
            shared = held.enter_context(harness.temporary_folder())
            plain = held.enter_context(Server(None))

            def ask(shown, trusted, healthy=False):
                with harness.temporary_folder() as folder, Server(None) as server:
                    server.healthy = healthy
                    speak_tls(server, *certificate(shared, shown))
                    ended = self.by_hand(folder, server, scheme="https",
                                         metrics=f"http://127.0.0.1:{plain.port}/none",
                                         ca=trusted and certificate(shared, trusted)[0])
                    return ended, len(server.asked)
            for name, (shown, trusted) in CERTIFICATES.items():
                with self.subTest(name):
                    (status, verdict, errors), asked = ask(shown, trusted)
                    self.assertEqual(status, 2, errors)
                    self.assertEqual((verdict["verdict"], verdict["reason"]), ("undecided", "tls"))
                    self.assertEqual(asked, 0)
            # The authority that signed the certificate, and the host that it names.
            (status, verdict, errors), asked = ask(HERE, HERE, healthy=True)
            self.assertEqual(status, 0, errors)
            self.assertEqual(verdict["verdict"], "not_reproduced")
            self.assertGreater(asked, 0)

    def test_a_certificate_that_nobody_trusts_shuts_the_gate(self):
        if not shutil.which("openssl"):
            self.skipTest("openssl is not installed")
        with harness.temporary_folder() as folder, Server(None) as server:
            speak_tls(server, *certificate(folder, HERE))
            config = settings(folder, server, False, "https")
            with harness.Daemon(folder, config) as daemon:
                self.feed_until_open(daemon, folder)
                harness.wait_for("tls", lambda: self.errors(daemon).get("tls", 0) > 0, 30)
                # Checks that no question is sent while the server's load cannot be read.
                self.assertEqual(daemon.metrics()["reasonwatch_rescore_gate_open"], 0)
                self.assertEqual(server.asked, [])
                self.assertEqual(daemon.stop()[0], 0)


if __name__ == "__main__":
    harness.main()
