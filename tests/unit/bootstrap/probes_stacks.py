"""What a drift check of the security account's stacks asks for: by itself, and through CloudFormation in its name."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, Context, may, may_not
from tests.unit.bootstrap.resolve import (
    BUCKET,
    DEV,
    GITHUB,
    LICENSE_KEY,
    LOG_BUCKET,
    REGION,
    SECRETS_KEY,
    SECURITY,
    STATE_KEY,
    iam_arn,
    key_arn,
    secret_arn,
)

Reads = tuple[tuple[str, str, str], ...]

_MFA = {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "600"}
_VIA = {"aws:calledvia": "cloudformation.amazonaws.com"}
_NO_MFA = "dev_own_credentials/DenyWithoutMfa"
_BY_ROOT = {key: f"{key.rpartition('/')[2]}/AdministerFromThisAccount" for key in (STATE_KEY, SECRETS_KEY, LICENSE_KEY)}


def _stack(name: str, account: str = SECURITY) -> str:
    return f"arn:aws:cloudformation:{REGION}:{account}:stack/{name}/*"


def _ours(name: str) -> str:
    return iam_arn(name, SECURITY)


_REPOSITORY, _LICENSE = (secret_arn(f"/flowable/{name}", SECURITY) for name in ("repository", "prod/license"))

_ASKED: tuple[tuple[str, str, str], ...] = (
    *(
        (f"cloudformation:{call}", _stack(stack), "DetectDrift")
        for call in ("GetTemplate", "DetectStackDrift", "DetectStackResourceDrift", "DescribeStackResourceDrifts")
        for stack in ("flowops-security", "flowops-access-prod")
    ),
    *(
        (f"cloudformation:{call}", "*", "FollowDetection")
        for call in ("BatchDescribeTypeConfigurations", "DescribeStackDriftDetectionStatus")
    ),
)
"""Calls of the check itself, and the statement that allows them."""

_READ: Reads = (
    ("iam:GetGroup", _ours("group/flowable/prod_dev_ops_admin"), "ReadIdentitiesOfStacks"),
    ("iam:GetOpenIDConnectProvider", _ours(f"oidc-provider/{GITHUB}"), "ReadIdentitiesOfStacks"),
    ("iam:ListEntitiesForPolicy", _ours("policy/flowable/people_reader"), "ReadIdentitiesOfStacks"),
    ("iam:GetRole", _ours("role/flowable/FlowopsCiRole"), "ReadIdentitiesOfStacks"),
    ("s3:GetBucketPolicy", f"arn:aws:s3:::{LOG_BUCKET}", "ReadBucketsOfStacks"),
    *(
        (f"s3:{call}", f"arn:aws:s3:::{bucket}", "ReadBucketsOfStacks")
        for call in ("GetEncryptionConfiguration", "ListBucket")
        for bucket in (BUCKET, LOG_BUCKET)
    ),
    ("kms:GetKeyRotationStatus", STATE_KEY, "ReadKeysOfStacks"),
    *(
        (f"kms:{call}", key, "ReadKeysOfStacks")
        for call in ("DescribeKey", "GetKeyPolicy")
        for key in (SECRETS_KEY, LICENSE_KEY)
    ),
    ("kms:ListAliases", "*", "ReadAliasesOfStacks"),
)
"""What CloudFormation reads in the name of who asks it to detect drift."""

_READ_FOR_PEOPLE: Reads = (
    *_READ,
    ("secretsmanager:DescribeSecret", _LICENSE, "SeeSecretsOfStacks"),
)
"""People see what decides what they may by themselves, pipelines whether there are secrets."""

_READ_FOR_PIPELINES: Reads = (
    *_READ,
    ("iam:GetGroupPolicy", _ours("group/flowable/prod_dev_ops_admin"), "ReadIdentitiesOfStacks"),
    ("iam:GetPolicyVersion", _ours("policy/flowable/people_reader"), "ReadIdentitiesOfStacks"),
    ("s3:GetBucketPolicy", f"arn:aws:s3:::{BUCKET}", "ReadBucketsOfStacks"),
    ("kms:GetKeyPolicy", STATE_KEY, "ReadKeysOfStacks"),
    *(("secretsmanager:GetResourcePolicy", secret, "SeeSecretsOfStacks") for secret in (_REPOSITORY, _LICENSE)),
)

_NEVER: tuple[tuple[str, str, Context], ...] = (
    *(
        (f"cloudformation:{call}", _stack("payroll"), {})
        for call in ("GetTemplate", "DescribeStacks", "DetectStackDrift", "ListStackResources")
    ),
    *(
        (f"cloudformation:{call}", _stack("flowops-security"), {})
        for call in ("UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet", "SetStackPolicy")
    ),
    *(("secretsmanager:GetSecretValue", secret, _VIA) for secret in (_LICENSE, secret_arn("payroll", SECURITY))),
    *(
        (f"secretsmanager:{call}", secret_arn("payroll", SECURITY), _VIA)
        for call in ("DescribeSecret", "GetResourcePolicy")
    ),
    *(
        (f"s3:{call}", f"arn:aws:s3:::{BUCKET}/{DEV}/dev/vpc/terraform.tfstate", _VIA)
        for call in ("GetObject", "PutObject")
    ),
    ("s3:GetBucketPolicy", "arn:aws:s3:::payroll", _VIA),
    ("s3:PutBucketNotification", f"arn:aws:s3:::{BUCKET}", _VIA),
    ("iam:GetRole", _ours("role/BreakGlassRole"), _VIA),
    ("iam:PutRolePolicy", _ours("role/flowable/FlowopsCiRole"), _VIA),
    ("kms:Decrypt", STATE_KEY, _VIA),
    ("kms:PutKeyPolicy", STATE_KEY, _VIA),
)


def _allowed(who: str, policy: str, context: Context, read: Reads) -> list[Case]:
    return [
        *(may(who, *call, f"{policy}/{sid}", "drift: stacks", context=context) for *call, sid in _ASKED),
        *(
            may(
                *(who, action, resource, _BY_ROOT.get(resource, f"{policy}/{sid}"), "drift: a resource of a stack"),
                context={**context, **_VIA},
            )
            for action, resource, sid in read
        ),
    ]


def _direct(who: str, policy: str, context: Context, read: Reads) -> list[Case]:
    return [may_not(who, *call, f"{policy}/{sid}", "by hand", context=context) for *call, sid in read]


def _refused(who: str, context: Context) -> list[Case]:
    return [
        *(may_not(who, action, resource, context={**context, **more}) for action, resource, more in _NEVER),
        replace(
            may_not(who, "kms:DescribeKey", key_arn("any", DEV), note="another account", context={**context, **_VIA}),
            one_sided=True,
        ),
    ]


_WITHOUT_MFA: list[Case] = [
    case
    for action, resource, sid, context in (*((*it, {}) for it in _ASKED), *((*it, _VIA) for it in _READ_FOR_PEOPLE))
    for case in (
        may_not("devops", action, resource, _NO_MFA, "key without MFA", context=context),
        may_not(
            *("devops without own-credentials", action, resource, f"stack_reader/{sid}", "key without MFA"),
            context=context,
        ),
    )
]

_OTHERS: list[Case] = [
    may_not(who, action, resource, context={**_MFA, **more})
    for who in ("flowable admin", "flowable user")
    for action, resource, more in (
        ("cloudformation:DetectStackDrift", _stack("flowops-security"), {}),
        ("cloudformation:GetTemplate", _stack("flowops-security"), {}),
        ("s3:GetBucketPolicy", f"arn:aws:s3:::{BUCKET}", _VIA),
        ("kms:ListAliases", "*", _VIA),
    )
]

STACKS: tuple[Case, ...] = (
    *_allowed("devops", "stack_reader", _MFA, _READ_FOR_PEOPLE),
    *_direct("devops", "stack_reader", _MFA, _READ_FOR_PEOPLE),
    *_refused("devops", _MFA),
    *_WITHOUT_MFA,
    *_OTHERS,
    *_allowed("ci plan", "FlowopsCiPlanPolicy", {}, _READ_FOR_PIPELINES),
    *_direct("ci plan", "FlowopsCiPlanPolicy", {}, _READ_FOR_PIPELINES),
    *_refused("ci plan", {}),
    *_refused("ci plan+", {}),
    may_not("ci", "cloudformation:DetectStackDrift", _stack("flowops-security"), note="a pipeline that deploys"),
)
