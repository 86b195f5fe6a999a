#!/usr/bin/env python3
"""Checks what can be checked of the prose.

Links between files lead somewhere; every folder of the tree has a README of
at most 15 lines; the names that are stored and exported stand in the
glossary; README.md explains every option of the build.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README_FOLDERS = ("core proto tap formats features baseline detectors incidents rescore storage daemon "
                  "tests bench deploy tools dashboards").split()
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def tracked(pattern):
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", pattern],
                         cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def links():
    for path in tracked("*.md"):
        for target in LINK.findall(path.read_text()):
            if re.match(r"[a-z]+:|#", target):
                continue
            if not (path.parent / target.split("#")[0]).exists():
                yield f"{path.relative_to(ROOT)}: no such file: {target}"


def readmes():
    for folder in README_FOLDERS:
        path = ROOT / folder / "README.md"
        if not path.parent.is_dir():
            continue
        if not path.is_file():
            yield f"{folder}/README.md is missing"
        elif len(path.read_text().splitlines()) > 15:
            yield f"{folder}/README.md has more than 15 lines"


def glossary():
    text = (ROOT / "docs/glossary.md").read_text()
    names = re.findall(r'"([a-z][a-z_]+)"', (ROOT / "core/core.cc").read_text())
    for name in sorted(set(names) - {"invalid"}):
        if f"`{name}`" not in text:
            yield f"docs/glossary.md: {name} of core/core.cc is not explained"


def options():
    text = (ROOT / "README.md").read_text()
    for name in re.findall(r"^(?:option|set)\((REASONWATCH_\w+)",
                           (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE):
        if f"`{name}`" not in text:
            yield f"README.md: build option {name} is not explained"


def main():
    problems = [p for check in (links, readmes, glossary, options) for p in check()]
    for problem in problems:
        print(problem)
    print(f"check_docs: {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
