"""Terraform's providers: taken from a mirror, or unpacked, fetched or built once into a mirror of our own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowops.adapters.disk import check_room
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.download import pinned_sums
from flowops.adapters.toolchain.golang import GoBuilder
from flowops.adapters.toolchain.lock import alone
from flowops.adapters.toolchain.machine import Machine
from flowops.adapters.toolchain.mirrors import (
    held_in,
    mirrors,
    own_mirror,
    packed_in,
    unpacked_in,
    unpacking_mirror,
)
from flowops.adapters.toolchain.packed import Packed
from flowops.adapters.toolchain.registry import Registry
from flowops.adapters.toolchain.sources import take_first
from flowops.adapters.toolchain.staging import staging
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Provider, Source, ToolStatus

_NEW = ".new-providers-"
_BUILT_FROM = "BUILT_FROM"

Fetch = Callable[[Provider, Path], tuple[Path, str]]


class ProviderFolder:
    """A pinned provider, unpacked in a mirror; one that is packed there is unpacked into one of our own."""

    on_demand = False

    def __init__(
        self, provider: Provider, machine: Machine, processes: Processes, terraform: Callable[[], Path]
    ) -> None:
        self.name = provider.address
        self._provider = provider
        self._title = f"{provider.address} {provider.version}"
        self._machine = machine
        self._own = own_mirror(machine)
        self._registry = Registry(machine, processes, terraform)
        self._builder = GoBuilder(machine, processes)

    def status(self) -> ToolStatus:
        """Return where the provider stands unpacked: the caller's mirror before our own."""
        version = self._provider.version
        for mirror, source in mirrors(self._machine):
            if held := held_in(mirror, self._provider, self._machine.platform):
                built = mirror == self._own and (held / _BUILT_FROM).exists()
                return ToolStatus(self.name, version, version, str(held), Source.BUILD if built else source)
        packed = self._packed()
        note = f"packed in {packed}" if packed else "in no mirror"
        return ToolStatus(self.name, version, source=Source.MISSING, note=note)

    def _packed(self) -> Path | None:
        """Return the provider's zip in the first mirror that has one."""
        found = (packed_in(mirror, self._provider, self._machine.platform) for mirror, _ in mirrors(self._machine))
        return next((packed for packed in found if packed), None)

    def install(self) -> ToolStatus:
        """Return where the provider stands, fetched or built first where no mirror has it.

        ToolUnusable names every source tried.
        """
        if (before := self.status()).usable:
            return before
        with alone(self._own.with_name("providers.lock"), self._machine, self._title):
            if not self.status().usable:
                self._fetch()
        return self.status()

    def _fetch(self) -> None:
        check_room(self._own.parent)
        packed = self._packed()
        sources: tuple[tuple[Source, Fetch], ...] = (
            *([(Source.MIRROR, Packed(packed, self._machine, pinned_sums(self._machine)).fetch)] if packed else []),
            (Source.REGISTRY, self._registry.fetch),
            (Source.BUILD, self._build),
        )
        known = [] if packed else [f"mirror: {self._mirrors_without_it()}"]
        take_first(sources, self._keep, title=self._title, known=known, machine=self._machine, unusable=self._unusable)

    def _build(self, provider: Provider, into: Path) -> tuple[Path, str]:
        """Return a folder with the provider built from its Go module, as terraform expects it in a mirror."""
        program, origin = self._builder.build(provider.tool, into)
        ready = into / "ready"
        ready.mkdir(mode=0o700)
        program.chmod(0o700)
        program.rename(ready / provider.program)
        (ready / _BUILT_FROM).write_text(f"{origin}\n")  # inside the folder: so the one never stands without the other
        return ready, origin

    def _keep(self, source: Source, fetch: Fetch) -> None:
        """Move what `fetch` returns to its place in a mirror of ours at once, replacing what stood there."""
        mirror = unpacking_mirror(self._machine) if source is Source.MIRROR else self._own
        with staging(self._own.parent, _NEW) as folder:
            ready, origin = fetch(self._provider, folder)
            place = unpacked_in(mirror, self._provider, self._machine.platform)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if place.exists():
                place.rename(folder / "replaced")
            ready.rename(place)
        self._machine.progress(f"{self._title}: ready, {source.value} of {origin}")

    def _mirrors_without_it(self) -> str:
        looked = ", ".join(str(mirror) for mirror, _ in mirrors(self._machine))
        return f"it is not in {looked}" if looked else "there is none"

    def _unusable(self, reasons: str) -> ToolUnusable:
        return ToolUnusable(
            f"The provider {self._title} is not to be had:{reasons}",
            not_done="Nothing was started.",
            next_step="export FLOWOPS_PROVIDER_MIRROR=DIRECTORY (one that `terraform providers mirror` filled), then "
            f"flowops toolchain install {self.name}",
        )
