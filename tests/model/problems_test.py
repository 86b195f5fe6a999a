# SPDX-License-Identifier: Apache-2.0
"""Tests that problems are solved correctly, and that held-out sums stay out of training."""
import re
import unittest

import problems

SUM = re.compile(r"(\d+) ([+-]) (\d+) = (\d+)")


def sums(problem):
    return [(int(a), sign, int(b), int(c)) for a, sign, b, c in SUM.findall(problem.reasoning)]


class Problems(unittest.TestCase):

    def test_every_step_and_answer_is_right(self):
        for p in problems.problems(1, 2000):
            steps = sums(p)
            self.assertEqual(len(steps), p.steps)
            for (a, sign, b, c), before in zip(steps, [None] + steps):
                self.assertEqual(c, a + b if sign == "+" else a - b)
                self.assertTrue(0 <= c <= problems.MOST)
                if before:
                    self.assertEqual(a, before[3])
                self.assertIn(str(b), p.question)
            self.assertEqual(steps[-1][3], p.answer)
            self.assertIn(f"\\boxed{{{p.answer}}}", p.reply())

    def test_every_family_and_length_comes(self):
        made = problems.problems(2, 500)
        self.assertEqual({p.family for p in made}, set(problems.FAMILIES))
        self.assertEqual({p.steps for p in made}, {1, 2, 3})

    def test_held_out_sums_are_met_only_where_asked_for(self):
        def held_out(p):
            return [problems.is_held_out(a, sign, b) for a, sign, b, _ in sums(p)]
        for p in problems.problems(3, 1000):
            self.assertFalse(any(held_out(p)), p)
        for p in problems.problems(4, 1000, held_out=True):
            self.assertTrue(held_out(p)[-1], p)

    def test_the_same_seed_gives_the_same_problems(self):
        self.assertEqual(problems.problems(5, 50), problems.problems(5, 50))
        self.assertNotEqual(problems.problems(5, 50), problems.problems(6, 50))


if __name__ == "__main__":
    unittest.main()
