#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks a real daemon, each attack by a few processes, and holds it to bounds.

  run.py DAEMON [--only NAME,NAME] [--seconds 7]

While an attack runs, a good sender and a good scraper go on over both ports; every one of their
requests must succeed. Memory may grow by the attack's bound only, and when the attackers are gone
the descriptors come back. Prints a table; exits 1 if a bound is broken.
"""
import argparse
import contextlib
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import h2  # noqa: E402

TOKEN = "good"
# The limit of the daemon in the attack on them: less than its ports may have connections.
DESCRIPTORS = 100
# name: port, attackers, MiB by which memory may grow, a reason that must be counted, and the
# least share of good requests that succeed. Why a bound of memory is above the usual: the daemon
# may hold so much of whole requests (128), answers (64) or messages (256), and the allocator and
# the sockets have some more. Who knows the token may fill the memory of messages; gRPC then
# resets calls by chance, and a sender repeats its own.
ATTACKS = {
    "silent": ("http", 2, 48, "evicted", 1),
    "dripping_heads": ("http", 3, 48, "head_too_slow", 1),
    "endless_header": ("http", 3, 48, "head_too_large", 1),
    "endless_headers": ("http", 3, 48, "head_too_large", 1),
    "endless_path": ("http", 3, 48, "head_too_large", 1),
    "body_without_token": ("http", 4, 48, "unauthenticated", 1),
    "chunks_without_token": ("http", 4, 48, "unauthenticated", 1),
    "ranges_inside": ("http", 1, 160, "", 1),
    "unread_answers_inside": ("http", 1, 160, "", 1),
    "half_bodies_inside": ("http", 1, 280, "memory", 1),
    "half_handshakes": ("http", 2, 48, "evicted", 1),
    "silent_calls": ("tap", 2, 64, "evicted", 1),
    "huge_header": ("tap", 4, 48, "head_too_large", 1),
    "continuations": ("tap", 4, 48, "head_too_large", 1),
    "pings": ("tap", 3, 48, "flood", 1),
    "settings": ("tap", 3, 48, "flood", 1),
    "resets": ("tap", 3, 64, "flood", 1),
    "half_messages": ("tap", 1, 64, "unauthenticated", 1),
    "half_messages_inside": ("tap", 1, 400, "", .9),
    # The good ones may be refused while descriptors lack, but not afterwards.
    "descriptors": ("both", 2, 64, "descriptors", 0),
}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Daemon:
    def __init__(self, program, folder, descriptors=0):
        token = folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        (folder / "c.yaml").write_text(f"""\
tap: {{grpc: {{listen: "127.0.0.1:0", token_file: {token}}}}}
http: {{listen: "127.0.0.1:0", token_file: {token}}}
storage: {{path: {folder}/data}}
""")
        self.log = folder / "log"
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
                 ) if descriptors else None
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                [program, "serve", "--config", folder / "c.yaml"], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, preexec_fn=limit)
        self.ports = self._ports()
        self.connection = None

    def _ports(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text(errors="replace").splitlines():
                if "event=ready" in line:
                    words = dict(w.split("=", 1) for w in line.split() if "=" in w)
                    return {"http": int(words["http_port"]), "tap": int(words["tap_port"])}
            time.sleep(.02)
        raise RuntimeError("not ready: " + self.log.read_text(errors="replace")[-500:])

    def memory(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def ask(self, path, body=None):
        """True if the answer is a success."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['http']}{path}", data=body,
                                         headers={"Authorization": f"Bearer {TOKEN}"})
        try:
            with DIRECT.open(request, timeout=10) as answer:
                answer.read()
                return True
        except OSError:
            return False

    def report(self):
        """A good call over a connection that stays, as a sender keeps it."""
        try:
            if self.connection is None:
                self.connection = h2.Connection(self.ports["tap"])
            if h2.report(self.connection, TOKEN):
                return True
        except OSError:
            pass
        self.connection = None
        return False

    def good_round(self, number):
        row = b'{"id":"f%d","model":"fault","content":"4"}' % number
        return [self.ask("/metrics"), self.ask("/api/v1/responses", row), self.report()]

    def refused(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['http']}/metrics",
                                         headers={"Authorization": f"Bearer {TOKEN}"})
        with DIRECT.open(request, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        found = {}
        for line in lines:
            if line.startswith(("reasonwatch_port_refused_total{",
                                "reasonwatch_tap_errors_total{")) and not line.endswith(" 0"):
                reason = line.split('reason="')[1].split('"')[0]
                found[reason] = found.get(reason, 0) + int(float(line.rsplit(" ", 1)[1]))
        return found


def watch(daemon, stop, peak):
    while not stop.is_set() and daemon.process.poll() is None:
        peak[0] = max(peak[0], daemon.memory())
        time.sleep(.02)


def run_attack(program, name, seconds):
    """Returns the cells of the table and the bounds that were broken."""
    port, attackers, most, reason, share = ATTACKS[name]
    broken = []
    with tempfile.TemporaryDirectory(prefix="rw-") as folder, contextlib.ExitStack() as stack:
        daemon = Daemon(program, pathlib.Path(folder), DESCRIPTORS if name == "descriptors" else 0)
        stack.callback(daemon.process.wait)
        stack.callback(daemon.process.kill)
        calm = [ok for i in range(3) for ok in daemon.good_round(i)]
        before, open_before = daemon.memory(), daemon.descriptors()
        peak, stop = [before], threading.Event()
        watcher = threading.Thread(target=watch, args=(daemon, stop, peak), daemon=True)
        watcher.start()
        hostile = [subprocess.Popen(
            [sys.executable, "-B", HERE / "attacks.py", name,
             str(list(daemon.ports.values())[i % 2] if port == "both" else daemon.ports[port]),
             str(seconds), TOKEN], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) for i in range(attackers)]
        good = []
        slowest = 0.
        while any(p.poll() is None for p in hostile):
            began = time.monotonic()
            good += daemon.good_round(len(good) + 10)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(.05)
        stop.set()
        watcher.join()
        end = time.monotonic() + 30
        while daemon.process.poll() is None and daemon.descriptors() > open_before + 2:
            if time.monotonic() > end:
                broken.append(f"descriptors {daemon.descriptors()} after {open_before}")
                break
            time.sleep(.05)
        after = [ok for i in range(3) for ok in daemon.good_round(i + 100000)]
        if daemon.process.poll() is not None:
            said = daemon.log.read_text(errors="replace")
            return [name, "died"], [f"the daemon died: {said[-2000:]}"]
        if not all(calm):
            broken.append("no calm before")
        if sum(good) < share * len(good):
            broken.append(f"{good.count(False)} good requests failed")
        if not all(after):
            broken.append("good requests failed afterwards")
        growth = peak[0] - before
        if growth > most:
            broken.append(f"memory grew by {growth:.0f} MiB")
        refused = daemon.refused()
        if reason and reason not in refused:
            broken.append(f"{reason} was not counted")
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(refused.items()))
        return [f"`{name}`", port, str(attackers), f"{growth:.0f}", str(most),
                f"{sum(good)} of {len(good)}", f"{slowest:.2f}", reasons], broken


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("daemon")
    parser.add_argument("--only", default="", help="names, parted by commas")
    parser.add_argument("--seconds", type=float, default=7., help="of each attack")
    options = parser.parse_args()
    names = [n for n in options.only.split(",") if n] or list(ATTACKS)
    unknown = set(names) - ATTACKS.keys()
    if unknown:
        parser.error(f"no such attack: {', '.join(sorted(unknown))}")
    print("| attack | port | attackers | memory, MiB | bound | good requests served "
          "| slowest round, s | counted as |\n|---|---|---|---|---|---|---|---|", flush=True)
    failures = []
    for name in names:
        cells, broken = run_attack(options.daemon, name, options.seconds)
        print("| " + " | ".join(cells) + " |", flush=True)
        failures += [f"{name}: {why}" for why in broken]
    for failure in failures:
        print("BROKEN", failure, flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
