# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of the documents, and compares the daemon's answers with openapi.yaml.

A block of shell behind `<!-- run -->` is run in the page's own folder, which holds
healthy.jsonl and suspect.jsonl; behind `<!-- run: background -->` it is left running; behind
`<!-- run: daemon -->` a daemon with an incident is there before the page's first block. The
blocks of a page run one after the other, in a network of their own, so that the default
ports are free."""
import json
import pathlib
import re
import shutil
import subprocess
import unittest

import harness

try:
    import yaml
except ImportError:
    harness.skip("YAML is not installed")

BLOCK = re.compile(r"^( *)<!-- run(?:: (\w+))? -->\n+\1```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LOOPBACK_UP = """\
import fcntl, socket, struct
s = socket.socket()
fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x49))  # SIOCSIFFLAGS: up, running
"""
DAEMON = """\
printf 'baseline: {path: healthy.jsonl}\\n' >daemon.yaml
reasonwatch serve --config daemon.yaml >daemon.log 2>&1 &
until curl --fail --silent --output ready http://127.0.0.1:9096/-/ready; do
  kill -0 $! || { cat daemon.log; exit 1; }
  sleep .1
done
reasonwatch feed --in suspect.jsonl --count 850
until reasonwatch incidents list | grep critical; do sleep .1; done
"""


def blocks(text):
    """Returns (kind, commands) of each block that is to be run."""
    return [(kind or "", re.sub(f"(?m)^{indent}", "", commands))
            for indent, kind, commands in BLOCK.findall(text)]


def tagged_pages():
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"],
                           cwd=harness.ROOT, capture_output=True, text=True, check=False).stdout
    names = files.splitlines() or [
        str(p.relative_to(harness.ROOT)) for p in (harness.ROOT / "docs").rglob("*.md")]
    for name in sorted(set(names)):
        path = harness.ROOT / name
        if path.is_file() and "<!-- run" in path.read_text():
            yield name, path.read_text()


def own_network():
    return subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0


class Page:
    """The blocks of a page as one script."""

    def __init__(self, text, folder):
        self.folder = folder
        script = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT",
                  f"python3 -c '{LOOPBACK_UP}'"]
        found = blocks(text)
        if any(kind == "daemon" for kind, _ in found):
            script.append(DAEMON)
        for kind, commands in found:
            script.append(f"{{\n{commands}}} >background.log 2>&1 &" if kind == "background"
                          else commands)
        self.script = "\n".join(script) + "\n"

    def run(self):
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "reasonwatch").symlink_to(pathlib.Path(harness.BINARY).resolve())
        shutil.copy(harness.SAMPLE / "baseline.jsonl", self.folder / "healthy.jsonl")
        shutil.copy(harness.SAMPLE / "live.jsonl", self.folder / "suspect.jsonl")
        return subprocess.run(
            ["unshare", "-n", "env", f"PATH={programs}:/usr/bin:/bin", "no_proxy=*", "bash", "-c",
             self.script], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120, check=False)


@unittest.skipUnless(own_network(), "no network of our own: unshare -n needs root")
class Commands(unittest.TestCase):

    def run_page(self, text):
        with harness.temporary_folder() as name:
            return Page(text, pathlib.Path(name)).run()

    def test_every_command_that_is_tagged_as_runnable_runs(self):
        pages = dict(tagged_pages())
        self.assertLessEqual({"README.md", "docs/first-hour.md", "docs/tuning.md"}, set(pages))
        for name, text in pages.items():
            with self.subTest(page=name):
                # No tag that the pattern overlooks.
                self.assertEqual(len(blocks(text)), text.count("<!-- run"))
                done = self.run_page(text)
                self.assertEqual(done.returncode, 0, done.stdout[-3000:])

    def test_a_command_that_fails_is_noticed(self):
        for block in ("<!-- run -->\n```sh\nreasonwatch replai\n```\n",
                      "<!-- run -->\n```sh\nfalse\ntrue\n```\n",
                      "1. a\n\n   <!-- run: daemon -->\n   ```sh\n   cat absent | cat\n   ```\n"):
            self.assertEqual(len(blocks(block)), 1)
            self.assertNotEqual(self.run_page(block).returncode, 0)


class Schema:
    """As much of OpenAPI's schemas as our file uses."""

    TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
             "integer": int, "number": (int, float)}

    def __init__(self, api):
        self.api = api

    def problems(self, schema, value, place="answer"):
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            schema = self.api["components"]["schemas"][name]
        if value is None:
            if not schema.get("nullable"):
                yield f"{place} is null"
            return
        for part in schema.get("allOf", ()):
            yield from self.problems(part, value, place)
        kind = schema.get("type")
        if kind and (not isinstance(value, self.TYPES[kind])
                     or (kind in ("integer", "number") and isinstance(value, bool))):
            yield f"{place} is no {kind}: {value!r}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{place} is none of {schema['enum']}: {value!r}"
        for key in schema.get("required", ()):
            if key not in value:
                yield f"{place} has no {key}"
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                yield from self.problems(inner, value[key], f"{place}.{key}")
        for n, item in enumerate(value if kind == "array" else ()):
            yield from self.problems(schema.get("items", {}), item, f"{place}[{n}]")


class Api(unittest.TestCase):

    def setUp(self):
        held = harness.temporary_folder()
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name)
        self.api = yaml.safe_load((harness.ROOT / "docs/openapi.yaml").read_text())
        self.schema = Schema(self.api)

    def test_the_answers_are_as_described(self):
        daemon = self.enterContext(harness.Daemon(self.folder, harness.config(
            self.folder, more=f"baseline: {{path: {harness.SAMPLE}/baseline.jsonl}}")))
        harness.feed(daemon.tap, harness.SAMPLE / "live.jsonl", "--count", 850)
        harness.wait_for("an incident", lambda: daemon.events("incident_opened"))
        incident = daemon.api("/api/v1/incidents")["incidents"][0]["id"]
        seen = 0
        for path, item in self.api["paths"].items():
            content = item.get("get", {}).get("responses", {}).get("200", {}).get("content")
            if content is None:
                continue
            answer = daemon.api(path.replace("{id}", incident))
            with self.subTest(path=path):
                self.assertEqual(list(self.schema.problems(
                    content["application/json"]["schema"], answer)), [])
            seen += 1
        self.assertGreaterEqual(seen, 6)
        status, body = harness.post(daemon.url + "/api/v1/deployments", {"model": "m"})
        event = self.api["components"]["schemas"]["Event"]
        self.assertEqual((status, list(self.schema.problems(event, json.loads(body)))), (200, []))

    def test_an_answer_that_differs_is_found(self):
        stream = {"$ref": "#/components/schemas/Streams"}
        self.assertEqual(list(self.schema.problems(stream, {"streams": []})), [])
        self.assertEqual(list(self.schema.problems(stream, {})), ["answer has no streams"])
        self.assertIn("answer.streams[0].state is none of",
                      " ".join(self.schema.problems(stream, {"streams": [{"state": "x"}]})))


if __name__ == "__main__":
    if shutil.which("curl") is None:
        harness.skip("curl is not installed")
    harness.main()
