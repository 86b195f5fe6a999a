# SPDX-License-Identifier: Apache-2.0
"""Compares names, types and labels of everything at /metrics with the golden ones, on which
dashboards and alerts rely. Values are not compared, but every family moves in the run or is
listed with the reason why not."""
import re
import unittest

import harness
import golden  # after harness, which makes it findable

FREEZE = "reference: {freeze: true}\n"
# Series that exist for each core of the machine, for each release or for each port.
VARYING = re.compile(r'\b(shard|version|url)="[^"]*"')
BUCKET = re.compile(r'^(\w+)_bucket\{(.*)\}$')
LE = re.compile(r',?le="([^"]*)",?')


def shape(text):
    """A line for each family's type, each series and each histogram's bounds."""
    lines, bounds = set(), {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            lines.add(line)
        if not line or line.startswith("#"):
            continue
        series = VARYING.sub(r'\1="*"', line.rsplit(" ", 1)[0])
        bucket = BUCKET.match(series)
        if bucket is None:
            lines.add(series)
        else:
            bounds.setdefault(bucket[1], set()).add(LE.search(bucket[2])[1])
    for name, les in bounds.items():
        lines.add(f"{name}_bucket le = " + " ".join(sorted(les, key=float)))
    return "".join(line + "\n" for line in sorted(lines))

# Families that this run leaves alone, and why.
NO_RESCORING = "nobody is asked again here; rescore_test.py does"
NO_SELFTEST = "no self-test here; selftest_test.py runs some"
NO_EVIDENCE = "no text is kept here; evidence_test.py keeps some"
NO_GRADER = "no grading.command here; grader_test.py has one"
NOTHING_LOST = "nothing is lost or refused in this run"
STILL = {
    "reasonwatch_unknown_format_ratio": "every response has a known format",
    "reasonwatch_unknown_format_notice": "every response has a known format",
    "reasonwatch_frames_forgotten_total": "few texts are put round problems",
    "reasonwatch_token_counts_differ_ratio": "every count fits its text",
    "reasonwatch_token_counts_differ_notice": "every count fits its text",
    "reasonwatch_split_mismatch_responses_total": "recorded apart, not as bodies",
    "reasonwatch_halved_length_delay_responses": "the reference is frozen",
    "reasonwatch_empty_answers_total": "every response has an answer",
    "reasonwatch_tap_errors_total": NOTHING_LOST,
    "reasonwatch_tap_dropped_total": NOTHING_LOST,
    "reasonwatch_tap_ignored_total": "no proxy here; envoy_test.py has one",
    "reasonwatch_stage_errors_total": NOTHING_LOST,
    "reasonwatch_queue_records": "the queues are empty at the end",
    "reasonwatch_queue_bytes": "the queues are empty at the end",
    "reasonwatch_storage_queue_records": "the writer has caught up at the end",
    "reasonwatch_storage_expired_records_total": "nothing is old enough",
    "reasonwatch_incident_open": "0 again at the end; alert_test.py sees the 1",
    "reasonwatch_incident_info": "none is open at the end; alert_test.py sees one",
    "reasonwatch_incident_onset_timestamp_seconds": "the same",
    "reasonwatch_incident_responses": "the same",
    "reasonwatch_incident_effect": "the same",
    "reasonwatch_incident_actions_total": "no operator here; browser_test.py is one",
    "reasonwatch_evidence_incidents_total": NO_EVIDENCE,
    "reasonwatch_evidence_file_bytes": NO_EVIDENCE,
    "reasonwatch_selftest_runs_total": NO_SELFTEST,
    "reasonwatch_selftest_success_timestamp_seconds": NO_SELFTEST,
    "reasonwatch_selftest_interval_seconds": NO_SELFTEST,
    "reasonwatch_selftest_hop_seconds": NO_SELFTEST,
    "reasonwatch_restart_gap_seconds": "the first start; restart_test.py has a second",
    "reasonwatch_rescore_jobs_total": NO_RESCORING,
    "reasonwatch_rescore_samples_total": NO_RESCORING,
    "reasonwatch_rescore_tokens_total": NO_RESCORING,
    "reasonwatch_rescore_verdicts_total": NO_RESCORING,
    "reasonwatch_rescore_errors_total": NO_RESCORING,
    "reasonwatch_rescore_yields_total": NO_RESCORING,
    "reasonwatch_rescore_gate_open": NO_RESCORING,
    "reasonwatch_judge_chains_total": NO_RESCORING,
    "reasonwatch_judge_anchor_error": NO_RESCORING,
    "reasonwatch_webhook_deliveries_total": "no webhook here; alert_test.py has one",
    "reasonwatch_evaluation_events_total": "no collector here; otel_test.py has one",
    "reasonwatch_telemetry_series_overflow_total": NOTHING_LOST,
    "reasonwatch_tap_coverage_ratio": "no server's counters here; envoy_test.py has them",
    "reasonwatch_tap_coverage_looks_total": "the same",
    "reasonwatch_grader_answers_total": NO_GRADER,
    "reasonwatch_grader_starts_total": NO_GRADER,
    "reasonwatch_port_refused_total": NOTHING_LOST,
    "reasonwatch_storage_not_saving": "the disk is well; store_faults_test has one that is not",
}
SAMPLE = re.compile(r"^(\w+?)(_count|_sum|_bucket)?(?:\{.*\})? (\S+)$")


def moved(text):
    """The families with a sample that is not at its resting value."""
    found = set()
    for line in text.splitlines():
        sample = SAMPLE.match(line)
        # -1 is the judge's error while it has not been asked.
        if sample and sample[2] in (None, "_count") and float(sample[3]) not in (0, -1):
            found.add(sample[1])
    return found


class Metrics(unittest.TestCase):

    def test_names_are_the_golden_ones_and_every_family_moves(self):
        live = harness.SAMPLE / "live.jsonl"
        rows = len(live.read_text().splitlines())
        with harness.temporary_folder() as folder:
            config = harness.config(
                folder, more=f"baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}\n{FREEZE}")
            with harness.Daemon(folder, config) as daemon:
                harness.feed(daemon.tap, live, "--recorded-times")
                harness.wait_for("the last response", lambda: daemon.scored() == rows)
                # The recording ends with the recovery, whose last finding closes the
                # incident.
                harness.wait_for("recovery", lambda: daemon.events("incident_closed") and not [
                    i for i in daemon.api("/api/v1/incidents")["incidents"] if i["open"]])

                def watched():
                    streams = daemon.api("/api/v1/streams")["streams"]
                    # Responses that began before the recording's first one do not count.
                    return sum(s["responses"] for s in streams) == rows - daemon.metrics().get(
                        'reasonwatch_stage_dropped_total{reason="startup",stage="order"}', 0)
                harness.wait_for("all of them watched", watched)
                text = harness.http(daemon.url + "/metrics")[1]
        golden.check(self, "metrics.txt", shape(text))
        families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
        self.assertEqual(STILL.keys() - families, set())
        self.assertEqual(families - moved(text) - STILL.keys(), set(), "never moved")


if __name__ == "__main__":
    harness.main()
