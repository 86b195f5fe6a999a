#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fails if clang-format-14 would change a C++ file; --fix changes it.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files -co --exclude-standard -- '*.h' '*.cc')
[ ${#files[@]} -gt 0 ] || { echo "check_format: no sources" >&2; exit 1; }
case "${1-}" in
  --fix) clang-format-14 -i "${files[@]}" ;;
  '') clang-format-14 --dry-run -Werror "${files[@]}" ;;
  *) echo "usage: tools/check_format.sh [--fix]" >&2; exit 2 ;;
esac
echo "check_format: ${#files[@]} files"
