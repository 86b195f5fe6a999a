#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the table of FIGURES.md: the quality of the model in each state.

  figures.py [COUNT]     300 questions a line by default
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
# The harness takes the first argument for the program under test.
COUNT, sys.argv[1:] = int((sys.argv[1:] or ["300"])[0]), []
import llama_server  # noqa: E402
import real_model  # noqa: E402
import problems  # noqa: E402


def main():
    llama_server.skip_unless_installed()
    asked = problems.problems(2026, COUNT)

    def line(what, server, questions=None, **how):
        f = real_model.figures(real_model.ask_all(server, questions or asked, **how))
        print(f"| {what} | {f['correct']:.3f} | {f['reasoning_characters']:.0f} | "
              f"{f['think']:.2f} | {f['boxed']:.2f} |", flush=True)
    with real_model.start() as server:
        line("healthy, new problems", server)
        line("healthy, held-out sums", server, problems.problems(2027, COUNT, held_out=True))
        for temperature in (0.7, 1.0):
            line(f"temperature {temperature}", server, temperature=temperature)
        for turns in (1, 2, 4, 8):
            line(f"after {turns} turns of prose", server,
                 history=lambda i, turns=turns: real_model.turns_of_prose(turns, seed=i))
        for turns in (1, 2, 4, 8):
            line(f"after {turns} problems", server,
                 history=lambda i, turns=turns: real_model.turns_of_problems(turns, seed=i))
    for kind in (*real_model.DEGRADED, "q4_0", "kv_q4_0"):
        with real_model.start(kind) as server:
            line(kind, server)


if __name__ == "__main__":
    main()
