# SPDX-License-Identifier: Apache-2.0
"""The package in its real hosts, asked by the real openai package.

    hosts_test.py

The daemon is the stub of ../stub.py; daemon_test.py has the real one.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import programs  # noqa: E402
import stub  # noqa: E402

MODELS = ("rc", "r", "think", "plain")


def texts(prompt):
    return (f"Let me see: {prompt} 🙂 \"quoted\"\nsecond line. " * 8,
            f"The answer to {prompt} is\n42.")


def words_of(row):
    """All words of a row's response, in the order of its fields."""
    response = row["response"]
    if isinstance(response, dict):
        parts = [choice["message"] for choice in response["choices"]]
    else:
        parts = [choice["delta"] for line in response.split("\n") if line.startswith("data: {")
                 for choice in json.loads(line[6:])["choices"]]
    found = "".join((part.get("reasoning_content") or part.get("reasoning") or "") +
                    (part.get("content") or "") for part in parts)
    return found.replace("<think>", "").replace("</think>", "").split()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.daemon = self.enterContext(stub.Stub())

    def server(self, **values):
        values.setdefault("endpoint", self.daemon.url)
        return self.enterContext(programs.model_server(self.folder / "server.log", **values))

    def all_right(self, said, number=40):
        self.assertEqual((said["right"], said["failed"], said["wrong"]), (number, {}, []))

    def rows(self, number):
        stub.wait_for(lambda: len(self.daemon.rows) >= number, 30)
        time.sleep(.3)
        self.assertEqual(len(self.daemon.rows), number)
        self.assertNotIn("s3cret", json.dumps(self.daemon.rows))
        return self.daemon.rows

    def check_rows(self, rows, source, prefix="p"):
        """Each request is there once, with the answer that the client had."""
        seen = set()
        for row in rows:
            prompt = row["request"]["messages"][-1]["content"]
            seen.add(prompt)
            number = int(prompt[len(prefix):])
            reasoning, answer = texts(prompt)
            self.assertEqual((row["source"], row["transport_end"], row["status"]),
                             (source, "complete", 200))
            self.assertEqual(row["streamed"], number % 2 == 1)
            self.assertEqual(row["request"]["reasoning_effort"], "high")
            self.assertEqual(row["request_headers"]["x-request-id"], f"id-{prompt}")
            wanted = answer if row["request"]["model"] == "plain" else reasoning + answer
            self.assertEqual(words_of(row), wanted.split())
        self.assertEqual(len(seen), len(rows))


class Package(unittest.TestCase):
    def run_tool(self, *command):
        done = subprocess.run([programs.FOLDER / "bin" / "python", *map(str, command)],
                              capture_output=True, text=True, timeout=240, check=False,
                              cwd=self.folder, env=programs.environment(PYTHONPATH=""))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(HERE.parents[1], self.folder / "copy",
                        ignore=shutil.ignore_patterns("build", "*.egg-info", "tests"))

    def test_a_pure_wheel(self):
        self.run_tool("-m", "build", "--wheel", "--no-isolation", "--outdir", "out", "copy")
        wheel, = (self.folder / "out").iterdir()
        self.assertRegex(wheel.name, r"^reasonwatch-[\d.]+-py3-none-any\.whl$")
        with zipfile.ZipFile(wheel) as packed:
            names = packed.namelist()
            metadata = next(packed.read(name).decode() for name in names
                            if name.endswith("/METADATA"))
            packed.extractall(self.folder / "installed")
        for name in ("py.typed", "asgi.py", "litellm.py", "openai.py"):
            self.assertIn(f"reasonwatch/{name}", names)
        self.assertFalse([name for name in names if "test" in name])
        self.assertNotIn("Requires-Dist", metadata)
        said = self.run_tool("-I", "-c", "import sys; sys.path.insert(0, 'installed')\n"
                             "import reasonwatch, reasonwatch.asgi, reasonwatch.openai\n"
                             "print(reasonwatch.__version__, reasonwatch.__file__)")
        self.assertIn(f"Version: {said.split()[0]}\n", metadata)
        self.assertIn("installed", said)

    def test_types(self):
        self.run_tool("-m", "mypy", "--strict", "--config-file", "copy/pyproject.toml",
                      "copy/src/reasonwatch")


class Asgi(Case):
    def test_every_exchange_arrives(self):
        server = self.server()
        self.all_right(programs.ask(server.url))
        self.check_rows(self.rows(40), "asgi")
        self.assertTrue(all(isinstance(row["response"], str) == row["streamed"]
                            for row in self.daemon.rows))

    def test_workers(self):
        server = self.server(workers=2)
        self.all_right(programs.ask(server.url, "--number", 80), 80)
        self.check_rows(self.rows(80), "asgi")

    def test_the_end_of_the_server_delivers(self):
        server = self.server()
        self.all_right(programs.ask(server.url, "--number", 12), 12)
        server.stop()
        self.check_rows(self.rows(12), "asgi")

    def test_clients_that_leave(self):
        server = self.server()
        programs.ask(server.url, "--models", "rc-slow", "--number", 8, "--leave")
        rows = self.rows(8)
        ends = {row["streamed"]: row["transport_end"] for row in rows}
        self.assertEqual(ends, {True: "client_abort", False: "complete"})
        # The application answers a client that has left all the same.
        said = programs.ask(server.url, "--models", "rc-slow", "--number", 1, "--timeout", ".3")
        self.assertEqual(said["failed"], {"APITimeoutError": 1})
        self.assertEqual(self.rows(9)[-1]["transport_end"], "complete")

    def test_a_server_that_breaks_off(self):
        server = self.server()
        said = programs.ask(server.url, "--models", "rc-cut", "--number", 4)
        self.assertEqual(said["right"], 0)
        for row in self.rows(4):
            if row["streamed"]:
                self.assertEqual((row["status"], row["transport_end"]), (200, "upstream_reset"))
                self.assertIn("Let me see", row["response"])
                self.assertNotIn("[DONE]", row["response"])
            else:
                self.assertEqual((row["status"], row["response"]["error"]["code"]), (500, 500))

    def test_without_the_tap_the_application_is_the_same(self):
        server = self.server(tap=False)
        self.all_right(programs.ask(server.url))
        said = programs.ask(server.url, "--models", "rc-cut", "--number", 4)
        tapped = self.server()
        self.assertEqual(said["failed"], programs.ask(tapped.url, "--models", "rc-cut", "--number",
                                                      4)["failed"])

    def test_daemons_that_are_away(self):
        """Absent, stopped, refusing, and back again: no request fails."""
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            server = self.server(endpoint=f"http://127.0.0.1:{nobody.getsockname()[1]}")
            self.all_right(programs.ask(server.url))
            counts = json.loads(programs.get(server.url + "/counts"))
            self.assertEqual(counts["queued"], 40)
        self.daemon.is_held.clear()  # takes connections and never answers
        server = self.server(REASONWATCH_QUEUE_RECORDS="10")
        self.all_right(programs.ask(server.url, "--number", 80), 80)
        counts = json.loads(programs.get(server.url + "/counts"))
        self.assertGreater(counts["dropped_queue_full"], 20)
        self.assertEqual(counts["queued"] + counts["dropped_queue_full"], 80)
        self.daemon.statuses = [503]
        self.daemon.is_held.set()
        stub.wait_for(lambda: len(self.daemon.rows) >= counts["queued"], 60)
        self.all_right(programs.ask(server.url, "--number", 1, "--prefix", "q"), 1)
        stub.wait_for(lambda: sum(row.get("dropped_before", 0) for row in self.daemon.rows) ==
                      counts["dropped_queue_full"])

    def test_a_daemon_that_is_stopped_and_killed(self):
        command = ("import stub, time; s = stub.Stub(); print(s.port, flush=True)\n"
                   "while True: time.sleep(1)")
        log = self.folder / "stub.log"
        with open(log, "wb") as out:
            process = subprocess.Popen([sys.executable, "-c", command], stdout=out,
                                       cwd=HERE.parent)
        try:
            stub.wait_for(lambda: log.read_text().strip())
            server = self.server(endpoint=f"http://127.0.0.1:{log.read_text().strip()}")
            for number in (signal.SIGSTOP, signal.SIGCONT, signal.SIGKILL):
                os.kill(process.pid, number)
                self.all_right(programs.ask(server.url, "--number", 20), 20)
        finally:
            process.kill()
            process.wait()


class Client(Case):
    def test_sync_and_async(self):
        server = self.server(tap=False)
        for flags in ((), ("--sync",)):
            self.daemon.rows.clear()
            self.all_right(programs.ask(server.url, "--watch", *flags, endpoint=self.daemon.url))
            self.check_rows(self.rows(40), "openai")

    def test_leaving_and_breaking_off(self):
        server = self.server(tap=False)
        for flags in ((), ("--sync",)):
            self.daemon.rows.clear()
            programs.ask(server.url, "--watch", "--leave", "--models", "rc-slow", "--number", 4,
                         *flags, endpoint=self.daemon.url)
            self.assertEqual(sorted(row["transport_end"] for row in self.rows(4)),
                             ["client_abort"] * 2 + ["complete"] * 2)
            self.daemon.rows.clear()
            plain = programs.ask(server.url, "--models", "rc-cut", "--number", 4, *flags)
            said = programs.ask(server.url, "--watch", "--models", "rc-cut", "--number", 4, *flags,
                                endpoint=self.daemon.url)
            self.assertEqual(said["failed"], plain["failed"])
            self.assertEqual(sorted(row["transport_end"] for row in self.rows(4)),
                             ["complete"] * 2 + ["upstream_reset"] * 2)

    def test_nobody_to_report_to(self):
        server = self.server(tap=False)
        self.all_right(programs.ask(server.url, "--watch", endpoint="http://127.0.0.1:9"))


class Litellm(Case):
    def proxy(self, upstream, **values):
        return self.enterContext(programs.litellm_proxy(self.folder, upstream.url,
                                                        self.daemon.url, **values))

    def test_every_exchange_arrives(self):
        server = self.server(tap=False)
        proxy = self.proxy(server)
        said = programs.ask(proxy.url)
        self.all_right(said)
        rows = self.rows(40)
        self.check_rows(rows, "litellm")
        for row in rows:
            self.assertEqual(row["sent_request"]["model"], row["request"]["model"])
            self.assertIn("/" + row["request"]["model"], row["served_by"])

    def test_ends(self):
        server = self.server(tap=False)
        proxy = self.proxy(server, models=("rc-slow", "rc-cut"))
        programs.ask(proxy.url, "--models", "rc-slow", "--number", 4, "--leave")
        rows = self.rows(4)
        self.assertEqual(sorted(row["transport_end"] for row in rows),
                         ["client_abort"] * 2 + ["complete"] * 2)
        self.daemon.rows.clear()
        said = programs.ask(proxy.url, "--models", "rc-cut", "--number", 4, "--prefix", "c")
        self.assertEqual(said["right"], 0)
        rows = self.rows(4)
        for row in rows:
            self.assertEqual((row["transport_end"], row["response"]), ("upstream_reset", None))
            self.assertGreaterEqual(row["status"], 500)
            self.assertNotIn("messages", row["request"])

    def test_redacted_text_stays_with_litellm(self):
        server = self.server(tap=False)
        proxy = self.proxy(server, settings=", turn_off_message_logging: true")
        self.all_right(programs.ask(proxy.url, "--number", 4), 4)
        time.sleep(2)
        self.assertEqual(self.daemon.rows, [])

    def test_nobody_to_report_to(self):
        server = self.server(tap=False)
        self.daemon.is_held.clear()
        self.all_right(programs.ask(self.proxy(server).url))


if __name__ == "__main__":
    if not hasattr(unittest.TestCase, "enterContext"):
        programs.skip("Python before 3.11")
    programs.install_or_skip()
    unittest.main()
