#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays recorded real traffic and compares the findings byte for byte.

Usage: golden_scenarios.py NEW [OLD] [--golden DIR] [--save DIR] [--data DIR]
                           [--only ID ...] [--jobs N]

NEW and OLD are two builds of reasonwatch; in OLD's place --golden DIR gives
findings that an earlier run has stored with --save DIR, so that a comparison
runs one program only. The scenarios are those of ../shared/data/dev, beside
the repository; if they are absent, the exit status is 77 (skipped).
Exit status: 0 if all findings are the same, 1 if any differ or a replay
failed, 2 for bad usage.
"""
import argparse
import concurrent.futures
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared"
SKIPPED = 77


def load_scorer():
    """The scorer of the recordings knows how a scenario's rows are made."""
    spec = importlib.util.spec_from_file_location(
        "score_scenarios", SHARED / "tools" / "score_scenarios.py")
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    return scorer


def write_inputs(scorer, data, scenario, folder):
    stream = [json.loads(line) for line in (data / scenario["stream"]).read_text().splitlines()]
    rows = scorer.load_rows(data, {s["file"] for s in stream})
    with (open(folder / "baseline.jsonl", "w", encoding="utf-8") as baseline,
          open(folder / "live.jsonl", "w", encoding="utf-8") as live):
        for s in stream:
            row = scorer.observation(rows[s["uid"]], s["seq"], scenario, s["phase"])
            out = baseline if s["phase"] == "baseline" else live
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def replay(binary, folder):
    """Returns the findings, or the reason why there are none."""
    out = folder / "findings.jsonl"
    done = subprocess.run([binary, "replay", "--baseline", folder / "baseline.jsonl", "--live",
                           folder / "live.jsonl", "--findings", out],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, f"exit {done.returncode}: {done.stderr.strip()[-200:]}"
    return out.read_bytes(), ""


def stored(folder, name):
    path = folder / f"{name}.jsonl"
    return (path.read_bytes(), "") if path.is_file() else (None, f"no {path}")


def first_difference(new, old):
    pairs = zip(new.splitlines() + [b"(end)"], old.splitlines() + [b"(end)"])
    for number, (mine, its) in enumerate(pairs, 1):
        if mine != its:
            at = next((i for i, (a, b) in enumerate(zip(mine, its)) if a != b), 0)
            begin = max(0, at - 40)
            return (f"line {number}, column {at + 1}: ...{mine[begin:at + 40].decode()}... "
                    f"was ...{its[begin:at + 40].decode()}...")
    return "the ends of the lines"


def compare(options, scorer, data, scenario):
    """Returns the scenario's name, findings, opened ones, and the result of the comparison."""
    name = scenario["id"]
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        folder = pathlib.Path(folder)
        write_inputs(scorer, data, scenario, folder)
        new, error = replay(options.new, folder)
        if new is None:
            return name, 0, 0, error
        if options.save:
            (options.save / f"{name}.jsonl").write_bytes(new)
        opened = sum(json.loads(line)["event"] == "opened" for line in new.splitlines())
        figures = name, len(new.splitlines()), opened
        if options.old is None and options.golden is None:
            return *figures, "stored"
        old, error = (replay(options.old, folder) if options.old else
                      stored(options.golden, name))
        if old is None:
            return *figures, error
        return *figures, "same" if new == old else first_difference(new, old)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("old", type=pathlib.Path, nargs="?")
    parser.add_argument("--golden", type=pathlib.Path)
    parser.add_argument("--save", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=SHARED / "data" / "dev")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    if not (options.old or options.golden or options.save):
        parser.error("nothing to compare with: OLD, --golden or --save")
    if not (options.data / "scenarios.json").is_file():
        print(f"skipped: no recordings in {options.data}")
        return SKIPPED
    scenarios = [s for s in json.loads((options.data / "scenarios.json").read_text())
                 if not options.only or any(o in s["id"] for o in options.only)]
    if not scenarios:
        parser.error("no scenario matches")
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
    scorer = load_scorer()
    failed = 0
    print(f"{'scenario':40} findings  opened  compared")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, findings, opened, how in pool.map(
                lambda s: compare(options, scorer, options.data, s), scenarios):
            failed += how not in ("same", "stored")
            print(f"{name:40} {findings:8} {opened:7}  {how}", flush=True)
    print(f"{len(scenarios)} scenarios, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
