# SPDX-License-Identifier: Apache-2.0
"""A real Envoy, started by `reasonwatch envoy --run`, for tests of the ext_proc tap.

REASONWATCH_ENVOY names the program; without it tools/install_envoy puts one under build/.
"""
import fcntl
import http.client
import json
import os
import pathlib
import subprocess

import harness

FOLDER = harness.ROOT / "build" / "envoy"
PROGRAM = pathlib.Path(os.environ.get("REASONWATCH_ENVOY", FOLDER / "bin" / "envoy"))


def skip_unless_installed():
    if PROGRAM.exists():
        return
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    # If several tests run at the same time, one fetches it.
    with open(FOLDER.parent / "envoy.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            done = subprocess.run([harness.ROOT / "tools" / "install_envoy", FOLDER],
                                  capture_output=True, text=True, timeout=240, check=False)
        except subprocess.TimeoutExpired:
            harness.skip("the download of Envoy did not end")
    if done.returncode != 0:
        harness.skip((done.stderr.strip().splitlines() or ["install_envoy failed"])[-1])


class Envoy(harness.Process):
    """`edit` maps the configuration that `reasonwatch envoy` wrote to the one that is run."""

    def __init__(self, folder, upstream, tap, *flags, edit=None):
        self.port, admin = harness.free_ports(2)
        self.admin = f"http://127.0.0.1:{admin}"
        self.config = pathlib.Path(folder) / f"envoy-{self.port}.yaml"
        command = [harness.BINARY, "envoy", "--upstream", upstream, "--tap", tap,
                   "--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{admin}",
                   "--envoy", PROGRAM, "--out", self.config, *flags]
        if edit is None:
            command.append("--run")
        else:
            subprocess.run(list(map(str, command)), check=True, timeout=60)
            self.config.write_text(edit(self.config.read_text()))
            command = [PROGRAM, "-c", self.config, "-l", "warning", "--disable-hot-restart"]
        super().__init__(command, pathlib.Path(folder) / f"envoy-{self.port}.log")
        try:
            harness.wait_for("Envoy", self.is_ready, 60)
        except BaseException:
            self.kill()
            raise

    def is_ready(self):
        if self.popen.poll() is not None:
            raise AssertionError(f"Envoy ended: {self.text()[-2000:]}")
        return harness.http(self.admin + "/ready")[0] == 200

    def statistic(self, name):
        text = harness.http(f"{self.admin}/stats?filter={name}&format=json")[1]
        return sum(s.get("value", 0) for s in json.loads(text)["stats"])


class Client:
    """One connection to a chat server; not thread-safe."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def start(self, number, request, headers=None, path="/v1/chat/completions"):
        """Returns the answer with its body unread."""
        self.connection.request("POST", path, json.dumps(request), {
            "content-type": "application/json", "x-row": str(number), **(headers or {})})
        return self.connection.getresponse()

    def ask(self, number, request, headers=None, path="/v1/chat/completions"):
        """Returns (status, body)."""
        answer = self.start(number, request, headers, path)
        return answer.status, answer.read()
