"""An environment's lease: who may change it now, and for how long without a sign of life."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from flowops.model.clock import TOLERATED
from flowops.model.duration import spell
from flowops.model.plaintext import printable

LIFETIME = timedelta(minutes=2)
"""A lease that is not renewed ends after this long: so long a killed flowops keeps others out at most."""

SKEW = 2 * TOLERATED
"""What the clocks of two machines may differ by: a lease is taken over only when this has passed, too."""

FILE_NAME = "flowops.lease"


class Standing(Enum):
    """What a lease means to the one who looks at it."""

    FREE = "free"
    HELD = "held"
    EXPIRED = "expired"
    STOLEN = "stolen"


@dataclass(frozen=True)
class Holder:
    """Who changes an environment, with what, and from where.

    `machine` names one start of one computer, "" where that cannot be told; `ticks` tell the process `pid` from a later
    one with its number.
    """

    run: str
    operator: str
    who: str
    pid: int
    ticks: int
    machine: str
    verb: str
    target: str
    version: str


@dataclass(frozen=True)
class Lease:
    """One taking of an environment's lease; `id` is drawn anew for each."""

    id: str
    holder: Holder
    started: datetime
    renewed: datetime
    expires: datetime
    released: bool = False


def taken(id_: str, holder: Holder, now: datetime, lifetime: timedelta = LIFETIME) -> Lease:
    """Return a lease that begins now."""
    return Lease(id_, holder, now, now, now + lifetime)


def renewed(lease: Lease, now: datetime, lifetime: timedelta = LIFETIME) -> Lease:
    """Return the lease with a whole lifetime before it."""
    return replace(lease, renewed=now, expires=now + lifetime)


def released(lease: Lease, now: datetime) -> Lease:
    """Return the mark that a lease leaves behind: nobody may delete its object."""
    return replace(lease, renewed=now, expires=now, released=True)


def standing(found: Lease | None, now: datetime, *, mine: str = "") -> Standing:
    """Return what the lease that was found means; with the id of `mine` it is HELD by us, or STOLEN."""
    if mine:
        ours = found is not None and found.id == mine and not found.released
        return Standing.HELD if ours else Standing.STOLEN
    if found is None or found.released:
        return Standing.FREE
    return Standing.EXPIRED if now > found.expires + SKEW else Standing.HELD


def described(lease: Lease, now: datetime) -> str:
    """Return who holds a lease, doing what, from where, and since when."""
    holder = lease.holder
    doing = f"flowops {holder.verb} {holder.target}"
    since = f"since {lease.started:%Y-%m-%dT%H:%M:%SZ} ({spell((now - lease.started).total_seconds())})"
    return f"{holder.operator} runs {doing} from {holder.who}, process {holder.pid}, {since}"


def lease_key(account: str, environment: str) -> str:
    """Return the key of an environment's lease in the state bucket."""
    return f"{account}/{environment}/{FILE_NAME}"


def to_json(lease: Lease) -> bytes:
    """Return the lease as its object in the state bucket."""
    times = {name: getattr(lease, name).isoformat() for name in ("started", "renewed", "expires")}
    return (json.dumps(asdict(lease) | times, indent=2) + "\n").encode()


def from_json(raw: bytes) -> Lease:
    """Return the lease that an object holds, its words made safe to show; ValueError where it holds none."""
    try:
        document = json.loads(raw)
        # By name: a later flowops may say more.
        words = {it.name: _safe(document["holder"][it.name]) for it in fields(Holder)}
        started, renewed_at, expires = (_time(document[name]) for name in ("started", "renewed", "expires"))
        id_, over = str(_safe(document["id"])), document["released"] is True
        return Lease(id_, Holder(**words), started, renewed_at, expires, over)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no lease: {error}") from error


def _safe(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment
