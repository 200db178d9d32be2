"""Warm providers as a run sees them: one pool process for the run, and lanes for the units of each job."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters.process import Processes, Running
from flowops.adapters.providers.folder import CONTROL, EXPECTED, POOL_PID, private, remember, remove, sweep
from flowops.adapters.providers.needs import Needs
from flowops.adapters.providers.sharing import Shared, Sharing
from flowops.adapters.shim import LANE
from flowops.errors import FlowopsError, ToolUnusable
from flowops.model.deployment import Unit
from flowops.model.plaintext import printable, redacted
from flowops.model.toolchain import Provider

_POOL = "flowops.adapters.providers.pool"
_LONGEST = 80
"""Characters of a pool's folder: unix(7) allows 107 for a socket, 103 on macOS, and the provider adds its own name."""

_FORKS = {"GRPC_ENABLE_FORK_SUPPORT": "0"}
"""With it every third provider that the pool starts while calls are under way crashes before it is one."""

_READY = 20.0
_ANSWER = 90.0
_PAUSE = 0.01


@dataclass(frozen=True)
class Site:
    """Where warm providers find what they need.

    `runtime` is a short private folder for sockets, `schemas` where schemas are remembered; `binary` returns a
    provider's program, None where there is none unpacked. When flowops is killed, its providers end
    after `linger` seconds without any terraform: terragrunt may be busy with a hook or a download in between.
    """

    python: Path
    deployments: Path
    modules: Path
    runtime: Path
    schemas: Path
    binary: Callable[[Provider], Path | None]
    linger: float = 60.0


@dataclass(frozen=True)
class Lane:
    """One unit's way to one provider, or why it has none (`protocol` 0)."""

    name: str
    unit: Unit
    provider: Provider
    binary: Path


class Lanes:
    """The lanes of one job. `folder` is for the shim; `units` are those whose terraform is warm.

    `whole` are the units of which no provider is left to terraform; `everybody` says that all of the job's are.
    """

    def __init__(
        self, folder: Path, lanes: Sequence[Lane], pool: Pool, *, whole: frozenset[Unit], everybody: bool
    ) -> None:
        self.folder, self.everybody = folder, everybody
        self.units = frozenset(lane.unit for lane in lanes)
        self._lanes, self._pool, self._whole = lanes, pool, whole

    def close(self) -> Mapping[Unit, str]:
        """Return what went wrong in the units' lanes, "" for nothing, and close them.

        A pool that does not answer any more went wrong for all of them.
        """
        names = [lane.name for lane in self._lanes]
        try:
            troubles = self._pool.ask({"close": names})["troubles"]
        except (OSError, ValueError):
            return dict.fromkeys(self.units, "the process that shares the providers died")
        found = dict.fromkeys(self.units, "")
        for lane in self._lanes:
            found[lane.unit] = found[lane.unit] or redacted(printable(troubles.get(lane.name, "")))
        return found

    def install(self, unit: Unit, working_copy: Path) -> None:
        """Put the unit's warm providers where `terraform init` links unpacked ones to; it leaves warm ones out.

        So terragrunt finds no reason for an init before every plan, and an ordinary terraform what it needs. It checks
        the program against the lock file, as always.
        """
        for lane in self._lanes:
            folder = lane.binary.parent
            link = (
                working_copy / ".terraform" / "providers" / lane.provider.source / lane.provider.version / folder.name
            )
            if lane.unit == unit and not link.exists():
                with suppress(OSError):  # only a shortcut
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.unlink(missing_ok=True)  # it may lead into a cache that was cleared
                    link.symlink_to(folder)

    def may_have_written(self, unit: Unit) -> bool:
        """Say whether a resource of the unit may have been changed; only lanes can tell that it was not."""
        marks = (self._pool.folder / f"{it.name}.wrote" for it in self._lanes if it.unit == unit)
        return unit not in self._whole or any(mark.exists() for mark in marks) or not self._pool.folder.is_dir()


class Pool:
    """The pool process as its owner sees it."""

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder = folder
        self._running = running
        self._socket: socket.socket | None = None
        self._file: Any = None
        self.lanes = 0

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Say that it still runs."""
        return self._running.poll() is None

    @property
    def last_words(self) -> str:
        """Return the last line that it wrote, for whoever wonders why it does not answer."""
        try:
            return self._running.stdout.read_text("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing"
        except OSError:
            return "it has gone"

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Return the pool's answer; OSError or ValueError where it has died or hangs."""
        if self._socket is None:
            self._socket = self._connected()
            self._file = self._socket.makefile("rb")
        self._socket.sendall(json.dumps(order).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._file.readline())
        return answer

    def _connected(self) -> socket.socket:
        patience = time.monotonic() + _READY
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.settimeout(_ANSWER)
                connection.connect(str(self.folder / CONTROL))
                return connection
            except OSError:
                connection.close()
                if self._running.poll() is not None or time.monotonic() > patience:
                    raise
                time.sleep(_PAUSE)

    def end(self) -> None:
        """Let the pool end, once the last terraform has gone, and leave nothing of it behind."""
        try:
            self.ask({"goodbye": True})
        except (OSError, ValueError):
            self._running.stop()
        if self._socket is not None:
            self._file.close()
            self._socket.close()
        if self._running.wait_at_most(_READY) is not None:
            remove(self.folder)


class WarmProviders:
    """Makes lanes for jobs, and the pool behind them when the first is asked for."""

    def __init__(self, processes: Processes, site: Site, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._processes, self._site, self._say = processes, site, say
        self._env = {name: env[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in env} | _FORKS
        self._needs = Needs()
        self._sharing = Sharing(site.deployments, site.binary, site.schemas)
        self._given_up: set[Unit] = set()
        self._pool: Pool | None = None

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        """Start the pool and the providers that `units` will want, without waiting for them."""
        if self._pool is not None and self._pool.alive:
            return
        self.close()
        try:
            wanted = dict.fromkeys(str(it.program) for unit in units for it in self._shared(unit))
            if wanted:
                self._pool = self._start({"env": dict(env), "binaries": list(wanted)})
        except (FlowopsError, OSError) as error:
            self._say(f"providers are not shared, because {_short(error)}")

    def open(self, units: Sequence[Unit], env: Mapping[str, str], folder: Path, types: frozenset[str]) -> Lanes | None:
        """Return lanes for these units, None where there are none to be had; the units are done the ordinary way then.

        `types` are added to what the units' own files name.
        """
        self.prepare(units, env)
        pool = self._pool
        if pool is None:
            return None
        common = self._needs.below(self._site.modules) | types
        lanes = [lane for unit in units for lane in self._lanes_of(unit, pool)]
        needs = {unit: sorted(common | self._needs.below(self._folder(unit))) for unit in units}
        wanted = [{"lane": it.name, "binary": str(it.binary), "types": needs[it.unit]} for it in lanes]
        try:
            opened = pool.ask({"open": wanted, "env": dict(env)})["opened"]
            return self._written(folder, lanes, opened, pool, len(units))
        except (OSError, ValueError):
            self._say(f"providers are not shared: the process that shares them did not answer ({pool.last_words})")
            return None

    def _lanes_of(self, unit: Unit, pool: Pool) -> list[Lane]:
        found = []
        for it in self._shared(unit):
            pool.lanes += 1
            found.append(Lane(str(pool.lanes), unit, it.provider, it.program))
        return found

    def _shared(self, unit: Unit) -> tuple[Shared, ...]:
        return () if unit in self._given_up else self._sharing.of(unit)

    def give_up(self, units: Iterable[Unit]) -> None:
        """Leave these units to ordinary providers from now on: what failed in a plan would fail halfway in an apply."""
        self._given_up.update(units)

    def _written(
        self, folder: Path, lanes: Sequence[Lane], opened: Mapping[str, int | str], pool: Pool, asked: int
    ) -> Lanes | None:
        """Write for the shim where each unit's providers listen."""
        good = [lane for lane in lanes if isinstance(opened[lane.name], int)]
        for reason in sorted({str(it) for it in opened.values() if not isinstance(it, int)}):
            self._say(f"a provider is not shared: {reason}")
        for unit in {lane.unit for lane in good}:
            attached = {it.provider.source: _reattach(pool, it, opened[it.name]) for it in good if it.unit == unit}
            place = Path(f"{folder}{self._folder(unit)}")
            place.mkdir(mode=0o700, parents=True)
            (place / LANE).write_text(json.dumps(attached) + "\n")
        whole = frozenset(unit for unit in {it.unit for it in good} if self._sharing.whole(unit))
        return Lanes(folder, good, pool, whole=whole, everybody=len(whole) == asked) if good else None

    def _folder(self, unit: Unit) -> Path:
        return self._site.deployments / unit.path

    def _start(self, expected: Mapping[str, Any]) -> Pool:
        runtime = private(self._site.runtime)
        sweep(runtime)
        folder = Path(tempfile.mkdtemp(dir=runtime, prefix=""))
        if len(str(folder)) > _LONGEST:
            folder.rmdir()
            raise ToolUnusable(f"The path {runtime} is too long for sockets.")
        atomic_file.write(folder / EXPECTED, json.dumps(expected).encode())
        log = folder / "pool.log"
        argv = [str(self._site.python), "-P", "-m", _POOL, str(folder), str(self._site.schemas), str(self._site.linger)]
        running = self._processes.start(argv, env=self._env, cwd=folder, stdout=log, stderr=log)
        remember(folder / POOL_PID, running.pid)
        return Pool(folder, running)

    def close(self) -> None:
        """End the pool; a terraform that is still connected keeps its provider until it ends."""
        if self._pool is not None:
            self._pool.end()
            self._pool = None


def _reattach(pool: Pool, lane: Lane, protocol: int | str) -> dict[str, Any]:
    """Return what terraform needs to find a lane.

    Terraform cancels its calls when the process of that pid has gone: the pool's, which outlives us.
    """
    address = {"Network": "unix", "String": str(pool.folder / lane.name)}
    # "Test" keeps terraform from stopping what it has not started.
    return {"Protocol": "grpc", "ProtocolVersion": protocol, "Pid": pool.pid, "Test": True, "Addr": address}


def _short(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return text[:1].lower() + text[1:]
