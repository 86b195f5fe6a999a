# SPDX-License-Identifier: Apache-2.0
"""Makes, solves and answers arithmetic word problems for the tiny model.

Only the standard library, so that tests which ask the model need no venv.
A step is (sign, amount). Sums are held out of training by a hash of their
operands: `make(..., held_out=True)` uses at least one such sum, training none.
"""
import dataclasses
import random
import zlib

SYSTEM_PROMPT = "Think step by step."
NAMES = ["Omar", "Lena", "Ravi", "Mia", "Tom", "Nora", "Ivan", "Sara", "Leo", "Ada",
         "Kofi", "Yuki", "Eva", "Hugo", "Zoe", "Finn"]
MOST = 199  # no partial sum is larger

# A family: things that are counted, the opening sentence; for either sign the words of a
# step in the problem and in the reasoning; and the question.
FAMILIES = {
    "cards": (["cards", "stamps", "coins", "marbles"],
              "{who} has {n} {what}.",
              ["{who} buys {n} more.", "{who} finds {n} {what}."],
              ["{who} loses {n}.", "{who} gives away {n} {what}."],
              "How many {what} does {who} have now?", "{who} has"),
    "bus": (["people", "children", "tourists"],
            "There are {n} {what} on the bus.",
            ["{n} {what} get on.", "At the next stop {n} more get on."],
            ["{n} {what} get off.", "At the school {n} get off."],
            "How many {what} are on the bus now?", "The bus has"),
    "shelf": (["books", "boxes", "jars"],
              "A shelf holds {n} {what}.",
              ["{who} puts {n} {what} on it.", "{who} adds {n} more."],
              ["{who} takes {n} {what} away.", "{who} removes {n}."],
              "How many {what} are on the shelf?", "The shelf has"),
    "bakery": (["rolls", "cakes", "pies"],
               "In the morning the bakery has {n} {what}.",
               ["The baker bakes {n} more.", "It makes {n} {what}."],
               ["It sells {n} {what}.", "{n} {what} are sold."],
               "How many {what} are left?", "The bakery has"),
    "money": (["dollars", "euros", "pounds"],
              "{who} has {n} {what} in the bank.",
              ["{who} earns {n} {what}.", "A friend pays {who} {n} {what}."],
              ["{who} spends {n} {what}.", "{who} pays {n} {what} for food."],
              "How many {what} does {who} have?", "{who} has"),
    "garden": (["apples", "pears", "plums", "tomatoes"],
               "{who} picks {n} {what} in the garden.",
               ["Then {who} picks {n} more.", "A neighbour brings {n} {what}."],
               ["{who} eats {n} {what}.", "The birds take {n}."],
               "How many {what} are there in the end?", "There are"),
    "tank": (["litres of water", "litres of oil", "litres of milk"],
             "A tank holds {n} {what}.",
             ["{n} litres are poured in.", "{who} fills in {n} litres."],
             ["{n} litres leak out.", "{who} drains {n} litres."],
             "How many litres are in the tank?", "The tank has"),
    "game": (["points", "stars", "lives"],
             "{who} starts the game with {n} {what}.",
             ["{who} wins {n} {what}.", "A bonus gives {n} more."],
             ["{who} loses {n} {what}.", "A fall costs {n}."],
             "How many {what} does {who} have at the end?", "{who} has"),
}


@dataclasses.dataclass(frozen=True)
class Problem:
    family: str
    question: str
    reasoning: str
    answer: int
    steps: int

    def reply(self):
        """Returns the output of the healthy model."""
        return f"<think>\n{self.reasoning}\n</think>\n{self.conclusion()}"

    def conclusion(self):
        return f"The answer is \\boxed{{{self.answer}}}."


def is_held_out(left, sign, right):
    """True for one sum in twelve, which is never trained on, alone or within a problem."""
    return zlib.crc32(f"{left}{sign}{right}".encode()) % 12 == 0


def draw_sum(rng, left, held_out):
    """Returns a (sign, amount) that can follow `left`, or None."""
    for _ in range(60):
        sign = rng.choice("+-")
        most = min(99, MOST - left) if sign == "+" else min(99, left)
        if most < 2:
            continue
        right = rng.randint(2, most)
        if is_held_out(left, sign, right) == held_out:
            return sign, right
    return None


def apply(left, sign, right):
    return left + right if sign == "+" else left - right


def make(rng, held_out=False, steps=None, family=None):
    """Makes a problem of one to three steps. With `held_out` its last sum was never trained on;
    otherwise none of its sums is held out."""
    steps = steps or rng.choice([1, 2, 2, 3, 3])
    family = family or rng.choice(list(FAMILIES))
    things, opening, more, less, question, subject = FAMILIES[family]
    words = {"who": rng.choice(NAMES), "what": rng.choice(things)}
    while True:
        total = rng.randint(3, 99)
        told = [opening.format(n=total, **words)]
        thought = [f"{subject.format(**words)} {total}."]
        for i in range(steps):
            drawn = draw_sum(rng, total, held_out and i == steps - 1)
            if drawn is None:
                break
            sign, right = drawn
            result = apply(total, sign, right)
            told.append(rng.choice(more if sign == "+" else less).format(n=right, **words))
            thought.append(f"Then {total} {sign} {right} = {result}.")
            total = result
        else:
            break
    thought.append(f"So it is {total}.")
    return Problem(family, " ".join(told + [question.format(**words)]), " ".join(thought),
                   total, steps)


def problems(seed, count, held_out=False, **kwargs):
    rng = random.Random(seed)
    return [make(rng, held_out, **kwargs) for _ in range(count)]
