"""One thing that is not as code and state have it, and which of them moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from hashlib import sha256

from flowops.model.attributes import AttributeChanges
from flowops.model.plan_code import Adoptable

UNMOVED = AttributeChanges()


class Verdict(Enum):
    """Who moved, the gravest first."""

    MISSING = "missing"
    BOTH = "both"
    OUT_OF_BAND = "out-of-band"
    UNAPPLIED = "unapplied"
    UNMANAGED = "unmanaged"
    NOISE = "noise"

    @property
    def in_cloud(self) -> bool:
        """Whether somebody changed something past the code, so that it is worth asking who."""
        return self in (Verdict.MISSING, Verdict.BOTH, Verdict.OUT_OF_BAND, Verdict.UNMANAGED)


class Source(Enum):
    """What was compared with what."""

    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"
    RENDERED = "rendered"
    IAM = "iam"
    UNMANAGED = "unmanaged"


@dataclass(frozen=True)
class Trace:
    """One call that CloudTrail knows of: who made it, when, what it was, and from which address."""

    principal: str
    time: datetime
    event: str
    address: str = ""


@dataclass(frozen=True)
class Way:
    """A way out: `kind` is accept, adopt or ignore; `text` is commands to type, or what to paste where `into` says."""

    kind: str
    text: str
    into: str = ""


@dataclass(frozen=True)
class Ignored:
    """Why a finding does not count: the rule that says so, its file and line, and until when."""

    reason: str
    owner: str
    expires: date
    where: str


@dataclass(frozen=True)
class Finding:
    """One resource that moved.

    `address` is LAYER/UNIT//TERRAFORM_ADDRESS for terraform's, else what names the thing within its `source`; `unit` is
    empty where no unit has it. `cloud` is what somebody changed past the code, from the state to what stands; `code` is
    what an apply would change of what stands because the code says otherwise. No secret is in either. `ids` are the
    names that AWS has for the resource, the best first. `summary` is what attributes cannot show. `untraced` says why
    there are no `traces`, empty where nobody looked. `adoptable` is what the code may say instead.
    """

    environment: str
    source: Source
    address: str
    type: str
    verdict: Verdict
    unit: str = ""
    ids: tuple[str, ...] = ()
    cloud: AttributeChanges = UNMOVED
    code: AttributeChanges = UNMOVED
    summary: str = ""
    owner: str = ""
    traces: tuple[Trace, ...] = ()
    untraced: str = ""
    ignored: Ignored | None = None
    ways: tuple[Way, ...] = ()
    adoptable: tuple[Adoptable, ...] = field(default=(), repr=False, compare=False)

    @property
    def counts(self) -> bool:
        """Whether it is drift: neither noise nor ignored."""
        return self.verdict is not Verdict.NOISE and self.ignored is None

    @property
    def fingerprint(self) -> str:
        """Return 16 hex digits that stay the same from one check to the next, whatever the verdict."""
        named = "\0".join((self.environment, self.source.value, self.address))
        return sha256(named.encode()).hexdigest()[:16]
