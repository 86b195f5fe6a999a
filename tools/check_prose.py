#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the words of comments and documents.

  tools/check_prose.py [--root TREE] [--summary]

Rules, each with the place of every offender:
  words     in comments, and again in *.md, the words of LIMITS are at most so
            many in 1,000 ("if" is a condition, "report" or "emit" a message)
  first     a comment begins with a noun or a verb, with no word of FIRST
  opening   a .cc file over 200 lines opens with a paragraph of at least 15 words
  figures   a README has no clause of four figures, parted by commas, that
            no verb explains, and no cell of a table that is a list of three figures

Comments are those of C++, protobuf, Python (docstrings too), shell, CMake and
YAML. In documents, code blocks, code spans, links' targets and tables are left
out of the words. Exits 1 if a rule is broken. --summary leaves out the places.
"""
import argparse
import pathlib
import re
import sys

import source_text

# About the highest rates that well-kept C++ projects reach in their comments.
LIMITS = (("what", r"what", 0.8), ("where", r"where", 0.9),
          ("tell", r"tell|tells|told", 0.3), ("stand", r"stand|stands", 0.06))
FIRST = {"What", "Of", "Where", "Those", "So"}
LONG_FILE = 200
OPENING_WORDS = 15
FIGURES_IN_A_ROW = 4
FIGURES_IN_A_CELL = 3

NUMBER = re.compile(r"(?<![\w`.])\d[\d,.]*(?:\s?%)?(?![\w`])")
# Finite verbs that explain a figure. Participles alone do not, but "-ed" is
# often the past tense, so the check lets it pass.
VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|does|do|did|can|may|must|will|takes?|took|"
    r"costs?|needs?|finds?|gives?|gave|gets?|got|holds?|held|keeps?|kept|makes?|made|goes|went|"
    r"grows?|grew|falls?|fell|rises?|rose|stays?|uses?|reads?|writes?|runs?|ran|asks?|answers?|"
    r"means?|shows?|sees?|saw|leaves?|left|comes?|came|serves?|sends?|sent|lies?|lay|adds?|"
    r"counts?|begins?|began|ends?|lasts?|moves?|knows?|knew|says?|said|reaches|closes?|opens?|"
    r"becomes?|became|misses|passes|fails?|spends?|spent|loses?|lost|\w{2,}ed)\b", re.IGNORECASE)


def clean_markdown(text):
    """Blanks all that is not prose, and keeps the lines."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    text = re.sub(r"^(```|~~~).*?^\1", blank, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<!--.*?-->", blank, text, flags=re.DOTALL)
    text = re.sub(r"(?m)(?:^|(?<=\n\n))(?: {4}(?![ ]*[*\-\d]).*\n?)+", _blank_code, text)
    text = re.sub(r"`[^`\n]*(?:\n[^`\n]*)?`", lambda m: "x" + re.sub(r"[^\n]", " ", m.group()[1:]),
                  text)
    text = re.sub(r"\]\([^)\s]*\)", blank, text)
    return re.sub(r"(?m)^\s*\|.*$", blank, text)


def _blank_code(match):
    """Blanks an indented block, but not the continuation of a list's item."""
    before = match.string[:match.start()].rstrip("\n").split("\n")[-1]
    if re.match(r"\s*(?:[*+-]|\d+\.)\s", before) or (
            before.strip() and not match.string[:match.start()].endswith("\n\n")):
        return match.group()
    return re.sub(r"[^\n]", " ", match.group())


def passages(files):
    """Returns (path, line, text, is a document) of each block of prose."""
    found = []
    for path, kind, text in files:
        if kind == "markdown":
            found.append((path, 1, clean_markdown(text), True))
        else:
            found += [(path, block.line, block.text, False)
                      for block in source_text.comments(kind, text)]
    return found


def check_words(found, is_document, label):
    """Yields a line for each word that is over its rate, with its places."""
    prose = [(path, first + n, line) for path, first, text, document in found
             if document == is_document for n, line in enumerate(text.split("\n"))]
    total = sum(len(source_text.words(line)) for _, _, line in prose)
    for name, pattern, limit in LIMITS:
        # Said once is no habit: a small tree is not held to fractions of a word.
        word = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
        places = [(path, line, len(word.findall(text))) for path, line, text in prose
                  if word.search(text)]
        count = sum(n for _, _, n in places)
        rate = 1000 * count / max(1, total)
        verdict = "over" if rate > limit and count > 1 else "ok"
        yield (f"{label}: \"{name}\" {rate:.2f} in 1,000 of {total} words ({count}), "
               f"limit {limit}: {verdict}"), verdict == "over", [
                   f"{path}:{line}: \"{name}\" in {label}" for path, line, _ in places]


def check_first(found):
    for path, line, text, document in found:
        first = re.match(r"\s*(?:\[\w+\]\s*)?([A-Z][a-z]*)\b", text)
        if not document and first and first.group(1) in FIRST:
            yield f"{path}:{line}: a comment begins with \"{first.group(1)}\""


def check_openings(files):
    for path, kind, text in files:
        if path.suffix != ".cc" or len(text.splitlines()) <= LONG_FILE:
            continue
        lines = [n for n, line in enumerate(text.split("\n"), 1)
                 if line.strip() and "SPDX-License-Identifier" not in line]
        blocks = source_text.comments(kind, text)
        opening = ""
        if blocks and lines and blocks[0].line == lines[0] and not blocks[0].trailing:
            opening = blocks[0].text
        if len(source_text.words(opening)) < OPENING_WORDS:
            yield f"{path}:1: over {LONG_FILE} lines and opens without a paragraph"


def figures_in_a_row(sentence):
    """Returns the most figures of a clause that no verb explains."""
    clauses = re.split(r"[;:]\s|\s[—–]\s|\(|\)", sentence)
    return max((len(NUMBER.findall(clause)) for clause in clauses
                if clause.count(",") >= 2 and not VERB.search(clause)), default=0)


def check_figures(found):
    for path, first, text, document in found:
        if not document or path.name != "README.md":
            continue
        # Ends of sentences, of paragraphs and of a list's items part sentences.
        for match in re.finditer(r"(?:(?!\n\s*\n|\n\s*[*+-]\s|[.!?](?:\s|$)).)+", text, re.DOTALL):
            if figures_in_a_row(match.group()) >= FIGURES_IN_A_ROW:
                lead = len(match.group()) - len(match.group().lstrip())
                line = first + text.count("\n", 0, match.start() + lead)
                excerpt = " ".join(match.group().split())[:60]
                yield f"{path}:{line}: figures in a row without a verb: {excerpt}"


def check_cells(files):
    """Yields each cell that packs several figures: a row is for one of them."""
    for path, _, text in files:
        if path.name != "README.md":
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if not line.lstrip().startswith("|"):
                continue
            for cell in line.strip().strip("|").split("|"):
                parts = re.split(r",\s", cell.strip())
                if len(parts) >= FIGURES_IN_A_CELL and all(re.match(r"[~±]?\d", part)
                                                           for part in parts):
                    yield f"{path}:{number}: a cell of {len(parts)} figures: {cell.strip()[:60]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    files = source_text.own_files(options.root)
    if not files:
        sys.exit(f"check_prose: no sources under {options.root}")
    found = passages(files)
    problems = []
    summary = []
    for is_document, label in ((False, "comments"), (True, "documents")):
        for line, over, places in check_words(found, is_document, label):
            summary.append(line)
            problems += places if over else []
    for check in (check_first(found), check_openings(files), check_figures(found),
                  check_cells(files)):
        problems += check
    if not options.summary:
        print("\n".join(problems))
    print("\n".join(summary))
    print(f"check_prose: {len(problems)} places")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
