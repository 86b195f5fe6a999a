# SPDX-License-Identifier: Apache-2.0
"""Tests the stored baseline as an operator uses it: commands beside a running daemon."""
import http.server
import json
import pathlib
import signal
import subprocess
import threading
import time
import unittest
import urllib.request

import harness

MODEL = "heron-think-8b"
BASELINE = harness.SAMPLE / "baseline.jsonl"


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.loads(answer.read())


class Folder(unittest.TestCase):

    def setUp(self):
        held = harness.temporary_folder()
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)
        self.data = self.folder / "data"

    def baseline(self, *arguments, check=True):
        return harness.run("baseline", *arguments, "--data", self.data, check=check)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def problems(self, name, first, count):
        return harness.write_rows(self.folder / name, [
            {"question": f"A crate holds {i} pears. How many are in two?",
             "answer": f"{i}*2\n#### {2 * i}"} for i in range(first, first + count)])


class Commands(Folder):

    def test_a_problem_set_is_imported_once(self):
        path = self.problems("set.jsonl", 0, 50)
        self.assertIn("50, 50 of them new", self.baseline("import", path, "--model", "m").stdout)
        again = self.baseline("import", path, "--model", "m").stdout
        self.assertIn("50, 0 of them new", again)
        self.assertIn("Nothing of it is new", again)
        self.assertIn("50", self.baseline("list").stdout)
        shown = self.baseline("show", "--model", "m", "--limit", "3").stdout
        self.assertIn("and 47 more", shown)
        digest = shown.splitlines()[-2].split()[1]
        one = self.baseline("show", digest, "--model", "m").stdout
        self.assertIn("A crate holds", one)

    def test_bad_lines_are_named(self):
        path = self.write("bad.jsonl", '{"question": "q", "answer": "#### 1"}\n{"question": "q"}\n{\n')
        done = self.baseline("import", path, "--model", "m")
        told = [line.split(":")[1] for line in done.stderr.splitlines() if "bad.jsonl:" in line]
        self.assertEqual(told, ["2", "3"])
        self.assertIn("bad lines  2", done.stdout)

    def test_what_cannot_be_done_says_what_can(self):
        for arguments, hint in (
                (("list",), "no database"),
                (("freeze", "--model", "m"), "no database"),
                (("rebase", "--model", "m"), "no database"),
                (("record", "--model", "m", "--endpoint", "http://127.0.0.1:1/v1", "--out",
                  self.folder / "r.jsonl"), "no database"),
                (("import", self.folder, "--model", "m"), "it is a folder"),
                (("import", self.folder / "none", "--from", "csv", "--model", "m"),
                 "No such file"),
                (("import", self.problems("p.jsonl", 0, 1)), "--model"),
                (("list",), "no database"),
                (("import", self.folder / "none"), "No such file"),
                (("show", "--model", "m"), "no database"),
                (("import", self.problems("p.jsonl", 0, 1)), "--model"),
                (("import", self.folder / "none"), "can't open"),
                (("import", self.problems("q.jsonl", 0, 1), "--from", "x"), "known are")):
            done = self.baseline(*arguments, check=False)
            self.assertEqual(done.returncode, 3, arguments)
            self.assertIn(hint, done.stderr)

    def test_what_fails_leaves_what_is_there(self):
        self.baseline("import", self.problems("p.jsonl", 0, 9), "--model", "m")
        broken = self.write("broken.csv", 'question,answer\nQ?,1\n"R?,2\n')
        done = self.baseline("import", broken, "--model", "m", "--replace", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("broken.csv:3: a quote is not closed", done.stderr)
        self.assertIn("problems   9,", self.baseline("show", "--model", "m").stdout)
        out = self.folder / "out.jsonl"
        self.baseline("export", "--model", "m", "--out", out)
        kept = out.read_text()
        self.assertEqual(len(kept.splitlines()), 9)
        done = self.baseline("export", "--model", "mistyped", "--out", out, check=False)
        self.assertIn("there are those of m", done.stderr)
        self.assertEqual(out.read_text(), kept)
        graded = self.write("g.jsonl", '{"gold": "1", "answer": "1"}\n')
        done = harness.run("grade", "--in", graded, "--out", graded, check=False)
        self.assertIn("same file", done.stderr)
        self.assertEqual(graded.read_text(), '{"gold": "1", "answer": "1"}\n')

    def test_a_thousand_bad_lines_are_counted_and_not_all_told(self):
        path = self.write("wrong.jsonl", '{"question": "q", "answer": "1"}\n' * 1000)
        done = self.baseline("import", path, "--model", "m", "--from", "choice", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("wrong.jsonl:100: ", done.stderr)
        self.assertNotIn("wrong.jsonl:101: ", done.stderr)
        self.assertIn("1000 bad lines", done.stderr)

    def test_a_damaged_database_is_named_by_every_command(self):
        self.baseline("import", self.problems("p.jsonl", 0, 2000), "--model", "m")
        path = self.data / "reasonwatch.db"
        with open(path, "r+b") as file:
            for page in range(10, path.stat().st_size // 4096):
                file.seek(page * 4096)
                file.write(b"z" * 64)
        for command in (("list",), ("show", "--model", "m"), ("export", "--model", "m"),
                        ("import", self.problems("q.jsonl", 0, 2000), "--model", "m")):
            done = self.baseline(*command, check=False)
            self.assertEqual(done.returncode, 3, command)
            self.assertIn(f"database {path} is damaged", done.stderr)
            self.assertIn("backup", done.stderr)

    def test_output_that_is_not_taken_is_an_error(self):
        self.baseline("import", self.problems("p.jsonl", 0, 9), "--model", "m")
        for command in ("list", "export --model m", "show --model m"):
            done = subprocess.run(f"{harness.BINARY} baseline {command} --data {self.data}"
                                  " > /dev/full", shell=True, capture_output=True, text=True)
            self.assertEqual(done.returncode, 70, command)
            self.assertIn("can't write", done.stderr)

    def test_frozen_it_refuses_imports(self):
        self.baseline("import", BASELINE)
        self.baseline("freeze", "--model", MODEL)
        done = self.baseline("import", self.problems("p.jsonl", 0, 9), "--model", MODEL,
                             check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("freeze --off", done.stderr)
        self.baseline("freeze", "--model", MODEL, "--off")
        self.baseline("import", self.problems("p.jsonl", 0, 9), "--model", MODEL)


class ModelServer:
    """Answers each question with its own crate doubled; one in five wrongly."""

    def __init__(self, pause, says="The answer is {}."):
        self.asked = []
        self.at_once = self.most_at_once = 0
        lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, text):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_GET(self):
                self.reply(404, "{}")

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                prompt = request["messages"][-1]["content"]
                if not prompt.startswith("A crate"):  # which regime is this?
                    prompt = "A crate holds 0 pears"
                else:
                    with lock:
                        outer.asked.append((dict(self.headers), request))
                        outer.at_once += 1
                        outer.most_at_once = max(outer.most_at_once, outer.at_once)
                    time.sleep(pause)
                    with lock:
                        outer.at_once -= 1
                held = int(prompt.split()[3])
                answer = 2 * held + (len(outer.asked) % 5 == 0)
                self.reply(200, json.dumps({
                    "id": "x", "object": "chat.completion", "created": 1,
                    "model": request["model"], "system_fingerprint": "build-7",
                    "usage": {"prompt_tokens": 9, "completion_tokens": 12},
                    "choices": [{"index": 0, "finish_reason": "stop", "message": {
                        "role": "assistant",
                        "content": "Two crates.\n\n" + says.format(answer)}}]}))

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *_: None  # clients are killed here
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Record(Folder):

    def test_recording_outlives_a_kill_and_is_learnt(self):
        key = self.write("key", "k-123\n")
        self.baseline("import", self.problems("set.jsonl", 0, 20), "--model", "m")
        out = self.folder / "answers.jsonl"
        with ModelServer(pause=.03) as server:
            command = ["record", "--endpoint", server.url, "--model", "m",
                       "--served-model", "m-7b", "--out", out, "-n", "3",
                       "--temperature", "0.6", "--max-tokens", "512",
                       "--api-key-file", key]
            running = subprocess.Popen(
                [harness.BINARY, "baseline", *map(str, command), "--data", str(self.data)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            harness.wait_for("answers", lambda: len(server.asked) >= 10)
            running.kill()
            running.communicate()
            kept = len(harness.read_rows(out)) if out.read_text().endswith("\n") else \
                out.read_text().count("\n")
            self.assertGreaterEqual(kept, 8)
            done = self.baseline(*command)
            self.assertIn(f"{60 - kept} new answers, {kept} from before, 0 failed", done.stdout)
            headers, request = server.asked[0]
            sent = {k.lower(): v for k, v in headers.items()}
            self.assertEqual(sent["authorization"], "Bearer k-123")
            self.assertEqual(sent["x-reasonwatch-origin"], "rescore")
            self.assertEqual((request["model"], request["temperature"], request["max_tokens"]),
                             ("m-7b", .6, 512))
            asked = len(server.asked)
            self.assertIn("Nothing of it is new", self.baseline(*command).stdout)
            self.assertEqual(len(server.asked), asked)
        self.assertEqual(len(harness.read_rows(out)), 60)
        shown = self.baseline("show", "--model", "m").stdout
        self.assertIn("build-7", shown)
        self.assertIn("temperature=0.6 top_p=1 max_tokens=512", shown)

    def test_a_candidate_is_asked_as_told_and_leaves_the_baseline_alone(self):
        self.baseline("import", self.problems("set.jsonl", 0, 20), "--model", "m")
        shown = self.baseline("show", "--model", "m").stdout
        out = self.folder / "candidate.jsonl"
        with ModelServer(pause=.05) as server:
            done = self.baseline(
                "record", "--endpoint", server.url, "--model", "m", "--out", out, "-n", "2",
                "--candidate", "--system-prompt-file", self.write("system", "Be exact."),
                "--thinking", "off", "--extra-body", '{"top_k": 7}', "--route", "night",
                "--concurrency", "8")
            self.assertIn("40 new answers", done.stdout)
            self.assertIn("the baseline is as it was", done.stdout)
            self.assertGreater(server.most_at_once, 1)
            for _, request in server.asked:
                self.assertEqual(request["messages"][0],
                                 {"role": "system", "content": "Be exact."})
                self.assertEqual((request["top_k"], request["n"]), (7, 1))
                self.assertIs(request["chat_template_kwargs"]["enable_thinking"], False)
        rows = harness.read_rows(out)
        self.assertEqual(len({row["id"] for row in rows}), 40)
        self.assertEqual({row["route"] for row in rows}, {"night"})
        self.assertEqual(self.baseline("show", "--model", "m").stdout, shown)

    def test_an_extra_body_that_is_none_is_refused(self):
        self.baseline("import", self.problems("set.jsonl", 0, 20), "--model", "m")
        for body in ("[1]", "{", '{"seed": 3}'):
            done = self.baseline("record", "--endpoint", "http://127.0.0.1:9", "--model", "m",
                                 "--out", self.folder / "none.jsonl", "--extra-body", body,
                                 check=False)
            self.assertEqual(done.returncode, 3, body)
            self.assertIn("the extra body", done.stderr)

    def test_a_pass_rate_that_looks_broken_is_said_before_it_is_learnt(self):
        self.baseline("import", self.problems("set.jsonl", 0, 30), "--model", "m")
        shown = self.baseline("show", "--model", "m").stdout
        out = self.folder / "answers.jsonl"
        with ModelServer(pause=0, says="I would rather not say so.") as server:
            command = ["record", "--endpoint", server.url, "--model", "m", "--out", out,
                       "-n", "1", "--concurrency", "4"]
            done = self.baseline(*command, check=False)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("only 0 % of 30 answers are right; 100 % have an answer in no form",
                          done.stderr)
            self.assertEqual(self.baseline("show", "--model", "m").stdout, shown)
            self.assertIn("imported", self.baseline(*command, "--accept").stdout)

    def test_a_server_that_is_not_there_is_named(self):
        self.baseline("import", self.problems("set.jsonl", 0, 20), "--model", "m")
        done = self.baseline("record", "--endpoint", "http://127.0.0.1:9", "--model", "m",
                             "--out", self.folder / "none.jsonl", "--timeout", "2", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("requests in a row failed", done.stderr)


class BesideTheDaemon(Folder):

    def daemon(self):
        return harness.Daemon(self.folder, harness.config(
            self.folder, more="false_alarms: {mean_responses: 100000}"))

    def reload(self, daemon, *names):
        """Sends SIGHUP, and waits for one more of these lines in the log."""
        before = len(daemon.events(*names))
        daemon.popen.send_signal(signal.SIGHUP)
        harness.wait_for(names, lambda: len(daemon.events(*names)) > before)

    def live(self, name, first, last):
        rows = harness.recent(harness.read_rows(harness.SAMPLE / "live.jsonl"))
        return harness.write_rows(self.folder / name, rows[first:last])

    def feed(self, daemon, path, count):
        before = daemon.scored()
        harness.feed(daemon.tap, path, "--recorded-times")
        harness.wait_for("the rows", lambda: daemon.scored() >= before + count)

    def shown(self, incident, words):
        """Returns what the command prints of an incident once it holds the words."""
        done = harness.run("incidents", "show", incident, "--data", self.data, check=False)
        return done.stdout if words in done.stdout else ""

    def incidents(self, daemon, only_open=True):
        return daemon.api("/api/v1/incidents" + ("?open=1" if only_open else ""))["incidents"]

    def test_import_incident_and_an_accepted_change(self):
        self.baseline("import", BASELINE)
        with self.daemon() as daemon:
            taken = daemon.events("baseline")
            self.assertEqual(taken[0]["reference"], "replaced")
            self.assertEqual(daemon.metrics()[
                f'reasonwatch_baseline_problems{{model="{MODEL}"}}'], 60)
            self.feed(daemon, self.live("healthy.jsonl", 0, 300), 300)
            self.assertEqual(self.incidents(daemon), [])
            # A set is imported while the daemon runs.
            self.baseline("import", self.problems("more.jsonl", 0, 30), "--model", MODEL)
            self.reload(daemon, "baseline")
            stored = daemon.api("/api/v1/baseline")["baselines"]
            self.assertEqual([(b["model"], b["problems"]) for b in stored], [(MODEL, 90)])
            self.assertEqual(daemon.events("baseline")[-1]["reference"], "kept")

            self.feed(daemon, self.live("bad.jsonl", 700, 850), 150)
            found = harness.wait_for("an incident", lambda: self.incidents(daemon))
            harness.wait_for("the new fingerprint", lambda: ("fingerprint", "heron-2025.03.0") in [
                (e["kind"], e["new"])
                for e in daemon.api("/api/v1/incidents/" + found[0]["id"])["timeline"]])
            # The deployment is announced but not expected, so the incident stays.
            post(daemon.url + "/api/v1/deployments", {"model": MODEL, "version": "3"})
            self.assertTrue(self.incidents(daemon))
            post(daemon.url + "/api/v1/deployments",
                 {"model": MODEL, "version": "3", "expected": True, "note": "short answers"})
            harness.wait_for("the close", lambda: not self.incidents(daemon))
            whole = daemon.api("/api/v1/incidents/" + found[0]["id"])
            self.assertEqual(whole["close_reason"], "accepted")
            self.assertEqual(whole["causes"][0]["cause"], "version_change")
            self.assertIn("short answers", whole["causes"][0]["evidence"])
            self.assertIn("deployment", [e["kind"] for e in whole["timeline"]])
            self.assertIn(f'reasonwatch_deployment_timestamp_seconds{{model="{MODEL}"}}',
                          daemon.metrics())
            # The command reads the database, which is written after the API answers.
            text = harness.wait_for("the deployment in the database", lambda: self.shown(
                found[0]["id"], "deployment 3 (expected): short answers"))
            self.assertIn("time line", text)
            daemon.stop()
        # Responses that were learnt before are not learnt again.
        with self.daemon() as daemon:
            self.assertEqual(daemon.events("baseline"), [])
            self.assertEqual(self.incidents(daemon), [])

    def test_rebase_diff_and_the_way_back(self):
        self.baseline("import", BASELINE)
        with self.daemon() as daemon:
            self.feed(daemon, self.live("healthy.jsonl", 0, 300), 300)
            self.feed(daemon, self.live("bad.jsonl", 700, 850), 150)
            harness.wait_for("an incident", lambda: self.incidents(daemon))
            self.baseline("rebase", "--model", MODEL, "--version", "4", "--note", "wanted")
            self.assertTrue(self.incidents(daemon))
            self.reload(daemon, "reference_anew")
            harness.wait_for("the close", lambda: not self.incidents(daemon))
            closed = self.incidents(daemon, only_open=False)[0]
            self.assertEqual(closed["close_reason"], "accepted")
            # A second import of the same set adds nothing.
            daemon.popen.send_signal(signal.SIGHUP)
            harness.wait_for("reload", lambda: len(daemon.events("reloaded")) > 1)
            self.assertEqual(len(daemon.events("reference_anew")), 1)
            # The golden reference is still stored, and is restored.
            streams = daemon.api("/api/v1/streams")["streams"]
            self.assertLess(sum(s["reference_responses"] for s in streams), 100)
            self.baseline("rebase", "--model", MODEL, "--to-golden")
            self.reload(daemon, "reference_anew")

            def learnt():
                return sum(s["reference_responses"]
                           for s in daemon.api("/api/v1/streams")["streams"]) >= 300
            harness.wait_for("the golden reference", learnt)
            daemon.stop()
        diff = self.baseline("diff", "--model", MODEL).stdout
        self.assertIn("pass rate", diff)
        self.assertIn("output_tokens", diff)
        self.assertNotIn("notable", diff)

    def test_without_labels_another_answer_than_before_is_a_regression(self):
        def rows(first, count, wrong):
            made = []
            for i in range(first, first + count):
                n = i % 30 + 3
                made.append({"id": f"q-{i}", "model": "m", "prompt": f"How many legs have {n} ants?",
                             "time": f"2025-03-03T08:{i // 60 % 60:02d}:{i % 60:02d}Z",
                             "content": f"An ant has six legs. The answer is {6 * n + 5 * wrong}."})
            return harness.write_rows(self.folder / f"{first}.jsonl", made)
        with self.daemon() as daemon:
            self.feed(daemon, rows(0, 360, False), 360)
            self.assertEqual(self.incidents(daemon), [])
            daemon.stop()
        listed = self.baseline("show", "--model", "m", "--limit", "40").stdout
        self.assertIn("30 of them agreed", listed)
        self.assertNotIn("ants", listed)
        with self.daemon() as daemon:
            self.feed(daemon, rows(360, 60, True), 60)
            found = harness.wait_for("an incident", lambda: self.incidents(daemon))
            self.assertIn("consistency_regression", [s["signal"] for s in found[0]["signals"]])


    def solved(self, first, times, right):
        """Returns rows of 60 problems of two families, each asked `times` times."""
        made = []
        for i in range(first, first + 60 * times):
            n = i % 60
            family = "algebra" if n < 30 else "geometry"
            answer = 7 * n if right(n) else 7 * n + 1
            made.append({
                "id": f"q-{i}", "model": "m", "time": f"2025-03-03T{i // 3600:02d}:"
                f"{i // 60 % 60:02d}:{i % 60:02d}Z",
                "prompt": f"What are {n} weeks in days, says the parchment?",
                "content": f"<think>\nA week has seven.\n</think>\n\nThe answer is {answer}.",
                "problem": {"id": f"{family}-{n}", "answer": str(7 * n),
                            "answer_kind": "number", "family": family}})
        return harness.write_rows(self.folder / f"{first}.jsonl", made)

    def test_an_incident_names_the_families_and_problems_that_fail(self):
        self.baseline("import", self.solved(0, 4, lambda n: True))
        shown = self.baseline("show", "algebra-3", "--model", "m").stdout
        self.assertIn("family   algebra", shown)
        with self.daemon() as daemon:
            self.feed(daemon, self.solved(240, 3, lambda n: n >= 25), 180)
            found = harness.wait_for("an incident", lambda: self.incidents(daemon))

            def evidence():
                """Returns the signal once its later responses are in it too."""
                whole = daemon.api("/api/v1/incidents/" + found[0]["id"])
                failed = next(s for s in whole["signals"]
                              if s["signal"] == "consistency_regression")
                seen = {f["family"]: f for f in failed["families"]}
                return (whole, failed, seen) if seen["algebra"]["failing"] > 3 else None
            whole, signal_of, families = harness.wait_for("failing problems", evidence)
            daemon.stop()
        self.assertEqual(families.get("geometry", {"failing": 0})["failing"], 0)
        failing = signal_of["failing_problems"]
        self.assertTrue(failing)
        self.assertLessEqual(len(failing), 20)
        for problem in failing:
            self.assertRegex(problem["id"], "^algebra-")
            self.assertEqual(problem["before"], {"passed": 4, "asked": 4})
            self.assertEqual(problem["now"]["passed"], 0)
        text = harness.run("incidents", "show", found[0]["id"], "--data", self.data).stdout
        self.assertIn("family      algebra: ", text)
        self.assertIn(f"fails now   {failing[0]['id']}: passed 4 of 4 before, 0 of ", text)
        for told in (text, json.dumps(whole)):
            self.assertNotIn("parchment", told)

    def test_answers_of_a_batch_are_joined_by_custom_id(self):
        self.baseline("import", self.solved(0, 1, lambda n: True))

        def batch(name, wrong):
            return harness.write_rows(self.folder / name, [
                {"custom_id": f"{'algebra' if n < 30 else 'geometry'}-{n}#{k}", "error": None,
                 "response": {"status_code": 200, "body": {
                     "id": f"c{n}-{k}", "model": "m", "created": 1741000000 + 60 * k + n,
                     "choices": [{"index": 0, "finish_reason": "stop", "message": {
                         "role": "assistant", "content":
                         f"The answer is {7 * n + (n < wrong)}."}}]}}}
                for k in range(3) for n in range(60)])
        done = self.baseline("import", batch("b.jsonl", 6))
        self.assertIn("(openai-batch)", done.stdout)
        self.assertIn("180 graded, 162 correct", done.stdout)
        self.assertIn("60, 0 of them new, 0 with another answer", done.stdout)
        one = self.baseline("show", "algebra-3", "--model", "m").stdout
        self.assertIn("passed   1 of 4", one)
        self.assertIn("parchment", one)  # its words and answer stay
        self.assertIn("answer   21", one)
        self.assertIn("Nothing of it is new", self.baseline("import", self.folder / "b.jsonl").stdout)
        # Replays such a file against a recorded baseline.
        findings = self.folder / "f.jsonl"
        harness.run("replay", "--baseline", self.solved(0, 4, lambda n: True),
                    "--baseline-from", "reasonwatch", "--from", "openai-batch",
                    "--live", batch("bad.jsonl", 40), "--findings", findings)
        told = [f for f in harness.read_rows(findings)
                if f["signal"] == "consistency_regression"]
        self.assertTrue(told)
        self.assertEqual(told[-1]["families"][0]["family"], "algebra")
        # Other ids match no problem of the baseline.
        rows = harness.read_rows(self.folder / "b.jsonl")
        for row in rows:
            row["custom_id"] = "request-" + row["custom_id"]
        done = self.baseline("import", harness.write_rows(self.folder / "o.jsonl", rows))
        self.assertIn("180 of them new; 0 graded", done.stdout)


if __name__ == "__main__":
    harness.main()
