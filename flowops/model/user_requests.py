"""What is asked of the commands on users, and the command line that asks the same again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import Enum


class Mfa(Enum):
    """When a user gets its MFA device."""

    NOW = "now"
    LATER = "later"


@dataclass(frozen=True)
class AddRequest:
    """A user to make, or to complete; `seed_file` is a path, empty where codes are read off a device."""

    name: str
    groups: tuple[str, ...] = ()
    write_profile: bool = False
    profile: str = ""
    mfa: Mfa = Mfa.NOW
    seed_file: str = ""
    yes: bool = False

    def command(self, *more: str) -> str:
        """Return the command line that means this request, with more words behind it."""
        words = ["flowops", "users", "add", self.name, *_groups(self.groups)]
        words += ["--write-profile"] if self.write_profile else []
        words += ["--profile", self.profile] if self.profile else []
        return shlex.join([*words, *_mfa(self.mfa, self.seed_file), *_yes(self.yes, more), *more])


@dataclass(frozen=True)
class AdoptRequest:
    """A user made by hand that is to become one of ours."""

    name: str
    groups: tuple[str, ...] = ()
    mfa: Mfa = Mfa.NOW
    seed_file: str = ""
    yes: bool = False

    def command(self, *more: str) -> str:
        """Return the command line that means this request, with more words behind it."""
        words = ["flowops", "users", "adopt", self.name, *_groups(self.groups)]
        return shlex.join([*words, *_mfa(self.mfa, self.seed_file), *_yes(self.yes, more), *more])


@dataclass(frozen=True)
class RotateRequest:
    """A user whose key is to be replaced; `finish` takes the old one away at once."""

    name: str
    write_profile: bool = False
    profile: str = ""
    finish: bool = False
    yes: bool = False

    def command(self, *more: str) -> str:
        """Return the command line that means this request, with more words behind it."""
        words = ["flowops", "users", "rotate", self.name]
        words += ["--write-profile"] if self.write_profile else []
        words += ["--profile", self.profile] if self.profile else []
        words += ["--finish"] if self.finish else []
        return shlex.join([*words, *_yes(self.yes, more), *more])


@dataclass(frozen=True)
class DisableRequest:
    """A user to take out of service, or back into it."""

    name: str
    undo: bool = False
    yes: bool = False
    allow_own_user: bool = False

    def command(self, *more: str) -> str:
        """Return the command line that means this request, with more words behind it."""
        words = ["flowops", "users", "disable", self.name, *(["--undo"] if self.undo else [])]
        words += ["--allow-own-user"] if self.allow_own_user and "--allow-own-user" not in more else []
        return shlex.join([*words, *_yes(self.yes, more), *more])


@dataclass(frozen=True)
class RemoveRequest:
    """A user to delete with all that hangs on it; `confirm` is its name again."""

    name: str
    profiles: bool = False
    yes: bool = False
    confirm: str = ""
    allow_own_user: bool = False
    allow_last_member: bool = False

    def command(self, *more: str) -> str:
        """Return the command line that means this request, with more words behind it."""
        words = ["flowops", "users", "remove", self.name, *(["--profiles"] if self.profiles else [])]
        words += ["--allow-own-user"] if self.allow_own_user else []
        words += ["--allow-last-member"] if self.allow_last_member else []
        words += ["--confirm", self.confirm] if self.confirm and "--confirm" not in more else []
        return shlex.join([*words, *_yes(self.yes, more), *more])


def _groups(groups: tuple[str, ...]) -> list[str]:
    return [word for name in groups for word in ("--group", name)]


def _mfa(mfa: Mfa, seed_file: str) -> list[str]:
    later = ["--mfa", mfa.value] if mfa is Mfa.LATER else []
    return [*later, *(["--mfa-seed-file", seed_file] if seed_file else [])]


def _yes(yes: bool, more: tuple[str, ...]) -> list[str]:
    return ["--yes"] if yes and "--yes" not in more else []
