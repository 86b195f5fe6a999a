#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the files of deploy/demo as far as that is possible without an engine.

  tools/check_demo.py [--program PROGRAM] [--folder DEMO]

Every path that is mounted or built is there, every service that is named exists, each
port that one service is sent to is one that the other listens on, and commands of the
program have options that its help has. Prometheus, Alertmanager and Docker's compose (1.29
or newer) read their files if they are installed; PROGRAM reads the daemon's
configuration and writes Envoy's. Exits 1 if anything is wrong.

Needs PyYAML, or ends with 77.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
HELP = ROOT / "tests/testdata/golden/help.txt"
RULES = ROOT / "dashboards/prometheus/rules.yml"
# Ports that a program of another project listens on unless it is told otherwise.
USUAL_PORTS = {"prometheus": {9090}, "alertmanager": {9093}, "grafana": {3000}}


class Check:
    def __init__(self, demo, program):
        self.demo, self.program = demo, program
        self.problems = []
        self.count = 0
        self.services = yaml.safe_load((demo / "compose.yaml").read_text())["services"]
        self.volumes = yaml.safe_load((demo / "compose.yaml").read_text())["volumes"]

    def expect(self, good, text):
        self.count += 1
        if not good:
            self.problems.append(text)

    def run(self, what, *command, **options):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              check=False, **options)
        self.expect(done.returncode == 0, f"{what}: {done.stdout}{done.stderr}")
        return done.stdout

    @staticmethod
    def words(service):
        command = service.get("command", [])
        return command.split() if isinstance(command, str) else command

    def files(self):
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                known = source in self.volumes if source[0] not in "./" else \
                    (self.demo / source).resolve().exists()
                self.expect(known, f"{name}: {source} is absent")
            build = service.get("build")
            if build:
                file = self.demo / build["context"] / build["dockerfile"]
                self.expect(file.resolve().is_file(), f"{name}: no {file}")
            for other in service.get("depends_on", []):
                self.expect(other in self.services, f"{name} depends on {other}, which is absent")

    def addresses(self):
        """Every SERVICE:PORT in a command or a file is one that is listened on."""
        texts = {name: " ".join(self.words(s)) for name, s in self.services.items()}
        for path in sorted(self.demo.rglob("*.y*ml")):
            if path.name != "compose.yaml":
                texts[str(path.relative_to(self.demo))] = path.read_text()
        listens = {name: set(USUAL_PORTS.get(name, ())) for name in self.services}
        for port in re.findall(r"0\.0\.0\.0:(\d+)", texts["reasonwatch.yaml"]):
            listens["reasonwatch"].add(int(port))
        listens["model"].add(int(re.search(r"--port (\d+)", texts["model"]).group(1)))
        listens["envoy"].add(int(re.search(r"--listen 0\.0\.0\.0:(\d+)",
                                           texts["envoy-config"]).group(1)))
        found = 0
        for where, text in texts.items():
            for host, port in re.findall(r"\b([a-z][\w-]*):(\d{2,5})\b", text):
                found += 1
                self.expect(int(port) in listens.get(host, ()),
                            f"{where}: nothing listens on {host}:{port}")
        self.expect(found >= 6, "no addresses were found, so none was checked")
        for name, service in self.services.items():
            for mapping in service.get("ports", []):
                self.expect(mapping.startswith("127.0.0.1:"), f"{name}: {mapping} is open to all")
                self.expect(int(mapping.split(":")[-1]) in listens[name],
                            f"{name}: nothing listens on {mapping}")

    def commands(self):
        """Commands of the program, by the help of its options."""
        parts = re.split(r"^===== reasonwatch(.*) --help\n", HELP.read_text(), flags=re.MULTILINE)
        options = {path.strip(): set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", body, re.MULTILINE))
                   for path, body in zip(parts[1::2], parts[2::2])}
        found = 0
        for name, service in self.services.items():
            words = self.words(service)
            if service.get("image") != "reasonwatch:demo" or not words:
                continue
            found += 1
            path = [word for word in words[:2] if " ".join([*words[:words.index(word)], word])
                    in options]
            self.expect(path, f"{name}: no command {words[0]}")
            for word in words:
                if word.startswith("--") and path:
                    self.expect(word in options[" ".join(path)], f"{name}: no option {word}")
        self.expect(found >= 3, "no commands were found, so none was checked")

    def programs(self):
        """The files, as the programs that are here read them."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            shutil.copy(self.demo / "prometheus.yml", folder)
            shutil.copy(RULES, folder / "rules.yml")
            if shutil.which("promtool"):
                self.run("promtool", "promtool", "check", "config", folder / "prometheus.yml")
            if shutil.which("amtool"):
                self.run("amtool", "amtool", "check-config", self.demo / "alertmanager.yml")
            if shutil.which("docker-compose"):
                self.run("compose", "docker-compose", "-f", self.demo / "compose.yaml", "config", "-q")
            self.run("traffic.py", sys.executable, "-B", self.demo / "traffic.py", "--write", folder)
            if self.program:
                self.run("check-config", self.program, "check-config", "--config",
                         self.demo / "reasonwatch.yaml")
                data = folder / "data"
                self.run("import", self.program, "baseline", "import", folder / "problems.jsonl",
                         "--model", "reasoner", "--data", data)
                words = self.words(self.services["envoy-config"])
                words[words.index("--out") + 1] = folder / "envoy.yaml"
                self.run("envoy", self.program, *words)
                envoy = ROOT / "build/envoy/bin/envoy"
                if envoy.exists():
                    self.run("envoy", envoy, "--mode", "validate", "-c", folder / "envoy.yaml")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "deploy/demo")
    options = parser.parse_args()
    global yaml  # not of the standard library
    try:
        import yaml
    except ImportError:
        print("skipped: no PyYAML")
        return 77
    check = Check(options.folder.resolve(), options.program)
    check.files()
    check.addresses()
    check.commands()
    check.programs()
    for problem in check.problems:
        print(problem)
    print(f"check_demo: {check.count} checks, {len(check.problems)} problems")
    return 1 if check.problems else 0


if __name__ == "__main__":
    sys.exit(main())
