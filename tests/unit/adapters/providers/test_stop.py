"""What becomes of the calls of a lane when its terraform is interrupted, or does not wait for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from flowops.adapters.providers.proxy import Lane
from tests.unit.adapters.providers.lanes import (
    FRANKFURT,
    Aborted,
    FakeBackend,
    FakeContext,
    FakeProvider,
    answers,
    configured_lane,
    handler,
    method,
)


@dataclass
class Slow(FakeProvider):
    """Answers when it is told to; `cancelled` counts who did not wait for it."""

    ready: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: int = 0

    async def call(self, method: str, request: bytes) -> bytes:
        answer = await super().call(method, request)
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return answer


@pytest.fixture
def slow(backend: FakeBackend) -> Slow:
    """Return the provider that every lane with the configuration FRANKFURT gets."""
    made = backend.providers[FRANKFURT] = Slow("slow")
    return made


async def under_way(lane: Lane, method: str, context: FakeContext) -> asyncio.Task[Any]:
    """Return terraform's call, which has reached its provider and waits."""
    task: asyncio.Task[Any] = asyncio.create_task(handler(lane, method).unary_unary(b"", context))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    return task


async def stop(lane: Lane, service: str) -> None:
    context = FakeContext()
    assert await handler(lane, method(service, "Stop", "StopProvider")).unary_unary(b"", context) == b""


INTERRUPTED = (grpc.StatusCode.CANCELLED, "terraform was interrupted")


@pytest.mark.parametrize("call", ["ReadResource", "ReadDataSource", "PlanResourceChange", "ValidateProviderConfig"])
def test_stop_cancels_the_lanes_own_calls_and_nobody_elses(
    backend: FakeBackend, slow: Slow, tmp_path: Path, service: str, call: str
) -> None:
    ours, theirs = configured_lane(backend, tmp_path), configured_lane(backend, tmp_path)
    contexts = FakeContext(), FakeContext(), FakeContext()

    async def story() -> bytes:
        slow.ready = asyncio.Event()
        name = method(service, call)
        hanging = [await under_way(ours, name, it) for it in contexts[:2]]
        going_on = await under_way(theirs, name, contexts[2])
        await stop(ours, service)
        await asyncio.wait(hanging, timeout=5)
        assert [type(it.exception()) for it in hanging] == [Aborted, Aborted]
        assert slow.cancelled == 2
        slow.ready.set()
        answer: bytes = await going_on
        return answer

    assert asyncio.run(story()) == b"slow"
    assert [it.aborted for it in contexts] == [INTERRUPTED, INTERRUPTED, None]
    assert (ours.trouble, theirs.trouble) == ("", "")


def test_stop_leaves_a_call_that_writes_its_answer(
    backend: FakeBackend, slow: Slow, tmp_path: Path, service: str
) -> None:
    """Without it nobody would know of what AWS is making just now."""
    ours, context = configured_lane(backend, tmp_path), FakeContext()

    async def story() -> bytes:
        slow.ready = asyncio.Event()
        writing = await under_way(ours, method(service, "ApplyResourceChange"), context)
        await stop(ours, service)
        slow.ready.set()
        answer: bytes = await writing
        return answer

    assert asyncio.run(story()) == b"slow"
    assert (context.aborted, slow.cancelled) == (None, 0)


def test_a_lane_that_was_stopped_serves_the_next_terraform(
    backend: FakeBackend, slow: Slow, tmp_path: Path, service: str
) -> None:
    ours = configured_lane(backend, tmp_path)
    slow.ready.set()
    stopped, read = (method(service, "Stop", "StopProvider"), b""), (method(service, "ReadResource"), b"")
    assert answers(ours, stopped, (method(service, "Configure"), FRANKFURT), read) == [b"", b"taken", b"slow"]


def test_a_call_that_terraform_gave_up_is_given_up_too_and_leaves_no_trouble(
    backend: FakeBackend, slow: Slow, tmp_path: Path
) -> None:
    ours, context = configured_lane(backend, tmp_path), FakeContext()

    async def story() -> None:
        slow.ready = asyncio.Event()
        given_up = await under_way(ours, "/tfplugin5.Provider/ReadResource", context)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        await asyncio.sleep(0)

    asyncio.run(story())
    assert (ours.trouble, context.aborted, slow.cancelled) == ("", None, 1)
