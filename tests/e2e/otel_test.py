# SPDX-License-Identifier: Apache-2.0
"""Sends judgements to a collector: a real HTTP receiver that refuses first, then checks each event
against the conventions and joins it to its response."""
import http.server
import json
import pathlib
import re
import threading
import unittest

import harness

MODEL = "heron-think-8b"
TOKEN = "a-token-of-the-collector"


class Collector(http.server.ThreadingHTTPServer):
    """Refuses the first requests, as a collector that starts late does."""

    def __init__(self, refusals):
        self.refusals = refusals
        self.requests = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = 200
                if collector.refusals > 0:
                    collector.refusals -= 1
                    status = 503
                else:
                    collector.requests.append((self.path, dict(self.headers), body))
                self.send_response(status)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()

    def events(self):
        """Returns (record, attributes) of each event, in the order of their arrival."""
        found = []
        for _, _, body in list(self.requests):
            for resource in json.loads(body)["resourceLogs"]:
                for scope in resource["scopeLogs"]:
                    for record in scope["logRecords"]:
                        found.append((record, {
                            a["key"]: next(iter(a["value"].values()))
                            for a in record["attributes"]}))
        return found


class Otel(unittest.TestCase):

    def test_graded_responses_and_incidents_reach_the_collector(self):
        with harness.temporary_folder() as name, Collector(refusals=2) as collector:
            folder = pathlib.Path(name)
            (folder / "token").write_text(TOKEN)
            (folder / "token").chmod(0o600)
            rows = harness.recent(harness.read_rows(harness.SAMPLE / "live.jsonl"))[:850]
            for number, row in enumerate(rows):
                row["trace_id"] = f"{number + 1:032x}"
            path = harness.write_rows(folder / "live.jsonl", rows)
            with harness.Daemon(folder, harness.config(folder, more=f"""\
baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}
otel: {{endpoint: "http://127.0.0.1:{collector.server_address[1]}/", token_file: {folder}/token}}
""")) as daemon:
                harness.feed(daemon.tap, path, "--recorded-times")
                incident = harness.wait_for("an incident", lambda: daemon.api(
                    "/api/v1/incidents")["incidents"], 60)[0]
                graded = daemon.metrics()
                opened = harness.wait_for("its event", lambda: [
                    (r, a) for r, a in collector.events()
                    if a.get("reasonwatch.incident.id") == incident["id"]], 60)
                correct = int(graded[
                    f'reasonwatch_grades_total{{grade="correct",model="{MODEL}"}}'])
                self.assertGreater(correct, 50)
                harness.wait_for("all graded responses", lambda: len([
                    a for _, a in collector.events()
                    if a["gen_ai.evaluation.score.label"] == "correct"]) >= correct, 30)
                sent = daemon.metrics()
                self.assertNotIn(TOKEN, daemon.text())
            self.check_form(collector)
            self.check_graded(collector, rows)
            attributes = opened[0][1]
            self.assertIn(attributes["gen_ai.evaluation.name"],
                          [s["signal"] for s in incident["signals"]])
            self.assertEqual(attributes["gen_ai.evaluation.score.label"], "opened")
            self.assertIn("responses of " + MODEL, attributes["gen_ai.evaluation.explanation"])
            self.assertIn(attributes["gen_ai.response.id"], [row["id"] for row in rows])
            outcome = 'reasonwatch_evaluation_events_total{{outcome="{}"}}'.format
            self.assertGreaterEqual(sent[outcome("sent")], correct)
            self.assertEqual((sent[outcome("dropped")], sent[outcome("failed")]), (0, 0))
            # No word of a prompt or an answer.
            everything = b"".join(body for _, _, body in collector.requests).decode()
            for row in rows[::50]:
                for part in ("prompt", "content", "reasoning"):
                    if len(row.get(part) or "") > 20:
                        self.assertNotIn(row[part][:20], everything)

    def check_form(self, collector):
        for path, headers, _ in collector.requests:
            self.assertEqual(path, "/v1/logs")
            sent = {key.lower(): value for key, value in headers.items()}
            self.assertEqual(sent["content-type"], "application/json")
            self.assertEqual(sent["authorization"], f"Bearer {TOKEN}")
        for record, attributes in collector.events():
            self.assertEqual(record["eventName"], "gen_ai.evaluation.result")
            self.assertRegex(record["timeUnixNano"], r"^\d{19}$")
            self.assertTrue(attributes["gen_ai.evaluation.name"])
            self.assertIsInstance(attributes["gen_ai.evaluation.score.value"], (int, float))
            self.assertEqual(attributes["gen_ai.request.model"], MODEL)

    def check_graded(self, collector, rows):
        """Each graded response once, with the trace of its response."""
        traces = {row["id"]: row["trace_id"] for row in rows}
        seen = set()
        for record, attributes in collector.events():
            if attributes["gen_ai.evaluation.name"] != "correctness":
                continue
            response = attributes["gen_ai.response.id"]
            self.assertNotIn(response, seen)
            seen.add(response)
            self.assertEqual(record["traceId"], traces[response])
            self.assertTrue(re.fullmatch("correct|incorrect",
                                         attributes["gen_ai.evaluation.score.label"]))
            self.assertEqual(
                attributes["gen_ai.evaluation.score.value"],
                1 if attributes["gen_ai.evaluation.score.label"] == "correct" else 0)

    def test_a_collector_that_is_away_holds_nothing_up(self):
        with harness.temporary_folder() as name:
            folder = pathlib.Path(name)
            rows = harness.recent(harness.read_rows(harness.SAMPLE / "live.jsonl"))[:200]
            path = harness.write_rows(folder / "live.jsonl", rows)
            with harness.Daemon(folder, harness.config(folder, more=f"""\
baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}
otel: {{endpoint: "http://127.0.0.1:1"}}
""")) as daemon:
                harness.feed(daemon.tap, path, "--recorded-times")
                harness.wait_for("the rows", lambda: daemon.scored() >= 190, 60)
                failed = 'reasonwatch_evaluation_events_total{outcome="failed"}'
                harness.wait_for("the loss", lambda: daemon.metrics()[failed] > 0, 60)
                self.assertIn("evaluations_lost", daemon.text())


if __name__ == "__main__":
    harness.main()
