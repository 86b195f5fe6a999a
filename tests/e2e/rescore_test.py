# SPDX-License-Identifier: Apache-2.0
"""Tests that an incident is confirmed or rejected by asking a model server again, that the
webhook gets the result, and that re-runs which come back through the tap do not count."""
import hashlib
import hmac
import http.server
import json
import pathlib
import threading
import unittest

import harness

SECRET = "s3cret"


# Values of the anchors for the judge, by the beginning of their text.
ANCHORS = {"A tin holds": (2, 2, 2), "Tom is 4": (2, 2, 2), "A train runs": (0, 0, 0),
           "Which is heavier": (2, 2, 0), "How many minutes": (2, 0, 0),
           "A shop sells": (2, 2, 2), "What is 15 %": (2, 1, 0), "Ben has 7": (2, 0, 0)}


def rubric(prompt):
    """Answers as a fair judge would: text that only asserts gets a low value."""
    asked = prompt.removeprefix("Question:\n")
    scores = (0, 1, 0) if "\nNo.\n" in prompt else (2, 2, 2)
    for begin, known in ANCHORS.items():
        if asked.startswith(begin):
            scores = known
    return json.dumps(dict(zip(("self_contained", "connected", "follows"), scores)))


def question(row):
    return row["prompt"] if "prompt" in row else row["messages"][-1]["content"]


class Server:
    """A model server that replays the baseline's answers, and a webhook."""

    def __init__(self, healthy):
        self.healthy = healthy
        self.waiting = 0
        self.asked, self.told = [], []
        self.answers = {question(row): row["content"]
                        for row in harness.read_rows(harness.SAMPLE / "baseline.jsonl")}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, text, kind="application/json"):
                data = text.encode()
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                if self.path == "/metrics":
                    return self.reply(200, f"vllm:num_requests_waiting {outer.waiting}\n"
                                           "vllm:num_requests_running 0\n"
                                           "vllm:kv_cache_usage_perc 0.1\n", "text/plain")
                return self.reply(404, "{}")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/hook":
                    outer.told.append((dict(self.headers), body))
                    return self.reply(200, "{}")
                if not self.path.endswith("/chat/completions"):
                    return self.reply(404, "{}")
                request = json.loads(body)
                if request["model"] != "judge":
                    outer.asked.append((dict(self.headers), request))
                return self.answer(request)

            def answer(self, request):
                prompt = request["messages"][-1]["content"]
                text = outer.answers.get(prompt, "")
                if request["model"] == "judge":
                    text = rubric(prompt)
                elif not outer.healthy:
                    text = "<think>\nNo.\n</think>\n\nThat makes \\boxed{-1}."
                usage = {"prompt_tokens": 20, "completion_tokens": 1 + len(text) // 4}
                base = {"id": "x", "created": 1, "model": request["model"]}
                if not request.get("stream"):
                    return self.reply(200, json.dumps(
                        base | {"object": "chat.completion", "usage": usage, "choices": [
                            {"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": text}}]}))
                base["object"] = "chat.completion.chunk"
                chunks = [
                    base | {"choices": [{"index": 0, "delta": {"content": text}}]},
                    base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
                    base | {"choices": [], "usage": usage}]
                return self.reply(200, "".join(f"data: {json.dumps(c)}\n\n" for c in chunks)
                                  + "data: [DONE]\n\n", "text/event-stream")

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def verdict_of(done):
    """Returns the verdict that `rescore --json` printed, without its questions."""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if "verdict" in line][-1]


def settings(folder, server, more=""):
    secret = pathlib.Path(folder) / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    return harness.config(folder, more=f"""\
baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}
false_alarms: {{mean_responses: 100000}}
reference: {{freeze: true}}
rescore: {{endpoint: "http://127.0.0.1:{server.port}", localise: false{more}}}
webhook: {{url: "http://127.0.0.1:{server.port}/hook", secret_file: {secret}}}
""")


class Rescore(unittest.TestCase):
    def open_incident(self, daemon, folder):
        """Feeds until an incident is open."""
        rows = harness.recent(harness.read_rows(harness.SAMPLE / "live.jsonl"))
        for begin in range(0, len(rows), 50):
            part = harness.write_rows(pathlib.Path(folder) / "part.jsonl",
                                      rows[begin:begin + 50])
            harness.feed(daemon.tap, part, "--recorded-times")
            harness.wait_for("the part", lambda end=begin + len(rows[begin:begin + 50]):
                             daemon.scored() >= end - 50)
            found = [i for i in daemon.api("/api/v1/incidents")["incidents"] if i["open"]]
            if found:
                return found[0]
        raise AssertionError("no incident")

    def verdict(self, daemon, seconds=120):
        def settled():
            found = daemon.api("/api/v1/incidents")["incidents"]
            return found[0] if found[0]["confirmation"] != "pending" else None
        return harness.wait_for("a verdict", settled, seconds, pause=.2)

    def test_a_loss_is_confirmed_and_told(self):
        with harness.temporary_folder() as folder, Server(healthy=False) as server:
            with harness.Daemon(folder, settings(folder, server)) as daemon:
                self.assertEqual(self.open_incident(daemon, folder)["confirmation"], "pending")
                incident = self.verdict(daemon)
                self.assertEqual(incident["confirmation"], "confirmed")
                self.assertEqual(incident["rescore"]["pass_rate"], 0)
                self.assertGreater(incident["rescore"]["baseline_pass_rate"], .7)
                headers, body = harness.wait_for("the webhook", lambda: server.told)[0]
                self.assertEqual(json.loads(body)["id"], incident["id"])
                signed = headers["x-reasonwatch-timestamp"].encode() + b"." + body
                self.assertEqual(
                    headers["x-reasonwatch-signature"],
                    "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest())
                metrics = daemon.metrics()
                self.assertEqual(
                    metrics['reasonwatch_rescore_verdicts_total{verdict="confirmed"}'], 1)
                self.assertEqual(metrics["reasonwatch_rescore_samples_total"],
                                 len([r for _, r in server.asked
                                      if "logprobs" not in r and r["max_tokens"] > 1]))
                sent = {k.lower(): v for k, v in server.asked[0][0].items()}
                self.assertEqual(sent["x-reasonwatch-origin"], "rescore")
                # An operator asks again: the server is healthy by now.
                asked, server.healthy = len(server.asked), True
                self.assertTrue(daemon.api("/api/v1/page")["asks_again"])
                status, _ = harness.post(
                    f"{daemon.url}/api/v1/incidents/{incident['id']}/ask_again", {"note": "mended"})
                self.assertEqual(status, 200)
                page = harness.wait_for("another verdict", lambda: (lambda i: i if i["rescore"][
                    "time"] != incident["rescore"]["time"] else None)(
                        daemon.api(f"/api/v1/incidents/{incident['id']}")), 120)
                self.assertNotEqual(page["confirmation"], "confirmed")
                self.assertGreater(len(server.asked), asked)
                self.assertIn(("asked_again", "mended"),
                              [(e["kind"], e["note"]) for e in page["timeline"]])
                # The same questions, seen by a tap, must not count as traffic.
                before = daemon.scored()
                row = harness.read_rows(harness.SAMPLE / "baseline.jsonl")[0]
                harness.feed(daemon.tap, harness.write_rows(
                    pathlib.Path(folder) / "own.jsonl", [dict(row, id="rw-0123-1")]))
                harness.wait_for("the re-run", lambda: any(
                    'outcome="not_live"' in k and v == 1 for k, v in daemon.metrics().items()))
                self.assertEqual(daemon.scored(), before)
                self.assertEqual(daemon.stop()[0], 0)

    def test_what_is_not_there_any_more_is_not_reproduced(self):
        with harness.temporary_folder() as folder, Server(healthy=True) as server:
            with harness.Daemon(folder, settings(folder, server)) as daemon:
                self.open_incident(daemon, folder)
                incident = self.verdict(daemon)
                self.assertEqual(incident["confirmation"], "not_reproduced")
                self.assertEqual(incident["severity"], "warning")
                self.assertEqual(server.told, [])

    def test_a_judge_rates_the_chains_beside_the_healthy_ones(self):
        with harness.temporary_folder() as folder, Server(healthy=False) as server:
            judge = (f', judge: {{endpoint: "http://127.0.0.1:{server.port}",'
                     " model: judge, tokens_per_hour: 1000000}")
            with harness.Daemon(folder, settings(folder, server, judge)) as daemon:
                opened = self.open_incident(daemon, folder)
                self.verdict(daemon)

                def rated():
                    whole = daemon.api("/api/v1/incidents/" + opened["id"])
                    return whole["rescore"].get("judge")
                judged = harness.wait_for("the judge", rated, 60)
                self.assertGreater(judged["rated"], 0)
                self.assertEqual(judged["low"], judged["rated"])
                self.assertGreater(judged["healthy_rated"], 30)
                self.assertEqual(judged["healthy_low"], 0)
                metrics = daemon.metrics()
                self.assertEqual(metrics["reasonwatch_judge_anchor_error"], 0)
                self.assertGreater(
                    metrics['reasonwatch_judge_chains_total{outcome="rated"}'], 30)

    def test_by_hand(self):
        with harness.temporary_folder() as folder, Server(healthy=True) as server:
            path = pathlib.Path(folder) / "c.yaml"
            path.write_text(settings(folder, server))
            done = harness.run("rescore", "--config", path, "--json", "sample-053", check=False)
            # Three trials of a problem are too few to judge it alone.
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(verdict_of(done)["reason"], "few_trials")
            # The same problem again, now known from the database only.
            harness.run("baseline", "import", harness.SAMPLE / "baseline.jsonl",
                        "--config", path)
            path.write_text(path.read_text().replace(
                f"baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}\n", ""))
            asked = len(server.asked)
            done = harness.run("rescore", "--config", path, "--json", "sample-053", check=False)
            self.assertEqual(verdict_of(done)["reason"], "few_trials", done.stderr)
            self.assertGreaterEqual(len(server.asked), asked)
            done = harness.run("rescore", "--config", path, "nonsense", check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn("nonsense", done.stderr)
            done = harness.run("rescore", "--config", path, "--like", "warm", "sample-053",
                               check=False)
            self.assertEqual(done.returncode, 64)
            self.assertIn("--like goes with --incident", done.stderr)

    def test_each_question_is_shown_as_it_was_asked(self):
        with harness.temporary_folder() as folder, Server(healthy=False) as server:
            path = pathlib.Path(folder) / "c.yaml"
            rows = harness.read_rows(harness.SAMPLE / "baseline.jsonl")
            one = [r for r in rows if r.get("problem", {}).get("id") == "sample-053"]
            many = harness.write_rows(pathlib.Path(folder) / "b.jsonl", [
                dict(row, id=f"{row['id']}-{n}") for row in rows for n in range(4)])
            self.assertTrue(one)
            path.write_text(settings(folder, server).replace(
                f"{harness.SAMPLE}/baseline.jsonl", str(many)))
            done = harness.run("rescore", "--config", path, "sample-053", check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            first, last_line = done.stdout.splitlines()[:2]
            for word in ("alone", "sample-053", "seed", "wrong", "Bayes factor", "30 confirms"):
                self.assertIn(word, first)
            self.assertEqual(last_line.strip(), "That makes \\boxed{-1}.")
            self.assertRegex(done.stdout, r"way +asked +right +wrong +tokens\nalone +\d+ +0 +\d+")
            quiet = harness.run("rescore", "--config", path, "--no-progress", "sample-053",
                                check=False)
            self.assertEqual(len(quiet.stdout.splitlines()), 1, quiet.stdout)
            # The same as JSON.
            done = harness.run("rescore", "--config", path, "--json", "sample-053", check=False)
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            asked = [line["question"] for line in lines if "question" in line]
            self.assertEqual([q["number"] for q in asked], list(range(1, len(asked) + 1)))
            self.assertEqual({q["result"] for q in asked}, {"wrong"})
            self.assertEqual(asked[0]["last_line"], "That makes \\boxed{-1}.")
            self.assertGreater(asked[-1]["bayes_factor"], asked[0]["bayes_factor"])
            self.assertEqual(lines[-1]["summary"][0]["asked"], len(asked))
            self.assertEqual(verdict_of(done)["samples"], len(asked))


if __name__ == "__main__":
    harness.main()
