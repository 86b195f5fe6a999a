# SPDX-License-Identifier: Apache-2.0
"""Tests `reasonwatch compare` on recordings of real models, and its exit statuses.

The recordings are not part of this repository; that part is skipped if they are absent.
"""
import json
import pathlib
import unittest
import xml.etree.ElementTree

import harness

DATA = harness.ROOT.parent / "shared" / "data" / "dev"
KINDS = {"bool": "boolean", "numeric": "number", "math": "math", "mc": "choice",
         "exact": "text"}
# Two files, the condition that their rows share, and the verdict.
PAIRS = {
    "GPT-4, March to June": (
        ["llmdrift_prime"], {"model": "gpt-4", "version": "0314 (2023-03)"},
        {"model": "gpt-4", "version": "0613 (2023-06)"}, "regressed"),
    "GPT-3.5, rolled back": (
        ["llmdrift_prime"], {"model": "gpt-3.5-turbo", "version": "0613 (2023-06)"},
        {"model": "gpt-3.5-turbo", "version": "0301 (2023-03)"}, "regressed"),
    "Claude 3.5 Sonnet, June to October": (
        ["zeroeval_gsm", "zeroeval_math-l5"],
        {"model": "claude-3-5-sonnet", "version": "20240620"},
        {"model": "claude-3-5-sonnet", "version": "20241022"}, "not_regressed"),
    "Claude 3.5 Sonnet again": (
        ["rg_claude-3.5-sonnet"], {"version": "2025-03-15 easy", "sample": 0},
        {"version": "2025-03-15 easy", "sample": 1}, "no_change"),
    "GPT-4o mini again": (
        ["zeroeval_numersense-v2"], {"model": "gpt-4o-mini", "version": "greedy cot"},
        {"model": "gpt-4o-mini", "version": "greedy rerun (file named no_cot, same prompt)"},
        "no_change"),
}


def recorded(files, wanted):
    rows = []
    for name in files:
        for line in (DATA / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            if any(row[key] != value for key, value in wanted.items()):
                continue
            out = {"id": row["uid"], "model": "m", "prompt": row["prompt"],
                   "content": row["response"] or "",
                   "problem": {"id": row["problem_id"], "answer": str(row["gold"]),
                               "answer_kind": KINDS[row["answer_type"]]}}
            if (row.get("meta") or {}).get("delivery") == "split" and row["reasoning"]:
                out["reasoning"] = row["reasoning"]
            rows.append(out)
    return rows


class Folder(unittest.TestCase):

    def setUp(self):
        held = harness.temporary_folder()
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)

    def compare(self, a, b, *more):
        return harness.run("compare", harness.write_rows(self.folder / "a.jsonl", a),
                           harness.write_rows(self.folder / "b.jsonl", b), *more, check=False)


@unittest.skipUnless(DATA.is_dir(), f"no recordings in {DATA}")
class Recordings(Folder):

    def test_verdicts(self):
        for name, (files, a, b, verdict) in PAIRS.items():
            with self.subTest(name):
                before, after = recorded(files, a), recorded(files, b)
                self.assertGreater(len(before), 200)
                done = self.compare(before, after, "--output", "json",
                                    # One answer of the second run of GPT-4o mini is in no form.
                                    "--max-ungraded", "1")
                report = json.loads(done.stdout)
                self.assertEqual(report["verdict"], verdict, report["reason"])
                self.assertEqual(done.returncode, 1 if verdict == "regressed" else 0)
                self.assertEqual(report["pairs"], len(before))


def made(n, right, words=40, model="m"):
    return [{"id": f"{model}-{i}", "model": model, "prompt": f"What is {i} plus {i}?",
             "content": f"{'Adding a number to itself doubles it. ' * (words // 6)}"
                        f"The answer is {2 * i if right(i) else 2 * i + 1}.",
             "problem": {"id": f"p{i}", "answer": str(2 * i), "answer_kind": "number"}}
            for i in range(n)]


def as_lm_eval(row, number, right):
    """Returns the sample that lm-evaluation-harness would have logged."""
    return {"doc_id": number, "doc_hash": row["problem"]["id"],
            "target": row["problem"]["answer"], "arguments": [[row["prompt"], {"temperature": 0}]],
            "resps": [[row["content"]]], "metrics": ["exact_match"],
            "exact_match": 1.0 if right else 0.0}


class Gate(Folder):

    def test_samples_of_two_checkpoints_by_lm_eval(self):
        def samples(right):
            return [as_lm_eval(row, n, right(n)) for n, row in enumerate(made(200, right))]
        for right, status in ((lambda i: i % 7 > 0, 0), (lambda i: i % 3 > 0, 1)):
            done = self.compare(samples(lambda i: i % 7 > 0), samples(right), "--from", "lm-eval",
                                "--output", "json")
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            self.assertEqual(json.loads(done.stdout)["pairs"], 200)
        replayed = harness.run("replay", "--baseline", self.folder / "a.jsonl", "--live",
                               self.folder / "b.jsonl", "--from", "lm-eval", "--model", "m",
                               "--findings", self.folder / "findings.jsonl")
        self.assertIn("baseline 200 rows, live 200 rows, bad lines 0", replayed.stderr)


    def test_a_drop_of_the_pass_rate_is_regressed(self):
        done = self.compare(made(200, lambda i: True), made(200, lambda i: i % 5))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("pass_rate", done.stdout)
        self.assertIn("worse", done.stdout)

    def test_the_same_again_is_no_change(self):
        rows = made(200, lambda i: i % 7)
        done = self.compare(rows, rows, "--output", "json")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout)["verdict"], "no_change")

    def test_shorter_and_as_right_is_not_regressed(self):
        done = self.compare(made(200, lambda i: True, 200), made(200, lambda i: True, 60))
        self.assertEqual(done.returncode, 0)
        self.assertIn("not_regressed", done.stdout)

    def test_much_shorter_and_unknown_whether_right_is_regressed(self):
        def ungraded(words):
            return [{key: row[key] for key in row if key != "problem"}
                    for row in made(200, lambda i: True, words)]
        done = self.compare(ungraded(200), ungraded(18), "--format", "junit")
        self.assertEqual(done.returncode, 1, done.stdout)
        suite = xml.etree.ElementTree.fromstring(done.stdout).find("testsuite")
        failed = [case.get("name") for case in suite if case.find("failure") is not None]
        self.assertIn("output_tokens", failed)
        self.assertEqual(int(suite.get("failures")), len(failed))

    def test_what_cannot_be_told_is_exit_status_2(self):
        done = self.compare(made(200, bool), made(3, bool))
        self.assertEqual(done.returncode, 2)
        self.assertIn("3 problems are in both recordings, 8 are needed", done.stderr)

    def test_fewer_graded_answers_cannot_be_told(self):
        before = made(200, lambda i: True)
        after = made(200, lambda i: True)
        for row in after[:6]:
            row["content"] = ""
        done = self.compare(before, after, "--format", "json")
        self.assertEqual(done.returncode, 2, done.stdout)
        report = json.loads(done.stdout)
        self.assertEqual(report["verdict"], "cannot_tell")
        self.assertIn("B grades 6 answers fewer than A (194 of 200, A 200 of 200)",
                      report["reason"])
        self.assertEqual(self.compare(before, after, "--max-ungraded", "6").returncode, 0)
        # One fewer is enough.
        one = self.compare(before, [dict(before[0], content="")] + before[1:])
        self.assertEqual(one.returncode, 2, one.stdout)
        self.assertIn("B grades 1 answers fewer than A", one.stdout)
        # Not asked at all is not answered either.
        self.assertEqual(self.compare(before, after[6:]).returncode, 2)
        self.assertEqual(self.compare(after, before).returncode, 0)

    def test_a_file_without_answers_is_never_unchanged(self):
        before = made(200, lambda i: True)
        empty = [{key: row[key] for key in row if key != "content"} for row in before]
        for a, b, reason in ((before, empty, "B holds no answers"),
                             (empty, empty, "neither recording holds answers")):
            done = self.compare(a, b)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(reason, done.stdout)

    def test_changed_problems_have_both_answers_side_by_side(self):
        done = self.compare(made(100, lambda i: True), made(100, lambda i: i != 7))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("1 problems with other grades", done.stdout)
        self.assertRegex(done.stdout, r"p7\n    A  1 of 1 right: 14\b.*\n"
                                      r"    B  0 of 1 right: 15\b")

    def test_the_smallest_loss_that_could_be_shown_is_said(self):
        # The stated loss is shown, and one problem less is not.
        for pairs in (12, 100, 400):
            with self.subTest(pairs):
                same = made(pairs, lambda i: True)
                report = json.loads(self.compare(same, same, "--format", "json").stdout)
                falls = round(report["smallest_loss"] * pairs)
                for wrong, status in ((falls, 1), (falls - 1, 0)):
                    done = self.compare(same, made(pairs, lambda i, w=wrong: i >= w))
                    self.assertEqual(done.returncode, status, done.stdout)
        few = made(8, lambda i: True)[:8]
        done = self.compare(few, few)
        self.assertRegex(done.stdout, "power .*(no loss|smallest loss)")

    def test_what_cannot_be_read_is_exit_status_3(self):
        self.assertEqual(self.compare(made(9, bool), [{"id": "1"}]).returncode, 3)
        missing = harness.run("compare", self.folder / "no", self.folder / "no", check=False)
        self.assertEqual(missing.returncode, 3)
        self.assertIn("no: No such file", missing.stderr)

    def test_files_that_are_none_say_what_and_where(self):
        good = harness.write_rows(self.folder / "good.jsonl", made(20, lambda i: True))
        lines = good.read_text().splitlines()
        broken = self.folder / "broken.jsonl"
        broken.write_text("\n".join(lines[:2] + ['{"id": "x'] + lines[3:]) + "\n")
        binary = self.folder / "binary"
        binary.write_bytes(bytes(range(256)) * 20)
        empty = self.folder / "empty.jsonl"
        empty.write_text("")
        for name, hint in ((self.folder, "it is a folder"), (empty, "holds no usable row"),
                           (binary, f"{binary}:1: not JSON")):
            done = harness.run("compare", name, good, check=False)
            self.assertEqual(done.returncode, 3, name)
            self.assertIn(hint, done.stderr)
            self.assertEqual(done.stdout, "")
        done = harness.run("compare", broken, good, "--format", "json", check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{broken}:3: not JSON", done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["pairs"], report["bad_lines"]), (19, 1))


if __name__ == "__main__":
    harness.main()
