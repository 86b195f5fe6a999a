#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy-14 over the files that changed, each content once.

  tools/check_tidy.py [--all] [--base REF] [--build DIR] [--jobs N] [--list]

Changed are the files that differ from REF in the work tree, untracked ones
included. REF is by default the point at which this branch left its upstream
(or origin/main, or main); on that very commit, and in a clone that has none
of them, it is HEAD~1, or HEAD if a shallow clone has no more. A changed header
is checked through at most 3 of the .cc files that include it, its namesake
first. --all checks every .cc file of the tree. DIR (default build/dev) has the
compile_commands.json; a .cc file that it does not list is not compiled there,
and so is left out.

A file that passed leaves a stamp in build/tidy_stamps: a hash of the file, of
each own header that it includes, directly or not, of its command line and of
the .clang-tidy files above it. A file whose stamp is there is not checked again.

Exits 1 if clang-tidy finds something, 2 if the check cannot run.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-14"
INCLUDERS_OF_A_HEADER = 3
# A file takes seconds; clang's analyzer has been seen to take 90 for one.
TIMEOUT_SECONDS = 600
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def default_base():
    head = git("rev-parse", "HEAD")
    for ref in ("@{upstream}", "origin/main", "main"):
        base = git("merge-base", "HEAD", ref)
        if base and base != head:
            return base
    if git("rev-parse", "--is-shallow-repository") == "true":
        return git("rev-parse", "--verify", "-q", "HEAD~1") or head
    return git("rev-parse", "--verify", "-q", "HEAD~1")


def changed_files(base):
    """Returns the changed C++ files that still exist, relative to ROOT."""
    listed = git("diff", "--name-only", "--diff-filter=d", base, "--", "*.h", "*.cc")
    if listed is None:
        sys.exit(f"check_tidy: no such commit: {base}")
    untracked = git("ls-files", "-o", "--exclude-standard", "--", "*.h", "*.cc") or ""
    names = set(listed.split("\n") + untracked.split("\n")) - {""}
    return sorted(name for name in names if (ROOT / name).is_file())


def read_database(build):
    """Returns the command of each own .cc file, by its path relative to ROOT."""
    path = build / "compile_commands.json"
    if not path.is_file():
        print(f"check_tidy: no {path}; run cmake --preset dev", file=sys.stderr)
        sys.exit(2)
    commands = {}
    for entry in json.loads(path.read_text()):
        file = pathlib.Path(entry["directory"], entry["file"])
        if file.is_relative_to(ROOT) and not file.is_relative_to(build):
            name = str(file.relative_to(ROOT))
            # A file of two targets is checked as the first of them builds it.
            commands.setdefault(name, entry.get("command") or " ".join(entry["arguments"]))
    return commands


class Includes:
    """Returns the own headers that a file includes, found by reading, not by compiling."""

    def __init__(self, build):
        self.folders = (ROOT, build / "generated")
        self.direct = {}

    def of_file(self, path):
        if path not in self.direct:
            text = path.read_text(encoding="utf-8", errors="replace")
            found = [folder / name for name in INCLUDE.findall(text) for folder in self.folders
                     if (folder / name).is_file()]
            self.direct[path] = found
        return self.direct[path]

    def closure(self, path):
        seen, stack = set(), [path]
        while stack:
            for header in self.of_file(stack.pop()):
                if header not in seen:
                    seen.add(header)
                    stack.append(header)
        return sorted(seen)


def select(changed, commands, includes):
    """Returns the .cc files to check for these changed files."""
    chosen = {name for name in changed if name in commands}
    for header in (name for name in changed if name.endswith(".h")):
        stem = pathlib.PurePath(header).stem
        users = [name for name in sorted(commands)
                 if ROOT / header in includes.closure(ROOT / name)]
        users.sort(key=lambda name, stem=stem, header=header: (
            pathlib.PurePath(name).stem != stem,
            ROOT / header not in includes.of_file(ROOT / name), name))
        if not chosen.intersection(users[:1]):
            chosen.update(users[:INCLUDERS_OF_A_HEADER])
    return sorted(chosen)


def stamp_of(name, command, includes):
    digest = hashlib.sha256()
    configurations = [folder / ".clang-tidy" for folder in (ROOT / name).parents
                      if folder.is_relative_to(ROOT) and (folder / ".clang-tidy").is_file()]
    for path in configurations + [ROOT / name] + includes.closure(ROOT / name):
        digest.update(path.read_bytes() + b"\0")
    digest.update(command.encode())
    return digest.hexdigest()


def check(name, build):
    """Returns (name, seconds, output or None) of one run."""
    started = time.monotonic()
    try:
        done = subprocess.run([CLANG_TIDY, "--quiet", "-p", str(build), str(ROOT / name)],
                              cwd=ROOT, capture_output=True, text=True, check=False,
                              timeout=TIMEOUT_SECONDS)
        output = None if done.returncode == 0 else done.stdout or done.stderr
    except subprocess.TimeoutExpired:
        output = f"{name}: no answer within {TIMEOUT_SECONDS} s\n"
    return name, time.monotonic() - started, output


def check_all(names, commands, includes, options):
    """Checks the files without a stamp; returns those that failed."""
    stamps = ROOT / "build/tidy_stamps"
    stamps.mkdir(parents=True, exist_ok=True)
    keys = {name: stamp_of(name, commands[name], includes) for name in names}
    waiting = [name for name in names if not (stamps / keys[name]).exists()]
    print(f"check_tidy: {len(names)} files, {len(names) - len(waiting)} of them passed before",
          flush=True)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(check, name, options.build) for name in waiting]
        for run in concurrent.futures.as_completed(runs):
            name, seconds, output = run.result()
            print(f"{name}: {'ok' if output is None else 'FAILED'} {seconds:.0f} s", flush=True)
            if output is None:
                (stamps / keys[name]).touch()
            else:
                print(output, flush=True)
                failed.append(name)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--base")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="name the files, check none")
    options = parser.parse_args()
    options.build = options.build.resolve()
    if not options.list and not shutil.which(CLANG_TIDY):
        print(f"check_tidy: no {CLANG_TIDY}; run tools/install_dependencies test", file=sys.stderr)
        sys.exit(2)
    commands = read_database(options.build)
    includes = Includes(options.build)
    base = options.base or default_base()
    if options.all or base is None:
        names = sorted(commands)
    else:
        names = select(changed_files(base), commands, includes)
    if options.list:
        print("\n".join(names))
        return
    failed = check_all(names, commands, includes, options)
    print(f"check_tidy: {len(failed)} of {len(names)} files failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
