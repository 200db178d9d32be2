from __future__ import annotations

import pytest

from flowops.model.config import Config
from flowops.model.stacks import account_id, environment_stack, regions, security_stacks, stack_names
from tests.fakes.aws import DEV, PROD, SECURITY, config

SECURITY_OUTPUTS = {"StateBucketName": "states", "StateKeyArn": "arn:key", "SecretsKeyArn": "arn:other"}


def sharing() -> Config:
    """Return a project whose environments dev and test share an account."""
    document = config().model_dump()
    document["environments"]["test"] = {"account": "dev", "path": "aws/non-prod/us-east-1/test"}
    return Config.model_validate(document)


def test_the_security_account_holds_its_own_stack_and_one_for_each_environment() -> None:
    security, dev, prod = security_stacks(config(), "o-1")
    assert (security.id, security.template) == ("security/flowops-security", "security-account.yaml")
    assert security.parameters == {
        "Project": "flowable",
        "OrganizationId": "o-1",
        "EnvironmentAccountIds": f"{DEV},{PROD}",
    }
    assert (dev.name, prod.name) == ("flowops-access-dev", "flowops-access-prod")
    assert prod.account_id == SECURITY
    assert prod.parameters == {
        "Project": "flowable",
        "EnvironmentName": "prod",
        "EnvironmentAccountId": PROD,
        "OrganizationId": "o-1",
    }


def test_an_environments_account_is_given_only_what_its_template_asks_for() -> None:
    stack = environment_stack(config(), "dev", "o-1", SECURITY_OUTPUTS, "external")
    assert stack.id == "dev/flowops-environment"
    assert set(stack.parameters) == {
        "Project",
        "SecurityAccountId",
        "OrganizationId",
        "ExternalId",
        "StateBucketName",
        "StateKeyArn",
        "Regions",
    }
    assert stack.tags["flowops:environment"] == "dev"


def test_environments_that_share_an_account_share_its_stack() -> None:
    assert [it.parameters["EnvironmentAccountId"] for it in security_stacks(sharing(), "o-1")[1:]] == [DEV, PROD, DEV]
    stack = environment_stack(sharing(), "dev", "o-1", SECURITY_OUTPUTS, "external")
    assert "flowops:environment" not in stack.tags
    assert stack.parameters["Regions"] == "eu-central-1,us-east-1"


def test_the_home_region_stands_first_among_an_accounts_regions() -> None:
    assert regions(config(), "prod") == ("eu-central-1", "eu-west-1")
    assert regions(config(), "dev") == ("eu-central-1",)


def test_each_account_knows_its_stacks() -> None:
    assert stack_names(config(), "security") == ("flowops-security", "flowops-access-dev", "flowops-access-prod")
    assert stack_names(config(), "prod") == ("flowops-environment",)
    assert stack_names(config(), "logging") == ()


def test_an_id_that_is_not_written_is_nobodys_guess() -> None:
    with pytest.raises(ValueError, match="account 'dev' has no id"):
        account_id(config(dev=None), "dev")
