"""A bootstrap over fakes: run it, read its outcomes, and stand everything up before the act."""

from __future__ import annotations

from flowops.model.bootstrap import BootstrapRequest, BootstrapResult, StackOutcome
from flowops.model.config import Config
from flowops.operations.bootstrap import bootstrap
from tests.fakes.aws import World, config

EVERYTHING = (
    ("security", "flowops-security"),
    ("security", "flowops-access-dev"),
    ("security", "flowops-access-prod"),
    ("dev", "flowops-environment"),
    ("prod", "flowops-environment"),
)


def run(
    world: World,
    *accounts: str,
    allow_replace: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
    retain: tuple[str, ...] = (),
    of: Config | None = None,
) -> BootstrapResult:
    return bootstrap(BootstrapRequest(accounts, allow_replace, skip, retain), of or config(), world.ports())


def outcomes(result: BootstrapResult) -> dict[tuple[str, str], StackOutcome]:
    return {(it.account, it.stack): it.outcome for it in result.stacks}


def forget(world: World) -> World:
    """Forget what was shown and called so far: the stacks stand."""
    world.console.shown.clear()
    world.console.asked.clear()
    world.console.lines.clear()
    world.cloud.calls.clear()
    for door in world.cloud.doors.values():
        door.stacks.calls.clear()
    return world


def stood_up() -> World:
    """Return a world whose stacks all stand, as if nothing had been shown or called for that."""
    made = World()
    run(made)
    return forget(made)
