"""Who asks: the principals of the probe requests, with the policies that AWS would gather for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowops.model.policy import Policy, Principal
from tests.unit.bootstrap.resolve import DEV, GITHUB, GITLAB, PROD, SECURITY

ADMINISTRATOR = Policy.from_document(
    "AdministratorAccess",
    {"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}]},
)
"""What somebody might attach one day; a boundary and a Deny have to hold then too."""


@dataclass(frozen=True)
class Actor:
    """`policies` and `boundary` are names of documents of the templates; `administrator` adds AdministratorAccess."""

    principal: Principal
    policies: tuple[str, ...] = ()
    boundary: str = ""
    administrator: bool = False


def _role(name: str, *policies: str, administrator: bool = False) -> Actor:
    principal = Principal(f"arn:aws:iam::{DEV}:role/flowable/{name}", DEV)
    return Actor(principal, tuple(f"{name}/{policy}" for policy in policies), "FlowableBoundary", administrator)


def _bare(name: str, *policies: str) -> Actor:
    return replace(_role(name, *policies), boundary="")


def _workload(account: str, name: str) -> Actor:
    principal = Principal(f"arn:aws:iam::{account}:role/flowable/workload/{name}", account)
    return Actor(principal, (), "FlowableWorkloadBoundary", administrator=True)


def _foreign(account: str, name: str) -> Actor:
    """Return a principal whose own policies are not ours and allow everything."""
    return Actor(Principal(f"arn:aws:iam::{account}:{name}", account), administrator=True)


def _person(*policies: str) -> Actor:
    return Actor(Principal(f"arn:aws:iam::{SECURITY}:user/flowable/ann", SECURITY), policies)


def _pipeline(name: str, policy: str, *, administrator: bool = False) -> Actor:
    """Return a pipeline's role, whose one policy of ours is its boundary too."""
    principal = Principal(f"arn:aws:iam::{SECURITY}:role/flowable/{name}", SECURITY)
    return Actor(principal, (policy,), policy, administrator)


def _job(host: str) -> Actor:
    """Return a job of CI with a token: nothing but the host's word for it says who it is."""
    return Actor(Principal(f"arn:aws:iam::{SECURITY}:oidc-provider/{host}", SECURITY))


_DEPLOY = ("State", "Infrastructure", "Identities")
_READERS = ("repository_reader", "people_reader", "stack_reader")
_DEVOPS = ("dev_dev_ops_admin/AssumeRoles", "dev_dev_ops_admin/SeeLicense", *_READERS)

ACTORS: Mapping[str, Actor] = {
    # The four roles of the dev account; with AdministratorAccess attached (+), or with their boundary gone (bare).
    "deploy": _role("DevOpsAdminRole", *_DEPLOY),
    "deploy+": _role("DevOpsAdminRole", *_DEPLOY, administrator=True),
    "deploy bare": _bare("DevOpsAdminRole", *_DEPLOY),
    "plan": _role("FlowopsPlanRole", "State", "Look"),
    "plan+": _role("FlowopsPlanRole", "State", "Look", administrator=True),
    "plan bare": _bare("FlowopsPlanRole", "State", "Look"),
    "admin": _role("FlowableAdminRole", "Operate"),
    "admin+": _role("FlowableAdminRole", "Operate", administrator=True),
    "user": _role("FlowableUserRole", "Look"),
    "user+": _role("FlowableUserRole", "Look", administrator=True),
    # Roles that Terraform made, with every permission: what remains is the boundary.
    "workload": _workload(DEV, "node"),
    "external-secrets": _workload(DEV, "external-secrets-dev"),
    "qa external-secrets": _workload(DEV, "external-secrets-qa"),
    "prod external-secrets": _workload(PROD, "external-secrets-prod"),
    "prod external-secrets named dev": _workload(PROD, "external-secrets-dev"),
    # People and pipelines in the security account.
    "devops": _person(*_DEVOPS, "dev_own_credentials"),
    "devops without own-credentials": _person(*_DEVOPS),
    "flowable admin": _person("dev_flowable_admin/AssumeRoles", "dev_own_credentials"),
    "flowable admin without own-credentials": _person("dev_flowable_admin/AssumeRoles"),
    "flowable user": _person("dev_flowable_user/AssumeRoles", "dev_own_credentials"),
    "flowable user without own-credentials": _person("dev_flowable_user/AssumeRoles"),
    "user at path /": _foreign(SECURITY, "user/bob"),
    "any user at /flowable/": _foreign(SECURITY, "user/flowable/carol"),
    "ci": _pipeline("FlowopsCiRole", "FlowopsCiPolicy"),
    "ci+": _pipeline("FlowopsCiRole", "FlowopsCiPolicy", administrator=True),
    "ci plan": _pipeline("FlowopsCiPlanRole", "FlowopsCiPlanPolicy"),
    "ci plan+": _pipeline("FlowopsCiPlanRole", "FlowopsCiPlanPolicy", administrator=True),
    "job on GitHub": _job(GITHUB),
    "job on GitLab": _job(GITLAB),
    "job elsewhere": _job("tokens.example.com"),
    "other security role": _foreign(SECURITY, "role/flowable/AuditRole"),
    # Administrators, neighbours and services.
    "bootstrap": _foreign(SECURITY, "role/OrganizationAccountAccessRole"),
    "break glass": _foreign(SECURITY, "role/BreakGlassRole"),
    "security administrator": _foreign(SECURITY, "role/SecurityAdministrator"),
    "dev administrator": _foreign(DEV, "role/OrganizationAccountAccessRole"),
    "unlisted deploy": _foreign("444444444444", "role/flowable/DevOpsAdminRole"),
    "unlisted external-secrets": _foreign("444444444444", "role/flowable/workload/external-secrets-dev"),
    "prod deploy": _foreign(PROD, "role/flowable/DevOpsAdminRole"),
    "log delivery": Actor(Principal("logging.s3.amazonaws.com", "")),
}
