# SPDX-License-Identifier: Apache-2.0
"""Starts vLLM's CPU build on a free loopback port, for the tests labelled "real".

REASONWATCH_VLLM names a folder that tools/install_vllm made (build/vllm by
default); 6 GB, so it is never fetched by a test.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import harness

FOLDER = pathlib.Path(os.environ.get("REASONWATCH_VLLM", harness.ROOT / "build" / "vllm"))
QUIET = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1",
         "VLLM_CPU_KVCACHE_SPACE": "1"}


def skip_unless_installed():
    if not (FOLDER / "bin" / "vllm").exists():
        harness.skip(f"no vLLM in {FOLDER}: tools/install_vllm makes one")


def model(folder):
    """Makes a folder of the reasoner of tests/model as vLLM loads it."""
    subprocess.run([FOLDER / "bin" / "python", "-B",
                    harness.ROOT / "tests" / "model" / "to_safetensors.py", folder],
                   check=True, timeout=240)
    return folder


class VllmServer(harness.Process):
    """Serves a folder in Hugging Face's layout; `flags` are vLLM's own. Use in a
    `with` block. url: http://127.0.0.1:PORT"""

    def __init__(self, folder, *flags, alias="reasoner", context=2048, log=None):
        self.port = harness.free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._own_log = None
        if log is None:
            self._own_log = tempfile.NamedTemporaryFile(prefix="rw-vllm-", suffix=".log")
            log = self._own_log.name
        os.environ.update(QUIET)
        super().__init__(
            [FOLDER / "bin" / "python", FOLDER / "bin" / "vllm", "serve", folder,
             "--served-model-name", alias, "--host", "127.0.0.1", "--port", self.port,
             "--max-model-len", context, "--enforce-eager", "--dtype", "bfloat16", *flags], log)
        try:
            harness.wait_for("vllm", self._ready, 400, pause=1)
        except BaseException:
            print(self.text()[-3000:], file=sys.stderr)
            self.__exit__()
            raise

    def _ready(self):
        if self.popen.poll() is not None:
            raise AssertionError(f"vllm ended: {self.text()[-2000:]}")
        return harness.http(self.url + "/health")[0] == 200

    def post(self, path, body, timeout=120):
        return harness.post(self.url + path, body, timeout)

    def __exit__(self, *_):
        # SIGTERM ends its workers too, SIGKILL would leave them.
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(60)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()


def with_rope_base(folder, base, out):
    """A copy whose rope base is another one."""
    shutil.copytree(folder, out)
    config = pathlib.Path(out) / "config.json"
    said = json.loads(config.read_text())
    said["rope_theta"] = base
    config.write_text(json.dumps(said))
    return out
