# SPDX-License-Identifier: Apache-2.0
"""tools/check_layers.py must find forbidden includes and pass the others."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CheckLayers(unittest.TestCase):

    def check(self, files):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "cmake").mkdir()
            (root / "cmake/layers.cmake").write_text(
                (ROOT / "cmake/layers.cmake").read_text())
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            done = subprocess.run(
                [sys.executable, ROOT / "tools/check_layers.py", "--root", name],
                capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

    def test_allowed_includes_pass(self):
        code, out = self.check({
            "detectors/a.cc": '#include "detectors/a.h"\n#include "core/scored.h"\n'
                              "#include <Eigen/Dense>\n#include <vector>\n",
            "tap/grpc/a.cc": "#include <grpcpp/grpcpp.h>\n"
                             '#include "reasonwatch/v1/tap.grpc.pb.h"\n'})
        self.assertEqual(code, 0, out)

    def test_each_violation_is_named(self):
        for path, include in (
                ("detectors/a.cc", "<sqlite3.h>"),
                ("storage/a.cc", '"detectors/a.h"'),
                ("storage/a.cc", '"reasonwatch/v1/tap.pb.h"'),
                ("formats/a.cc", "<grpcpp/grpcpp.h>"),
                ("core/a.h", '"formats/formats.h"'),
                ("core/a.h", "<spdlog/spdlog.h>"),
                ("detectors/a.cc", "<xxhash.h>"),
                ("core/a.h", '"neighbour.h"'),
                ("core/a.h", "<made/up.h>")):
            with self.subTest(path=path, include=include):
                code, out = self.check({path: f"\n#include <vector>\n  #  include {include}\n"})
                self.assertEqual(code, 1, out)
                self.assertIn(f"{path}:3: ", out)

    def test_a_tree_without_sources_is_an_error(self):
        self.assertNotEqual(self.check({})[0], 0)


if __name__ == "__main__":
    unittest.main()
