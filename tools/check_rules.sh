#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the rules, their tests and the example configurations, that every change
# of a rule fails a test, and that every alert has its runbook and every runbook
# its alert. Needs promtool, amtool and YAML.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/dashboards/prometheus"

promtool check rules --lint=all --lint-fatal rules.yml
promtool check config prometheus.yml
promtool test rules rules_test.yml rules_silent_test.yml
"$root/tools/mutate_rules.py"
amtool check-config ../alertmanager/alertmanager.yml
# Whoever is named, a self-test's alert goes to nobody, and a model's to the pager.
routes() { amtool config routes test --config.file=../alertmanager/alertmanager.yml "$@" incident=inc-1; }
routes --verify.receivers=nobody model=reasonwatch-selftest severity=none
routes --verify.receivers=page model=heron severity=critical

alerts=$(sed -n 's/^ *- alert: *//p' rules.yml | sort)
runbooks=$(find "$root/docs/runbooks" -maxdepth 1 -name '*.md' -exec basename {} .md \; | sort)
if [ "$alerts" != "$runbooks" ]; then
  printf 'alerts and runbooks differ\nalerts:\n%s\nrunbooks:\n%s\n' \
    "$alerts" "$runbooks" >&2
  exit 1
fi
for alert in $alerts; do
  grep -qE "runbook_url: .*/$alert(\.md|')\$" rules.yml || {
    echo "$alert has no runbook_url of its own" >&2
    exit 1
  }
  grep -q "alertname: $alert\$" rules_test.yml rules_silent_test.yml || {
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
# Every signal and every cause of the glossary has its page.
documented() { sed -n "/^## $1\$/,/^## /s/^| \`\([a-z_]*\)\`.*/\1/p" "$root/docs/glossary.md" | sort; }
for kind in Signals Causes; do
  folder=$(echo "$kind" | tr '[:upper:]' '[:lower:]')
  pages=$(find "$root/docs/runbooks/$folder" -name '*.md' -exec basename {} .md \; | sort)
  if [ "$(documented "$kind")" != "$pages" ]; then
    printf '%s and their runbooks differ\nglossary:\n%s\nrunbooks:\n%s\n' \
      "$kind" "$(documented "$kind")" "$pages" >&2
    exit 1
  fi
done
echo "rules: all good"
