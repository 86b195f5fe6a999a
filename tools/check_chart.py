#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the Helm chart and the manifests beside it.

  tools/check_chart.py [--tools FOLDER] [--program PROGRAM] [--if-there]
                       [--root TREE] [--only SET]

Renders deploy/helm/reasonwatch with each set of values in its ci/ and holds it to:
helm lint, the schemas of the oldest and the newest version of Kubernetes that the chart
supports, the models of the Prometheus Operator, selectors and ports that lead
somewhere, the Pod Security standard "restricted", rules and dashboards equal to the
shipped ones, and, with --program, `check-config`. Holds values.yaml to its schema, in
which each key has a description, and shows that the schema refuses what it should.
Validates deploy/kubernetes, and names each kind of which there is no schema.

FOLDER is of tools/install_chart_tools, build/chart-tools by default; --if-there ends
with 0 if it is absent. --only renders one set, such as `central`. Exits 1 if anything
is wrong.
"""
import argparse
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHART = pathlib.Path("deploy/helm/reasonwatch")  # below the root
# The oldest that Chart.yaml allows, and the newest with a schema.
VERSIONS = ("1.25", "1.37")
# Fields of newer versions: native sidecars came in 1.29.
NEWER = {"vllm-sidecar.yaml": ("1.29", "1.37"), "llm-d-values.yaml": ("1.29", "1.37")}
RELEASE, NAMESPACE = "rw", "watched"
POD_KINDS = {"Pod": (), "StatefulSet": ("spec", "template"), "Deployment": ("spec", "template")}


class Check:
    """Counts and prints what is wrong; one object for a run."""

    def __init__(self, root, tools, program):
        self.root, self.chart = root, root / CHART
        self.helm = tools / "bin/helm"
        self.program = program
        self.problems = 0
        self.unknown = {}
        self.count = 0

    def problem(self, where, text):
        self.problems += 1
        print(f"{where}: {text}")

    def expect(self, good, where, text):
        self.count += 1
        if not good:
            self.problem(where, text)
        return good

    def call_helm(self, *words):
        done = subprocess.run([self.helm, *map(str, words)], capture_output=True, text=True,
                              check=False)
        # Helm reports each link that it follows.
        noise = [line for line in done.stderr.splitlines() if not line.startswith("walk.go:")]
        return done.returncode, done.stdout, "\n".join(noise)

    # One manifest.

    def validate(self, where, document, versions=VERSIONS):
        kind = f"{document.get('apiVersion')} {document.get('kind')}"
        if document.get("apiVersion") == "monitoring.coreos.com/v1":
            return self.validate_monitoring(f"{where}: {kind}", document)
        for version in versions:
            try:
                kubernetes_validate.validate(document, version, strict=True)
                self.count += 1
            except kubernetes_validate.SchemaNotFoundError:
                self.unknown.setdefault(kind, set()).add(where)
                return False
            except kubernetes_validate.ValidationError as error:
                place = ".".join(map(str, error.path))
                self.problem(f"{where}: {kind} ({version})", f"{place}: {error.message[:300]}")
        return True

    def validate_monitoring(self, where, document):
        model = getattr(monitoring, document["kind"], None)
        if not self.expect(model, where, "the operator knows no such kind"):
            return False
        try:
            read = model.model_validate(document)
        except ValueError as error:
            self.problem(where, str(error)[:600])
            return False
        # The models drop fields that they don't know, so all must come out again.
        back = json.loads(read.model_dump_json(by_alias=True, exclude_none=True))
        for lost in missing_in(document, back):
            self.problem(where, f"the operator has no field {lost}")
        return True

    def validate_pod(self, where, metadata, spec, versions=VERSIONS):
        """For pods inside of something else, such as values of another chart."""
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", **metadata},
               "spec": spec}
        self.validate(where, pod, versions)
        self.restricted(where, spec, only="reasonwatch")

    def restricted(self, where, spec, only=None):
        """The Pod Security standard "restricted", and a root that can't be written to."""
        for container in spec.get("initContainers", []) + spec["containers"]:
            if only and container["name"] != only:
                continue
            context = {**spec.get("securityContext", {}), **container.get("securityContext", {})}
            good = (context.get("runAsNonRoot") is True and context.get("runAsUser", 1) != 0
                    and context.get("allowPrivilegeEscalation") is False
                    and context.get("capabilities", {}).get("drop") == ["ALL"]
                    and context.get("readOnlyRootFilesystem") is True
                    and context.get("seccompProfile", {}).get("type") == "RuntimeDefault")
            self.expect(good, where, f"container {container['name']} is not restricted")
            mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
            volumes = {volume["name"] for volume in spec.get("volumes", [])} | {"reasonwatch-data"}
            self.expect(mounts <= volumes | {"data", "config"}, where,
                        f"no volume for {sorted(mounts - volumes)}")

    # One rendering.

    def rendering(self, values):
        where = values.name if values else "no values"
        options = ["-f", values] if values else []
        code, _, errors = self.call_helm("lint", "--strict", self.chart, *options)
        self.expect(code == 0, where, f"helm lint: {errors}")
        code, out, errors = self.call_helm("template", RELEASE, self.chart, "-n", NAMESPACE, *options)
        if not self.expect(code == 0, where, f"helm template: {errors}"):
            return []
        documents = [d for d in yaml.safe_load_all(out) if d]
        self.expect(documents, where, "nothing was rendered")
        for document in documents:
            self.validate(where, document)
            self.expect(document["metadata"].get("namespace") == NAMESPACE, where,
                        f"{document['kind']} is not in the release's namespace")
            if document["kind"] in POD_KINDS:
                for key in POD_KINDS[document["kind"]]:
                    document = document[key]
                self.restricted(where, document["spec"])
        self.references(where, documents)
        self.shipped(where, documents)
        return documents

    def references(self, where, documents):
        """Selectors match, and names of ports, ConfigMaps and volumes exist."""
        of = {}
        for document in documents:
            of.setdefault(document["kind"], []).append(document)
        maps = {m["metadata"]["name"]: m for m in of.get("ConfigMap", [])}
        sidecar = [m for name, m in maps.items() if name.endswith("-sidecar")]
        if sidecar:
            pod = yaml.safe_load(sidecar[0]["data"]["pod.yaml"])
            self.validate_pod(where + ": sidecar", pod["metadata"], pod["spec"])
        else:
            pod = of["StatefulSet"][0]["spec"]["template"]
        labels = pod["metadata"]["labels"]
        ports = {port["name"] for c in pod["spec"]["containers"] for port in c["ports"]}
        for volume in pod["spec"]["volumes"]:
            if "configMap" in volume:
                self.expect(volume["configMap"]["name"] in maps, where,
                            f"no ConfigMap {volume['configMap']['name']}")
        for service in of.get("Service", []):
            self.expect(matches(service["spec"]["selector"], labels), where,
                        "the Service selects no pod")
            for other in of.get("Pod", []):
                self.expect(not matches(service["spec"]["selector"], other["metadata"]["labels"]),
                            where, "the Service selects the pod of the test")
            for port in service["spec"]["ports"]:
                self.expect(port["targetPort"] in ports, where, f"no port {port['targetPort']}")
        for policy in of.get("NetworkPolicy", []):
            self.expect(matches(policy["spec"]["podSelector"]["matchLabels"], labels), where,
                        "the NetworkPolicy selects no pod")
        for monitor in of.get("PodMonitor", []):
            self.expect(matches(monitor["spec"]["selector"]["matchLabels"], labels), where,
                        "the PodMonitor selects no pod")
            self.endpoints(where, monitor["spec"]["podMetricsEndpoints"], ports)
        for monitor in of.get("ServiceMonitor", []):
            [service] = of["Service"]
            self.expect(matches(monitor["spec"]["selector"]["matchLabels"],
                                service["metadata"]["labels"]), where,
                        "the ServiceMonitor selects no Service")
            self.endpoints(where, monitor["spec"]["endpoints"],
                           {port["name"] for port in service["spec"]["ports"]})
        self.check_config(where, maps, pod["spec"])

    def endpoints(self, where, endpoints, ports):
        for endpoint in endpoints:
            self.expect(endpoint["port"] in ports, where, f"no port {endpoint['port']} to scrape")
            job = [r for r in endpoint["relabelings"] if r.get("targetLabel") == "job"]
            self.expect(job and job[0]["replacement"] == "reasonwatch", where,
                        'the alerts look for job="reasonwatch"')

    def check_config(self, where, maps, spec):
        volume = next(v for v in spec["volumes"] if v["name"] == "reasonwatch-config")
        text = maps[volume["configMap"]["name"]]["data"]["reasonwatch.yaml"]
        config = yaml.safe_load(text)
        [container] = [c for c in spec["containers"] if c["name"] == "reasonwatch"]
        declared = {port["containerPort"] for port in container["ports"]}
        listened = {int(port) for port in re.findall(r"(?:0\.0\.0\.0|127\.0\.0\.1):(\d+)", text)}
        self.expect(declared == listened, where, f"ports {declared}, addresses {listened}")
        mounts = [m["mountPath"] for m in container["volumeMounts"]]
        for path in re.findall(r"/etc/reasonwatch/\S+", text) + [config["storage"]["path"]]:
            self.expect(any(path.startswith(mount) for mount in mounts), where,
                        f"{path} of the configuration is not mounted")
        self.program_accepts(where, text)

    def program_accepts(self, where, text):
        """Whether check-config takes the text; the files that it names are in the container."""
        if not self.program:
            return
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = subprocess.run(
                [self.program, "check-config", "--no-files", "--config", file.name],
                capture_output=True, text=True, check=False)
        self.expect(done.returncode == 0, where, f"check-config: {done.stderr}")

    def shipped(self, where, documents):
        rules = (self.root / "dashboards/prometheus/rules.yml").read_text()
        boards = {f"reasonwatch-{path.name}": json.loads(path.read_text())
                  for path in (self.root / "dashboards/grafana").glob("*.json")}
        for document in documents:
            if document["kind"] == "PrometheusRule":
                url = re.search(r"runbook_url: (\S+)/ReasonwatchDown", yaml.safe_dump(document)).group(1)
                wanted = rules.replace("file:///usr/share/doc/reasonwatch/runbooks", url)
                self.expect(document["spec"] == yaml.safe_load(wanted), where,
                            "the rules are not the shipped ones")
        shown = {name: json.loads(text) for document in documents if document["kind"] == "ConfigMap"
                 for name, text in document["data"].items() if name.endswith(".json")}
        self.expect(not shown or shown == boards, where, "the dashboards are not the shipped ones")

    # The values.

    def values(self):
        where = "values.yaml"
        values = yaml.safe_load((self.chart / "values.yaml").read_text())
        schema = json.loads((self.chart / "values.schema.json").read_text())
        validator = jsonschema.Draft7Validator(schema)
        for error in validator.iter_errors(values):
            self.problem(where, error.message)
        for path in undescribed(schema):
            self.problem("values.schema.json", f"{path} has no description")
        for path in keys_apart(values, schema):
            self.problem(where, path)
        # Every closed object refuses a key that it does not know, and a wrong type.
        for path in [p for p in objects(values) if closed(schema, p)]:
            wrong = copy.deepcopy(values)
            at(wrong, path)["no-such-key"] = 1
            self.expect(not validator.is_valid(wrong), where, f"{path}: any key is taken")
        for path in leaves(values):
            wrong = copy.deepcopy(values)
            was = at(wrong, path[:-1])[path[-1]]
            at(wrong, path[:-1])[path[-1]] = "x" if was == {} else {"wrong": [None]}
            if closed(schema, path[:-1]):
                self.expect(not validator.is_valid(wrong), where, f"{path}: any type is taken")
        version = re.search(r"project\(reasonwatch VERSION (\S+)",
                            (self.root / "CMakeLists.txt").read_text()).group(1)
        chart = yaml.safe_load((self.chart / "Chart.yaml").read_text())
        for key in ("version", "appVersion"):
            self.expect(chart[key] == version, "Chart.yaml", f"{key} is not {version}")
        # A policy on a model's pod would close the model's own port.
        code, _, errors = self.call_helm("template", RELEASE, self.chart, "--set",
                                         "mode=sidecar,networkPolicy.enabled=true")
        self.expect(code != 0 and "networkPolicy is for mode central" in errors, where,
                    "a NetworkPolicy is made for the pods of the models")
        code, _, _ = self.call_helm("template", RELEASE, self.chart, "--set", "no-such-key=1")
        self.expect(code != 0, where, "helm does not use the schema")

    # deploy/kubernetes.

    def manifests(self):
        for path in sorted((self.root / "deploy/kubernetes").glob("*.yaml")):
            versions = NEWER.get(path.name, VERSIONS)
            for document in filter(None, yaml.safe_load_all(path.read_text())):
                if "kind" in document:
                    self.manifest(path.name, document, versions)
                for metadata, spec in pods_in_values(document):
                    self.validate_pod(path.name, metadata, spec, versions)
            text = path.read_text()
            version = re.search(r"project\(reasonwatch VERSION (\S+)",
                                (self.root / "CMakeLists.txt").read_text()).group(1)
            for tag in re.findall(r"image: reasonwatch:(\S+)", text):
                self.expect(tag == version, path.name, f"image {tag} is not {version}")

    def manifest(self, where, document, versions):
        self.validate(where, document, versions)
        if document["kind"] in POD_KINDS:
            pod = document
            for key in POD_KINDS[document["kind"]]:
                pod = pod[key]
            self.restricted(where, pod["spec"], only="reasonwatch")
        if document["kind"] == "InferenceService":
            # KServe's predictor is a pod's spec with keys of its own.
            spec = {key: value for key, value in document["spec"]["predictor"].items()
                    if key in ("containers", "initContainers", "volumes", "securityContext")}
            self.validate_pod(where, {"labels": document["metadata"]["labels"]}, spec)
        for name, text in document.get("data", {}).items():
            if name == "reasonwatch.yaml":
                self.program_accepts(where, text)


def pods_in_values(document):
    """Yields (metadata, spec) of the pods that values of other charts describe."""
    if "decode" in document:  # llm-d-modelservice
        part = document["decode"]
        own = ("modelCommand", "mountModelVolume")  # keys of that chart beside a container's
        containers = [{k: v for k, v in c.items() if k not in own} for c in part["containers"]]
        yield ({"labels": document["modelArtifacts"]["labels"]},
               {"containers": containers, "initContainers": part["initContainers"],
                "volumes": part["volumes"]})
    for model in document.get("servingEngineSpec", {}).get("modelSpec", []):
        yield ({}, {"containers": [{"name": "vllm", "image": "x", "env": model["env"],
                                    "args": model["vllmConfig"]["extraArgs"],
                                    "volumeMounts": model["extraVolumeMounts"]}],
                    "volumes": model["extraVolumes"]})


def missing_in(given, back, path=""):
    """Yields the fields of `given` that are not in `back`."""
    if isinstance(given, dict):
        for key, value in given.items():
            if value is None or value == {}:
                continue
            if not isinstance(back, dict) or key not in back:
                yield f"{path}.{key}"
            else:
                yield from missing_in(value, back[key], f"{path}.{key}")
    elif isinstance(given, list):
        for n, value in enumerate(given):
            yield from missing_in(value, back[n], f"{path}[{n}]")


def matches(selector, labels):
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def objects(values, path=()):
    yield path
    for key, value in values.items():
        if isinstance(value, dict):
            yield from objects(value, (*path, key))


def leaves(values, path=()):
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def closed(schema, path):
    for key in path:
        schema = schema.get("properties", {}).get(key, {})
    return schema.get("additionalProperties") is False


def undescribed(schema, path=""):
    for key, part in schema.get("properties", {}).items():
        if "properties" in part:
            yield from undescribed(part, f"{path}{key}.")
        elif "description" not in part:
            yield path + key


def keys_apart(values, schema, path=""):
    """Yields keys that only one of the two has."""
    known = schema.get("properties", {})
    for key in sorted(set(known) - set(values) - {"global"}):
        yield f"{path}{key} is only in the schema"
    for key, value in values.items():
        if key not in known:
            yield f"{path}{key} is not in the schema"
        elif isinstance(value, dict) and "properties" in known[key]:
            yield from keys_apart(value, known[key], f"{path}{key}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/chart-tools")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    parser.add_argument("--only")
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--if-there", action="store_true")
    options = parser.parse_args()
    if not (options.tools / "installed").exists():
        print(f"check_chart: {options.tools} is absent; run tools/install_chart_tools")
        return 0 if options.if_there else 1
    python = options.tools / "venv/bin/python"
    if pathlib.Path(sys.prefix) != (options.tools / "venv").resolve():
        os.execv(python, [python, "-B", __file__, *sys.argv[1:]])
    global yaml, jsonschema, kubernetes_validate, monitoring  # only the environment has these
    import yaml
    import jsonschema
    import kubernetes_validate
    from cloudcoil.models.prometheus_operator import v1 as monitoring
    check = Check(options.root, options.tools, options.program)
    sets = sorted((options.root / CHART / "ci").glob("*-values.yaml"))
    check.expect(len(sets) >= 5, "ci", "there are fewer than five sets of values")
    for values in (None, *sets):
        if not options.only or (values and values.name == options.only + "-values.yaml"):
            check.rendering(values)
    check.values()
    check.manifests()
    for kind, places in sorted(check.unknown.items()):
        print(f"no schema here of {kind}: only read as YAML, in {', '.join(sorted(places))}")
    print(f"check_chart: {len(sets) + 1} sets of values, {check.count} checks, "
          f"{check.problems} problems")
    return 1 if check.problems else 0


if __name__ == "__main__":
    sys.exit(main())
