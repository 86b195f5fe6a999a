# SPDX-License-Identifier: Apache-2.0
"""The webhook in the forms of Slack, PagerDuty and plain text, to a real receiver that checks each
shape as the service documents it, and the signature."""
import hashlib
import hmac
import json
import pathlib
import unittest

import harness
import rescore_test

ROUTING_KEY = "R0" * 16


def settings(folder, server, form):
    """A daemon that asks a degraded server again, so that the incident is confirmed."""
    key = pathlib.Path(folder) / "routing_key"
    key.write_text(ROUTING_KEY + "\n")
    key.chmod(0o600)
    text = rescore_test.settings(folder, server)
    begin = text.index("webhook: {")
    more = f"form: {form}, routing_key_file: {key}, "
    return (text[:begin] + text[begin:].replace("webhook: {", "webhook: {" + more, 1)
            ).replace("http: {", "http: {external_url: \"https://rw.example\", ", 1)


class Webhook(unittest.TestCase):
    # The same daemon in front of the same degraded server as in the test of re-runs.
    open_incident = rescore_test.Rescore.open_incident
    verdict = rescore_test.Rescore.verdict

    def told(self, form):
        """Confirms an incident; returns it with the message about it."""
        with harness.temporary_folder() as folder, \
                rescore_test.Server(healthy=False) as server:
            with harness.Daemon(folder, settings(folder, server, form)) as daemon:
                self.open_incident(daemon, folder)
                incident = self.verdict(daemon)
                self.assertEqual(incident["confirmation"], "confirmed")
                headers, body = harness.wait_for("the webhook", lambda: server.told)[0]
                # The operator ends it; the end is told too.
                status, _ = harness.post(
                    f"{daemon.url}/api/v1/incidents/{incident['id']}/wanted", {})
                self.assertEqual(status, 200)
                closed = harness.wait_for("the end", lambda: [
                    m for m in server.told
                    if m[0]["x-reasonwatch-event"] == "incident_closed"])[0]
                self.assertNotIn(ROUTING_KEY, daemon.text())
        for sent, data in ((headers, body), closed):
            signed = sent["x-reasonwatch-timestamp"].encode() + b"." + data
            self.assertEqual(sent["x-reasonwatch-signature"], "sha256=" + hmac.new(
                rescore_test.SECRET.encode(), signed, hashlib.sha256).hexdigest())
        self.assertEqual(headers["x-reasonwatch-event"], "incident_confirmed")
        return incident, headers, body, closed[1]

    def test_slack_is_sent_blocks(self):
        incident, headers, body, closed = self.told("slack")
        self.assertEqual(headers["content-type"], "application/json")
        message = json.loads(body)
        self.assertEqual(set(message), {"text", "blocks"})
        self.assertEqual([b["type"] for b in message["blocks"]],
                         ["header", "section", "context"])
        self.assertEqual(message["blocks"][0]["text"]["type"], "plain_text")
        words = message["blocks"][1]["text"]["text"]
        # The sentence of the page, and the verdict in numbers.
        self.assertIn("responses of " + incident["model"], words)
        self.assertRegex(words, r"Asked again:\* confirmed: 0 of \d+ answers passed \(0 %\)")
        self.assertIn(f"<https://rw.example/incidents/{incident['id']}|Incident>",
                      message["blocks"][2]["elements"][0]["text"])
        self.assertIn("Over: ", json.loads(closed)["text"])
        self.assertNotIn(ROUTING_KEY, (body + closed).decode())

    def test_pagerduty_is_triggered_and_resolved(self):
        incident, headers, body, closed = self.told("pagerduty")
        self.assertEqual(headers["content-type"], "application/json")
        event = json.loads(body)
        self.assertEqual(
            (event["event_action"], event["routing_key"], event["dedup_key"]),
            ("trigger", ROUTING_KEY, incident["id"]))
        payload = event["payload"]
        for key in ("summary", "source", "severity"):
            self.assertIsInstance(payload[key], str)
        self.assertLessEqual(len(payload["summary"]), 1024)
        self.assertIn(payload["severity"], ("critical", "error", "warning", "info"))
        self.assertEqual(payload["component"], incident["model"])
        self.assertRegex(payload["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        for link in event["links"]:
            self.assertTrue(link["href"].startswith("https://rw.example/"), link)
        self.assertEqual(json.loads(closed), {
            "routing_key": ROUTING_KEY, "event_action": "resolve", "dedup_key": incident["id"]})

    def test_plain_text_is_read_by_anybody(self):
        incident, headers, body, closed = self.told("text")
        self.assertEqual(headers["content-type"], "text/plain; charset=utf-8")
        lines = body.decode().splitlines()
        self.assertIn(incident["model"], lines[0])
        self.assertIn("responses of " + incident["model"], lines[1])
        self.assertIn(f"Incident: https://rw.example/incidents/{incident['id']}", lines)
        self.assertTrue(closed.decode().startswith("Over: "))


if __name__ == "__main__":
    harness.main()
