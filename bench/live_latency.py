#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the effect of re-scoring on the live requests of the server that it asks.

    bench/live_latency.py PATH/TO/reasonwatch [--pairs 10] [--block 64]
                          [--rate 12] [--tokens 192]

The tiny model of tests/model runs behind llama.cpp's server. Live requests arrive at
random (exponential gaps, the same in every block); the daemon asks canaries as often
as its gate and its default budget allow. Blocks without the daemon (A) and with it (B)
alternate, beginning and ending with A. A pair is a B and the mean of the As beside it.
Prints the mean difference over the pairs with its 95 % interval, for p50 and p99. A
daemon that wakes after a block without asks at once, so a block holds slightly more
questions than its share.

Two other effects on p99 would hide this one, and are excluded. Every block asks the
same problems, which the server has seen before the first block, because a prompt that
it has not cached costs a third more. And the server has a CPU to itself, apart from
the clients and the daemon, if the machine has two.
"""
import argparse
import concurrent.futures
import contextlib
import math
import os
import pathlib
import random
import signal
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import campaign  # noqa: E402
import harness  # noqa: E402
import llama_server  # noqa: E402
import real_model  # noqa: E402

# Student's t, 97.5 %, by degrees of freedom.
T = {1: 12.7, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 10: 2.23,
     11: 2.20, 12: 2.18, 13: 2.16, 14: 2.14, 15: 2.13, 16: 2.12, 17: 2.11, 18: 2.10, 19: 2.09}


def block(server, asked, rate, seconds, tokens, workers):
    """Latencies in ms of requests sent on a fixed schedule."""
    chance = random.Random(1)
    schedule = [0.0]
    while schedule[-1] < seconds:
        schedule.append(schedule[-1] + chance.expovariate(rate))
    began = time.monotonic()

    def one(i):
        due = began + schedule[i]
        time.sleep(max(0, due - time.monotonic()))
        sent = time.monotonic()
        real_model.ask(server, asked[i % len(asked)], seed=i, max_tokens=tokens)
        return 1000 * (time.monotonic() - sent)
    return list(workers.map(one, range(len(schedule) - 1)))


@contextlib.contextmanager
def server_alone():
    """Starts the server on the last CPU; later children of this process use the others."""
    usual = os.sched_getaffinity(0)
    last = {max(usual)}
    with contextlib.ExitStack() as held:
        os.sched_setaffinity(0, last)
        server = held.enter_context(real_model.start(slots=4))
        os.sched_setaffinity(0, usual - last or usual)
        yield server


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def interval(values):
    mean = statistics.mean(values)
    if len(values) < 2:
        return mean, math.nan, math.nan
    half = T.get(len(values) - 1, 2.0) * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--block", type=float, default=64, help="seconds")
    parser.add_argument("--rate", type=float, default=12, help="live requests a second")
    parser.add_argument("--tokens", type=int, default=192, help="of a live answer, at most")
    options = parser.parse_args()
    llama_server.skip_unless_installed()
    known = real_model.problems.problems(7, 40)
    asked = real_model.problems.problems(8, min(200, int(options.rate * options.block)))
    with server_alone() as server, harness.temporary_folder() as folder, \
            concurrent.futures.ThreadPoolExecutor(16) as workers:
        rows = campaign.record(server, [campaign.Turn(p, [], 1) for p in known * 2], 7)
        base = harness.write_rows(pathlib.Path(folder) / "baseline.jsonl",
                                  campaign.stamped(rows, time.time() - 86400, "b", solved=True))
        config = harness.config(folder, more=f"""\
baseline: {{path: {base}, canaries: {{per_hour: 1200}}}}
rescore: {{endpoint: "{server.url}", metrics_url: "{server.url}/metrics"}}
""")
        with harness.Daemon(folder, config) as daemon:
            def samples():
                return daemon.metrics().get("reasonwatch_rescore_samples_total", 0)
            harness.wait_for("canaries", samples, 90, pause=.5)
            os.kill(daemon.popen.pid, signal.SIGSTOP)
            block(server, asked, options.rate, 2 * len(asked) / options.rate, options.tokens,
                  workers)
            before = block(server, asked, options.rate, options.block, options.tokens,
                           workers)
            found = {.5: [], .99: []}
            usual = {.5: [], .99: []}
            canaries = 0
            for _ in range(options.pairs):
                os.kill(daemon.popen.pid, signal.SIGCONT)
                began = samples()
                during = block(server, asked, options.rate, options.block, options.tokens,
                           workers)
                canaries += samples() - began
                os.kill(daemon.popen.pid, signal.SIGSTOP)
                time.sleep(1)
                after = block(server, asked, options.rate, options.block, options.tokens,
                           workers)
                print(f"p99 without {quantile(before, .99):.1f}, with "
                      f"{quantile(during, .99):.1f}, without {quantile(after, .99):.1f} ms",
                      flush=True)
                for q in found:
                    beside = (quantile(before, q) + quantile(after, q)) / 2
                    usual[q].append(beside)
                    found[q].append(quantile(during, q) - beside)
                before = after
            os.kill(daemon.popen.pid, signal.SIGCONT)
            daemon.stop()
    print(f"{options.pairs} pairs, {canaries:.0f} canaries in the blocks with re-scoring")
    for q, values in found.items():
        mean, low, high = interval(values)
        usually = statistics.mean(usual[q])
        print(f"p{100 * q:g}: {usually:.1f} ms without; with re-scoring {mean:+.1f} ms "
              f"({low:+.1f} to {high:+.1f}), {100 * mean / usually:+.1f} % "
              f"({100 * low / usually:+.1f} to {100 * high / usually:+.1f})")


if __name__ == "__main__":
    main()
