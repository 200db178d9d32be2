"""Links into the console: the role with its path, the account, a name and a colour, at the partition's own host."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from flowops.errors import UnknownTarget, UsageError
from flowops.model.config import Config
from flowops.model.console_link import RED, console_link
from tests.fakes.aws import DEV, PROD, SECURITY, config


def words(url: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query, strict_parsing=True).items()}


def test_the_security_account_is_that_of_the_manual() -> None:
    link = console_link(config(), "security", None)
    assert link.url == (
        "https://signin.aws.amazon.com/switchrole?roleName=OrganizationAccountAccessRole"
        f"&account={SECURITY}&displayName=Security%20Admin&color=fbc8aa"
    )


def test_an_environment_is_entered_by_the_role_that_deploys_with_its_path() -> None:
    link = console_link(config(), "dev", None)
    assert "?roleName=flowable/DevOpsAdminRole&" in link.url
    assert words(link.url) == {
        "roleName": "flowable/DevOpsAdminRole",
        "account": DEV,
        "displayName": "dev DevOpsAdminRole",
        "color": "b7ca9d",
    }


@pytest.mark.parametrize("role", ["FlowableAdminRole", "FlowableUserRole", "FlowopsPlanRole"])
def test_the_other_roles_of_people_have_the_same_path(role: str) -> None:
    assert words(console_link(config(), "prod", role).url)["roleName"] == f"flowable/{role}"


def test_the_management_role_has_none() -> None:
    link = console_link(config(), "prod", "OrganizationAccountAccessRole")
    assert words(link.url) == {
        "roleName": "OrganizationAccountAccessRole",
        "account": PROD,
        "displayName": "Prod Admin",
        "color": RED,
    }


def test_protected_environments_alone_are_red() -> None:
    assert console_link(config(), "prod", None).color == RED
    assert RED not in {console_link(config(), name, None).color for name in ("dev", "security")}


def test_every_environment_that_is_not_protected_gets_a_colour() -> None:
    names = [f"env{number}" for number in range(5)]
    document = config().model_dump(exclude_none=True)
    document["environments"] = {name: {"account": "dev", "path": f"aws/x/eu-central-1/{name}"} for name in names}
    document["flowable"] = {}
    many = Config.model_validate(document)
    assert len({console_link(many, name, None).color for name in names}) == 3
    assert console_link(many, "dev", None).role == "OrganizationAccountAccessRole", "the account: no such environment"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "signin.aws.amazon.com"),
        ("cn-north-1", "signin.amazonaws.cn"),
        ("us-gov-east-1", "signin.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_own_host(region: str, host: str) -> None:
    at = config().model_copy(update={"region": region})
    assert urlsplit(console_link(at, "dev", None).url).netloc == host


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownTarget, match="environment or account 'pord'; did you mean 'prod'"):
        console_link(config(), "pord", None)
    with pytest.raises(UnknownTarget, match="role 'FlowableUser' to switch to in account 'dev'; did you mean 'Flowabl"):
        console_link(config(), "dev", "FlowableUser")
    with pytest.raises(UnknownTarget, match=r"known: OrganizationAccountAccessRole\."):
        console_link(config(), "security", "DevOpsAdminRole")


def test_an_account_without_an_id_has_no_link_yet() -> None:
    with pytest.raises(UsageError, match="'logging' has no id") as refused:
        console_link(config(), "logging", None)
    assert refused.value.next_step == "flowops accounts create"
