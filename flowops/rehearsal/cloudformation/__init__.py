"""A CloudFormation engine over the emulated services.

It makes real resources: every handler calls the emulated service through the emulator's own port, so what
the service checks is checked. Operations run in threads of their own, as in AWS: the call returns at once
and events appear over time.
"""

from __future__ import annotations

from collections.abc import Callable

from flowops.rehearsal.cloudformation.clients import Loopback
from flowops.rehearsal.cloudformation.engine import Engine, State, nothing

__all__ = ["install", "restore", "settle", "state"]

_installed: list[Engine] = []


def install(endpoint: str, *, changed: Callable[[], None] = nothing) -> None:
    """Answer CloudFormation requests of this process by a new engine without stacks.

    `endpoint` is the URL of the emulator itself, through which resources are made; `changed` is called after
    every change of the engine's state, also between requests.
    """
    # Here, because clients of the emulator import this package too, and moto costs them more than a second.
    from flowops.rehearsal.cloudformation.api import answer_with

    engine = Engine(Loopback(endpoint), changed=changed)
    _installed[:] = [engine]
    answer_with(engine)


def state() -> object:
    """Return everything the engine knows, as a copy that can be pickled."""
    return _engine().state()


def restore(state: object) -> None:
    """Take over what `state` returned; operations that were running then have failed."""
    if not isinstance(state, State):
        raise TypeError(f"this is no state of the CloudFormation engine: {type(state).__name__}")
    _engine().restore(state)


def settle(patience: float) -> bool:
    """Wait until no operation runs; False when that takes longer than `patience` seconds."""
    return _engine().settle(patience)


def _engine() -> Engine:
    if not _installed:
        raise RuntimeError("the CloudFormation engine is not installed in this process")
    return _installed[0]
