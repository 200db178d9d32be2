"""A pool that starts many providers while it is busy with calls: `python -m tests.integration.crowded_pool ROOT COUNT`.

The provider is a script that only says where to connect, to this program, and this program calls through the lanes as
terraform does. It prints how many of the lanes got a provider of their own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import grpc
import grpc.aio

from flowops.adapters.process import Processes
from flowops.adapters.providers.kin import MOST
from flowops.adapters.providers.places import Places
from flowops.adapters.providers.warm import SharedProviders
from flowops.adapters.shim import LANE
from flowops.adapters.toolchain.package_hash import package_hash
from flowops.model.deployment import LOCK_FILE, Unit

_SCHEMA = b"\x12\x07\x0a\x05aws_x"
_AUTHORITY = (("grpc.default_authority", "localhost"),)
_CALLERS = 8
_LOCK = """
provider "registry.terraform.io/hashicorp/aws" {
  version = "5.100.0"
  hashes  = ["%s"]
}
"""


class _Answers(grpc.GenericRpcHandler):
    """The provider's side of every call."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        answer = _SCHEMA if details.method.endswith("GetSchema") else b""

        async def unary(_request: bytes, _context: object) -> bytes:
            return answer

        return grpc.unary_unary_rpc_method_handler(unary)


class Crowd:
    """So many units, each with a configuration of its own."""

    def __init__(self, root: Path, count: int) -> None:
        self._root = root
        self._units = [Unit("dev", "foundation", str(it), PurePosixPath(f"dev/foundation/{it}")) for it in range(count)]
        program = root / "package" / "terraform-provider-aws"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho '1|5|unix|{root / 'provider'}|grpc|'\nexec sleep 600\n")
        program.chmod(0o700)
        lock = _LOCK % package_hash(program.parent)
        for unit in self._units:
            (root / unit.path).mkdir(parents=True)
            (root / unit.path / LOCK_FILE).write_text(lock)
        runtime = root / "run"
        places = Places(Path(sys.executable), root, root / "modules", runtime, root / "schemas", lambda _: program)
        self._warm = SharedProviders(Processes(), places, os.environ, print)

    async def configured(self) -> int:
        """Return how many lanes have a configured provider in the end."""
        self._warm.prepare(self._units, _env(0))  # before this process has to do with grpc: it starts the pool
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((_Answers(),))
        server.add_insecure_port(f"unix:{self._root / 'provider'}")
        await server.start()
        lanes = self._root / "lanes"
        try:
            for first in range(0, len(self._units), MOST):
                units = self._units[first : first + MOST]
                await asyncio.to_thread(partial(self._warm.open, units, _env(first), lanes, frozenset(), writes=False))
            return await self._configure([self._channel(lanes, unit) for unit in self._units])
        finally:
            await asyncio.to_thread(self._warm.close)
            await server.stop(None)

    def _channel(self, lanes: Path, unit: Unit) -> grpc.aio.Channel:
        (attached,) = json.loads(Path(f"{lanes}{self._root / unit.path}", LANE).read_text()).values()
        return grpc.aio.insecure_channel(f"unix:{attached['Addr']['String']}", options=_AUTHORITY)

    async def _configure(self, channels: list[grpc.aio.Channel]) -> int:
        """Configure all lanes, while others are calling without a pause."""
        callers = [asyncio.create_task(_call(channel)) for channel in channels[:_CALLERS]]
        done = await asyncio.gather(*(_configured(channel, it) for it, channel in enumerate(channels)))
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        for channel in channels:
            await channel.close()
        return sum(done)


def _env(first: int) -> dict[str, str]:
    """Return an environment of its own for as many units as may share one, each with another configuration."""
    return {"PATH": os.environ["PATH"], "CROWD": str(first)}


async def _configured(channel: grpc.aio.Channel, number: int) -> bool:
    """Configure a lane as no other one is, and say whether it was."""
    try:
        await channel.unary_unary("/tfplugin5.Provider/Configure")(b"\x12\x04%04d" % number)
    except grpc.aio.AioRpcError as error:
        print(error.details())
        return False
    return True


async def _call(channel: grpc.aio.Channel) -> None:
    method = channel.unary_unary("/tfplugin5.Provider/ValidateResourceTypeConfig")
    while True:
        await method(b"")


def main(root: Path, count: int) -> None:
    print(f"{asyncio.run(Crowd(root, count).configured())} of {count}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
