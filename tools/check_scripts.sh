#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Reads every shell and Python script of the tree without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
count=0
while IFS= read -r -d '' file; do
  [ -f "$file" ] || continue
  read -r first <"$file" || true
  case "$file:${first-}" in
    *.py:* | *:'#!'*python*)
      python3 -c 'import sys
compile(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1], "exec")' \
        "$file" || status=1
      ;;
    *.sh:* | *:'#!'*sh) bash -n "$file" || status=1 ;;
    *) continue ;;
  esac
  if [[ $first == '#!'* && ! -x $file ]]; then
    echo "$file: begins with #! and is not executable"
    status=1
  fi
  count=$((count + 1))
done < <(git ls-files -z -co --exclude-standard)
echo "check_scripts: $count scripts"
exit $status
