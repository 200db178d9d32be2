"""AWS Organizations, called in the management account: the organization, its accounts and its organizational units."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flowops.adapters.aws.client import AwsSession, tags_of
from flowops.adapters.aws.errors import AwsFailed
from flowops.model.account_failures import failed_request, refused_request, refused_wish
from flowops.model.accounts import (
    ACTIVE,
    CREATE_COMMAND,
    AccountRequest,
    NoOrganization,
    OrganizationAccount,
    UnitTree,
    WantedAccount,
)
from flowops.model.facts import Organization
from flowops.model.plaintext import printable
from flowops.model.tags import PROJECT_TAG


class Organizations:
    """The organization of the caller's account. Every call may raise CredentialsError and OperationFailed.

    Busy is raised for what AWS does not do just now, and may a little later.
    """

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def caller(self) -> str:
        """Return the id of the caller's account."""
        return str(self._session.call("sts", "GetCallerIdentity")["Account"])

    def organization(self) -> Organization:
        """Return the organization that the caller's account belongs to; NoOrganization where it has none."""
        try:
            found = self._call("DescribeOrganization")["Organization"]
        except AwsFailed as error:
            if error.code != "AWSOrganizationsNotInUseException":
                raise
            raise NoOrganization(
                f"The account of {self._session.who} belongs to no organization.", next_step=CREATE_COMMAND
            ) from error
        return Organization(found["Id"], found["MasterAccountId"])

    def found(self) -> Organization:
        """Return the organization, made with all features; the caller's account becomes its management account."""
        with _explained("The organization"):
            self._call("CreateOrganization", FeatureSet="ALL")
        return self.organization()

    def accounts(self) -> tuple[OrganizationAccount, ...]:
        """Return every account of the organization, the management account among them, by name."""
        found = self._session.each("organizations", "ListAccounts", "Accounts")
        return tuple(sorted(map(_account, found), key=lambda it: it.name))

    def project_of(self, account_id: str) -> str:
        """Return the project that an account was made for, empty where its tags name none."""
        tags = self._session.each("organizations", "ListTagsForResource", "Tags", ResourceId=account_id)
        return tags_of(tags).get(PROJECT_TAG, "")

    def under_way(self) -> tuple[AccountRequest, ...]:
        """Return the requests for accounts that AWS has not ended."""
        found = self._session.each(
            "organizations", "ListCreateAccountStatus", "CreateAccountStatuses", States=["IN_PROGRESS"]
        )
        return tuple(_request(it, "") for it in found)

    def order(self, wanted: WantedAccount) -> AccountRequest:
        """Ask for an account and return the request; AWS goes on by itself. OperationFailed says why AWS refuses."""
        with _explained(f"Account {wanted.name}", wanted):
            answer = self._call(
                "CreateAccount",
                AccountName=wanted.name,
                Email=wanted.email,
                RoleName=wanted.role,
                IamUserAccessToBilling="DENY",
                Tags=[{"Key": PROJECT_TAG, "Value": wanted.project}],
            )
        return _request(answer["CreateAccountStatus"], wanted.email)

    def look(self, request: str, email: str) -> AccountRequest:
        """Return how a request for an account stands; `email`, where it is known, is named when it failed."""
        answer = self._call("DescribeCreateAccountStatus", CreateAccountRequestId=request)
        return _request(answer["CreateAccountStatus"], email)

    def tree(self) -> UnitTree:
        """Return every organizational unit, and where each account stands."""
        units: dict[str, str] = {}
        places: dict[str, str] = {}
        waiting = [("", str(it["Id"])) for it in self._session.each("organizations", "ListRoots", "Roots")]
        while waiting:
            path, unit = waiting.pop()
            units[path] = unit
            inside = self._session.each("organizations", "ListAccountsForParent", "Accounts", ParentId=unit)
            places.update((str(it["Id"]), path) for it in inside)
            below = self._session.each(
                "organizations", "ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=unit
            )
            waiting += [(f"{path}/{it['Name']}".lstrip("/"), str(it["Id"])) for it in below]
        return UnitTree(units, places)

    def move(self, account_id: str, path: str) -> None:
        """Move an account into the organizational unit of this path, made where it is missing."""
        tree = self.tree()
        units = dict(tree.units)
        for missing in tree.missing(path):
            above, _, name = missing.rpartition("/")
            with _explained(f"Organizational unit {missing}"):
                answer = self._call("CreateOrganizationalUnit", ParentId=units[above], Name=name)
            units[missing] = str(answer["OrganizationalUnit"]["Id"])
        source, target = units[tree.places[account_id]], units[path]
        if source != target:
            with _explained(f"The move of account {account_id}"):
                self._call("MoveAccount", AccountId=account_id, SourceParentId=source, DestinationParentId=target)

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._session.call("organizations", operation, **parameters)


@contextmanager
def _explained(what: str, wanted: WantedAccount | None = None) -> Iterator[None]:
    """Say of a refusal of AWS what it means, where that is known."""
    try:
        yield
    except AwsFailed as error:
        known = refused_request(what, error.code, error.reason)
        if known is None and wanted is not None and error.code == "InvalidInputException":
            known = refused_wish(wanted, error.message)
        if known is None:
            raise
        raise known from error


def _account(found: dict[str, Any]) -> OrganizationAccount:
    # AWS retires Status in favour of State; an answer may have one or both.
    state = found.get("State") or found.get("Status") or ACTIVE
    return OrganizationAccount(found["Id"], printable(found["Name"]), printable(found["Email"]), state)


def _request(status: dict[str, Any], email: str) -> AccountRequest:
    name = status.get("AccountName", "")
    if status["State"] == "FAILED":
        return AccountRequest(
            status["Id"], name, failure=failed_request(name, email, status.get("FailureReason", "no reason"))
        )
    done = status["State"] == "SUCCEEDED"
    return AccountRequest(status["Id"], name, str(status["AccountId"]) if done else "")
