# SPDX-License-Identifier: Apache-2.0
"""Tests that tools/check_api.py finds each kind of difference."""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/check_api.py"
SERVER = """
    {"GET", "/-/ready", Guard::kNone, &Server::Ready},
    {"GET", "/api/v1/incidents/(inc-[0-9a-f]{12})", Guard::kToken,
     &Server::OneIncident},
    {"POST", "/api/v1/responses", Guard::kToken, &Server::Responses},
"""
API = """
security: [{bearer: []}]
paths:
  /-/ready:
    get: {summary: a, security: [], responses: {"200": {description: ok}}}
  /api/v1/incidents/{id}:
    get: {summary: b, responses: {"200": {$ref: "#/components/responses/One"}}}
  /api/v1/responses:
    post: {summary: c, responses: {"202": {description: ok}}}
components: {responses: {One: {description: ok}}}
"""


def check(server, api):
    with tempfile.TemporaryDirectory(prefix="rw-") as name:
        root = pathlib.Path(name)
        (root / "daemon/api").mkdir(parents=True)
        (root / "docs").mkdir()
        (root / "daemon/api/server.cc").write_text(server)
        (root / "docs/openapi.yaml").write_text(api)
        done = subprocess.run([sys.executable, "-B", TOOL, "--root", root],
                              capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


class CheckApi(unittest.TestCase):

    def test_the_tree_and_the_example_hold(self):
        self.assertEqual(subprocess.run([sys.executable, "-B", TOOL], check=False).returncode, 0)
        self.assertEqual(check(SERVER, API), (0, "check_api: 3 routes, 0 problems\n"))

    def test_each_difference_is_found(self):
        for server, api, wanted in (
                (SERVER, API.replace("/-/ready", "/-/readiness"), "GET /-/ready is served and not"),
                (SERVER, API.replace("/-/ready", "/-/readiness"), "GET /-/readiness is described"),
                (SERVER, API.replace("post:", "put:"), "PUT /api/v1/responses is described"),
                (SERVER, API.replace("summary: a, security: [],", "summary: a,"),
                 "GET /-/ready: a token is not needed"),
                (SERVER.replace("kNone", "kToken"), API, "GET /-/ready: a token is needed"),
                (SERVER, API.replace("summary: c, ", ""), "POST /api/v1/responses has no summary"),
                (SERVER, API.replace("responses/One", "responses/Two"), "nothing at")):
            status, text = check(server, api)
            self.assertEqual(status, 1, text)
            self.assertIn(wanted, text)

    def test_a_server_without_routes_is_no_success(self):
        self.assertEqual(check("", "security: []\npaths: {}\n")[0], 1)


if __name__ == "__main__":
    if importlib.util.find_spec("yaml") is None:
        print("skipped: YAML is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
