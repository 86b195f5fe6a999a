# SPDX-License-Identifier: Apache-2.0
"""Runs the whole product against a real server and a real small model. A healthy model is
degraded as an operator might do it by mistake; `reasonwatch serve` must suspect it, confirm it
by asking the server again, name the cause, and close the incident when the model is healthy
again. Harmless changes must not be confirmed.

    campaign.py PATH/TO/reasonwatch [--seeds 5] [--kinds rope,q4_0] [--jobs 6] [--folder FOLDER]
    campaign.py PATH/TO/reasonwatch --short

Degradations and harmless changes run over the same seeds. Answers are recorded from the servers
first and fed through the tap as live traffic; questions of re-scoring go to the server itself, in
the state that the traffic has. Each run has its own servers, so that the questions of another run
are not part of its load. Budget and gate are the defaults.

The healthy recordings of a seed serve all kinds of that seed; no two seeds share an answer.
--folder keeps answers and results there, so that an interrupted campaign continues, and another
build of the program asks nothing that is recorded.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import pathlib
import random
import statistics
import sys
import threading
import time

import harness
import llama_server
import real_model

problems = real_model.problems

# The first two causes must contain one of these. Fixed before the first run.
EXPECTED = {
    "thinking_off": "effort_or_thinking_switch",
    "foreign_template": "prompt_or_template_change",
    "rope": "quantization_or_weights",
    "saturated": "context_saturation",
}
HARMLESS = ("q4_0", "kv_q4_0", "temperature", "restart")
SEEDS = (101, 202, 303, 404, 505)
NEEDED = .9  # share of the degradations that must be confirmed

PROBLEMS = 60   # in the baseline
TRIALS = 3      # of each problem, as the first turn of a session
RECORDED = 150  # more rows of the baseline, mixed as live traffic is
HEALTHY = 150
DEGRADED = 150
RECOVERY = 150  # recorded; fed twice if the incident is still open
PART = 10       # rows fed at once
SOAK = 40       # degraded rows after the incident has opened
TEMPERATURE = .5
WARMER = .7     # temperature of the harmless change
LATE = (6, 9)   # turns of the questions in long sessions
WINDOW = 2048   # tokens of context, as the traffic reports it
VERDICT = 240   # seconds until a verdict must come


@dataclasses.dataclass
class Turn:
    problem: problems.Problem
    history: list
    number: int


def turns(seed, known, count, late=False):
    """Returns live traffic: half of it asks problems of the baseline, a quarter is the second
    turn of its session. With `late`, half comes late in a session, after a talk about other
    things."""
    rng = random.Random(seed)
    new = problems.problems(seed, count)
    asked = []
    for i in range(count):
        problem = rng.choice(known) if rng.random() < .5 else new[i]
        if late and rng.random() < .5:
            number = rng.randint(*LATE)
            history = real_model.turns_of_prose(number - 1, seed=seed + i)
        else:
            number = 2 if rng.random() < .25 else 1
            history = real_model.turns_of_problems(number - 1, seed=seed + i)
        asked.append(Turn(problem, history, number))
    return asked


def record(server, asked, seed, temperature=TEMPERATURE):
    def one(pair):
        i, turn = pair
        reply = real_model.ask(server, turn.problem, history=turn.history,
                               temperature=temperature, seed=seed * 10_000 + i)
        row = real_model.recorded(reply, f"{seed}-{i}", context_window=WINDOW)
        row["seconds"] = reply.ended - reply.began
        row["turn"] = turn.number
        row["correct"] = reply.correct
        return row
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, enumerate(asked)))


# By kind, the state of the server that answers while it lasts, if it is not its own.
SERVED_BY = {"saturated": "healthy", "restart": "healthy", "temperature": "healthy"}
RECORDERS = 2  # servers that answers are recorded from at once; each takes a core


class Pools:
    """Recorded answers of each state and seed, on disk."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def wanted(self, kind, seed):
        """Returns phase -> (state of the server, questions, offset of its seed, temperature)."""
        known = problems.problems(seed, PROBLEMS)
        trials = [Turn(p, [], 1) for p in known for _ in range(TRIALS)]
        trials += turns(seed + 6, known, RECORDED)
        warm = WARMER if kind == "temperature" else TEMPERATURE
        late = kind == "saturated"
        wanted = {
            "baseline": ("healthy", trials, 1, TEMPERATURE),
            "healthy": ("healthy", turns(seed + 3, known, HEALTHY), 3, TEMPERATURE),
            "recovery": ("healthy", turns(seed + 4, known, RECOVERY), 4, TEMPERATURE),
            f"changed-{kind}": (SERVED_BY.get(kind, kind),
                                turns(seed + 5, known, DEGRADED, late=late), 5, warm)}
        if kind == "temperature":
            wanted["baseline-warm"] = ("healthy", trials, 2, WARMER)
        return wanted

    def path(self, phase, seed):
        return self.folder / f"{phase}-{seed}.jsonl"

    def record(self, server_kind, kinds, seeds):
        """Records all answers of this state from one server."""
        with contextlib.ExitStack() as held:
            server = None
            for seed in seeds:
                for kind in kinds:
                    for phase, (state, asked, number, at) in self.wanted(kind, seed).items():
                        path = self.path(phase, seed)
                        if state != server_kind or path.exists():
                            continue
                        server = server or held.enter_context(real_model.start(state))
                        part = path.with_suffix(".part")
                        harness.write_rows(part, record(server, asked, seed + number, at))
                        part.rename(path)

    def of(self, kind, seed):
        """Returns the rows of "baseline", "healthy", "changed" and "recovery"."""
        found = {}
        for phase in self.wanted(kind, seed):
            found.setdefault(phase.split("-")[0], []).extend(
                harness.read_rows(self.path(phase, seed)))
        return found


def stamped(rows, begin, prefix, solved=False):
    """Spaces the rows a second apart from `begin` on, and removes the problem, which a tap would
    not know, except in rows of the baseline."""
    out = []
    for i, row in enumerate(rows):
        row = dict(row, id=f"{prefix}-{i:04d}")
        start = begin + i
        for key, at in (("time", start), ("end_time", start + row.pop("seconds"))):
            row[key] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"
        row["intent"] = {"max_tokens": 192}
        del row["correct"]
        if not solved:
            del row["problem"]
        out.append(row)
    return out


class Run:
    """A daemon in front of a server whose state is changed under it."""

    def __init__(self, kind, seed, rows, front, healthy, changed, folder):
        self.kind, self.seed, self.rows = kind, seed, rows
        self.front, self.healthy, self.changed = front, healthy, changed
        self.folder = pathlib.Path(folder)
        self.fed = 0
        # The last row must still lie in the past.
        self.clock = time.time() - (HEALTHY + DEGRADED + 2 * RECOVERY + 60)

    def config(self):
        base = stamped(self.rows["baseline"], self.clock - 86400, "base", solved=True)
        harness.write_rows(self.folder / "baseline.jsonl", base)
        return harness.config(self.folder, more=f"""\
baseline: {{path: {self.folder}/baseline.jsonl}}
rescore: {{endpoint: "{self.front.url}", metrics_url: "{self.front.url}/metrics"}}
""")

    def feed(self, rows):
        part = harness.write_rows(self.folder / "part.jsonl",
                                  stamped(rows, self.clock, f"live-{self.fed:05d}"))
        harness.feed(self.daemon.tap, part, "--recorded-times")
        self.clock += len(rows)
        self.fed += len(rows)
        harness.wait_for("the part", lambda: self.daemon.scored() >= self.fed - 60, 60)

    def incidents(self):
        return self.daemon.api("/api/v1/incidents")["incidents"]

    def watched(self):
        """Returns the open incident to follow: confirmed before waiting, then the oldest."""
        found = [i for i in self.incidents() if i["open"]]
        found.sort(key=lambda i: (i["confirmation"] != "confirmed", i["opened"]))
        return found[0] if found else None

    def go(self):
        with harness.Daemon(self.folder, self.config()) as self.daemon:
            result = {"kind": self.kind, "seed": self.seed}
            self.front.upstream = self.healthy.url
            for at in range(0, HEALTHY, 50):
                self.feed(self.rows["healthy"][at:at + 50])
            time.sleep(1)
            result["false"] = len(self.incidents())
            # As in a deployment, re-scoring first gets to know the healthy server.
            self.fingerprint()
            self.front.upstream = self.changed.url
            changed = self.rows["changed"]
            opened = None
            for at in range(0, len(changed), PART):
                self.feed(changed[at:at + PART])
                time.sleep(.2)
                if opened is None and self.watched():
                    opened = at + PART
                if opened is not None and at + PART - opened >= SOAK and self.kind in EXPECTED:
                    break
            time.sleep(1)
            incident = self.watched()
            result["opened_after"] = opened
            if incident:
                incident = self.settle()
            result |= self.judged(incident)
            result["closed_after"] = None
            if self.kind in EXPECTED and incident:
                self.front.upstream = self.healthy.url
                recovery = self.rows["recovery"] * 2
                for at in range(0, len(recovery), PART):
                    self.feed(recovery[at:at + PART])
                    time.sleep(.1)
                    if not any(i["open"] for i in self.incidents()):
                        result["closed_after"] = at + PART
                        break
            result["open"] = [(s["signal"], s["channel"], s["statistic"])
                              for i in self.incidents() if i["open"]
                              for s in i["signals"] if s["open"]]
            metrics = self.daemon.metrics()
            result["errors"] = {k.split('"')[1]: v for k, v in metrics.items()
                                if k.startswith("reasonwatch_rescore_errors_total")}
            result["tokens"] = metrics.get("reasonwatch_rescore_tokens_total", 0)
            self.daemon.stop()
            return result

    def fingerprint(self):
        """Waits until the gate has opened and the healthy server was probed."""
        def probed():
            asked = self.front.asked
            time.sleep(1.5)
            return asked > 0 and self.front.asked == asked
        with contextlib.suppress(AssertionError):
            harness.wait_for("the fingerprint", probed, 90, pause=.5)

    def settle(self):
        def settled():
            found = [i for i in self.incidents() if i["open"]]
            return found and not any(i["confirmation"] == "pending" for i in found)

        def localised():
            asked = self.front.asked
            time.sleep(3)
            return self.front.asked == asked
        began = time.monotonic()
        with contextlib.suppress(AssertionError):
            harness.wait_for("a verdict", settled, VERDICT, pause=.5)
            harness.wait_for("where it sits", localised, VERDICT, pause=.1)
        self.waited = time.monotonic() - began
        return self.watched()

    def judged(self, incident):
        if not incident:
            return {"confirmation": "none", "signals": [], "causes": [], "samples": 0}
        verdict = incident.get("rescore") or {}
        return {"confirmation": incident["confirmation"],
                "signals": sorted({s["signal"] for s in incident["signals"]}),
                "causes": [c["cause"] for c in incident["causes"]],
                "weights": [round(c["weight"], 2) for c in incident["causes"]],
                "samples": verdict.get("samples", 0), "reward": verdict.get("reward"),
                "reason": verdict.get("reason"), "rate": verdict.get("pass_rate"),
                "before": verdict.get("baseline_pass_rate"),
                "p": verdict.get("fingerprint_p"),
                "strata": sorted({x for s in incident["signals"] for x in s.get("strata", [])}),
                "differences": [(d["way"], round(d["value"], 2), d["cause"])
                                for d in verdict.get("differences") or []],
                "seconds": round(self.waited, 1)}


def holds(result):
    """Returns None, or the fault of the result."""
    if result["false"]:
        return "alarm while healthy"
    if result["kind"] in HARMLESS:
        return "confirmed" if result["confirmation"] == "confirmed" else None
    if result["opened_after"] is None:
        return "not suspected"
    if result["confirmation"] != "confirmed":
        return f"not confirmed: {result['confirmation']} {result.get('reason')}"
    if EXPECTED[result["kind"]] not in result["causes"][:2]:
        return "cause not among the first two"
    if result["closed_after"] is None:
        return "not closed"
    return None


def run(kind, seed, pools):
    rows = pools.of(kind, seed)
    with real_model.start() as healthy, \
            real_model.start(SERVED_BY.get(kind, kind)) as changed, \
            real_model.Gateway(healthy.url, {}) as front, harness.temporary_folder() as folder:
        began = time.monotonic()
        try:
            result = Run(kind, seed, rows, front, healthy, changed, folder).go()
            result["wrong"] = holds(result)
        except (AssertionError, OSError) as error:
            result = {"kind": kind, "seed": seed, "wrong": f"failed: {error}"}
        return result | {"took": round(time.monotonic() - began)}


class Results:
    """The results of runs of this very program; kept in a file if one is named."""

    def __init__(self, path):
        self.path = path
        self.program = hashlib.sha256(pathlib.Path(harness.BINARY).read_bytes()).hexdigest()[:12]
        self.lock = threading.Lock()
        rows = harness.read_rows(path) if path and path.exists() else []
        self.found = {(r["kind"], r["seed"]): r for r in rows
                      if r["program"] == self.program
                      and not (r["wrong"] or "").startswith("failed")}

    def add(self, result):
        result = result | {"program": self.program}
        with self.lock:
            print(json.dumps(result), flush=True)
            self.found[result["kind"], result["seed"]] = result
            if self.path:
                with open(self.path, "a", encoding="utf-8") as out:
                    out.write(json.dumps(result) + "\n")


def run_all(kinds, seeds, pools, results, jobs):
    """Each run begins as soon as the rows that it feeds are recorded."""
    left = [(kind, seed) for seed in seeds for kind in kinds if (kind, seed) not in results.found]
    with concurrent.futures.ThreadPoolExecutor(RECORDERS) as recorders, \
            concurrent.futures.ThreadPoolExecutor(jobs) as runners:
        recorded = {}
        # Record the healthy answers of a seed first: every run needs them, and the
        # answers of a fault are few.
        for seed in seeds:
            of_seed = [kind for kind, s in left if s == seed]
            if of_seed:
                recorded["healthy", seed] = recorders.submit(
                    pools.record, "healthy", of_seed, [seed])
            for kind in of_seed if seed == seeds[0] else []:
                if kind not in SERVED_BY:
                    recorded[kind] = recorders.submit(pools.record, kind, [kind], seeds)

        def one(kind, seed):
            for need in (("healthy", seed), kind):
                if need in recorded:
                    recorded[need].result()
            if kind not in SERVED_BY:
                pools.record(kind, [kind], [seed])  # of a run that was broken off
            results.add(run(kind, seed, pools))
        for done in [runners.submit(one, *task) for task in left]:
            done.result()
    return [results.found[kind, seed] for kind in kinds for seed in seeds]


def table(results):
    print("\n| state | runs | suspected, after | verdicts | samples | expected cause, rank | "
          "other causes | signals | closed, after | holds |\n|" + "---|" * 10)
    by_kind = collections.defaultdict(list)
    for r in results:
        by_kind[r["kind"]].append(r)
    for kind, rs in by_kind.items():
        def middle(key):
            values = [r[key] for r in rs if r.get(key) is not None]
            return f"{len(values)}, {statistics.median(values):.0f}" if values else "0"

        def counted(values):
            most = collections.Counter(values).most_common(3)
            return ", ".join(f"{value} {count}" for value, count in most) or "-"
        expected = EXPECTED.get(kind)
        ranks = sorted(r["causes"].index(expected) + 1 for r in rs
                       if expected in r.get("causes", []))
        samples = [r["samples"] for r in rs if r.get("samples")]
        print(f"| {kind} | {len(rs)} | {middle('opened_after')} | "
              f"{counted(r.get('confirmation', 'failed') for r in rs)} | "
              f"{f'{min(samples)} - {max(samples)}' if samples else '-'} | "
              f"{expected or '-'}{': ' if ranks else ''}{', '.join(map(str, ranks))} | "
              f"{counted(c for r in rs for c in r.get('causes', [])[:2] if c != expected)} | "
              f"{counted(s for r in rs for s in r.get('signals', []))} | {middle('closed_after')} | "
              f"{sum(r['wrong'] is None for r in rs)} of {len(rs)} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="one degradation, one control")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    parser.add_argument("--kinds", default=",".join([*EXPECTED, *HARMLESS]))
    parser.add_argument("--folder", help="keeps recorded answers and results")
    parser.add_argument("--jobs", type=int, default=6, help="runs at once; most of one is waiting")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    seeds = SEEDS[:options.seeds]
    if options.short:
        if not (llama_server.FOLDER / "run").exists():
            harness.skip("no server here; tools/install_llama_server fetches one")
        kinds, seeds = ["rope", "q4_0"], SEEDS[:1]
    llama_server.skip_unless_installed()
    began = time.monotonic()
    with contextlib.ExitStack() as held:
        folder = pathlib.Path(options.folder or held.enter_context(harness.temporary_folder()))
        pools = Pools(folder / "answers")
        results = run_all(kinds, seeds, pools,
                          Results(folder / "results.jsonl" if options.folder else None),
                          options.jobs)
    table(results)
    degraded = [r for r in results if r["kind"] in EXPECTED]
    harmless = [r for r in results if r["kind"] in HARMLESS]
    held = sum(r["wrong"] is None for r in degraded)
    print(f"\ndegraded: {held} of {len(degraded)}; harmless and not borne out: "
          f"{sum(r['wrong'] is None for r in harmless)} of {len(harmless)}; "
          f"{(time.monotonic() - began) / 60:.0f} minutes")
    sys.exit(held < NEEDED * len(degraded) or any(r["wrong"] for r in harmless))


if __name__ == "__main__":
    main()
