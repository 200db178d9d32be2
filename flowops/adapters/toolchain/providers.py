"""Terraform's providers: taken from a mirror, or fetched or built once into a mirror of our own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flowops.adapters.disk import check_room
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.golang import GoBuilder
from flowops.adapters.toolchain.lock import alone
from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.mirrors import held_in, mirrors, own_mirror, unpacked_in
from flowops.adapters.toolchain.registry import Registry
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Provider, Source, ToolStatus

_NEW = ".new-providers-"
_BUILT_FROM = "BUILT_FROM"

Fetch = Callable[[Provider, Path], tuple[Path, str]]


class ProviderFolder:
    """A pinned provider in a mirror, unpacked or as the registry packs it."""

    def __init__(
        self, provider: Provider, machine: Machine, processes: Processes, terraform: Callable[[], Path]
    ) -> None:
        self.name = provider.address
        self.on_demand = provider.on_demand
        self._provider = provider
        self._title = f"{provider.address} {provider.version}"
        self._machine = machine
        self._own = own_mirror(machine)
        self._registry = Registry(machine, processes, terraform)
        self._builder = GoBuilder(machine, processes)

    def status(self) -> ToolStatus:
        """Return where the provider stands: the caller's mirror before our own."""
        version = self._provider.version
        for mirror, source in mirrors(self._machine):
            if held := held_in(mirror, self._provider, self._machine.platform):
                built = mirror == self._own and (held / _BUILT_FROM).exists()
                return ToolStatus(self.name, version, version, str(held), Source.BUILD if built else source)
        missing = Source.ON_DEMAND if self.on_demand else Source.MISSING
        return ToolStatus(self.name, version, source=missing, note="in no mirror")

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
        failed = [f"mirror: {self._mirrors_without_it()}"]
        tries: tuple[tuple[Source, Fetch], ...] = (
            (Source.REGISTRY, self._registry.fetch),
            (Source.BUILD, self._build),
        )
        for source, fetch in tries:
            try:
                return self._keep(source, fetch)
            except (Unavailable, OSError) as reason:  # OSError: a full disk, for one
                failed.append(f"{source.value}: {reason}")
                self._machine.progress(f"{self._title}: no {source.value}: {reason}")
        raise self._unusable(failed)

    def _build(self, provider: Provider, into: Path) -> tuple[Path, str]:
        """Return a folder with the provider built from its Go module, as terraform expects it in a mirror."""
        program, origin = self._builder.build(provider.tool, into)
        ready = into / "ready"
        ready.mkdir(mode=0o700)
        program.chmod(0o755)
        program.rename(ready / provider.program)
        (ready / _BUILT_FROM).write_text(f"{origin}\n")  # inside the folder: so the one never stands without the other
        return ready, origin

    def _keep(self, source: Source, fetch: Fetch) -> None:
        """Move what `fetch` returns to its place in our mirror at once, replacing what stood there."""
        with self._staging() as folder:
            ready, origin = fetch(self._provider, folder)
            place = unpacked_in(self._own, self._provider, self._machine.platform)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if place.exists():
                place.rename(folder / "replaced")
            ready.rename(place)
        self._machine.progress(f"{self._title}: ready, {source.value} of {origin}")

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        """Yield a private folder on our mirror's disk; the caller holds the lock, so leftovers of a crash go first."""
        parent = self._own.parent
        for leftover in parent.glob(f"{_NEW}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_NEW, dir=parent, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def _mirrors_without_it(self) -> str:
        looked = ", ".join(str(mirror) for mirror, _ in mirrors(self._machine))
        return f"it is not in {looked}" if looked else "there is none"

    def _unusable(self, failed: list[str]) -> ToolUnusable:
        tried = "".join(f"\n  - {reason}" for reason in failed)
        return ToolUnusable(
            f"The provider {self._title} is not to be had:{tried}",
            not_done="Nothing was started.",
            next_step="export FLOWOPS_PROVIDER_MIRROR=DIRECTORY (one that `terraform providers mirror` filled), then "
            f"flowops toolchain install {self.name}",
        )
