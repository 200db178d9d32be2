"""What comes next when an access key is replaced: no key goes before its successor was used. Pure.

IAM allows a user two keys (IAM User Guide, "Update access keys").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from flowops.model.users import AccessKey


class Step(Enum):
    """The next step of a rotation."""

    NOTHING = "nothing"
    MAKE = "make"
    WAIT = "wait"
    BUSY = "busy"
    DEACTIVATE = "deactivate"
    DELETE = "delete"
    FINISH = "finish"
    CUT_OFF = "cut-off"


@dataclass(frozen=True)
class Rotation:
    """The next step; `old` and `new` are None where the user has no such key."""

    step: Step
    old: AccessKey | None = None
    new: AccessKey | None = None


def rotation(keys: Sequence[AccessKey], *, finish: bool) -> Rotation:
    """Return what to do with these keys.

    With two of them the older one is to go: deactivated once the newer was used and nobody uses the older any more,
    deleted when it was inactive already. FINISH does both at once; CUT_OFF says that no key would be left that is known
    to work, NOTHING that there are no two.
    """
    if len(keys) < 2:
        return Rotation(Step.NOTHING if finish else Step.MAKE, old=keys[0] if keys else None)
    old, new = sorted(keys, key=lambda it: it.made)
    return Rotation(_finishing(new) if finish else _careful(old, new), old, new)


def _finishing(new: AccessKey) -> Step:
    return Step.FINISH if new.active and new.used else Step.CUT_OFF


def _careful(old: AccessKey, new: AccessKey) -> Step:
    if not new.active or new.used is None:
        return Step.WAIT
    if not old.active:
        return Step.DELETE
    return Step.BUSY if old.used and old.used > new.used else Step.DEACTIVATE
