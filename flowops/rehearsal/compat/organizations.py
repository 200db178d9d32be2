"""Organizations: accounts get the ids that flowops.yaml gives them, one e-mail address makes one account.

As in AWS, CreateAccount answers before the account is there: its state is IN_PROGRESS until somebody asks for it,
and a refused request becomes FAILED (Organizations API Reference, CreateAccount and CreateAccountStatus).
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from moto.core.utils import unix_time, utcnow
from moto.iam.models import iam_backends
from moto.organizations import utils
from moto.organizations.exceptions import ConstraintViolationException
from moto.organizations.models import FakeAccount, OrganizationsBackend, organizations_backends

from flowops.rehearsal.compat.patching import Function, around
from flowops.rehearsal.settings import Settings

PARTITION = "aws"
ACCESS_ROLE = "OrganizationAccountAccessRole"
EMAIL_TAKEN = "EMAIL_ALREADY_EXISTS"
FAILURES = "flowops_failed_requests"
UNSEEN = "flowops_unseen_requests"
ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def install(settings: Settings) -> None:
    """Make the organization of a rehearsal that of its settings."""
    around(OrganizationsBackend, "create_organization", partial(_create_organization, settings))
    around(OrganizationsBackend, "create_account", partial(_create_account, settings))
    around(OrganizationsBackend, "describe_create_account_status", _describe_status)
    around(OrganizationsBackend, "list_create_account_status", _list_statuses)
    around(FakeAccount, "__init__", _found_account)


def organization_of(account: str) -> tuple[str, str]:
    """Return the id of an account's organization and its path in it (`o-…/r-…/ou-…/`); empty outside of any."""
    master, partition = organizations_backends.master_accounts.get(account, (account, PARTITION))
    owner = organizations_backends[master][partition]
    if owner.org is None:
        return "", ""
    parents = {unit.id: unit.parent_id for unit in owner.ou}
    member = next((known for known in owner.accounts if known.id == account), None)
    path: list[str] = []
    place = member.parent_id if member else owner.org.root_id
    while place:
        path.insert(0, place)
        place = parents.get(place)
    return owner.org.id, "/".join([owner.org.id, *path]) + "/"


def _create_organization(
    settings: Settings, original: Function, backend: Any, region: str, **wanted: Any
) -> dict[str, Any]:
    if backend.account_id != settings.management:
        raise ConstraintViolationException(
            f"flowops' emulator: the organization belongs to account {settings.management}, not {backend.account_id}."
        )
    answer: dict[str, Any] = original(backend, region, **wanted)
    return answer


def _create_account(settings: Settings, original: Function, backend: Any, **wanted: Any) -> dict[str, Any]:
    """Begin to create an account; its name decides on its id, and a taken address makes the request fail later."""
    if _is_taken(backend, wanted["Email"]):
        return {"CreateAccountStatus": _as_seen(backend, _failed(backend, wanted["AccountName"]))}
    planned = settings.id_of(wanted["AccountName"])
    if planned and not any(account.id == planned for account in backend.accounts):
        wanted = {**wanted, "AccountId": planned}
    status = original(backend, **wanted)["CreateAccountStatus"]
    _unseen(backend).append(status["Id"])
    return {"CreateAccountStatus": _as_seen(backend, status)}


def _unseen(backend: Any) -> list[str]:
    """Return the requests whose end nobody has asked for; a snapshot keeps them."""
    requests: list[str] = vars(backend).setdefault(UNSEEN, [])
    return requests


def _as_seen(backend: Any, status: dict[str, Any]) -> dict[str, Any]:
    """Return a status as AWS shows it before the request has ended, unless somebody has asked for its end."""
    if status["Id"] not in _unseen(backend):
        return status
    known_later = ("AccountId", "CompletedTimestamp", "FailureReason")
    begun = {name: value for name, value in status.items() if name not in known_later}
    return {**begun, "State": "IN_PROGRESS"}


def _is_taken(backend: Any, email: str) -> bool:
    return any(account.email.lower() == email.lower() for account in backend.accounts)


def _failed(backend: Any, name: str) -> dict[str, Any]:
    moment = unix_time(utcnow())
    status = {
        "Id": utils.make_random_create_account_status_id(),
        "AccountName": name,
        "RequestedTimestamp": moment,
        "State": "FAILED",
        "FailureReason": EMAIL_TAKEN,
        "CompletedTimestamp": moment,
    }
    _failures(backend).append(status)
    _unseen(backend).append(str(status["Id"]))
    return status


def _failures(backend: Any) -> list[dict[str, Any]]:
    """Return the failed requests; they live in the backend, so that a snapshot keeps them."""
    failures: list[dict[str, Any]] = vars(backend).setdefault(FAILURES, [])
    return failures


def _describe_status(original: Function, backend: Any, **wanted: Any) -> dict[str, Any]:
    asked = wanted["CreateAccountRequestId"]
    if asked in _unseen(backend):
        _unseen(backend).remove(asked)
    failed = next((status for status in _failures(backend) if status["Id"] == asked), None)
    if failed is not None:
        return {"CreateAccountStatus": failed}
    answer: dict[str, Any] = original(backend, **wanted)
    return answer


def _list_statuses(original: Function, backend: Any, **wanted: Any) -> dict[str, Any]:
    states = wanted.pop("States", None) or ["IN_PROGRESS", "SUCCEEDED", "FAILED"]
    answer: dict[str, Any] = original(backend, **wanted)
    listed = [_as_seen(backend, it) for it in (*answer["CreateAccountStatuses"], *_failures(backend))]
    answer["CreateAccountStatuses"] = [it for it in listed if it["State"] in states]
    return answer


def _found_account(original: Function, account: Any, organization: Any, **wanted: Any) -> None:
    """Found an account under `AccountId`, or under a random id without one.

    It comes with a role that only the management account may assume and that may do everything (Organizations
    User Guide, "Accessing member accounts"). The management account itself has none.
    """
    account.type = "ACCOUNT"
    account.region, account.organization_id = organization.region, organization.id
    account.master_account_id, account.parent_id = organization.master_account_id, organization.root_id
    account.create_account_status_id = utils.make_random_create_account_status_id()
    account.name, account.email = wanted["AccountName"], wanted["Email"]
    account.create_time = utcnow()
    account.status = account.state = "ACTIVE"
    account.joined_method = "CREATED"
    account.attached_policies = []
    account.tags = {tag["Key"]: tag["Value"] for tag in wanted.get("Tags", [])}
    if account.email == organization.master_account_email:
        account.id = organization.master_account_id
        account.joined_method = "INVITED"
        return
    account.id = wanted.get("AccountId") or utils.make_random_account_id()
    _admit_management(account, wanted.get("RoleName") or ACCESS_ROLE)


def _admit_management(account: Any, role_name: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account.master_account_id}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    backend = iam_backends[account.id][PARTITION]
    if not any(role.name == role_name for role in backend.roles.values()):
        role = backend.create_role(
            role_name=role_name,
            assume_role_policy_document=json.dumps(trust),
            path="/",
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
        )
        role.put_policy("AdministratorAccess", json.dumps(ADMINISTRATOR))
