#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks each rule in several ways and expects its tests to fail.

  tools/mutate_rules.py [--rules FILE] [--tests FILE ...] [--list]

The ways: each comparison of its expression negated, a set operation replaced by its opposite,
the whole expression negated (an alert fires where it did not; a recorded value changes its
sign), and no wait before an alert fires. Needs promtool and YAML. Exits 1 if a change is
noticed by no test.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "dashboards" / "prometheus"
OPPOSITE = {"==": "!=", "!=": "==", ">": "<=", "<": ">=", ">=": "<", "<=": ">"}
# Outside of braces, in which "!=" is a matcher.
COMPARISON = re.compile(r"(?<![=!<>~])(==|!=|>=|<=|>|<)(?![=~])")
SET_OPERATION = re.compile(r"\b(and|unless|or)\b")


def outside_of_braces(expr, pattern):
    for match in pattern.finditer(expr):
        before = expr[:match.start()]
        if before.count("{") == before.count("}"):
            yield match


def mutants(rule):
    """Yields (what was done, a rule)."""
    expr = rule["expr"]
    for match in outside_of_braces(expr, COMPARISON):
        yield (f"{match[0]} negated",
               {**rule, "expr": expr[:match.start()] + OPPOSITE[match[0]] + expr[match.end():]})
    for match in outside_of_braces(expr, SET_OPERATION):
        other = "unless" if match[0] == "and" else "and"
        yield (f"{match[0]} made {other}",
               {**rule, "expr": expr[:match.start()] + other + expr[match.end():]})
    if "record" in rule:
        yield "value negated", {**rule, "expr": f"-({expr})"}
    else:
        yield "never true", {**rule, "expr": f"({expr}) unless ({expr})"}
        if "for" in rule:
            yield "no wait", {k: v for k, v in rule.items() if k != "for"}


def name_of(rule):
    return rule.get("alert") or rule["record"]


def all_mutants(rules):
    for g, group in enumerate(rules["groups"]):
        for r, rule in enumerate(group["rules"]):
            for what, changed in mutants(rule):
                yield name_of(rule), what, g, r, changed


def survives(rules, tests, g, r, changed):
    """Whether the tests pass although the rule is another one."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy = yaml.safe_load(yaml.safe_dump(rules))
        copy["groups"][g]["rules"][r] = changed
        # Other tests can't notice it, and windows of a day take seconds.
        paths = []
        for number, file in enumerate(tests):
            mine = [t for t in file["tests"] if name_of(changed) in yaml.safe_dump(t)]
            if mine:
                paths.append(folder / f"{number}.yml")
                paths[-1].write_text(yaml.safe_dump({**file, "tests": mine}))
        (folder / "rules.yml").write_text(yaml.safe_dump(copy))
        return not paths or subprocess.run(["promtool", "test", "rules", *paths],
                                           capture_output=True, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rules", type=pathlib.Path, default=FOLDER / "rules.yml")
    parser.add_argument("--tests", type=pathlib.Path, nargs="+",
                        default=sorted(FOLDER.glob("*_test.yml")))
    parser.add_argument("--list", action="store_true", help="print the changes and end")
    options = parser.parse_args()
    rules = yaml.safe_load(options.rules.read_text())
    tests = [yaml.safe_load(path.read_text()) for path in options.tests]
    changes = list(all_mutants(rules))
    if options.list:
        for name, what, *_ in changes:
            print(f"{name}: {what}")
        return
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        alive = list(pool.map(lambda c: survives(rules, tests, *c[2:]), changes))
    for (name, what, *_), lives in zip(changes, alive):
        if lives:
            print(f"{name}: {what}: no test notices it")
    print(f"rules: {len(changes)} changes, {sum(alive)} unnoticed")
    sys.exit(1 if any(alive) else 0)


if __name__ == "__main__":
    main()
