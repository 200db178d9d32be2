"""S3 buckets and their policies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from flowops.rehearsal.cloudformation.resources.base import (
    Aws,
    Properties,
    ResourceType,
    Section,
    apply_sections,
    as_json,
    given,
)
from flowops.rehearsal.cloudformation.resources.s3_lifecycle import LIFECYCLE, lifecycle_from_api, lifecycle_to_api
from flowops.rehearsal.cloudformation.shapes import DOCUMENT, FLAG, NUMBER, TAGS, TEXT, ListOf, form

MISSING = frozenset({"NoSuchBucket", "404"})
LONGEST_NAME = 63

_DEFAULT_ENCRYPTION = form(("SSEAlgorithm",), KMSMasterKeyID=TEXT, SSEAlgorithm=TEXT)
_ENCRYPTION_RULE = form(BucketKeyEnabled=FLAG, ServerSideEncryptionByDefault=_DEFAULT_ENCRYPTION)
_RETENTION = form(Days=NUMBER, Mode=TEXT, Years=NUMBER)


class Bucket(ResourceType):
    """AWS::S3::Bucket."""

    type = "AWS::S3::Bucket"
    fields = form(
        BucketEncryption=form(
            ("ServerSideEncryptionConfiguration",), ServerSideEncryptionConfiguration=ListOf(_ENCRYPTION_RULE)
        ),
        BucketName=TEXT,
        LifecycleConfiguration=LIFECYCLE,
        LoggingConfiguration=form(DestinationBucketName=TEXT, LogFilePrefix=TEXT),
        ObjectLockConfiguration=form(ObjectLockEnabled=TEXT, Rule=form(DefaultRetention=_RETENTION)),
        ObjectLockEnabled=FLAG,
        OwnershipControls=form(("Rules",), Rules=ListOf(form(("ObjectOwnership",), ObjectOwnership=TEXT))),
        PublicAccessBlockConfiguration=form(
            BlockPublicAcls=FLAG, BlockPublicPolicy=FLAG, IgnorePublicAcls=FLAG, RestrictPublicBuckets=FLAG
        ),
        Tags=TAGS,
        VersioningConfiguration=form(("Status",), Status=TEXT),
    )
    replaced_by = frozenset({"BucketName", "ObjectLockEnabled"})
    name_property = "BucketName"
    attribute_names = ("Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL")
    missing_codes = MISSING

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the bucket and return its name."""
        chosen = str(properties.get("BucketName", _bucket_name(name)))
        place = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
        lock = {"ObjectLockEnabledForBucket": True} if properties.get("ObjectLockEnabled") else {}
        aws("s3").create_bucket(Bucket=chosen, **place, **lock)
        return chosen

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring every setting that has an API call of its own."""
        apply_sections(_sections(aws("s3"), physical_id), old, new)

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN and the host names."""
        return {
            "Arn": f"arn:aws:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.amazonaws.com",
            "DualStackDomainName": f"{physical_id}.s3.dualstack.{aws.region}.amazonaws.com",
            "RegionalDomainName": f"{physical_id}.s3.{aws.region}.amazonaws.com",
            "WebsiteURL": f"http://{physical_id}.s3-website.{aws.region}.amazonaws.com",
        }

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the bucket; one that holds objects stays, as in AWS."""
        aws("s3").delete_bucket(Bucket=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live settings in the form of the template."""
        s3, key = aws("s3"), {"Bucket": physical_id}
        s3.head_bucket(**key)
        return {
            "VersioningConfiguration": given(s3.get_bucket_versioning(**key), "Status"),
            "PublicAccessBlockConfiguration": _read(s3.get_public_access_block, key, "PublicAccessBlockConfiguration"),
            "OwnershipControls": _read(s3.get_bucket_ownership_controls, key, "OwnershipControls"),
            "BucketEncryption": _encryption_from_api(
                _read(s3.get_bucket_encryption, key, "ServerSideEncryptionConfiguration")
            ),
            "LoggingConfiguration": _logging_from_api(s3.get_bucket_logging(**key).get("LoggingEnabled", {})),
            "LifecycleConfiguration": lifecycle_from_api(_read(s3.get_bucket_lifecycle_configuration, key, "Rules")),
            "Tags": _read(s3.get_bucket_tagging, key, "TagSet"),
        }


class BucketPolicy(ResourceType):
    """AWS::S3::BucketPolicy."""

    type = "AWS::S3::BucketPolicy"
    fields = form(("Bucket", "PolicyDocument"), Bucket=TEXT, PolicyDocument=DOCUMENT)
    replaced_by = frozenset({"Bucket"})
    missing_codes = MISSING | {"NoSuchBucketPolicy"}

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Return the bucket's name; configure puts the policy."""
        return str(properties["Bucket"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Put the policy."""
        aws("s3").put_bucket_policy(Bucket=physical_id, Policy=as_json(new["PolicyDocument"]))

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the policy."""
        aws("s3").delete_bucket_policy(Bucket=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live policy."""
        return {"PolicyDocument": json.loads(aws("s3").get_bucket_policy(Bucket=physical_id)["Policy"])}


def _sections(s3: Any, bucket: str) -> tuple[Section, ...]:
    key = {"Bucket": bucket}
    return (*_protection(s3, key), *_keeping(s3, key), _logging(s3, key), _tags(s3, key))


def _protection(s3: Any, key: Mapping[str, str]) -> tuple[Section, ...]:
    return (
        Section(
            "PublicAccessBlockConfiguration",
            lambda value: s3.put_public_access_block(**key, PublicAccessBlockConfiguration=value),
            lambda: s3.delete_public_access_block(**key),
        ),
        Section(
            "OwnershipControls",
            lambda value: s3.put_bucket_ownership_controls(**key, OwnershipControls=value),
            lambda: s3.delete_bucket_ownership_controls(**key),
        ),
        Section(
            "BucketEncryption",
            lambda value: s3.put_bucket_encryption(**key, ServerSideEncryptionConfiguration=_encryption_to_api(value)),
            lambda: s3.delete_bucket_encryption(**key),
        ),
    )


def _keeping(s3: Any, key: Mapping[str, str]) -> tuple[Section, ...]:
    unlocked = {"ObjectLockEnabled": "Enabled"}
    return (
        Section(
            "VersioningConfiguration",
            lambda value: s3.put_bucket_versioning(**key, VersioningConfiguration=value),
            lambda: s3.put_bucket_versioning(**key, VersioningConfiguration={"Status": "Suspended"}),
        ),
        Section(
            "ObjectLockConfiguration",
            lambda value: s3.put_object_lock_configuration(**key, ObjectLockConfiguration=value),
            lambda: s3.put_object_lock_configuration(**key, ObjectLockConfiguration=unlocked),
        ),
        Section(
            "LifecycleConfiguration",
            lambda value: s3.put_bucket_lifecycle_configuration(**key, LifecycleConfiguration=lifecycle_to_api(value)),
            lambda: s3.delete_bucket_lifecycle(**key),
        ),
    )


def _logging(s3: Any, key: Mapping[str, str]) -> Section:
    return Section(
        "LoggingConfiguration",
        lambda value: s3.put_bucket_logging(**key, BucketLoggingStatus=_logging_to_api(value, key["Bucket"])),
        lambda: s3.put_bucket_logging(**key, BucketLoggingStatus={}),
    )


def _tags(s3: Any, key: Mapping[str, str]) -> Section:
    return Section(
        "Tags",
        lambda tags: s3.put_bucket_tagging(**key, Tagging={"TagSet": tags}),
        lambda: s3.delete_bucket_tagging(**key),
    )


def _encryption_to_api(value: Mapping[str, Any]) -> dict[str, Any]:
    rules = [
        _swapped(rule, "ServerSideEncryptionByDefault", "ApplyServerSideEncryptionByDefault")
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _encryption_from_api(value: Mapping[str, Any]) -> dict[str, Any]:
    rules = [
        _swapped(rule, "ApplyServerSideEncryptionByDefault", "ServerSideEncryptionByDefault")
        for rule in value.get("Rules", ())
    ]
    return {"ServerSideEncryptionConfiguration": rules} if rules else {}


def _swapped(rule: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {(new if name == old else name): value for name, value in rule.items()}


def _logging_to_api(value: Mapping[str, Any], bucket: str) -> dict[str, Any]:
    target = value.get("DestinationBucketName", bucket)
    return {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": value.get("LogFilePrefix", "")}}


def _logging_from_api(value: Mapping[str, Any]) -> dict[str, Any]:
    if not value:
        return {}
    return {"DestinationBucketName": value["TargetBucket"], "LogFilePrefix": value.get("TargetPrefix", "")}


def _read(call: Any, key: Mapping[str, str], member: str) -> Any:
    """Return a setting, empty where the bucket has none."""
    try:
        return call(**key)[member]
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            raise
        return {}


def _bucket_name(name: str) -> str:
    return re.sub(r"[^a-z0-9-]", "", name.lower())[-LONGEST_NAME:].lstrip("-")
