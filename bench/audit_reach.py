#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how soon the answers of a server part from those of a healthy time, at fixed prompts
and fixed seeds.

    bench/audit_reach.py [--seeds 10]

Two samplings at one seed draw the same tokens as long as the model gives the same
probabilities. Each answer is compared up to where it parts: that is one event in so many tokens.
The rate of events is 0 for the same weights, and small for another number of threads; weights or
a cache in fewer bits have more. Asks llama.cpp's server with the tiny model: as it is, restarted,
with other threads, with Q8_0, Q4_0 and Q2_K weights and with a cache in 4 bits.
"""
import argparse
import contextlib
import json
import math
import pathlib
import random
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import harness  # noqa: E402
import llama_server  # noqa: E402
import real_model  # noqa: E402

problems = real_model.problems
PROMPTS = 64
TOKENS = 96
TEMPERATURE = 1.0  # where draws depend on every probability


def prompts(rng):
    """Returns questions of which some are no problems, so that answers are not all alike."""
    asked = [p.question for p in problems.problems(rng.getrandbits(30), PROMPTS // 2)]
    words = real_model._PROSE  # pylint: disable=protected-access
    asked += [" ".join(rng.choices(words, k=24)) + "." for _ in range(PROMPTS // 2)]
    return asked


def record(server, asked, seed=1):
    """Returns (text, tokens) of each answer, asked one after the other."""
    answers = []
    for i, question in enumerate(asked):
        status, body = harness.post(server.url + "/v1/chat/completions", {
            "model": real_model.NAME, "max_tokens": TOKENS, "temperature": TEMPERATURE,
            "top_p": 1, "seed": seed * 1000 + i, "cache_prompt": False,
            "messages": [{"role": "system", "content": problems.SYSTEM_PROMPT},
                         {"role": "user", "content": question}]})
        assert status == 200, body
        said = json.loads(body)
        answers.append((said["choices"][0]["message"]["content"] or "",
                        said["usage"]["completion_tokens"]))
    return answers


def parted(healthy, now):
    """Returns (events, tokens): how many answers part, and the tokens until they do."""
    events = tokens = 0
    for (before, count), (after, _) in zip(healthy, now):
        same = 0
        while same < min(len(before), len(after)) and before[same] == after[same]:
            same += 1
        events += before != after
        tokens += count if before == after else round(count * same / max(1, len(before)))
    return events, max(1, tokens)


def row(name, healthy, now):
    events, tokens = parted(healthy, now)
    return (f"| answers that part, {name} | {events} of {len(now)}, one in "
            f"{tokens / events if events else math.inf:.0f} tokens |")


STATES = {
    "restart": ([], None), "two threads": (["-t", "2"], None),
    "Q8_0 weights": ([], "Q8_0"), "Q4_0 weights": ([], "Q4_0"), "Q2_K weights": ([], "Q2_K"),
    "4-bit cache": (["--cache-type-k", "q4_0", "--cache-type-v", "q4_0", "-fa", "on"], None),
}


@contextlib.contextmanager
def serve(flags, weights):
    with contextlib.ExitStack() as held:
        model = real_model.MODEL
        if weights:
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="rw-audit-"))
            model = f"{folder}/{weights}.gguf"
            llama_server.tool("llama-quantize", real_model.MODEL, model, weights)
        yield held.enter_context(llama_server.LlamaServer(
            model, "--jinja", "--reasoning-format", "none", *flags, alias=real_model.NAME,
            slots=1, context=1024))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    flags = parser.parse_args()
    llama_server.skip_unless_installed()
    asked = prompts(random.Random(1))
    with serve([], None) as server:
        healthy = [record(server, asked, seed) for seed in range(flags.seeds)]
    print("| state | answers that part | tokens until one parts |\n|---|---|---|")
    for name, (more, weights) in STATES.items():
        with serve(more, weights) as server:
            found = [parted(before, record(server, asked, seed))
                     for seed, before in enumerate(healthy)]
        events, tokens = (sum(x) for x in zip(*found))
        print(f"| {name} | {events} of {len(asked) * flags.seeds} "
              f"({min(e for e, _ in found)} to {max(e for e, _ in found)} of {len(asked)}) | "
              f"{tokens / events if events else math.inf:.0f} |", flush=True)


if __name__ == "__main__":
    main()
