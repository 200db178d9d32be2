"""Secrets and their policies."""

from __future__ import annotations

import json
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

MISSING = frozenset({"ResourceNotFoundException"})

_PASSWORD = ("PasswordLength", "ExcludeCharacters", "ExcludePunctuation", "ExcludeNumbers", "ExcludeLowercase")
_GENERATE = form(
    ExcludeCharacters=TEXT,
    ExcludeLowercase=FLAG,
    ExcludeNumbers=FLAG,
    ExcludePunctuation=FLAG,
    GenerateStringKey=TEXT,
    PasswordLength=NUMBER,
    SecretStringTemplate=TEXT,
)


class Secret(ResourceType):
    """AWS::SecretsManager::Secret; a template without a value makes a secret without a version."""

    type = "AWS::SecretsManager::Secret"
    fields = form(
        Description=TEXT, GenerateSecretString=_GENERATE, KmsKeyId=TEXT, Name=TEXT, SecretString=TEXT, Tags=TAGS
    )
    replaced_by = frozenset({"Name"})
    name_property = "Name"
    attribute_names = ("Id",)
    missing_codes = MISSING

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the secret and return its ARN."""
        made = aws("secretsmanager").create_secret(
            Name=properties.get("Name", name), **given(properties, "Description", "KmsKeyId", "Tags")
        )
        return str(made["ARN"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Put a value where the template has one and, in an update, key, description and tags."""
        secrets, key = aws("secretsmanager"), {"SecretId": physical_id}
        if "SecretString" in new and old.get("SecretString") != new["SecretString"]:
            secrets.put_secret_value(**key, SecretString=new["SecretString"])
        generate = new.get("GenerateSecretString")
        if generate is not None and old.get("GenerateSecretString") != generate:
            secrets.put_secret_value(**key, SecretString=_generated(secrets, generate))
        if not fresh:
            _update(secrets, key, old, new)

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN under its attribute's name."""
        return {"Id": physical_id}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove it without a recovery window, as CloudFormation does."""
        aws("secretsmanager").delete_secret(SecretId=physical_id, ForceDeleteWithoutRecovery=True)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return what is not secret about it, in the form of the template."""
        live = aws("secretsmanager").describe_secret(SecretId=physical_id)
        return {
            "Description": live.get("Description", ""),
            "KmsKeyId": live.get("KmsKeyId"),
            "Name": live["Name"],
            "Tags": live.get("Tags", []),
        }


class SecretPolicy(ResourceType):
    """AWS::SecretsManager::ResourcePolicy."""

    type = "AWS::SecretsManager::ResourcePolicy"
    fields = form(("SecretId", "ResourcePolicy"), BlockPublicPolicy=FLAG, ResourcePolicy=DOCUMENT, SecretId=TEXT)
    replaced_by = frozenset({"SecretId"})
    attribute_names = ("Id",)
    missing_codes = MISSING

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Return the secret's id; configure puts the policy."""
        return str(properties["SecretId"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Put the policy."""
        aws("secretsmanager").put_resource_policy(
            SecretId=physical_id, ResourcePolicy=as_json(new["ResourcePolicy"]), **given(new, "BlockPublicPolicy")
        )

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the secret's id."""
        return {"Id": physical_id}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the policy."""
        aws("secretsmanager").delete_resource_policy(SecretId=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live policy, empty where somebody removed it."""
        live = aws("secretsmanager").get_resource_policy(SecretId=physical_id).get("ResourcePolicy")
        return {"ResourcePolicy": json.loads(live) if live else {}}


def _update(secrets: Any, key: dict[str, str], old: Properties, new: Properties) -> None:
    names = ("Description", "KmsKeyId")
    if given(old, *names) != given(new, *names):
        secrets.update_secret(**key, **given(new, *names))
    if removed_tags(old, new):
        secrets.untag_resource(**key, TagKeys=removed_tags(old, new))
    tags = Section("Tags", lambda value: secrets.tag_resource(**key, Tags=value), lambda: None)
    apply_sections((tags,), old, new)


def _generated(secrets: Any, wish: Properties) -> str:
    password = str(secrets.get_random_password(**given(wish, *_PASSWORD))["RandomPassword"])
    if "GenerateStringKey" not in wish:
        return password
    return json.dumps({**json.loads(wish.get("SecretStringTemplate", "{}")), wish["GenerateStringKey"]: password})
