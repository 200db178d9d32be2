"""AWS Organizations, called in the management account: the organization and its accounts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.errors import OperationFailed
from flowops.model.facts import Organization

_SECONDS, _PAUSE_SECONDS = 900.0, 5.0


@dataclass(frozen=True)
class MemberAccount:
    """One account of the organization; `active` is false while it is suspended or being closed."""

    id: str
    name: str
    email: str
    active: bool


@dataclass(frozen=True)
class NewAccount:
    """An account to be made; `role` is made in it, assumable from the management account only."""

    name: str
    email: str
    role: str


class Organizations:
    """The organization of the management account; `sleep` and `monotonic` pace the waiting for a new account."""

    def __init__(
        self,
        session: AwsSession,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._sleep, self._monotonic = session, sleep, monotonic

    def organization(self) -> Organization:
        """Return the organization that the caller's account belongs to."""
        found = self._call("DescribeOrganization")["Organization"]
        return Organization(found["Id"], found["MasterAccountId"])

    def ensure_organization(self) -> Organization:
        """Return the organization, made with all features where the caller's account had none."""
        try:
            return self.organization()
        except AwsFailed as error:
            if error.code != "AWSOrganizationsNotInUseException":
                raise
        self._call("CreateOrganization", FeatureSet="ALL")
        return self.organization()

    def accounts(self) -> tuple[MemberAccount, ...]:
        """Return every account of the organization, the management account among them, by name."""
        pages = self._session.pages("organizations", "ListAccounts")
        return tuple(sorted((_account(it) for page in pages for it in page["Accounts"]), key=lambda it: it.name))

    def ensure_account(self, wanted: NewAccount, progress: Callable[[str], None]) -> MemberAccount:
        """Return the account of that name, made where it was missing; waits until AWS has finished it.

        Accounts share names in AWS, but not here: OperationFailed when two have this one, and when AWS cannot make it.
        """
        named = [it for it in self.accounts() if it.name == wanted.name]
        if len(named) > 1:
            ids = ", ".join(it.id for it in named)
            raise OperationFailed(f"The organization has {len(named)} accounts named {wanted.name!r}: {ids}.")
        if named:
            return named[0]
        account_id = self._made(wanted, progress)
        return MemberAccount(account_id, wanted.name, wanted.email, active=True)

    def _made(self, wanted: NewAccount, progress: Callable[[str], None]) -> str:
        """Make the account, or wait for one that an earlier call has begun to make."""
        status = (
            self._under_way(wanted.name)
            or self._call(
                "CreateAccount",
                AccountName=wanted.name,
                Email=wanted.email,
                RoleName=wanted.role,
                IamUserAccessToBilling="DENY",
            )["CreateAccountStatus"]
        )
        deadline = self._monotonic() + _SECONDS
        while status["State"] == "IN_PROGRESS" and self._monotonic() < deadline:
            progress(f"account {wanted.name}: AWS is making it")
            self._sleep(_PAUSE_SECONDS)
            answer = self._call("DescribeCreateAccountStatus", CreateAccountRequestId=status["Id"])
            status = answer["CreateAccountStatus"]
        if status["State"] != "SUCCEEDED":
            reason = status.get("FailureReason", "AWS is still at it")
            raise OperationFailed(f"Account {wanted.name!r} was not made: {reason}.")
        return str(status["AccountId"])

    def _under_way(self, name: str) -> dict[str, Any] | None:
        pages = self._session.pages("organizations", "ListCreateAccountStatus", States=["IN_PROGRESS"])
        found = (it for page in pages for it in page["CreateAccountStatuses"] if it.get("AccountName") == name)
        return next(found, None)

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._session.call("organizations", operation, **parameters)


def _account(found: dict[str, Any]) -> MemberAccount:
    return MemberAccount(found["Id"], found["Name"], found["Email"], found.get("Status", "ACTIVE") == "ACTIVE")
