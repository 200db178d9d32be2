"""The JSON Schema that editors use says what the loader says, as far as a schema can."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from flowops.model.config import RESERVED_ENVIRONMENTS, json_schema

VALID: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "flowops.yaml").read_text())
SCHEMA = Draft202012Validator(json_schema())
ENVIRONMENT = {"account": "dev", "path": "aws/x"}


def complaints(document: Any) -> list[str]:
    return [it.json_path for it in SCHEMA.iter_errors(document)]


def test_it_is_a_schema_and_our_own_configuration_follows_it() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert complaints(VALID) == []


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("regoin", "eu-central-1", "$"),
        ("region", "Frankfurt", "$.region"),
        ("project", 5, "$.project"),
        ("layers", [], "$.layers"),
        ("layers", ["foundation", "foundation"], "$.layers"),
        ("accounts.dev.id", 12345670123, "$.accounts.dev.id"),
        ("accounts.dev.id", "12345", "$.accounts.dev.id"),
        ("accounts.dev.email", "nobody", "$.accounts.dev.email"),
        ("accounts.dev.email", "a" * 60 + "@x.example", "$.accounts.dev.email"),
        ("accounts.dev.organizational_unit", "/Workloads", "$.accounts.dev.organizational_unit"),
        ("accounts.dev.organizational_unit", "a/b/c/d/e/f", "$.accounts.dev.organizational_unit"),
        ("accounts.management", {"profile": "x"}, "$.accounts"),
        ("accounts", {"dev": {"profile": "x"}, "qa": {"profile": "x"}}, "$.accounts"),
        ("accounts.QA", {"profile": "x"}, "$.accounts"),
        ("environments.QA", ENVIRONMENT, "$.environments"),
        *((f"environments.{it}", ENVIRONMENT, "$.environments") for it in RESERVED_ENVIRONMENTS),
        ("environments.dev.path", "../x", "$.environments.dev.path"),
        ("environments.dev.protected", "yes", "$.environments.dev.protected"),
        ("flowable.licenses", {"Dev": "x"}, "$.flowable.licenses"),
        ("helm", {"repositories": {"Bad": "https://example.com/charts"}}, "$.helm.repositories"),
        ("tools.terraform", "latest", "$.tools.terraform"),
    ],
)
def test_an_editor_complains_at_the_place_where_the_loader_does(where: str, value: Any, said: str) -> None:
    document = deepcopy(VALID)
    *above, last = where.split(".")
    held = document
    for key in above:
        held = held[key]
    held[last] = value
    assert complaints(document) == [said]


def test_every_key_says_what_it_is_for() -> None:
    schema = json_schema()
    for model in (schema, *schema["$defs"].values()):
        for name, field in model["properties"].items():
            told = field.get("description") or schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {}).get(
                "description"
            )
            assert told, name
