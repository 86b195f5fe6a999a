#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/openapi.yaml against the routes of daemon/api/server.cc.

  tools/check_api.py [--root TREE]

Every route must be described with its method, and nothing else; a path that needs no
token must say so; every reference inside the file must lead somewhere. Needs YAML. Exits 1
if something differs.
"""
import argparse
import pathlib
import re
import sys

import yaml

ROUTE = re.compile(r'\{"(GET|POST)",\s*"([^"]+)",\s*Guard::k(\w+),')
METHODS = ("get", "put", "post", "delete", "patch")


def routes(text):
    """Returns {(method, path): whether a token guards it} of the program."""
    found = {}
    for method, path, guard in ROUTE.findall(text):
        named = re.sub(r"\([^)]*\)", "{id}", path)
        found[method.lower(), named] = guard == "Token"
    return found


def described(api):
    for path, item in api["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield (method, path), operation


def references(value, place="#"):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield place, inner
            yield from references(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from references(inner, f"{place}/{n}")


def resolve(api, reference):
    """Returns the value that a reference names, or None."""
    value = api
    for part in reference.removeprefix("#/").split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def problems(api, served):
    operations = dict(described(api))
    for key in served.keys() - operations.keys():
        yield f"{key[0].upper()} {key[1]} is served and not described"
    for key in operations.keys() - served.keys():
        yield f"{key[0].upper()} {key[1]} is described and not served"
    for key, operation in operations.items():
        name = f"{key[0].upper()} {key[1]}"
        if not operation.get("summary") or not operation.get("responses"):
            yield f"{name} has no summary, or no responses"
        guarded = operation.get("security", api["security"]) != []
        if key in served and guarded != served[key]:
            yield f"{name}: a token is {'' if served[key] else 'not '}needed"
    for place, reference in references(api):
        if resolve(api, reference) is None:
            yield f"{place}: nothing at {reference}"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    served = routes((root / "daemon/api/server.cc").read_text())
    api = yaml.safe_load((root / "docs/openapi.yaml").read_text())
    found = sorted(problems(api, served))
    for problem in found:
        print(problem)
    print(f"check_api: {len(served)} routes, {len(found)} problems")
    sys.exit(1 if found or not served else 0)


if __name__ == "__main__":
    main()
