# SPDX-License-Identifier: Apache-2.0
"""Shared parts of the end-to-end tests: the program, its ports, its log."""
import contextlib
import datetime
import json
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # golden.py
SAMPLE = ROOT / "tests" / "testdata" / "sample"
SKIPPED = 77  # SKIP_RETURN_CODE in CMakeLists.txt
BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else ""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def free_ports(count):
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]


def http(url, method="GET", timeout=10):
    """Returns (status, text); status 0 if nobody answers."""
    try:
        request = urllib.request.Request(url, method=method)
        with _DIRECT.open(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def post(url, body, timeout=120):
    """Returns (status, raw bytes of the answer)."""
    request = urllib.request.Request(url, json.dumps(body).encode(),
                                     {"content-type": "application/json"})
    try:
        with _DIRECT.open(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def wait_for(what, condition, seconds=60, pause=.02):
    """Returns the first true value of condition()."""
    limit = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > limit:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(pause)


def read_rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def recent(rows, seconds_ago=60):
    """Returns the rows moved in time, so that the last one ended just now: retention removes rows
    that are months old."""
    def parse(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    now = datetime.datetime.now(datetime.timezone.utc)
    shift = now - datetime.timedelta(seconds=seconds_ago) - parse(rows[-1]["end_time"])
    moved = []
    for row in rows:
        row = dict(row)
        for key in ("time", "end_time"):
            row[key] = (parse(row[key]) + shift).isoformat()
        moved.append(row)
    return moved


def parse_log(text):
    """Returns the fields of each whole line."""
    lines = []
    for line in text.splitlines(keepends=True):
        if line.endswith("\n") and "event=" in line:
            lines.append(dict(word.split("=", 1) for word in shlex.split(line)))
    return lines


class Process:
    """A program in the background that ends with its `with` block."""

    def __init__(self, command, log):
        self.log = pathlib.Path(log)
        self.command = [str(word) for word in command]
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                          stdout=out, stderr=out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()

    def stop(self, seconds=30):
        """Sends SIGTERM; returns the exit status and the seconds until it."""
        began = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(seconds), time.monotonic() - began

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def text(self):
        return self.log.read_text(errors="replace")


class Daemon(Process):
    """`reasonwatch serve` on free ports."""

    def __init__(self, folder, config="", log="reasonwatch.log", ready=True):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "reasonwatch.yaml"
        if not self.config.exists():
            self.config.write_text(config)
        self.log_from = 0
        path = self.folder / log
        if path.exists():
            self.log_from = path.stat().st_size
        super().__init__([BINARY, "serve", "--config", self.config], path)
        if ready:
            try:
                self.wait_ready()
            except BaseException:
                self.kill()
                raise

    def wait_ready(self):
        def ready():
            if self.popen.poll() is not None:
                raise AssertionError(f"serve ended: {self.new_text()[-2000:]}")
            return self.events("ready")
        line = wait_for("serve", ready, 60)[0]
        self.tap = f"127.0.0.1:{line['tap_port']}"
        self.url = f"http://127.0.0.1:{line['http_port']}"

    def new_text(self):
        return self.text()[self.log_from:]

    def events(self, *names):
        return [e for e in parse_log(self.new_text()) if e["event"] in names]

    def get(self, path):
        """Returns (status, text); on a busy machine an answer may need a second try."""
        for _ in range(3):
            status, text = http(self.url + path)
            if status != 0 or self.popen.poll() is not None:
                break
        return status, text

    def api(self, path):
        status, text = self.get(path)
        if status != 200:
            raise AssertionError(f"{path}: {status} {text}")
        return json.loads(text)

    def metrics(self):
        """Returns series -> value."""
        series = {}
        for line in self.get("/metrics")[1].splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                series[name] = float(value)
        return series

    def scored(self):
        return sum(v for k, v in self.metrics().items()
                   if k.startswith("reasonwatch_responses_total") and 'outcome="scored"' in k)


def config(folder, data="data", more="", unix=""):
    return f"""\
tap: {{grpc: {{listen: "127.0.0.1:0", unix: "{unix}"}}}}
http: {{listen: "127.0.0.1:0"}}
storage: {{path: {folder}/{data}, checkpoint_interval: 1s}}
{more}
"""


def run(*arguments, check=True):
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments[0]}: exit {done.returncode}: {done.stderr[-2000:]}")
    return done


def feed(endpoint, path, *more, check=True):
    return run("feed", "--endpoint", endpoint, "--in", path, "--no-progress", *more, check=check)


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="rw-")


def main():
    if not BINARY:
        sys.exit("usage: TEST.py PATH/TO/reasonwatch")
    unittest.main(verbosity=2)
