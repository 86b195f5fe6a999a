#!/usr/bin/env python3
"""Checks every #include line against the table in cmake/layers.cmake.

CMake checks what is linked; a header-only library, or a header that happens
to be on the path, gets past that. Own includes are written from the
repository root, so the first folder names the layer.

  tools/check_layers.py [--root FOLDER]
"""
import argparse
import pathlib
import re
import sys

# Third-party headers by the target that the table's expressions speak of. A
# header that stands in none of these rows is an error, so that a new
# dependency has to be entered here and in the table.
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
# Not linked and header-only: where they may stand whatever the table says.
HEADER_ONLY = {"xxhash.h": {"core"}}
SYSTEM = re.compile(r"[a-z_0-9]+$|(sys|netinet|arpa|linux)/|"
                    r"(csignal|unistd|fcntl|poll|signal|pthread|dirent|dlfcn|netdb|errno|"
                    r"malloc|time|stdlib|stdio|string|stdint|cxxabi|execinfo|getopt|syslog|"
                    r"pwd|grp|termios|ifaddrs)\.h$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
PROTO_HEADER = re.compile(r"reasonwatch/v1/.*\.pb\.h$")


def read_table(path):
    """Returns the layers, and for each its own layers and its expression."""
    text = re.sub(r"#.*", "", path.read_text())
    values = {name: value.replace('"', " ").split()
              for name, value in re.findall(r"set\(([A-Za-z_]+)\s+([^)]*)\)", text)}
    layers = values["LAYERS"]
    own = {layer: set(values["ALLOW_" + layer]) for layer in layers}
    third = {layer: re.compile("(?:" + " ".join(values["THIRD_" + layer]) + ")")
             if values["THIRD_" + layer] else None for layer in layers}
    return layers, own, third


def check_file(root, path, table):
    layers, own, third = table
    relative = path.relative_to(root)
    layer = relative.parts[0]
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
        target = header.split("/")[0] if quoted or "/" in header else ""
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
        if layer in HEADER_ONLY[header] or layer == "daemon":
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
    root = parser.parse_args().root
    table = read_table(root / "cmake/layers.cmake")
    files = [path for layer in table[0] for path in sorted((root / layer).rglob("*"))
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
