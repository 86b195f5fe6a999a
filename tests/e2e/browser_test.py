# SPDX-License-Identifier: Apache-2.0
"""The page in a real Chromium: a healthy stream, an open critical incident, a closed one, 200
streams and hostile names. Pictures of every page at two widths and in both colour schemes are
written to build/pictures for people to look at."""
import contextlib
import json
import pathlib
import unittest
import urllib.request

import browser
import harness

PICTURES = harness.ROOT / "build" / "pictures"
TOKEN = "a-secret-of-the-test"
UNTIL_RECOVERY = 850
OPEN, CLOSED = "heron-think-8b", "egret-think-8b"
HOSTILE = ["<img src=x onerror=alert(1)>", "\"><script>alert(2)</script>", "x" * 120,
           "\u202eright-to-left", "a\nb\tc", "{{7*7}}${1}", "%2e%2e/..;--"]


def named(rows, model):
    """Returns the rows of another model, with ids of their own and a trace each."""
    return [dict(row, model=model, id=f"{model}-{row['id']}",
                 trace_id=f"{abs(hash((model, row['id']))):032x}"[:32]) for row in rows]


def many_streams():
    """Rows without an end are not held back until a model's durations are known."""
    rows = []
    base = harness.recent(harness.read_rows(harness.SAMPLE / "live.jsonl"))[10::5]
    base = [{key: value for key, value in row.items() if key != "end_time"} for row in base]
    for i in range(200):
        for j in range(3):
            row = dict(base[(i + 80 * j) % len(base)])
            rows.append(dict(row, model=f"fleet-{i % 20:02}", route=f"route-{i:03}",
                             id=f"many-{i}-{j}"))
    for i, name in enumerate(HOSTILE):
        rows.append(dict(base[i], model=name, route=name[::-1], id=f"hostile-{i}", replica=name))
    return sorted(rows, key=lambda row: row["time"])


class Page(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.cleanup = contextlib.ExitStack()
        cls.addClassCleanup(cls.cleanup.close)
        folder = pathlib.Path(cls.cleanup.enter_context(harness.temporary_folder()))
        (folder / "token").write_text(TOKEN)
        (folder / "token").chmod(0o600)
        learnt = harness.read_rows(harness.SAMPLE / "baseline.jsonl")
        harness.write_rows(folder / "baseline.jsonl", learnt + named(learnt, CLOSED))
        cls.daemon = cls.cleanup.enter_context(harness.Daemon(folder, f"""\
tap: {{grpc: {{listen: "127.0.0.1:0"}}}}
http: {{listen: "127.0.0.1:0", token_file: {folder}/token,
        trace_url: "https://traces.example/{{trace_id}}?r={{response_id}}"}}
storage: {{path: {folder}/data, checkpoint_interval: 1s}}
baseline: {{path: {folder}/baseline.jsonl}}
"""))
        live = harness.recent(harness.read_rows(harness.SAMPLE / "live.jsonl"))
        rows = sorted(named(live, CLOSED) + named(live[:UNTIL_RECOVERY], OPEN),
                      key=lambda row: row["time"])
        harness.feed(cls.daemon.tap, harness.write_rows(folder / "live.jsonl", rows),
                     "--recorded-times")
        harness.feed(cls.daemon.tap, harness.write_rows(folder / "many.jsonl", many_streams()),
                     "--recorded-times")
        # A sender that writes a key wrongly, for the page of the setup.
        request = urllib.request.Request(
            f"{cls.daemon.url}/api/v1/responses", headers={"Authorization": f"Bearer {TOKEN}"},
            data=json.dumps(dict(live[0], id="misspelt", modle="x")).encode() + b"\nnothing\n")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 202, answer.status
        harness.wait_for("an open and a closed incident", cls.look_for_incidents, 120)
        harness.wait_for("200 streams", lambda: len(cls.api("streams")["streams"]) >= 200, 60)
        cls.browser = cls.cleanup.enter_context(browser.Browser(folder / "chromedriver.log"))
        cls.log_in()

    @classmethod
    def api(cls, path):
        request = urllib.request.Request(f"{cls.daemon.url}/api/v1/{path}",
                                         headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    @classmethod
    def look_for_incidents(cls):
        cls.incidents = {}
        for incident in cls.api("incidents")["incidents"]:
            if incident["model"] in (OPEN, CLOSED):
                cls.incidents.setdefault(incident["model"], incident)
        return len(cls.incidents) == 2 and cls.incidents[OPEN]["open"] \
            and not cls.incidents[CLOSED]["open"]

    @classmethod
    def log_in(cls):
        b = cls.browser
        b.size(1280)
        b.open(cls.daemon.url)
        field = b.find("#token-value")
        cls.axe_of_form = b.axe()
        field.send_keys("wrong", browser.Keys.ENTER)
        harness.wait_for("the refusal", lambda: "not accept" in b.find("#token-why").text)
        b.find("#token-value").send_keys(TOKEN, browser.Keys.ENTER)
        b.find("#streams table")
        # The refusals of the API are in the console, nothing else.
        cls.refused = b.console()

    def setUp(self):
        self.browser.size(1280)
        self.browser.scheme("light")
        self.browser.console()

    def tearDown(self):
        self.assertEqual(self.browser.console(), [])

    def page_of(self, incident):
        self.browser.open(f"{self.daemon.url}/incidents/{incident['id']}")
        self.browser.find("h1")
        self.browser.find(".timeline")

    def photograph(self, name):
        """Pictures in both widths and schemes; no scroll bar below, nothing for axe."""
        b = self.browser
        for scheme in ("light", "dark"):
            b.scheme(scheme)
            for width in (1280, 390, 360):
                with self.subTest(page=name, width=width, scheme=scheme):
                    b.size(width)
                    harness.wait_for("the width", lambda width=width: b.run(
                        "return innerWidth") == width)
                    self.assertLessEqual(b.sideways(), 0)
                    # It takes seconds, so it sees each width and each scheme once.
                    if (scheme, width) in (("light", 1280), ("dark", 360)):
                        self.assertIn(b.axe(), ([], None))
                    if width != 360:
                        b.picture(PICTURES / f"{name}-{width}-{scheme}.png")

    def test_a_token_is_asked_for_by_a_form(self):
        self.assertIn(self.axe_of_form, ([], None))
        self.assertTrue(self.refused)
        for line in self.refused:
            self.assertIn("401", line)

    def test_the_overview_shows_the_broken_ones_first(self):
        b = self.browser
        b.open(self.daemon.url)
        rows = harness.wait_for("the streams", lambda: b.all("#streams tbody tr"))
        self.assertGreaterEqual(len(rows), 200)
        self.assertIn(OPEN, rows[0].text)
        self.assertIn("incident", rows[0].text)
        self.assertTrue(rows[0].find_elements(browser.By.CSS_SELECTOR, "svg.spark"))
        first = b.find(".incident-line")
        self.assertRegex(first.text, r"\d+ of \d+ responses of " + OPEN)
        budgets = {row.find_elements(browser.By.TAG_NAME, "td")[0].text: int(
            row.find_elements(browser.By.TAG_NAME, "td")[1].text)
            for row in b.all(".budgets tbody tr")}
        self.assertIn("one false alarm a month", budgets)
        self.assertGreaterEqual(budgets["4 false alarms in 30 days in force"], 1)
        self.photograph("overview")

    def test_the_setup_says_what_is_left(self):
        b = self.browser
        b.open(self.daemon.url)
        b.find("#streams table")
        b.focus_by_keys("nav a[href$=setup]", most=5)
        b.press(browser.Keys.ENTER)
        steps = harness.wait_for("the steps", lambda: b.all(".steps li"))
        text = [step.text for step in steps]
        self.assertEqual(len(text), 7)
        self.assertIn("done\nResponses arrive", text[0])
        # One step is next, those behind it are open.
        self.assertEqual(sum(t.startswith("next") for t in text), 1)
        self.assertIn("rescore.endpoint", b.find(".steps").text)
        ways = b.find(".ways").text
        self.assertIn("grpc", ways)
        self.assertIn(self.daemon.tap, ways)
        self.assertIn("with a key that is misspelt", ways)
        models = b.find(".models").text
        self.assertIn(OPEN, models)
        self.assertRegex(models, r"\d+ %")
        self.assertIn("steps left", b.find("#summary").text)
        self.assertEqual(b.all("main img, main script"), [])
        self.photograph("setup")

    def test_streams_are_searched_and_sorted(self):
        b = self.browser
        b.open(self.daemon.url)
        b.find("input[type=search]").send_keys("route-07")
        harness.wait_for("the search", lambda: len(b.all("#streams tbody tr")) == 10)
        self.assertIn("10 of", b.find("#found").text)
        names = [row.text.split("\n")[0] for row in b.all("#streams td.name")]
        header = b.find("#streams th button")
        header.click()
        ascending = [row.text.split("\n")[0] for row in b.all("#streams td.name")]
        self.assertEqual(ascending, sorted(names))
        # The focus stays on the header that was pressed, so that it can be pressed again.
        b.press(browser.Keys.ENTER)
        harness.wait_for("the other order", lambda: [
            row.text.split("\n")[0] for row in b.all("#streams td.name")] == ascending[::-1])

    def test_hostile_names_are_text(self):
        b = self.browser
        b.open(self.daemon.url)
        b.find("#streams table")
        shown = b.run("return document.getElementById('streams').textContent")
        for name in HOSTILE[:3]:
            self.assertIn(name, shown)
        self.assertEqual(b.all("#streams img, #streams script"), [])

    def test_an_open_incident_answers_the_questions(self):
        b = self.browser
        incident = self.incidents[OPEN]
        self.page_of(incident)
        sentence = b.find("h1").text
        self.assertRegex(sentence, r"\d+ of \d+ responses of " + OPEN)
        self.assertIn("since", sentence)
        self.assertTrue(b.all(".plot canvas"))
        self.assertTrue(b.all(".histogram tbody tr"))
        text = b.find("#content").text
        for part in ("Likely causes", "Which part of the traffic", "Time line", "Examples",
                     "Signals in numbers"):
            self.assertIn(part, text)
        link = b.find("a[href^='https://traces.example/']")
        self.assertRegex(link.get_attribute("href"), r"/[0-9a-f]{32}\?r=" + OPEN)
        self.photograph("incident-open")

    def test_a_closed_incident_keeps_its_page(self):
        b = self.browser
        self.page_of(self.incidents[CLOSED])
        self.assertIn("from", b.find("h1").text)
        self.assertTrue(b.all(".plot canvas"))
        self.assertIn("recovered", b.find("#content").text)
        self.photograph("incident-closed")

    def test_acknowledged_without_a_mouse(self):
        b = self.browser
        b.open(self.daemon.url)
        b.find(".incident-line a")
        b.focus_by_keys(".incident-line a")
        b.press(browser.Keys.ENTER)
        b.find("#act-acknowledge")
        b.focus_by_keys("#act-acknowledge")
        b.press(browser.Keys.ENTER)
        b.find("dialog[open]")
        self.assertIn(b.axe(), ([], None))
        b.run("document.getElementById('ask-note').focus()")
        b.press("seen, I am on it")
        b.focus_by_keys("#ask-yes", most=5)
        b.press(browser.Keys.ENTER)
        harness.wait_for("the badge", lambda: "acknowledged" in b.find("#content").text)
        incident = self.api(f"incidents/{self.incidents[OPEN]['id']}")
        self.assertEqual(incident["acknowledged"]["note"], "seen, I am on it")

    def test_asking_again_has_a_question_before_it(self):
        """This daemon has nobody to ask, so the page is told otherwise and the daemon refuses."""
        b = self.browser
        self.page_of(self.incidents[OPEN])
        self.assertEqual(b.all("#act-ask_again"), [])
        script = b.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
            const real = window.fetch;
            window.fetch = (url, options) => String(url).endsWith('api/v1/page')
              ? real(url, options).then((r) => r.json()).then((settings) => new Response(
                  JSON.stringify({...settings, asks_again: true}))) : real(url, options);"""})
        try:
            self.page_of(self.incidents[OPEN])
            b.focus_by_keys("#act-ask_again", most=20)
            b.press(browser.Keys.ENTER)
            b.find("dialog[open]")
            self.assertIn("tokens", b.find("#ask-text").text)
            self.assertIn(b.axe(), ([], None))
            b.focus_by_keys("#ask-yes", most=5)
            b.press(browser.Keys.ENTER)
            harness.wait_for("the refusal", lambda: b.find(
                "#ask-failed").text == "rescore.endpoint is not set")
            self.assertEqual(len([m for m in b.console() if "503" in m]), 1)
        finally:
            b.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def test_the_replicas_are_side_by_side(self):
        b = self.browser
        self.page_of(self.incidents[OPEN])
        charts = b.all(".replicas svg")
        self.assertGreaterEqual(len(charts), 2)
        for chart in charts:
            self.assertRegex(chart.get_attribute("aria-label"),
                             r"^gpu-\d: \d+ % affected, \d+ % to \d+ %$")

    def test_runbooks_are_readable(self):
        b = self.browser
        b.open(f"{self.daemon.url}/runbooks/ReasonwatchIncidentCritical")
        self.assertTrue(b.find("table"))
        self.photograph("runbook")
        b.open(f"{self.daemon.url}/runbooks")
        self.assertGreater(len(b.all("main li a")), 30)


if __name__ == "__main__":
    if browser.missing():
        harness.skip(browser.missing())
    harness.main()
