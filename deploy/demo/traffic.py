#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The users of the demo: problems in words for the tiny model of tests/model.

  traffic.py --write FOLDER                 problems with answers, for the baseline
  traffic.py --ask URL [--seconds S]        asks one every S seconds, for ever

Half of the questions are of the baseline, half are new; a server that is away is asked
again.
"""
import argparse
import json
import pathlib
import random
import sys
import time
import urllib.request

# In the container the model's folder is mounted at the root.
HERE = pathlib.Path(__file__).resolve()
sys.path += ["/model", str(HERE.parents[2] / "tests/model")] if len(HERE.parents) > 2 else ["/model"]
import problems  # noqa: E402

COUNT = 60  # problems of the baseline; 8 answers each take the tiny model some minutes


def baseline():
    return problems.problems(1, COUNT, held_out=True)


def write(folder):
    rows = [{"question": p.question, "answer": str(p.answer)} for p in baseline()]
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "system_prompt.txt").write_text(problems.SYSTEM_PROMPT)


def ask(url, question, rng):
    body = {"model": "reasoner", "temperature": 0.6, "max_tokens": 192,
            "seed": rng.randrange(1 << 30),
            "messages": [{"role": "system", "content": problems.SYSTEM_PROMPT},
                         {"role": "user", "content": question}]}
    request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(body).encode(),
                                     {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--ask")
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--count", type=int, default=0, help="end after so many (0: never)")
    options = parser.parse_args()
    if options.write:
        write(options.write)
        return
    rng = random.Random()
    known = baseline()
    asked = 0
    while not options.count or asked < options.count:
        problem = rng.choice(known) if rng.random() < 0.5 else problems.make(rng)
        try:
            ask(options.ask, problem.question, rng)
            asked += 1
        except (OSError, ValueError, KeyError) as error:
            print("no answer:", error, flush=True)
        time.sleep(options.seconds)


if __name__ == "__main__":
    main()
