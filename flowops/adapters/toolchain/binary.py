"""A pinned program: found on PATH, in the cache, downloaded, or built."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from flowops.adapters.disk import check_room
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.download import Downloads
from flowops.adapters.toolchain.golang import GoBuilder
from flowops.adapters.toolchain.lock import alone
from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.shelf import Shelf
from flowops.adapters.toolchain.versions import Versions
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Source, Tool, ToolStatus, sums_in

Fetch = Callable[[Tool, Path], tuple[Path, str]]


class Binary:
    """One program in exactly the pinned version; another version is reported and passed over, never used."""

    on_demand = False

    def __init__(self, tool: Tool, machine: Machine, processes: Processes) -> None:
        self.name = tool.name
        self._tool = tool
        self._machine = machine
        self._versions = Versions(machine, processes)
        self._shelf = Shelf(machine.cache, tool)
        sums = machine.data / "SHA256SUMS"
        self._downloads = Downloads(machine, sums_in(sums.read_text() if sums.exists() else ""))
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
        return ToolStatus(self._tool.name, self._tool.version, note=note)

    def install(self) -> ToolStatus:
        """Return where the program stands, fetched or built first where it is missing; ToolUnusable names every try."""
        before = self.status()
        if before.usable:
            return before
        title = f"{self._tool.name} {self._tool.version}"
        with alone(self._shelf.lock, self._machine, title):
            if not self._shelf.manifest():
                self._fetch(before.note)
        return self.status()

    def _fetch(self, note: str) -> None:
        check_room(self._shelf.lock.parent)
        failed = [note] if note else []
        if note:
            self._machine.progress(f"{self._tool.name} {self._tool.version} is needed, but {note}")
        tries: tuple[tuple[Source, Fetch], ...] = (
            (Source.DOWNLOAD, self._downloads.fetch),
            (Source.BUILD, self._builder.build),
        )
        for source, fetch in tries:
            try:
                return self._shelve(source, fetch)
            except (Unavailable, OSError) as reason:  # OSError: a full disk, for one
                failed.append(f"{source.value}: {reason}")
                self._machine.progress(f"{self._tool.name} {self._tool.version}: no {source.value}: {reason}")
        raise self._unusable(failed)

    def _shelve(self, source: Source, fetch: Fetch) -> None:
        with self._shelf.staging() as folder:
            program, origin = fetch(self._tool, folder)
            program.chmod(0o700)
            version = self._versions.of(program, self._tool)
            if version != self._tool.version:
                raise Unavailable(f"{origin} turned out to be {version}")
            self._shelf.put(program, source, origin)
        self._machine.progress(f"{self._tool.name} {version}: ready, {source.value} of {origin}")

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

    def _unusable(self, failed: list[str]) -> ToolUnusable:
        tool = self._tool
        tried = "".join(f"\n  - {reason}" for reason in failed)
        return ToolUnusable(
            f"{tool.name} {tool.version} is not to be had:{tried}",
            not_done="Nothing was started.",
            next_step=f"put {tool.name} {tool.version} on PATH, or set FLOWOPS_TOOL_MIRROR to a URL that has it below "
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
