"""The tables of the authorization model speak of operations and parameters that AWS's API descriptions have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from botocore.model import Shape

from flowops.model.authorization import companions, encryption, passing, s3

DESCRIPTIONS = {
    "es": "opensearch",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "states": "stepfunctions",
}


@cache
def service(prefix: str) -> botocore.model.ServiceModel:
    return botocore.session.get_session().get_service_model(DESCRIPTIONS.get(prefix, prefix))


def paths() -> Iterator[tuple[str, str]]:
    for action, passed in passing.PASSED.items():
        yield from ((action, path) for path, _ in passed)
    for action, uses in encryption.USES.items():
        yield from ((action, use.path) for use in uses)
    for action, added in companions.CONDITIONAL.items():
        yield from ((action, path) for path, _ in added)


def operations() -> set[str]:
    tables = (passing.LINKED, encryption.OF_SECRETS, companions.RENAMED, companions.ALONGSIDE)
    named = {action for table in tables for action in table}
    return named | {f"s3:{operation}" for operation in (*s3.ACTIONS, *s3.OF_ACCOUNTS, *s3.BESIDES)}


@pytest.mark.parametrize("action", sorted(operations()))
def test_an_operation_exists(action: str) -> None:
    prefix, _, operation = action.partition(":")
    assert operation in service(prefix).operation_names


@pytest.mark.parametrize(("action", "path"), sorted(set(paths())))
def test_a_parameter_exists(action: str, path: str) -> None:
    prefix, _, operation = action.partition(":")
    shape: Shape = service(prefix).operation_model(operation).input_shape
    for part in path.split("."):
        assert shape.type_name == "structure"
        assert part.removesuffix("[]") in shape.members
        shape = shape.members[part.removesuffix("[]")]
        shape = shape.member if part.endswith("[]") else shape
