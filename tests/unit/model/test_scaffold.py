from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import PurePosixPath
from typing import Any

import pytest

from flowops.errors import UsageError
from flowops.model.config import Config
from flowops.model.scaffold import (
    EnvironmentRequest,
    NewAccount,
    ProjectRequest,
    Sizes,
    check_project,
    new_environment,
    quick_start_environments,
    subnets,
)

DEV_NETWORK = IPv4Network("10.20.0.0/16")


def config(**changes: Any) -> Config:
    data: dict[str, Any] = {
        "project": "flowable",
        "region": "eu-central-1",
        "management": {"profile": "flw-iac"},
        "operator": {"profile": "operator"},
        "accounts": {
            "security": {"profile": "flw-sec"},
            "dev": {"profile": "flw-dev"},
            "prod": {"profile": "flw-prod"},
        },
        "environments": {
            "dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"},
            "prod": {"account": "prod", "path": "aws/prod/eu-central-1/prod", "protected": True},
        },
        "layers": ["foundation"],
    }
    return Config.model_validate({**data, **changes})


def test_a_new_environment_gets_an_account_a_folder_and_a_network_of_its_own() -> None:
    made = new_environment(EnvironmentRequest("qa"), config(), [DEV_NETWORK])
    assert made.new_account == NewAccount("qa", "flw-qa")
    assert made.entry == {"account": "qa", "path": "aws/qa/eu-central-1/qa"}
    assert made.network == IPv4Network("10.30.0.0/16")
    assert made.region == "eu-central-1"


def test_an_environment_in_an_account_that_stands_joins_its_folder() -> None:
    made = new_environment(EnvironmentRequest("demo", account="dev", region="us-west-2"), config(), [])
    assert made.new_account is None
    assert made.place == PurePosixPath("aws/non-prod/us-west-2/demo")


def test_every_value_of_the_command_line_is_kept() -> None:
    request = EnvironmentRequest(
        "qa",
        account="test",
        account_id="444444444444",
        profile="me",
        region="eu-west-1",
        path="aws/test/eu-west-1/quality",
        network="172.16.0.0/16",
        sizes=Sizes.PRODUCTION,
        protected=True,
    )
    made = new_environment(request, config(), [])
    assert made.new_account is not None
    assert made.new_account.entry == {"id": "444444444444", "profile": "me"}
    assert made.entry == {"account": "test", "path": "aws/test/eu-west-1/quality", "protected": True}
    assert (str(made.network), made.sizes) == ("172.16.0.0/16", Sizes.PRODUCTION)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (EnvironmentRequest("dev"), "There is an environment 'dev' already"),
        (EnvironmentRequest("up"), "a word of the command line"),
        (EnvironmentRequest("../x"), "does not fit --environment"),
        (EnvironmentRequest("quality-and-acceptance"), "'flowable-quality-and-acceptance'; allowed: 28 characters"),
        (EnvironmentRequest("qa--2"), "'flowable-qa--2'; allowed: 28 characters, without `--`"),
        (EnvironmentRequest("qa\n"), "does not fit --environment"),
        (EnvironmentRequest("qa", account="Qa"), "does not fit --account"),
        (EnvironmentRequest("qa", account="security"), "no environment"),
        (EnvironmentRequest("qa", account_id="１２３４５６７８９０１２"), "does not fit --account-id"),
        (EnvironmentRequest("qa", account="dev", account_id="444444444444"), "stands in flowops.yaml already"),
        (EnvironmentRequest("qa", account="dev", profile="me"), "stands in flowops.yaml already"),
        (EnvironmentRequest("qa", profile="-x"), "does not fit --profile"),
        (EnvironmentRequest("qa", region="europe"), "does not fit --region"),
        (EnvironmentRequest("qa", path="aws/qa/qa"), "no folder for an environment"),
        (EnvironmentRequest("qa", path="gcp/qa/eu-central-1/qa"), "no folder for an environment"),
        (EnvironmentRequest("qa", path="aws/../eu-central-1/qa"), "no folder for an environment"),
        (EnvironmentRequest("qa", path="aws/qa/eu-west-1/qa", region="eu-west-2"), "--region says 'eu-west-2'"),
        (EnvironmentRequest("qa", path="aws/non-prod/eu-central-1/qa"), "a folder holds one account"),
        (EnvironmentRequest("qa", network="10.20.0.0/16"), "overlaps 10.20.0.0/16"),
        (EnvironmentRequest("qa", network="10.0.0.0/8"), "no private network of 16 bits"),
        (EnvironmentRequest("qa", network="8.8.0.0/16"), "no private network of 16 bits"),
        (EnvironmentRequest("qa", network="127.0.0.0/16"), "no private network of 16 bits"),
        (EnvironmentRequest("qa", network="169.254.0.0/16"), "no private network of 16 bits"),
        (EnvironmentRequest("qa", account=""), "does not fit --account"),
        (EnvironmentRequest("qa", network="10.40.0.1/16"), "is no network"),
    ],
)
def test_what_does_not_fit_the_project_is_refused_with_what_does(request_: EnvironmentRequest, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        new_environment(request_, config(), [DEV_NETWORK])
    assert caught.value.not_done == "Nothing was written."
    assert caught.value.next_step


def test_a_project_whose_clusters_could_have_no_name_is_not_written() -> None:
    with pytest.raises(UsageError, match="'the-workflows-of-the-group-prod'"):
        check_project(ProjectRequest("the-workflows-of-the-group", "eu-central-1"))


@pytest.mark.parametrize("domain", ["not a domain; x", '*.example.com"', "", "example.com."])
def test_a_project_that_no_command_could_read_is_not_written(domain: str) -> None:
    with pytest.raises(UsageError, match="does not fit --external-domain"):
        check_project(ProjectRequest("flowable", "eu-central-1", domain))


def test_networks_run_out_with_a_word_and_not_with_an_overlap() -> None:
    with pytest.raises(UsageError, match="is free"):
        new_environment(EnvironmentRequest("qa"), config(), [IPv4Network("10.0.0.0/8")])


def test_subnets_of_an_environment_do_not_overlap() -> None:
    found = subnets(IPv4Network("10.40.0.0/16"))
    every = [IPv4Network(it) for key in ("public", "database", "private") for it in found[key]]  # type: ignore[attr-defined]
    assert len(every) == 9
    assert not any(one.overlaps(other) for one in every for other in every if one is not other)
    assert all(it.subnet_of(IPv4Network("10.40.0.0/16")) for it in every)


def test_the_quick_start_moves_to_another_region_as_a_whole() -> None:
    dev, prod = quick_start_environments(config(), "us-east-1")
    assert str(dev.place) == "aws/non-prod/us-east-1/dev"
    assert str(prod.place) == "aws/prod/us-east-1/prod"
    assert (dev.sizes, prod.sizes) == (Sizes.DEVELOPMENT, Sizes.PRODUCTION)
    assert not dev.network.overlaps(prod.network)
