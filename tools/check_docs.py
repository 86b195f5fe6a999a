#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the documents as far as a script can.

Links between files lead somewhere; every folder of the tree has a README, and
each README below the top is a heading and at most 15 lines; no Markdown has been
through a C++ formatter; the glossary has the names that are stored and exported;
README.md explains every option of the build.

  tools/check_docs.py [--root TREE]
"""
import argparse
import pathlib
import re
import subprocess
import sys

# Folders beside the layers of cmake/layers.cmake that each need a README.
README_FOLDERS = ("tests", "bench", "deploy", "tools", "dashboards")
MOST_README_LINES = 15
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
# Marks that clang-format leaves in Markdown which it took for C++: it joins
# "# tap" as a directive, sets spaces around each "/", drops them after a full
# stop and before a bracket, and indents the lines that it breaks.
MANGLED = (
    (re.compile(r"^#{1,6}[^#\s]"), "a heading without a space behind #"),
    (re.compile(r"`[^`]*\w / \w[^`]*`|`/ \w|`[^`]*\w /`"), "a path with spaces around /"),
    (re.compile(r"`\.[A-Z][a-z]"), "no space behind a full stop"),
    (re.compile(r"\w\(`"), "no space before a bracket"),
    (re.compile(r"^\s*#\s*(?:include|define|pragma) "), "a directive outside a code block"),
)


def markdown(root, name="*.md"):
    """Returns the Markdown files of the tree; a plain folder is walked."""
    if not (root / ".git").exists():
        return sorted(root.rglob(name))
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", name, f"**/{name}"],
                         cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / line for line in sorted(set(out.splitlines())) if (root / line).is_file()]


def links(root):
    for path in markdown(root):
        for target in LINK.findall(path.read_text()):
            if re.match(r"[a-z]+:|#", target):
                continue
            if not (path.parent / target.split("#")[0]).exists():
                yield f"{path.relative_to(root)}: no such file: {target}"


def readmes(root):
    layers = re.search(r"set\(LAYERS\s+([^)]*)\)", (root / "cmake/layers.cmake").read_text())
    for folder in (*layers.group(1).split(), *README_FOLDERS):
        if (root / folder).is_dir() and not (root / folder / "README.md").is_file():
            yield f"{folder}/README.md is missing"
    for path in markdown(root, "README.md"):
        lines = path.read_text().splitlines()
        place = path.relative_to(root)
        if not lines or not re.match(r"# \S", lines[0]):
            yield f"{place}:1: no heading"
        if path.parent != root and len(lines) > MOST_README_LINES:
            yield f"{place}: more than {MOST_README_LINES} lines"


def blank_code_blocks(text):
    return FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def mangled(root):
    """Finds the marks of a C++ formatter, and code spans that a line break cuts."""
    for path in markdown(root):
        place = path.relative_to(root)
        lines = blank_code_blocks(path.read_text()).split("\n")
        is_open = False
        for number, line in enumerate(lines, 1):
            before = lines[number - 2].strip() if number > 1 else ""
            is_block = line.startswith("    ") and (not before or lines[number - 2].startswith("    "))
            if not line.strip():
                is_open = False
            for pattern, problem in MANGLED if not is_block else ():
                if pattern.search(line):
                    yield f"{place}:{number}: {problem}"
            if not is_block and line.replace("``", "").count("`") % 2:
                if is_open:
                    yield f"{place}:{number - 1}: a code span is broken over two lines"
                is_open = not is_open


def glossary(root):
    """Looks up the names in the tables k...Names beside core's enumerations."""
    text = (root / "docs/glossary.md").read_text()
    found = 0
    for path in sorted((root / "core").glob("*.h")):
        for table in re.findall(r"\bk\w*Names\b[^;]*;", path.read_text()):
            for name in re.findall(r'"([a-z][a-z_]+)"', table):
                found += 1
                if f"`{name}`" not in text:
                    yield f"docs/glossary.md: {name} of {path.relative_to(root)} is not explained"
    if not found:
        yield "core: no tables of names, so none was looked up"


def options(root):
    text = (root / "README.md").read_text()
    for name in re.findall(r"^(?:option|set)\((REASONWATCH_\w+)",
                           (root / "CMakeLists.txt").read_text(), re.MULTILINE):
        if f"`{name}`" not in text:
            yield f"README.md: build option {name} is not explained"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    problems = [p for check in (links, readmes, mangled, glossary, options) for p in check(root)]
    for problem in problems:
        print(problem)
    print(f"check_docs: {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
