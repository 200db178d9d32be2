"""Warm providers as a run sees them: one pool process for the run, and lanes for the units of each job."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters.process import Processes, Running
from flowops.adapters.providers.folder import CONTROL, EXPECTED, POOL_PID, private, remember, sweep
from flowops.adapters.providers.needs import Needs, locked_versions
from flowops.adapters.shim import LANE
from flowops.errors import FlowopsError, ToolUnusable
from flowops.model.deployment import Unit
from flowops.model.toolchain import Provider

LOCK_FILE = ".terraform.lock.hcl"
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
    """The lanes of one job. `folder` is for the shim; `units` are those whose terraform is warm."""

    def __init__(self, folder: Path, lanes: Sequence[Lane], pool: Pool) -> None:
        self.folder = folder
        self.units = frozenset(lane.unit for lane in lanes)
        self._lanes, self._pool = lanes, pool

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
            found[lane.unit] = found[lane.unit] or troubles.get(lane.name, "")
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
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)  # it may lead into a cache that was cleared
                link.symlink_to(folder)

    def may_have_written(self, unit: Unit) -> bool:
        """Say whether a resource of the unit may have been changed through its lanes."""
        if not self._pool.folder.is_dir():
            return True
        return any((self._pool.folder / f"{it.name}.wrote").exists() for it in self._lanes if it.unit == unit)


class Pool:
    """The pool process as its owner sees it."""

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder = folder
        self._running = running
        self._socket: socket.socket | None = None
        self._file: Any = None
        self.lanes = 0

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
            shutil.rmtree(self.folder, ignore_errors=True)


class WarmProviders:
    """Makes lanes for jobs, and the pool behind them when the first is asked for."""

    def __init__(self, processes: Processes, site: Site, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._processes, self._site, self._say = processes, site, say
        self._env = {name: env[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in env} | _FORKS
        self._needs = Needs()
        self._pool: Pool | None = None

    def prepare(self, units: Iterable[Unit], env: Mapping[str, str]) -> None:
        """Start the pool and the providers that `units` will want, without waiting for them."""
        if self._pool is not None:
            return
        wanted = {
            path: None for unit in units for provider in self._providers(unit) if (path := self._binary(provider))
        }
        if not wanted:
            return
        try:
            self._pool = self._start({"env": dict(env), "binaries": [str(path) for path in wanted]})
        except (FlowopsError, OSError) as error:
            self._say(f"providers are not shared, because {_short(error)}")

    def open(self, units: Sequence[Unit], env: Mapping[str, str], folder: Path, types: frozenset[str]) -> Lanes | None:
        """Return lanes for these units, None where there are none to be had; the units are done the ordinary way then.

        `types` are added to what the units' own files name.
        """
        self.prepare(units, env)
        if self._pool is None:
            return None
        common = self._needs.below(self._site.modules) | types
        lanes = [lane for unit in units for lane in self._lanes_of(unit, self._pool)]
        needs = {unit: sorted(common | self._needs.below(self._folder(unit))) for unit in units}
        wanted = [{"lane": it.name, "binary": str(it.binary), "types": needs[it.unit]} for it in lanes]
        try:
            opened = self._pool.ask({"open": wanted, "env": dict(env)})["opened"]
        except (OSError, ValueError) as error:
            self._say(f"providers are not shared: the process that shares them did not answer ({error})")
            return None
        return self._written(folder, lanes, opened)

    def _lanes_of(self, unit: Unit, pool: Pool) -> list[Lane]:
        found = []
        for provider in self._providers(unit):
            binary = self._binary(provider)
            if binary is not None:
                pool.lanes += 1
                found.append(Lane(str(pool.lanes), unit, provider, binary))
        return found

    def _written(self, folder: Path, lanes: Sequence[Lane], opened: Mapping[str, int | str]) -> Lanes | None:
        """Write for the shim where each unit's providers listen."""
        assert self._pool is not None
        good = [lane for lane in lanes if isinstance(opened[lane.name], int)]
        for reason in sorted({str(it) for it in opened.values() if not isinstance(it, int)}):
            self._say(f"a provider is not shared: {reason}")
        for unit in {lane.unit for lane in good}:
            attached = {it.provider.source: self._reattach(it, opened[it.name]) for it in good if it.unit == unit}
            place = Path(f"{folder}{self._folder(unit)}")
            place.mkdir(mode=0o700, parents=True)
            (place / LANE).write_text(json.dumps(attached) + "\n")
        return Lanes(folder, good, self._pool) if good else None

    def _reattach(self, lane: Lane, protocol: int | str) -> dict[str, Any]:
        assert self._pool is not None
        address = {"Network": "unix", "String": str(self._pool.folder / lane.name)}
        # "Test" keeps terraform from stopping what it has not started.
        return {"Protocol": "grpc", "ProtocolVersion": protocol, "Pid": os.getpid(), "Test": True, "Addr": address}

    def _folder(self, unit: Unit) -> Path:
        return self._site.deployments / unit.path

    def _binary(self, provider: Provider) -> Path | None:
        return self._site.binary(provider)

    def _providers(self, unit: Unit) -> list[Provider]:
        """Return the providers of the unit's lock file.

        A unit without one is left to terraform: only its init can say which version is meant, an ordinary terraform
        refuses a plan that was made without the lock, and terragrunt puts the file there for the next time.
        """
        try:
            versions = locked_versions((self._folder(unit) / LOCK_FILE).read_text(encoding="utf-8"))
        except OSError:
            return []
        registry = "registry.terraform.io/"
        public = {source: version for source, version in versions.items() if source.startswith(registry)}
        return [Provider(source.removeprefix(registry), version) for source, version in public.items()]

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


def _short(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return text[:1].lower() + text[1:]
