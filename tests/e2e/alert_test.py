# SPDX-License-Identifier: Apache-2.0
"""Follows an alert through tap, incident, metric, Prometheus, Alertmanager and webhook, and back
when the model has recovered. Prints the time that each hop takes."""
import contextlib
import datetime
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

import harness

RULES = harness.ROOT / "dashboards" / "prometheus" / "rules.yml"
MODEL = "heron-think-8b"
UNTIL_RECOVERY = 850

# Queries of the dashboards that rightly return nothing here.
NO_DATA = {
    r"^reasonwatch_incident_open.*== 1$": "asked after the incident has closed",
    "^ALERTS": "asked after the alert has resolved",
    "^reasonwatch_incident_info": "asked after the incident has closed",
    r"reasonwatch_tap_dropped_total(?!.*vector)": "nothing is dropped",
    "reasonwatch_selftest_(success|hop)": "no self-test has run",
    "reasonwatch_webhook_deliveries_total": "the daemon has no webhook of its own",
    "reasonwatch_incident_actions_total": "nobody has pressed a button",
    "reasonwatch_evidence_incidents_total": "no texts are kept",
    "reasonwatch_tap_coverage_ratio": "no target is configured",
    "reasonwatch_tap_errors_total": "every record is readable",
    "reasonwatch_rescore_(verdicts|errors)_total": "there is no server to ask again",
}


class Webhook(http.server.ThreadingHTTPServer):
    """Keeps each message of Alertmanager, with the time of its arrival."""

    def __init__(self):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.received.append((time.time(), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass
        self.received = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def alerts(self, status):
        return [(when, alert) for when, body in list(self.received)
                for alert in body["alerts"] if alert["status"] == status]


def quick_rules(folder):
    """Writes the shipped rules without their waiting times."""
    text = re.sub(r"(?m)^( *)(for|keep_firing_for|interval): .*", r"\1\2: 1s", RULES.read_text())
    path = folder / "rules.yml"
    path.write_text(text)
    return path


class Stack(contextlib.ExitStack):
    """Prometheus and Alertmanager beside a daemon."""

    def __init__(self, folder, daemon):
        super().__init__()
        self.folder, self.daemon = folder, daemon

    def __enter__(self):
        super().__enter__()
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def start(self):
        folder = self.folder
        prometheus, alertmanager = harness.free_ports(2)
        self.prometheus = f"http://127.0.0.1:{prometheus}"
        self.alertmanager = f"http://127.0.0.1:{alertmanager}"
        self.webhook = self.enter_context(Webhook())
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(quick_rules(folder))],
            "alerting": {"alertmanagers": [
                {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
            "scrape_configs": [{"job_name": "reasonwatch", "static_configs": [
                {"targets": [self.daemon.url.removeprefix("http://")]}]}]}))
        (folder / "alertmanager.yml").write_text(json.dumps({
            "route": {"receiver": "test", "group_by": ["alertname", "model", "route"],
                      "group_wait": "1s", "group_interval": "1s"},
            "receivers": [{"name": "test", "webhook_configs": [
                {"url": f"http://127.0.0.1:{self.webhook.port}/", "send_resolved": True}]}]}))
        self.alertmanager_process = self.enter_context(harness.Process(
            ["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml",
             f"--storage.path={folder}/alertmanager", "--cluster.listen-address=",
             f"--web.listen-address=127.0.0.1:{alertmanager}"], folder / "alertmanager.log"))
        self.prometheus_process = self.enter_context(harness.Process(
            ["prometheus", f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/prometheus", "--rules.alert.resend-delay=2s",
             f"--web.listen-address=127.0.0.1:{prometheus}"], folder / "prometheus.log"))
        for url in (self.prometheus, self.alertmanager):
            harness.wait_for(url, lambda url=url: harness.http(url + "/-/ready")[0] == 200, 60)
        harness.wait_for("a scrape", lambda: self.query("up == 1"), 30)

    def query(self, expr):
        status, text = harness.http(
            f"{self.prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": expr}))
        if status != 200:
            raise AssertionError(f"{expr}: {status} {text}")
        return json.loads(text)["data"]["result"]

    def firing(self, state):
        alerts = json.loads(harness.http(self.prometheus + "/api/v1/alerts")[1])
        return [a for a in alerts["data"]["alerts"]
                if "incident" in a["labels"] and a["state"] in state]

    def amtool(self):
        out = subprocess.run(["amtool", f"--alertmanager.url={self.alertmanager}", "alert",
                              "query", 'incident=~".+"', "-o", "json"],
                             capture_output=True, text=True, check=True).stdout
        return json.loads(out)


def open_incidents(daemon):
    return [k for k, v in daemon.metrics().items()
            if k.startswith("reasonwatch_incident_open{") and v == 1]


def log_time(daemon, event):
    line = daemon.events(event)[0]
    return datetime.datetime.strptime(line["ts"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


class Alert(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.cleanup = contextlib.ExitStack()
        cls.addClassCleanup(cls.cleanup.close)
        cls.folder = pathlib.Path(cls.cleanup.enter_context(harness.temporary_folder()))
        rows = harness.read_rows(harness.SAMPLE / "live.jsonl")
        cls.until = harness.write_rows(cls.folder / "until.jsonl", rows[:UNTIL_RECOVERY])
        cls.after = harness.write_rows(cls.folder / "after.jsonl", rows[UNTIL_RECOVERY:])
        cls.socket = f"unix:{cls.folder}/tap.sock"
        cls.daemon = cls.cleanup.enter_context(harness.Daemon(cls.folder, harness.config(
            cls.folder, unix=f"{cls.folder}/tap.sock",
            more=f"baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}")))
        cls.stack = cls.cleanup.enter_context(Stack(cls.folder, cls.daemon))
        cls.go_there_and_back()

    @classmethod
    def go_there_and_back(cls):
        daemon, stack = cls.daemon, cls.stack
        hops = []

        def hop(name, condition):
            value = harness.wait_for(name, condition, 60)
            hops.append((name, time.time()))
            return value

        # Feed healthy rows over TCP, slowly enough for Prometheus to see rates.
        harness.feed(daemon.tap, cls.until, "--count", 700, "--rate", 300)
        harness.wait_for("700 responses", lambda: daemon.scored() == 700)
        cls.healthy = (daemon.events("incident_opened"), open_incidents(daemon))
        hops.append(("first bad response sent", time.time()))
        feeder = threading.Thread(target=harness.feed, args=(
            daemon.tap, cls.until, "--first", 701, "--rate", 150))
        feeder.start()
        harness.wait_for("the incident", lambda: daemon.events("incident_opened"), 60)
        hops.append(("incident in the log", log_time(daemon, "incident_opened")))
        hop("metric at /metrics", lambda: open_incidents(daemon))
        hop("pending in Prometheus", lambda: stack.firing(("pending", "firing")))
        hop("firing in Prometheus", lambda: stack.firing(("firing",)))
        hop("in Alertmanager", stack.amtool)
        hop("at the webhook", lambda: stack.webhook.alerts("firing"))
        feeder.join()
        # All signals of the incident must show before any of them ends.
        time.sleep(3)
        cls.fired = stack.amtool()
        cls.metric = open_incidents(daemon)
        cls.incidents = daemon.api("/api/v1/incidents?open=1")["incidents"]

        # Feed rows of the old build again, over the Unix socket.
        hops.append(("first good response sent", time.time()))
        harness.feed(cls.socket, cls.after, "--rate", 200)
        closed = harness.wait_for("the close", lambda: daemon.events("incident_closed"), 60)
        hops.append(("first signal closed in the log", log_time(daemon, "incident_closed")))
        cls.closed = closed
        hop("no open incident at /metrics", lambda: not open_incidents(daemon))
        hop("nothing firing in Prometheus", lambda: not stack.firing(("pending", "firing")))
        hop("resolved at the webhook", lambda: {
            a["fingerprint"] for _, a in stack.webhook.alerts("resolved")} >= {
                a["fingerprint"] for _, a in stack.webhook.alerts("firing")})
        cls.recovered = daemon.api("/api/v1/incidents")["incidents"]
        last = hops[0][1]
        for name, when in hops:
            print(f"  {when - hops[0][1]:7.2f} s  (+{when - last:5.2f})  {name}")
            last = when

    def test_nothing_is_said_while_the_model_is_healthy(self):
        self.assertEqual(self.healthy, ([], []))

    def test_one_incident_is_one_alert_with_its_words_and_links(self):
        self.assertEqual(len(self.incidents), 1)
        incident = self.incidents[0]
        self.assertGreater(len(incident["signals"]), 1)
        # A warning that has become critical may still be held beside it.
        alerts = {a["labels"]["severity"]: a for a in self.fired}
        self.assertEqual(len(alerts), len(self.fired))
        alert = alerts[incident["severity"]]
        labels, texts = alert["labels"], alert["annotations"]
        self.assertEqual(labels["model"], MODEL)
        self.assertEqual(labels["incident"], incident["id"])
        self.assertEqual(labels["job"], "reasonwatch")
        self.assertEqual(set(labels), {"alertname", "job", "instance", "incident", "model",
                                       "severity"})
        self.assertRegex(texts["description"], r"\d+ of \d+ responses of " + MODEL)
        self.assertIn("since", texts["description"])
        self.assertIn("re-runs: unavailable", texts["description"])
        page = f"{self.daemon.url}/incidents/{incident['id']}"
        self.assertEqual(texts["incident_url"], page)
        for name in ("incident_url", "runbook_url", "signal_runbook_url", "cause_runbook_url"):
            with self.subTest(link=name):
                self.assertEqual(harness.http(texts[name])[0], 200)
        self.assertRegex(texts["dashboard_url"], r"&from=\d{13}&to=now$")

    def test_every_open_signal_has_its_series(self):
        opened = {e["signal"] for e in self.daemon.events("incident_opened")}
        self.assertLessEqual({"length_collapse", "format_markers"}, opened)
        self.assertEqual(opened, {s["signal"] for s in self.incidents[0]["signals"]})
        self.assertEqual(len(self.metric), len(opened))

    def test_the_evidence_is_of_the_bad_build(self):
        first = min(int(e["response"].rsplit("-", 1)[1])
                    for e in self.daemon.events("incident_opened"))
        self.assertGreater(first, 700)
        self.assertLessEqual(first, 750)

    def test_recovery_resolves_it(self):
        self.assertEqual({i["close_reason"] for i in self.recovered}, {"recovered"})
        self.assertEqual(self.stack.firing(("pending", "firing")), [])

    def test_the_socket_and_the_port_feed_the_same_daemon(self):
        rows = sum(len(harness.read_rows(p)) for p in (self.until, self.after))
        self.assertEqual(
            self.daemon.metrics()['reasonwatch_tap_records_total{source="grpc"}'], rows)
        self.assertEqual(self.daemon.scored(), rows)

    def test_every_query_of_the_dashboard_is_answered(self):
        queries = subprocess.run(
            [sys.executable, harness.ROOT / "tools" / "lint_dashboards.py", "--queries"],
            capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertGreater(len(queries), 10)
        for query in queries:
            with self.subTest(query=query):
                result = self.stack.query(query)
                excused = any(re.search(part, query) for part in NO_DATA)
                self.assertEqual(bool(result), not excused)

    def test_the_tables_had_the_incident_while_it_was_open(self):
        asked = 0
        for path in sorted((harness.ROOT / "dashboards" / "grafana").glob("*.json")):
            for panel in json.loads(path.read_text())["panels"]:
                for target in panel.get("targets", []):
                    # No replica alone carries it.
                    if not target["expr"].startswith("reasonwatch_incident_info") or \
                            'replica!=""' in target["expr"]:
                        continue
                    selector = re.sub(r"\$\w+", ".+", target["expr"])
                    with self.subTest(board=path.name, panel=panel["title"]):
                        found = self.stack.query(f"last_over_time({selector}[1h])")
                        self.assertIn(MODEL, [row["metric"]["model"] for row in found])
                        self.assertRegex(found[0]["metric"]["url"], r"/incidents/inc-")
                        asked += 1
        self.assertEqual(asked, 2)

    def test_every_family_of_the_page_is_served_and_well_formed(self):
        text = harness.http(self.daemon.url + "/metrics")[1]
        page = (harness.ROOT / "docs" / "metrics.md").read_text()
        documented = set(re.findall(r"(?m)^\| `(\w+)` \|", page))
        self.assertGreater(len(documented), 30)
        self.assertEqual(set(re.findall(r"(?m)^# TYPE (\w+) ", text)), documented)
        check = subprocess.run(["promtool", "check", "metrics"], input=text,
                               capture_output=True, text=True, check=False)
        self.assertEqual((check.returncode, check.stdout + check.stderr), (0, ""))


if __name__ == "__main__":
    for program in ("prometheus", "prometheus-alertmanager", "promtool", "amtool"):
        if shutil.which(program) is None:
            harness.skip(f"{program} is not installed")
    harness.main()
