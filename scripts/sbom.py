"""Write what a flowops consists of as CycloneDX JSON: `python scripts/sbom.py FILE`.

Named are the packages of the environment that runs this, as far as flowops needs them to run (so none of the tools of
its developers), and the programs that flowops fetches or builds on its user's machine. Packages, their licences and
addresses are read by cyclonedx-bom; who needs whom by the packages' own markers and extras. The same environment gives
the same bytes: the file has a time only where SOURCE_DATE_EPOCH names one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from urllib.parse import urljoin

import hcl2
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from flowops.adapters.toolchain import AWS_PROVIDER, HELM_PROVIDER
from flowops.model.config import ToolsConfig
from flowops.model.toolchain import GoModule, Provider, Tool, sums_in, terraform, terragrunt

ROOT = Path(__file__).parents[1]
TOOLCHAIN = ROOT / "flowops" / "data" / "toolchain"
VERSION = SchemaVersion.V1_6
OWN = "flowops"
LICENCES = {
    "terraform": "BUSL-1.1",
    "terragrunt": "MIT",
    AWS_PROVIDER.address: "MPL-2.0",
    HELM_PROVIDER.address: "MPL-2.0",
}
"""The licences of the programs, as their own source says."""

_PLATFORM = re.compile(r"(?:linux|darwin)_(?:amd64|arm64)")
_REQUIRED = re.compile(r"^(?:require)?\s+([\w.~/-]+\.[\w.~/-]+)\s+(v\S+)", re.MULTILINE)
_LICENCES = LicenseFactory()

Edges = dict[str, set[str]]


def main(target: Path) -> int:
    """Write the file; 1 where it would not be valid CycloneDX."""
    text = sbom()
    if problem := JsonStrictValidator(VERSION).validate_str(text):
        print(f"{target} is not written: {problem}", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return 0


def sbom() -> str:
    """Return the whole document."""
    bom = Bom()
    needs = runtime_needs(OWN)
    packages = {name: it for name, it in installed_packages().items() if name in needs}
    own = packages.pop(OWN)
    own.type = ComponentType.APPLICATION
    bom.metadata.component = own
    programs, modules = programs_and_modules()
    for component in (*packages.values(), *programs, *(it for found in modules.values() for it in found)):
        bom.components.add(component)
    everything = {**packages, OWN: own}
    for name, needed in needs.items():
        bom.register_dependency(everything[name], [everything[it] for it in sorted(needed)])
    bom.register_dependency(own, programs)
    for program in programs:
        bom.register_dependency(program, modules.get(program.name, ()))
    return reproducible(make_outputter(bom, OutputFormat.JSON, VERSION).output_as_string())


def reproducible(text: str) -> str:
    """Return the document without what is another each time, sorted."""
    document = json.loads(text)
    del document["serialNumber"], document["metadata"]["timestamp"]
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        document["metadata"]["timestamp"] = written_at(int(epoch))
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def written_at(epoch: int) -> str:
    """Return seconds since 1970 as CycloneDX writes a time."""
    return datetime.fromtimestamp(epoch, UTC).isoformat()


# -- packages --------------------------------------------------------------------------------------------------------


def runtime_needs(start: str) -> Edges:
    """Return each package that `start` needs here, itself included, and what that one needs in turn."""
    found: Edges = {}
    looked_at: set[tuple[str, frozenset[str]]] = set()
    wanted: list[tuple[str, frozenset[str]]] = [(canonicalize_name(start), frozenset())]
    while wanted:
        name, extras = wanted.pop()
        if (name, extras) in looked_at:
            continue
        looked_at.add((name, extras))
        needed = list(requirements_of(name, extras))
        found.setdefault(name, set()).update(it for it, _ in needed if it != name)
        wanted += needed
    return found


def requirements_of(name: str, extras: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the packages, with their extras, that a package with these extras asks for on this machine."""
    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield canonicalize_name(requirement.name), frozenset(map(canonicalize_name, requirement.extras))


def installed_packages() -> dict[str, Component]:
    """Return what cyclonedx-bom says of each package of this environment."""
    argv = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--no-validate"]
    argv += ["--sv", VERSION.to_version(), sys.executable]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    read: Bom = Bom.from_json(json.loads(listed))  # type: ignore[attr-defined]
    return {canonicalize_name(it.name): without_place(it) for it in read.components}


def without_place(component: Component) -> Component:
    """Return a component without the folder it was installed from, which is of this machine."""
    here = {it for it in component.external_references if str(it.url).startswith("file:")}
    component.external_references = set(component.external_references) - here
    return component


# -- programs --------------------------------------------------------------------------------------------------------


def programs_and_modules() -> tuple[list[Component], dict[str, list[Component]]]:
    """Return the programs that flowops fetches or builds, and by their names the Go modules of those it can build."""
    pinned = ToolsConfig()
    tools = (terraform(pinned.terraform), terragrunt(pinned.terragrunt))
    providers = (AWS_PROVIDER, HELM_PROVIDER)
    programs = [*(of_tool(it) for it in tools), *(of_provider(it) for it in providers)]
    folders = {it.name: it.module for it in (*tools, *(provider.tool for provider in providers))}
    shared: dict[tuple[str, str], Component] = {}
    modules = {name: of_modules(it, shared) for name, it in folders.items() if it is not None}
    return programs, modules


def of_tool(tool: Tool) -> Component:
    """Return a program with the address of each release, and its hash where flowops pins that."""
    source = tool.module.package if tool.module else f"github.com/hashicorp/{tool.name}"
    return program(tool.name, tool.version, source, distributions(tool), sums(tool.module))


def of_provider(provider: Provider) -> Component:
    """Return a provider with the hash that the lock files of the tree name, or that of its Go module."""
    source = f"github.com/{provider.address.partition('/')[0]}/terraform-provider-{provider.kind}"
    return program(provider.address, provider.version, source, (), locked(provider) or sums(provider.module))


def program(
    name: str, version: str, source: str, references: Iterable[ExternalReference], hashes: Iterable[str]
) -> Component:
    """Return a program; `source` is its repository, `hashes` are written as Go and terraform write them."""
    host, namespace, repository = source.split("/")
    return Component(
        type=ComponentType.APPLICATION,
        name=name,
        version=version,
        bom_ref=f"{source}@v{version}",
        purl=PackageURL(host.partition(".")[0], namespace, repository, f"v{version}"),
        licenses=[_LICENCES.make_from_string(LICENCES[name])],
        external_references=[
            *references,
            ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(f"https://{source}")),
        ],
        properties=[Property(name="flowops:hash", value=it) for it in hashes],
    )


def distributions(tool: Tool) -> Iterator[ExternalReference]:
    """Yield the release of each platform whose hash is pinned."""
    pinned = sums_in((TOOLCHAIN / "SHA256SUMS").read_text())
    for platform in sorted({_PLATFORM.search(name)[0] for name in pinned}):  # type: ignore[index]
        release = tool.located(platform)
        if release is not None and release.file in pinned:
            yield ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(urljoin(release.base, release.file)),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=pinned[release.file])],
            )


def locked(provider: Provider) -> list[str]:
    """Return the hashes of a provider in the lock files of the tree, [] where no lock file names it."""
    found: set[str] = set()
    for file in sorted((ROOT / "deployments").rglob(".terraform.lock.hcl")):
        for block in hcl2.loads(file.read_text()).get("provider", []):
            for source, entry in block.items():
                if source.strip('"') == provider.source and entry["version"].strip('"') == provider.version:
                    found.update(it.strip('"') for it in entry["hashes"])
    return sorted(found)


def sums(module: GoModule | None) -> list[str]:
    """Return the hash that go.sum has of a program's own module."""
    if module is None:
        return []
    return [value for (name, _), value in go_sums(module).items() if name == module.package]


def go_sums(module: GoModule) -> dict[tuple[str, str], str]:
    """Return the hash of each module, by name and version; go.sum also has those of mere go.mod files."""
    lines = (TOOLCHAIN / module.folder / "go.sum").read_text().splitlines()
    return {(name, version): value for name, version, value in map(str.split, lines) if not version.endswith("/go.mod")}


def of_modules(module: GoModule, shared: dict[tuple[str, str], Component]) -> list[Component]:
    """Return every other module that a program is built from, each once for all programs."""
    text = (TOOLCHAIN / module.folder / "go.mod").read_text()
    hashes = go_sums(module)
    found = []
    for name, version in dict.fromkeys(_REQUIRED.findall(text)):
        if name != module.package:
            found.append(shared.setdefault((name, version), of_module(name, version, hashes.get((name, version), ""))))
    return found


def of_module(name: str, version: str, value: str) -> Component:
    """Return one Go module with the hash that go.sum has of it."""
    namespace, _, last = name.rpartition("/")
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("golang", namespace.lower() or None, last.lower(), version),
        properties=[Property(name="flowops:hash", value=value)] if value else [],
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
