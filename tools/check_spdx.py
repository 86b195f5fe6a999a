#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that each source file names its licence.

  tools/check_spdx.py [--root TREE]

The first line, or the second behind #! or another line that has to be first,
is a comment that reads

  SPDX-License-Identifier: Apache-2.0

Sources are C++, protobuf, Python, shell, CMake, YAML, SQL and container files;
recorded data, documents and built files are not. Exits 1 if a file has
no such line.
"""
import argparse
import pathlib
import re
import sys

import source_text

# A comment of any of the languages; SQL's is "--".
LINE = re.compile(r"(?://|#|--) SPDX-License-Identifier: Apache-2\.0$")


def has_licence(text):
    lines = text.split("\n")
    if LINE.match(lines[0]):
        return True
    return lines[0].startswith("#!") and len(lines) > 1 and bool(LINE.match(lines[1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    files = [row for row in source_text.own_files(root) if row[1] != "markdown"]
    if not files:
        sys.exit(f"check_spdx: no sources under {root}")
    missing = [path for path, _, text in files if not has_licence(text)]
    for path in missing:
        print(f"{path}:1: no line \"SPDX-License-Identifier: Apache-2.0\"")
    print(f"check_spdx: {len(files)} files, {len(missing)} problems")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
