"""What became of a user: made, completed, adopted, its key replaced, taken out of service, removed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from flowops.errors import Exit
from flowops.model.user_rotation import Rotation
from flowops.model.users import NewKey, Piece, Reach, User


class MfaOutcome(Enum):
    """How it stands with a user's MFA device after a command."""

    ENROLLED = "enrolled"
    KEPT = "kept"
    LATER = "later"
    FAILED = "failed"


@dataclass(frozen=True)
class Enrolment:
    """What became of MFA; `serial` is empty without a device, `seed_file` where no file was written."""

    outcome: MfaOutcome
    serial: str = ""
    seed_file: str = ""

    def devices_of(self, user: User) -> tuple[str, ...]:
        """Return the devices that the user has now, where it came to this one or had its own before."""
        return user.devices or ((self.serial,) if self.serial else ())


@dataclass(frozen=True)
class Delivery:
    """A new key on its way to its user: shown, or written into `paths` as `profile` and `role_profiles`.

    `key` is None where none was made.
    """

    key: NewKey | None = None
    profile: str = ""
    role_profiles: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        """Whether the secret has to be shown, because it stands nowhere else."""
        return self.key is not None and not self.profile


@dataclass(frozen=True)
class Member:
    """A user after `add` or `adopt`: what was done, what it reaches now, and what its operator should know."""

    user: User
    made: bool
    moved: bool
    joined: tuple[str, ...]
    reaches: tuple[Reach, ...]
    mfa: Enrolment
    delivery: Delivery = Delivery()
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether AWS or a file is another one than before."""
        enrolled = self.mfa.outcome is MfaOutcome.ENROLLED
        return self.made or self.moved or bool(self.joined or enrolled or self.delivery.key or self.delivery.paths)

    @property
    def exit_code(self) -> Exit:
        """Return PARTLY_DONE where the user stands and its MFA device does not."""
        return Exit.PARTLY_DONE if self.mfa.outcome is MfaOutcome.FAILED else Exit.FINE


@dataclass(frozen=True)
class Rotated:
    """One step of replacing a key; `following` says what comes next, empty when nothing does."""

    name: str
    rotation: Rotation
    delivery: Delivery = Delivery()
    following: str = ""


@dataclass(frozen=True)
class Switched:
    """A user out of service, or back in it; each line of `done` is one thing that was changed, `notes` what remains."""

    name: str
    disabled: bool
    done: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Removed:
    """A user that is gone, with what hung on it; `paths` are the AWS files that its profiles were taken out of."""

    name: str
    pieces: tuple[Piece, ...]
    profiles: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
