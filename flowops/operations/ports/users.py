"""What looking after people needs of the outside world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flowops.model.config import Config
from flowops.model.users import NewKey, Piece, User
from flowops.operations.ports.profiles import AwsFiles


class NewDevice(Protocol):
    """A virtual MFA device that is in nobody's use yet."""

    @property
    def serial(self) -> str:
        """Its serial number, an ARN."""

    @property
    def seed(self) -> str:
        """Its base32 secret."""


class IamUsers(Protocol):
    """The IAM users of the security account. Every method may raise CredentialsError and OperationFailed."""

    @property
    def account(self) -> str:
        """The account's id."""

    @property
    def partition(self) -> str:
        """The second part of every ARN."""

    def names(self) -> tuple[str, ...]:
        """Return the name of every user, at whatever path."""

    def everybody(self) -> tuple[User, ...]:
        """Return every user, at whatever path, by name."""

    def user(self, name: str) -> User | None:
        """Return the user of that name, at whatever path, None where there is none."""

    def groups(self) -> frozenset[str]:
        """Return the names of all groups."""

    def members(self, group: str) -> tuple[str, ...]:
        """Return the names of a group's members."""

    def create(self, name: str) -> User:
        """Make a user below /flowable/."""

    def move(self, name: str) -> None:
        """Bring a user below /flowable/, with all that it has; its ARN changes."""

    def join(self, name: str, group: str) -> None:
        """Make a user a member of a group; one that is stays one."""

    def create_key(self, name: str) -> NewKey:
        """Return a new access key of the user; AWS shows its secret this once. A user can have two."""

    def activate_key(self, name: str, key: str, *, active: bool) -> None:
        """Make a key usable, or unusable until it is made usable again."""

    def create_device(self, name: str) -> NewDevice:
        """Return a new virtual device of the user's name; one that was never enabled gives way."""

    def enable_device(self, name: str, serial: str, first: str, second: str) -> bool:
        """Give the user the device, and return whether AWS took the two codes for right."""

    def discard_device(self, serial: str) -> None:
        """Delete a virtual device that is in nobody's use, or find it gone; OperationFailed for one that is in use."""

    def policy(self, name: str, policy: str) -> Mapping[str, Any]:
        """Return an inline policy of the user, empty where there is none."""

    def put_policy(self, name: str, policy: str, document: str) -> None:
        """Give the user an inline policy, in place of the one of that name."""

    def take(self, name: str, piece: Piece) -> None:
        """Take one thing off a user, or find it gone; a virtual MFA device is deleted, too."""

    def delete(self, name: str) -> None:
        """Delete a user on which nothing hangs any more, or find it gone."""


class SeedFiles(Protocol):
    """New files that hold the seed of an MFA device."""

    def reserve(self, path: str) -> None:
        """Make an empty file for its owner alone; UsageError where there is something, or nothing can be."""

    def fill(self, path: str, seed: str) -> None:
        """Write a seed into a reserved file; OperationFailed where it cannot be."""

    def give_up(self, path: str) -> None:
        """Delete a file that was reserved."""


class UsersTerminal(Protocol):
    """Who makes, changes and removes users."""

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""

    @property
    def private(self) -> bool:
        """Whether what is shown is seen by who sits there and kept nowhere: a secret may be shown."""

    def note(self, text: str) -> None:
        """Say one line of progress."""

    def block(self, text: str) -> None:
        """Show lines as they stand."""

    def device(self, uri: str) -> None:
        """Show what an authenticator app scans or is told; it is a secret."""

    def ask(self, question: str) -> str:
        """Return the answer; Declined when nobody can give one."""


@dataclass(frozen=True)
class UsersPorts:
    """Everything the operations on users are given; `enter` leads into the security account, once."""

    config: Config
    enter: Callable[[], IamUsers]
    files: AwsFiles
    terminal: UsersTerminal
    seeds: SeedFiles
    clock: Callable[[], datetime]
