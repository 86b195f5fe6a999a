# SPDX-License-Identifier: Apache-2.0
"""Keeps texts of an incident: redacted, on the page, for the model that wants it alone, and in
no other file, metric or line of the log."""
import base64
import json
import os
import pathlib
import stat
import unittest

import harness

MODEL = "heron-think-8b"
SECRETS = {
    "mail": ("quentin.farrow@example.org", "quentin.farrow"),
    "card": ("4929 1234 5678 9012", "5678 9012"),
    "key": ("sk-proj-Zx8KqPm3Vt7LwRb2Nf6Y", "Zx8KqPm3Vt7"),
    "token": ("Authorization: Bearer Qm9zdG9uVGVh", "Qm9zdG9uVGVh"),
    "phone": ("+49 171 5550 1234", "5550 1234"),
}


HEALTHY = 700  # rows of the recording


def with_secrets(rows):
    """Each row has each secret: a healthy one in its prompt, so that its answer looks like those of
    the baseline, a bad one in a part of its own."""
    words = " ".join(text for text, _ in SECRETS.values())
    changed = []
    for number, row in enumerate(rows):
        row = dict(row)
        part = "prompt" if number < HEALTHY else ("prompt", "reasoning", "content")[number % 3]
        row[part] = f"{row.get(part) or ''} Note: {words}. canary-{row['model']}"
        changed.append(row)
    return changed


def config(folder, models):
    return f"""\
tap: {{grpc: {{listen: "127.0.0.1:0"}}}}
http: {{listen: "127.0.0.1:0"}}
storage:
  path: {folder}/data
  checkpoint_interval: 1s
  evidence: {{enabled: true, ttl: 1h, max_size: 32MiB, redact: ["Note:"]}}
models: {{{models}}}
baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}
"""


class Evidence(unittest.TestCase):

    def run_rows(self, folder, models):
        rows = with_secrets(harness.read_rows(harness.SAMPLE / "live.jsonl")[:800])
        path = harness.write_rows(folder / "live.jsonl", rows)
        daemon = harness.Daemon(folder, config(folder, models))
        self.addCleanup(daemon.__exit__)
        harness.feed(daemon.tap, path)
        return daemon, harness.wait_for("an incident", lambda: daemon.api(
            "/api/v1/incidents")["incidents"], 60)[0]

    def examples(self, daemon, incident):
        return daemon.api(f"/api/v1/incidents/{incident['id']}/evidence")["examples"]

    def test_texts_are_kept_redacted_and_shown(self):
        with harness.temporary_folder() as name:
            folder = pathlib.Path(name)
            daemon, incident = self.run_rows(folder, f"{MODEL}: {{evidence: true}}")
            kept = harness.wait_for("the texts", lambda: self.examples(daemon, incident), 60)
            sides = [e["side"] for e in kept]
            self.assertEqual((sides.count("incident"), sides.count("healthy")), (5, 5))
            words = " ".join(e["prompt"] + e["reasoning"] + e["answer"] for e in kept)
            self.assertIn(f"canary-{MODEL}", words)
            for blank in ("[email]", "[card]", "[key]", "[token]", "[phone]", "[redacted]"):
                self.assertIn(blank, words)
            self.assertTrue(daemon.api("/api/v1/page")["evidence"])
            metrics = daemon.metrics()
            self.assertGreaterEqual(
                metrics['reasonwatch_evidence_incidents_total{outcome="written"}'], 1)
            file = folder / "data" / "evidence.jsonl"
            self.assertEqual(metrics["reasonwatch_evidence_file_bytes"], file.stat().st_size)
            self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
            served = harness.http(daemon.url + "/metrics")[1]
            # A restart finds them again, and the next one the same. The first run may have
            # written later ones after those above were read.
            daemon.stop()
            with harness.Daemon(folder, "") as again:
                found = self.examples(again, incident)
            self.assertEqual(sorted(e["side"] for e in found), sorted(sides))
            with harness.Daemon(folder, "") as again:
                self.assertEqual(self.examples(again, incident), found)
            everywhere = served + daemon.text()
            for path in (folder / "data").rglob("*"):
                if path.is_file():
                    everywhere += path.read_bytes().decode("utf-8", "replace")
            for kind, (_, canary) in SECRETS.items():
                with self.subTest(secret=kind):
                    self.assertNotIn(canary, everywhere)

    def bundle(self, folder, incident):
        """Writes the bundle; returns its lines and the words about it."""
        path = folder / "bundle.jsonl"
        done = harness.run("incidents", "bundle", incident["id"], "--data", folder / "data",
                           "--out", path)
        return path, [json.loads(line) for line in path.read_text().splitlines()], done.stderr

    def test_a_bundle_opens_the_same_incident_again_and_has_no_secret(self):
        with harness.temporary_folder() as name:
            folder = pathlib.Path(name)
            daemon, incident = self.run_rows(folder, f"{MODEL}: {{evidence: true}}")
            harness.wait_for("the texts", lambda: self.examples(daemon, incident), 60)
            harness.wait_for("the numbers", lambda: (
                folder / "data" / "runs" / f"{incident['id']}.jsonl").is_file(), 60)
            path, lines, words = self.bundle(folder, incident)
            parts = [line["part"] for line in lines]
            self.assertEqual(parts[:3], ["bundle", "incident", "story"])
            self.assertEqual(parts.count("text"), 10)
            self.assertIn("10 redacted texts", words)
            self.assertIn("to replay", words)
            row = next(line for line in lines if line["part"] == "row")
            self.assertIn("output_tokens", row["response"]["readings"])
            yaml = next(line for line in lines if line["part"] == "config")["yaml"]
            self.assertIn("evidence:", yaml)
            done = harness.run("replay", "--bundle", path, "--findings", folder / "again.jsonl",
                               "--output", "json")
            replay = json.loads(done.stdout)
            self.assertEqual((replay["verdict"], replay["incident"]),
                             ("agrees", incident["id"]))
            # Signal and channel are those of the incident as the API has it.
            seen = {s["signal"]: s for s in incident["signals"]}
            for finding in replay["findings"]:
                self.assertIn(finding["signal"], seen)
                self.assertIn(finding["channel"],
                              [c["channel"] for c in seen[finding["signal"]]["channels"]])
            opened = [json.loads(line) for line in
                      (folder / "again.jsonl").read_text().splitlines()]
            self.assertEqual(opened[0]["id"], replay["findings"][0]["response_id"])
            # In no form of it: the packed bytes are looked through as well.
            everything = path.read_bytes()
            for line in lines:
                everything += base64.b64decode(line.get("bytes", ""))
            for kind, (_, canary) in SECRETS.items():
                with self.subTest(secret=kind):
                    self.assertNotIn(canary.encode(), everything)
            self.assertIn(f"canary-{MODEL}".encode(), everything)
            # A bundle that was cut is refused.
            cut = folder / "cut.jsonl"
            cut.write_text("".join(json.dumps(line) + "\n" for line in lines[:-1]))
            self.assertEqual(harness.run("replay", "--bundle", cut, check=False).returncode, 1)

    def test_a_bundle_without_texts_says_so(self):
        with harness.temporary_folder() as name:
            folder = pathlib.Path(name)
            daemon, incident = self.run_rows(folder, "another: {evidence: true}")
            numbers = folder / "data" / "runs" / f"{incident['id']}.jsonl"
            harness.wait_for("the numbers", numbers.is_file, 60)
            self.assertEqual(os.stat(numbers).st_mode & 0o777, 0o600)
            path, lines, words = self.bundle(folder, incident)
            self.assertIn("numbers only, no text is kept of it", words)
            self.assertEqual(lines[0]["holds"], words.split(": ", 1)[1].strip())
            harness.run("replay", "--bundle", path)
            self.assertNotIn(b"canary-", path.read_bytes())
            daemon.stop()
            # The ledger of evidence that rose is stored too.
            ledger = json.loads(harness.run("incidents", "list", "--shadow", "--data",
                                            folder / "data", "--output", "json").stdout)
            fired = [r for r in ledger["rises"] if r["would_have_fired"]]
            self.assertIn("length_collapse", [r["signal"] for r in fired])
            self.assertTrue(all(r["mode"] == "alert" for r in fired))
            table = harness.run("incidents", "list", "--shadow", "--data", folder / "data").stdout
            self.assertRegex(table, r"one false alarm a month +1  0\n")
            self.assertIn("would have fired", table)
            numbers.unlink()
            path, lines, words = self.bundle(folder, incident)
            self.assertIn("no numbers to replay", words)
            done = harness.run("replay", "--bundle", path, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("storage.evidence was off", done.stderr)

    def test_a_model_that_was_not_named_keeps_nothing(self):
        with harness.temporary_folder() as name:
            folder = pathlib.Path(name)
            daemon, incident = self.run_rows(folder, "another: {evidence: true}")
            self.assertEqual(self.examples(daemon, incident), [])
            daemon.stop()
            for path in (folder / "data").rglob("*"):
                if path.is_file():
                    self.assertNotIn(b"canary-", path.read_bytes())

    def test_a_damaged_file_is_no_reason_not_to_start(self):
        with harness.temporary_folder() as name:
            folder = pathlib.Path(name)
            (folder / "data").mkdir(mode=0o700)
            (folder / "data" / "evidence.jsonl").write_bytes(b"\xff\x00{[\n" + json.dumps(
                {"incident": "inc-000000000000", "written": 2 ** 40,
                 "examples": []}).encode())
            with harness.Daemon(folder, config(folder, f"{MODEL}: {{evidence: true}}")) as daemon:
                status, _ = daemon.get("/api/v1/incidents/inc-000000000000/evidence")
                self.assertEqual(status, 200)


if __name__ == "__main__":
    harness.main()
