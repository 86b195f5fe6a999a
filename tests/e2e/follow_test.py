# SPDX-License-Identifier: Apache-2.0
"""Kills a daemon twenty times while it follows files that grow and are rotated. Every row must
count once in the state that the last life has: none twice, none lost."""
import os
import random
import shutil
import sqlite3
import threading
import time
import unittest

import harness

KILLS = 20
SEED = 20240307


class Writer(threading.Thread):
    """Appends rows of three models to two files, in pieces."""

    def __init__(self, folder, seed):
        super().__init__()
        self.folder = folder
        self.random = random.Random(seed)
        self.lock = threading.Lock()  # held while a row is written, and for a rotation
        self.rows = 0
        self.rotations = 0
        self.rotated = {}  # path -> key of the content that was rotated last
        self.done = threading.Event()

    def row(self):
        self.rows += 1
        return (f'{{"id": "row-{self.rows}", "model": "m{self.rows % 3}", "prompt": "Add {self.rows}'
                f' and 2.", "reasoning": "I add them.", "content": "It is {self.rows + 2}."}}\n')

    def run(self):
        while not self.done.is_set():
            with self.lock, open(self.path(), "a", encoding="utf-8") as out:
                for _ in range(self.random.randrange(40)):
                    row = self.row()
                    cut = self.random.randrange(len(row))
                    out.write(row[:cut])
                    out.flush()
                    out.write(row[cut:])
                    out.flush()
            time.sleep(self.random.uniform(0, .05))

    def path(self):
        return self.folder / self.random.choice(("a.jsonl", "b.jsonl"))

    def rotate(self, known):
        """Rotates one file, if the daemon would know it after a kill."""
        with self.lock:
            path = self.path()
            if not path.exists() or path.stat().st_size == 0:
                return
            key = known.get((path.stat().st_ino, str(path)))
            if key in (None, self.rotated.get(path)):
                return
            self.rotated[path] = key
            self.rotations += 1
            away = f"{path}.{self.rotations}"
            if self.random.random() < .5:
                os.rename(path, away)
            else:
                shutil.copyfile(path, away)
                os.truncate(path, 0)


def known_files(database):
    """Returns inode and path -> key of the files that the last saved marks hold."""
    if not database.exists():
        return {}
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            rows = connection.execute(
                "SELECT value FROM facts WHERE name = 'followed_files'").fetchall()
    except sqlite3.Error:
        return {}
    known = {}
    for line in rows[0][0].splitlines() if rows else ():
        key, inode, _, _, _, path = line.split(" ", 5)
        known[int(inode), path] = key
    return known


def counted(daemon):
    return sum(s["responses"] for s in daemon.api("/api/v1/streams")["streams"])


class Follow(unittest.TestCase):

    def test_every_row_counts_once_over_kills_and_rotations(self):
        random_of = random.Random(SEED)
        with harness.temporary_folder() as name:
            folder = harness.pathlib.Path(name)
            logs = folder / "logs"
            logs.mkdir()
            config = f"""\
tap: {{grpc: {{listen: "127.0.0.1:0"}}, files: [{{path: "{logs}/*.jsonl"}}]}}
http: {{listen: "127.0.0.1:0"}}
storage: {{path: {folder}/data, checkpoint_interval: 1s}}
"""
            writer = Writer(logs, SEED)
            writer.start()
            try:
                for _ in range(KILLS):
                    with harness.Daemon(folder, config) as daemon:
                        end = time.monotonic() + random_of.uniform(.1, 5)
                        while time.monotonic() < end:
                            time.sleep(random_of.uniform(0, .3))
                            if random_of.random() < .4:
                                writer.rotate(known_files(folder / "data" / "reasonwatch.db"))
                        daemon.kill()
                    if random_of.random() < .3:
                        writer.rotate(known_files(folder / "data" / "reasonwatch.db"))
            finally:
                writer.done.set()
                writer.join()
            with harness.Daemon(folder, config) as daemon:
                limit = time.monotonic() + 60
                while counted(daemon) < writer.rows and time.monotonic() < limit:
                    time.sleep(.1)
                time.sleep(3)
                self.assertEqual(counted(daemon), writer.rows)
                errors = {k: v for k, v in daemon.metrics().items()
                          if k.startswith("reasonwatch_tap_errors_total") and v}
                self.assertEqual(errors, {})
                self.assertEqual(daemon.stop()[0], 0)
            print(f"{writer.rows} rows, {writer.rotations} rotations, {KILLS} kills")
            self.assertGreater(writer.rotations, 0)


if __name__ == "__main__":
    harness.main()
