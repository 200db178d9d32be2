"""The provider processes of one binary: one for each configuration that terraform asked for, started when it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import grpc
import grpc.aio

from flowops import atomic_file
from flowops.adapters.providers.plugin import Greeting, Plugin
from flowops.adapters.providers.proxy import UNLIMITED
from flowops.adapters.providers.wire import Schema, configuration, refused
from flowops.errors import ToolUnusable

MOST = 8
"""Configurations of one binary that are served: each keeps a process of 350 MB and more until the run ends."""

_LOOK = 0.01
_READY = 60.0
_SCHEMA_CALL = {5: "/tfplugin5.Provider/GetSchema", 6: "/tfplugin6.Provider/GetProviderSchema"}


class SchemaStore:
    """What providers answered when they were first asked for their schema; it costs them a second and 100 MB.

    A file is that of one binary as it lies there: another size, time or place is another binary.
    """

    def __init__(self, folder: Path, binary: Path) -> None:
        self._folder, self._files = folder, schema_files(binary)

    def read(self) -> tuple[int, Schema] | None:
        """Return protocol version and schema, None where they are not known or cannot be read."""
        for protocol in _SCHEMA_CALL:
            try:
                return protocol, Schema(self._file(protocol).read_bytes()).checked()
            except (OSError, ValueError):
                continue
        return None

    def write(self, protocol: int, schema: Schema) -> None:
        """Remember; a full disk only means that it is asked again."""
        try:
            atomic_file.private_folder(self._folder)
            atomic_file.write(self._file(protocol), schema.answer)
        except OSError:
            return

    def _file(self, protocol: int) -> Path:
        return next(self._folder / name for name in self._files if name.endswith(f".tfplugin{protocol}"))


def schema_files(binary: Path) -> tuple[str, ...]:
    """Return what the file with the schema of a binary is called, in each protocol that there is."""
    about = binary.stat()
    identity = f"{binary.resolve()} {about.st_ino} {about.st_size} {about.st_mtime_ns}"
    name = f"{binary.name}-{sha256(identity.encode()).hexdigest()[:24]}"
    return tuple(f"{name}.tfplugin{protocol}" for protocol in _SCHEMA_CALL)


class Connected:
    """One provider process and the channel to it."""

    def __init__(self, plugin: Plugin, greeting: Greeting) -> None:
        self._plugin = plugin
        self.protocol = greeting.protocol
        # grpc would name the socket's path as authority, which the provider's side refuses.
        options = (*UNLIMITED, ("grpc.default_authority", "localhost"))
        self._channel = grpc.aio.insecure_channel(f"unix:{greeting.socket}", options=options)
        self._methods: dict[str, Any] = {}

    async def call(self, method: str, request: bytes) -> bytes:
        """Return the provider's answer."""
        if method not in self._methods:
            self._methods[method] = self._channel.unary_unary(method)
        answer: bytes = await self._methods[method](request)
        return answer

    @property
    def alive(self) -> bool:
        """Say that the process still runs."""
        return self._plugin.alive

    def stop(self) -> None:
        """End the process."""
        self._plugin.stop()


class Kin:
    """The providers of one binary in one environment: one for each configuration, and one that has none yet.

    `start` starts one, `connect` makes the channel to it; `store` remembers the schema. Everything happens in one event
    loop.
    """

    def __init__(
        self,
        start: Callable[[], Plugin],
        store: SchemaStore,
        connect: Callable[[Plugin, Greeting], Connected] = Connected,
    ) -> None:
        self._start, self._store, self._connect = start, store, connect
        self._plugins: list[Plugin] = []
        self._unused: asyncio.Task[Connected] | None = None
        self._configured: dict[bytes, asyncio.Task[Configured]] = {}
        self._known: asyncio.Task[tuple[int, Schema]] | None = None

    async def schema(self) -> Schema:
        """Return the binary's whole schema: from disk when this very file was asked before."""
        return (await self._about())[1]

    async def protocol(self) -> int:
        """Return the version of the plugin protocol that the binary speaks."""
        return (await self._about())[0]

    async def _about(self) -> tuple[int, Schema]:
        if self._known is None or _failed(self._known):
            self._known = asyncio.create_task(self._ask())
        return await asyncio.shield(self._known)

    async def _ask(self) -> tuple[int, Schema]:
        remembered = self._store.read()
        if remembered is not None:
            return remembered
        provider = await self.any()
        try:
            found = Schema(await provider.call(_SCHEMA_CALL[provider.protocol], b"")).checked()
        except grpc.aio.AioRpcError as error:
            raise ToolUnusable(f"The provider did not answer with its schema: {error.details()}") from error
        self._store.write(provider.protocol, found)
        return provider.protocol, found

    async def any(self) -> Connected:
        """Return a provider that lives, whatever its configuration."""
        pending = [task for task in self._configured.values() if not task.done()]
        if pending and self._unused is None and self._living() is None:
            # It will serve in a moment; one more would take a second and 350 MB, and stay idle.
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        living = self._living()
        return living if living is not None else await asyncio.shield(self.prepare())

    def warm_up(self) -> None:
        """See that a provider is there or on its way."""
        if self._living() is None and all(task.done() for task in self._configured.values()):
            self.prepare()

    def _living(self) -> Connected | None:
        """Return a configured provider that lives."""
        ended = (task.result().provider for task in self._configured.values() if task.done() and not _failed(task))
        return next((provider for provider in ended if provider.alive), None)

    def prepare(self) -> asyncio.Task[Connected]:
        """Return a provider without a configuration, started if there is none."""
        task = self._unused
        if task is None or _failed(task) or (task.done() and not task.result().alive):
            plugin = self._start()
            self._plugins.append(plugin)
            task = self._unused = asyncio.create_task(self._connected(plugin))
        return task

    async def configured(self, method: str, request: bytes) -> tuple[Connected, bytes]:
        """Return the provider with the request's configuration, and what it answered when it got it."""
        wanted = configuration(request)
        task = self._configured.get(wanted)
        if task is None and sum(not _over(it) for it in self._configured.values()) >= MOST:
            raise ToolUnusable(f"There are {MOST} other configurations of this provider already.")
        if task is None or _failed(task) or (task.done() and not task.result().provider.alive):
            # Nothing is awaited before the unused one is taken, so that no other configuration gets it, too.
            task = asyncio.create_task(_configure(self.prepare(), method, request))
            self._unused, self._configured[wanted] = None, task
        found = await asyncio.shield(task)
        return found.provider, found.answer

    async def _connected(self, plugin: Plugin) -> Connected:
        patience = monotonic() + _READY
        while (greeting := plugin.greeting()) is None:
            if monotonic() > patience:
                plugin.stop()
                raise ToolUnusable(f"The provider was not ready within {_READY:g} s.")
            await asyncio.sleep(_LOOK)
        return self._connect(plugin, greeting)

    def close(self) -> None:
        """End every provider."""
        for plugin in self._plugins:
            plugin.stop()


@dataclass(frozen=True)
class Configured:
    """A provider that was asked to take a configuration, and what it answered."""

    provider: Connected
    answer: bytes


def _over(task: asyncio.Task[Configured]) -> bool:
    """Say that a configuration's provider holds no memory any more."""
    return _failed(task) or (task.done() and not task.result().provider.alive)


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _configure(provider: asyncio.Task[Connected], method: str, request: bytes) -> Configured:
    """Configure a provider; one that does not take its configuration is ended, and asked anew the next time."""
    connected = await provider
    taken = False
    try:
        answer = await connected.call(method, request)
        taken = not refused(answer)
        return Configured(connected, answer)
    finally:
        if not taken:
            # Nobody could use it any more, and where credentials have expired every unit would leave one behind.
            connected.stop()
