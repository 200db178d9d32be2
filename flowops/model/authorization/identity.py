"""IAM and STS: which entity a call is about, with its path, its boundary and the policy it attaches.

Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access Management" and
"… for AWS Security Token Service".
"""

from __future__ import annotations

from collections.abc import Iterator

from flowops.model.authorization.call import Call, Need
from flowops.model.authorization.history import History
from flowops.model.authorization.tagging import tags_of

_ABOUT_PROFILE = {"AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"}
_ABOUT_GROUP = {"AddUserToGroup", "RemoveUserFromGroup"}
_ENTITIES = (
    ("RoleName", "role"),
    ("UserName", "user"),
    ("GroupName", "group"),
    ("InstanceProfileName", "instance-profile"),
)
# The actions that the Service Authorization Reference gives the key iam:PermissionsBoundary.
_BOUNDED = {
    f"{verb}{kind}{what}"
    for kind in ("Role", "User")
    for verb, what in (
        ("Attach", "Policy"),
        ("Create", ""),
        ("Delete", "PermissionsBoundary"),
        ("Delete", "Policy"),
        ("Detach", "Policy"),
        ("Put", "PermissionsBoundary"),
        ("Put", "Policy"),
    )
} | {"DeleteRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"}


def iam_needs_of(call: Call, history: History) -> Iterator[Need]:
    """Yield the permission of an IAM call."""
    resource = resource_of(call, history)
    facts: dict[str, tuple[str, ...]] = {}
    if call.operation in _BOUNDED:
        bound = call.text("PermissionsBoundary") or history.boundary(resource)
        facts |= {"iam:permissionsboundary": (bound,)} if bound else {}
    if call.operation.startswith(("Attach", "Detach")):
        facts["iam:policyarn"] = (call.text("PolicyArn"),)
    if service := call.text("AWSServiceName"):
        facts["iam:awsservicename"] = (service,)
    yield Need(call.action, resource, facts)


def sts_needs_of(call: Call, history: History) -> Iterator[Need]:
    """Yield the permissions of an STS call: tags and a source identity need their own."""
    resource = call.text("RoleArn") or "*"
    told = {
        "sts:rolesessionname": call.text("RoleSessionName"),
        "sts:externalid": call.text("ExternalId"),
        "sts:sourceidentity": call.text("SourceIdentity"),
    }
    facts = {key: (value,) for key, value in told.items() if value}
    yield Need(call.action, resource, facts)
    if call.operation.startswith("AssumeRole") and tags_of(call):
        yield Need("sts:TagSession", resource, facts)
    if call.has("SourceIdentity"):
        yield Need("sts:SetSourceIdentity", resource, facts)


def resource_of(call: Call, history: History) -> str:
    """Return the ARN of what an IAM call is about, or `*`."""
    if call.operation == "CreateServiceLinkedRole":
        return call.arn("iam", f"role/aws-service-role/{call.text('AWSServiceName')}/*", region="")
    entity = _entity(call)
    if entity is not None:
        kind, name = entity
        return history.entity(call, kind, name, path=call.text("Path") if call.operation.startswith("Create") else "")
    return _by_arn(call)


def _entity(call: Call) -> tuple[str, str] | None:
    """Return kind and name of the entity; where a call names two, the one that the reference lists."""
    if call.operation in _ABOUT_PROFILE:
        return "instance-profile", call.text("InstanceProfileName")
    if call.operation in _ABOUT_GROUP:
        return "group", call.text("GroupName")
    return next(((kind, call.text(name)) for name, kind in _ENTITIES if call.has(name)), None)


def _by_arn(call: Call) -> str:
    if call.operation == "CreatePolicy":
        return call.arn("iam", f"policy{call.text('Path') or '/'}{call.text('PolicyName')}", region="")
    if call.operation == "CreateVirtualMFADevice":
        return call.arn("iam", f"mfa{call.text('Path') or '/'}{call.text('VirtualMFADeviceName')}", region="")
    if call.operation == "CreateOpenIDConnectProvider":
        host = call.text("Url").removeprefix("https://")
        return call.arn("iam", f"oidc-provider/{host}", region="")
    return call.text("PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "SerialNumber") or "*"
