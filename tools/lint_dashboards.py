#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the Grafana dashboards and the names that the Prometheus rules use.

  lint_dashboards.py             prints each fault, and exits 1 if there is one
  lint_dashboards.py --queries   prints every query, one a line, with Grafana's
                                 variables replaced, ready to be sent to
                                 Prometheus

The rules and their names are those of grafana/dashboard-linter, of which
Debian has no package; on top of them every metric and label must be in
docs/metrics.md. Queries are parsed by promtool if it is installed.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DASHBOARDS = ROOT / "dashboards" / "grafana"
RULES = ROOT / "dashboards" / "prometheus" / "rules.yml"
METRICS = ROOT / "docs" / "metrics.md"

UNITS = {"none", "short", "percentunit", "s", "bytes", "reqps"}
TARGET_LABELS = {"job", "instance"}
VARIABLES = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h"}
QUERY_PANELS = {"stat", "table", "timeseries"}

METRIC = re.compile(r"\b(?:reasonwatch_\w+|[a-z_]+:\w+:\w+|ALERTS|up)\b")
SELECTOR = re.compile(r"([A-Za-z_:][\w:]*)\s*(\{(?:[^{}\"]|\"[^\"]*\")*\})?")
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")


def catalogue():
    """Returns series name -> (type, labels), from the page of metrics."""
    series = {}
    row = re.compile(r"\| `(\w+)` \| (\w+) \| [^|]* \| ([^|]*) \|")
    for name, kind, labels in row.findall(METRICS.read_text()):
        known = set(re.findall(r"`(\w+)`", labels))
        if kind == "histogram":
            series[name + "_bucket"] = ("counter", known | {"le"})
            series[name + "_sum"] = ("counter", known)
            series[name + "_count"] = ("counter", known)
        else:
            series[name] = (kind, known)
    if not series:
        raise SystemExit(f"{METRICS}: no metric found")
    series["up"] = ("gauge", set())
    series["ALERTS"] = (
        "gauge",
        {"alertname", "alertstate", "severity"} | series["reasonwatch_incident_open"][1],
    )
    for record in re.findall(r"- record: *(\S+)", RULES.read_text()):
        series[record] = ("recorded", None)
    return series


def selectors(expr):
    """Returns (metric, matchers as written, matched labels) of each selector."""
    for name, braces in SELECTOR.findall(expr):
        if METRIC.fullmatch(name):
            yield name, braces, set(MATCHER.findall(braces))


def substitute(expr, variables):
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    for name in variables:
        expr = re.sub(rf"\$(?:{name}\b|\{{{name}(?::\w+)?\}})", ".+", expr)
    return expr


class Dashboard:
    def __init__(self, path):
        self.path = path
        self.json = json.loads(path.read_text())
        self.variables = self.json.get("templating", {}).get("list", [])
        self.panels = []
        for panel in self.json.get("panels", []):
            self.panels += [panel] + panel.get("panels", [])

    def variable(self, name):
        return next((v for v in self.variables if v.get("name") == name), None)

    def queries(self):
        """Yields (place, expression) of every panel and annotation."""
        for panel in self.panels:
            for target in panel.get("targets", []):
                yield f"panel '{panel.get('title')}'", target.get("expr", "")
        for note in self.json.get("annotations", {}).get("list", []):
            yield f"annotation '{note.get('name')}'", note.get("expr", "")

    def substituted(self):
        names = [v["name"] for v in self.variables if v.get("type") == "query"]
        for where, expr in self.queries():
            yield where, substitute(expr, names)


# One function for each rule; it yields the faults that it finds.


def template_datasource_rule(board, _):
    sources = [v for v in board.variables if v.get("type") == "datasource"]
    if len(sources) != 1:
        yield "there is not exactly one data source variable"
        return
    if sources[0].get("name") != "datasource":
        yield "the data source variable is not named 'datasource'"
    if sources[0].get("label") != "Data source":
        yield "the data source variable is not labelled 'Data source'"
    if sources[0].get("query") != "prometheus":
        yield "the data source variable is not of type prometheus"


def template_variable_rule(board, name, label):
    variable = board.variable(name)
    if variable is None:
        yield f"variable '{name}' is missing"
        return
    for key, want in (("type", "query"), ("label", label), ("multi", True),
                      ("includeAll", True), ("allValue", ".+")):
        if variable.get(key) != want:
            yield f"variable '{name}': {key} is not {want!r}"
    if variable.get("datasource", {}).get("uid") != "${datasource}":
        yield f"variable '{name}' does not use ${{datasource}}"


def template_job_rule(board, _):
    yield from template_variable_rule(board, "job", "Job")


def template_instance_rule(board, _):
    yield from template_variable_rule(board, "instance", "Instance")


def template_label_promql_rule(board, series):
    for variable in board.variables:
        if variable.get("type") != "query":
            continue
        query = variable.get("definition", "")
        match = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
        if not match:
            yield f"variable '{variable['name']}': {query} is not label_values(selector, label)"
            continue
        yield from check_names(match[1], series, f"variable '{variable['name']}'")


def template_on_time_change_reload_rule(board, _):
    for variable in board.variables:
        if variable.get("type") == "query" and variable.get("refresh") != 2:
            yield f"variable '{variable['name']}' is not refreshed on time change"


def panel_datasource_rule(board, _):
    for panel in board.panels:
        if panel.get("type") not in QUERY_PANELS:
            continue
        for part in [panel] + panel.get("targets", []):
            if part.get("datasource", {}).get("uid") != "${datasource}":
                yield f"panel '{panel.get('title')}' does not use ${{datasource}}"


def panel_title_description_rule(board, _):
    for panel in board.panels:
        if not panel.get("title"):
            yield f"panel {panel.get('id')} has no title"
        if panel.get("type") != "row" and not panel.get("description"):
            yield f"panel '{panel.get('title')}' has no description"


def panel_units_rule(board, _):
    for panel in board.panels:
        if panel.get("type") not in QUERY_PANELS:
            continue
        unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit")
        if unit not in UNITS:
            yield f"panel '{panel.get('title')}': unit {unit!r} is not one of ours"


def panel_no_targets_rule(board, _):
    for panel in board.panels:
        if panel.get("type") in QUERY_PANELS and not panel.get("targets"):
            yield f"panel '{panel.get('title')}' has no query"


def target_job_instance_rule(board, _):
    for where, expr in board.queries():
        for name, braces, _ in selectors(expr):
            for label in sorted(TARGET_LABELS):
                if f'{label}=~"${label}"' not in braces:
                    yield f'{where}: {name} lacks {label}=~"${label}"'


def target_rate_interval_rule(board, _):
    for where, expr in board.queries():
        for window in re.findall(r"\b(?:rate|irate)\([^()]*\[([^\]]*)\]", expr):
            if window != "$__rate_interval":
                yield f"{where}: rate over [{window}], not [$__rate_interval]"


def target_counter_agg_rule(board, series):
    for where, expr in board.queries():
        for name, _, _ in selectors(expr):
            if series.get(name, ("",))[0] != "counter":
                continue
            if not re.search(rf"\b(?:rate|irate|increase)\(\s*{name}\b", expr):
                yield f"{where}: counter {name} outside of rate or increase"


def target_promql_rule(board, _):
    queries = list(board.substituted())
    if not queries or shutil.which("promtool") is None:
        return
    rules = [{"record": f"lint:query:{i}", "expr": expr}
             for i, (_, expr) in enumerate(queries)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        # JSON is YAML.
        json.dump({"groups": [{"name": "lint", "rules": rules}]}, file)
        file.flush()
        check = subprocess.run(["promtool", "check", "rules", file.name],
                               capture_output=True, text=True, check=False)
    if check.returncode != 0:
        yield f"promtool: {check.stderr.strip()}"


def check_names(expr, series, where):
    for name, _, labels in selectors(expr):
        if name not in series:
            yield f"{where}: metric {name} is not in docs/metrics.md"
            continue
        known = series[name][1]
        if known is not None:
            for label in sorted(labels - known - TARGET_LABELS):
                yield f"{where}: {name} has no label {label}"


def target_metric_names_rule(board, series):
    for where, expr in board.queries():
        yield from check_names(expr, series, where)


def uneditable_rule(board, _):
    if board.json.get("editable") is not False:
        yield "editable is not false"


def identity_rule(board, _):
    """Keeps links to the dashboard and its import stable."""
    want = "reasonwatch-" + board.path.stem
    if board.json.get("uid") != want:
        yield f"uid is not {want}"
    if board.json.get("id", 0) is not None:
        yield "id is not null"
    if "reasonwatch" not in board.json.get("tags", []):
        yield "tag reasonwatch is missing"
    ids = [p.get("id") for p in board.panels]
    if len(ids) != len(set(ids)):
        yield "panel ids are not unique"


def no_constant_threshold_rule(board, series):
    """Forbids thresholds of detectors in panels: they live in the daemon."""
    for where, expr in board.queries():
        if re.search(r"reasonwatch_detector_statistic\{[^}]*\}\s*[<>]=?\s*[\d.]", expr):
            yield f"{where}: compares a statistic with a number"


RULES_OF_BOARDS = [
    template_datasource_rule,
    template_job_rule,
    template_instance_rule,
    template_label_promql_rule,
    template_on_time_change_reload_rule,
    panel_datasource_rule,
    panel_title_description_rule,
    panel_units_rule,
    panel_no_targets_rule,
    target_job_instance_rule,
    target_rate_interval_rule,
    target_counter_agg_rule,
    target_promql_rule,
    target_metric_names_rule,
    uneditable_rule,
    identity_rule,
    no_constant_threshold_rule,
]


def rule_file_problems(series):
    """Checks the names in rules.yml; promtool checks its syntax."""
    text = RULES.read_text()
    expr = re.compile(r"^( +)expr: *(.*(?:\n\1  .*)*)", re.MULTILINE)
    found = expr.findall(text)
    if not found:
        yield "no expression found"
    for _, value in found:
        yield from check_names(value, series, "expr " + value.split("\n")[0][:60])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--queries", action="store_true",
                        help="print every query with the variables replaced")
    options = parser.parse_args()
    boards = [Dashboard(path) for path in sorted(DASHBOARDS.glob("*.json"))]
    if not boards:
        raise SystemExit(f"{DASHBOARDS}: no dashboard found")
    if options.queries:
        for board in boards:
            for _, expr in board.substituted():
                print(expr)
        return 0

    series = catalogue()
    problems = [f"{RULES.name}: {p}" for p in rule_file_problems(series)]
    for board in boards:
        for rule in RULES_OF_BOARDS:
            name = rule.__name__.replace("_", "-")
            problems += [f"{board.path.name}: {name}: {p}" for p in rule(board, series)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        count = sum(1 for b in boards for _ in b.queries())
        print(f"dashboards: {len(boards)} with {count} queries, all good")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
