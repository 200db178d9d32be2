"""A pinned program: found on PATH, in the cache, downloaded, or built."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from flowops.adapters.disk import check_room
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.download import Downloads, pinned_sums
from flowops.adapters.toolchain.golang import GoBuilder
from flowops.adapters.toolchain.lock import alone
from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.shelf import Shelf
from flowops.adapters.toolchain.sources import take_first
from flowops.adapters.toolchain.versions import Versions
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Source, Tool, ToolStatus

Fetch = Callable[[Tool, Path], tuple[Path, str]]


class Binary:
    """One program in exactly the pinned version; another version is reported and passed over, never used."""

    def __init__(self, tool: Tool, machine: Machine, processes: Processes) -> None:
        self.name = tool.name
        self.on_demand = bool(tool.on_demand)
        self._tool = tool
        self._title = f"{tool.name} {tool.version}"
        self._machine = machine
        self._versions = Versions(machine, processes)
        self._shelf = Shelf(machine.cache, tool)
        self._downloads = Downloads(machine, pinned_sums(machine))
        self._builder = GoBuilder(machine, processes)

    def status(self) -> ToolStatus:
        """Return where the program stands now; nothing is fetched."""
        passed_over = []
        for program, problem in self._on_path():
            if not problem:
                return self._found(program, Source.PATH)
            passed_over.append(problem)
        note = "; ".join(passed_over)
        if manifest := self._shelf.manifest():
            return self._found(self._shelf.program, manifest.source, note)
        if self._shelf.broken:
            note = "; ".join([*passed_over, f"{self._shelf.program} is broken"])
        missing = Source.ON_DEMAND if self.on_demand else Source.MISSING
        return ToolStatus(self._tool.name, self._tool.version, source=missing, note=note or self._tool.on_demand)

    def install(self) -> ToolStatus:
        """Return where the program stands, fetched or built first where it is missing; ToolUnusable names every try."""
        before = self.status()
        if before.usable:
            return before
        with alone(self._shelf.lock, self._machine, self._title):
            if not self._shelf.manifest():
                self._fetch("" if before.note == self._tool.on_demand else before.note)
        return self.status()

    def _fetch(self, note: str) -> None:
        check_room(self._shelf.lock.parent)
        if note:
            self._machine.progress(f"{self._title} is needed, but {note}")
        sources: tuple[tuple[Source, Fetch], ...] = (
            (Source.DOWNLOAD, self._downloads.fetch),
            (Source.BUILD, self._builder.build),
        )
        known = [note] if note else []
        take_first(
            sources, self._shelve, title=self._title, known=known, machine=self._machine, unusable=self._unusable
        )

    def _shelve(self, source: Source, fetch: Fetch) -> None:
        with self._shelf.staging() as folder:
            program, origin = fetch(self._tool, folder)
            program.chmod(0o700)
            version = self._versions.of(program, self._tool)
            if version != self._tool.version:
                raise Unavailable(f"{origin} turned out to be {version}")
            self._shelf.put(program, source, origin)
        self._machine.progress(f"{self._title}: ready, {source.value} of {origin}")

    def _on_path(self) -> Iterator[tuple[Path, str]]:
        """Yield each program of that name on PATH and what is wrong with it, "" when it fits."""
        for program in self._versions.on_path(self._tool.name):
            try:
                version = self._versions.of(program, self._tool)
            except Unavailable as reason:
                yield program, str(reason)
            else:
                yield program, "" if version == self._tool.version else f"{program} is {version}"

    def _found(self, program: Path, source: Source, note: str = "") -> ToolStatus:
        return ToolStatus(self._tool.name, self._tool.version, self._tool.version, str(program), source, note)

    def _unusable(self, reasons: str) -> ToolUnusable:
        tool = self._tool
        return ToolUnusable(
            f"{self._title} is not to be had:{reasons}",
            not_done="Nothing was started.",
            next_step=f"put {self._title} on PATH, or set FLOWOPS_TOOL_MIRROR to a URL that has it below "
            f"{tool.name}/{tool.version}/, then: flowops toolchain install {tool.name}",
        )


class OwnCommand:
    """A program that a package of our own Python environment brings; one on PATH is never taken for it."""

    on_demand = False

    def __init__(self, name: str, package: str, version: str, machine: Machine) -> None:
        self.name = name
        self._package = package
        self._version = version
        self._machine = machine

    def status(self) -> ToolStatus:
        """Return the program of our own environment."""
        program = shutil.which(self.name, path=str(self._machine.scripts))
        if program is None:
            note = f"the package {self._package} has no {self.name} in {self._machine.scripts}"
            return ToolStatus(self.name, self._version, note=note)
        return ToolStatus(self.name, self._version, self._version, program, Source.PACKAGE)

    def install(self) -> ToolStatus:
        """Return the program; ToolUnusable where the environment lost it, for it came with flowops."""
        status = self.status()
        if not status.usable:
            raise ToolUnusable(
                f"{self.name} is missing: {status.note}.",
                not_done="Nothing was started.",
                next_step=f"{self._machine.python} -m pip install --force-reinstall {self._package}",
            )
        return status
