"""Who of the security account reads the repository's credentials, and who only sees whether there is a license."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, Context, may, may_not
from tests.unit.bootstrap.resolve import DEV, LICENSE_KEY, PROD, REGION, SECRETS_KEY, SECURITY, key_arn, secret_arn

_REPOSITORY = secret_arn("/flowable/repository", SECURITY)
_LICENSE, _PROD_LICENSE = secret_arn("/flowable/dev/license", SECURITY), secret_arn("/flowable/prod/license", SECURITY)
_OTHER = secret_arn("payroll", SECURITY)
_MFA = {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "600"}
_VIA = {"kms:viaservice": f"secretsmanager.{REGION}.amazonaws.com"}
_VIA_ANOTHER = {"kms:viaservice": f"s3.{REGION}.amazonaws.com"}
_SEE, _READ = "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"
_NO_MFA = "dev_own_credentials/DenyWithoutMfa"
_WRITES = ("PutSecretValue", "UpdateSecret", "DeleteSecret", "PutResourcePolicy", "BatchGetSecretValue")

_OPERATOR: list[Case] = [
    *(
        may("devops", action, _REPOSITORY, "repository_reader/ReadRepositorySecret", "charts of the app", context=_MFA)
        for action in (_SEE, _READ)
    ),
    may("devops", "kms:Decrypt", SECRETS_KEY, "SecretsKey/AdministerFromThisAccount", context={**_MFA, **_VIA}),
    may("devops", _SEE, _LICENSE, "dev_dev_ops_admin/SeeLicense/SeeWhetherThereIsALicense", "app", context=_MFA),
    *(may_not("devops", _READ, secret, context=_MFA) for secret in (_LICENSE, _PROD_LICENSE, _OTHER)),
    may_not("devops", _SEE, _OTHER, context=_MFA),
    *(may_not("devops", f"secretsmanager:{verb}", _REPOSITORY, context=_MFA) for verb in _WRITES),
    may_not("devops", "kms:Decrypt", SECRETS_KEY, note="not through Secrets Manager", context=_MFA),
    may_not("devops", "kms:Decrypt", SECRETS_KEY, note="through another service", context={**_MFA, **_VIA_ANOTHER}),
    may_not("devops", "kms:GenerateDataKey", SECRETS_KEY, context={**_MFA, **_VIA}),
    *(
        may_not("devops", "kms:Decrypt", key, context={**_MFA, **_VIA})
        for key in (LICENSE_KEY, key_arn("any"), key_arn("any", DEV))
    ),
    *(
        may_not("devops", action, resource, _NO_MFA, "key without MFA", context=context)
        for action, resource, context in (
            (_READ, _REPOSITORY, {}),
            (_SEE, _REPOSITORY, {}),
            (_SEE, _LICENSE, {}),
            ("kms:Decrypt", SECRETS_KEY, _VIA),
        )
    ),
    *(
        may_not("devops without own-credentials", action, resource, by, "key without MFA", context=context)
        for action, resource, by, context in (
            (_READ, _REPOSITORY, "repository_reader/ReadRepositorySecret", {}),
            (_SEE, _LICENSE, "dev_dev_ops_admin/SeeLicense/SeeWhetherThereIsALicense", {}),
            ("kms:Decrypt", SECRETS_KEY, "repository_reader/DecryptRepositorySecret", _VIA),
        )
    ),
]

_OTHERS: list[Case] = [
    may_not(who, action, resource, context=context)
    for who in ("flowable admin", "flowable user")
    for action, resource, context in (
        (_READ, _REPOSITORY, _MFA),
        (_READ, _LICENSE, _MFA),
        (_SEE, _LICENSE, _MFA),
        ("kms:Decrypt", SECRETS_KEY, {**_MFA, **_VIA}),
    )
]


def _pipeline(who: str, policy: str) -> list[Case]:
    """Return what a pipeline's role may read; `who+` has AdministratorAccess too, and only its boundary holds it."""
    read, see = f"{policy}/ReadRepositorySecret", f"{policy}/SeeLicenses"
    refused: tuple[tuple[str, str, Context], ...] = (
        (_READ, _LICENSE, {}),
        (_READ, _PROD_LICENSE, {}),
        (_READ, _OTHER, {}),
        (_SEE, _OTHER, {}),
        *((f"secretsmanager:{verb}", _REPOSITORY, {}) for verb in _WRITES),
        ("kms:Decrypt", SECRETS_KEY, {}),
        ("kms:Decrypt", SECRETS_KEY, _VIA_ANOTHER),
        ("kms:Decrypt", LICENSE_KEY, _VIA),
        ("kms:GenerateDataKey", SECRETS_KEY, _VIA),
        ("iam:CreateAccessKey", f"arn:aws:iam::{SECURITY}:user/flowable/ann", {}),
    )
    return [
        may(who, _READ, _REPOSITORY, read, "app in CI"),
        may(who, _SEE, _REPOSITORY, read, "app in CI"),
        may(who, "kms:Decrypt", SECRETS_KEY, "SecretsKey/AdministerFromThisAccount", "app in CI", context=_VIA),
        *(may(who, _SEE, secret, see, "app in CI") for secret in (_LICENSE, _PROD_LICENSE)),
        *(may_not(name, *call, context=context) for name in (who, f"{who}+") for *call, context in refused),
    ]


def _entering(who: str, policy: str, roles: tuple[str, ...], refused: tuple[str, ...]) -> list[Case]:
    """Return the caller's side of entering roles: those of the listed accounts and no others."""
    cases = [
        *(
            may(who, "sts:AssumeRole", f"arn:aws:iam::{account}:role/flowable/{role}", f"{policy}/{sid}", "CI")
            for account in (DEV, PROD)
            for role, sid in (("DevOpsAdminRole", "AssumeDeployRoles"), ("FlowopsPlanRole", "AssumePlanRoles"))
            if role in roles
        ),
        *(may_not(who, "sts:AssumeRole", f"arn:aws:iam::{DEV}:role/flowable/{role}") for role in refused),
        *(may_not(who, "sts:AssumeRole", f"arn:aws:iam::444444444444:role/flowable/{role}") for role in roles),
    ]
    return [replace(case, one_sided=True) for case in cases]


READERS: tuple[Case, ...] = (
    *_OPERATOR,
    *_OTHERS,
    *_pipeline("ci", "FlowopsCiPolicy"),
    *_pipeline("ci plan", "FlowopsCiPlanPolicy"),
    *_entering("ci", "FlowopsCiPolicy", ("DevOpsAdminRole", "FlowopsPlanRole"), ("FlowableAdminRole",)),
    *_entering("ci plan", "FlowopsCiPlanPolicy", ("FlowopsPlanRole",), ("DevOpsAdminRole", "FlowableAdminRole")),
)
