"""The list of accounts: everyone of the organization and of flowops.yaml, and what is missing of each."""

from __future__ import annotations

from flowops.operations.accounts import list_accounts
from tests.fakes.accounts import ORGANIZATION, AccountsWorld
from tests.unit.operations.accounts.creating import DEV, PROD, SECURITY, config


def test_the_list_has_every_account_and_what_is_missing(world: AccountsWorld) -> None:
    world.organization.add(SECURITY, "security", place="Core")
    world.organization.add(DEV, "old", state="SUSPENDED")
    world.organization.units = ["Core"]
    organization, rows = list_accounts(config(security={"id": SECURITY}, prod={"id": PROD}), world.ports())
    assert organization == ORGANIZATION
    assert [(it.name, it.known_as, it.state, it.place, it.entry, it.next) for it in rows] == [
        ("main", "", "ACTIVE", "", "", ""),
        ("old", "", "SUSPENDED", "", "", ""),
        ("security", "security", "ACTIVE", "Core", "yes", ""),
        ("", "dev", "missing", "", "", "flowops accounts create dev"),
        ("", "prod", "of another organization", "", "", "mend the id of prod in flowops.yaml"),
    ]


def test_the_list_says_where_the_role_cannot_be_assumed(world: AccountsWorld) -> None:
    for number in range(30):
        world.organization.add(f"{700000000000 + number}", f"account{number}")
    world.organization.tries = 1
    _, rows = list_accounts(config(), world.ports())
    assert {it.entry for it in rows if it.name.startswith("account")} == {"no"}
    assert len(rows) == 1 + 30 + 3


def test_without_an_organization_all_are_missing(world: AccountsWorld) -> None:
    world.organization.standing = None
    organization, rows = list_accounts(config(), world.ports())
    assert organization is None
    assert [it.next for it in rows] == [f"flowops accounts create {name}" for name in ("security", "dev", "prod")]
