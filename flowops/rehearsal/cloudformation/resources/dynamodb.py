"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from flowops.rehearsal.cloudformation.resources.base import (
    Aws,
    Properties,
    ResourceType,
    Section,
    apply_sections,
    given,
    removed_tags,
)
from flowops.rehearsal.cloudformation.shapes import FLAG, NUMBER, TAGS, TEXT, ListOf, form

_ATTRIBUTE = form(("AttributeName", "AttributeType"), AttributeName=TEXT, AttributeType=TEXT)
_KEY = form(("AttributeName", "KeyType"), AttributeName=TEXT, KeyType=TEXT)


class Table(ResourceType):
    """AWS::DynamoDB::Table."""

    type = "AWS::DynamoDB::Table"
    fields = form(
        ("KeySchema",),
        AttributeDefinitions=ListOf(_ATTRIBUTE),
        BillingMode=TEXT,
        DeletionProtectionEnabled=FLAG,
        KeySchema=ListOf(_KEY),
        PointInTimeRecoverySpecification=form(PointInTimeRecoveryEnabled=FLAG, RecoveryPeriodInDays=NUMBER),
        ProvisionedThroughput=form(ReadCapacityUnits=NUMBER, WriteCapacityUnits=NUMBER),
        SSESpecification=form(("SSEEnabled",), KMSMasterKeyId=TEXT, SSEEnabled=FLAG, SSEType=TEXT),
        TableName=TEXT,
        Tags=TAGS,
    )
    replaced_by = frozenset({"TableName", "KeySchema", "AttributeDefinitions"})
    name_property = "TableName"
    attribute_names = ("Arn",)
    missing_codes = frozenset({"ResourceNotFoundException"})

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the table and return its name."""
        chosen = str(properties.get("TableName", name))
        same = ("AttributeDefinitions", "BillingMode", "KeySchema", "ProvisionedThroughput", "Tags")
        encryption = {"SSESpecification": _encryption(properties)} if "SSESpecification" in properties else {}
        protection = given(properties, "DeletionProtectionEnabled")
        aws("dynamodb").create_table(TableName=chosen, **given(properties, *same), **encryption, **protection)
        return chosen

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring backups and, in an update, the settings of the table."""
        dynamodb, key = aws("dynamodb"), {"TableName": physical_id}
        backups = Section(
            "PointInTimeRecoverySpecification",
            lambda value: dynamodb.update_continuous_backups(**key, PointInTimeRecoverySpecification=value),
            lambda: dynamodb.update_continuous_backups(
                **key, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
            ),
        )
        apply_sections((backups,), old, new)
        if not fresh:
            _update(dynamodb, key, self.attributes(aws, physical_id, new)["Arn"], old, new)

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN."""
        return {"Arn": aws("dynamodb").describe_table(TableName=physical_id)["Table"]["TableArn"]}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the table; a protected one stays."""
        aws("dynamodb").delete_table(TableName=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live settings in the form of the template."""
        dynamodb, key = aws("dynamodb"), {"TableName": physical_id}
        table = dynamodb.describe_table(**key)["Table"]
        backups = dynamodb.describe_continuous_backups(**key)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        return {
            "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "DeletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
            "KeySchema": table["KeySchema"],
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery},
        }


def _encryption(properties: Properties) -> dict[str, Any]:
    wanted = properties["SSESpecification"]
    return {"Enabled": wanted["SSEEnabled"], **given(wanted, "SSEType", "KMSMasterKeyId")}


def _update(dynamodb: Any, key: dict[str, str], arn: str, old: Properties, new: Properties) -> None:
    names = ("BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled")
    changed = {name: new[name] for name in names if name in new and old.get(name) != new[name]}
    if "SSESpecification" in new and old.get("SSESpecification") != new["SSESpecification"]:
        changed["SSESpecification"] = _encryption(new)
    if changed:
        dynamodb.update_table(**key, **changed)
    if removed_tags(old, new):
        dynamodb.untag_resource(ResourceArn=arn, TagKeys=removed_tags(old, new))
    tags = Section("Tags", lambda value: dynamodb.tag_resource(ResourceArn=arn, Tags=value), lambda: None)
    apply_sections((tags,), old, new)
