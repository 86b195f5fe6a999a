# SPDX-License-Identifier: Apache-2.0
"""Makes the data folder of a release, which every later release must read.

Usage: make_state_fixture.py PATH/TO/reasonwatch

One model learns the sample's baseline and lives through its live rows up to
LIVE_ROWS, inside the incident; a second one (the same rows, renamed) has an
imported baseline and no traffic; a deployment is on the time line. The stopped
daemon's database, vacuumed, and its key become tests/testdata/state/VERSION.tar.gz.
A third one, in VERSION-killed.tar.gz, was killed after its first responses, with
all of them held for their order and its prompts' prefix not known.
Run once for a release, with that release's program; then
`state_fixture_test.py PROGRAM --update` with the same program.
"""
import json
import shutil
import sqlite3
import tarfile
import time
import urllib.request

import harness
from state_fixture_test import BASELINE, FIXTURES, LIVE, LIVE_ROWS, config

HELD_ROWS = 40  # fewer than the 50 after which the hold ends and the prefix is known
IMPORTED = "stork-think-4b"


def fill(folder):
    rows = [dict(row, model=IMPORTED) for row in harness.read_rows(BASELINE)]
    imported = harness.write_rows(folder / "imported.jsonl", rows)
    harness.run("baseline", "import", imported, "--data", folder / "data")
    with harness.Daemon(folder, config(folder, freeze=False)) as daemon:
        harness.feed(daemon.tap, LIVE, "--recorded-times", "--unary", "--count", LIVE_ROWS)
        harness.wait_for("all responses", lambda: daemon.scored() == LIVE_ROWS)
        harness.wait_for("an incident", lambda: daemon.events("incident_opened"))
        event = {"model": "heron-think-8b", "version": "heron-2025.03.0",
                 "note": "a new build"}
        request = urllib.request.Request(daemon.url + "/api/v1/deployments",
                                         json.dumps(event).encode())
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request):
            pass
        status, _ = daemon.stop()
        assert status == 0, daemon.text()


def kill_early(folder):
    plain = harness.config(folder)
    with harness.Daemon(folder, plain) as daemon:
        harness.feed(daemon.tap, LIVE, "--recorded-times", "--unary", "--count", HELD_ROWS)
        harness.wait_for("all responses", lambda: daemon.scored() == HELD_ROWS)
        time.sleep(3)  # Checkpoints are a second apart.
        daemon.kill()


def make(release, fill_folder):
    with harness.temporary_folder() as name:
        folder = harness.pathlib.Path(name)
        fill_folder(folder)
        kept = folder / "kept"
        kept.mkdir()
        with sqlite3.connect(folder / "data" / "reasonwatch.db") as db:
            db.execute("VACUUM INTO ?", (str(kept / "reasonwatch.db"),))
            for row in db.execute("SELECT kind, key, version, length(bytes) FROM state"):
                print(*row)
        shutil.copy(folder / "data" / "session.key", kept)
        FIXTURES.mkdir(parents=True, exist_ok=True)
        out = FIXTURES / f"{release}.tar.gz"
        with tarfile.open(out, "w:gz", compresslevel=9) as tar:
            for file in sorted(kept.iterdir()):
                tar.add(file, file.name)
        print(out, out.stat().st_size, "bytes")


def main():
    version = harness.run("--version").stdout.split()[1]
    make(version, fill)
    make(version + "-killed", kill_early)


if __name__ == "__main__":
    main()
