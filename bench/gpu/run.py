#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Everything that needs a GPU, in one command.

    bench/gpu/run.py PATH/TO/reasonwatch [--weights FOLDER] [--pairs 10] [--rate 12]

vLLM serves a model on the GPU (the tiny one of tests/model, or a folder in Hugging Face's
layout). Measured: answers a second with 1, 8 and 64 at once; the p50 and p99 of live requests
with and without re-scoring (A/B/A blocks, 95 % interval over the pairs); and how soon two runs
at the same seeds part, for the same weights again, for the weights in fp8, and for a cache in
fp8. Prints the rows of docs/gpu.md. Without a GPU, or without vLLM, it says so and exits 77.

REASONWATCH_VLLM names the folder of vLLM (tools/install_vllm); a `vllm` on the PATH will do.
"""
import argparse
import concurrent.futures
import contextlib
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import audit_reach  # noqa: E402
import harness  # noqa: E402
import live_latency  # noqa: E402
import real_model  # noqa: E402
import vllm_server  # noqa: E402

problems = real_model.problems
SLOTS = (1, 8, 64)


def gpu():
    """Returns the name of the first GPU, or None."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    done = subprocess.run([tool, "--query-gpu=name,driver_version", "--format=csv,noheader"],
                          capture_output=True, text=True, timeout=60, check=False)
    names = done.stdout.strip().splitlines()
    return names[0] if done.returncode == 0 and names else None


def find_vllm():
    """Returns whether there is a vLLM; takes that of the PATH if none was installed."""
    if (vllm_server.FOLDER / "bin" / "vllm").exists():
        return True
    found = shutil.which("vllm")
    if found is None:
        return False
    vllm_server.FOLDER = pathlib.Path(found).resolve().parents[1]
    return True


def throughput(server, asked):
    for slots in SLOTS:
        count = 20 * slots
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(slots) as pool:
            list(pool.map(lambda i: real_model.ask(server, asked[i % len(asked)], seed=i),
                          range(count)))
        print(f"| answers a second, {slots} at once | "
              f"{count / (time.monotonic() - began):.1f} |", flush=True)


def latency(server, asked, flags):
    """Blocks without and with a daemon that asks canaries, in turn."""
    with contextlib.ExitStack() as held:
        workers = held.enter_context(concurrent.futures.ThreadPoolExecutor(64))
        folder = pathlib.Path(held.enter_context(harness.temporary_folder()))
        rows = [real_model.recorded(real_model.ask(server, p, temperature=.5, seed=i), f"b{i}")
                for i, p in enumerate(asked)]
        harness.write_rows(folder / "baseline.jsonl", rows)
        config = harness.config(folder, more=f"""\
baseline: {{path: {folder}/baseline.jsonl, canaries: {{per_hour: 1200}}}}
rescore: {{endpoint: "{server.url}", metrics_url: "{server.url}/metrics"}}
""")

        def block():
            took = live_latency.block(server, asked, flags.rate, flags.block, 192, workers)
            took.sort()
            return took[len(took) // 2], took[int(len(took) * .99)]
        block()
        before, pairs = block(), []
        for _ in range(flags.pairs):
            with harness.Daemon(folder, config) as daemon:
                during = block()
                daemon.stop()
            after = block()
            pairs.append([100 * (2 * d / (a + b) - 1) for a, d, b in zip(before, during, after)])
            before = after
    for name, values in zip(("p50", "p99"), zip(*pairs)):
        mean = statistics.mean(values)
        half = (live_latency.T.get(len(values) - 1, 1.96) * statistics.stdev(values) /
                len(values) ** .5)
        print(f"| live requests with re-scoring, {name} | {mean:+.1f} % "
              f"({mean - half:+.1f} to {mean + half:+.1f}) |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", nargs="?", default=harness.BINARY)
    parser.add_argument("--weights", type=pathlib.Path)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--block", type=float, default=64)
    parser.add_argument("--rate", type=float, default=12)
    flags = parser.parse_args()
    name = gpu()
    if name is None:
        harness.skip("no GPU (nvidia-smi finds none)")
    if not find_vllm():
        harness.skip(f"no vLLM in {vllm_server.FOLDER} and none on the PATH")
    if not flags.program:
        parser.error("name the program")
    harness.BINARY = flags.program
    asked = problems.problems(7, 64)
    print(f"| {name} | |\n|---|---|")
    with contextlib.ExitStack() as held:
        weights = flags.weights or vllm_server.model(
            held.enter_context(harness.temporary_folder()) + "/model")
        prompts = audit_reach.prompts(random.Random(1))
        with vllm_server.VllmServer(weights) as server:
            throughput(server, asked)
            latency(server, asked, flags)
            healthy = audit_reach.record(server, prompts)
        for changed, more in (("the same weights again", []),
                              ("weights in fp8", ["--quantization", "fp8"]),
                              ("a cache in fp8", ["--kv-cache-dtype", "fp8"])):
            with vllm_server.VllmServer(weights, *more) as server:
                print(audit_reach.row(changed, healthy, audit_reach.record(server, prompts)),
                      flush=True)


if __name__ == "__main__":
    main()
