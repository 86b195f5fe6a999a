# SPDX-License-Identifier: Apache-2.0
"""Runs `reasonwatch serve` before a server that answers wrongly under one condition only
(fault_server.py), and counts how often the incident is confirmed in the way that has this
condition, and whether a clean answer ever lowered it before. On healthy servers the same live
failures are fed, and nothing may be confirmed.

    ways_campaign.py PATH/TO/reasonwatch [--seeds 10] [--healthy 20] [--faults load,prefix]
                     [--jobs 4] [--real] [--quick]

--real puts llama.cpp's server and the tiny model behind the fault server; --quick shows no load,
so that questions are asked at once.
"""
import argparse
import concurrent.futures
import contextlib
import pathlib
import random
import sys
import time
import zlib

import fault_server
import harness

problems = fault_server.problems

WAYS = {"load": "concurrent", "prefix": "warm", "replica": "replica/r3",
        "context": "filled_context", "streamed": "streamed"}
CAUSES = {"load": "cache_or_batching", "prefix": "cache_or_batching", "replica": "replica_fault",
          "context": "context_saturation", "streamed": "server_parser_split"}
# Without the cache the loss is gone: that names the same cause.
ALSO = {"prefix": "fresh_cache"}
NEEDED = .9
PROBLEMS, TRIALS = 60, 4
HEALTHY, CHANGED = 160, 240
WINDOW = 32768


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"


def row_of(identity, messages, text, begin, end, **more):
    return {"id": identity, "time": stamp(begin), "end_time": stamp(end),
            "model": fault_server.NAME, "messages": messages, "content": text,
            "finish_reason": "stop",
            "usage": {"input_tokens": fault_server.tokens(messages),
                      "output_tokens": len(text) // 4},
            "sampling": {"temperature": 0}, "context_window": WINDOW,
            "intent": {"max_tokens": 192}, **more}


def system():
    return [{"role": "system", "content": problems.SYSTEM_PROMPT}]


def user(text):
    return {"role": "user", "content": text}


def baseline(known, model, begin):
    rows = []
    for trial in range(TRIALS):
        for i, problem in enumerate(known):
            messages = system() + [user(problem.question)]
            at = begin + 3 * len(rows)
            rows.append(row_of(
                f"base-{trial}-{i}", messages, model.answer(messages, trial), at, at + 1,
                problem={"id": f"{zlib.crc32(problem.question.encode()):08x}",
                         "answer": str(problem.answer), "answer_kind": "number"}))
    return rows


def long_talk(rng):
    words = ("river", "stone", "bridge", "winter", "paper", "lamp", "harbour", "garden", "letter")
    talk = []
    while fault_server.tokens(talk) < fault_server.LONG * 1.3:
        text = " ".join(rng.choices(words, k=120))
        talk += [user(text), {"role": "assistant", "content": "Yes. " + text[:60]}]
    return talk


class Traffic:
    """Live rows of one pattern: with `wrong` those that meet the fault's condition fail."""

    def __init__(self, pattern, known, model, seed, begin):
        self.pattern, self.known, self.model = pattern, known, model
        self.rng = random.Random(seed)
        self.at, self.number = begin, 0

    def rows(self, count, wrong):
        made = []
        while len(made) < count:
            made += self.wave(wrong)
        return made

    def wave(self, wrong):
        rng = self.rng
        at_once = rng.randint(1, 8) if self.pattern == "load" else 1
        begin, rows = self.at, []
        self.at += 3
        for _ in range(at_once):
            problem = rng.choice(self.known)
            self.number += 1
            more = {"replica": rng.choice(fault_server.REPLICAS)}
            history, meets = [], self.pattern == "load" and at_once >= fault_server.BUSY
            if self.pattern == "prefix" and rng.random() < .5:
                rows.append(self.row(problem, [], begin, False,
                                     more | {"session": f"s{self.number}", "turn": 1}))
                earlier = problem
                problem = rng.choice(self.known)
                history = [user(earlier.question),
                           {"role": "assistant", "content": earlier.conclusion()}]
                self.number += 1
                more |= {"session": f"s{self.number - 1}", "turn": 2}
                begin, self.at, meets = self.at, self.at + 3, True
            if self.pattern == "replica":
                meets = more["replica"] == fault_server.REPLICAS[-1]
            if self.pattern == "context" and rng.random() < .6:
                history, meets = long_talk(rng), True
                more |= {"session": f"s{self.number}", "turn": len(history) // 2 + 1}
            if self.pattern == "streamed" and rng.random() < .6:
                more["streamed"] = meets = True
            rows.append(self.row(problem, history, begin, wrong and meets, more))
        return rows

    def row(self, problem, history, begin, wrong, more):
        messages = system() + history + [user(problem.question)]
        text = self.model.answer(messages, self.number)
        if wrong:
            text = fault_server.spoil(text)
        return row_of(f"live-{self.number:05d}", messages, text,
                      begin + self.rng.random() / 2, begin + 2 + self.rng.random() / 2, **more)


class Run:
    """One daemon, one server. `fault`: of the server, None = healthy; `pattern`: of the live
    failures."""

    def __init__(self, fault, pattern, seed, folder, real=None, quick=False):
        self.pattern, self.folder = pattern, pathlib.Path(folder)
        self.known = problems.problems(seed, PROBLEMS)
        self.model = fault_server.Model(self.known)
        self.server = fault_server.FaultServer(
            fault, fault_server.Upstream(real) if real else self.model,
            seconds=.15, metrics=not quick)
        self.begin = time.time() - 3 * (HEALTHY + CHANGED) - 300
        self.seed, self.fed = seed, 0

    def config(self):
        path = harness.write_rows(self.folder / "baseline.jsonl", baseline(
            self.known, self.model, self.begin - 86400))
        replicas = ", ".join(f'{name}: {{endpoint: "{url}"}}'
                             for name, url in self.server.urls.items())
        return harness.config(self.folder, more=f"""\
baseline: {{path: {path}}}
false_alarms: {{mean_responses: 100000}}
reference: {{freeze: true}}
rescore: {{endpoint: "{self.server.url}", replicas: {{{replicas}}}}}
""")

    def feed(self, rows):
        part = harness.write_rows(self.folder / "part.jsonl", rows)
        harness.feed(self.daemon.tap, part, "--recorded-times")
        self.fed += len(rows)
        harness.wait_for("the part", lambda: self.daemon.scored() >= self.fed - 60, 120)

    def incident(self):
        found = [i for i in self.daemon.api("/api/v1/incidents")["incidents"] if i["open"]]
        found.sort(key=lambda i: (i["confirmation"] != "confirmed", i["opened"]))
        return found[0] if found else None

    def go(self, seconds=400):
        """Returns what became of the incident."""
        with self.server, harness.Daemon(self.folder, self.config()) as self.daemon:
            traffic = Traffic(self.pattern, self.known, self.model, self.seed, self.begin)
            self.feed(traffic.rows(HEALTHY, wrong=False))
            incident = None
            changed = traffic.rows(CHANGED, wrong=True)
            for at in range(0, len(changed), 20):
                self.feed(changed[at:at + 20])
                incident = incident or self.incident()
                if incident and at >= 60:
                    break
            if incident is None:
                with contextlib.suppress(AssertionError):
                    incident = harness.wait_for("an incident", self.incident, 20, pause=.2)
            if incident is None:
                return {"confirmation": "none", "way": "", "causes": [], "lowered": False,
                        "tried": []}
            lowered = []

            def over():
                now = self.incident() or {}
                lowered.append(now.get("confirmation") == "not_reproduced")
                asked = len(self.server.asked)
                time.sleep(2)
                return (now.get("confirmation") != "pending" and
                        len(self.server.asked) == asked)
            began = time.monotonic()
            with contextlib.suppress(AssertionError):
                harness.wait_for("a verdict", over, seconds, pause=.1)
            incident = self.incident() or incident
            result = self.read(incident) | {"seconds": round(time.monotonic() - began)}
            # A verdict that lowers and is taken back lowers all the same.
            return result | {"lowered": any(lowered)}

    @staticmethod
    def read(incident):
        verdict = incident.get("rescore") or {}
        differences = verdict.get("differences") or []
        named = [d["way"] for d in differences if d["cause"]]
        return {"confirmation": incident["confirmation"], "verdict": verdict.get("verdict"),
                "reason": verdict.get("reason"), "samples": verdict.get("samples"),
                "way": named[0] if named else verdict.get("reason") or "",
                "causes": [c["cause"] for c in incident["causes"]],
                "severity": incident["severity"],
                "tried": [(d["way"], d["pairs"], d["untried"]) for d in differences]}


def fault_of(fault, result):
    """Returns None, or what is wrong with the result of a fault (None: of a healthy server)."""
    if fault is None:
        return "confirmed" if result["confirmation"] == "confirmed" else None
    if result["lowered"]:
        return "lowered"
    if result["confirmation"] != "confirmed":
        return f"not confirmed: {result['confirmation']} {result.get('reason')}"
    if (result["way"] not in (WAYS[fault], ALSO.get(fault))
            or result["causes"][:1] != [CAUSES[fault]]):
        return f"named {result['way']}, {result['causes'][:1]}"
    return None


def one(fault, pattern, seed, real, quick):
    with harness.temporary_folder() as folder:
        try:
            result = Run(fault, pattern, seed, folder, real, quick).go()
            result["wrong"] = fault_of(fault, result)
        except (AssertionError, OSError) as error:
            result = {"wrong": f"failed: {error}", "lowered": False}
    return {"fault": fault or "healthy", "pattern": pattern, "seed": seed} | result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--healthy", type=int, default=20)
    parser.add_argument("--faults", default=",".join(fault_server.FAULTS))
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--quick", action="store_true")
    flags = parser.parse_args()
    faults = [f for f in flags.faults.split(",") if f]
    todo = [(f, f, 100 + s) for f in faults for s in range(flags.seeds)]
    todo += [(None, fault_server.FAULTS[s % len(fault_server.FAULTS)], 500 + s)
             for s in range(flags.healthy)]
    results = []
    with contextlib.ExitStack() as held:
        real = None
        if flags.real:
            import real_model
            real = held.enter_context(real_model.start(slots=8)).url
        with concurrent.futures.ThreadPoolExecutor(flags.jobs) as pool:
            for done in concurrent.futures.as_completed(
                    [pool.submit(one, *work, real, flags.quick) for work in todo]):
                results.append(done.result())
                print(results[-1], flush=True)
    print("\n| server | runs | confirmed | right way and cause | lowered by a clean answer |")
    print("|---|---|---|---|---|")
    for name in [*faults, "healthy"]:
        mine = [r for r in results if r["fault"] == name]
        if mine:
            print(f"| {name} | {len(mine)} | "
                  f"{sum(r.get('confirmation') == 'confirmed' for r in mine)} | "
                  f"{'' if name == 'healthy' else sum(not r['wrong'] for r in mine)} | "
                  f"{'' if name == 'healthy' else sum(r['lowered'] for r in mine)} |")
    broken = [r for r in results if r["fault"] != "healthy"]
    right = sum(not r["wrong"] for r in broken)
    bad = (right < NEEDED * len(broken) or any(r["lowered"] for r in broken) or
           any(r["wrong"] for r in results if r["fault"] == "healthy"))
    print(f"\n{right} of {len(broken)} confirmed in the right way; {'NOT ' if bad else ''}enough")
    return bad


if __name__ == "__main__":
    sys.exit(main())
