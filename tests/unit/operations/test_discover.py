from __future__ import annotations

import pytest

from flowops.errors import UsageError, WrongAccount
from flowops.model.bootstrap import BootstrapRequest
from flowops.model.config import Config
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts, Organization
from flowops.operations.bootstrap import bootstrap
from flowops.operations.discover import discover
from tests.fakes.aws import DEV, ORGANIZATION, PROD, SECURITY, World, config


def run(world: World, of: Config | None = None) -> Facts:
    return discover(of or config(), cloud=world.cloud, facts_file=world.facts_file, progress=world.console.progress)


@pytest.fixture
def standing() -> World:
    world = World()
    bootstrap(BootstrapRequest(), config(), world.ports())
    world.facts_file.facts = None
    world.console.lines.clear()
    return world


def test_discovery_finds_what_the_bootstrap_made(standing: World) -> None:
    facts = run(standing)
    assert facts.organization == ORGANIZATION
    assert {name: it.id for name, it in facts.accounts.items()} == {"security": SECURITY, "dev": DEV, "prod": PROD}
    assert facts.accounts["security"].outputs["StateBucketName"] == "states"
    assert facts.accounts["prod"].external_id == "external-id-number-0002"
    assert facts.environments["dev"].outputs["DevOpsAdminGroupName"] == "dev"
    assert standing.facts_file.facts == facts
    assert standing.console.lines == ["flowops.lock was written"]


def test_a_second_look_changes_nothing(standing: World) -> None:
    assert run(standing) == run(standing)
    assert standing.console.lines[-1] == "flowops.lock is up to date"


def test_accounts_without_stacks_are_named_with_the_next_command() -> None:
    world = World()
    facts = run(world)
    assert facts.accounts["dev"] == AccountFacts(DEV)
    assert "dev: flowops-environment does not stand yet; next: flowops bootstrap dev" in world.console.lines


def test_an_account_without_id_is_left_out_and_its_earlier_facts_stay(standing: World) -> None:
    run(standing)
    earlier = standing.facts_file.facts
    assert earlier is not None
    facts = run(standing, config(prod=None))
    assert facts.accounts["prod"] == earlier.accounts["prod"]
    assert "enter prod" not in standing.cloud.calls[-3:]


def test_security_has_to_have_an_id(standing: World) -> None:
    standing.cloud.calls.clear()
    with pytest.raises(UsageError, match="no id for account security"):
        run(standing, config(security=None))
    assert standing.cloud.calls == []


def test_a_wrong_account_leaves_the_facts_as_they_are(standing: World) -> None:
    standing.cloud.actual["dev"] = "999999999999"
    with pytest.raises(WrongAccount):
        run(standing)
    assert standing.facts_file.facts is None


def test_an_external_id_outlives_its_stack(standing: World) -> None:
    run(standing)
    standing.stacks("dev").kept.clear()
    assert run(standing).accounts["dev"] == AccountFacts(DEV, {}, "external-id-number-0001")


def test_facts_of_another_account_or_organization_are_forgotten(standing: World) -> None:
    standing.stacks("dev").kept.clear()
    old = {"dev": AccountFacts("444444444444", {}, "of-another-account-000"), "gone": AccountFacts("555555555555")}
    standing.facts_file.facts = Facts(ORGANIZATION, old, {"gone": EnvironmentFacts()})
    facts = run(standing)
    assert facts.accounts["dev"] == AccountFacts(DEV)
    assert "gone" not in facts.accounts
    assert "gone" not in facts.environments
    elsewhere = {"prod": AccountFacts(PROD, {"x": "y"})}
    standing.facts_file.facts = Facts(Organization("o-elsewhere00", "000000000009"), elsewhere)
    assert "prod" not in run(standing, config(prod=None)).accounts
