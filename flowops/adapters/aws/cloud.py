"""The organization through its management profile, and the way into each of its accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.aws.organizations import Organizations
from flowops.adapters.aws.secrets import SecretsManager
from flowops.adapters.aws.session import AwsSessions
from flowops.errors import CredentialsError
from flowops.model.facts import Organization


@dataclass(frozen=True)
class Door:
    """One account, entered and found to be the right one."""

    stacks: CloudFormation
    secrets: SecretsManager


class ManagementAws:
    """AWS as the management profile reaches it; `role` is what it assumes in each account."""

    def __init__(
        self,
        sessions: AwsSessions,
        profile: str,
        role: str,
        *,
        cloudformation: Callable[[AwsSession], CloudFormation] = CloudFormation,
    ) -> None:
        self._sessions, self._profile, self._role = sessions, profile, role
        self._cloudformation = cloudformation

    def organization(self) -> Organization:
        """Return the organization that the management profile belongs to.

        CredentialsError when that profile is in a member account, which can enter no other account.
        """
        session = self._sessions.profile(self._profile)
        found = Organizations(session).organization()
        account = self._sessions.identity(session).account
        if account != found.management_account:
            raise CredentialsError(
                f"Profile {self._profile!r} belongs to account {account}, but the management account of organization "
                f"{found.id} is {found.management_account}.",
                not_done="No account was entered.",
                next_step=f"aws configure --profile {self._profile}, with keys of account {found.management_account}",
            )
        return found

    def enter(self, account: str, account_id: str) -> Door:
        """Return the account after a look at who we are in it; WrongAccount or CredentialsError."""
        session = self._sessions.in_account(self._profile, account_id, self._role)
        self._sessions.verify_account(session, account_id, f"{self._role} of account {account}")
        return Door(self._cloudformation(session), SecretsManager(session))
