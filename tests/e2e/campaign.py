"""The whole product against a real server and a real small model: a healthy
model is degraded the way an operator does it by mistake, and `reasonwatch serve`
must suspect it, bear it out by asking the server again, name the cause, and
close the incident when the model is healthy again. Harmless changes must not be
borne out.

    campaign.py PATH/TO/reasonwatch [--seeds 5] [--kinds rope,q4_0] [--pools FOLDER]
    campaign.py PATH/TO/reasonwatch --short

Answers are recorded from the servers first and fed through the tap as live
traffic; what re-scoring asks is answered by the server itself, in the state that
the traffic is in. Budget and gate are the defaults.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
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

# What must be among the first two causes. Fixed before the first run.
EXPECTED = {
    "thinking_off": "effort_or_thinking_switch",
    "foreign_template": "prompt_or_template_change",
    "rope": "quantization_or_weights",
    "saturated": "context_saturation",
}
HARMLESS = ("q4_0", "kv_q4_0", "temperature", "restart")
SEEDS = (101, 202, 303, 404, 505)
NEEDED = .9  # of the degradations

PROBLEMS = 60   # of the baseline
TRIALS = 3      # each, as the first turn of a session
RECORDED = 150  # baseline rows that are traffic as it comes
HEALTHY = 150
DEGRADED = 150
RECOVERY = 150  # recorded; fed twice where it takes so long
PART = 10       # rows fed at once
SOAK = 40       # of the degraded phase after the incident opened
TEMPERATURE = .5
WARMER = .7     # of the harmless change
LATE = (6, 9)   # turns at which long sessions are seen
WINDOW = 2048   # tokens, stated by the traffic
VERDICT = 240   # seconds


@dataclasses.dataclass
class Turn:
    problem: problems.Problem
    history: list
    number: int


def turns(seed, known, count, late=False):
    """Live traffic: half of it asks problems of the baseline, a quarter is the
    second turn of its session. `late`: half comes late in a session, after a
    talk about other things."""
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


class Pools:
    """Recorded answers of each condition and seed; kept in a folder if named."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) if folder else None
        self.rows = {}

    def get(self, name, seed, make):
        key = f"{name}-{seed}"
        if key not in self.rows:
            path = self.folder / f"{key}.jsonl" if self.folder else None
            if path and path.exists():
                self.rows[key] = harness.read_rows(path)
            else:
                self.rows[key] = make()
                if path:
                    self.folder.mkdir(parents=True, exist_ok=True)
                    harness.write_rows(path, self.rows[key])
        return self.rows[key]

    def of(self, kind, seed):
        """{"baseline", "healthy", "changed", "recovery"} -> rows."""
        known = problems.problems(seed, PROBLEMS)
        trials = [Turn(p, [], 1) for p in known for _ in range(TRIALS)]
        trials += turns(seed + 6, known, RECORDED)
        temperature = WARMER if kind == "temperature" else TEMPERATURE
        found = {}

        def need(phase, server_kind, asked, number, at):
            def make():
                with real_model.start(server_kind) as server:
                    return record(server, asked, seed + number, at)
            found[phase] = self.get(f"{phase}-{server_kind}-{at}", seed, make)
        need("baseline", "healthy", trials, 1, TEMPERATURE)
        if kind == "temperature":
            cold = found["baseline"]
            need("baseline", "healthy", trials, 2, WARMER)
            found["baseline"] = cold + found["baseline"]
        need("healthy", "healthy", turns(seed + 3, known, HEALTHY), 3, TEMPERATURE)
        need("recovery", "healthy", turns(seed + 4, known, RECOVERY), 4, TEMPERATURE)
        if kind == "saturated":
            need("saturated", "healthy", turns(seed + 5, known, DEGRADED, late=True), 5, TEMPERATURE)
            found["changed"] = found["saturated"]
        elif kind == "restart":
            need("restarted", "healthy", turns(seed + 5, known, DEGRADED), 5, TEMPERATURE)
            found["changed"] = found["restarted"]
        else:
            server = "healthy" if kind == "temperature" else kind
            need("changed", server, turns(seed + 5, known, DEGRADED), 5, temperature)
        return found


def stamped(rows, begin, prefix, solved=False):
    """One request a second from `begin` on. What a tap would not know is left
    out: the problem, but for the baseline's own rows."""
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
        # The last row still lies in the past.
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
        """The open incident that matters: confirmed before waiting, then the oldest."""
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
            # As in a deployment: what re-scoring learns of the healthy server.
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
    """None, or what is wrong."""
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


def run_kind(kind, seeds, pools, told):
    server_kind = {"saturated": "healthy", "temperature": "healthy", "restart": "healthy"}
    results = []
    with real_model.start() as healthy, \
            real_model.start(server_kind.get(kind, kind)) as changed:
        for seed in seeds:
            rows = pools.of(kind, seed)
            with real_model.Gateway(healthy.url, {}) as front, harness.temporary_folder() as folder:
                try:
                    result = Run(kind, seed, rows, front, healthy, changed, folder).go()
                    result["wrong"] = holds(result)
                except (AssertionError, OSError) as error:
                    result = {"kind": kind, "seed": seed, "wrong": f"failed: {error}"}
            told(result)
            results.append(result)
    return results


def show(result):
    print(json.dumps(result), flush=True)


def table(results):
    print("\n| state | runs | suspected after | confirmed, samples | signals | causes | closed after |"
          " holds |\n|---|---|---|---|---|---|---|---|")
    by_kind = collections.defaultdict(list)
    for r in results:
        by_kind[r["kind"]].append(r)
    for kind, rs in by_kind.items():
        def middle(key):
            values = [r[key] for r in rs if r.get(key) is not None]
            return f"{statistics.median(values):.0f}" if values else "-"
        confirmed = [r for r in rs if r.get("confirmation") == "confirmed"]
        causes = collections.Counter(tuple(r.get("causes", [])[:2]) for r in rs).most_common(1)[0][0]
        signals = sorted({s for r in rs for s in r.get("signals", [])})
        print(f"| {kind} | {len(rs)} | {middle('opened_after')} | {len(confirmed)} of {len(rs)}, "
              f"{middle('samples')} | {', '.join(signals) or '-'} | {', '.join(causes) or '-'} | "
              f"{middle('closed_after')} | {sum(r['wrong'] is None for r in rs)} of {len(rs)} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="one degradation, one control")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    parser.add_argument("--kinds", default=",".join([*EXPECTED, *HARMLESS]))
    parser.add_argument("--pools", help="folder that keeps recorded answers")
    parser.add_argument("--record", action="store_true", help="only fill --pools")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    seeds = SEEDS[:options.seeds]
    if options.short:
        if not (llama_server.FOLDER / "run").exists():
            harness.skip("no server here; tools/install_llama_server fetches one")
        kinds, seeds = ["rope", "q4_0"], SEEDS[:1]
    llama_server.skip_unless_installed()
    pools = Pools(options.pools)
    for seed in seeds:
        for kind in kinds:
            pools.of(kind, seed)
    if options.record:
        return
    lock = threading.Lock()

    def told(result):
        with lock:
            show(result)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = [r for rs in pool.map(lambda kind: run_kind(kind, seeds, pools, told), kinds)
                   for r in rs]
    table(results)
    degraded = [r for r in results if r["kind"] in EXPECTED]
    harmless = [r for r in results if r["kind"] in HARMLESS]
    held = sum(r["wrong"] is None for r in degraded)
    print(f"\ndegraded: {held} of {len(degraded)}; harmless and not borne out: "
          f"{sum(r['wrong'] is None for r in harmless)} of {len(harmless)}")
    sys.exit(held < NEEDED * len(degraded) or any(r["wrong"] for r in harmless))


if __name__ == "__main__":
    main()
