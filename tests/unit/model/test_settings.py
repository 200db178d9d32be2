"""Where each value came from, and what deserves a second look."""

from __future__ import annotations

from typing import Any

from flowops.model.config import Config, json_schema
from flowops.model.settings import DEFAULT, Setting, from_environment, settings_of, warnings

DOCUMENT: dict[str, Any] = {
    "project": "flowable",
    "region": "eu-central-1",
    "management": {"profile": "flw-iac"},
    "operator": {"profile": "ops"},
    "accounts": {"security": {"profile": "flw-sec"}, "dev": {"profile": "flw-dev", "id": "222222222222"}},
    "environments": {"dev": {"account": "dev", "path": "aws/dev"}},
    "layers": ["foundation", "app"],
}
LINES = {("project",): 1, ("management",): 3, ("management", "profile"): 4, ("layers",): 12, ("layers", 1): 14}


def config(**changes: Any) -> Config:
    return Config.model_validate(DOCUMENT | changes)


def test_each_value_is_named_with_the_line_it_stands_in_or_as_a_default() -> None:
    found = {it.name: it for it in settings_of(config(), LINES, "flowops.yaml")}
    assert found["project"] == Setting("project", "flowable", "flowops.yaml:1")
    assert found["management.profile"].source == "flowops.yaml:4"
    assert found["management.role"] == Setting("management.role", "OrganizationAccountAccessRole", DEFAULT)
    assert found["layers.1"] == Setting("layers.1", "app", "flowops.yaml:14")
    assert found["accounts.security.id"] == Setting("accounts.security.id", None, DEFAULT)
    assert found["flowable.licenses"].value == {}


def test_options_that_the_environment_sets_are_named_with_their_variable() -> None:
    ambient = {"FLOWOPS_PARALLELISM": "7", "FLOWOPS_OUTPUT": "", "HOME": "/home/x"}
    variables = {"FLOWOPS_PARALLELISM": "--parallelism", "FLOWOPS_OUTPUT": "--output", "FLOWOPS_YES": "--yes"}
    assert from_environment(ambient, variables) == (
        Setting("--parallelism", "7", "environment variable FLOWOPS_PARALLELISM"),
    )


def test_environments_that_share_an_account_are_warned_about() -> None:
    shared = {name: {"account": "dev", "path": f"aws/{name}"} for name in ("dev", "qa", "test")}
    assert warnings(config()) == ()
    [warning] = warnings(config(environments=shared))
    assert warning.startswith("environments dev, qa and test share account 'dev'")


def test_the_schema_knows_every_key_and_allows_no_other() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(Config.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all(it["additionalProperties"] is False for it in schema["$defs"].values())
