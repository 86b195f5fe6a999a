# SPDX-License-Identifier: Apache-2.0
"""Runs `reasonwatch selftest` before a real Prometheus and Alertmanager: whole, and with each
hop cut; and the schedule of a daemon of its own."""
import contextlib
import json
import pathlib
import re
import shutil
import signal
import unittest

import alert_test
import harness

MODEL = "reasonwatch-selftest"
HOPS = ["tap", "incident", "metric", "scrape", "rule", "firing", "alertmanager", "receiver"]
# Seconds for a hop that is cut; those before it take under one on an idle machine.
PATIENCE = 25
NOBODY = "127.0.0.1:1"


class Stack(alert_test.Stack):
    """Its parts can be cut and mended."""

    def change(self, program, file, old, new):
        path = self.folder / file
        text = path.read_text()
        if old not in text:
            raise AssertionError(f"{file} has no {old}")
        path.write_text(text.replace(old, new))
        process = self.prometheus_process if program == "prometheus" else self.alertmanager_process
        process.popen.send_signal(signal.SIGHUP)

    @contextlib.contextmanager
    def cut(self, program, file, old, new, seen):
        """`seen()` is true once the program has taken the change."""
        before = (self.folder / file).read_text()
        self.change(program, file, old, new)
        harness.wait_for(f"the change of {file}", seen, 60)
        yield
        (self.folder / file).write_text(before)
        process = self.prometheus_process if program == "prometheus" else self.alertmanager_process
        process.popen.send_signal(signal.SIGHUP)
        # A reload finds Alertmanager anew, and alerts of that moment are lost.
        harness.wait_for(f"{file} as before", lambda: not seen() and self.has_alertmanager(), 60)

    def has_alertmanager(self):
        found = json.loads(harness.http(self.prometheus + "/api/v1/alertmanagers")[1])
        return any(a["url"].startswith(self.alertmanager)
                   for a in found["data"]["activeAlertmanagers"])


class SelfTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.cleanup = contextlib.ExitStack()
        cls.addClassCleanup(cls.cleanup.close)
        cls.folder = pathlib.Path(cls.cleanup.enter_context(harness.temporary_folder()))
        # Its first run comes after a minute, while the others are at work.
        other = cls.folder / "scheduled"
        other.mkdir()
        cls.scheduled = cls.cleanup.enter_context(harness.Daemon(
            other, harness.config(other, more="selftest: {every: 10m}")))
        cls.daemon = cls.cleanup.enter_context(harness.Daemon(
            cls.folder, harness.config(cls.folder)))
        cls.stack = cls.cleanup.enter_context(Stack(cls.folder, cls.daemon))

    def run_it(self, *more, receiver="test", timeout=120):
        done = harness.run(
            "selftest", "--url", self.daemon.url, "--prometheus", self.stack.prometheus,
            "--alertmanager", self.stack.alertmanager, "--receiver", receiver,
            "--timeout", timeout, "--output", "json", *more, check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(done.returncode == 0, result["passed"])
        return result

    def fails_at(self, hop, **more):
        result = self.run_it(timeout=PATIENCE, **more)
        self.assertEqual((result["failed"], [h["hop"] for h in result["hops"]]),
                         (hop, HOPS[:HOPS.index(hop)]), result["why"])
        self.assertTrue(result["cleaned"])
        return result["why"]

    def prometheus_says(self, path, word):
        return word in harness.http(f"{self.stack.prometheus}/api/v1/{path}")[1]

    def test_1_it_passes_and_leaves_nothing_behind(self):
        result = self.run_it("--every", "6")
        self.assertTrue(result["passed"], result)
        self.assertEqual([h["hop"] for h in result["hops"]], HOPS)
        print("".join(f"\n  {h['seconds']:7.2f} s  {h['hop']}" for h in result["hops"]))
        # The alert was delivered, with a severity that wakes nobody.
        alert = self.stack.webhook.alerts("firing")[-1][1]
        self.assertEqual((alert["labels"]["model"], alert["labels"]["severity"]), (MODEL, "none"))
        self.assertEqual(alert["labels"]["incident"], result["incident"])
        # The daemon knows nothing of it any more.
        self.assertEqual(self.daemon.api("/api/v1/incidents")["incidents"], [])
        self.assertEqual(self.daemon.api("/api/v1/streams")["streams"], [])
        self.assertEqual(
            harness.http(f"{self.daemon.url}/api/v1/incidents/{result['incident']}")[0], 404)
        metrics = self.daemon.metrics()
        self.assertEqual(metrics['reasonwatch_selftest_runs_total{result="passed"}'], 1)
        self.assertEqual(metrics["reasonwatch_selftest_interval_seconds"], 6 * 3600)
        self.assertGreater(metrics["reasonwatch_selftest_success_timestamp_seconds"], 1.7e9)
        self.assertFalse([k for k in metrics if k.startswith("reasonwatch_incident_info")])
        # And the alert goes by itself.
        harness.wait_for("its end", lambda: not self.stack.firing(("pending", "firing")), 60)

    def test_2_a_missing_rule_is_named(self):
        with self.stack.cut("prometheus", "rules.yml", "alert: ReasonwatchIncident", "alert: Gone",
                            lambda: self.prometheus_says("rules", "GoneCritical")):
            why = self.fails_at("rule")
        self.assertIn("no rule ReasonwatchIncidentCritical", why)
        self.assertEqual(
            self.daemon.metrics()['reasonwatch_selftest_runs_total{result="rule"}'], 1)

    def test_3_a_scrape_that_has_stopped_is_named(self):
        target = self.daemon.url.removeprefix("http://")
        with self.stack.cut("prometheus", "prometheus.yml", target, NOBODY,
                            lambda: self.prometheus_says("targets", f"http://{NOBODY}/")):
            self.fails_at("scrape")

    def test_4_a_lost_alertmanager_is_named(self):
        target = self.stack.alertmanager.removeprefix("http://")
        with self.stack.cut("prometheus", "prometheus.yml", target, NOBODY,
                            lambda: self.prometheus_says("alertmanagers", f"http://{NOBODY}/")):
            self.fails_at("alertmanager")

    def test_5_a_wrong_receiver_is_named(self):
        self.assertIn("routed to test and not to pager",
                      self.fails_at("receiver", receiver="pager"))
        url = f"http://127.0.0.1:{self.stack.webhook.port}/"
        with self.stack.cut(
                "alertmanager", "alertmanager.yml", url, f"http://{NOBODY}/elsewhere",
                lambda: "elsewhere" in harness.http(
                    self.stack.alertmanager + "/api/v2/status")[1]):
            why = self.fails_at("receiver")
        self.assertRegex(why, r"\d+ notifications have failed")

    def test_6_text_names_the_hop_and_no_daemon_is_a_cut_tap(self):
        done = harness.run("selftest", "--url", self.daemon.url)
        self.assertEqual(re.findall(r"(?m)^(\w+) +\d+\.\d\d s$", done.stdout), HOPS[:3])
        done = harness.run("selftest", "--url", f"http://{NOBODY}", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("tap ", done.stdout)

    def test_7_a_client_cannot_take_the_models_place(self):
        rows = harness.read_rows(harness.SAMPLE / "live.jsonl")[:50]
        path = harness.write_rows(self.folder / "impostor.jsonl",
                                  [{**row, "model": MODEL} for row in rows])
        harness.feed(self.daemon.tap, path)
        harness.wait_for("the impostor", lambda: sum(
            v for k, v in self.daemon.metrics().items()
            if k.startswith("reasonwatch_responses_total") and 'outcome="not_live"' in k) >= 50)
        self.assertEqual(self.daemon.api("/api/v1/streams")["streams"], [])

    def test_8_a_schedule_runs_it_and_arms_the_dead_mans_alert(self):
        harness.wait_for("the first run", lambda: self.scheduled.events(
            "selftest_passed", "selftest_failed"), 240)
        self.assertEqual(self.scheduled.events("selftest_failed"), [])
        metrics = self.scheduled.metrics()
        self.assertEqual(metrics["reasonwatch_selftest_interval_seconds"], 600)
        self.assertEqual(metrics['reasonwatch_selftest_runs_total{result="passed"}'], 1)
        status, _ = self.scheduled.stop()
        self.assertEqual(status, 0)


if __name__ == "__main__":
    for program in ("prometheus", "prometheus-alertmanager"):
        if shutil.which(program) is None:
            harness.skip(f"{program} is not installed")
    harness.main()
