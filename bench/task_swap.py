#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the false alarms when healthy traffic moves to another kind of task.

Usage: task_swap.py --bin PATH/TO/reasonwatch --data DIR [--seeds N] [--jobs N] [--list]

DIR holds recorded rows as JSON lines with model, version, task, problem_id, prompt and response.
The reference of a run is one group of tasks of a recorded model; live come its held-out problems
and then another group of the same model and version. Nothing about the model changes, so each
alarm is false. Prints the runs with an alarm, and how many of those opened after the move.
Exit status: 0 if every run was made, or if DIR is absent; 1 if a replay failed.
"""
import argparse
import collections
import concurrent.futures
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

MIN_ROWS = 60  # of a group: under 40 in a reference most channels ask nothing
MAX_ROWS = 400
KINDS = {"bool": "boolean", "numeric": "number", "math": "math", "mc": "choice", "exact": "text"}


def groups_of(data):
    """{(model, version): {group: rows}} of the groups that are large enough."""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    for path in sorted(data.glob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            if not {"model", "version", "task", "prompt", "response"} <= row.keys():
                continue
            group = f"{row['dataset']}/{row['task'].split('/')[0]}"
            groups[row["model"], row["version"]][group].append(row)
    return {model: {name: rows for name, rows in found.items() if len(rows) >= MIN_ROWS}
            for model, found in groups.items()}


def recorded(row, number, with_problem):
    day, rest = divmod(number * 60, 86400)
    out = {"id": str(number), "model": "model", "route": "default", "prompt": row["prompt"],
           "content": row["response"] or "",
           "time": f"2026-01-{day + 1:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"}
    if (row.get("meta") or {}).get("delivery") == "split" and row.get("reasoning") is not None:
        out["reasoning"] = row["reasoning"]
    kind = KINDS.get(row.get("answer_type"))
    if with_problem and kind and row.get("gold") is not None:
        out["problem"] = {"id": row["problem_id"], "answer": str(row["gold"]), "answer_kind": kind}
    return json.dumps(out, ensure_ascii=False)


def cut(rows, rng):
    """Reference and held-out rows: all rows of a problem are on one side."""
    problems = sorted({row["problem_id"] for row in rows})
    rng.shuffle(problems)
    held_out = set(problems[:len(problems) * 2 // 5])
    rows = list(rows)
    rng.shuffle(rows)
    return ([r for r in rows if r["problem_id"] not in held_out][:MAX_ROWS],
            [r for r in rows if r["problem_id"] in held_out][:MAX_ROWS])


def run(job):
    binary, name, seed, reference_rows, other_rows = job
    rng = random.Random(f"{name} {seed}")
    reference, held_out = cut(reference_rows, rng)
    moved = list(other_rows)
    rng.shuffle(moved)
    live = held_out + moved[:MAX_ROWS]
    with tempfile.TemporaryDirectory(prefix="task-swap-") as folder:
        paths = [pathlib.Path(folder, p) for p in ("baseline.jsonl", "live.jsonl", "found.jsonl")]
        paths[0].write_text("".join(recorded(r, i, True) + "\n" for i, r in enumerate(reference)),
                            encoding="utf-8")
        paths[1].write_text("".join(recorded(r, len(reference) + i, False) + "\n"
                                    for i, r in enumerate(live)), encoding="utf-8")
        done = subprocess.run([binary, "replay", "--baseline", paths[0], "--live", paths[1],
                               "--findings", paths[2]], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return name, seed, None
        found = [json.loads(line) for line in paths[2].open(encoding="utf-8")]
    move = len(reference) + len(held_out)
    return name, seed, [(int(f["id"]) - move + 1, f["signal"], f["causes"][0]["cause"])
                        for f in found if f["event"] == "opened"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print each run with an alarm")
    args = parser.parse_args()
    if not args.data.is_dir():
        print(f"skipped: no recorded rows in {args.data}")
        return 0
    jobs = [(args.bin, f"{model} {version}: {a} to {b}", seed, groups[a], groups[b])
            for (model, version), groups in sorted(groups_of(args.data).items())
            for a, b in itertools.permutations(sorted(groups), 2) for seed in range(args.seeds)]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(run, jobs))
    failed = [name for name, _, found in results if found is None]
    alarmed = [(name, seed, found) for name, seed, found in results if found]
    after = [found for _, _, found in alarmed if any(at > 0 for at, _, _ in found)]
    signals = collections.Counter(s for _, _, found in alarmed for s in {s for _, s, _ in found})
    if args.list:
        for name, seed, found in alarmed:
            print(f"{name} (seed {seed}): " + ", ".join(f"{s}@{at} [{c}]" for at, s, c in found))
    print(f"{len(alarmed)} of {len(results)} runs with an alarm, {len(after)} of them after the "
          f"move: " + ", ".join(f"{s} {n}" for s, n in signals.most_common()))
    if failed:
        print(f"{len(failed)} replays failed, the first: {failed[0]}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
