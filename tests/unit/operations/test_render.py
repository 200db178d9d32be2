from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowops.errors import Exit, InvalidConfig, OperationFailed, UsageError
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts
from flowops.model.rendering import RenderState
from flowops.operations.render import render
from tests.fakes.aws import DEV, MANAGEMENT, ORGANIZATION, PROD, SECURITY, FakeTemplates, config

ACCOUNT = "aws/non-prod/account.hcl.j2"
ENVIRONMENT = "aws/non-prod/eu-central-1/dev/env.hcl.j2"
LAYER = "aws/non-prod/eu-central-1/dev/foundation/foundation.hcl.j2"
UNIT = "aws/non-prod/eu-central-1/dev/foundation/eks/unit.hcl.j2"
PRODUCTION = "aws/prod/eu-west-1/prod/app/app.hcl.j2"
FACTS = Facts(
    ORGANIZATION,
    {
        "security": AccountFacts(SECURITY, {"StateBucketName": "states"}),
        "dev": AccountFacts(DEV, {"DevOpsAdminRoleArn": "arn:dev"}, "external"),
        "prod": AccountFacts(PROD, {"DevOpsAdminRoleArn": "arn:prod"}, "external"),
    },
    {"dev": EnvironmentFacts({"LicenseSecretArn": "arn:license"}), "prod": EnvironmentFacts({"LicenseSecretArn": "l"})},
)


def context(template: str) -> dict[str, Any]:
    templates = FakeTemplates({template: "x"})
    render(config(), facts=FACTS, templates=templates)
    return dict(templates.contexts[template])


def test_an_accounts_template_speaks_of_the_account_whose_environments_lie_below_it() -> None:
    found = context(ACCOUNT)
    assert found["account"] == {
        "name": "dev",
        "id": DEV,
        "profile": "flw-dev",
        "outputs": {"DevOpsAdminRoleArn": "arn:dev"},
    }
    assert found["security"] == {"id": SECURITY, "outputs": {"StateBucketName": "states"}}
    assert found["organization"] == {"id": ORGANIZATION.id}
    assert found["management"] == {"profile": "flw-iac", "role": "OrganizationAccountAccessRole", "id": MANAGEMENT}
    assert found["operator"] == {"profile": "flowable-devops-admin"}
    assert (found["project"], found["region"]) == ("flowable", "eu-central-1")
    assert found["flowable"]["external_domain"] == "example.com"
    assert not {"environment", "access", "layer"} & set(found)


def test_inside_an_environment_a_template_speaks_of_it_too() -> None:
    found = context(ENVIRONMENT)
    assert found["environment"] == {"name": "dev", "protected": False, "path": "aws/non-prod/eu-central-1/dev"}
    assert found["access"] == {"outputs": {"LicenseSecretArn": "arn:license"}}
    assert "layer" not in found


@pytest.mark.parametrize(("template", "layer"), [(LAYER, "foundation"), (UNIT, "foundation"), (PRODUCTION, "app")])
def test_inside_a_layer_a_template_knows_which(template: str, layer: str) -> None:
    assert context(template)["layer"] == layer


def test_a_template_above_several_accounts_speaks_of_none_of_them() -> None:
    found = context("aws/common.hcl.j2")
    assert "account" not in found
    assert found["security"]["id"] == SECURITY


def test_a_template_of_no_environment_is_skipped() -> None:
    templates = FakeTemplates({"aws/sandbox/account.hcl.j2": "x"})
    (file,) = render(config(), facts=FACTS, templates=templates).files
    assert (str(file.path), file.state) == ("aws/sandbox/account.hcl", RenderState.SKIPPED)
    assert file.reason == file.why == "no environment of flowops.yaml lies below this folder"
    assert templates.contexts == {}


def test_files_are_written_once() -> None:
    templates = FakeTemplates({ACCOUNT: "new", LAYER: "same"}, {LAYER: "same"})
    result = render(config(), facts=FACTS, templates=templates)
    assert [(str(it.path), it.state) for it in result.files] == [
        ("aws/non-prod/account.hcl", RenderState.WRITTEN),
        ("aws/non-prod/eu-central-1/dev/foundation/foundation.hcl", RenderState.UNCHANGED),
    ]
    assert templates.files[ACCOUNT] == "new"
    assert result.exit_code is Exit.FINE
    again = render(config(), facts=FACTS, templates=templates)
    assert again.of(RenderState.UNCHANGED) == again.files


def test_a_check_writes_nothing_and_says_what_is_stale_or_missing() -> None:
    templates = FakeTemplates({ACCOUNT: "new", LAYER: "new", UNIT: "same"}, {LAYER: "old", UNIT: "same"})
    result = render(config(), facts=FACTS, templates=templates, check=True)
    assert [it.state for it in result.files] == [RenderState.STALE, RenderState.STALE, RenderState.UNCHANGED]
    assert result.exit_code is Exit.CHANGES
    assert templates.files == {LAYER: "old", UNIT: "same"}


def test_one_template_that_cannot_be_rendered_leaves_all_files_as_they_are() -> None:
    templates = FakeTemplates({ACCOUNT: "new", LAYER: ""})
    with pytest.raises(InvalidConfig):
        render(config(), facts=FACTS, templates=templates)
    assert templates.files == {}


@pytest.mark.parametrize(
    ("facts", "reason", "command"),
    [
        (
            replace(FACTS, accounts={**FACTS.accounts, "dev": AccountFacts(DEV)}),
            "account dev has no facts yet",
            "flowops bootstrap dev",
        ),
        (
            replace(FACTS, accounts={"security": FACTS.accounts["security"]}),
            "account dev has no facts yet",
            "flowops bootstrap dev",
        ),
        (
            replace(FACTS, accounts={"dev": FACTS.accounts["dev"]}),
            "account security has no facts yet",
            "flowops bootstrap security",
        ),
        (replace(FACTS, environments={}), "environment dev has no groups yet", "flowops bootstrap security"),
    ],
)
def test_what_was_not_bootstrapped_yet_is_skipped_and_said(facts: Facts, reason: str, command: str) -> None:
    templates = FakeTemplates({LAYER: "x"})
    (file,) = render(config(), facts=facts, templates=templates).files
    assert file.state is RenderState.SKIPPED
    assert (file.reason, file.command, file.why) == (reason, command, f"{reason}: {command}")


def test_without_facts_the_next_command_is_named() -> None:
    with pytest.raises(OperationFailed) as failed:
        render(config(), facts=None, templates=FakeTemplates())
    assert failed.value.next_step == "flowops discover"


def test_facts_of_other_accounts_are_not_rendered() -> None:
    with pytest.raises(UsageError, match=f"'dev' is {DEV}, but flowops.yaml says 444444444444"):
        render(config(dev="444444444444"), facts=FACTS, templates=FakeTemplates({ACCOUNT: "x"}))


def test_an_account_without_id_in_the_file_takes_the_discovered_one() -> None:
    templates = FakeTemplates({ACCOUNT: "x"})
    render(config(dev=None), facts=FACTS, templates=templates)
    assert context(ACCOUNT)["account"]["id"] == DEV
