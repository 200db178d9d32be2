"""Named precautions beside the guard on plans: the configuration sets them, a command may go without one by name."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from flowops.model.rules import Rule

_LISTED = 5


class Safeguard(Enum):
    """Each safeguard by the name that `--without-safeguard` takes."""

    GIT_CLEAN = "git_clean"
    GIT_UP_TO_DATE = "git_up_to_date"
    MAX_CHANGES = "max_changes"


class When(Enum):
    """For which environments a safeguard stands."""

    PROTECTED = "protected"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class GuardRules:
    """What a project adds to the guard: types that hold data, how much may change, safeguards, its own rules."""

    stateful_types: frozenset[str] = frozenset()
    max_changes: int | None = None
    git_clean: When = When.PROTECTED
    git_up_to_date: When = When.PROTECTED
    rules: tuple[Rule, ...] = ()

    def of_git(self, *, protected: bool, without: Collection[str]) -> frozenset[Safeguard]:
        """Return the safeguards that need a look at git."""
        wanted = {Safeguard.GIT_CLEAN: self.git_clean, Safeguard.GIT_UP_TO_DATE: self.git_up_to_date}
        stands = (When.ALWAYS, When.PROTECTED) if protected else (When.ALWAYS,)
        return frozenset(it for it, when in wanted.items() if when in stands and it.value not in without)


NO_RULES = GuardRules()


@dataclass(frozen=True)
class GitState:
    """A working copy: what is not committed, how many commits its upstream is ahead, and what git could not tell.

    `place` is the project's folder in it, where git is to be called.
    """

    changed: tuple[str, ...] = ()
    upstream: str = ""
    behind: int = 0
    trouble: str = ""
    place: str = "."


@dataclass(frozen=True)
class Unmet:
    """A safeguard that a working copy does not meet, why, and the command that mends it or shows what is wrong."""

    safeguard: Safeguard
    why: str
    mend: str


def unmet(safeguards: frozenset[Safeguard], git: GitState | None) -> Iterator[Unmet]:
    """Yield each safeguard that the working copy does not meet; outside of git there is nothing to compare."""
    if git is None:
        return
    for safeguard, why in _unmet(safeguards, git):
        yield Unmet(safeguard, why, _mend(safeguard, git))


def _unmet(safeguards: frozenset[Safeguard], git: GitState) -> Iterator[tuple[Safeguard, str]]:
    if Safeguard.GIT_CLEAN in safeguards and git.changed:
        more = f" and {len(git.changed) - _LISTED} more" if len(git.changed) > _LISTED else ""
        yield Safeguard.GIT_CLEAN, f"not committed: {', '.join(git.changed[:_LISTED])}{more}"
    if Safeguard.GIT_UP_TO_DATE in safeguards and git.behind:
        yield Safeguard.GIT_UP_TO_DATE, f"the working copy is {git.behind} commit(s) behind {git.upstream}"
    for it in sorted(safeguards, key=lambda it: it.value) if git.trouble else ():
        yield it, f"git cannot tell: {git.trouble}"


def _mend(safeguard: Safeguard, git: GitState) -> str:
    there = f"git -C {shlex.quote(git.place)}"
    if git.trouble:
        return f"{there} fetch"
    if safeguard is Safeguard.GIT_UP_TO_DATE:
        return f"{there} pull --ff-only"
    return f"{there} add --all . && {there} commit"
