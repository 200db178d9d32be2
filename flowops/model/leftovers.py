"""What a destroy leaves behind, told apart from what AWS itself keeps for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_KEPT = {
    ":kms:": "a KMS key pending deletion (at least 7 days; AWS KMS Developer Guide, 'Deleting keys')",
    ":secretsmanager:": "a secret in its recovery window (7 to 30 days)",
    ":snapshot:": "a final snapshot, kept on purpose",
}


@dataclass(frozen=True)
class Leftover:
    """One resource that still stands; `reason` says why AWS keeps it, empty where it should be gone."""

    arn: str
    reason: str


def leftovers(arns: Iterable[str]) -> tuple[Leftover, ...]:
    """Return what is left, each with the reason why AWS keeps it, if it does."""
    return tuple(Leftover(arn, _reason(arn)) for arn in sorted(arns))


def _reason(arn: str) -> str:
    return next((reason for part, reason in _KEPT.items() if part in arn), "")
