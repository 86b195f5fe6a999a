# SPDX-License-Identifier: Apache-2.0
"""llama.cpp's server on a free loopback port, for tests that need a real one.

REASONWATCH_LLAMA_SERVER names a folder that tools/install_llama_server made;
without it one is made under build/ at the first use.
"""
import fcntl
import os
import pathlib
import subprocess
import tempfile
import urllib.request

import harness

FOLDER = pathlib.Path(os.environ.get("REASONWATCH_LLAMA_SERVER",
                                     harness.ROOT / "build" / "llama-server"))
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def install():
    """Returns None, or the reason why there is no server. Fetches it at the first use."""
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    # If several tests run at the same time, one fetches it.
    with open(FOLDER.parent / "llama-server.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            done = subprocess.run([harness.ROOT / "tools" / "install_llama_server", FOLDER],
                                  capture_output=True, text=True, timeout=240, check=False)
        except subprocess.TimeoutExpired:
            return "the download did not end"
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["install_llama_server failed"])[-1]
    return None


def skip_unless_installed():
    why = install()
    if why:
        harness.skip(why)


def tool(name, *arguments):
    """Runs llama-quantize or another of the tools."""
    subprocess.run([FOLDER / "run", name, *map(str, arguments)], check=True, timeout=240,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class LlamaServer(harness.Process):
    """Serves a GGUF file; `flags` are llama-server's own. Use in a `with` block;
    it ends by its own process id. url: http://127.0.0.1:PORT"""

    def __init__(self, model, *flags, alias="reasoner", slots=2, context=4096, log=None):
        self.port = harness.free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.alias = alias
        self._own_log = None
        if log is None:
            self._own_log = tempfile.NamedTemporaryFile(prefix="rw-llama-", suffix=".log")
            log = self._own_log.name
        super().__init__(
            [FOLDER / "run", "llama-server", "-m", model, "--host", "127.0.0.1", "--port",
             self.port, "-c", context, "-np", slots, "-t", 1, "--alias", alias, "--metrics",
             "--slots", "--no-webui", *flags], log)
        try:
            harness.wait_for("llama-server", self._ready, 120)
        except BaseException:
            self.kill()
            raise

    def _ready(self):
        if self.popen.poll() is not None:
            raise AssertionError(f"llama-server ended: {self.text()[-2000:]}")
        return harness.http(self.url + "/health")[0] == 200

    def post(self, path, body, timeout=120):
        return harness.post(self.url + path, body, timeout)
