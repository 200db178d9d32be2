"""What flowops' verbs ask of AWS: for each a few calls that stand for the rest, with real names where they are known.

The names follow what the modules make. A call becomes the requests that IAM evaluates in `model.authorization`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowops.model.access import ROLES, Access
from flowops.model.lease import lease_key
from flowops.model.stacks import ENVIRONMENT_STACK, SECURITY_STACK
from flowops.model.state import LOCK_SUFFIX

READ, WRITE = Access.READ.value, Access.WRITE.value
OPERATOR = "operator"
CONSOLE = "console"


@dataclass(frozen=True)
class Ground:
    """The names that calls are made of; secrets are ARNs, empty where none is known.

    `below` is the environment's place in the state bucket: account id and path.
    """

    environment: str
    project: str
    account: str
    region: str
    below: str
    layer: str
    bucket: str
    key: str
    roles: Mapping[str, str]
    boundary: str
    secrets: tuple[str, ...]
    source_identity: str = ""
    external_id: str = ""

    @property
    def state(self) -> str:
        """Return the key of a unit's state."""
        return f"{self.below}/{self.layer}/UNIT/terraform.tfstate"

    @property
    def lease(self) -> str:
        """Return the key of the environment's lease."""
        return lease_key(self.account, self.environment)

    @property
    def run(self) -> str:
        """Return the key of the copy of one file of a run's journal."""
        return f"{self.account}/{self.environment}/runs/RUN/NAME"


@dataclass(frozen=True)
class VerbCall:
    """One API call of a verb, made as the operator or in a role."""

    verb: str
    by: str
    operation: str
    parameters: Mapping[str, Any]


def calls_of(ground: Ground, role: str | None = None) -> tuple[VerbCall, ...]:
    """Return the calls of every verb; with `role` everything that is done in a role is done in that one."""
    entered = [role] if role else [it for it in ROLES if it in ground.roles]
    calls = [
        *(call for name in entered for call in _entering(ground, name, f"assume {name}")),
        *_entering(ground, role or READ, CONSOLE, told=False),
        *_looking(ground),
        *_changing(ground),
        *_keeping(ground),
    ]
    if role is None:
        return tuple(calls)
    return tuple(it if it.by == OPERATOR else VerbCall(it.verb, role, it.operation, it.parameters) for it in calls)


def _entering(ground: Ground, role: str, verb: str, *, told: bool = True) -> Iterator[VerbCall]:
    """Yield how a role is entered; flowops tells who enters it, the console does not."""
    wish = {"RoleArn": ground.roles[role], "RoleSessionName": "flowops"}
    more = {"ExternalId": ground.external_id, "SourceIdentity": ground.source_identity} if told else {}
    yield VerbCall(verb, OPERATOR, "sts:AssumeRole", {**wish, **{key: it for key, it in more.items() if it}})


def _looking(ground: Ground) -> Iterator[VerbCall]:
    of_bucket = {"Bucket": ground.bucket}
    state = {**of_bucket, "Key": ground.state}
    yield VerbCall("status", READ, "s3:GetObject", state)
    yield VerbCall("status", READ, "s3:ListObjectsV2", {**of_bucket, "Prefix": f"{ground.below}/"})
    yield VerbCall("plan", READ, "s3:GetObject", state)
    yield VerbCall("plan", READ, "s3:GetObject", {**of_bucket, "Key": ground.lease})
    yield from _each("plan", READ, _INFRASTRUCTURE_READS, ground)
    yield VerbCall("drift", READ, "s3:GetObject", state)
    yield VerbCall("drift", READ, "cloudtrail:LookupEvents", {})
    yield VerbCall("drift", READ, "cloudformation:DetectStackDrift", {"StackName": ENVIRONMENT_STACK})
    yield VerbCall("drift", OPERATOR, "cloudformation:DetectStackDrift", {"StackName": SECURITY_STACK})
    yield VerbCall("drift", OPERATOR, "iam:ListUsers", {})
    for secret in ground.secrets:
        yield VerbCall("secrets check", OPERATOR, "secretsmanager:DescribeSecret", {"SecretId": secret})


def _changing(ground: Ground) -> Iterator[VerbCall]:
    written = {"lease": ground.lease, "lock": f"{ground.state}{LOCK_SUFFIX}", "state": ground.state, "run": ground.run}
    for key in written.values():
        yield VerbCall("apply", WRITE, "s3:PutObject", {"Bucket": ground.bucket, "Key": key})
    yield from _each("apply", WRITE, _CREATIONS, ground)
    yield VerbCall("apply", WRITE, "s3:DeleteObject", {"Bucket": ground.bucket, "Key": written["lock"]})
    yield from _each("destroy", WRITE, _DELETIONS, ground)
    yield VerbCall("destroy", WRITE, "s3:PutObject", {"Bucket": ground.bucket, "Key": ground.state})


def _keeping(ground: Ground) -> Iterator[VerbCall]:
    state = {"Bucket": ground.bucket, "Key": ground.state}
    lock = {"Bucket": ground.bucket, "Key": f"{ground.state}{LOCK_SUFFIX}"}
    yield VerbCall("locks release", WRITE, "s3:DeleteObject", lock)
    yield VerbCall("locks release", WRITE, "s3:PutObject", {"Bucket": ground.bucket, "Key": ground.lease})
    yield VerbCall("recover", WRITE, "s3:ListObjectVersions", {"Bucket": ground.bucket, "Prefix": ground.state})
    yield VerbCall("recover", WRITE, "s3:GetObject", {**state, "VersionId": "VERSION"})
    yield VerbCall("recover", WRITE, "s3:PutObject", state)


_INFRASTRUCTURE_READS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("ec2:DescribeVpcs", {}),
    ("eks:DescribeCluster", {"name": "{cluster}"}),
    ("rds:DescribeDBInstances", {"DBInstanceIdentifier": "{cluster}"}),
    ("iam:GetRole", {"RoleName": "{role}"}),
)
_CREATIONS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("ec2:CreateVpc", {"CidrBlock": "10.0.0.0/16"}),
    (
        "iam:CreateRole",
        {"Path": "/flowable/workload/", "RoleName": "{role}", "PermissionsBoundary": "{boundary}"},
    ),
    ("eks:CreateCluster", {"name": "{cluster}", "roleArn": "{role_arn}"}),
    ("rds:CreateDBInstance", {"DBInstanceIdentifier": "{cluster}", "ManageMasterUserPassword": True}),
)
_DELETIONS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("rds:DeleteDBInstance", {"DBInstanceIdentifier": "{cluster}"}),
    ("eks:DeleteCluster", {"name": "{cluster}"}),
    ("iam:DeleteRole", {"RoleName": "{role}"}),
    ("ec2:DeleteVpc", {}),
)


def _each(verb: str, by: str, calls: Sequence[tuple[str, Mapping[str, Any]]], ground: Ground) -> Iterator[VerbCall]:
    cluster = f"{ground.project}-{ground.environment}"
    names = {
        "cluster": cluster,
        "role": f"{cluster}-cluster",
        "role_arn": f"arn:aws:iam::{ground.account}:role/flowable/workload/{cluster}-cluster",
        "boundary": ground.boundary,
    }
    for operation, parameters in calls:
        filled = {key: it.format(**names) if isinstance(it, str) else it for key, it in parameters.items()}
        yield VerbCall(verb, by, operation, filled)
