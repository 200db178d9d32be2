"""What became of the profiles that were to be written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class ProfileOutcome(Enum):
    """What became of a profile."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class WrittenProfile:
    """One profile that is as it should be now."""

    name: str
    what: str
    outcome: ProfileOutcome


@dataclass(frozen=True)
class ProfilesResult:
    """Every profile that was wanted, those left out for want of an account's id, and what was written.

    `following` are the commands that give credentials to the profiles that all others start from.
    """

    profiles: tuple[WrittenProfile, ...]
    without_id: Mapping[str, str]
    paths: tuple[str, ...]
    diff: str
    warnings: tuple[str, ...]
    following: tuple[str, ...]
