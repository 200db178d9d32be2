"""What bootstrap and discovery need of AWS."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from flowops.model.facts import Organization
from flowops.model.secrets import SecretStanding
from flowops.model.stack_changes import ChangeSet, Stack, StackResource
from flowops.model.stack_drift import StackDrift
from flowops.model.stacks import StackSpec

Progress = Callable[[str], None]
"""Take one line about something that happens now."""


class Stacks(Protocol):
    """CloudFormation in one account and region. Every method may raise CredentialsError and OperationFailed."""

    def describe(self, name: str) -> Stack | None:
        """Return the stack of that name, or None where there is none."""

    def resources(self, name: str) -> tuple[StackResource, ...]:
        """Return the stack's resources, also deleted ones."""

    def settle(self, name: str, progress: Progress) -> Stack | None:
        """Wait until no operation works on the stack and return it; what is waited for and its events are told."""

    def failures(self, name: str) -> tuple[str, ...]:
        """Return what went wrong in the stack's last operation, a sentence for each resource, the cause first."""

    def propose(self, spec: StackSpec, template: str) -> ChangeSet:
        """Return what making the stack as `spec` and `template` say would change; nothing is changed by asking."""

    def waiting(self, change_set: ChangeSet) -> tuple[str, ...]:
        """Return the other change sets of the stack, in words: executing this one makes them void."""

    def drift(self, name: str) -> StackDrift:
        """Return what of the stack was changed behind its back."""

    def discard(self, change_set: ChangeSet) -> None:
        """Forget a change set, and the empty stack that asking for it made."""

    def execute(self, change_set: ChangeSet, progress: Progress) -> Stack:
        """Do what the change set says and return the stack; OperationFailed names the resources that failed."""

    def roll_back(self, name: str, skip: Collection[str], progress: Progress) -> Stack:
        """Continue a rollback that failed, without the resources to skip, and return the stack as it is afterwards."""

    def delete(self, name: str, progress: Progress, *, retain: Collection[str] = ()) -> None:
        """Delete the stack and wait until it is gone; only what could not be deleted before can be retained."""

    def secure(self, name: str, policy: str) -> None:
        """Switch termination protection on and set the stack policy."""


class Secrets(Protocol):
    """Secrets Manager in one account and region."""

    def standing(self, secret: str) -> SecretStanding | None:
        """Return how the secret of this name or ARN stands, None where there is none."""

    def value(self, secret: str) -> bytes | None:
        """Return the current value as it was put, None where there is none."""

    def put(self, secret: str, value: bytes) -> None:
        """Give the secret this value; it appears in no message."""


class AccountDoor(Protocol):
    """One account, entered with the management role and found to be the right one."""

    @property
    def stacks(self) -> Stacks:
        """Its stacks."""

    @property
    def secrets(self) -> Secrets:
        """Its secrets."""


class ManagementCloud(Protocol):
    """The organization, as its management account reaches it."""

    def organization(self) -> Organization:
        """Return the organization that the management profile belongs to; CredentialsError from a member account."""

    def enter(self, account: str, account_id: str) -> AccountDoor:
        """Return the account after a look at who we are in it; WrongAccount or CredentialsError."""
