"""The programs flowops works with: which version is wanted, where it may come from, and where it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

_VERSION = re.compile(r"(?<![\w.])v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)(?![\w.])")
_SUM = re.compile(r"([0-9a-f]{64}) [ *](\S+)")
_SUM_ALONE = re.compile(r"[0-9a-f]{64}")
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

KUBERNETES_VERSION = "1.34.4"
FOR_KUBERNETES = "needed for rehearsals with Kubernetes"


class Source(Enum):
    """Where a tool stands or came from."""

    PATH = "path"
    DOWNLOAD = "download"
    BUILD = "build"
    MIRROR = "mirror"
    REGISTRY = "registry"
    PACKAGE = "package"
    ON_DEMAND = "on demand"
    MISSING = "missing"


@dataclass(frozen=True)
class Release:
    """Where a vendor publishes a tool: `{version}`, `{platform}` (linux_amd64), `{os}` and `{arch}` are filled in.

    `sums` stands beside the file. `member` is the program's name inside a zip or a .tar.gz; "" says that the file is
    the program itself. Below a mirror the files stand at `<name>/<version>/`, under the names the vendor gave them.
    """

    base: str
    file: str
    sums: str
    member: str = ""


@dataclass(frozen=True)
class GoModule:
    """What to build a tool from: a folder of ours with go.mod and go.sum, a package, and what the linker writes in.

    `{version}` in `flags` is filled in. `module` is what go.mod requires where that is not the package itself.
    """

    folder: str
    package: str
    flags: str = "-s -w"
    module: str = ""


@dataclass(frozen=True)
class Tool:
    """A program pinned to one version; any other is not used. `{…}` of its release are filled in by `located`.

    `calls_itself` is how the line with its version begins, "" for its name. `on_demand` says what it is needed for
    where not every project needs it: it is installed for those who ask for it.
    """

    name: str
    version: str
    release: Release | None = None
    module: GoModule | None = None
    version_argv: tuple[str, ...] = ("--version",)
    calls_itself: str = ""
    on_demand: str = ""

    def located(self, platform: str) -> Release | None:
        """Return the release for one platform, filled in; None where there is none."""
        if self.release is None:
            return None
        system, _, machine = platform.partition("_")
        known = {"version": self.version, "platform": platform, "os": system, "arch": machine}
        parts = (self.release.base, self.release.file, self.release.sums, self.release.member)
        return Release(*(_filled(part, known) for part in parts))


@dataclass(frozen=True)
class Provider:
    """A terraform provider pinned to one version; `address` is `namespace/type` on the public registry."""

    address: str
    version: str
    module: GoModule | None = None

    @property
    def source(self) -> str:
        """Return the full address, as terraform's own configuration and mirrors spell it."""
        return f"registry.terraform.io/{self.address}"

    @property
    def kind(self) -> str:
        """Return the last part of the address: `aws`."""
        return self.address.rpartition("/")[2]

    @property
    def program(self) -> str:
        """Return how its program's name begins; publishers add the protocol: `_x5`."""
        return f"terraform-provider-{self.kind}_v{self.version}"

    @property
    def tool(self) -> Tool:
        """Return it as what a Go module builds."""
        return Tool(self.address, self.version, module=self.module)


@dataclass(frozen=True)
class ToolStatus:
    """What stands of a tool here; `found` and `path` are "" where nothing does, `note` says why or what to do."""

    name: str
    wanted: str
    found: str = ""
    path: str = ""
    source: Source = Source.MISSING
    note: str = ""

    @property
    def usable(self) -> bool:
        """Say that this can be worked with."""
        return self.source not in (Source.ON_DEMAND, Source.MISSING)


def terraform(version: str) -> Tool:
    """Return terraform as HashiCorp releases it; its module cannot be built from outside its own source tree."""
    return Tool(
        "terraform",
        version,
        Release(
            "https://releases.hashicorp.com/terraform/{version}/",
            "terraform_{version}_{platform}.zip",
            "terraform_{version}_SHA256SUMS",
            "terraform",
        ),
        version_argv=("version",),
    )


def terragrunt(version: str) -> Tool:
    """Return terragrunt as Gruntwork releases it and as its module builds it.

    Without the linker's flag it would call itself `latest`, which it reads as 0.0 in every version constraint.
    """
    return Tool(
        "terragrunt",
        version,
        Release(
            "https://github.com/gruntwork-io/terragrunt/releases/download/v{version}/",
            "terragrunt_{platform}",
            "SHA256SUMS",
        ),
        GoModule(
            "terragrunt",
            "github.com/gruntwork-io/terragrunt",
            "-s -w -X github.com/gruntwork-io/terragrunt/internal/version.Version=v{version}",
        ),
    )


def kubernetes_tools() -> tuple[Tool, ...]:
    """Return the programs of a Kubernetes on this machine, of versions that work together, and kubectl.

    kwok plays the nodes: it says of every pod that it runs.
    """
    programs = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return (
        *(_of_kubernetes(name, ("--version",), "kubernetes") for name in programs),
        _of_kubernetes("kubectl", ("version", "--client"), "client version"),
        Tool(
            "etcd",
            "3.6.13",
            Release(
                "https://github.com/etcd-io/etcd/releases/download/v{version}/",
                "etcd-v{version}-{os}-{arch}.tar.gz",
                "SHA256SUMS",
                "etcd-v{version}-{os}-{arch}/etcd",
            ),
            GoModule("kubernetes", "go.etcd.io/etcd/server/v3"),
            on_demand=FOR_KUBERNETES,
        ),
        Tool(
            "kwok",
            "0.7.0",
            Release(
                "https://github.com/kubernetes-sigs/kwok/releases/download/v{version}/",
                "kwok-{os}-{arch}",
                "SHA256SUMS",
            ),
            GoModule(
                "kwok",
                "sigs.k8s.io/kwok/cmd/kwok",
                "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v{version}",
                "sigs.k8s.io/kwok",
            ),
            on_demand=FOR_KUBERNETES,
        ),
    )


def _of_kubernetes(name: str, version_argv: tuple[str, ...], calls_itself: str) -> Tool:
    """Return one of the programs that share Kubernetes' version; without the linker's flags it would be v0.0.0."""
    stamp = "-X k8s.io/component-base/version."
    major, minor, _ = KUBERNETES_VERSION.split(".")
    return Tool(
        name,
        KUBERNETES_VERSION,
        Release("https://dl.k8s.io/v{version}/", f"bin/{{os}}/{{arch}}/{name}", f"{name}.sha256"),
        GoModule(
            "kubernetes",
            f"k8s.io/kubernetes/cmd/{name}",
            f"-s -w {stamp}gitVersion=v{{version}} {stamp}gitMajor={major} {stamp}gitMinor={minor}",
            "k8s.io/kubernetes",
        ),
        version_argv=version_argv,
        calls_itself=calls_itself,
        on_demand=FOR_KUBERNETES,
    )


def version_in(text: str, name: str = "") -> str:
    """Return the version that a tool's answer names, "" when it names none.

    Only a line that starts with `name` counts, so that a warning about something else is not taken for the answer.
    """
    for line in text.splitlines():
        if line.lower().startswith(name) and (found := _VERSION.search(line)):
            return found.group(1)
    return ""


def go_version(text: str) -> tuple[int, ...]:
    """Return the version in `go version go1.26.8 linux/amd64` as numbers, () when there is none."""
    found = re.search(r"\bgo(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()


def required_version(go_mod: str, package: str) -> str:
    """Return the version of `package` that the text of a go.mod requires, without its `v`; "" when it is not there."""
    found = re.search(rf"^\s*(?:require\s+)?{re.escape(package)}\s+v(\S+)", go_mod, re.MULTILINE)
    return found.group(1) if found else ""


def sum_of(file: str, text: str) -> str:
    """Return the SHA-256 of a file in a text of sums, "" when it is not there; a text that is one sum is its sum."""
    alone = _SUM_ALONE.fullmatch(text.strip())
    return alone.group() if alone else sums_in(text).get(file, "")


def sums_in(text: str) -> Mapping[str, str]:
    """Return file name to SHA-256 of a SHA256SUMS file; lines of another form are left out."""
    found = (_SUM.fullmatch(line.strip()) for line in text.splitlines())
    return {match.group(2): match.group(1) for match in found if match}


def _filled(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def platform_of(system: str, machine: str) -> str:
    """Return `linux_amd64` and the like from what the operating system says of itself."""
    return f"{system.lower()}_{_MACHINES.get(machine.lower(), machine.lower())}"
