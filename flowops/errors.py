"""The error tree and the one table of exit codes.

FlowopsError
├── UsageError          64  what was typed does not fit; nothing was started
│   ├── InvalidConfig       flowops.yaml or a file it names is unreadable or wrong
│   └── UnknownTarget       no such environment, layer, unit, account or logical id
├── OperationFailed      1  something failed, and nothing was changed
│   ├── ToolUnusable        a binary is missing, too old, or answers rubbish
│   └── DamagedState        a state object is empty or cannot be read
├── PartlyDone           3  something changed, and something is not done
├── Refused              4  a guard said no
├── CredentialsError     5  nobody, or somebody else, is calling AWS
│   └── WrongAccount
├── LockHeld             6  a lock or lease belongs to somebody else
├── Declined             7  answered with no, or a question with nobody to answer
└── Interrupted    130/143  a signal ended the command
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Every exit code flowops can end with."""

    FINE = 0
    FAILED = 1
    CHANGES = 2
    PARTLY_DONE = 3
    REFUSED = 4
    CREDENTIALS = 5
    LOCKED = 6
    DECLINED = 7
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def word(self) -> str:
        """Return it as the `status` of a result: `partly-done`."""
        return self.name.lower().replace("_", "-")

    @property
    def words(self) -> str:
        """Return it as people read it: `partly done`."""
        return self.word.replace("-", " ")


EXIT_MEANING: Mapping[Exit, str] = {
    Exit.FINE: "done, or nothing to do",
    Exit.FAILED: "something failed, and nothing was changed",
    Exit.CHANGES: "there are changes or drift, stale files, or something is left to decide",
    Exit.PARTLY_DONE: "something changed, and something is not done",
    Exit.REFUSED: "a guard said no",
    Exit.CREDENTIALS: "nobody, or somebody else, is calling AWS",
    Exit.LOCKED: "a lock or lease belongs to somebody else",
    Exit.DECLINED: "answered with no, or a question with nobody to answer it",
    Exit.USAGE: "what was typed or configured does not fit; nothing was started",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
    Exit.TERMINATED: "interrupted (SIGTERM)",
}
"""What each exit code says, in the words of `flowops --help`, the man pages and docs/output.md."""

EXIT_RANK: tuple[Exit, ...] = (
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.CREDENTIALS,
    Exit.REFUSED,
    Exit.PARTLY_DONE,
    Exit.FAILED,
    Exit.USAGE,
    Exit.LOCKED,
    Exit.DECLINED,
    Exit.CHANGES,
    Exit.FINE,
)
"""When several codes hold, the first of these wins."""

MAX_SHOWN = 60
"""Characters of a value that a message shows."""


class FlowopsError(Exception):
    """Say what happened, what was not done, and the next command to type.

    `next_step` is a command line or a short instruction that ends with one.
    """

    exit_code: ClassVar[Exit] = Exit.FAILED

    def __init__(self, happened: str, *, not_done: str = "Nothing was changed.", next_step: str = "") -> None:
        super().__init__(happened)
        self.happened = happened
        self.not_done = not_done
        self.next_step = next_step

    def __str__(self) -> str:
        """Return the three parts, one line each, without empty ones."""
        following = f"Next: {self.next_step}" if self.next_step else ""
        return "\n".join(part for part in (self.happened, self.not_done, following) if part)


class UsageError(FlowopsError):
    """What was typed does not fit; nothing was started."""

    exit_code: ClassVar[Exit] = Exit.USAGE


class InvalidConfig(UsageError):
    """A configuration file is unreadable or wrong; `happened` starts with `file:line:`."""


class UnknownTarget(UsageError):
    """A name that is not there, answered with the nearest ones that are."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(
            f"There is no {kind} {shown(name)}{where}; {nearest(name, self.known)}.",
            not_done="Nothing was started.",
            next_step="the same command with one of these names",
        )


class OperationFailed(FlowopsError):
    """Something failed, and nothing was changed."""


class ToolUnusable(OperationFailed):
    """A binary is missing, too old, or answers rubbish."""


class DamagedState(OperationFailed):
    """A state object is empty or cannot be read."""


class PartlyDone(FlowopsError):
    """Something changed, and something is not done."""

    exit_code: ClassVar[Exit] = Exit.PARTLY_DONE


class Refused(FlowopsError):
    """A guard said no."""

    exit_code: ClassVar[Exit] = Exit.REFUSED


class CredentialsError(FlowopsError):
    """AWS does not know the caller, or does not let it act."""

    exit_code: ClassVar[Exit] = Exit.CREDENTIALS


class WrongAccount(CredentialsError):
    """The caller stands in another account than the configured one."""

    def __init__(self, expected: str, actual: str, *, where: str) -> None:
        self.expected, self.actual = expected, actual
        super().__init__(
            f"The credentials for {where} belong to account {actual}, but flowops.yaml says {expected}.",
            not_done="No unit was started.",
            next_step="flowops discover, after mending the profile or the account id in flowops.yaml",
        )


class LockHeld(FlowopsError):
    """A lock or lease belongs to somebody else."""

    exit_code: ClassVar[Exit] = Exit.LOCKED


class Declined(FlowopsError):
    """Answered with no, or a question with nobody to answer it."""

    exit_code: ClassVar[Exit] = Exit.DECLINED


class Interrupted(FlowopsError):
    """A signal ended the command; SIGINT gives 130."""

    exit_code: ClassVar[Exit] = Exit.INTERRUPTED


class Terminated(Interrupted):
    """SIGTERM ended the command: 143."""

    exit_code: ClassVar[Exit] = Exit.TERMINATED


def shown(value: object) -> str:
    """Return `value` as a message shows it: in one line, without what a terminal would obey, and not at any length."""
    try:
        text = repr(value)
    except ValueError:  # Python does not write out a number of more than 4,300 digits
        return "a very long number"
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'? known: …` for a name that is not among `known`."""
    names = sorted(set(known))
    meant = closest(name, names)
    listed = "known: " + ", ".join(names) if names else "none is known"
    return f"did you mean {meant!r}? {listed}" if meant else listed


def closest(name: str, known: Iterable[str]) -> str:
    """Return the one of `known` that `name` was probably meant to be, "" where none is like it."""
    return next(iter(get_close_matches(name, sorted(set(known)), n=1)), "")


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the code that wins when several hold; none is FINE."""
    held = set(codes)
    return next((code for code in EXIT_RANK if code in held), Exit.FINE)
