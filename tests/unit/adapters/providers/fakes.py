"""Providers without processes: what they print is a file, what they answer is said by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from flowops.adapters.providers.plugin import Greeting, Plugin

Answers = Mapping[str, bytes | BaseException]


@dataclass
class FakeRunning:
    """A process as `process.Running` shows it; it lives until it is told that it died, or is stopped."""

    folder: Path
    pid: int = 4711
    code: int | None = None
    stopped: bool = False

    @property
    def stdout(self) -> Path:
        return self.folder / f"{self.pid}.out"

    @property
    def stderr(self) -> Path:
        return self.folder / f"{self.pid}.err"

    def says(self, text: str) -> FakeRunning:
        self.stdout.write_text(text)
        return self

    def dies(self, *, saying: str = "") -> FakeRunning:
        self.stderr.write_text(saying)
        self.code = 2
        return self

    def poll(self) -> int | None:
        return self.code

    def stop(self) -> None:
        self.stopped, self.code = True, -15


@dataclass
class FakeProcesses:
    """Starts nothing and remembers what it was asked to; `trouble` is raised instead."""

    trouble: Exception | None = None
    started: list[tuple[list[str], dict[str, object]]] = field(default_factory=list)

    def start(self, argv: list[str], **how: object) -> FakeRunning:
        if self.trouble is not None:
            raise self.trouble
        self.started.append((argv, how))
        return FakeRunning(Path("/nowhere"))


class FakeUpstream:
    """One provider at the other end of a channel: answers what it is told to, and remembers every call."""

    def __init__(self, plugin: Plugin, greeting: Greeting, answers: Answers) -> None:
        self.protocol = greeting.protocol
        self.calls: list[tuple[str, bytes]] = []
        self._plugin, self._answers = plugin, answers

    async def call(self, method: str, request: bytes) -> bytes:
        self.calls.append((method, request))
        await asyncio.sleep(0)
        answer = self._answers.get(method, b"")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def alive(self) -> bool:
        return self._plugin.alive

    def stop(self) -> None:
        self._plugin.stop()


@dataclass
class Family:
    """Starts the providers of a Kin: `running` are their processes, `upstreams` the channels, both oldest first.

    All of them answer from `answers`, by method; an exception there is raised.
    """

    folder: Path
    answers: dict[str, bytes | BaseException] = field(default_factory=dict)
    greeting: str = "1|5|unix|/run/plugin|grpc|\n"
    running: list[FakeRunning] = field(default_factory=list)
    upstreams: list[FakeUpstream] = field(default_factory=list)

    def start(self) -> Plugin:
        self.running.append(FakeRunning(self.folder, pid=4711 + len(self.running)).says(self.greeting))
        process: Any = self.running[-1]
        return Plugin(process)

    def connect(self, plugin: Plugin, greeting: Greeting) -> Any:
        self.upstreams.append(FakeUpstream(plugin, greeting, self.answers))
        return self.upstreams[-1]


def rpc_error(code: grpc.StatusCode, details: str = "") -> grpc.aio.AioRpcError:
    """Return what a channel raises."""
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details)
