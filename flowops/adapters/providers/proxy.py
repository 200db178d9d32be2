"""The gRPC proxy between many terraforms and few providers: bytes in, bytes out, four calls understood.

Each unit and provider has a lane, a socket of its own, so that its calls go to the provider that has its configuration:
the calls themselves do not say which one they mean.

    GetProviderSchema   answered from memory, with the lane's types only
    Configure           passed on once for each configuration, the answer repeated to everybody else who has it
    Stop, Shutdown      not passed on: one terraform's Ctrl-C must not stop the calls of the others. Stop cancels the
                        lane's own calls that are under way, but none that writes
    streams             of go-plugin itself, held open: they tell how many terraforms are connected
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import grpc
import grpc.aio

from flowops.adapters.providers import wire
from flowops.adapters.providers.reason import in_short

UNLIMITED = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_STREAMS = {"StreamStdio": grpc.unary_stream_rpc_method_handler, "StartStream": grpc.stream_stream_rpc_method_handler}
_STOP = frozenset({"Stop", "StopProvider"})
_SHUTDOWN = "Shutdown"
_SCHEMA = frozenset({"GetSchema", "GetProviderSchema"})
_CONFIGURE = frozenset({"Configure", "ConfigureProvider"})
_WRITE = "ApplyResourceChange"
_MANY_ANSWERS = frozenset({"InvokeAction", "ListResource", "ReadStateBytes", "WriteStateBytes"})
_PURE = ("CallFunction", "Get", "Move", "Prepare", "Upgrade", "Validate")
"""How the calls begin that need no configuration: any provider of the binary gives the same answer."""


class Backend(Protocol):
    """The providers of one binary and environment; the calls raise grpc.aio.AioRpcError or ToolUnusable."""

    async def schema(self) -> wire.Schema:
        """Return the binary's whole schema."""

    async def any(self) -> Upstream:
        """Return a provider for calls that need no configuration."""

    async def configured(self, method: str, request: bytes) -> tuple[Upstream, bytes]:
        """Return the provider that has the request's configuration, and its answer to it."""


class Upstream(Protocol):
    """One provider process."""

    async def call(self, method: str, request: bytes) -> bytes:
        """Return the provider's answer."""


@dataclass
class Lane:
    """One unit's way to one provider. `wrote` is a file that appears before the first resource is changed."""

    socket: Path
    types: frozenset[str]
    backend: Backend
    wrote: Path
    trouble: str = ""
    connected: int = 0
    configuration: bytes | None = None
    upstream: Upstream | None = None
    _under_way: set[asyncio.Task[bytes]] = field(default_factory=set, repr=False)
    _server: Any = field(default=None, repr=False)

    async def open(self) -> None:
        """Listen."""
        server = grpc.aio.server(options=UNLIMITED)
        server.add_generic_rpc_handlers((Handlers(self),))
        server.add_insecure_port(f"unix:{self.socket}")
        await server.start()
        self._server = server

    async def close(self) -> None:
        """Listen no more; calls under way are cut off."""
        if self._server is not None:
            await self._server.stop(None)

    async def answer(self, method: str, request: bytes) -> bytes:
        """Return the answer to one call of terraform; Stopped where terraform's Stop came before it."""
        name = method.rpartition("/")[2]
        if name in _STOP:
            self._stop()
            return b""
        if name == _SHUTDOWN:
            return b""
        if name == _WRITE:
            # Never cancelled: only its answer tells what stands in AWS afterwards.
            return await self._answer(name, method, request)
        return await self._unless_stopped(self._answer(name, method, request))

    def _stop(self) -> None:
        for call in self._under_way:
            call.cancel()

    async def _unless_stopped(self, answering: Coroutine[Any, Any, bytes]) -> bytes:
        call = asyncio.create_task(answering)
        self._under_way.add(call)
        try:
            await asyncio.wait([call])
        finally:
            self._under_way.discard(call)
            call.cancel()  # where terraform does not wait for it any more
        if call.cancelled():
            raise Stopped
        return call.result()

    async def _answer(self, name: str, method: str, request: bytes) -> bytes:
        if name == "Check":
            return wire.SERVING
        if name in _SCHEMA:
            return (await self.backend.schema()).trimmed(self.types)
        if name in _CONFIGURE:
            return await self._configure(method, request)
        if self.upstream is None and not name.startswith(_PURE):
            raise NotConfigured
        if name in _MANY_ANSWERS:
            raise NotShared(name)
        if name == _WRITE:
            self.wrote.touch()
        upstream = self.upstream or await self.backend.any()
        return await upstream.call(method, request)

    async def _configure(self, method: str, request: bytes) -> bytes:
        wanted = wire.configuration(request)
        if self.configuration is not None and self.configuration != wanted:
            raise AnotherConfiguration
        self.configuration = wanted
        self.upstream, answer = await self.backend.configured(method, request)
        return answer

    def failed(self, why: str) -> None:
        """Remember the first thing that went wrong."""
        self.trouble = self.trouble or why


class Stopped(Exception):
    """Terraform was interrupted and told its provider so, while it waited for a call."""

    def __str__(self) -> str:
        return "terraform was interrupted"


class AnotherConfiguration(Exception):
    """A unit configures the same provider twice, in two ways; its calls could not be told apart."""

    def __str__(self) -> str:
        return "the unit has more than one configuration of this provider"


class NotShared(Exception):
    """A call of a newer protocol that is answered more than once; it is refused before anything is done."""

    def __str__(self) -> str:
        return f"a shared provider does not do {self.args[0]}"


class NotConfigured(Exception):
    """A call came before the configuration; any provider would do it, with somebody else's credentials."""

    def __str__(self) -> str:
        return "the provider was used before it was configured"


class Handlers(grpc.GenericRpcHandler):
    """Every method of one lane, whatever its name."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Return what answers one call."""
        method = str(details.method)
        make = _STREAMS.get(method.rpartition("/")[2])
        if make is not None:
            return make(self._hold)

        async def unary(request: bytes, context: Any) -> bytes:  # grpc tells a coroutine function by its own type
            return await self._unary(method, request, context)

        return grpc.unary_unary_rpc_method_handler(unary)

    async def _hold(self, _request: object, _context: object) -> AsyncIterator[bytes]:
        self._lane.connected += 1
        try:
            await asyncio.Event().wait()
            yield b""
        finally:
            self._lane.connected -= 1

    async def _unary(self, method: str, request: bytes, context: Any) -> bytes:
        try:
            return await self._lane.answer(method, request)
        except Stopped as error:  # not the provider's fault
            await context.abort(grpc.StatusCode.CANCELLED, str(error))
        except grpc.aio.AioRpcError as error:
            # Terraform asks for calls that a provider may lack.
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                self._lane.failed(in_short(f"the provider did not answer: {error.details()}"))
            await context.abort(error.code(), error.details())
        except Exception as error:  # terraform must hear of it whatever it is, and the unit is tried again
            self._lane.failed(in_short(error))
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"flowops' shared provider: {error}")
        raise AssertionError("abort raises")
