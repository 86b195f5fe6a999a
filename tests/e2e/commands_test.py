# SPDX-License-Identifier: Apache-2.0
"""Tests the commands that end by themselves: replay, check-config, feed, incidents."""
import datetime
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import unittest

import harness

BASELINE = harness.SAMPLE / "baseline.jsonl"
LIVE = harness.SAMPLE / "live.jsonl"


class Folder(unittest.TestCase):

    def setUp(self):
        held = harness.temporary_folder()
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class Replayed(Folder):

    def replay(self, baseline, live, name="findings.jsonl", *more, check=True):
        out = self.folder / name
        done = harness.run("replay", "--baseline", baseline, "--live", live,
                           "--findings", out, *more, check=check)
        return done, out


class Replay(Replayed):

    def test_the_same_input_gives_the_same_bytes(self):
        _, first = self.replay(BASELINE, LIVE, "first.jsonl")
        _, second = self.replay(BASELINE, LIVE, "second.jsonl")
        self.assertGreater(first.stat().st_size, 0)
        self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_bad_lines_are_named_counted_and_skipped(self):
        lines = LIVE.read_text().splitlines()
        bad = lines[:700] + ["{", '{"id": "no-model"}', ""] + lines[700:] + ["[1]"]
        _, clean = self.replay(BASELINE, LIVE, "clean.jsonl")
        done, out = self.replay(BASELINE, self.write("live.jsonl", "\n".join(bad)))
        told = [line for line in done.stderr.splitlines() if "live.jsonl:" in line]
        self.assertEqual([line.split(":")[1] for line in told], ["701", "702", "1254"])
        self.assertIn("bad lines 3", done.stderr)
        self.assertEqual(out.read_bytes(), clean.read_bytes())

    def test_a_gateway_that_switches_thinking_off_is_named(self):
        rows = harness.read_rows(LIVE)

        def likeliest(name, switched_from):
            path = harness.write_rows(self.folder / f"{name}-live.jsonl", [
                {**row, "sent_intent": {**row["intent"], "thinking": False}
                 if number >= switched_from else row["intent"]}
                for number, row in enumerate(rows)])
            _, out = self.replay(BASELINE, path, f"{name}.jsonl")
            opened = [f for f in harness.read_rows(out) if f["event"] == "opened"]
            return opened[0]["causes"][0]
        # The sample collapses from its 700th row on.
        named = likeliest("switched", 700)
        self.assertEqual(named["cause"], "gateway")
        self.assertIn("changed on their way to the model", named["evidence"])
        self.assertNotEqual(likeliest("untouched", len(rows))["cause"], "gateway")

    def test_what_cannot_be_read_is_exit_status_1(self):
        empty = self.write("empty.jsonl", "\n\n")
        junk = self.write("junk.jsonl", "nothing\n")
        for baseline, live in ((self.folder / "absent", LIVE), (BASELINE, self.folder / "absent"),
                               (empty, LIVE), (BASELINE, junk), (self.folder, LIVE)):
            with self.subTest(baseline=baseline, live=live):
                done, _ = self.replay(baseline, live, check=False)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("reasonwatch: ", done.stderr)
        done = harness.run("replay", "--baseline", BASELINE, "--live", LIVE, "--findings",
                           self.folder / "absent" / "out", check=False)
        self.assertEqual(done.returncode, 1)

    def test_a_failed_replay_leaves_the_findings_as_they_were(self):
        kept = self.write("kept.jsonl", "earlier\n")
        done, _ = self.replay(BASELINE, self.write("junk.jsonl", "nothing\n"), kept.name,
                              check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(kept.read_text(), "earlier\n")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()),
                         ["junk.jsonl", "kept.jsonl"])

    def test_a_larger_budget_is_not_slower(self):
        def first(mean):
            _, out = self.replay(BASELINE, LIVE, f"{mean}.jsonl", "--mean-responses", mean)
            return next(json.loads(line)["id"] for line in out.read_text().splitlines()
                        if json.loads(line)["event"] == "opened")
        self.assertLessEqual(first("1e3"), first("1e9"))

    def test_usage_errors_are_not_taken_for_results(self):
        for arguments in (["replay"], ["nonsense"], [],
                          ["replay", "--baseline", BASELINE, "--live", LIVE, "--findings", "x",
                           "--mean-responses", "-1"]):
            self.assertEqual(harness.run(*arguments, check=False).returncode, 64)

    def test_it_ends_with_a_verdict_in_words(self):
        done, _ = self.replay(BASELINE, LIVE)
        self.assertRegex(done.stderr, r"verdict: worse\. 1 incident in 1,250 responses of 2 streams")
        self.assertRegex(done.stderr, r"critical +heron-think-8b since response live-0\d+: .*"
                                      "length_collapse.*over before the end")
        self.assertIn("likely version_change: ", done.stderr)
        done, _ = self.replay(BASELINE, BASELINE)
        self.assertIn("verdict: held. No incident in 300 responses", done.stderr)
        few = self.write("few.jsonl", "".join(BASELINE.read_text().splitlines(True)[:3]))
        done, _ = self.replay(few, few)
        self.assertIn("verdict: could not tell", done.stderr)

    def test_the_verdict_is_json_too(self):
        done, _ = self.replay(BASELINE, LIVE, "findings.jsonl", "--output", "json")
        report = json.loads(done.stdout)
        self.assertEqual((report["verdict"], report["live_rows"]), ("worse", 1250))
        self.assertEqual(report["incidents"][0]["severity"], "critical")

    def test_an_interrupt_ends_it_with_its_counts(self):
        big = self.write("big.jsonl", LIVE.read_text() * 40)
        out = self.folder / "findings.jsonl"
        with subprocess.Popen([harness.BINARY, "replay", "--baseline", BASELINE, "--live", big,
                               "--findings", out], stderr=subprocess.PIPE, text=True) as replay:
            # The temporary file of the findings comes before the first row is read.
            harness.wait_for("the work to begin", lambda: any(
                p.name not in ("big.jsonl", out.name) for p in self.folder.iterdir()))
            replay.send_signal(signal.SIGINT)
            text = replay.stderr.read()
        self.assertEqual(replay.returncode, 1, text)
        self.assertRegex(text, r"interrupted after [\d,]+ .*rows (read|judged|looked at)")
        self.assertFalse(out.exists())


def without_story(incident):
    """Returns the incident without the parts that only a running daemon adds for its page."""
    for key in ("acknowledged", "as_of", "asked_again", "false_alarm", "picture", "sentence"):
        del incident[key]
    for signals in incident["signals"]:
        for problem in signals.get("failing_problems") or []:
            del problem["gold"]
    return incident


def as_litellm(line):
    """Returns the line that LiteLLM would have logged of a recorded response."""
    row = json.loads(line)
    intent, usage = row.get("intent", {}), row.get("usage", {})
    def epoch(key):
        return datetime.datetime.fromisoformat(row[key].replace("Z", "+00:00")).timestamp()
    return json.dumps({
        "id": row["id"], "status": "success", "stream": row.get("streamed"),
        "startTime": epoch("time"), "endTime": epoch("end_time"),
        "model": row["model"], "model_group": row["model"], "model_id": row.get("replica"),
        "request_tags": ["User-Agent: x"] + ([row["route"]] if "route" in row else []),
        "messages": row.get("prompt") or row.get("messages"),
        "model_parameters": {
            "max_tokens": intent.get("max_tokens"), "reasoning_effort": intent.get("effort"),
            **({"chat_template_kwargs": {"enable_thinking": intent["thinking"]}}
               if "thinking" in intent else {})},
        "response": {
            "system_fingerprint": row.get("regime", {}).get("fingerprint"),
            "choices": [{"index": 0, "finish_reason": row.get("finish_reason"),
                         "message": {"content": row.get("content"),
                                     "reasoning_content": row.get("reasoning")}}],
            "usage": {"prompt_tokens": usage.get("input_tokens"),
                      "completion_tokens": usage.get("output_tokens")}}})


class ReplayFrom(Replayed):

    def test_other_programs_lines_are_judged_alike(self):
        # LiteLLM has no problem ids, so remove them from our own lines too.
        def write(name, path, form):
            lines = [{k: v for k, v in json.loads(line).items()
                      if k not in ("problem", "problem_id", "verdict", "session", "turn", "task",
                                   "context_window")}
                     for line in path.read_text().splitlines()]
            return self.write(name, "\n".join(form(json.dumps(line)) for line in lines))
        ours = [write(f"ours-{p.name}", p, str) for p in (BASELINE, LIVE)]
        theirs = [write(f"theirs-{p.name}", p, as_litellm) for p in (BASELINE, LIVE)]
        found = []
        for name, files, *more in (("a", ours), ("b", theirs, "--from", "litellm")):
            _, out = self.replay(*files, name, *more)
            found.append([(f["id"], f["event"], f["signal"], f["scope"])
                          for f in map(json.loads, out.read_text().splitlines())])
        self.assertGreater(len(found[0]), 0)
        self.assertEqual(found[0], found[1])

    def test_failed_requests_are_named_and_counted(self):
        batch = "\n".join(json.dumps({"custom_id": str(i), "error": None, "response": {
            "status_code": 429 if i == 3 else 200, "body": {
                "model": "m", "created": 1767225600 + i,
                "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"content": f"It is {i}."}}]}}}) for i in range(1, 60))
        path = self.write("batch.jsonl", batch)
        done, _ = self.replay(path, path, "findings", "--from", "openai-batch")
        self.assertIn("batch.jsonl:3: the request failed: status 429", done.stderr)
        self.assertIn("baseline 58 rows, live 58 rows, bad lines 2,", done.stderr)
        done, _ = self.replay(path, path, "findings", "--from", "nonsense", check=False)
        self.assertEqual(done.returncode, 64)


class CheckConfig(Folder):

    def test_prints_what_is_in_force_and_reads_it_back(self):
        path = self.write("a.yaml", "storage: {retention: 30d}\nlog: {level: debug}\n")
        printed = harness.run("check-config", path).stdout
        self.assertIn("retention: 30d", printed)
        again = harness.run("check-config", "--config", self.write("b.yaml", printed)).stdout
        self.assertEqual(again, printed)

    def test_the_shipped_example_is_the_default(self):
        self.assertEqual(
            harness.run("check-config", harness.ROOT / "deploy" / "reasonwatch.yaml").stdout,
            harness.run("check-config").stdout)

    def test_errors_name_file_line_and_key(self):
        for text, wanted in (("tap:\n  grcp: {}\n", "bad.yaml:2: tap.grcp"),
                             ("queue: {records: many}\n", "bad.yaml:1: queue.records"),
                             ("queue: [\n", "bad.yaml:"),
                             ("storage: {checkpoint_interval: 5}\n", "checkpoint_interval")):
            done = harness.run("check-config", self.write("bad.yaml", text), check=False)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn(wanted, done.stderr)
        self.assertEqual(
            harness.run("check-config", self.folder / "absent", check=False).returncode, 3)

    def test_files_that_it_names_are_opened_unless_it_is_for_another_machine(self):
        path = self.write("far.yaml", f"tap: {{grpc: {{token_file: {self.folder}/not-here}}}}\n")
        done = harness.run("check-config", path, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("token_file", done.stderr)
        self.assertIn("not-here", harness.run("check-config", "--no-files", path).stdout)

    def test_serve_refuses_what_check_config_refuses(self):
        path = self.write("bad.yaml", "quue: {}\n")
        done = harness.run("serve", "--config", path, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("quue", done.stderr)


class FeedAndIncidents(Folder):

    def start(self):
        daemon = harness.Daemon(self.folder, harness.config(
            self.folder, unix=f"{self.folder}/tap.sock", more=f"baseline: {{path: {BASELINE}}}"))
        self.enterContext(daemon)
        return daemon

    def incidents(self, *arguments, check=True):
        return harness.run("incidents", *arguments, "--data", self.folder / "data", check=check)

    def test_every_way_of_feeding_counts_what_was_sent(self):
        daemon = self.start()
        for endpoint, more, sent in ((daemon.tap, ("--count", 50), 50),
                                     (daemon.tap, ("--first", 51, "--count", 20, "--unary"), 20),
                                     (f"unix:{self.folder}/tap.sock", ("--first", 1241), 10),
                                     (daemon.tap, ("--first", 5000), 0)):
            out = harness.feed(endpoint, LIVE, *more).stdout
            self.assertEqual(out, f"sent {sent}, accepted {sent}, dropped 0, bad lines 0\n")
        harness.wait_for("80 responses", lambda: daemon.scored() == 80)

    def test_a_repeat_is_counted_once(self):
        daemon = self.start()
        for _ in range(2):
            harness.feed(daemon.tap, LIVE, "--count", 30)
        name = 'reasonwatch_stage_dropped_total{stage="order",reason="duplicate"}'
        same = name.replace('stage="order",reason="duplicate"', 'reason="duplicate",stage="order"')
        harness.wait_for("30 duplicates", lambda: 30 in (
            daemon.metrics().get(name), daemon.metrics().get(same)))

    def test_a_tap_that_is_not_there_is_an_error(self):
        port, = harness.free_ports(1)
        done = harness.feed(f"127.0.0.1:{port}", LIVE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no tap at", done.stderr)
        done = harness.feed(f"127.0.0.1:{port}", self.folder / "absent", check=False)
        self.assertEqual(done.returncode, 3)

    def test_incidents_are_listed_and_shown_beside_the_daemon_and_after_it(self):
        daemon = self.start()
        self.assertEqual(self.incidents("list").stdout, "no incident\n")
        # The fault begins at response 700; each later one is still known by itself.
        harness.feed(daemon.tap, LIVE, "--count", 780)
        harness.wait_for("an incident", lambda: daemon.events("incident_opened"))
        api = daemon.api("/api/v1/incidents")["incidents"][0]
        listed = self.incidents("list", "--open").stdout
        self.assertIn(api["id"], listed)
        self.assertIn("length_collapse", listed)

        # Both may change until the last response is judged.
        def agree():
            fresh = without_story(daemon.api("/api/v1/incidents/" + api["id"]))
            return json.loads(
                self.incidents("show", api["id"], "--json").stdout) == fresh

        harness.wait_for("the command and the API to agree", agree)
        text = self.incidents("show", api["id"]).stdout
        for part in (api["id"], "heron-think-8b", "length_collapse", "likely causes",
                     "version_change"):
            self.assertIn(part, text)
        # Fed at once, all are of one minute or two: there is nothing to plot.
        self.assertRegex(text, r"(?m)^  reasoning tokens: .*, usually \d+ \(\d+ to \d+\)")
        harness.feed(daemon.tap, LIVE, "--first", 781)
        harness.wait_for("all closed", lambda: self.incidents("list", "--open").stdout
                         == "no open incident\n")
        self.assertEqual(daemon.stop()[0], 0)
        self.assertIn("closed", self.incidents("list").stdout)

    def test_a_young_stream_says_how_to_leave_that_state(self):
        daemon = self.start()
        harness.feed(daemon.tap, LIVE, "--count", 725)
        harness.wait_for("an incident", lambda: daemon.events("incident_opened"))
        way = (r"warnings only, but for gross effects: [\d,]+ of 2,000 responses; import a larger "
               "baseline or ")
        # The rate is known after a minute of traffic.
        status = harness.run("status", "--url", daemon.url).stdout
        self.assertRegex(status, "heron-think-8b/office +provisional .*" + way)
        self.assertRegex(status, r"warning +inc-[0-9a-f]{12} +heron-think-8b.*; likely ")
        both = json.loads(harness.run("status", "--url", daemon.url, "--output", "json").stdout)
        for stream in both["streams"]:
            young = stream["provisional"]
            self.assertRegex(young["text"], way)
            self.assertEqual(young["needed"], 2000)
            self.assertEqual(young["responses"], stream["reference_responses"])
        self.assertEqual(len(both["open_incidents"]), 1)
        for words in (["list"], ["show", both["open_incidents"][0]["id"]]):
            harness.wait_for("a checkpoint", lambda words=words: re.search(
                "  provisional +heron-think-8b/tutor: " + way, self.incidents(*words).stdout))
        port, = harness.free_ports(1)
        done = harness.run("status", "--url", f"http://127.0.0.1:{port}", check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_every_list_and_report_is_json_too(self):
        daemon = self.start()
        done = harness.feed(daemon.tap, LIVE, "--count", 40, "--output", "json")
        self.assertEqual(json.loads(done.stdout), {
            "sent": 40, "accepted": 40, "dropped": 0, "bad_lines": 0, "interrupted": False})
        harness.wait_for("40 responses", lambda: daemon.scored() == 40)
        taps = json.loads(harness.run(
            "taps", "--once", "--output", "json", "--url", daemon.url).stdout)
        self.assertEqual([s for s in taps["sources"] if s["received"]], [
            {"source": "grpc", "received": 40, "refused": {}, "errors": {}}])
        self.assertEqual(taps["models"][0]["scored"], 40)
        self.assertEqual(json.loads(self.incidents("list", "--output", "json").stdout),
                         {"incidents": []})

        def baseline(*words):
            return json.loads(harness.run("baseline", *words, "--output", "json",
                                          "--data", self.folder / "other").stdout)
        imported = baseline("import", BASELINE)
        self.assertEqual((imported["responses"], imported["problems"]), (300, 60))
        self.assertEqual(baseline("list")["baselines"][0]["responses"], 300)
        shown = baseline("show", "--model", "heron-think-8b", "sample-001")
        self.assertEqual([p["id"] for p in shown["problems"]], ["sample-001"])

    def test_what_is_not_there_is_exit_status_3(self):
        self.assertEqual(self.incidents("list", check=False).returncode, 3)
        self.start()
        done = self.incidents("show", "inc-000000000000", check=False)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout, "")


class Init(Folder):

    def test_each_way_in_gives_a_configuration_that_holds(self):
        for way in ("grpc", "envoy", "otlp", "http", "files"):
            with self.subTest(way=way):
                out = self.folder / f"{way}.yaml"
                harness.run("init", way, "--out", out)
                done = harness.run("check-config", out, "--output", "json")
                tap = json.loads(done.stdout)["tap"]
                self.assertEqual(bool(tap["files"]), way == "files")
                self.assertEqual(bool(tap["otlp"]["http"]), way == "otlp")
                self.assertIn(f"come in by: {way}", out.read_text())

    def test_a_commented_key_is_one_that_exists(self):
        """Each line that is switched off by a comment may be switched on."""
        text = harness.run("init", "grpc").stdout
        for line in ("baseline:\n#   path: healthy.jsonl", "rescore:\n#   endpoint: ",
                     "webhook:\n#   url: "):
            self.assertIn(f"# {line}", text)
        for key in ("baseline", "rescore", "webhook"):
            text = re.sub(rf"# {key}:\n((?:#  +.*\n)+)", lambda found, key=key: (
                f"{key}:\n" + found.group(1).replace("# ", " ", 1).replace("\n# ", "\n ")), text)
        # Files that are named must be there.
        text = text.replace("healthy.jsonl", str(self.write("healthy.jsonl", "")))
        secret = self.write("webhook.key", "secret")
        os.chmod(secret, 0o600)
        text = text.replace("/etc/reasonwatch/webhook.key", str(secret))
        harness.run("check-config", self.write("on.yaml", text))

    def test_it_writes_over_no_file_unless_told_to(self):
        kept = self.write("kept.yaml", "log: {level: warn}\n")
        done = harness.run("init", "http", "--out", kept, check=False)
        self.assertEqual((done.returncode, kept.read_text()), (64, "log: {level: warn}\n"))
        harness.run("init", "http", "--out", kept, "--force")
        self.assertIn("come in by: http", kept.read_text())
        self.assertEqual(harness.run("init", "pigeon", check=False).returncode, 64)


class Terminal(Folder):

    def test_an_unknown_command_names_the_nearest(self):
        for words, nearest in ((["replai"], "reasonwatch replay"),
                               (["incidents", "lst"], "reasonwatch incidents list"),
                               (["baseline", "imprt", "x"], "reasonwatch baseline import")):
            done = harness.run(*words, check=False)
            self.assertEqual(done.returncode, 64)
            self.assertIn(f"the nearest is '{nearest}'", done.stderr)

    def test_the_version_names_its_commit(self):
        self.assertRegex(harness.run("--version").stdout,
                         r"^reasonwatch \d+\.\d+\.\d+ \(commit ([0-9a-f]{7,40}\+?|unknown)\)\n$")

    def test_the_help_names_the_exit_statuses(self):
        self.assertIn("64 usage", harness.run("--help").stdout)

    def test_a_bar_shows_on_a_terminal_and_goes_away(self):
        answers = self.write("answers.jsonl", "".join(
            json.dumps({"gold": str(n), "answer": f"It is {n}."}) + "\n" for n in range(2000)))
        # A grader that takes its time, so that there is something to show.
        slow = self.write("slow.py", "import json, sys, time\n"
                          "for line in sys.stdin:\n    time.sleep(.01)\n"
                          "    print(json.dumps({'grade': 'correct'}), flush=True)\n")
        ours, theirs = pty.openpty()
        with subprocess.Popen([harness.BINARY, "grade", "--in", answers, "--out",
                               self.folder / "graded.jsonl", "--command", f"python3 {slow}"],
                              stderr=theirs, stdout=subprocess.DEVNULL) as grade:
            os.close(theirs)
            seen = []

            def bar_shows():
                seen.append(os.read(ours, 4096))
                return b" of 2,000 lines" in b"".join(seen)
            harness.wait_for("the bar", bar_shows, pause=0)
            grade.send_signal(signal.SIGINT)
            self.assertEqual(grade.wait(60), 2)
        os.close(ours)
        self.assertFalse((self.folder / "graded.jsonl").exists())


if __name__ == "__main__":
    harness.main()
