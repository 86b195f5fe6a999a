# SPDX-License-Identifier: Apache-2.0
"""Tests the promises of the commands to scripts: options, as --help prints them, and exit
statuses. Both are golden."""
import re
import subprocess
import tempfile
import unittest

import harness
import golden  # after harness, which makes it findable

SAMPLE_BASELINE = str(harness.SAMPLE / "baseline.jsonl")
SAMPLE_LIVE = str(harness.SAMPLE / "live.jsonl")
REPLAY = ("replay", "--baseline", SAMPLE_BASELINE)
NOTHING = "127.0.0.1:1"  # nobody answers there
INCIDENT = "inc-000000000000"

# Run in this order, in a folder that holds bad.yaml and empty/.
BINARY = str(harness.pathlib.Path(harness.BINARY).resolve())
CALLS = (
    (),
    ("--version",),
    ("--help",),
    ("--no-such-option",),
    ("no-such-command",),
    ("init",),
    ("init", "no-such-way"),
    ("init", "http", "--out", "init.yaml"),
    ("init", "http", "--out", "init.yaml"),
    ("status", "--url", f"http://{NOTHING}"),
    ("taps", "--once", "--url", f"http://{NOTHING}"),
    ("selftest", "--url", f"http://{NOTHING}"),
    ("selftest", "--receiver", "pager"),
    ("replay",),
    ("replay", "--live", SAMPLE_LIVE, "--findings", "out.jsonl"),
    ("replay", "--bundle", "absent.jsonl"),
    ("replay", "--bundle", "absent.jsonl", "--live", SAMPLE_LIVE),
    (*REPLAY, "--live", "absent.jsonl", "--findings", "out.jsonl"),
    (*REPLAY, "--live", SAMPLE_LIVE, "--findings", "out.jsonl"),
    (*REPLAY, "--live", SAMPLE_LIVE, "--findings", "absent/out.jsonl"),
    (*REPLAY, "--live", SAMPLE_LIVE, "--findings", "out.jsonl", "--config", "bad.yaml"),
    (*REPLAY, "--live", SAMPLE_LIVE, "--findings", "out.jsonl", "--mean-responses", "0"),
    (*REPLAY, "--live", SAMPLE_LIVE, "--findings", "out.jsonl", "--from", "absent"),
    ("grade",),
    ("grade", "--in", "absent.jsonl", "--out", "out.jsonl"),
    ("split",),
    ("split", "--in", "absent.jsonl", "--out", "out.jsonl"),
    ("split", "--in", SAMPLE_LIVE, "--out", "out.jsonl"),
    ("read", "--in", "absent.jsonl"),
    ("read", "--in", SAMPLE_LIVE, "--out", "out.jsonl"),
    ("read", "--model", "m"),
    ("baseline",),
    ("baseline", "list", "--data", "empty"),
    ("baseline", "import", SAMPLE_BASELINE, "--data", "data", "--dry-run"),
    ("baseline", "import", SAMPLE_BASELINE, "--data", "data"),
    ("baseline", "list", "--data", "data"),
    ("baseline", "show", "--model", "heron-think-8b", "--data", "data"),
    ("baseline", "show", "--model", "absent", "--data", "data"),
    ("baseline", "freeze", "--model", "heron-think-8b", "--data", "data"),
    ("baseline", "import", "absent.jsonl", "--data", "data"),
    ("serve", "--config", "absent.yaml"),
    ("serve", "--config", "bad.yaml"),
    ("check-config", "good.yaml"),
    ("check-config", "bad.yaml"),
    ("check-config", "absent.yaml"),
    ("feed", "--endpoint", NOTHING, "--in", "absent.jsonl", "--no-progress"),
    ("rescore",),
    ("rescore", "--config", "good.yaml", "p1"),
    ("incidents",),
    ("incidents", "list", "--data", "empty"),
    ("incidents", "list", "--data", "data"),
    ("incidents", "show", INCIDENT, "--data", "data"),
    ("incidents", "bundle", INCIDENT, "--data", "data", "--out", "out.jsonl"),
    ("incidents", "bundle", INCIDENT, "--data", "data"),
    ("incidents", "list", "--shadow", "--data", "data"),
    ("incidents", "list", "--shadow", "--open", "--data", "data"),
    ("incidents", "list", "--limit", "0", "--data", "data"),
    ("compare",),
    ("compare", SAMPLE_BASELINE, SAMPLE_BASELINE),
    ("compare", SAMPLE_BASELINE, SAMPLE_LIVE),
    ("compare", SAMPLE_BASELINE, "absent.jsonl"),
)


def call(folder, *arguments):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True,
                          timeout=60, check=False, cwd=folder, stdin=subprocess.DEVNULL)


def subcommands(text):
    """Returns the names under the last heading of a help text."""
    listed = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z-]+)\b", listed, re.MULTILINE)


def helps(path=()):
    done = subprocess.run([BINARY, *path, "--help"], capture_output=True, text=True,
                          timeout=60, check=True)
    text = done.stdout.replace(BINARY, "reasonwatch")
    yield f"===== {' '.join(('reasonwatch',) + path)} --help\n{text}"
    for name in subcommands(text):
        yield from helps(path + (name,))


class Help(unittest.TestCase):

    def test_help_is_the_golden_one(self):
        golden.check(self, "help.txt", "".join(helps()))

    def test_exit_statuses_are_the_golden_ones(self):
        lines = []
        with tempfile.TemporaryDirectory(prefix="rw-") as name:
            folder = harness.pathlib.Path(name)
            (folder / "empty").mkdir()
            (folder / "good.yaml").write_text("storage: {path: data}\n")
            (folder / "bad.yaml").write_text("quue: {}\n")
            for arguments in CALLS:
                status = call(folder, *arguments).returncode
                shown = " ".join(("reasonwatch",) + arguments)
                lines.append(f"{status} {shown.replace(str(harness.SAMPLE), 'sample')}\n")
        golden.check(self, "exit_statuses.txt", "".join(lines))


if __name__ == "__main__":
    harness.main()
