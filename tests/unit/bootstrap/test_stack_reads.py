"""What drift detection reads in the caller's name, held against what AWS's registry says that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.unit.bootstrap.resolve import REGION, documents, read

IN_SECURITY = ("security-account.yaml", "environment-access.yaml")
NEVER = {"secretsmanager:GetSecretValue"}
"""A secret's handler is said to need its value, which no template of ours says and no drift is about."""


@cache
def _needed() -> frozenset[str]:
    types = {it.type for name in IN_SECURITY for it in read(name).resources.values()}
    schemas = (PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, type_).schema for type_ in types)
    return frozenset(it for schema in schemas for it in schema["handlers"]["read"]["permissions"]) - NEVER


def _granted(policy: str) -> Iterator[str]:
    for statement in documents()[policy]["Statement"]:
        if "aws:CalledVia" in statement.get("Condition", {}).get("ForAnyValue:StringEquals", {}):
            yield from _listed(statement["Action"])


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_people_may_read_through_cloudformation_what_its_types_read_and_nothing_else() -> None:
    # Who may use a secret, they see by themselves.
    assert set(_granted("stack_reader")) == _needed() - {"secretsmanager:GetResourcePolicy"}


def test_pipelines_may_read_the_same() -> None:
    # Whether there is a secret, its scheduled check sees by itself.
    assert set(_granted("FlowopsCiPlanPolicy")) == _needed() - {"secretsmanager:DescribeSecret"}


def test_a_type_reads_with_permissions_that_the_registry_names() -> None:
    assert {"s3:GetBucketPolicy", "kms:ListAliases", "iam:GetOpenIDConnectProvider"} < _needed()
