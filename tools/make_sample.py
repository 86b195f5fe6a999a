#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the bundled recording, tests/testdata/sample/{baseline,live}.jsonl.

A fictitious model answers synthetic problems. In live.jsonl it is healthy for
HEALTHY responses; then it is broken for COLLAPSED responses; then it is as before.
The same seed gives the same bytes.

  tools/make_sample.py [--fault NAME] [--out FOLDER] [--check]

--fault names the way in which it is broken:
  collapse       a new build stops reasoning: one sentence, no <think> block, no
                 \\boxed{}, and more wrong answers. The default, and the bundled one
  template       the server has another chat template: no <think> block, and marks of
                 the template in the text
  wrong-answers  a new build reasons as long as before, and most results are wrong
  loop           a replica says one passage over and over, up to the token limit
  language       a new build reasons and answers in German
--check writes nothing and exits 1 if the files in FOLDER differ.
"""
import argparse
import datetime
import json
import math
import pathlib
import random
import sys

SEED = 20250303
BASELINE = 300
HEALTHY, COLLAPSED, RECOVERED = 700, 150, 400
MODEL = "heron-think-8b"
GOOD_BUILD, BAD_BUILD = "heron-2025.02.1", "heron-2025.03.0"
GOOD_TEMPLATE, BAD_TEMPLATE = "5e1f0c4a", "b7702d93"
LOOPING_REPLICA = "gpu-1"
MAX_TOKENS = 4096
TOKENS_PER_SECOND = 120
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests/testdata/sample"

NAMES = ("Amal Bruna Chidi Dagny Elif Farid Greta Hana Ivo Jun Kaia Lior Mirek "
         "Nadia Otis Pilar Quentin Rosa Sami Tove Uma Vito Wanda Yara Zeno").split()
ITEMS = ("lantern notebook pear kite brush basket candle marble saucer ribbon "
         "whistle bulb sponge button postcard").split()
PLACES = ("harbour mill orchard library tower market bridge quarry station "
          "garden").split()


class Dice:
    """Draws built on random.random() alone, which Python keeps stable."""

    def __init__(self, seed):
        self._next = random.Random(seed).random

    def chance(self, p):
        return self._next() < p

    def whole(self, low, high):
        return low + int(self._next() * (high - low + 1))

    def pick(self, things):
        return things[int(self._next() * len(things))]

    def normal(self):
        return (math.sqrt(-2 * math.log(1 - self._next()))
                * math.cos(2 * math.pi * self._next()))

    def exponential(self, mean):
        return -mean * math.log(1 - self._next())


class Problem:
    """A prompt, the steps to its answer, and the answer."""

    def __init__(self, prompt, steps, answer, kind, chars, gold=True):
        self.prompt = prompt
        self.steps = steps
        self.answer = answer
        self.kind = kind      # number, choice, json or code
        self.chars = chars    # median length of a healthy chain
        self.gold = gold
        self.id = None


def shopping(d):
    who, item = d.pick(NAMES), d.pick(ITEMS)
    n, price = d.whole(3, 19), d.whole(4, 28)
    paid = n * price + d.whole(1, 60)
    return Problem(
        f"{who} buys {n} {item}s at {price} coins each and pays with {paid} coins. "
        "How many coins come back?",
        [f"{n} {item}s at {price} coins each cost {n} times {price}, which is {n * price} coins.",
         f"{who} pays {paid} coins, so the change is {paid} minus {n * price}.",
         f"That leaves {paid - n * price} coins."],
        str(paid - n * price), "number", 420)


def journey(d):
    a, b = d.pick(PLACES), d.pick(PLACES)
    v1, t1, v2, t2 = d.whole(4, 30), d.whole(2, 6), d.whole(5, 40), d.whole(1, 5)
    return Problem(
        f"A courier rides from the {a} for {t1} hours at {v1} km per hour and then on to a second "
        f"{b} for {t2} hours at {v2} km per hour. How many kilometres is the whole journey?",
        [f"The first part takes {t1} hours at {v1} km per hour, so it is {t1 * v1} km long.",
         f"The second part takes {t2} hours at {v2} km per hour, so it is {t2 * v2} km long.",
         f"Both parts together are {t1 * v1} plus {t2 * v2}, so {t1 * v1 + t2 * v2} km."],
        str(t1 * v1 + t2 * v2), "number", 560)


def planting(d):
    who, item = d.pick(NAMES), d.pick(["tulips", "onions", "beans", "cabbages", "poppies"])
    rows, each, lost, sold = d.whole(6, 24), d.whole(8, 30), d.whole(5, 40), d.whole(2, 5)
    left = rows * each - lost
    price = left * sold
    return Problem(
        f"{who} plants {rows} rows of {each} {item}. Frost takes {lost} of them and every one that "
        f"is left is sold for {sold} coins. What does {who} earn, in coins?",
        [f"There are {rows} rows of {each} {item}, so {rows * each} {item} are planted.",
         f"Frost takes {lost}, so {rows * each} minus {lost}, that is {left}, are left.",
         f"Each of the {left} brings {sold} coins, so {who} earns {left} times {sold} coins.",
         f"The product is {price}."],
        str(price), "number", 720)


def tank(d):
    inflow, leak, minutes, start = d.whole(9, 30), d.whole(2, 8), d.whole(12, 45), d.whole(10, 90)
    total = start + (inflow - leak) * minutes
    return Problem(
        f"A tank at the {d.pick(PLACES)} holds {start} litres. A pump adds {inflow} litres a minute "
        f"while a crack loses {leak} litres a minute. How many litres are in it after {minutes} "
        "minutes?",
        [f"In a minute the tank gains {inflow} litres and loses {leak} litres, so {inflow - leak} "
         "litres in all.",
         f"Over {minutes} minutes that makes {inflow - leak} times {minutes}, which is "
         f"{(inflow - leak) * minutes} litres.",
         f"It began with {start} litres, and {start} plus {(inflow - leak) * minutes} is {total}."],
        str(total), "number", 680)


def ages(d):
    a, b = d.pick(NAMES[:12]), d.pick(NAMES[12:])
    young, factor, later = d.whole(4, 14), d.whole(2, 5), d.whole(3, 12)
    total = young + young * factor + 2 * later
    return Problem(
        f"{a} is {factor} times as old as {b}, who is {young}. How old will the two be together in "
        f"{later} years?",
        [f"{b} is {young}, and {a} is {factor} times as old, so {young * factor}.",
         f"Together they are {young + young * factor} now.",
         f"In {later} years each of the two is {later} years older, which adds {2 * later}.",
         f"So together they will be {total}."],
        str(total), "number", 610)


def odd_sum(d):
    n, shift = d.whole(7, 60), d.whole(1, 30)
    return Problem(
        f"Add up the first {n} odd numbers and then subtract {shift}. What is the result?",
        [f"The sum of the first n odd numbers is n squared, so for n = {n} it is {n * n}.",
         f"Subtracting {shift} gives {n * n - shift}."],
        str(n * n - shift), "number", 900)


def largest(d):
    values = []
    while len(values) < 4:
        a, b = d.whole(11, 49), d.whole(12, 49)
        if a * b not in [x * y for x, y in values]:
            values.append((a, b))
    best = max(range(4), key=lambda i: values[i][0] * values[i][1])
    options = " ".join(f"({'ABCD'[i]}) {a} x {b}" for i, (a, b) in enumerate(values))
    return Problem(
        f"Which product is the largest? {options} Answer with the letter.",
        [f"Option {'ABCD'[i]} is {a} times {b}, which is {a * b}." for i, (a, b) in enumerate(values)]
        + [f"The largest of these is {values[best][0] * values[best][1]}, option {'ABCD'[best]}."],
        "ABCD"[best], "choice", 640)


def note(d):
    who, place = d.pick(NAMES), d.pick(PLACES)
    day, count, item = d.whole(1, 28), d.whole(2, 60), d.pick(ITEMS)
    answer = json.dumps({"name": who, "day": day, "item": item, "count": count})
    return Problem(
        "Extract name, day, item and count as a JSON object from this note: "
        f"\"On the {day}. {who} came by the {place} and left {count} {item}s for the fair.\"",
        [f"The note names one person, {who}.",
         f"The only date in it is the {day}. of the month, so day is {day}.",
         f"What was left are {count} {item}s, so item is {item} and count is {count}.",
         f"The {place} is where it happened, which was not asked for."],
        answer, "json", 380, gold=False)


def function(d):
    factor, limit = d.whole(2, 9), d.whole(20, 200)
    name = d.pick(["scaled", "capped", "folded", "stepped"])
    code = (f"```python\ndef {name}(values):\n"
            f"    return [min({limit}, {factor} * v) for v in values]\n```")
    return Problem(
        f"Write a Python function {name}(values) that multiplies every number of a list by {factor} "
        f"and cuts the result at {limit}.",
        [f"Each value is multiplied by {factor}; a list comprehension does that.",
         f"Cutting at {limit} is min({limit}, x) for each product x.",
         "An empty list gives an empty list, so no special case is needed."],
        code, "code", 780, gold=False)


MAKERS = (shopping, journey, planting, tank, ages, odd_sum, largest, note, function)

OPENERS = ("The question asks for one thing, so I write down what is given first.",
           "I go through what is stated and then work towards the result.",
           "First I sort out which numbers matter here.",
           "I read it once more to be sure of what is asked.",
           "This can be done in a few steps, one after the other.")


def asides(d):
    """Yields sentences of checking for ever; a kind repeats only after all were used."""
    kinds = []
    while True:
        if not kinds:
            kinds = list(range(14))
        kind = kinds.pop(d.whole(0, len(kinds) - 1))
        a, b = d.whole(12, 98), d.whole(3, 9)
        tens, ones = a // 10 * 10, a % 10
        yield (
            f"As a check on the multiplication, {a} times {b} splits into {tens * b} and "
            f"{ones * b}, together {a * b}.",
            f"Had the figure been {a} instead, the result would move by {b} for each unit, so the "
            "size is plausible.",
            f"Wait, did I read {b} where {b + 1} stands? No, it is as I had it.",
            f"Going backwards from the end, subtracting {a} and adding {a} again changes nothing.",
            f"An estimate helps: {tens} times {b} is {tens * b}, and the exact value lies close by.",
            f"Grouping by {b} takes {a // b} groups and leaves {a % b}.",
            f"No unit has to be converted, and rounding {a} to {tens} would not be exact enough.",
            f"Is anything counted twice, for instance the {a} in the middle? It is not.",
            f"With smaller numbers, say {b} and {b + 2}, the same steps give {2 * b + 2}, as they "
            "should.",
            f"The last digit has to fit as well: {ones} times {b} ends in {ones * b % 10}.",
            f"If the order were changed, {b} first and then {a}, the outcome would be the same.",
            f"Nothing is said about the remaining {a}, so I leave that alone.",
            f"Hmm, {a + b} would come out if I added where I should multiply, which is not meant.",
            f"To be careful I do that part again with {a} = {tens} + {ones}, and it agrees.",
        )[kind]


def wrong(d, problem):
    if problem.kind == "choice":
        return d.pick([c for c in "ABCD" if c != problem.answer])
    if problem.kind == "number":
        return str(int(problem.answer) + d.pick((-10, -2, -1, 1, 2, 9, 10)))
    return problem.answer


def chain(d, problem, effort):
    target = problem.chars * math.exp(0.5 * d.normal()) * (1.6 if effort == "high" else 1)
    numbered = d.chance(0.6)
    sentences = [d.pick(OPENERS)]
    checks = asides(d)
    asides_due = target - sum(len(s) + 8 for s in problem.steps)
    for i, step in enumerate(problem.steps):
        sentences.append(f"Step {i + 1}: {step}" if numbered else step)
        share = asides_due * (i + 1) / len(problem.steps)
        while sum(len(s) for s in sentences) < share:
            sentences.append(next(checks))
    return ("\n" if numbered else " ").join(sentences)


def healthy_answer(d, problem):
    good = d.chance(0.93)
    answer = problem.answer if good else wrong(d, problem)
    if problem.kind == "number":
        return d.pick(("The answer is", "So the result is", "That makes")) + f" \\boxed{{{answer}}}."
    if problem.kind == "choice":
        return f"The answer is \\boxed{{{answer}}}."
    return answer


def collapsed_answer(d, problem):
    answer = problem.answer if d.chance(0.5) else wrong(d, problem)
    if problem.kind in ("number", "choice"):
        return d.pick((f"It is {answer}.", f"The answer is {answer}.", f"{answer}"))
    return answer


def wrong_steps(d, problem):
    """The problem with other numbers in its steps, and the answer that they lead to."""
    answer = wrong(d, problem)
    if problem.kind not in ("number", "choice"):
        return problem, answer
    at = problem.steps[-1].rfind(problem.answer)
    last = problem.steps[-1] if at < 0 else (
        problem.steps[-1][:at] + answer + problem.steps[-1][at + len(problem.answer):])
    changed = Problem(problem.prompt, problem.steps[:-1] + [last], answer, problem.kind,
                      problem.chars, problem.gold)
    return changed, answer


GERMAN = (
    "Zuerst schreibe ich auf, was gegeben ist und wonach gefragt wird.",
    "Diese Angabe wird mehrmals gebraucht, deshalb merke ich sie mir genau.",
    "Jetzt rechne ich den nächsten Schritt aus und prüfe, ob er stimmen kann.",
    "Das Ergebnis liegt in der erwarteten Größenordnung, also mache ich weiter.",
    "Eine Umrechnung der Einheiten ist hier zum Glück nicht nötig.",
    "Zur Sicherheit gehe ich den Weg noch einmal rückwärts und komme wieder an.",
    "Von dem Zwischenergebnis ziehe ich ab, was verloren gegangen ist.",
    "Nun fehlt nur noch die letzte Rechnung, danach steht die Antwort fest.",
    "Habe ich dabei etwas doppelt gezählt? Nein, jede Größe kommt einmal vor.",
    "Mit kleineren Zahlen ergibt derselbe Weg ein richtiges Ergebnis.",
)


def german_chain(d, problem):
    target = problem.chars * math.exp(0.5 * d.normal())
    sentences = [d.pick(GERMAN)]
    while sum(len(s) + 1 for s in sentences) < target:
        sentences.append(d.pick(GERMAN))
    return " ".join(sentences)


def marked(reasoning, answer):
    return f"<think>\n{reasoning}\n</think>\n\n{answer}"


def collapse(d, problem, _):
    return collapsed_answer(d, problem)


def other_template(d, problem, effort):
    return (f"{chain(d, problem, effort)}\n\n{healthy_answer(d, problem)}"
            "<|im_end|>\n<|im_start|>assistant\n")


def wrong_answers(d, problem, effort):
    if not d.chance(0.9):
        return marked(chain(d, problem, effort), healthy_answer(d, problem))
    changed, answer = wrong_steps(d, problem)
    shown = f"So the result is \\boxed{{{answer}}}." if problem.gold else answer
    return marked(chain(d, changed, effort), shown)


def loop(d, problem, effort):
    passage = " ".join(next(asides(d)) for _ in range(2))
    room = 4 * MAX_TOKENS // (4 if effort == "high" else 6)
    return f"<think>\n{chain(d, problem, effort)}\n" + (passage + " ") * (room // len(passage))


def german(d, problem, _):
    answer = problem.answer if d.chance(0.93) else wrong(d, problem)
    if problem.kind in ("number", "choice"):
        answer = f"Die Antwort auf diese Frage lautet also \\boxed{{{answer}}}."
    return marked(german_chain(d, problem), answer)


# Draws a broken content; the key of a response's `regime` that betrays the change; whether one
# replica alone is broken.
FAULTS = {
    "collapse": (collapse, "fingerprint", False),
    "template": (other_template, "template_hash", False),
    "wrong-answers": (wrong_answers, "fingerprint", False),
    "loop": (loop, None, True),
    "language": (german, "fingerprint", False),
}


def timestamp(seconds):
    start = datetime.datetime(2025, 3, 3, 8, 0, tzinfo=datetime.timezone.utc)
    return ((start + datetime.timedelta(milliseconds=round(seconds * 1000)))
            .isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def tokens(text):
    return max(1, len(text) // 4)


class Recorder:
    def __init__(self, seed, first_id, start_seconds, fault="collapse"):
        self.d = Dice(seed)
        self.fault = fault
        self.now = start_seconds
        self.count = 0
        self.first_id = first_id
        self.sessions = []  # [name, turn, messages]

    def row(self, problem, broken):
        d = self.d
        draw, betrayed, one_replica = FAULTS[self.fault]
        self.now += d.exponential(3.0)
        self.count += 1
        effort = "high" if d.chance(0.15) else "medium"
        content = None
        if broken and not one_replica:
            content = draw(d, problem, effort)
        elif not one_replica:
            content = self.healthy(problem, effort)
        row = {"id": f"{self.first_id}-{self.count:04d}",
               "time": timestamp(self.now), "end_time": None, "model": MODEL,
               "route": "tutor" if d.chance(0.6) else "office",
               "replica": d.pick(("gpu-0", "gpu-1"))}
        if content is None:
            broken = broken and row["replica"] == LOOPING_REPLICA
            content = draw(d, problem, effort) if broken else self.healthy(problem, effort)
        self.ask(row, problem, content)
        asked = row.get("prompt") or json.dumps(row["messages"])
        output = tokens(content)
        row["end_time"] = timestamp(self.now + 0.2 + output / TOKENS_PER_SECOND)
        row["content"] = content
        row["finish_reason"] = "length" if broken and one_replica else "stop"
        row["usage"] = {"input_tokens": tokens(asked) + 12, "output_tokens": output}
        row["intent"] = {"thinking": True, "effort": effort, "max_tokens": MAX_TOKENS}
        row["regime"] = {"fingerprint": BAD_BUILD if broken and betrayed == "fingerprint"
                         else GOOD_BUILD}
        if self.fault == "template":
            row["regime"]["template_hash"] = BAD_TEMPLATE if broken else GOOD_TEMPLATE
        row["streamed"] = True
        if problem.id:
            row["problem"] = {"id": problem.id, "answer": problem.answer,
                              "answer_kind": problem.kind}
        return row

    def healthy(self, problem, effort):
        reasoning = chain(self.d, problem, effort)
        return marked(reasoning, healthy_answer(self.d, problem))

    def ask(self, row, problem, content):
        """Adds the prompt to the row: alone, or as the next turn of a session."""
        d = self.d
        if not d.chance(0.25):
            row["prompt"] = problem.prompt
            return
        if len(self.sessions) < 4 or d.chance(0.3):
            self.sessions.append([f"{self.first_id}-session-{self.count}", 0, []])
        session = self.sessions[d.whole(0, len(self.sessions) - 1)]
        session[1] += 1
        session[2].append({"role": "user", "content": problem.prompt})
        row["session"], row["turn"] = session[0], session[1]
        row["messages"] = list(session[2])
        # A chat client sends back the text that it showed, which is the answer alone.
        shown = content.split("</think>")[-1].strip()
        session[2].append({"role": "assistant", "content": shown})
        if session[1] >= 4:
            self.sessions.remove(session)


def problem_pool(d, size):
    pool = []
    while len(pool) < size:
        problem = d.pick(MAKERS)(d)
        if problem.gold:
            problem.id = f"sample-{len(pool) + 1:03d}"
            pool.append(problem)
    return pool


def make(fault):
    """Returns the rows of both files by file name."""
    pool = problem_pool(Dice(SEED), 60)

    baseline = Recorder(SEED + 1, "base", 0, fault)
    # Three trials of each problem of the pool, spread over the file.
    asked = [p for _ in range(3) for p in pool] + [None] * (BASELINE - 3 * len(pool))
    order = sorted((baseline.d.whole(0, 10**9), i) for i in range(len(asked)))
    rows = {"baseline.jsonl": [], "live.jsonl": []}
    for _, i in order:
        problem = asked[i] or baseline.d.pick(MAKERS)(baseline.d)
        rows["baseline.jsonl"].append(baseline.row(problem, False))

    live = Recorder(SEED + 2, "live", 86400, fault)
    for i in range(HEALTHY + COLLAPSED + RECOVERED):
        known = live.d.chance(0.6)
        problem = live.d.pick(pool) if known else live.d.pick(MAKERS)(live.d)
        rows["live.jsonl"].append(live.row(problem, HEALTHY <= i < HEALTHY + COLLAPSED))
    return rows


def encode(rows):
    return "".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n"
                   for r in rows).encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fault", choices=FAULTS, default="collapse")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    differs = False
    for name, rows in make(options.fault).items():
        path, data = options.out / name, encode(rows)
        if options.check:
            same = path.is_file() and path.read_bytes() == data
            differs |= not same
            print(f"{name}: {'same' if same else 'DIFFERS'}, {len(rows)} rows")
        else:
            options.out.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            print(f"{path}: {len(rows)} rows, {len(data)} bytes")
    sys.exit(1 if differs else 0)


if __name__ == "__main__":
    main()
