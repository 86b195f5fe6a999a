# SPDX-License-Identifier: Apache-2.0
"""Stored results of the program that a change of its inside must not move.

A golden is a file of tests/testdata/golden. A test compares with it byte for
byte; `TEST.py PROGRAM --update` writes the file instead.
"""
import difflib
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / "testdata" / "golden"
UPDATE = "--update" in sys.argv
if UPDATE:
    sys.argv.remove("--update")
MAX_LINES = 40  # of a difference that are shown
MAX_WIDTH = 300


def check(test, name, text):
    """Compares `text` with the golden `name`, or stores it with --update."""
    path = FOLDER / name
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print("written:", path)
        return
    test.assertTrue(path.is_file(), f"{path} is missing; --update writes it")
    wanted = path.read_text()
    if text == wanted:
        return
    lines = difflib.unified_diff(wanted.splitlines(), text.splitlines(), f"golden {name}",
                                 "this program", lineterm="", n=1)
    shown = [line[:MAX_WIDTH] for line, _ in zip(lines, range(MAX_LINES))]
    test.fail(f"{name} is not what it was:\n" + "\n".join(shown))
