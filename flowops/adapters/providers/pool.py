"""The process that owns the warm providers of one flowops: proxies for its units, and the providers behind them.

Runs as `python -m flowops.adapters.providers.pool FOLDER SCHEMAS LINGER` in a session of its own. flowops speaks to it
over the socket `control` in FOLDER, one JSON object a line, each answered by one:

    {"open": [{"lane": "7", "binary": …, "types": […]}, …], "env": {…}}   -> {"opened": {"7": 5, "8": "why not"}}
    {"close": ["7", "8"]}                                                 -> {"troubles": {"7": "what went wrong"}}
    {"goodbye": true}                                                     -> {}: the owner leaves

The number is the version of the plugin protocol. A lane listens at FOLDER/<lane>; FOLDER/<lane>.wrote appears before
its first resource is changed. The first connection is the owner's. When it is gone, however that happened, the pool
ends as soon as no terraform has been connected for LINGER seconds: terragrunt goes on when flowops is killed, and so
must the providers of what it started.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from flowops.adapters.process import Processes
from flowops.adapters.providers.folder import CONTROL, EXPECTED, PROVIDER, hold, remember, remove
from flowops.adapters.providers.kin import Kin, SchemaStore
from flowops.adapters.providers.plugin import Plugin, start_plugin
from flowops.adapters.providers.proxy import Lane
from flowops.adapters.providers.reason import in_short
from flowops.errors import FlowopsError

_LOOK = 0.25
_PATIENCE = 2.0
_FILES = 16_384
_LONGEST_LINE = 64 * 1024 * 1024


class Pool:
    """Lanes and providers in one folder."""

    def __init__(self, folder: Path, schemas: Path, linger: float, processes: Processes) -> None:
        self._folder, self._schemas, self._linger, self._processes = folder, schemas, linger, processes
        self._lanes: dict[str, Lane] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._kin: dict[tuple[str, str], Kin] = {}
        self._started = 0
        self._owned = False
        self._over = asyncio.Event()

    async def serve(self) -> None:
        """Serve until the owner has gone and no terraform is connected any more."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._over.set)
        for binary, env in _expected(self._folder):
            with suppress(FlowopsError, OSError):  # whoever opens a lane to it hears why
                self._kin_of(binary, env).prepare()
        self._await_owner(os.getppid())
        server = await asyncio.start_unix_server(self._speak, self._folder / CONTROL, limit=_LONGEST_LINE)
        try:
            await self._over.wait()
        finally:
            server.close()
            for lane in tuple(self._lanes.values()):
                await lane.close()
            for kin in self._kin.values():
                kin.close()

    def _await_owner(self, owner: int) -> None:
        """End where the owner, who started us, dies before it said a word."""
        if self._owned:
            return
        if os.getppid() != owner:
            self._over.set()
        asyncio.get_running_loop().call_later(_PATIENCE, self._await_owner, owner)

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        owner, self._owned = not self._owned, True
        goodbye = False
        try:
            while line := await reader.readline():
                order = json.loads(line)
                goodbye = bool(order.get("goodbye"))
                writer.write(json.dumps(await self._obey(order)).encode() + b"\n")
                await writer.drain()
            writer.close()
        except ConnectionError:
            goodbye = False  # it was killed while it waited for an answer
        finally:
            if owner:
                await self._unconnected(0 if goodbye else self._linger)
                self._over.set()

    async def _obey(self, order: Mapping[str, Any]) -> dict[str, Any]:
        if "open" in order:
            answers = await asyncio.gather(*(self._open(wanted, order["env"]) for wanted in order["open"]))
            return {"opened": dict(answers)}
        if "goodbye" in order:
            return {}
        named = {name: self._lanes[name] for name in order["close"] if name in self._lanes}
        for name in named:
            task = asyncio.create_task(self._close(name))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return {"troubles": {name: lane.trouble for name, lane in named.items() if lane.trouble}}

    async def _close(self, name: str) -> None:
        """Close a lane as soon as no terraform is connected: one that lost its terragrunt goes on and saves."""
        while self._lanes[name].connected:
            await asyncio.sleep(_LOOK)
        await self._lanes.pop(name).close()

    async def _open(self, wanted: Mapping[str, Any], env: Mapping[str, str]) -> tuple[str, int | str]:
        """Return the lane's name and its protocol, or why there is none."""
        name = str(wanted["lane"])
        try:
            kin = self._kin_of(Path(wanted["binary"]), env)
            kin.warm_up()
            lane = Lane(self._folder / name, frozenset(wanted["types"]), kin, self._folder / f"{name}.wrote")
            await lane.open()
            self._lanes[name] = lane
            return name, await kin.protocol()
        except (FlowopsError, OSError, RuntimeError, ValueError) as error:  # grpc has RuntimeError for a full table
            return name, in_short(error)

    def _kin_of(self, binary: Path, env: Mapping[str, str]) -> Kin:
        key = (str(binary), json.dumps(env, sort_keys=True))
        if key not in self._kin:

            def start() -> Plugin:
                self._started += 1
                name = f"{PROVIDER}{self._started}"
                plugin = start_plugin(self._processes, binary, env, self._folder, name)
                remember(self._folder / f"{name}.pid", plugin.pid)
                return plugin

            self._kin[key] = Kin(start, SchemaStore(self._schemas, binary))
        return self._kin[key]

    async def _unconnected(self, seconds: float) -> None:
        """Return once no terraform has been connected for that long."""
        quiet_since = monotonic()
        while monotonic() - quiet_since < seconds or self._connected:
            await asyncio.sleep(_LOOK)
            if self._connected:
                quiet_since = monotonic()

    @property
    def _connected(self) -> bool:
        return any(lane.connected for lane in self._lanes.values())


def _expected(folder: Path) -> list[tuple[Path, dict[str, str]]]:
    """Return the binaries that will be needed, written down before this process started."""
    try:
        expected = json.loads((folder / EXPECTED).read_bytes())
    except OSError:
        return []
    (folder / EXPECTED).unlink()  # it holds the whole environment
    return [(Path(binary), expected["env"]) for binary in expected["binaries"]]


def main(folder: Path, schemas: Path, linger: float) -> None:
    """Serve one pool and leave nothing behind."""
    hold(folder)  # for as long as this process lives: the owner, who holds it as well, may be killed
    os.umask(0o077)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A lane is a socket, and each terraform on it two more. Not all that there may be: who forks closes each of them.
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    try:
        asyncio.run(Pool(folder, schemas, linger, Processes()).serve())
    finally:
        remove(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
