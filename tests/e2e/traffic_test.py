# SPDX-License-Identifier: Apache-2.0
"""Brings responses in over HTTP and by `feed`, in every form, and looks at them by `taps`."""
import gzip
import json
import shutil
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import harness

TOKEN = "t0ken"


def exchange(number):
    """A request and its response as an LLM server has them."""
    return {"request": {"model": "m", "messages": [{"role": "user", "content": f"{number}+1?"}],
                        "chat_template_kwargs": {"enable_thinking": True}},
            "response": {"id": f"chat-{number}", "model": "m", "choices": [{"message": {
                "content": f"It is {number + 1}.", "reasoning": "I add one."},
                "finish_reason": "stop"}]}}


def row(number):
    return {"id": f"row-{number}", "model": "m", "prompt": "Add.", "reasoning": "I add.",
            "content": f"It is {number}."}


def lines(rows):
    return "".join(json.dumps(r) + "\n" for r in rows)


class Traffic(unittest.TestCase):

    def setUp(self):
        folder = harness.temporary_folder()
        self.addCleanup(folder.cleanup)
        self.folder = harness.pathlib.Path(folder.name)
        (self.folder / "token").write_text(TOKEN)
        (self.folder / "token").chmod(0o600)

    def start(self, tap="", http=""):
        config = f"""\
tap: {{grpc: {{listen: "127.0.0.1:0"{tap}}}}}
http: {{listen: "127.0.0.1:0"{http}}}
storage: {{path: {self.folder}/data, checkpoint_interval: 1s}}
"""
        daemon = harness.Daemon(self.folder, config)
        self.addCleanup(daemon.__exit__)
        return daemon

    def post(self, daemon, path, body, **headers):
        request = urllib.request.Request(daemon.url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def test_every_form_of_a_body_comes_in(self):
        daemon = self.start()
        ndjson = lines([row(1), exchange(2), {"id": "bad"}, {**row(3), "contnet": "x"}]).encode()
        status, answer = self.post(daemon, "/api/v1/responses", ndjson)
        self.assertEqual((status, answer["accepted"], answer["errors_total"]), (202, 3, 1))
        self.assertEqual(answer["errors"][0]["line"], 3)
        self.assertEqual(answer["unknown_keys"], {"contnet": 1})
        status, answer = self.post(
            daemon, "/api/v1/responses?wait=true",
            gzip.compress(json.dumps([exchange(n) for n in range(10, 60)]).encode()),
            **{"Content-Encoding": "gzip"})
        self.assertEqual((status, answer["accepted"]), (202, 50))
        record = {"id": "l1", "model": "openai/m", "model_group": "m", "status": "success",
                  "messages": [{"role": "user", "content": "2?"}],
                  "response": {"choices": [{"message": {"content": "2", "reasoning_content": "R"},
                                            "finish_reason": "stop"}]}}
        status, answer = self.post(daemon, "/api/v1/litellm", json.dumps([record]).encode())
        self.assertEqual((status, answer["accepted"]), (202, 1))
        self.assertEqual(self.post(daemon, "/api/v1/responses", b"nothing")[0], 400)
        harness.wait_for("54 responses", lambda: daemon.scored() == 54)
        shown = harness.run("taps", "--once", "--url", daemon.url).stdout
        self.assertRegex(shown, r"http +56 +54 +0\.0 +invalid 2 +unknown_key 1, unreadable_record 2")
        self.assertRegex(shown, r"m +54 +100\.0 %")

    def test_the_token_guards_every_way(self):
        token = f', token_file: "{self.folder}/token"'
        daemon = self.start(tap=token, http=token)
        body = json.dumps(row(1)).encode()
        self.assertEqual(self.post(daemon, "/api/v1/responses", body)[0], 401)
        status, _ = self.post(daemon, "/api/v1/responses", body,
                              **{"Authorization": f"Bearer {TOKEN}"})
        self.assertEqual(status, 202)
        path = harness.write_rows(self.folder / "live.jsonl", [row(n) for n in range(5)])
        self.assertEqual(harness.feed(daemon.tap, path, check=False).returncode, 2)
        fed = harness.feed(daemon.tap, path, "--token-file", self.folder / "token").stdout
        self.assertEqual(fed, "sent 5, accepted 5, dropped 0, bad lines 0\n")
        shown = harness.run("taps", "--once", "--url", daemon.url, "--token-file",
                            self.folder / "token").stdout
        self.assertIn("unauthenticated", shown)

    def test_feed_speaks_tls(self):
        if shutil.which("openssl") is None:
            self.skipTest("no openssl")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        daemon = self.start(tap=f', tls: {{cert: "{self.folder}/cert.pem", '
                                f'key: "{self.folder}/key.pem"}}')
        path = harness.write_rows(self.folder / "live.jsonl", [row(n) for n in range(5)])
        fed = harness.feed(daemon.tap, path, "--tls-ca", self.folder / "cert.pem").stdout
        self.assertEqual(fed, "sent 5, accepted 5, dropped 0, bad lines 0\n")

    def test_feed_reads_standard_input_as_it_comes_and_counts_on_an_interrupt(self):
        daemon = self.start()
        command = [harness.BINARY, "feed", "--endpoint", daemon.tap, "--in", "-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as feed:
            feed.stdin.write(lines([row(1), row(2)]))
            feed.stdin.flush()
            harness.wait_for("two rows", lambda: daemon.scored() == 2)
            feed.stdin.write(lines([row(3)]) + '{"id": "half')
            feed.stdin.flush()
            harness.wait_for("the third", lambda: daemon.scored() == 3)
            feed.send_signal(signal.SIGINT)
            out, _ = feed.communicate(timeout=30)
        self.assertEqual(feed.returncode, 0)
        self.assertEqual(out, "interrupted: sent 3, accepted 3, dropped 0, bad lines 0\n")

    def test_feed_loses_nothing_while_the_daemon_is_busy_or_away(self):
        rows = [row(n) for n in range(3000)]
        path = harness.write_rows(self.folder / "live.jsonl", rows)
        port, http = harness.free_ports(2)
        config = f"""\
tap: {{grpc: {{listen: "127.0.0.1:{port}"}}}}
http: {{listen: "127.0.0.1:{http}"}}
queue: {{records: 2}}
storage: {{path: {self.folder}/data, checkpoint_interval: 1s}}
"""
        with harness.Daemon(self.folder, config) as daemon:
            feed = subprocess.Popen(
                [harness.BINARY, "feed", "--endpoint", f"127.0.0.1:{port}", "--in", path,
                 "--no-progress"], stdout=subprocess.PIPE, text=True)
            harness.wait_for("some rows", lambda: daemon.scored() > 200)
            self.assertEqual(daemon.stop()[0], 0)
        time.sleep(.5)
        with harness.Daemon(self.folder, config) as daemon:
            out, _ = feed.communicate(timeout=120)
            self.assertEqual(out, "sent 3000, accepted 3000, dropped 0, bad lines 0\n")
            harness.wait_for("all rows", lambda: sum(
                s["responses"] for s in daemon.api("/api/v1/streams")["streams"]) == 3000)
            lost = sum(v for k, v in daemon.metrics().items()
                       if k.startswith("reasonwatch_tap_dropped_total"))
            self.assertEqual(lost, 0)


if __name__ == "__main__":
    harness.main()
