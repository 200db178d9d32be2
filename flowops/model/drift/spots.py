"""Where findings can be, so that of an ignore rule it can be said that it matches none. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from flowops.model.config import SECURITY
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Source
from flowops.model.drift.result import EnvironmentDrift, Status

OF_ENVIRONMENTS = (Source.CLOUDFORMATION, Source.RENDERED, Source.UNMANAGED)
SHARED = (Source.CLOUDFORMATION, Source.IAM)
"""What is looked at besides units, in each environment and in what all of them share."""


@dataclass(frozen=True)
class Spot:
    """One unit, or another source, of an environment: the `name` of what is checked, and how addresses there begin."""

    environment: str
    name: str
    begins: str

    @property
    def unmanaged(self) -> bool:
        """Whether all that is found there is unmanaged, and nothing elsewhere is."""
        return self.name == Source.UNMANAGED.value


def of_units(environments: Iterable[Environment]) -> Iterator[Spot]:
    """Yield each unit; the name of its spot is its id."""
    for environment in environments:
        yield from (Spot(environment.name, it.id, f"{it.layer}/{it.name}//") for it in environment.units)


def of_others(environments: Iterable[Environment]) -> Iterator[Spot]:
    """Yield all that can be looked at besides units."""
    for it in environments:
        yield from (Spot(it.name, source.value, _beginning(source, it.account)) for source in OF_ENVIRONMENTS)
    yield from (Spot(SECURITY, source.value, _beginning(source, SECURITY)) for source in SHARED)


def unseen(spots: Iterable[Spot], looked: Iterable[EnvironmentDrift]) -> tuple[Spot, ...]:
    """Return those of the spots that nobody looked at, or that could not be checked."""
    told = (Status.CLEAN, Status.DRIFTED)
    seen = {(one.environment, it.name) for one in looked for it in one.checked if it.status in told}
    return tuple(it for it in spots if (it.environment, it.name) not in seen)


def may_begin(glob: str, beginning: str) -> bool:
    """Return whether a glob of `*` and `?` names some text that begins so."""
    at = _skipping(glob, {0})
    for letter in beginning:
        moved = {it if glob[it] == "*" else it + 1 for it in at if it < len(glob) and glob[it] in ("*", "?", letter)}
        at = _skipping(glob, moved)
    return bool(at)


def _skipping(glob: str, at: Collection[int]) -> set[int]:
    """Return where one may stand in a glob, where a `*` may stand for nothing."""
    reached = set(at)
    for it in sorted(at):
        while it < len(glob) and glob[it] == "*":
            it += 1
            reached.add(it)
    return reached


def _beginning(source: Source, account: str) -> str:
    match source:
        case Source.CLOUDFORMATION:
            return f"{account}/"
        case Source.RENDERED:
            return "deployments/"
        case _:
            return "arn:"
