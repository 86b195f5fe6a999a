#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lays out the files of the container image.

  deploy/image/assemble.py PROGRAM ROOT [--build DIR] [--licences]

ROOT, which must be absent or empty, receives PROGRAM without its symbols, the shared
libraries that `ldd` finds for it, certificates of public authorities, a configuration,
and the names of one user. Everything is at the path at which Debian has it. --build
names the folder in which PROGRAM was built: the packages that were compiled in are
read from there for the list of packages, sbom.spdx.json. --licences writes that list
and the licences of the packages compiled in to ROOT, and nothing else.

Needs Debian's binutils, ca-certificates, and icu-devtools and g++ for the data of ICU.
The same input gives the same bytes: times are SOURCE_DATE_EPOCH, or else 0.
"""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
# No system account has this number; images without a distribution use it by custom.
USER = 65532
DOC = "usr/share/doc"
DPKG = pathlib.Path("/var/lib/dpkg")
# The only data of ICU that the program reads: Unicode's normal forms. All of it
# would be 31 MB, half of the image.
ICU_ITEMS = "*.nrm"


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                          text=True).stdout


def libraries(program):
    """Returns the paths of the shared libraries and of the loader, as ldd gives them."""
    found = []
    for line in run("ldd", program).splitlines():
        if "not found" in line:
            raise SystemExit(f"assemble: {line.strip()}")
        match = re.match(r"\s*(?:\S+ => )?(/\S+) \(0x", line)
        if match:
            found.append(match.group(1))
    if not found:
        raise SystemExit(f"assemble: ldd finds no library of {program}")
    return found


def in_usr(path):
    """Returns the path with /lib and /lib64 read as the links that they are."""
    return re.sub(r"^/(?=lib)", "/usr/", os.path.normpath(str(path)))


class Packages:
    """Debian's packages on this machine: which one owns a file, its version and source."""

    def __init__(self):
        self.owner = {}
        for listing in (DPKG / "info").glob("*.list"):
            package = listing.stem.partition(":")[0]
            for line in listing.read_text().splitlines():
                self.owner[in_usr(line)] = package
        self.status = {}
        for block in (DPKG / "status").read_text().split("\n\n"):
            fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", block, re.MULTILINE))
            if "Package" in fields:
                self.status[fields["Package"]] = fields

    def of(self, path):
        for name in (in_usr(path), in_usr(os.path.realpath(path))):
            if name in self.owner:
                return self.owner[name]
        raise SystemExit(f"assemble: no Debian package owns {path}")


def compiled_in(build, packages):
    """Returns the packages whose archives or headers the linker and compiler read."""
    text = (build / "build.ninja").read_text()
    link = re.search(r"^build reasonwatch:.*?\n\n", text, re.MULTILINE | re.DOTALL)
    if not link:
        raise SystemExit(f"assemble: {build} does not build the program")
    files = set(re.findall(r"/usr/lib/\S+\.a\b", link.group()))
    headers = re.findall(r"^ {4}(/usr/include/\S+)$", run("ninja", "-C", build, "-t", "deps"),
                         re.MULTILINE)
    # The headers of tests and of benchmarks are in the same log.
    files |= {path for path in headers
              if not re.search(r"/(?:gtest|gmock|benchmark)/", path)}
    return sorted({packages.of(path) for path in files if os.path.exists(path)})


def strip_into(program, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    run("strip", "-o", target, program)
    target.chmod(0o755)


def trimmed_icu_data(library, target):
    """Writes the library of ICU's data with ICU_ITEMS only, under the same symbol."""
    symbols = run("readelf", "--wide", "--dyn-syms", library)
    match = re.search(r":\s+([0-9a-f]+)\s+(\w+)\s+OBJECT.*\b(icudt\d+_dat)$", symbols, re.MULTILINE)
    if not match:
        raise SystemExit(f"assemble: {library} has no symbol of ICU's data")
    headers = run("readelf", "--wide", "--segments", library)
    start, size, symbol = int(match[1], 16), int(match[2], 0), match[3]
    for offset, address, length in re.findall(
            r"LOAD\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+)", headers):
        if 0 <= start - int(address, 16) < int(length, 16):
            place = int(offset, 16) + start - int(address, 16)
            break
    else:
        raise SystemExit(f"assemble: {symbol} is in no segment of {library}")
    with open(library, "rb") as file:
        file.seek(place)
        data = file.read(size)
    soname = re.search(r"Library soname: \[(.*)\]", run("readelf", "-d", library)).group(1)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        whole = work / f"{symbol.removesuffix('_dat')}l.dat"
        whole.write_bytes(data)
        keep = [item for item in run("icupkg", "-l", whole).splitlines()
                if pathlib.PurePath(item).match(ICU_ITEMS)]
        drop = [item for item in run("icupkg", "-l", whole).splitlines() if item not in keep]
        (work / "drop.lst").write_text("\n".join(drop))
        # The items' prefix is the name of the file, and ICU looks for it.
        part = work / "part" / whole.name
        part.parent.mkdir()
        run("icupkg", "-r", work / "drop.lst", whole, part)
        (work / "data.S").write_text(
            f".section .rodata\n.balign 16\n.globl {symbol}\n.type {symbol}, @object\n"
            f'{symbol}:\n.incbin "{part}"\n.size {symbol}, .-{symbol}\n'
            '.section .note.GNU-stack,"",@progbits\n')
        run("gcc", "-shared", "-nostdlib", "-Wl,--build-id=none", f"-Wl,-soname,{soname}", "-s",
            "-o", target, work / "data.S")
    target.chmod(0o644)
    return keep


def copy_libraries(found, root):
    """Copies each library to its own path; returns the items of ICU's data."""
    icu = []
    for path in found:
        target = root / in_usr(path).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        source = os.path.realpath(path)
        if os.path.basename(path).startswith("libicudata."):
            icu = trimmed_icu_data(source, target)
        else:
            shutil.copyfile(source, target)
            target.chmod(0o755 if "ld-linux" in path else 0o644)
    for name in ("lib", "lib64"):
        (root / "usr" / name).mkdir(exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    return icu


def certificates(root):
    """Writes Debian's authorities, without those that this machine trusts besides."""
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True)
    files = sorted(pathlib.Path("/usr/share/ca-certificates/mozilla").glob("*.crt"))
    if not files:
        raise SystemExit("assemble: ca-certificates is not installed")
    bundle.write_text("".join(file.read_text().rstrip("\n") + "\n" for file in files))
    # OpenSSL's default, for the libraries that ask for it by that name.
    (root / "usr/lib/ssl").mkdir(parents=True)
    (root / "usr/lib/ssl/cert.pem").symlink_to("/etc/ssl/certs/ca-certificates.crt")


def configuration(root):
    files = {
        "etc/passwd": f"root:x:0:0:root:/:/sbin/nologin\n"
                      f"reasonwatch:x:{USER}:{USER}:Reasonwatch:/var/lib/reasonwatch:/sbin/nologin\n",
        "etc/group": f"root:x:0:\nreasonwatch:x:{USER}:\n",
        "etc/nsswitch.conf": "hosts: files dns\n",
        "etc/reasonwatch/reasonwatch.yaml": (HERE / "reasonwatch.yaml").read_text(),
        f"{DOC}/reasonwatch/LICENSE": (TREE / "LICENSE").read_text(),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    data = root / "var/lib/reasonwatch"
    data.mkdir(parents=True, mode=0o700)
    if os.geteuid() == 0:
        os.chown(data, USER, USER)


def licences(folder, names):
    for name in names:
        source = pathlib.Path("/", DOC, name, "copyright")
        if not source.exists():
            raise SystemExit(f"assemble: {source} is missing: this system was installed without "
                             f"documents; install the package {name} again with them")
        target = folder / name / "copyright"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def version():
    text = (TREE / "CMakeLists.txt").read_text()
    return re.search(r"project\(reasonwatch VERSION (\S+)", text).group(1)


def spdx_package(name, fields, how):
    """One package of Debian in the words of SPDX 2.3."""
    source = fields.get("Source", name).split(" ")[0]
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": fields["Version"],
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "comment": how,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{name}@{fields['Version'].replace('+', '%2B')}"
                                f"?arch={fields['Architecture']}&upstream={source}"}],
    }


def sbom(target, program, shared, static, packages, epoch):
    """Writes the list of packages; `shared` and `static` are names of packages."""
    own = {
        "SPDXID": "SPDXRef-reasonwatch", "name": "reasonwatch", "versionInfo": version(),
        "supplier": "Organization: The Reasonwatch authors", "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
        "checksums": [{"algorithm": "SHA256",
                       "checksumValue": hashlib.sha256(program.read_bytes()).hexdigest()}],
    }
    listed = [spdx_package(name, packages.status[name], "in the image as a file")
              for name in shared]
    listed += [spdx_package(name, packages.status[name], "compiled into the program")
               for name in static if name not in shared]
    kind = {name: "STATIC_LINK" for name in static} | {name: "DYNAMIC_LINK" for name in shared}
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"reasonwatch-{version()}",
        "documentNamespace": "https://reasonwatch.invalid/spdx/"
                             + own["checksums"][0]["checksumValue"],
        "creationInfo": {
            "created": datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
                       .strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: deploy/image/assemble.py"]},
        "packages": [own, *listed],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
             "relatedSpdxElement": own["SPDXID"]},
            *({"spdxElementId": own["SPDXID"], "relationshipType": kind[package["name"]],
               "relatedSpdxElement": package["SPDXID"]} for package in listed)],
    }
    target.write_text(json.dumps(document, indent=1) + "\n")


def settle(root, epoch):
    """Sets all times, and permissions that do not hang on the caller's umask."""
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            os.utime(os.path.join(folder, name), (epoch, epoch), follow_symlinks=False)
        if not folder.endswith("var/lib/reasonwatch"):
            os.chmod(folder, 0o755)
        os.utime(folder, (epoch, epoch))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--licences", action="store_true")
    options = parser.parse_args()
    root = options.root
    if root.exists() and any(root.iterdir()):
        parser.error(f"{root} is not empty")
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    os.umask(0o022)
    root.mkdir(parents=True, exist_ok=True)
    packages = Packages()
    static = compiled_in(options.build, packages) if options.build else []
    if options.licences:
        licences(root, static)
        # The libraries come from packages of their own here.
        sbom(root / "sbom.spdx.json", options.program, [], static, packages, epoch)
        settle(root, epoch)
        return
    for name in ("dev", "etc", "proc", "sys", "usr", "var"):
        (root / name).mkdir()

    found = libraries(options.program)
    shared = sorted({packages.of(path) for path in found} | {"ca-certificates"})
    icu = copy_libraries(found, root)
    program = root / "usr/bin/reasonwatch"
    strip_into(options.program, program)
    certificates(root)
    configuration(root)
    licences(root / DOC, sorted({*shared, *static}))
    sbom(root / DOC / "reasonwatch/sbom.spdx.json", program, shared, static, packages, epoch)
    settle(root, epoch)
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir())
    print(f"assemble: {size / 1e6:.1f} MB: the program, {len(found)} libraries of "
          f"{len(shared)} packages, {len(static)} packages compiled in, ICU's {' '.join(icu)}")


if __name__ == "__main__":
    sys.exit(main())
