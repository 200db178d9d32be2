"""People and pipelines of the security account: who enters which role, and what they do with their own credentials."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, may, may_not
from tests.unit.bootstrap.resolve import DEV, EXTERNAL_ID, PROD, SECURITY

_MFA = {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "600"}
_LONG_AGO = {**_MFA, "aws:multifactorauthage": "43200"}
# AWS never sends this pair; it shows that presence and age are each asked for.
_AGE_ALONE = {**_MFA, "aws:multifactorauthpresent": "false"}
_PRESENCE_ALONE = {**_MFA, "aws:multifactorauthage": ""}
_ELSEWHERE = {"aws:principalorgid": "o-somebodyelse"}
_PIPELINE = {"sts:externalid": EXTERNAL_ID}
_NO_MFA = "dev_own_credentials/DenyWithoutMfa"

_ROLES = ("DevOpsAdminRole", "FlowopsPlanRole", "FlowableAdminRole", "FlowableUserRole")
_VERBS = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")


def _role(name: str, account: str = DEV) -> str:
    return f"arn:aws:iam::{account}:role/flowable/{name}"


def _user(name: str, path: str = "/flowable/") -> str:
    return f"arn:aws:iam::{SECURITY}:user{path}{name}"


_MEMBERS = (
    ("devops", "DevOpsAdminRole", "dev_dev_ops_admin/AssumeRoles/DeployAndPlan"),
    ("devops", "FlowopsPlanRole", "dev_dev_ops_admin/AssumeRoles/DeployAndPlan"),
    ("flowable admin", "FlowableAdminRole", "dev_flowable_admin/AssumeRoles/AdministerFlowable"),
    ("flowable user", "FlowableUserRole", "dev_flowable_user/AssumeRoles/LookAtFlowable"),
)

ENTERING: list[Case] = [
    *(
        may(who, verb, _role(role), f"{role}/trust/PeopleWithMfa", "the chain of every run", context=_MFA)
        for who, role, _ in _MEMBERS
        for verb in _VERBS
    ),
    *(may_not(who, "sts:AssumeRole", _role(role), _NO_MFA, "key without MFA") for who, role, _ in _MEMBERS),
    *(
        replace(may_not(f"{who} without own-credentials", "sts:AssumeRole", _role(role), by), one_sided=True)
        for who, role, by in _MEMBERS
    ),
    *(
        may_not(who, "sts:AssumeRole", _role(role), context=_MFA)
        for who, own in (
            ("devops", ("DevOpsAdminRole", "FlowopsPlanRole")),
            ("flowable admin", ("FlowableAdminRole",)),
            ("flowable user", ("FlowableUserRole",)),
        )
        for role in _ROLES
        if role not in own
    ),
    *(
        replace(
            may_not("devops", "sts:AssumeRole", _role(role, PROD), note="another environment", context=_MFA),
            one_sided=True,
        )
        for role in _ROLES
    ),
]

TRUST: list[Case] = [
    may_not(who, "sts:AssumeRole", _role(role), f"{role}/trust/PeopleWithMfa", context=context)
    for role in _ROLES
    for who, context in (
        ("any user at /flowable/", _LONG_AGO),
        ("any user at /flowable/", _AGE_ALONE),
        ("any user at /flowable/", _PRESENCE_ALONE),
        ("any user at /flowable/", {**_MFA, **_ELSEWHERE}),
        ("user at path /", _MFA),
        ("other security role", _MFA),
    )
]

PIPELINES: list[Case] = [
    *(
        may(who, verb, _role(role), f"{role}/trust/PipelineWithExternalId", note, context=_PIPELINE)
        for who, role, note in (
            ("ci", "DevOpsAdminRole", "apply in CI"),
            ("ci", "FlowopsPlanRole", "drift check in CI"),
            ("ci plan", "FlowopsPlanRole", "pull-request plan"),
        )
        for verb in _VERBS
    ),
    *(
        may_not(who, "sts:AssumeRole", _role(role), f"{role}/trust/PipelineWithExternalId", context=context)
        for role in ("DevOpsAdminRole", "FlowopsPlanRole")
        for who, context in (
            ("ci", {"sts:externalid": "guessed-guessed-guessed"}),
            ("ci", {**_PIPELINE, **_ELSEWHERE}),
            ("other security role", _PIPELINE),
        )
    ),
    *(may_not("ci", "sts:AssumeRole", _role(role), note="no external id") for role in _ROLES),
    may_not(
        "ci plan",
        "sts:AssumeRole",
        _role("DevOpsAdminRole"),
        "DevOpsAdminRole/trust/PipelineWithExternalId",
        context=_PIPELINE,
    ),
    may_not("ci", "sts:AssumeRole", _role("FlowableAdminRole"), context=_PIPELINE),
    may_not("ci", "sts:AssumeRole", _role("FlowableUserRole"), context=_PIPELINE),
]

_OWN, _DEVICE = "dev_own_credentials/ManageOwnCredentials", "dev_own_credentials/ManageOwnMfaDevice"
_SEE = "dev_own_credentials/SeeWhatTheAccountAsksFor"
_ME, _MALLORY = _user("ann"), _user("mallory")
_MY_DEVICES = (f"arn:aws:iam::{SECURITY}:mfa/ann", f"arn:aws:iam::{SECURITY}:mfa/flowable/ann")

OWN_CREDENTIALS: list[Case] = [
    *(
        may("devops", f"iam:{verb}", _ME, _OWN, "users rotate, by oneself", context=_MFA)
        for verb in ("ChangePassword", "CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey", "DeactivateMFADevice")
    ),
    *(
        may("devops", f"iam:{verb}", _ME, _OWN, "enrolment")
        for verb in ("EnableMFADevice", "GetUser", "ListMFADevices")
    ),
    *(may("devops", "iam:CreateVirtualMFADevice", device, _DEVICE, "enrolment") for device in _MY_DEVICES),
    may("devops", "iam:ListVirtualMFADevices", "*", _SEE, "enrolment"),
    may("devops", "iam:GetAccountPasswordPolicy", "*", _SEE, context=_MFA),
    may_not("devops", "iam:CreateAccessKey", _ME, _NO_MFA, "a stolen key makes no second one"),
    may_not("devops", "iam:DeactivateMFADevice", _ME, _NO_MFA),
    may_not("devops", "iam:DeleteVirtualMFADevice", _MY_DEVICES[0], _NO_MFA),
    may_not("devops", "iam:CreateAccessKey", _ME, _NO_MFA, "session without MFA", context=_AGE_ALONE),
    may_not("devops", "iam:CreateAccessKey", _MALLORY, context=_MFA),
    may_not("devops", "iam:CreateAccessKey", _user("ann", "/"), context=_MFA),
    may_not("devops", "iam:EnableMFADevice", _MALLORY, note="somebody else's"),
    may_not("devops", "iam:CreateVirtualMFADevice", f"arn:aws:iam::{SECURITY}:mfa/mallory"),
    may_not("devops", "iam:AddUserToGroup", f"arn:aws:iam::{SECURITY}:group/flowable/prod_dev_ops_admin", context=_MFA),
    may_not("devops", "iam:AttachUserPolicy", _ME, context=_MFA),
    may_not("devops", "s3:ListAllMyBuckets", "*", context=_MFA),
]

PEOPLE: tuple[Case, ...] = (*ENTERING, *TRUST, *PIPELINES, *OWN_CREDENTIALS)
