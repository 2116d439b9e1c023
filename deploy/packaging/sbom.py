#!/usr/bin/env python3
"""What is in the program, as a bill of materials: CycloneDX 1.5, JSON, to standard output.

    sbom.py NINJA BUILD PROGRAM VERSION DATE     PROGRAM is relative to BUILD; DATE in seconds

The packages of Debian that it is linked with, as readelf names them; and those of which it has only
headers, as Ninja knows them of the objects that it is made of. Versions are those of dpkg, licences
those of the copyright file, where that can be read by a program. What is the same gives the same text.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse
import uuid

# Debian's short names where SPDX has others. What is in neither is given as it is written.
SPDX = {
    "Expat": "MIT",
    "BSD-2-clause": "BSD-2-Clause",
    "BSD-3-clause": "BSD-3-Clause",
    "GPL-2": "GPL-2.0-only",
    "GPL-2.0": "GPL-2.0-only",
    "GPL-2+": "GPL-2.0-or-later",
    "GPL-3": "GPL-3.0-only",
    "GPL-3+": "GPL-3.0-or-later",
    "LGPL-2.1": "LGPL-2.1-only",
    "LGPL-2.1+": "LGPL-2.1-or-later",
    "Zlib": "Zlib",
}
SPDX.update({name: name for name in (*SPDX.values(), "Apache-2.0", "CC0-1.0", "0BSD")})


def output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


# --- what is in it ----------------------------------------------------------------------------


def linked_files(program: str) -> list[str]:
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "--dynamic", program))
    paths = dict(re.findall(r"^\s*(\S+) => (\S+)", output("ldd", program), re.MULTILINE))
    return [str(pathlib.Path(paths[name]).resolve()) for name in needed]


def included_files(ninja: str, build: str, program: str) -> set[str]:
    inputs = output(ninja, "-C", build, "-t", "inputs", program).splitlines()
    objects = [path for path in inputs if path.endswith(".o")]
    found = output(ninja, "-C", build, "-t", "deps", *objects)
    # With ccache they may be relative, and to another build's folder: to the root all the same.
    return {f"/{path}" for path in re.findall(r"^    (?:/|(?:\.\./)+)(usr/.*)$", found, re.MULTILINE)}


def packages(files) -> set[str]:
    """Those that have these files; what is built here is in none."""
    names = {str(pathlib.Path(name).resolve()) for name in files}
    # The path that a package names may be that before /lib became a link to /usr/lib.
    names |= {name.removeprefix("/usr") for name in names if name.startswith("/usr/lib")}
    found = subprocess.run(["dpkg-query", "--search", *sorted(names)], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return {owner.split(":")[0] for owner in re.findall(r"^(\S+): /", found, re.MULTILINE)}


def field(package: str, name: str) -> str:
    return output("dpkg-query", "--show", "--showformat", f"${{{name}}}\n", package).split("\n")[0]


def headers_alone(included: set[str], linked: set[str]) -> set[str]:
    """Without those that come with a library that is linked, and the kernel's, which are an interface."""
    return {
        package for package in included - {"linux-libc-dev"}
        if not linked & set(re.findall(r"(?:^|, )([^ ,]+)", field(package, "Depends")))
    }


# --- how it is written down -------------------------------------------------------------------


def licence(package: str) -> list[dict]:
    """That of "Files: *" in a copyright file of DEP-5."""
    try:
        text = pathlib.Path(f"/usr/share/doc/{package}/copyright").read_text(encoding="utf-8")
    except OSError:
        return []
    for stanza in re.split(r"\n\s*\n", text) if text.startswith("Format:") else []:
        name = re.search(r"^License:[ \t]*(\S.*?)\s*$", stanza, re.MULTILINE)
        if name and re.search(r"^Files:[ \t]*\*\s*$", stanza, re.MULTILINE):
            parts = re.split(r" (or|and) ", name[1])
            known = [p.upper() if p in ("or", "and") else SPDX.get(p) for p in parts]
            if None in known:
                return [{"license": {"name": name[1]}}]
            if len(known) > 1:
                return [{"expression": " ".join(known)}]
            return [{"license": {"id": known[0]}}]
    return []


def release() -> str:
    values = dict(re.findall(r'^(\w+)="?(.*?)"?$', pathlib.Path("/etc/os-release").read_text(
        encoding="utf-8"), re.MULTILINE))
    return f"{values['ID']}-{values.get('VERSION_ID', 'unstable')}"


def component(package: str, how: str) -> dict:
    version = field(package, "Version")
    purl = (f"pkg:deb/{release().split('-')[0]}/{urllib.parse.quote(package, safe='')}"
            f"@{urllib.parse.quote(version, safe='')}"
            f"?arch={field(package, 'Architecture')}&distro={release()}")
    described = {"type": "library", "bom-ref": purl, "name": package, "version": version}
    if licences := licence(package):
        described["licenses"] = licences
    described["purl"] = purl
    described["properties"] = [
        {"name": "kcommons:source-package", "value": field(package, "source:Package")},
        {"name": "kcommons:use", "value": how},
    ]
    return described


def main() -> None:
    ninja, build, program, version, date = sys.argv[1:]
    linked = packages(linked_files(f"{build}/{program}"))
    headers = headers_alone(packages(included_files(ninja, build, program)), linked)
    components = [component(package, "linked, shared library") for package in sorted(linked)]
    components += [component(package, "compiled in, headers alone") for package in sorted(headers)]
    own = f"pkg:generic/kcommons@{version}"
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(int(date), datetime.timezone.utc).strftime(
                "%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "kcommons",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "purl": own,
            },
        },
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [c["bom-ref"] for c in components]}]
        + [{"ref": c["bom-ref"]} for c in components],
    }
    # Of what it says, so that another bill has another number.
    bom["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom, sort_keys=True)).urn
    print(json.dumps(bom, indent=2, ensure_ascii=False))


main()
