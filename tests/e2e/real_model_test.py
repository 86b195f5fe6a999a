# SPDX-License-Identifier: Apache-2.0
"""Tests the real model behind a real server: the healthy model is good, the degradations on which
other tests rely are real, and the harmless changes are harmless. tests/model/figures.py
measures the same with larger counts."""
import unittest

import llama_server
import real_model

problems = real_model.problems
ASKED = problems.problems(2026, 60)
HELD_OUT = problems.problems(2027, 60, held_out=True)


class RealModel(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        with real_model.start() as server:
            cls.healthy_replies = real_model.ask_all(server, ASKED)
            cls.healthy = real_model.figures(cls.healthy_replies)
            cls.held_out = real_model.figures(real_model.ask_all(server, HELD_OUT))
            cls.saturated = real_model.figures(
                real_model.ask_all(server, ASKED[:30], history=lambda i: real_model.turns_of_prose(8, seed=i)))

    def ask(self, kind):
        with real_model.start(kind) as server:
            return real_model.figures(real_model.ask_all(server, ASKED))

    def test_healthy_it_reasons_and_is_right(self):
        for figures in (self.healthy, self.held_out):
            self.assertGreaterEqual(figures["correct"], .9, figures)
            self.assertEqual(figures["think"], 1, figures)
            self.assertEqual(figures["boxed"], 1, figures)
            self.assertGreater(figures["reasoning_characters"], 40, figures)

    def test_a_restart_changes_nothing(self):
        # One slot only: answers of a batch may differ in the last bit.
        with real_model.start(slots=1) as server:
            first = real_model.ask_all(server, ASKED[:20], workers=1)
        with real_model.start(slots=1) as server:
            again = real_model.ask_all(server, ASKED[:20], workers=1)
        self.assertEqual([r.text for r in first], [r.text for r in again])

    def test_thinking_switched_off_by_a_gateway(self):
        figures = self.ask("thinking_off")
        self.assertLess(figures["correct"], .3, figures)
        self.assertEqual(figures["think"], 0, figures)
        self.assertGreater(figures["boxed"], .9, figures)

    def test_the_template_of_another_model(self):
        figures = self.ask("foreign_template")
        self.assertLess(figures["correct"], .6, figures)

    def test_a_wrong_rope_base_keeps_the_form_and_breaks_the_answers(self):
        figures = self.ask("rope")
        self.assertLess(figures["correct"], .4, figures)
        self.assertGreater(figures["think"], .8, figures)

    def test_a_filled_context(self):
        self.assertLess(self.saturated["correct"], .5, self.saturated)

    def test_harmless_changes(self):
        for kind in real_model.HARMLESS:
            with self.subTest(kind):
                figures = self.ask(kind)
                self.assertGreaterEqual(figures["correct"], self.healthy["correct"] - .12, figures)
                self.assertGreater(figures["think"], .95, figures)


if __name__ == "__main__":
    llama_server.skip_unless_installed()
    unittest.main(verbosity=2)
