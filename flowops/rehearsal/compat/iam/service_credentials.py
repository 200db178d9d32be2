"""Service-specific credentials: a name and a password for one service, of which a user has two at most for each.

IAM API Reference, CreateServiceSpecificCredential. The password is told once, as with an access key.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.iam.exceptions import LimitExceededException, NoSuchEntity
from moto.iam.models import User
from moto.iam.responses import IamResponse
from moto.iam.utils import random_alphanumeric

from flowops.rehearsal.compat.patching import add_actions

LIMIT = 2
SERVICES = ("bedrock.amazonaws.com", "cassandra.amazonaws.com", "codecommit.amazonaws.com")
_ID = "ServiceSpecificCredentialId"
_SECRET = "ServicePassword"


def install() -> None:
    """Add what moto lacks."""
    # None, because a class's own dictionary would be one for all users.
    User.flowops_service_credentials = None
    add_actions(
        IamResponse,
        create_service_specific_credential,
        list_service_specific_credentials,
        update_service_specific_credential,
        delete_service_specific_credential,
    )


def credentials_of(user: Any) -> dict[str, dict[str, Any]]:
    """Return a user's service-specific credentials, by id."""
    if user.flowops_service_credentials is None:
        user.flowops_service_credentials = {}
    held: dict[str, dict[str, Any]] = user.flowops_service_credentials
    return held


def create_service_specific_credential(self: Any) -> ActionResult:
    """Make a credential for a service that takes one."""
    user, service = self.backend.get_user(self._get_param("UserName")), self._get_param("ServiceName")
    held = credentials_of(user)
    if service not in SERVICES:
        raise NoSuchEntity(f"No such service {service} is supported for Service Specific Credentials")
    if sum(it["ServiceName"] == service for it in held.values()) >= LIMIT:
        raise LimitExceededException(f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {LIMIT}")
    made = {
        "UserName": user.name,
        "Status": "Active",
        "ServiceUserName": f"{user.name}-at-{user.account_id}",
        _SECRET: random_alphanumeric(42),
        "CreateDate": utcnow(),
        _ID: f"ACCA{random_alphanumeric(17).upper()}",
        "ServiceName": service,
    }
    held[made[_ID]] = made
    return ActionResult({"ServiceSpecificCredential": made})


def list_service_specific_credentials(self: Any) -> ActionResult:
    """Return a user's credentials, without their passwords."""
    service = self._get_param("ServiceName")
    held = credentials_of(self.backend.get_user(self._get_param("UserName"))).values()
    listed = [it for it in held if service in (None, it["ServiceName"])]
    shown = [{name: value for name, value in it.items() if name != _SECRET} for it in listed]
    return ActionResult({"ServiceSpecificCredentials": shown})


def update_service_specific_credential(self: Any) -> EmptyResult:
    """Make a credential active or inactive."""
    _found(self)["Status"] = self._get_param("Status")
    return EmptyResult()


def delete_service_specific_credential(self: Any) -> EmptyResult:
    """Delete a credential."""
    found = _found(self)
    del credentials_of(self.backend.get_user(found["UserName"]))[found[_ID]]
    return EmptyResult()


def _found(self: Any) -> dict[str, Any]:
    wanted = self._get_param(_ID)
    held = credentials_of(self.backend.get_user(self._get_param("UserName")))
    if wanted not in held:
        raise NoSuchEntity(f"The service specific credential with id {wanted} cannot be found.")
    return held[wanted]
