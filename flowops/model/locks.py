"""Everything that keeps others from changing an environment, as one list: terraform's locks and the lease."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from flowops.model.deployment import Environment
from flowops.model.lease import Lease
from flowops.model.state import Lock

LEASE = "lease"


class Life(Enum):
    """Whether the process that holds something still works."""

    LIVES = "lives"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Sign:
    """What is known of a holder's life, and from what."""

    life: Life
    because: str


@dataclass(frozen=True)
class Holding:
    """One lock or lease: `what` is a unit's id, the key of a lock on no unit of the tree, or the word lease.

    `id` is empty where its object is empty or damaged.
    """

    environment: str
    what: str
    id: str
    who: str
    operation: str
    since: datetime | None
    sign: Sign
    release: str


def of_lock(environment: Environment, what: str, lock: Lock, sign: Sign) -> Holding:
    """Return a terraform lock as one of the list."""
    release = release_command(environment, lock.id, what)
    return Holding(environment.name, what, lock.id, lock.who, lock.operation, moment(lock.created), sign, release)


def of_lease(environment: Environment, lease: Lease, sign: Sign) -> Holding:
    """Return a lease as one of the list."""
    holder = lease.holder
    doing = f"flowops {holder.verb} {holder.target}"
    who = f"{holder.operator} from {holder.who}"
    release = release_command(environment, lease.id, environment.name)
    return Holding(environment.name, LEASE, lease.id, who, doing, lease.started, sign, release)


def of_unreadable_lease(environment: Environment) -> Holding:
    """Return a lease whose object says nothing."""
    sign = Sign(Life.UNKNOWN, "its object is empty or damaged")
    release = release_command(environment, "", environment.name)
    return Holding(environment.name, LEASE, "", "unknown", "unknown", None, sign, release)


def release_command(environment: Environment, id_: str, what: str) -> str:
    """Return the one command that releases something in this environment: by its id, or by what it is on without one.

    Both were written by others, and who pastes the command wants nothing else to run.
    """
    named = [id_] if id_ else ["--unreadable", what]
    confirm = ["--confirm", environment.name] if environment.protected else []
    words = [*confirm, "--", id_] if id_.startswith("-") else [*named, *confirm]
    return shlex.join(("flowops", "locks", "release", *words))


def moment(text: str) -> datetime | None:
    """Return the time that terraform wrote into a lock, None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
