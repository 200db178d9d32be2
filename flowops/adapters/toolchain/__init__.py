"""The programs and providers that flowops works with, each pinned: found, fetched or built, and where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Protocol

from flowops.adapters.process import Processes
from flowops.adapters.toolchain.binary import Binary, OwnCommand
from flowops.adapters.toolchain.machine import Machine, conventional_roots
from flowops.adapters.toolchain.mirrors import program_in, write_cli_configuration
from flowops.adapters.toolchain.providers import ProviderFolder
from flowops.errors import UnknownTarget
from flowops.model.toolchain import GoModule, Provider, ToolStatus, kubernetes_tools, terraform, terragrunt

__all__ = ["Item", "Machine", "Toolchain", "conventional_roots", "pinned_toolchain"]

AWS_PROVIDER = Provider("hashicorp/aws", "5.100.0")
"""The version that the modules and their lock files are tested with."""

HELM_PROVIDER = Provider(
    "hashicorp/helm",
    "1.3.2",
    GoModule("helm-provider", "github.com/hashicorp/terraform-provider-helm"),
)
"""The newest version that its Go module builds: so it is to be had where the registry is not."""


class Item(Protocol):
    """One thing that can be looked for and installed; on demand, when not every project needs it."""

    name: str
    on_demand: bool

    def status(self) -> ToolStatus:
        """Return where it stands now; nothing is fetched."""

    def install(self) -> ToolStatus:
        """Return where it stands, fetched first where it is missing; ToolUnusable names every source tried."""


class Toolchain:
    """Knows each tool by name; fetches what is missing when somebody asks for it."""

    def __init__(self, items: Iterable[Item], machine: Machine, providers: Sequence[Provider] = ()) -> None:
        self._items = {item.name: item for item in items}
        self._machine = machine
        self._providers = tuple(providers)

    def list(self) -> tuple[ToolStatus, ...]:
        """Return where every tool stands; nothing is fetched."""
        return tuple(item.status() for item in self._items.values())

    def require(self, name: str) -> Path:
        """Return the path of a tool, installed first where it is missing; ToolUnusable where it is not to be had."""
        return Path(self._item(name).install().path)

    def install(self, names: Iterable[str] = ()) -> tuple[ToolStatus, ...]:
        """Install the named tools, or those that every project needs: all but what is on demand.

        A name that is none is an UnknownTarget before anything starts.
        """
        needed = [item for item in self._items.values() if not item.on_demand]
        items = [self._item(name) for name in names] or needed
        return tuple(item.install() for item in items)

    def provider_program(self, provider: Provider) -> Path | None:
        """Return the program of a provider in some mirror, None where no mirror has it unpacked; nothing is fetched."""
        return program_in(self._machine, provider)

    def write_cli_configuration(self, path: Path) -> Path:
        """Write terraform's own configuration, which says where providers come from, and return its path."""
        return write_cli_configuration(path, self._machine, self._providers)

    def _item(self, name: str) -> Item:
        if name not in self._items:
            raise UnknownTarget("tool", name, self._items)
        return self._items[name]


def pinned_toolchain(
    machine: Machine, processes: Processes, *, terraform_version: str, terragrunt_version: str
) -> Toolchain:
    """Return the toolchain of a project: the versions of its configuration, and those that come with flowops."""
    terraform_binary = Binary(terraform(terraform_version), machine, processes)
    providers = (AWS_PROVIDER, HELM_PROVIDER)
    items: tuple[Item, ...] = (
        terraform_binary,
        Binary(terragrunt(terragrunt_version), machine, processes),
        *(ProviderFolder(it, machine, processes, lambda: Path(terraform_binary.install().path)) for it in providers),
        OwnCommand("aws", "awscli", _installed_version("awscli"), machine),
        *(Binary(it, machine, processes) for it in kubernetes_tools()),
    )
    return Toolchain(items, machine, providers)


def _installed_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
