"""What a destroy leaves behind, told apart from what AWS itself keeps for a while."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """One resource that was found; `leaving` says that AWS has been told to delete it and waits."""

    arn: str
    leaving: bool = False


@dataclass(frozen=True)
class Leftover:
    """One resource that is still there; `reason` says why AWS keeps it, empty where it should be gone."""

    arn: str
    reason: str

    @property
    def kind(self) -> str:
        """Return what it is, as its ARN says: a key of DELETABLE, or another word."""
        parts = self.arn.split(":", 5)
        if len(parts) < 6:
            return ""
        word, *more = re.split(r"[/:]", parts[5])
        return f"{parts[2]} {word}" if more else parts[2]

    @property
    def deletable(self) -> bool:
        """Whether flowops offers to delete it: it should be gone, and no data goes with it."""
        return not self.reason and self.kind in DELETABLE


DELETABLE = frozenset(
    {
        "ec2 elastic-ip",
        "ec2 network-interface",
        "ec2 security-group",
        "elasticloadbalancing loadbalancer",
        "elasticloadbalancing targetgroup",
        "resource-groups group",
    }
)
"""The kinds that flowops knows how to delete. Nothing that holds data is among them, and nothing that may."""


def leftovers(found: Iterable[Standing], *, protected: bool) -> tuple[Leftover, ...]:
    """Return what is left, each with the reason why AWS keeps it, if it does."""
    return tuple(Leftover(it.arn, _reason(it, protected)) for it in sorted(found, key=lambda it: it.arn))


def _reason(found: Standing, protected: bool) -> str:
    if found.leaving and ":kms:" in found.arn:
        return "a KMS key pending deletion (7 to 30 days; AWS KMS Developer Guide, 'Deleting keys')"
    if found.leaving and ":secretsmanager:" in found.arn:
        return "a secret in its recovery window (7 to 30 days)"
    if protected and ":snapshot:" in found.arn:
        return "a final snapshot of a protected environment"
    if protected and ":og:" in found.arn:
        return "an option group that a final snapshot holds on to (Amazon RDS User Guide, 'Deleting an option group')"
    return ""
