"""`reasonwatch compare` on recordings of real models, and its exit codes.

The recordings are not part of this repository; that part is skipped where they
are absent."""
import json
import pathlib
import unittest
import xml.etree.ElementTree

import harness

DATA = harness.ROOT.parent / "shared" / "data" / "dev"
KINDS = {"bool": "boolean", "numeric": "number", "math": "math", "mc": "choice",
         "exact": "text"}
# files, what the rows before and after have in common; the verdict.
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
                done = self.compare(before, after, "--format", "json")
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


class Gate(Folder):

    def test_a_drop_of_the_pass_rate_is_regressed(self):
        done = self.compare(made(200, lambda i: True), made(200, lambda i: i % 5))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("pass_rate", done.stdout)
        self.assertIn("worse", done.stdout)

    def test_the_same_again_is_no_change(self):
        rows = made(200, lambda i: i % 7)
        done = self.compare(rows, rows, "--format", "json")
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
        for a, b in ((made(200, bool), made(3, bool)), (made(9, bool), [{"id": "1"}])):
            self.assertEqual(self.compare(a, b).returncode, 2)
        missing = harness.run("compare", self.folder / "no", self.folder / "no", check=False)
        self.assertEqual(missing.returncode, 2)
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
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(hint, done.stderr)
            self.assertEqual(done.stdout, "")
        done = harness.run("compare", broken, good, "--format", "json", check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{broken}:3: not JSON", done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["pairs"], report["bad_lines"]), (19, 1))


if __name__ == "__main__":
    harness.main()
