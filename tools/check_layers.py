#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every #include line against the table in cmake/layers.cmake.

CMake checks link edges only; it misses a header-only library, and a header that
happens to be on the path. Own includes are written from the
repository root, so the folders name the room. --print shows the table.

  tools/check_layers.py [--root FOLDER] [--print]
"""
import argparse
import pathlib
import re
import sys

# Third-party headers, and the target by which the table names them. A header that
# matches none of these rows is an error, so a new dependency must be entered here
# and in the table.
THIRD_PARTY = [
    (r"absl/", "absl::"),
    (r"(grpc|grpcpp|grpc\+\+)/", "gRPC::"),
    (r"google/protobuf/", "protobuf::"),
    (r"re2/", "re2::"),
    (r"simdjson\.h$", "simdjson::"),
    (r"Eigen/", "Eigen3::"),
    (r"unicode/", "ICU::"),
    (r"cld2/", "CLD2::"),
    (r"boost/", "Boost::"),
    (r"curl/", "CURL::"),
    (r"sqlite3\.h$", "SQLite::"),
    (r"zlib\.h$", "ZLIB::"),
    (r"openssl/", "OpenSSL::"),
    (r"prometheus/", "prometheus-cpp::"),
    (r"httplib\.h$", "cpp-httplib"),
    (r"yaml-cpp/", "yaml-cpp"),
    (r"spdlog/", "spdlog::"),
    (r"CLI/", "CLI11::"),
    (r"nlohmann/", "nlohmann_json::"),
    (r"(gtest|gmock)/", "GTest::"),
    (r"benchmark/", "benchmark::"),
]
# Header-only libraries, which are not linked, and the rooms that may include them.
HEADER_ONLY = {"xxhash.h": {"util"}}
SYSTEM = re.compile(r"[a-z_0-9]+$|(sys|netinet|arpa|linux)/|"
                    r"(csignal|fnmatch|unistd|fcntl|glob|poll|signal|pthread|dirent|dlfcn|netdb|errno|"
                    r"malloc|time|stdlib|stdio|string|stdint|cxxabi|execinfo|getopt|syslog|"
                    r"pwd|grp|termios|ifaddrs|emmintrin)\.h$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
PROTO_HEADER = re.compile(r"(reasonwatch|envoy|opentelemetry|agento11y)/.*\.pb\.h$")


def read_table(path):
    """Returns the layers, and for each its own layers and its expression."""
    text = re.sub(r"#.*", "", path.read_text())
    values = {name: value.replace('"', " ").split()
              for name, value in re.findall(r"set\(([A-Za-z_/]+)\s+([^)]*)\)", text)}
    layers = values["LAYERS"]
    own = {layer: set(values["ALLOW_" + layer]) for layer in layers}
    third = {layer: re.compile("(?:" + " ".join(values["THIRD_" + layer]) + ")")
             if values["THIRD_" + layer] else None for layer in layers}
    return layers, own, third


def room_of(path, layers):
    """Returns the longest entry of the table that is a folder above the path, or ""."""
    found = ""
    for layer in layers:
        if path.startswith(layer + "/") and len(layer) > len(found):
            found = layer
    return found


def check_file(root, path, table):
    layers, own, third = table
    relative = path.relative_to(root)
    layer = room_of(relative.as_posix(), layers)
    if not layer:
        yield f"{relative}: lies in no room of cmake/layers.cmake"
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    for match in INCLUDE.finditer(text):
        header = match.group(1) or match.group(2)
        line = text.count("\n", 0, match.start()) + 1
        problem = check_include(layer, header, bool(match.group(2)), layers, own, third)
        if problem:
            yield f"{relative}:{line}: {layer} may not include {header}: {problem}"


def check_include(layer, header, quoted, layers, own, third):
    if PROTO_HEADER.match(header):
        target = "proto"
    else:
        target = room_of(header, layers) if quoted or "/" in header else ""
    if target in layers:
        if target != layer and target not in own[layer]:
            return f"{target} is not among its layers ({', '.join(sorted(own[layer])) or 'none'})"
        return None
    for pattern, name in THIRD_PARTY:
        if re.match(pattern, header):
            if third[layer] and third[layer].match(name):
                return None
            return f"{name} is not among its third-party targets"
    if header in HEADER_ONLY:
        if layer in HEADER_ONLY[header]:
            return None
        return f"only in {', '.join(sorted(HEADER_ONLY[header]))}"
    if quoted:
        return f"no layer {target}; includes are written from the repository root"
    if SYSTEM.match(header):
        return None
    return "unknown header; enter it in tools/check_layers.py and cmake/layers.cmake"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--print", action="store_true", help="print the table and stop")
    arguments = parser.parse_args()
    root = arguments.root
    table = read_table(root / "cmake/layers.cmake")
    if arguments.print:
        for layer in table[0]:
            third = table[2][layer].pattern[3:-1] if table[2][layer] else "nothing"
            print(f"{layer:18} uses {', '.join(sorted(table[1][layer])) or 'no other room'};"
                  f" third party: {third.replace('|', ', ')}")
        return
    tops = dict.fromkeys(layer.split("/")[0] for layer in table[0])
    files = [path for top in tops for path in sorted((root / top).rglob("*"))
             if path.suffix in (".h", ".cc")]
    if not files:
        sys.exit(f"check_layers: no sources under {root}")
    problems = [p for path in files for p in check_file(root, path, table)]
    for problem in problems:
        print(problem)
    print(f"check_layers: {len(files)} files, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
