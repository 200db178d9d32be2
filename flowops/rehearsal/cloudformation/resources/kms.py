"""KMS keys and aliases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flowops.rehearsal.cloudformation.resources.base import (
    Aws,
    Properties,
    ResourceType,
    Section,
    apply_sections,
    as_json,
    given,
    removed_tags,
)
from flowops.rehearsal.cloudformation.shapes import DOCUMENT, FLAG, NUMBER, TAGS, TEXT, form

DEFAULT_WINDOW_DAYS = 30
MISSING = frozenset({"NotFoundException"})


class Key(ResourceType):
    """AWS::KMS::Key."""

    type = "AWS::KMS::Key"
    fields = form(
        BypassPolicyLockoutSafetyCheck=FLAG,
        Description=TEXT,
        EnableKeyRotation=FLAG,
        Enabled=FLAG,
        KeyPolicy=DOCUMENT,
        KeySpec=TEXT,
        KeyUsage=TEXT,
        MultiRegion=FLAG,
        Origin=TEXT,
        PendingWindowInDays=NUMBER,
        RotationPeriodInDays=NUMBER,
        Tags=TAGS,
    )
    replaced_by = frozenset({"KeySpec", "KeyUsage", "MultiRegion", "Origin"})
    attribute_names = ("Arn", "KeyId")
    missing_codes = MISSING

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the key with its policy and return its id."""
        policy = {"Policy": as_json(properties["KeyPolicy"])} if "KeyPolicy" in properties else {}
        made = aws("kms").create_key(
            **policy,
            **given(properties, "Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin"),
            Tags=_api_tags(properties.get("Tags", ())),
        )
        return str(made["KeyMetadata"]["KeyId"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring rotation and state and, in an update, policy, description and tags."""
        kms, key = aws("kms"), {"KeyId": physical_id}
        _rotate(kms, key, old, new)
        if old.get("Enabled", True) != new.get("Enabled", True):
            (kms.enable_key if new.get("Enabled", True) else kms.disable_key)(**key)
        if fresh:
            return
        if removed_tags(old, new):
            kms.untag_resource(**key, TagKeys=removed_tags(old, new))
        apply_sections(_sections(kms, key), old, new)

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN and the id."""
        arn = f"arn:aws:kms:{aws.region}:{aws.account}:key/{physical_id}"
        return {"Arn": arn, "KeyId": physical_id}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Schedule the deletion, which is all that AWS does."""
        days = properties.get("PendingWindowInDays", DEFAULT_WINDOW_DAYS)
        if _metadata(aws, physical_id)["KeyState"] != "PendingDeletion":
            aws("kms").schedule_key_deletion(KeyId=physical_id, PendingWindowInDays=days)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live key in the form of the template."""
        kms, key = aws("kms"), {"KeyId": physical_id}
        metadata = _metadata(aws, physical_id)
        rotation = kms.get_key_rotation_status(**key)
        return {
            "Description": metadata.get("Description", ""),
            "Enabled": metadata["Enabled"],
            "EnableKeyRotation": rotation["KeyRotationEnabled"],
            "KeyPolicy": json.loads(kms.get_key_policy(**key, PolicyName="default")["Policy"]),
            "Tags": [{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in kms.list_resource_tags(**key)["Tags"]],
        }


class Alias(ResourceType):
    """AWS::KMS::Alias."""

    type = "AWS::KMS::Alias"
    fields = form(("AliasName", "TargetKeyId"), AliasName=TEXT, TargetKeyId=TEXT)
    replaced_by = frozenset({"AliasName"})
    missing_codes = MISSING

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the alias and return its name."""
        aws("kms").create_alias(AliasName=properties["AliasName"], TargetKeyId=properties["TargetKeyId"])
        return str(properties["AliasName"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Point it to another key in an update."""
        if not fresh:
            aws("kms").update_alias(AliasName=physical_id, TargetKeyId=new["TargetKeyId"])

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the alias."""
        aws("kms").delete_alias(AliasName=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the target as the template writes it where it is the same key."""
        live = _metadata(aws, physical_id)
        target = properties["TargetKeyId"]
        return {"TargetKeyId": target if target in (live["KeyId"], live["Arn"]) else live["KeyId"]}


def _metadata(aws: Aws, key: str) -> Any:
    return aws("kms").describe_key(KeyId=key)["KeyMetadata"]


def _rotate(kms: Any, key: dict[str, str], old: Properties, new: Properties) -> None:
    names = ("EnableKeyRotation", "RotationPeriodInDays")
    if given(old, *names) == given(new, *names):
        return
    if not new.get("EnableKeyRotation"):
        kms.disable_key_rotation(**key)
        return
    kms.enable_key_rotation(**key, **given(new, "RotationPeriodInDays"))


def _sections(kms: Any, key: dict[str, str]) -> tuple[Section, ...]:
    return (
        Section(
            "KeyPolicy",
            lambda policy: kms.put_key_policy(**key, PolicyName="default", Policy=as_json(policy)),
            lambda: None,
        ),
        Section(
            "Description",
            lambda text: kms.update_key_description(**key, Description=text),
            lambda: kms.update_key_description(**key, Description=""),
        ),
        Section("Tags", lambda tags: kms.tag_resource(**key, Tags=_api_tags(tags)), lambda: None),
    )


def _api_tags(tags: Sequence[Any]) -> list[dict[str, str]]:
    return [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]
