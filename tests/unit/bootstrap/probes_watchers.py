"""What a drift check sees besides the resources of a refresh: who changed them, what else stands, and who is there.

And what decides what people may, which they read themselves.
"""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, may, may_not
from tests.unit.bootstrap.resolve import BUCKET, DEV, SECURITY, STATE_KEY, iam_arn, key_arn, secret_arn

_LOOK, _REGIONS = "FlowopsPlanRole/Look/ReadInfrastructure", "FlowableBoundary/DenyOtherRegions"
_GLOBAL = {"aws:requestedregion": "us-east-1"}
_MFA = {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "600"}
_NO_MFA = "dev_own_credentials/DenyWithoutMfa"

ACCOUNT: list[Case] = [
    *(
        may("plan", action, "*", _LOOK, note)
        for action, note in (
            ("cloudtrail:LookupEvents", "drift: who and when"),
            ("dynamodb:ListTables", "drift --unmanaged"),
            ("iam:ListRoles", "drift --unmanaged"),
            ("lambda:ListFunctions", "drift --unmanaged"),
            ("s3:ListAllMyBuckets", "drift --unmanaged"),
            ("secretsmanager:ListSecrets", "drift --unmanaged"),
            ("servicequotas:GetServiceQuota", "doctor: room for what the plan needs"),
            ("sns:ListTopics", "drift --unmanaged"),
            ("sqs:ListQueues", "drift --unmanaged"),
            ("ssm:DescribeParameters", "drift --unmanaged"),
        )
    ),
    # What IAM did stands there, wherever the environment is.
    may("plan", "cloudtrail:LookupEvents", "*", _LOOK, "drift: who changed a role", context=_GLOBAL),
    may_not("plan", "ec2:DescribeVpcs", "*", _REGIONS, context=_GLOBAL),
    may_not("plan", "s3:ListBucket", "arn:aws:s3:::anybodys", note="that a bucket is there, not what is in it"),
    *(
        may_not(who, action, "*", note="looking up is all")
        for who in ("plan+", "deploy+")
        for action in ("cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "dynamodb:Scan", "lambda:GetFunction")
    ),
    *(may_not(who, "sqs:ReceiveMessage", f"arn:aws:sqs:*:{DEV}:any") for who in ("plan+", "deploy+")),
]


def _user(name: str, account: str = SECURITY) -> str:
    return f"arn:aws:iam::{account}:user/{name}"


_LISTS = tuple((f"iam:List{what}", "*", "ListPeople") for what in ("Groups", "Users"))
_SEES = tuple(
    (f"iam:List{what}", _user(name), "SeeHowPeopleEnter")
    for what in ("AccessKeys", "AttachedUserPolicies", "GroupsForUser", "MFADevices", "UserPolicies")
    for name in ("flowable/mallory", "bob")
)

PEOPLE: list[Case] = [
    *(
        case
        for action, resource, sid in (*_LISTS, *_SEES)
        for case in (
            may("devops", action, resource, f"people_reader/{sid}", "drift: people", context=_MFA),
            may_not("devops", action, resource, _NO_MFA if "MFADevices" not in action else "", "key without MFA"),
            may_not("devops without own-credentials", action, resource, f"people_reader/{sid}", "key without MFA"),
            may("ci plan", action, resource, f"FlowopsCiPlanPolicy/{sid}", "scheduled drift check"),
            may_not("ci", action, resource, note="a pipeline that deploys looks at nobody"),
            *(may_not(who, action, resource, context=_MFA) for who in ("flowable admin", "flowable user")),
        )
    ),
    *(
        replace(may_not(who, action, _user("ann", DEV), note="another account", context=context), one_sided=True)
        for who, context in (("devops", _MFA), ("ci plan", {}))
        for action in ("iam:ListAccessKeys", "iam:ListUserPolicies")
    ),
    *(
        may_not(who, action, _user("flowable/mallory"), context=context)
        for who, context in (("devops", _MFA), ("ci plan", {}), ("ci plan+", {}))
        for action in ("iam:UpdateLoginProfile", "iam:PutUserPolicy", "iam:AddUserToGroup")
    ),
]

_SECRETS = tuple(secret_arn(f"/flowable/{name}", SECURITY) for name in ("repository", "dev/license", "prod/license"))
_DECIDING = (
    *(
        (f"iam:{call}", iam_arn("group/flowable/dev_dev_ops_admin", SECURITY), "ReadWhatIdentitiesMay")
        for call in ("GetGroupPolicy", "ListAttachedGroupPolicies", "ListGroupPolicies")
    ),
    *(
        (f"iam:{call}", iam_arn("policy/flowable/dev_own_credentials", SECURITY), "ReadWhatIdentitiesMay")
        for call in ("GetPolicy", "GetPolicyVersion")
    ),
    ("iam:GetUserPolicy", _user("flowable/ann"), "ReadWhatIdentitiesMay"),
    ("s3:GetBucketPolicy", f"arn:aws:s3:::{BUCKET}", "ReadWhoMayUseTheState"),
    ("kms:GetKeyPolicy", STATE_KEY, "ReadWhoMayUseTheState"),
    *(("secretsmanager:GetResourcePolicy", secret, "ReadWhoMayUseSecrets") for secret in _SECRETS),
)
"""What `flowops auth check` reads to say what its caller may do, and the statement that allows it."""

_BY_ROOT = {STATE_KEY: "StateKey/AdministerFromThisAccount"}

DECIDING: list[Case] = [
    *(
        case
        for action, resource, sid in _DECIDING
        for case in (
            may("devops", action, resource, _BY_ROOT.get(resource, f"people_reader/{sid}"), "auth check", context=_MFA),
            may_not("devops", action, resource, _NO_MFA, "key without MFA"),
            may_not("devops without own-credentials", action, resource, f"people_reader/{sid}", "key without MFA"),
            *(may_not(who, action, resource, context=_MFA) for who in ("flowable admin", "flowable user", "ci")),
        )
    ),
    *(
        may_not("devops", action, resource, note="what is not ours", context=_MFA)
        for action, resource in (
            ("iam:GetUserPolicy", _user("bob")),
            ("iam:GetGroupPolicy", iam_arn("group/payroll", SECURITY)),
            ("iam:GetPolicyVersion", iam_arn("policy/payroll", SECURITY)),
            ("s3:GetBucketPolicy", "arn:aws:s3:::payroll"),
            ("kms:GetKeyPolicy", key_arn("payroll")),
            ("secretsmanager:GetResourcePolicy", secret_arn("payroll", SECURITY)),
        )
    ),
]

WATCHERS: tuple[Case, ...] = (*ACCOUNT, *PEOPLE, *DECIDING)
