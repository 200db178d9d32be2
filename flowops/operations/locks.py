"""Locks and leases: who holds what, whether they still work, and how exactly one of them is released."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from flowops.errors import CredentialsError, Declined, LockHeld, Refused, UnknownTarget
from flowops.model import locks as listed
from flowops.model.deployment import Environment, Unit
from flowops.model.lease import Lease
from flowops.model.locks import Holding, Life, Sign
from flowops.model.state import Lock
from flowops.operations.agreeing import wrong_confirm


class LockCloud(Protocol):
    """Terraform's locks in the state bucket."""

    def all_locks(self, environment: Environment) -> tuple[Lock, ...]:
        """Return every lock below the environment, also on units that are in the tree no more."""

    def locked_unit(self, environment: Environment, lock: Lock) -> Unit | None:
        """Return the unit that a lock stands on, None for one that is in the tree no more."""

    def unlock(self, environment: Environment, lock: Lock) -> bool:
        """Delete a lock if it still is the one that was seen, and say whether it was."""


class SeenLease(Protocol):
    """A lease as it was found."""

    @property
    def lease(self) -> Lease | None:
        """Return the lease; None where there is none, or none that can be read."""

    @property
    def unreadable(self) -> bool:
        """Say that there is an object, and that it says nothing."""


class LockLeases(Protocol):
    """The lease of each environment."""

    def look(self, environment: Environment) -> SeenLease:
        """Return what stands there now."""

    def sign(self, lease: Lease) -> Sign:
        """Return whether the holder of a lease still works."""

    def free(self, environment: Environment, lease: Lease | None) -> bool:
        """Mark this lease as released if it still stands there (None: one that says nothing); say whether it did."""


class LockHolders(Protocol):
    """What is known of those who hold terraform's locks."""

    def sign(self, unit: Unit | None, lock: Lock) -> Sign:
        """Return what is known of a lock's holder."""


@dataclass(frozen=True)
class LockPorts:
    """Everything that looks at locks, and releases one."""

    environments: tuple[Environment, ...]
    cloud: LockCloud
    leases: LockLeases
    holders: LockHolders


@dataclass(frozen=True)
class _Found:
    """One of the list, with what it stands for."""

    environment: Environment
    holding: Holding
    held: Lock | Lease | None


@dataclass(frozen=True)
class Wanted:
    """What to release: an `id` as it is listed, or what says nothing at `unreadable`, a unit's id or an environment."""

    id: str = ""
    unreadable: str = ""
    confirm: str = ""


def list_locks(ports: LockPorts) -> tuple[Holding, ...]:
    """Return every lock and lease of the environments, the lease of each first."""
    return tuple(it.holding for it in _found(ports.environments, ports))


def release(wanted: Wanted, ports: LockPorts) -> Holding:
    """Release exactly one lock or lease and return what it was.

    Refused while its holder is known to work, and for a protected environment that was not confirmed by name;
    LockHeld when it became somebody else's in the last moment.
    """
    found = _one(wanted, _searched(ports))
    _require_leave(wanted, found)
    gone = (
        ports.cloud.unlock(found.environment, found.held)
        if isinstance(found.held, Lock)
        else ports.leases.free(found.environment, found.held)
    )
    if not gone:
        raise LockHeld(
            f"{_name(found.holding)} is no longer the one that was listed.",
            not_done="It was not released.",
            next_step=f"flowops locks list {found.environment.name}",
        )
    return found.holding


def _found(environments: Iterable[Environment], ports: LockPorts) -> Iterator[_Found]:
    for environment in environments:
        seen = ports.leases.look(environment)
        if seen.unreadable:
            yield _Found(environment, listed.of_unreadable_lease(environment), None)
        elif seen.lease is not None and not seen.lease.released:
            sign = ports.leases.sign(seen.lease)
            yield _Found(environment, listed.of_lease(environment, seen.lease, sign), seen.lease)
        for lock in ports.cloud.all_locks(environment):
            unit = ports.cloud.locked_unit(environment, lock)
            what = unit.id if unit else lock.key
            sign = ports.holders.sign(unit, lock)
            yield _Found(environment, listed.of_lock(environment, what, lock, sign), lock)


def _searched(ports: LockPorts) -> list[_Found]:
    """Return everything in the environments that the operator reaches; CredentialsError where that is none of them."""
    found: list[_Found] = []
    denied: list[CredentialsError] = []
    for environment in ports.environments:
        try:
            found.extend(_found([environment], ports))
        except CredentialsError as error:
            denied.append(error)
    if denied and len(denied) == len(ports.environments):
        raise denied[0]
    return found


def _one(wanted: Wanted, found: Sequence[_Found]) -> _Found:
    if wanted.id:
        return _only(wanted.id, {it.holding.id: it for it in found if it.holding.id}, "lock or lease")
    silent = {_place(it): it for it in found if not it.holding.id}
    return _only(wanted.unreadable, silent, "unreadable lock or lease of")


def _place(found: _Found) -> str:
    holding = found.holding
    return holding.environment if holding.what == listed.LEASE else holding.what


def _only(name: str, known: dict[str, _Found], kind: str) -> _Found:
    if name not in known:
        raise UnknownTarget(kind, name, known)
    return known[name]


def _require_leave(wanted: Wanted, found: _Found) -> None:
    environment, holding = found.environment, found.holding
    if holding.sign.life is Life.LIVES:
        raise Refused(
            f"{_name(holding)} is at work: {holding.sign.because}.",
            not_done="It was not released.",
            next_step=f"flowops locks list {environment.name}, once that has ended",
        )
    if wanted.confirm not in ("", environment.name):
        raise Declined(
            wrong_confirm(wanted.confirm, "environment", environment.name),
            not_done="It was not released.",
            next_step=holding.release,
        )
    if environment.protected and not wanted.confirm:
        raise Refused(f"{environment.name} is protected.", not_done="Nothing was released.", next_step=holding.release)


def _name(holding: Holding) -> str:
    if holding.what == listed.LEASE:
        return f"The lease of {holding.environment} ({holding.who})"
    return f"The lock on {holding.what} ({holding.who})"
