"""The bucket of states: what its settings mean."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from flowops.model.access import Access
from flowops.model.doctor import Line, fine, wrong
from flowops.model.doctor_facts import Bucket
from flowops.model.policy import InvalidPolicy, Policy, Principal, Request, evaluate
from flowops.model.state import LOCK_SUFFIX
from flowops.operations.doctor.decisions import ANYTHING

BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")

Judge = Callable[[Bucket, str, str], Line]
"""Judges a bucket; the texts are the ARN of the states' own key, and what leads aws to the security account."""


def gone(name: str) -> Line:
    """Return the line of a bucket that is not there."""
    return wrong("state-bucket", f"the bucket {name} of flowops.lock is not there", "flowops bootstrap security")


def _versioning(found: Bucket, _key: str, reach: str) -> Line:
    if found.versioning == "Enabled":
        return fine("bucket-versioning", "every version of a state is kept")
    text = f"versioning is {found.versioning.lower() or 'off'}: a lost state cannot be brought back"
    wish = "--versioning-configuration Status=Enabled"
    return wrong("bucket-versioning", text, f"aws s3api put-bucket-versioning --bucket {found.name} {wish} {reach}")


def _encryption(found: Bucket, key: str, reach: str) -> Line:
    if found.encryption == ("aws:kms", key):
        return fine("bucket-encryption", f"states are encrypted with {key}")
    algorithm, other = found.encryption
    text = f"states are encrypted with {other or algorithm or 'nothing'}, not with {key}"
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    wish = shlex.quote(json.dumps({"Rules": [rule]}, separators=(",", ":")))
    command = f"aws s3api put-bucket-encryption --bucket {found.name} --server-side-encryption-configuration {wish}"
    return wrong("bucket-encryption", text, f"{command} {reach}")


def _public_access(found: Bucket, _key: str, reach: str) -> Line:
    missing = [name for name in BLOCKS if not found.public_access.get(name)]
    if not missing:
        return fine("bucket-public-access", "nothing in it can become public")
    wish = ",".join(f"{name}=true" for name in BLOCKS)
    command = f"aws s3api put-public-access-block --bucket {found.name} --public-access-block-configuration {wish}"
    return wrong("bucket-public-access", f"not blocked: {', '.join(missing)}", f"{command} {reach}")


SETTINGS: Mapping[str, Judge] = {
    "bucket-versioning": _versioning,
    "bucket-encryption": _encryption,
    "bucket-public-access": _public_access,
}
"""What judges each setting of the bucket."""


def transport(found: Bucket, account: str, organization: str, mend: Callable[[], str]) -> Line:
    """Judge whether the bucket refuses requests without TLS, and with a TLS older than 1.2."""
    try:
        open_to = [
            said
            for said, context in (
                ("requests without TLS", {"aws:securetransport": ("false",)}),
                ("TLS 1.1", {"aws:securetransport": ("true",), "s3:tlsversion": ("1.1",)}),
            )
            if _reads(found, account, {**context, "aws:principalorgid": (organization,)})
        ]
    except InvalidPolicy as error:
        return wrong("bucket-tls", str(error), mend())
    if open_to:
        return wrong("bucket-tls", f"the bucket's policy lets through {' and '.join(open_to)}", mend())
    return fine("bucket-tls", "requests without TLS 1.2 are refused")


def _reads(found: Bucket, account: str, context: Mapping[str, tuple[str, ...]]) -> bool:
    reader = Principal(f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", account)
    request = Request(reader, "s3:GetObject", f"arn:aws:s3:::{found.name}/any", context)
    resource = Policy.from_document("the bucket's policy", found.policy) if found.policy is not None else None
    return evaluate(request, identity=(ANYTHING,), resource=resource, resource_account=account).allowed


def locks(
    found: Bucket, account: str, holder: str, organization: str, *, restore: str, mend: Callable[[], str]
) -> Line:
    """Judge whether terraform can lock states of the account `holder`: S3 writes a lock only where there is none.

    `restore` is the command that brings the right root.hcl back, empty where it has terraform lock by such a file.

    Amazon S3 User Guide, "How to prevent object overwrites with conditional writes": every general purpose bucket can.
    """
    if restore:
        text = "deployments/root.hcl does not say use_lockfile = true: two applies could write one state"
        return wrong("lock-support", text, restore)
    key = f"arn:aws:s3:::{found.name}/{holder}/any/terraform.tfstate{LOCK_SUFFIX}"
    role = f"arn:aws:iam::{holder}:role/flowable/{Access.WRITE.value}"
    context = {"aws:principalorgid": (organization,), "aws:securetransport": ("true",), "s3:tlsversion": ("1.3",)}
    for action in ("s3:PutObject", "s3:DeleteObject"):
        request = Request(Principal(role, holder), action, key, context)
        reason = _refusal(found, account, request)
        if reason:
            return wrong("lock-support", f"{Access.WRITE.value} of {holder} cannot lock states: {reason}", mend())
    return fine("lock-support", f"{Access.WRITE.value} of {holder} may write and release locks")


def _refusal(found: Bucket, account: str, request: Request) -> str:
    if found.policy is None:
        return "the bucket has no policy"
    try:
        policy = Policy.from_document("the bucket's policy", found.policy)
        decision = evaluate(request, identity=(ANYTHING,), resource=policy, resource_account=account)
    except InvalidPolicy as error:
        return str(error)
    return "" if decision.allowed else decision.reason


def policy_command(bucket: str, expected: Mapping[str, Any] | None, reach: str) -> str:
    """Return what gives the bucket the policy that its stack made; without that, what shows the difference."""
    if expected is None:
        return "flowops drift"
    document = shlex.quote(json.dumps(expected, separators=(",", ":")))
    return f"aws s3api put-bucket-policy --bucket {bucket} --policy {document} {reach}"
