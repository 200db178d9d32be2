"""Warm providers as a run sees them: one pool process for the run, and lanes for the units of each job."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowops.adapters.process import Processes
from flowops.adapters.providers.needs import Needs
from flowops.adapters.providers.places import Places
from flowops.adapters.providers.reason import in_short
from flowops.adapters.providers.running_pool import RunningPool, start_pool
from flowops.adapters.providers.sharing import UPLOADING, Shared, Sharing
from flowops.adapters.shim import LANE
from flowops.errors import FlowopsError
from flowops.model.deployment import Unit
from flowops.model.plaintext import printable, redacted
from flowops.model.toolchain import Provider

_FORKS = {"GRPC_ENABLE_FORK_SUPPORT": "0"}
"""With it every third provider that the pool starts while calls are under way crashes before it is one."""


@dataclass(frozen=True)
class Assignment:
    """Which lane of the pool is one unit's way to one provider."""

    lane: str
    unit: Unit
    provider: Provider
    binary: Path


class Lanes:
    """The lanes of one job. `folder` is for the shim; `units` are those whose terraform is warm.

    `whole` are the units of which no provider is left to terraform. `everybody` says that all units of the job share
    one: what they have besides, such as the Helm provider, is small.
    """

    def __init__(
        self,
        folder: Path,
        assignments: Sequence[Assignment],
        pool: RunningPool,
        *,
        whole: frozenset[Unit],
        everybody: bool,
    ) -> None:
        self.folder, self.everybody = folder, everybody
        self.units = frozenset(it.unit for it in assignments)
        self._assignments, self._pool, self._whole = assignments, pool, whole

    def close(self) -> Mapping[Unit, str]:
        """Return what went wrong in the units' lanes, "" for nothing, and close them.

        A pool that does not answer any more went wrong for all of them.
        """
        names = [it.lane for it in self._assignments]
        try:
            troubles = self._pool.ask({"close": names})["troubles"]
        except (OSError, ValueError):
            return dict.fromkeys(self.units, "the process that shares the providers died")
        found = dict.fromkeys(self.units, "")
        for it in self._assignments:
            found[it.unit] = found[it.unit] or redacted(printable(troubles.get(it.lane, "")))
        return found

    def install(self, unit: Unit, working_copy: Path) -> None:
        """Put the unit's warm providers where `terraform init` links unpacked ones to; it leaves warm ones out.

        So terragrunt finds no reason for an init before every plan, and an ordinary terraform what it needs. It checks
        the program against the lock file, as always.
        """
        for it in self._assignments:
            folder = it.binary.parent
            link = working_copy / ".terraform" / "providers" / it.provider.source / it.provider.version / folder.name
            if it.unit == unit and not link.exists():
                with suppress(OSError):  # only a shortcut
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.unlink(missing_ok=True)  # it may lead into a cache that was cleared
                    link.symlink_to(folder)

    def may_have_written(self, unit: Unit) -> bool:
        """Say whether a resource of the unit may have been changed; only lanes can tell that it was not."""
        marks = (self._pool.folder / f"{it.lane}.wrote" for it in self._assignments if it.unit == unit)
        return unit not in self._whole or any(mark.exists() for mark in marks) or not self._pool.folder.is_dir()


class SharedProviders:
    """Makes lanes for the jobs of one run, and the pool behind them when the first is asked for."""

    def __init__(
        self, processes: Processes, places: Places, env: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._processes, self._places, self._say = processes, places, say
        self._env = {name: env[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in env} | _FORKS
        self._needs = Needs()
        self._sharing = Sharing(places.deployments, places.binary, places.schemas)
        self._given_up: set[Unit] = set()
        self._pool: RunningPool | None = None

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        """Start the pool and the providers that `units` will want, without waiting for them."""
        if self._pool is not None and self._pool.alive:
            return
        self.close()
        try:
            wanted = dict.fromkeys(str(it.program) for unit in units for it in self._shared(unit))
            if wanted:
                expected = {"env": dict(env), "binaries": list(wanted)}
                self._pool = start_pool(self._processes, self._places, self._env, expected)
        except (FlowopsError, OSError) as error:
            self._say(f"providers are not shared, because {in_short(error)}")

    def open(
        self, units: Sequence[Unit], env: Mapping[str, str], folder: Path, types: frozenset[str], *, writes: bool
    ) -> Lanes | None:
        """Return lanes for these units, None where there are none to be had; the units are done the ordinary way then.

        `types` are added to what the units' own files name. Where the job `writes`, units that may upload files by a
        relative path have no lane.
        """
        self.prepare(units, env)
        pool = self._pool
        if pool is None:
            return None
        common = self._needs.below(self._places.modules) | types
        fit = [it for it in units if not (writes and UPLOADING & self._needs.below(self._folder(it)))]
        assignments = [it for unit in fit for it in self._assigned(unit, pool)]
        needs = {unit: sorted(common | self._needs.below(self._folder(unit))) for unit in units}
        wanted = [{"lane": it.lane, "binary": str(it.binary), "types": needs[it.unit]} for it in assignments]
        try:
            opened = pool.ask({"open": wanted, "env": dict(env)})["opened"]
            return self._written(folder, assignments, opened, pool, len(units))
        except (OSError, ValueError):
            self._say(f"providers are not shared: the process that shares them did not answer ({pool.last_words})")
            return None

    def _assigned(self, unit: Unit, pool: RunningPool) -> list[Assignment]:
        found = []
        for it in self._shared(unit):
            pool.lanes += 1
            found.append(Assignment(str(pool.lanes), unit, it.provider, it.program))
        return found

    def _shared(self, unit: Unit) -> tuple[Shared, ...]:
        return () if unit in self._given_up else self._sharing.of(unit)

    def give_up(self, units: Iterable[Unit]) -> None:
        """Leave these units to ordinary providers from now on: what failed in a plan would fail halfway in an apply."""
        self._given_up.update(units)

    def _written(
        self,
        folder: Path,
        assignments: Sequence[Assignment],
        opened: Mapping[str, int | str],
        pool: RunningPool,
        asked: int,
    ) -> Lanes | None:
        """Write for the shim where each unit's providers listen."""
        good = [it for it in assignments if isinstance(opened[it.lane], int)]
        for reason in sorted({str(it) for it in opened.values() if not isinstance(it, int)}):
            self._say(f"a provider is not shared: {reason}")
        for unit in {it.unit for it in good}:
            attached = {it.provider.source: _reattach(pool, it, opened[it.lane]) for it in good if it.unit == unit}
            place = Path(f"{folder}{self._folder(unit)}")
            place.mkdir(mode=0o700, parents=True)
            (place / LANE).write_text(json.dumps(attached) + "\n")
        sharing = {it.unit for it in good}
        whole = frozenset(unit for unit in sharing if self._sharing.whole(unit))
        return Lanes(folder, good, pool, whole=whole, everybody=len(sharing) == asked) if good else None

    def _folder(self, unit: Unit) -> Path:
        return self._places.deployments / unit.path

    def close(self) -> None:
        """End the pool; a terraform that is still connected keeps its provider until it ends."""
        if self._pool is not None:
            self._pool.end()
            self._pool = None


def _reattach(pool: RunningPool, it: Assignment, protocol: int | str) -> dict[str, Any]:
    """Return what terraform needs to find a lane.

    Terraform cancels its calls when the process of that pid has gone: the pool's, which outlives us.
    """
    address = {"Network": "unix", "String": str(pool.folder / it.lane)}
    # "Test" keeps terraform from stopping what it has not started.
    return {"Protocol": "grpc", "ProtocolVersion": protocol, "Pid": pool.pid, "Test": True, "Addr": address}
