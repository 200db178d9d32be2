"""What a destroy leaves behind, told apart from what AWS itself keeps for a while."""

from __future__ import annotations

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
    return ""
