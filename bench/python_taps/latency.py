#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the effect of the Python taps on the clients of their hosts.

    bench/python_taps/latency.py [--host asgi|litellm] [--pairs 20] [--requests 128]
                                 [--concurrent 4]
                                 [--states present,stopped,dead]

Two servers run the same application, one without the tap and one with it, on the same CPU.
Blocks of streamed requests go to them in turn, A B A B ... A; a pair is a B and the mean of
the As beside it. In the state "present" a daemon takes the rows (a stub that reads them and
answers), in "stopped" it has SIGSTOP, in "dead" nobody listens. Prints the mean difference
of p50 and p99 over the pairs with its 95 % interval, of whole requests and of the gaps
between pieces, the CPU time of the server for a request, and how many requests failed.
"""
import argparse
import asyncio
import collections
import contextlib
import json
import math
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "clients" / "python" / "tests"
sys.path[:0] = [str(TESTS / "real"), str(TESTS)]
import programs  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
Load = collections.namedtuple("Load", "requests concurrent")
PROMPT = "how many primes are below a thousand, and why " * 4
DAEMON = """
import stub, time
daemon = stub.Stub()
print(daemon.port, flush=True)
while True:
    time.sleep(.5)
    daemon.rows.clear(); daemon.posts.clear()
"""


async def one(port, model, found):
    """Sends a streamed request; appends (seconds, gaps), or the reason why it failed."""
    body = json.dumps({"model": model, "stream": True,
                       "messages": [{"role": "user", "content": PROMPT}]}).encode()
    began = time.perf_counter()
    gaps, data = [], b""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                     + body)
        last = time.perf_counter()
        while piece := await reader.read(65536):
            now = time.perf_counter()
            gaps.append(1000 * (now - last))
            last, data = now, data + piece
        writer.close()
        if b" 200 " not in data[:20] or b"[DONE]" not in data:
            raise OSError("no whole stream")
    except OSError as error:
        found.append(f"{error!r} after {len(gaps)} pieces: {data[-200:]}")
        return
    found.append((1000 * (time.perf_counter() - began), gaps))


async def block(port, model, load):
    found = []

    async def client(number):
        for _ in range(number):
            await one(port, model, found)
    await asyncio.gather(*(client(load.requests // load.concurrent)
                           for _ in range(load.concurrent)))
    return found


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def measure(server, model, load):
    """Figures of one block."""
    used = cpu_seconds(server.popen.pid)
    found = asyncio.run(block(int(server.url.rsplit(":", 1)[1]), model, load))
    time.sleep(.6)  # rows that the tap still has to send belong to this block
    good = [each for each in found if isinstance(each, tuple)]
    failures = [each for each in found if not isinstance(each, tuple)]
    if failures:
        print(f"  port {server.url}: {failures[:2]}", flush=True)
    gaps = [gap for _, gaps in good for gap in gaps[1:]]
    whole = [seconds for seconds, _ in good]
    return {"failed": len(failures), "p50": quantile(whole, .5),
            "p99": quantile(whole, .99), "gap p50": quantile(gaps, .5),
            "gap p99": quantile(gaps, .99),
            "cpu": 1000 * (cpu_seconds(server.popen.pid) - used) / len(found)}


def interval(values):
    mean = statistics.mean(values)
    if len(values) < 2:
        return mean, math.nan, math.nan
    half = 2.1 * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


class Daemon:
    """The stub in a process of its own."""

    def __init__(self, folder):
        self.log = folder / "daemon.log"
        with open(self.log, "wb") as out:
            self.popen = subprocess.Popen([sys.executable, "-c", DAEMON], stdout=out, cwd=TESTS,
                                          stderr=subprocess.DEVNULL)
        while not self.log.read_text().strip():
            time.sleep(.05)
        self.url = "http://127.0.0.1:" + self.log.read_text().strip()

    def enter(self, state):
        if state == "stopped":
            os.kill(self.popen.pid, signal.SIGSTOP)
        elif state == "dead":
            self.end()

    def end(self):
        self.popen.kill()
        self.popen.wait()


def servers(host, folder, held, url):
    """(without the tap, with it, name of the model)."""
    last = {max(os.sched_getaffinity(0))}
    stream = {"STREAM_MS": "5", "STREAM_PIECES": "10"}
    if host == "asgi":
        return [held.enter_context(programs.model_server(
            folder / f"{tap}.log", url, tap=tap, cpus=last, **stream))
            for tap in (False, True)], "rc"
    upstream = held.enter_context(programs.model_server(folder / "up.log", tap=False, **stream))
    made = []
    for tap in (False, True):
        home = folder / str(tap)
        home.mkdir()
        made.append(held.enter_context(programs.litellm_proxy(
            home, upstream.url, url, callback=tap, models=("rc",), cpus=last)))
    return made, "rc"


def run_state(host, state, pairs, load):
    with contextlib.ExitStack() as held:
        folder = pathlib.Path(held.enter_context(tempfile.TemporaryDirectory()))
        daemon = Daemon(folder)
        held.callback(daemon.end)
        (plain, tapped), model = servers(host, folder, held, daemon.url)
        for server in (plain, tapped):
            measure(server, model, load)
        daemon.enter(state)
        before = measure(plain, model, load)
        found, usual = {}, {}
        failed, failed_without = 0, before.pop("failed")
        for _ in range(pairs):
            during = measure(tapped, model, load)
            after = measure(plain, model, load)
            failed += during.pop("failed")
            failed_without += after.pop("failed")
            for key, value in during.items():
                beside = (before[key] + after[key]) / 2
                usual.setdefault(key, []).append(beside)
                found.setdefault(key, []).append(value - beside)
            before = after
        counts = (json.loads(programs.get(tapped.url + "/counts")) if host == "asgi" else {})
    print(f"{host}, daemon {state}: {pairs} pairs of {load.requests} requests, {failed} "
          f"failed, {failed_without} without the tap; {counts}")
    for key, values in found.items():
        mean, low, high = interval(values)
        base, middle = statistics.mean(usual[key]), statistics.median(values)
        print(f"  {key}: {base:.2f} ms without; with the tap {mean:+.2f} ms ({low:+.2f} to "
              f"{high:+.2f}), {100 * mean / base:+.1f} % ({100 * low / base:+.1f} to "
              f"{100 * high / base:+.1f}); median {middle:+.2f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", choices=("asgi", "litellm"), default="asgi")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--requests", type=int, default=128)
    parser.add_argument("--concurrent", type=int, default=4,
                        help="a LiteLLM proxy is busy with one")
    parser.add_argument("--states", default="present,stopped,dead")
    options = parser.parse_args()
    programs.install_or_skip()
    load = Load(options.requests, options.concurrent)
    for state in options.states.split(","):
        run_state(options.host, state, options.pairs, load)


if __name__ == "__main__":
    main()
