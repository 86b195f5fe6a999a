# SPDX-License-Identifier: Apache-2.0
"""Tests that this program reads the data folder of an earlier release: streams, references,
problems and an open incident are restored as that release reported them, and the rest of the
recording ends the same way.

The folder is made by make_state_fixture.py. It holds one wall-clock time, the arrival of the last
response, by which the daemon advances the clock of the data; the test sets it to now, as if the
daemon had been stopped just before.
"""
import json
import pathlib
import sqlite3
import struct
import tarfile
import time
import unittest

import harness
import golden  # after harness, which makes it findable

FIXTURES = harness.ROOT / "tests" / "testdata" / "state"
VERSION = "0.1.0"
BASELINE = harness.SAMPLE / "baseline.jsonl"
LIVE = harness.SAMPLE / "live.jsonl"
LIVE_ROWS = 760  # in the fixture; the incident opens at 705 and closes after 970
STARTUP = 4  # rows that began before the first arrival, and are not watched
DIGITS = 9  # digits that are compared; the last ones differ between compilers
# Fields that depend on the wall clock: of the fixture's maker, or of this run.
WALL_CLOCK = {"updated"}


def config(folder, freeze=True):
    """Returns a configuration with a frozen reference: background fits finish at another
    response each time."""
    more = f"baseline: {{path: {BASELINE}}}\n"
    if freeze:
        more += "reference: {freeze: true}\n"
    # The recording's times are old, and its closed incidents must not expire.
    return harness.config(folder, more=more).replace(
        "checkpoint_interval: 1s", "checkpoint_interval: 1s, retention: 87600h")


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def received_offset(blob):
    """Returns the offset of "received" in a blob of kind pipeline, version 5: incidents,
    beginnings of prompts, prefix, last id and last time come before it."""
    def count(at):
        return struct.unpack_from("<I", blob, at)[0]
    at = 4
    for _ in range(count(0)):  # incident, responses, time
        at += 4 + count(at) + 16
    at += 4 + 16 * count(at)  # digest, count, position
    at += 4 + 1 + 8  # prompts, whether the prefix is known, the prefix
    at += 4 + count(at)
    return at + 8


def set_received(db, now_ns):
    changed = 0
    for kind, key, blob in db.execute(
            "SELECT kind, key, bytes FROM state WHERE kind = 'pipeline' AND version = 5").fetchall():
        at = received_offset(blob)
        if struct.unpack_from("<q", blob, at)[0] == 0:
            continue  # No response has arrived yet.
        db.execute("UPDATE state SET bytes = ? WHERE kind = ? AND key = ?",
                   (blob[:at] + struct.pack("<q", now_ns) + blob[at + 8:], kind, key))
        changed += 1
    db.commit()
    return changed


def unpack(folder):
    data = pathlib.Path(folder) / "data"
    data.mkdir(mode=0o700)
    with tarfile.open(FIXTURES / f"{VERSION}.tar.gz") as tar:
        tar.extractall(data)
    with sqlite3.connect(data / "reasonwatch.db") as db:
        assert set_received(db, time.time_ns()) == 1
    return data


def stored(data):
    """Returns counts of the stored rows of a stopped daemon, and the time line."""
    with sqlite3.connect(data / "reasonwatch.db") as db:
        return {
            "problems": db.execute("SELECT model, kind, count(*), sum(trials), sum(failures) "
                                   "FROM problems GROUP BY model, kind ORDER BY 1, 2").fetchall(),
            "golden_state": db.execute("SELECT model, kind, length(bytes) FROM golden_state "
                                       "ORDER BY 1, 2").fetchall(),
            "events": db.execute("SELECT model, kind, old, new, time_ns, note FROM events "
                                 "ORDER BY id").fetchall()}


def served(daemon):
    """Returns the replies of the API without the fields that depend on the wall clock."""
    def of(path, key):
        return daemon.api(f"/api/v1/{path}")[key]
    baselines = [{k: v for k, v in b.items() if k not in WALL_CLOCK}
                 for b in of("baseline", "baselines")]
    # The sentence is not stored; words_test.cc has its forms.
    incidents = [{k: v for k, v in i.items() if k != "sentence"}
                 for i in of("incidents", "incidents")]
    metrics = daemon.metrics()
    return rounded({
        "streams": of("streams", "streams"),
        "incidents": incidents,
        "habits": of("habits", "models"),
        "baselines": baselines,
        "metrics": {k: v for k, v in sorted(metrics.items()) if k.startswith((
            "reasonwatch_incident_open", "reasonwatch_reference_responses",
            "reasonwatch_baseline_problems", "reasonwatch_deployment_timestamp_seconds"))}})


def events(daemon):
    """Returns the events about incidents and about restored state."""
    kept = []
    for e in daemon.events("resumed", "resumed_model", "state_not_restored", "baseline",
                           "incident_opened", "incident_updated", "incident_closed"):
        kept.append({k: v for k, v in e.items() if k not in ("ts", "file", "gap_seconds")})
    return kept


def settled(daemon, responses):
    def watched():
        return sum(s["responses"] for s in daemon.api("/api/v1/streams")["streams"]) == responses
    harness.wait_for(f"{responses} responses", watched)
    return served(daemon)


def text(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


class StateFixture(unittest.TestCase):
    maxDiff = None

    def test_an_earlier_release_is_gone_on_from(self):
        rows = len(harness.read_rows(LIVE))
        with harness.temporary_folder() as name:
            folder = pathlib.Path(name)
            data = unpack(folder)
            with harness.Daemon(folder, config(folder)) as daemon:
                restored = settled(daemon, LIVE_ROWS - STARTUP)
                restored["events"] = events(daemon)
                harness.feed(daemon.tap, LIVE, "--recorded-times", "--unary", "--first",
                             LIVE_ROWS + 1)
                harness.wait_for("the end of the incident",
                                 lambda: daemon.events("incident_closed"))
                finished = settled(daemon, rows - STARTUP)
                status, _ = daemon.stop()
                self.assertEqual(status, 0)
                finished["events"] = events(daemon)[len(restored["events"]):]
            finished["stored"] = stored(data)
        golden.check(self, f"state-{VERSION}-restored.json", text(restored))
        golden.check(self, f"state-{VERSION}-finished.json", text(finished))


if __name__ == "__main__":
    harness.main()
