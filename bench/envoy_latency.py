#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the effect of the ext_proc tap on the clients of an Envoy.

    bench/envoy_latency.py PATH/TO/reasonwatch [--pairs 6] [--block 200] [--seconds 30]
        [--states present killed stopped]

Two Envoys serve the same model: one as `reasonwatch envoy` writes it, one without
the filter. Blocks of requests without (A) and with it (B) alternate, beginning and ending
with A, for each state of the tap: present, killed (anew in each block, in the middle of
it) and stopped (SIGSTOP). A pair is a B and the mean of the As beside it. Prints the mean
difference over the pairs with its 95 % interval, for p50 and p99, of whole and of streamed
responses. Last, long streams run for --seconds beside a stopped tap. A request that
fails, or whose body is not whole, ends the run.
"""
import argparse
import concurrent.futures
import contextlib
import multiprocessing
import os
import pathlib
import re
import signal
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "bench"))
import envoy_server  # noqa: E402
import fake_openai  # noqa: E402
import harness  # noqa: E402
from live_latency import T  # noqa: E402

TEXT = "a word and " * 50
ROWS = [{"id": "whole", "model": "m", "content": TEXT},
        {"id": "stream", "model": "m", "content": TEXT, "stream": True, "step": 19,
         "pause": .001},
        {"id": "long", "model": "m", "content": "word " * 100_000, "stream": True,
         "step": 2000, "pause": .1}]
NAMES = ("whole", "streamed")
STATES = ("present", "killed", "stopped")


def serve(pipe):
    with fake_openai.FakeOpenAi(ROWS) as server:
        pipe.send(server.url)
        signal.pause()


@contextlib.contextmanager
def upstream():
    """A server in a process of its own, so that it shares no lock with the clients."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    url = ours.recv()
    try:
        yield type("Upstream", (), {"url": url})
    finally:
        process.terminate()
        process.join()


def ask(client, number):
    """Latency in ms of one request, which must not fail."""
    began = time.monotonic()
    status, body = client.ask(number, {"model": "m", "messages": [
        {"role": "user", "content": "2+2?"}]})
    took = 1000 * (time.monotonic() - began)
    if status != 200 or not (body.endswith(b"}") or body.endswith(b"[DONE]\n\n")):
        raise AssertionError(f"a client noticed: {status}, {len(body)} bytes")
    return took


def block(envoy, number, count, in_the_middle=None):
    with envoy_server.Client(envoy.port) as client:
        ask(client, number)  # connects
        latencies = []
        for i in range(count):
            if in_the_middle is not None and i == count // 2:
                in_the_middle()
            latencies.append(ask(client, number))
        return latencies


def quantiles(latencies):
    cuts = statistics.quantiles(latencies, n=100, method="inclusive")
    return cuts[49], cuts[98]


def interval(values):
    half = T[len(values) - 1] * statistics.stdev(values) / len(values) ** .5
    return statistics.mean(values), half


class Tap:
    """The daemon on one port, in the state that a block asks for."""

    def __init__(self, folder):
        self.folder = folder
        self.address = f"127.0.0.1:{harness.free_ports(1)[0]}"
        self.daemon = None
        self.be("present")

    def be(self, state):
        if self.daemon is not None and state != "present":
            if state == "stopped":
                os.kill(self.daemon.popen.pid, signal.SIGSTOP)
            elif state == "killed":
                self.daemon.kill()
                self.daemon = None
            return
        if self.daemon is None:
            text = harness.config(self.folder).replace("127.0.0.1:0", self.address, 1)
            self.daemon = harness.Daemon(self.folder, text)
        os.kill(self.daemon.popen.pid, signal.SIGCONT)


def measure(state, tap, without, beside, options):
    for number, name in enumerate(NAMES):
        rows = []
        count = options.block * (1 if ROWS[number].get("stream") else 20)

        def plain(number=number, rows=rows, count=count):
            rows.append(quantiles(block(without, number, count)))
        plain()
        for _ in range(options.pairs):
            tap.be("present")
            time.sleep(1.5)  # Envoy connects again
            if state == "stopped":
                tap.be(state)
            middle = (lambda: tap.be("killed")) if state == "killed" else None
            rows.append(quantiles(block(beside, number, count, middle)))
            tap.be("present")
            plain()
        line = [f"{state:8} {name:9}"]
        for which, label in enumerate(("p50", "p99")):
            values = [row[which] for row in rows]
            base = statistics.mean(values[0::2])
            mean, half = interval([values[i] - (values[i - 1] + values[i + 1]) / 2
                                   for i in range(1, len(values), 2)])
            line.append(f"{label} {base:7.2f} ms {mean:+6.2f} ± {half:5.2f} ms")
        print("  ".join(line), flush=True)


def long_streams(tap, envoy, seconds):
    tap.be("present")
    tap.be("stopped")
    done = 0
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def one():
        nonlocal done
        while time.monotonic() < until:
            with envoy_server.Client(envoy.port) as client:
                ask(client, 2)
            with lock:
                done += 1
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        for asked in [pool.submit(one) for _ in range(20)]:
            asked.result()
    tap.be("present")
    print(f"stopped  {done} long streams in {seconds} s, 20 at once: none failed")


def without_filter(text):
    return re.sub(r"(?s)          - name: envoy.filters.http.ext_proc\n.*?(?=          - name: )",
                  "", text)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--block", type=int, default=200,
                        help="streamed responses; there are 20 times as many whole ones")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--states", nargs="+", choices=STATES, default=STATES)
    options = parser.parse_args()
    envoy_server.skip_unless_installed()
    with contextlib.ExitStack() as cleanup:
        folder = cleanup.enter_context(harness.temporary_folder())
        server = cleanup.enter_context(upstream())
        tap = Tap(pathlib.Path(folder))
        cleanup.callback(lambda: tap.daemon and tap.daemon.kill())
        beside = cleanup.enter_context(envoy_server.Envoy(folder, server.url, tap.address))
        without = cleanup.enter_context(envoy_server.Envoy(
            folder, server.url, tap.address, edit=without_filter))
        print("p50 and p99 without the filter, and the difference with it")
        for state in options.states:
            measure(state, tap, without, beside, options)
        if "stopped" in options.states:
            long_streams(tap, beside, options.seconds)


if __name__ == "__main__":
    main()
