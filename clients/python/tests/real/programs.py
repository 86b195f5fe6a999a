# SPDX-License-Identifier: Apache-2.0
"""Starts and asks the real programs: uvicorn, LiteLLM's proxy, the openai package.

REASONWATCH_PYTHON_HOSTS names a folder that tools/install_python_hosts made
(build/python-hosts by default); without it one is made at the first use.
"""
import fcntl
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[3]
PACKAGE = HERE.parents[1] / "src"
FOLDER = pathlib.Path(os.environ.get("REASONWATCH_PYTHON_HOSTS", ROOT / "build" / "python-hosts"))
SKIPPED = 77
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def install_or_skip():
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with open(FOLDER.parent / "python-hosts.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([ROOT / "tools" / "install_python_hosts", FOLDER],
                              capture_output=True, text=True, timeout=500, check=False)
    if done.returncode:
        skip((done.stderr.strip().splitlines() or ["tools/install_python_hosts failed"])[-1])


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def environment(**values):
    """Nothing of our own environment, so that no secret of it gets into a program."""
    return {"PATH": f"{FOLDER}/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8",
            "PYTHONPATH": f"{PACKAGE}:{HERE}", "PYTHONDONTWRITEBYTECODE": "1", **values}


def get(url):
    with DIRECT.open(url, timeout=10) as answer:
        return answer.read()


class Program:
    """A server that ends with its `with` block."""

    def __init__(self, command, log, ready, cpus=None, **values):
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=environment(**values), cwd=self.log.parent, start_new_session=True,
                preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if cpus else None)
        limit = time.monotonic() + 120
        while True:
            try:
                get(ready)
                return
            except OSError:
                if self.popen.poll() is not None or time.monotonic() > limit:
                    print(self.text()[-3000:], file=sys.stderr)
                    self.__exit__()
                    raise AssertionError(f"{command[0]} did not start") from None
                time.sleep(.05)

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self, seconds=30):
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)  # workers too
        except ProcessLookupError:
            pass
        self.popen.wait()


def model_server(log, endpoint="", tap=True, workers=1, cpus=None, app="model_app:app",
                 **values):
    """An application under uvicorn; .url is its address."""
    port = free_port()
    command = [FOLDER / "bin" / "uvicorn", app, "--host", "127.0.0.1", "--port", port,
               "--log-level", "warning",
               # A gateway's idle connection is never closed just as it is used again.
               "--timeout-keep-alive", 120]
    if workers > 1:
        command += ["--workers", workers]
    program = Program(command, log, f"http://127.0.0.1:{port}/counts", cpus,
                      TAP="1" if tap else "0", REASONWATCH_ENDPOINT=endpoint, **values)
    program.url = f"http://127.0.0.1:{port}"
    return program


def litellm_proxy(folder, upstream, endpoint, callback=True, models=("rc", "r", "think", "plain"),
                  settings="", cpus=None):
    """LiteLLM's proxy before an upstream."""
    rows = "".join(f"""
  - model_name: {name}
    litellm_params: {{model: hosted_vllm/{name}, api_base: "{upstream}/v1", api_key: up-s3cret}}"""
                   for name in models)
    callbacks = 'callbacks: ["reasonwatch.litellm.tap"], ' if callback else ""
    config = pathlib.Path(folder) / "litellm.yaml"
    config.write_text(f"model_list:{rows}\nlitellm_settings: {{{callbacks}num_retries: 0, "
                      f"drop_params: true{settings}}}\n")
    port = free_port()
    program = Program(
        [FOLDER / "bin" / "litellm", "--config", config, "--host", "127.0.0.1", "--port", port,
         "--num_workers", 1], pathlib.Path(folder) / "litellm.log",
        f"http://127.0.0.1:{port}/health/liveliness", cpus, REASONWATCH_ENDPOINT=endpoint,
        LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="ERROR")
    program.url = f"http://127.0.0.1:{port}"
    return program


def ask(url, *flags, endpoint="", timeout=120):
    """Runs ask.py; returns its report."""
    done = subprocess.run([FOLDER / "bin" / "python", HERE / "ask.py", url, *map(str, flags)],
                          capture_output=True, text=True, timeout=timeout, check=False,
                          env=environment(REASONWATCH_ENDPOINT=endpoint))
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])
