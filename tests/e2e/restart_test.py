# SPDX-License-Identifier: Apache-2.0
"""Kills a daemon twenty times within the life of an incident. It must report the same as one that
was never killed, over the responses that both have seen."""
import concurrent.futures
import pathlib
import random
import threading
import time
import unittest

import harness

KILLS = 20
SEED = 20240229
EXACT = "false_alarms: {mean_responses: 100000}\nreference: {freeze: true}\n"
# Fits of a grown reference run in the background and finish at another response in each
# run, so the same events may be a few responses apart.
LEARNING = ""
NEAR = 10


def position(response):
    return int(response.rsplit("-", 1)[1])


class ReportedIncidents:
    """The incident events in a daemon's log."""

    def __init__(self, log):
        self.events = []
        for e in harness.parse_log(log):
            if not e["event"].startswith("incident_"):
                continue
            told = (e["event"][len("incident_"):], e["signal"], e["response"], e["scope"],
                    e["severity"], e["statistic"], e["incident"], e.get("cause"))
            # A life that ends before it saves an event leaves it to the next life, which
            # reports it again.
            if told not in self.events:
                self.events.append(told)

    def among(self, ids):
        return sorted((e for e in self.events if e[2] in ids),
                      key=lambda e: (position(e[2]), e))


def one_run(folder, settings, seed):
    """Feeds the recording through twenty-one lives. Returns the reported events, the rows that
    counted, and the incidents at the end."""
    folder = pathlib.Path(folder)
    random_of = random.Random(seed)
    rows = harness.recent(harness.read_rows(harness.SAMPLE / "live.jsonl"))
    live = harness.write_rows(folder / "live.jsonl", rows)
    where = {row["id"]: i for i, row in enumerate(rows)}
    config = harness.config(
        folder, more=f"baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}\n{settings}")
    cuts = sorted(random_of.sample(range(1, len(rows)), KILLS)) + [len(rows)]
    counted, gaps, begin = [], [], 0
    for life, cut in enumerate(cuts):
        with harness.Daemon(folder, config) as daemon:
            if life > 0:
                resumed = daemon.events("resumed")[0]
                assert 0 <= float(resumed["gap_seconds"]) < 60, resumed
                last = [e["last_response"] for e in daemon.events("resumed_model")]
                end = where[last[0]] + 1 if last and last[0] else 0
                gaps.append(sum(i >= end for i in counted))
                counted = [i for i in counted if i < end]
            seconds = random_of.uniform(.2, 2.2)
            # Some lives end while responses are on their way.
            early = random_of.random() < .3
            killer = threading.Timer(seconds * random_of.uniform(.3, 1), daemon.kill)
            if cut < len(rows) and early:
                killer.start()
            sent = harness.feed(daemon.tap, live, "--no-wait", "--unary", "--recorded-times",
                                "--first", begin + 1, "--count", cut - begin,
                                "--rate", (cut - begin) / seconds, check=False)
            assert early or sent.returncode == 0, sent.stderr
            counted += range(begin, cut)
            begin = cut
            if cut < len(rows):
                killer.cancel()
                daemon.kill()
                continue
            # The last life stops normally, after it has processed all held responses.
            status, _ = daemon.stop()
            assert status == 0
            log = daemon.text()
    incidents = harness.run("incidents", "list", "--open", "--data", folder / "data").stdout
    ids = {rows[i]["id"] for i in counted}
    return ReportedIncidents(log).among(ids), [rows[i] for i in counted], gaps, incidents


def uninterrupted(folder, settings, rows):
    folder = pathlib.Path(folder)
    live = harness.write_rows(folder / "live.jsonl", rows)
    config = harness.config(
        folder, more=f"baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}\n{settings}")
    with harness.Daemon(folder, config) as daemon:
        harness.feed(daemon.tap, live, "--recorded-times")
        status, _ = daemon.stop(60)
        assert status == 0
        return ReportedIncidents(daemon.text()).among({row["id"] for row in rows})


def killed_and_not(settings, seed):
    with harness.temporary_folder() as killed, harness.temporary_folder() as whole:
        told, rows, gaps, open_ones = one_run(killed, settings, seed)
        return told, uninterrupted(whole, settings, rows), gaps, len(rows), open_ones


class Restart(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            exact = pool.submit(killed_and_not, EXACT, SEED)
            learning = pool.submit(killed_and_not, LEARNING, SEED + 1)
            cls.exact, cls.learning = exact.result(), learning.result()
        for name, result in (("exact", cls.exact), ("learning", cls.learning)):
            told, _, gaps, counted, _ = result
            print(f"{name}: {len(gaps)} kills lost {sum(gaps)} responses (most at once "
                  f"{max(gaps)}), {counted} counted, {len(told)} events")
        print(f"{time.monotonic() - began:.0f} s")

    def test_the_same_is_told_of_the_same_responses(self):
        told, wanted, gaps, _, _ = self.exact
        self.assertEqual(told, wanted)
        self.assertEqual({e[0] for e in told} & {"opened", "closed"}, {"opened", "closed"})
        self.assertEqual(len(gaps), KILLS)

    def test_a_reference_that_learns_goes_on_learning(self):
        told, wanted, _, _, _ = self.learning

        def story(events):
            return [(e[0], e[1]) for e in sorted(events, key=lambda e: (e[1], position(e[2])))
                    if e[0] in ("opened", "closed")]

        def positions(events):
            return [position(e[2])
                    for e in sorted(events, key=lambda e: (e[1], position(e[2])))
                    if e[0] in ("opened", "closed")]
        self.assertTrue(told)
        self.assertEqual(story(told), story(wanted))
        for mine, its in zip(positions(told), positions(wanted)):
            self.assertAlmostEqual(mine, its, delta=NEAR)

    def test_no_incident_is_left_open(self):
        for result in (self.exact, self.learning):
            self.assertEqual(result[4], "no open incident\n")


if __name__ == "__main__":
    harness.main()
