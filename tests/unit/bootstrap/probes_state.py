"""The state bucket, its key and its access logs: who may read, write and tamper."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, may, may_not
from tests.unit.bootstrap.resolve import BUCKET, DEV, LOG_BUCKET, PROD, REGION, SECURITY, STATE_KEY, key_arn

_BUCKET = f"arn:aws:s3:::{BUCKET}"
_LOGS = f"arn:aws:s3:::{LOG_BUCKET}"
_UNIT = f"{DEV}/aws/non-prod/eu-central-1/dev/foundation/vpc/terraform.tfstate"
_STATE, _LOCK = f"{_BUCKET}/{_UNIT}", f"{_BUCKET}/{_UNIT}.tflock"
_LEASE, _RUN = f"{_BUCKET}/{DEV}/dev/flowops.lease", f"{_BUCKET}/{DEV}/dev/runs/20261123T021500Z-apply/events.jsonl"
_PROD_UNIT = f"{PROD}/aws/prod/eu-central-1/prod/foundation/vpc/terraform.tfstate"
_PROD_STATE, _PROD_LOCK = f"{_BUCKET}/{_PROD_UNIT}", f"{_BUCKET}/{_PROD_UNIT}.tflock"
_STRAY = f"{_BUCKET}/{DEV}/notes.txt"
_OBJECTS = (_STATE, _LOCK, _LEASE, _RUN)

_LIST, _READ = "StateBucketPolicy/ListOwnState", "StateBucketPolicy/ReadOwnState"
_WRITE, _RELEASE = "StateBucketPolicy/WriteOwnState", "StateBucketPolicy/ReleaseOwnLocks"

_KMS, _KMS_KEY = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
_VIA_S3 = {"kms:viaservice": f"s3.{REGION}.amazonaws.com"}
_ELSEWHERE = {"aws:principalorgid": "o-somebodyelse"}

_TAMPERING = (
    (_BUCKET, "s3:DeleteBucket"),
    (_BUCKET, "s3:DeleteBucketPolicy"),
    (_STATE, "s3:DeleteObjectVersion"),
    (_BUCKET, "s3:PutBucketLogging"),
    (_BUCKET, "s3:PutBucketOwnershipControls"),
    (_BUCKET, "s3:PutBucketPolicy"),
    (_BUCKET, "s3:PutBucketPublicAccessBlock"),
    (_BUCKET, "s3:PutBucketVersioning"),
    (_BUCKET, "s3:PutEncryptionConfiguration"),
    (_BUCKET, "s3:PutLifecycleConfiguration"),
)


def _prefix(prefix: str) -> dict[str, str]:
    return {"s3:prefix": prefix}


def _one_sided(*cases: Case) -> list[Case]:
    return [replace(case, one_sided=True) for case in cases]


OWN_STATE = [
    may("deploy", "s3:ListBucket", _BUCKET, _LIST, "foundation: init of every unit", context=_prefix("env:/")),
    may("deploy", "s3:ListBucket", _BUCKET, _LIST, "foundation: state that is not there yet", context=_prefix(_UNIT)),
    may("deploy", "s3:ListBucketVersions", _BUCKET, _LIST, "recover: versions of a state", context=_prefix(_UNIT)),
    may("deploy", "s3:GetObjectVersion", _STATE, _READ, "recover: an older version"),
    *(may("deploy", "s3:GetObject", arn, _READ, "foundation: state, lock, lease, run") for arn in _OBJECTS),
    *(may("deploy", "s3:PutObject", arn, _WRITE, "foundation: state, lock, lease, run") for arn in _OBJECTS),
    may("deploy", "s3:DeleteObject", _LOCK, _RELEASE, "foundation: lock released"),
    may("plan", "s3:ListBucket", _BUCKET, _LIST, "plan: init", context=_prefix("env:/")),
    may("plan", "s3:ListBucketVersions", _BUCKET, _LIST, "plan: what stood before a state", context=_prefix(_UNIT)),
    may("plan", "s3:GetObjectVersion", _STATE, _READ, "plan: what stood before a state"),
    may("plan", "s3:ListBucket", _BUCKET, _LIST, "plan: state that is not there yet", context=_prefix(_UNIT)),
    *(may("plan", "s3:GetObject", arn, _READ, "plan, locks list, status, runs list") for arn in _OBJECTS),
    may("prod deploy", "s3:GetObject", _PROD_STATE, _READ, "prod: the same below its own id"),
]

OTHER_STATE = [
    may_not("deploy", "s3:ListBucket", _BUCKET, _LIST, "keys of everybody", context={}),
    may_not("deploy", "s3:ListBucket", _BUCKET, _LIST, "keys of prod", context=_prefix(f"{PROD}/")),
    may_not("deploy", "s3:DeleteObject", _STATE, note="a state is never deleted"),
    may_not("deploy", "s3:DeleteObject", _LEASE, note="a lease is overwritten, not deleted"),
    may_not("deploy", "s3:DeleteObject", _RUN, note="a journal's copy is never deleted"),
    may_not("deploy", "s3:DeleteObjectVersion", _STATE, "StateBucketPolicy/DenyTampering"),
    may_not("deploy", "s3:DeleteObjectVersion", _RUN, "StateBucketPolicy/DenyTampering", "nor what it said before"),
    may_not("deploy", "s3:PutObject", _STRAY),
    may_not("deploy", "s3:GetObject", _PROD_STATE),
    may_not("deploy+", "s3:PutObject", _STRAY, note="the bucket's own policy"),
    may_not("deploy+", "s3:PutObject", _PROD_STATE),
    may_not("deploy+", "s3:GetObject", "arn:aws:s3:::some-other-bucket/file", note="boundary: no other bucket"),
    may_not("deploy+", "s3:CreateBucket", "arn:aws:s3:::some-new-bucket"),
    *(may_not("plan", "s3:PutObject", arn, note="a plan writes nothing") for arn in _OBJECTS),
    *(may_not("plan+", "s3:PutObject", arn, _WRITE, "a plan writes nothing") for arn in _OBJECTS),
    may_not("plan+", "s3:DeleteObject", _LOCK, _RELEASE),
    may_not("prod deploy", "s3:ListBucket", _BUCKET, _LIST, "keys of dev", context=_prefix(f"{DEV}/")),
    *(may_not("prod deploy", "s3:GetObject", arn) for arn in (_STATE, _LOCK, _LEASE, _RUN, _STRAY)),
    *(may_not("prod deploy", "s3:PutObject", arn) for arn in (_STATE, _LOCK, _LEASE, _RUN)),
    may_not("prod deploy", "s3:DeleteObject", _LOCK),
    may_not("prod deploy", "s3:DeleteObject", _PROD_STATE),
    may_not("dev administrator", "s3:ListBucket", _BUCKET, _LIST, "only the two roles", context=_prefix(_UNIT)),
    may_not("dev administrator", "s3:GetObject", _STATE, _READ),
    may_not("dev administrator", "s3:PutObject", _STATE, _WRITE),
    may_not("dev administrator", "s3:DeleteObject", _LOCK, _RELEASE),
    may_not("unlisted deploy", "s3:ListBucket", _BUCKET, note="an account of no environment", context=_prefix("env:/")),
    may_not("unlisted deploy", "s3:GetObject", f"{_BUCKET}/444444444444/dev/x/terraform.tfstate"),
    may_not("unlisted deploy", "s3:PutObject", f"{_BUCKET}/444444444444/dev/x/terraform.tfstate"),
    may_not("unlisted deploy", "s3:DeleteObject", f"{_BUCKET}/444444444444/dev/x/terraform.tfstate.tflock"),
]

CALLERS_SIDE = _one_sided(
    may("deploy", "s3:ListBucket", _BUCKET, "DevOpsAdminRole/State/ListOwnState", context=_prefix("env:/")),
    may_not("deploy", "s3:ListBucket", _BUCKET, "DevOpsAdminRole/State/ListOwnState", context=_prefix(f"{PROD}/")),
    may_not("deploy", "s3:PutObject", _STRAY),
    may_not("deploy", "s3:DeleteObject", _STATE),
    may_not("deploy bare", "s3:ListBucket", "arn:aws:s3:::some-other-bucket", context=_prefix("env:/")),
    may_not("plan", "s3:ListBucket", _BUCKET, "FlowopsPlanRole/State/ListOwnState", context=_prefix(f"{PROD}/")),
    may_not("plan", "s3:GetObject", _STRAY),
    may_not("plan bare", "s3:ListBucket", "arn:aws:s3:::some-other-bucket", context=_prefix("env:/")),
    may_not("deploy", "kms:Decrypt", STATE_KEY, "DevOpsAdminRole/State/UseStateKey", "not through S3"),
    may_not("deploy", "kms:Decrypt", key_arn("any", DEV), context=_VIA_S3),
    may_not("plan", "kms:Decrypt", STATE_KEY, "FlowopsPlanRole/State/DecryptState", "not through S3"),
    may_not("plan", "kms:Decrypt", key_arn("any", DEV), context=_VIA_S3),
    may_not("deploy+", "s3:PutObject", _PROD_STATE, note="boundary: below the own id only"),
)

DENIED = [
    may_not(
        "deploy",
        "s3:GetObject",
        _STATE,
        "StateBucketPolicy/DenyInsecureTransport",
        context={"aws:securetransport": "false"},
    ),
    may_not(
        "deploy",
        "s3:ListBucket",
        _BUCKET,
        "StateBucketPolicy/DenyInsecureTransport",
        context={"aws:securetransport": "false", **_prefix("env:/")},
    ),
    may_not("deploy", "s3:GetObject", _STATE, "StateBucketPolicy/DenyOldTls", context={"s3:tlsversion": "1.1"}),
    may_not(
        "deploy",
        "s3:ListBucket",
        _BUCKET,
        "StateBucketPolicy/DenyOldTls",
        context={"s3:tlsversion": "1.1", **_prefix("env:/")},
    ),
    may(
        "deploy",
        "s3:PutObject",
        _STATE,
        _WRITE,
        "foundation: kms_key_id of the backend",
        context={_KMS: "aws:kms", _KMS_KEY: STATE_KEY},
    ),
    may_not(
        "deploy",
        "s3:PutObject",
        _STATE,
        "StateBucketPolicy/DenyOtherEncryption",
        context={_KMS: "aws:kms", _KMS_KEY: key_arn("any", DEV)},
    ),
    may_not("deploy", "s3:PutObject", _STATE, "StateBucketPolicy/DenyOtherEncryption", context={_KMS: "AES256"}),
    may_not(
        "deploy", "s3:PutObject", _STATE, "StateBucketPolicy/DenyOtherEncryption", "aws/s3", context={_KMS: "aws:kms"}
    ),
    *(may_not("security administrator", action, arn, "StateBucketPolicy/DenyTampering") for arn, action in _TAMPERING),
    may("bootstrap", "s3:PutBucketPolicy", _BUCKET, "AdministratorAccess/All", "update of flowops-security"),
    may("break glass", "s3:DeleteObjectVersion", _STATE, "AdministratorAccess/All"),
    may_not("deploy", "s3:GetObject", _STATE, "StateBucketPolicy/DenyOtherOrganizations", context=_ELSEWHERE),
    may_not(
        "deploy",
        "s3:ListBucket",
        _BUCKET,
        "StateBucketPolicy/DenyOtherOrganizations",
        context={**_ELSEWHERE, **_prefix("env:/")},
    ),
    may_not("log delivery", "s3:PutObject", _STATE, note="a service is not denied, but nothing allows it either"),
]

_KEY_READ, _KEY_WRITE = "StateKey/DecryptState", "StateKey/EncryptState"
STATE_KEY_USE = [
    may("security administrator", "kms:PutKeyPolicy", STATE_KEY, "StateKey/AdministerFromThisAccount"),
    may("deploy", "kms:Decrypt", STATE_KEY, _KEY_READ, "foundation: state read", context=_VIA_S3),
    may("deploy", "kms:GenerateDataKey", STATE_KEY, _KEY_WRITE, "foundation: state written", context=_VIA_S3),
    may("plan", "kms:Decrypt", STATE_KEY, _KEY_READ, "plan: state read", context=_VIA_S3),
    may_not("plan", "kms:GenerateDataKey", STATE_KEY, _KEY_WRITE, context=_VIA_S3),
    may_not("plan+", "kms:GenerateDataKey", STATE_KEY, _KEY_WRITE, context=_VIA_S3),
    *(
        case
        for action, by in (("kms:Decrypt", _KEY_READ), ("kms:GenerateDataKey", _KEY_WRITE))
        for case in (
            may_not("deploy+", action, STATE_KEY, by, "not through S3"),
            may_not("prod deploy", action, STATE_KEY, by, context={**_VIA_S3, **_ELSEWHERE}),
            may_not("dev administrator", action, STATE_KEY, by, context=_VIA_S3),
            may_not("unlisted deploy", action, STATE_KEY, context=_VIA_S3),
        )
    ),
]

_DELIVERY = {"aws:sourcearn": _BUCKET, "aws:sourceaccount": SECURITY}
ACCESS_LOGS = [
    may(
        "log delivery",
        "s3:PutObject",
        f"{_LOGS}/terraform-state/x",
        "AccessLogBucketPolicy/DeliverAccessLogs",
        context=_DELIVERY,
    ),
    may_not("log delivery", "s3:PutObject", f"{_LOGS}/elsewhere/x", context=_DELIVERY),
    may_not("dev administrator", "s3:PutObject", f"{_LOGS}/terraform-state/x", context=_DELIVERY),
    may_not(
        "log delivery",
        "s3:PutObject",
        f"{_LOGS}/terraform-state/x",
        "AccessLogBucketPolicy/DeliverAccessLogs",
        context={**_DELIVERY, "aws:sourceaccount": DEV},
    ),
    may_not(
        "log delivery",
        "s3:PutObject",
        f"{_LOGS}/terraform-state/x",
        "AccessLogBucketPolicy/DeliverAccessLogs",
        context={**_DELIVERY, "aws:sourcearn": "arn:aws:s3:::some-other-bucket"},
    ),
    *(
        may_not(
            "security administrator",
            action,
            arn,
            "AccessLogBucketPolicy/DenyInsecureTransport",
            context={"aws:securetransport": "false"},
        )
        for action, arn in (("s3:ListBucket", _LOGS), ("s3:GetObject", f"{_LOGS}/terraform-state/x"))
    ),
]

STATE = (*OWN_STATE, *OTHER_STATE, *CALLERS_SIDE, *DENIED, *STATE_KEY_USE, *ACCESS_LOGS)
