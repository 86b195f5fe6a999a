#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the size, the shape and the words of a source tree.

  tools/measure_house.py [--root TREE] [--build DIR] [--compare OTHER [--compare-build DIR]]
  tools/measure_house.py --check [--root TREE]

Prints a Markdown table; --compare puts the other tree's figures before this
one's. --check prints each function over 80 lines and each file over 600, and
exits 1 if there is one.

Rules of counting
  function     from the first line of its signature to its closing brace; a
               lambda counts to the function around it, a brace initialiser at
               file scope counts as a function
  table        exempt: source_text.functions() says how it is marked
  file         a file of code (C++, Python, shell, CMake), tests included
  product      C++ that is shipped: not tests, bench or tools
  comment      a comment line holds nothing else; share and words are of the
               product (check_prose.py holds every file to the limits)
  opens        the first line after the licence is a comment
  constant     a constexpr named k..., whose initialiser has a numeric literal
               and is one value; its reason is a comment on its own lines, or
               above the unbroken run of constants that it is in
  Save/Restore a definition whose name begins with Save or Restore
  rebuilt      objects that ninja's log of dependencies ties to a header; needs
               --build, a folder in which everything has been built
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

import source_text

MOST_FUNCTION_LINES = 80
MOST_FILE_LINES = 600
LONG_OPENING = 200
CODE = ("cpp", "python", "shell", "cmake")
NOT_PRODUCT = ("tests", "bench", "tools", "docs", "cmake", "deploy", "dashboards", "quickstart")
SPDX = "SPDX-License-Identifier: Apache-2.0"
WATCHED = {"what": r"what", "where": r"where", "tell, told": r"tell|told|tells",
           "stand(s)": r"stands?"}
HEADERS = ("scored.h", "response.h", "ports.h")
CONSTANT = re.compile(r"\bconstexpr\b[^;=(){}]*?\b(k[A-Z]\w*)\s*(?:=\s*([^;{}]+)|\{([^;{},]*)\})\s*;")
RUN = re.compile(r"^\s*(?:inline |static )?constexpr\b.*;")  # a constant of one line
NUMBER = re.compile(r"(?<![\w.])\d")


class Tree:
    """The own files of one tree, each read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = source_text.own_files(root)
        if not self.files:
            sys.exit(f"measure_house: no sources under {root}")
        self.code = [row for row in self.files if row[1] in CODE]
        self.functions = [(str(path), kind, function) for path, kind, text in self.code
                          for function in source_text.functions(kind, text)]

    def product(self):
        return [row for row in self.code
                if row[1] == "cpp" and row[0].parts[0] not in NOT_PRODUCT]

    def is_product(self, path):
        return path.split("/")[0] not in NOT_PRODUCT


def is_blank(line):
    return not line.strip()


def code_lines(text):
    return sum(not is_blank(line) for line in text.split("\n"))


def room_of(path):
    """Names a room: a top folder, or a folder of daemon/."""
    parts = path.parts
    if parts[0] == "daemon" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def shares(tree):
    """Returns the percentage of the product's non-blank C++ lines by room, largest first."""
    counts = collections.Counter()
    for path, _, text in tree.product():
        counts[room_of(path)] += code_lines(text)
    total = sum(counts.values())
    return [(room, 100 * lines / total) for room, lines in counts.most_common()]


def over_long(tree):
    """Returns the functions and the files that are over the limits, longest first."""
    long_functions = sorted(((function.lines, f"{path}:{function.first}", function.name)
                             for path, _, function in tree.functions
                             if function.lines > MOST_FUNCTION_LINES and not function.is_table),
                            reverse=True)
    long_files = sorted(((len(text.splitlines()), str(path)) for path, _, text in tree.code
                         if len(text.splitlines()) > MOST_FILE_LINES), reverse=True)
    return long_functions, long_files


def plain_name(function):
    return function.name.split("::")[-1]


def named(tree, pattern):
    """Returns the product's C++ definitions whose plain name matches."""
    return [function for path, kind, function in tree.functions
            if kind == "cpp" and tree.is_product(path) and re.match(pattern, plain_name(function))]


def comment_share(tree):
    """Returns the percentage of the product's non-blank lines that hold only a comment."""
    comment = total = 0
    for _, kind, text in tree.product():
        total += code_lines(text)
        comment += sum(len(block.text.split("\n")) for block in source_text.comments(kind, text)
                       if not block.trailing)
    return 100 * comment / total


def word_rates(tree):
    """Returns the occurrences of each watched word in 1,000 words of comment."""
    found = [word.lower() for _, kind, text in tree.product()
             for block in source_text.comments(kind, text) for word in source_text.words(block.text)]
    return {name: 1000 * sum(bool(re.fullmatch(pattern, word)) for word in found)
            / max(1, len(found)) for name, pattern in WATCHED.items()}


def opens_with_comment(text):
    for line in text.split("\n"):
        if is_blank(line) or "SPDX-License-Identifier" in line:
            continue
        return line.startswith(("//", "/*"))
    return False


def silent_openings(tree):
    """Returns the lengths of the product's .cc files that open without a comment."""
    return [len(text.splitlines()) for path, _, text in tree.product()
            if path.suffix == ".cc" and not opens_with_comment(text)]


def without_spdx(tree):
    return [str(path) for path, kind, text in tree.files if kind != "markdown"
            and not any(SPDX in line for line in text.split("\n")[:2])]


def constants(tree):
    """Returns (path:line, name, whether a comment gives the reason) of each."""
    found = []
    for path, _, text in tree.product():
        code, lines = source_text.cpp_code(text), text.split("\n")
        for match in CONSTANT.finditer(code):
            if not NUMBER.search(match.group(2) or match.group(3) or ""):
                continue
            first = code.count("\n", 0, match.start())
            last = code.count("\n", 0, match.end())
            above = first - 1
            while above > 0 and RUN.match(lines[above]):
                above -= 1
            reason = any("//" in line for line in lines[first:last + 1]) or (
                above >= 0 and lines[above].lstrip().startswith("//"))
            found.append((f"{path}:{first + 1}", match.group(1), reason))
    return found


def rooms_without_tidy(tree):
    """Returns the rooms whose own headers HeaderFilterRegex does not match."""
    path = tree.root / ".clang-tidy"
    pattern = re.search(r"^HeaderFilterRegex:\s*'([^']*)'", path.read_text(),
                        re.MULTILINE) if path.is_file() else None
    headers = {p.parts[0] for p, _, _ in tree.code if p.suffix == ".h"}
    if not pattern:
        return sorted(headers)
    return sorted(room for room in headers
                  if not re.search(pattern.group(1), f"/tree/{room}/sample.h"))


def rebuilt(build):
    """Returns the number of objects, and by header name how many depend on it."""
    done = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"measure_house: ninja -t deps in {build}: {done.stderr.strip()}")
    total, counts = 0, collections.Counter()
    for entry in re.split(r"\n\n+", done.stdout):
        lines = entry.strip().split("\n")
        if "(VALID)" not in lines[0] or ".o:" not in lines[0]:
            continue
        total += 1
        counts.update({name for name in HEADERS
                       if any(line.strip().endswith("core/" + name) for line in lines[1:])})
    return total, counts


def figures(root, build):
    """Returns the rows (name, value) of a tree, in the order of the table."""
    tree = Tree(root)
    rooms = shares(tree)
    long_functions, long_files = over_long(tree)
    longest = sorted(((f.lines, plain_name(f)) for path, kind, f in tree.functions
                      if kind == "cpp" and not f.is_table and tree.is_product(path)), reverse=True)
    stored = named(tree, r"(Save|Restore)")
    silent = silent_openings(tree)
    values = constants(tree)
    unexplained = [value for value in values if not value[2]]
    daemon = sum(share for room, share in rooms if room.split("/")[0] == "daemon")
    rows = [
        ("`daemon/`, % of the product's code", f"{daemon:.0f}"),
        ("largest room of `daemon/`, %", next((f"{share:.0f} `{room}`" for room, share in rooms
                                               if room.startswith("daemon")), "none")),
        ("longest functions of the product", ", ".join(f"`{name}` {lines}"
                                                       for lines, name in longest[:4])),
        (f"functions over {MOST_FUNCTION_LINES} lines", str(len(long_functions))),
        ("tables marked as such", str(sum(f.is_table for _, _, f in tree.functions))),
        (f"files over {MOST_FILE_LINES} lines", str(len(long_files))),
        ("functions named Take…, Tell…, Of…", str(len(named(tree, r"(Take|Tell|Of)([A-Z]|$)")))),
        ("Save/Restore by hand", f"{len(stored)}, {sum(f.lines for f in stored)} lines"),
        ("rooms left out of `.clang-tidy`", ", ".join(rooms_without_tidy(tree)) or "none"),
        ("comment lines, % of non-blank lines", f"{comment_share(tree):.0f}"),
    ]
    rows += [(f"\"{name}\" in 1,000 comment words", f"{rate:.2f}")
             for name, rate in word_rates(tree).items()]
    rows += [
        ("`.cc` files that open without a comment",
         f"{len(silent)} of {sum(p.suffix == '.cc' for p, _, _ in tree.product())}"),
        (f"… of them over {LONG_OPENING} lines", str(sum(n > LONG_OPENING for n in silent))),
        ("… of them over 400 lines", str(sum(n > 400 for n in silent))),
        ("files without an SPDX line", str(len(without_spdx(tree)))),
        ("numeric constants without a reason", f"{len(unexplained)} of {len(values)}"),
    ]
    total, counts = rebuilt(build) if build else (0, {})
    for name in HEADERS:
        there = (pathlib.Path(root) / "core" / name).is_file()
        value = f"{counts[name]} of {total}" if build else "not built"
        rows.append((f"objects rebuilt by `core/{name}`", value if there else "no such header"))
    rows += [(f"share of `{room}`, %", f"{share:.1f}") for room, share in rooms]
    return rows


def print_table(columns):
    """Prints rows in the order of the last column; a row of one tree alone is kept."""
    names = list(dict.fromkeys(name for _, rows in reversed(columns) for name, _ in rows))
    print("| | " + " | ".join(title for title, _ in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name in names:
        print(f"| {name} | " + " | ".join(dict(rows).get(name, "-") for _, rows in columns) + " |")


def check(root):
    long_functions, long_files = over_long(Tree(root))
    for lines, place, name in long_functions:
        print(f"{place}: {name} has {lines} lines, more than {MOST_FUNCTION_LINES}")
    for lines, path in long_files:
        print(f"{path}: {lines} lines, more than {MOST_FILE_LINES}")
    problems = len(long_functions) + len(long_files)
    print(f"measure_house: {problems} problems")
    return 1 if problems else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--compare", type=pathlib.Path)
    parser.add_argument("--compare-build", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--constants", action="store_true",
                        help="list the numeric constants without a reason")
    options = parser.parse_args()
    if options.check:
        sys.exit(check(options.root))
    if options.constants:
        for place, name, reason in constants(Tree(options.root)):
            if not reason:
                print(f"{place}: {name}")
        return
    columns = [("after" if options.compare else "today", figures(options.root, options.build))]
    if options.compare:
        columns.insert(0, ("today", figures(options.compare, options.compare_build)))
    print_table(columns)


if __name__ == "__main__":
    main()
