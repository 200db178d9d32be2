"""Lanes over providers without processes, and terraform's calls through them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from flowops.adapters.providers.proxy import Handlers, Lane
from flowops.adapters.providers.wire import Schema
from tests.unit.adapters.providers.messages import SCHEMA, configure

FRANKFURT, IRELAND = configure(b"eu-central-1"), configure(b"eu-west-1")


@dataclass
class FakeProvider:
    """Answers every call with its own name, or raises; `sees` is looked at whenever it is called."""

    name: str
    trouble: BaseException | None = None
    sees: Path = Path("/nowhere")
    calls: list[tuple[str, bytes]] = field(default_factory=list)
    seen: list[bool] = field(default_factory=list)

    async def call(self, method: str, request: bytes) -> bytes:
        self.calls.append((method, request))
        self.seen.append(self.sees.exists())
        if self.trouble is not None:
            raise self.trouble
        return self.name.encode()


@dataclass
class FakeBackend:
    """A provider for each configuration, and one for whoever has none."""

    unconfigured: FakeProvider = field(default_factory=lambda: FakeProvider("unconfigured"))
    providers: dict[bytes, FakeProvider] = field(default_factory=dict)
    answer: bytes = b"taken"
    trouble: BaseException | None = None
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    async def schema(self) -> Schema:
        if self.trouble is not None:
            raise self.trouble
        return Schema(SCHEMA)

    async def any(self) -> FakeProvider:
        return self.unconfigured

    async def configured(self, method: str, request: bytes) -> tuple[FakeProvider, bytes]:
        self.asked.append((method, request))
        if self.trouble is not None:
            raise self.trouble
        return self.providers.setdefault(request, FakeProvider(f"number {len(self.providers) + 1}")), self.answer


def lane(backend: FakeBackend, folder: Path = Path("/nowhere"), types: frozenset[str] = frozenset()) -> Lane:
    return Lane(folder / "1", types, backend, folder / "1.wrote")


def configured_lane(backend: FakeBackend, folder: Path) -> Lane:
    ours = lane(backend, folder)
    answers(ours, ("/tfplugin5.Provider/Configure", FRANKFURT))
    return ours


def method(service: str, five: str, six: str = "") -> str:
    return f"/{service}.Provider/{six if six and service == 'tfplugin6' else five}"


def answers(lane: Lane, *calls: tuple[str, bytes]) -> list[bytes]:
    """Return the lane's answers to terraform's calls, one after the other."""

    async def story() -> list[bytes]:
        return [await lane.answer(name, request) for name, request in calls]

    return asyncio.run(story())


class Aborted(Exception):
    """What grpc raises in a handler that gave up its call."""


@dataclass
class FakeContext:
    """The call as grpc's server shows it."""

    aborted: tuple[grpc.StatusCode, str | None] | None = None

    async def abort(self, code: grpc.StatusCode, details: str | None) -> None:
        self.aborted = (code, details)
        raise Aborted


@dataclass(frozen=True)
class Details:
    method: str
    invocation_metadata: tuple[()] = ()


def handler(lane: Lane, method: str) -> Any:
    details: Any = Details(method)
    return Handlers(lane).service(details)


def served(lane: Lane, method: str, request: bytes = b"") -> tuple[bytes | None, Any]:
    """Return what terraform gets of a call: the answer, or code and text of the error."""
    context = FakeContext()
    try:
        return asyncio.run(handler(lane, method).unary_unary(request, context)), None
    except Aborted:
        return None, context.aborted
