"""S3, whose operations and permissions have different names.

Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"; condition keys: Service Authorization
Reference, "Actions, resources, and condition keys for Amazon S3". Operations that are not listed have the permission
of their own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowops.model.authorization.call import Call, Need
from flowops.model.authorization.encryption import on_key
from flowops.model.authorization.history import History

ACTIONS: Mapping[str, str] = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}

OF_VERSIONS: Mapping[str, str] = {
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
}
"""The permission where a call names a version."""

OF_ACCOUNTS: Mapping[str, str] = {
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
}
"""S3 Control has operations of the same names for a whole account."""

BESIDES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "CreateBucket": (
        ("ACL", "PutBucketAcl"),
        ("ObjectLockEnabledForBucket", "PutBucketObjectLockConfiguration"),
        ("ObjectLockEnabledForBucket", "PutBucketVersioning"),
        ("ObjectOwnership", "PutBucketOwnershipControls"),
    ),
    "PutObject": (
        ("ACL", "PutObjectAcl"),
        ("Tagging", "PutObjectTagging"),
        ("ObjectLockMode", "PutObjectRetention"),
        ("ObjectLockLegalHoldStatus", "PutObjectLegalHold"),
    ),
}
"""Permissions that a parameter adds."""

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "s3:prefix": ("Prefix", "prefix"),
    "s3:delimiter": ("Delimiter", "delimiter"),
    "s3:max-keys": ("MaxKeys",),
    "s3:versionid": ("VersionId",),
    "s3:if-match": ("IfMatch",),
    "s3:if-none-match": ("IfNoneMatch",),
    "s3:x-amz-acl": ("ACL", "x-amz-acl"),
    "s3:x-amz-server-side-encryption": ("ServerSideEncryption", "x-amz-server-side-encryption"),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": ("SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),
    "s3:x-amz-object-ownership": ("ObjectOwnership",),
    "s3:locationconstraint": ("CreateBucketConfiguration.LocationConstraint",),
}
_READS = ("GetObject", "HeadObject")
_WRITES = (
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "CompleteMultipartUpload",
)


def needs_of(call: Call, history: History) -> Iterator[Need]:
    """Yield what an S3 call needs: its own permission first, then what it implies."""
    if call.operation == "DeleteObjects":
        yield from _deletions(call)
        return
    resource, facts = _resource(call), _facts(call)
    yield Need(f"s3:{_permission(call)}", resource, facts)
    for parameter, action in BESIDES.get(call.operation, ()):
        if call.has(parameter):
            yield Need(f"s3:{action}", resource, facts)
    if source := call.text("CopySource"):
        place, _, version = source.lstrip("/").partition("?")
        yield Need("s3:GetObjectVersion" if version else "s3:GetObject", f"arn:aws:s3:::{place}")
    if call.operation in _READS and call.status == 404:
        yield _told_that_it_is_missing(call)
    yield from _on_key(call, history)


def _permission(call: Call) -> str:
    if call.has("AccountId") and call.operation in OF_ACCOUNTS:
        return OF_ACCOUNTS[call.operation]
    action = ACTIONS.get(call.operation, call.operation)
    return OF_VERSIONS.get(action, action) if call.has("VersionId") else action


def _resource(call: Call) -> str:
    bucket, key = call.text("Bucket"), call.text("Key")
    if not bucket:
        return "*"
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _facts(call: Call) -> dict[str, tuple[str, ...]]:
    found = {key: call.text(*paths) for key, paths in _HEADERS.items()}
    # A listing of everything has an empty prefix, which is not the same as none (S3 User Guide, s3:prefix).
    if call.operation.startswith("ListObject") and not found["s3:prefix"]:
        return {**_given(found), "s3:prefix": ("",)}
    return _given(found)


def _given(found: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {key: (value,) for key, value in found.items() if value}


def _deletions(call: Call) -> Iterator[Need]:
    for item in (call.parameters.get("Delete") or {}).get("Objects") or []:
        action = "s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject"
        yield Need(action, f"arn:aws:s3:::{call.text('Bucket')}/{item['Key']}")


def _told_that_it_is_missing(call: Call) -> Need:
    """Return what lets S3 answer 404: without s3:ListBucket a missing object is a 403.

    S3 API Reference, GetObject and HeadObject, Permissions. HashiCorp's page on the S3 backend shows policies that
    allow it for a prefix equal to the key.
    """
    bucket = f"arn:aws:s3:::{call.text('Bucket')}"
    return Need("s3:ListBucket", bucket, {"s3:prefix": (call.text("Key"),)})


def _on_key(call: Call, history: History) -> Iterator[Need]:
    """Yield what an object encrypted with a KMS key needs (S3 User Guide, "Using SSE-KMS").

    A HEAD request decrypts nothing unless it asks for the checksum (S3 API Reference, HeadObject, Permissions).
    """
    bucket = call.text("Bucket")
    explicit = call.text("SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id")
    key = explicit or history.bucket_key(bucket)
    if not key or not call.has("Key") or call.status == 404:
        return
    arn = history.key_arn(call, key, account=history.owner(bucket))
    actions: tuple[str, ...] = ()
    if call.operation in _WRITES:
        actions = ("kms:GenerateDataKey",) if call.operation == "PutObject" else ("kms:GenerateDataKey", "kms:Decrypt")
    elif call.operation == "GetObject" or (call.operation == "HeadObject" and call.has("ChecksumMode")):
        actions = ("kms:Decrypt",)
    for action in actions:
        yield on_key(action, arn, call, "s3", aws__s3__arn=f"arn:aws:s3:::{bucket}")
