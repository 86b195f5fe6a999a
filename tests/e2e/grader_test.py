# SPDX-License-Identifier: Apache-2.0
"""Tests grading.command beside live traffic, with a real grader that works, hangs, writes
nonsense, dies and is killed."""
import os
import pathlib
import signal
import sys
import time
import unittest

import harness

# Grades answers in Roman numerals, which the built-in grader cannot read. Reads its mode
# anew for each question.
GRADER = '''
import json, os, sys, time
folder = sys.argv[1]
with open(folder + "/pid", "w") as f:
    f.write(str(os.getpid()))
def roman(n):
    text = ""
    for value, sign in ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"),
                        (5, "V"), (4, "IV"), (1, "I")):
        while n >= value:
            text, n = text + sign, n - value
    return text
for line in sys.stdin:
    question = json.loads(line)
    mode = open(folder + "/mode").read()
    if mode == "hang":
        time.sleep(600)
    if mode == "die":
        os._exit(1)
    if mode == "garbage":
        print("I would say so.", flush=True)
        continue
    right = question["answer"].split()[-1] == roman(int(question["gold"]))
    assert question["problem_id"].startswith("crate-"), question
    print(json.dumps({"grade": "correct" if right else "incorrect"}), flush=True)
'''
ROMAN = {2 * i: r for i, r in enumerate(
    "0 II IV VI VIII X XII XIV XVI XVIII XX XXII XXIV XXVI XXVIII XXX XXXII XXXIV".split())}


class OwnGrader(unittest.TestCase):

    def setUp(self):
        held = harness.temporary_folder()
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)
        (self.folder / "grader.py").write_text(GRADER)
        self.mode("good")
        self.config = harness.config(self.folder, more=f"""\
grading:
  command: "exec {sys.executable} {self.folder}/grader.py {self.folder}"
  timeout: 1s
""")
        self.sent = 0

    def mode(self, name):
        (self.folder / "mode.new").write_text(name)
        os.replace(self.folder / "mode.new", self.folder / "mode")

    def import_problems(self):
        path = harness.write_rows(self.folder / "set.jsonl", [
            {"id": f"crate-{i}", "question": f"A crate holds {i} pears. How many are in two?",
             "answer": f"#### {2 * i}"} for i in range(1, 18)])
        harness.run("baseline", "import", path, "--model", "m", "--data", self.folder / "data")

    def feed(self, daemon, count, asks=True):
        rows = []
        for _ in range(count):
            self.sent += 1
            i = 1 + self.sent % 17
            rows.append({
                "id": f"r{self.sent}", "time": "2026-01-01T00:00:00Z", "model": "m",
                "prompt": f"A crate holds {i} pears. How many are in two?" if asks
                          else f"Tell me of the {self.sent} crates.",
                "content": f"<think>\nTwice.\n</think>\n\nMost certainly {ROMAN[2 * i]}"})
        path = harness.write_rows(self.folder / "rows.jsonl", rows)
        harness.feed(daemon.tap, path)

    @staticmethod
    def grades(daemon):
        return {grade: int(sum(v for k, v in daemon.metrics().items()
                               if k.startswith("reasonwatch_grades_total")
                               and f'grade="{grade}"' in k))
                for grade in ("correct", "incorrect", "ungradable")}

    @staticmethod
    def answers(daemon, result):
        return daemon.metrics()[f'reasonwatch_grader_answers_total{{result="{result}"}}']

    def all_scored(self, daemon, seconds=30):
        harness.wait_for("every response", lambda: daemon.scored() == self.sent, seconds)

    def works_again(self, daemon):
        """After the pause between two starts, at most a few seconds here."""
        self.mode("good")
        before = self.answers(daemon, "graded")

        def graded():
            self.feed(daemon, 1)
            return self.answers(daemon, "graded") > before
        harness.wait_for("the grader", graded, 60, .3)
        self.all_scored(daemon)

    def test_live_answers_are_graded_by_it_and_nothing_waits_for_it(self):
        self.import_problems()
        with harness.Daemon(self.folder, self.config) as daemon:
            self.feed(daemon, 40)
            self.all_scored(daemon)
            self.assertEqual(self.grades(daemon),
                             {"correct": 40, "incorrect": 0, "ungradable": 0})
            self.assertEqual(self.answers(daemon, "graded"), 40)
            starts = "reasonwatch_grader_starts_total"
            self.assertEqual(daemon.metrics()[starts], 1)

            # The grader is killed between answers: no answer is lost.
            os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)
            self.feed(daemon, 5)
            self.all_scored(daemon)
            self.assertEqual(self.grades(daemon)["correct"], 45)
            self.assertEqual(daemon.metrics()[starts], 2)

            # The grader hangs: responses without a question pass, the others become
            # ungradable.
            self.mode("hang")
            self.feed(daemon, 3)
            self.feed(daemon, 300, asks=False)
            harness.wait_for("the others", lambda: daemon.scored() >= self.sent - 3, 30)
            self.all_scored(daemon)
            self.assertEqual(self.grades(daemon)["ungradable"], 3)
            self.assertGreaterEqual(self.answers(daemon, "timeout"), 1)
            self.works_again(daemon)

            for mode, result in (("garbage", "garbage"), ("die", "ended")):
                self.mode(mode)
                failed = self.answers(daemon, result)
                ungradable = self.grades(daemon)["ungradable"]
                self.feed(daemon, 3)
                self.all_scored(daemon)
                self.assertGreater(self.answers(daemon, result), failed, mode)
                self.assertEqual(self.grades(daemon)["ungradable"], ungradable + 3, mode)
                self.works_again(daemon)
            self.assertEqual(self.grades(daemon)["incorrect"], 0)
            self.assertGreaterEqual(len(daemon.events("grader_failed")), 3)
            self.assertNotIn("certainly", daemon.text())

            # The daemon ends while the grader hangs, and ends the grader too.
            self.mode("hang")
            self.feed(daemon, 2)
            time.sleep(.3)
            pid = int((self.folder / "pid").read_text())
            code, took = daemon.stop()
            self.assertEqual(code, 0)
            self.assertLess(took, 8)
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)

    def test_imports_and_replays_ask_it_too(self):
        rows = []
        for n in range(60):
            i = 1 + n % 17
            rows.append({
                "id": f"h{n}", "time": f"2026-01-01T00:{n:02d}:00Z", "model": "m",
                "prompt": f"A crate holds {i} pears. How many are in two?",
                "content": f"Most certainly {ROMAN[2 * i]}",
                "problem": {"id": f"crate-{i}", "answer": str(2 * i), "answer_kind": "number"}})
        path = harness.write_rows(self.folder / "healthy.jsonl", rows)
        config = self.folder / "c.yaml"
        config.write_text(self.config)
        without = harness.run("baseline", "import", path, "--data", self.folder / "other")
        self.assertNotIn("60 graded, 60 correct", without.stdout)
        done = harness.run("baseline", "import", path, "--config", config)
        self.assertIn("60 graded, 60 correct", done.stdout)
        for row in rows[1::2]:
            row["content"] = "Most certainly MM"
        worse = harness.write_rows(self.folder / "worse.jsonl", rows)
        done = harness.run("compare", path, worse, "--config", config, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("worse: pass_rate 100.0 %", done.stdout)
        # Failures of the grader are reported, and do not count as wrong answers.
        self.mode("garbage")
        done = harness.run("baseline", "import", path, "--config", config, "--data",
                           self.folder / "third")
        self.assertIn("0 graded, 0 correct", done.stdout)
        self.assertIn("grading.command: ", done.stderr)
        self.assertIn("further failures are not told", done.stderr)


if __name__ == "__main__":
    harness.main()
