#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the rules, their tests and the example configurations, and that every
# alert has its runbook and every runbook its alert. Needs promtool, amtool.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/dashboards/prometheus"

promtool check rules --lint=all --lint-fatal rules.yml
promtool check config prometheus.yml
promtool test rules rules_test.yml
amtool check-config ../alertmanager/alertmanager.yml

alerts=$(sed -n 's/^ *- alert: *//p' rules.yml | sort)
runbooks=$(find "$root/docs/runbooks" -name '*.md' -exec basename {} .md \; | sort)
if [ "$alerts" != "$runbooks" ]; then
  printf 'alerts and runbooks differ\nalerts:\n%s\nrunbooks:\n%s\n' \
    "$alerts" "$runbooks" >&2
  exit 1
fi
for alert in $alerts; do
  grep -q "runbook_url: .*/$alert\.md\$" rules.yml || {
    echo "$alert has no runbook_url of its own" >&2
    exit 1
  }
  grep -q "alertname: $alert\$" rules_test.yml || {
    echo "$alert has no test" >&2
    exit 1
  }
  for section in Meaning Impact Diagnosis Mitigation 'False positives'; do
    grep -q "^## $section\$" "$root/docs/runbooks/$alert.md" || {
      echo "docs/runbooks/$alert.md has no section $section" >&2
      exit 1
    }
  done
done
echo "rules: all good"
