"""Accounts made, taken and waited for: what is decided, what is asked, and what an interruption leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowops.errors import (
    CredentialsError,
    Declined,
    Exit,
    Interrupted,
    OperationFailed,
    Refused,
    UnknownTarget,
    UsageError,
)
from flowops.model.accounts import AccountsPlan, AccountsResult, Busy, CreateRequest, Decision, Outcome, WantedAccount
from flowops.model.config import Config
from flowops.operations.accounts import create_accounts, list_accounts
from tests.fakes.accounts import ORGANIZATION, OWNER, AccountsWorld, FakeOrganization

SECURITY, DEV, PROD = "111111111111", "222222222222", "333333333333"
BASE = CreateRequest(email_base="aws@example.com", yes=True)


def config(**accounts: Mapping[str, Any]) -> Config:
    """Return a project with the accounts security, dev and prod; none has an id unless it is said here."""
    entries = {name: {"profile": f"flw-{name}", **accounts.get(name, {})} for name in ("security", "dev", "prod")}
    return Config.model_validate(
        {
            "project": "flowable",
            "region": "eu-central-1",
            "management": {"profile": "flw-iac"},
            "operator": {"profile": "flowable-devops-admin"},
            "accounts": entries,
            "environments": {
                "dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"},
                "prod": {"account": "prod", "path": "aws/prod/eu-central-1/prod"},
            },
            "layers": ["foundation"],
        }
    )


@pytest.fixture
def world() -> AccountsWorld:
    return AccountsWorld()


def create(world: AccountsWorld, request: CreateRequest = BASE, of: Config | None = None) -> AccountsResult:
    """Run the command as flowops.yaml stands now."""
    ids = {name: {"id": it} for name, it in world.file.ids.items()}
    return create_accounts(request, of or config(**ids), world.ports())


def outcomes(result: AccountsResult) -> dict[str, Outcome]:
    return {it.name: it.outcome for it in result.accounts}


def decisions(plan: AccountsPlan) -> dict[str, tuple[Decision, str]]:
    return {it.name: (it.decision, it.account_id or it.email) for it in plan.accounts}


# -- made ------------------------------------------------------------------------------------------------------------


def test_every_account_is_made_entered_and_written_down(world: AccountsWorld) -> None:
    result = create(world)
    assert result.exit_code is Exit.FINE
    assert set(outcomes(result).values()) == {Outcome.CREATED}
    assert world.file.ids == {it.name: it.account_id for it in result.accounts}
    assert {it.email for it in world.organization.accounts()} == {
        "aws@example.com",
        "aws+flowable-security@example.com",
        "aws+flowable-dev@example.com",
        "aws+flowable-prod@example.com",
    }
    assert set(world.organization.projects.values()) == {"flowable"}


def test_a_second_time_nothing_changes_and_nobody_is_asked(world: AccountsWorld) -> None:
    create(world)
    shown, changes, writes = len(world.console.shown), list(world.organization.changes), list(world.file.writes)
    result = create(world, CreateRequest())
    assert (result.exit_code, set(outcomes(result).values())) == (Exit.FINE, {Outcome.UNCHANGED})
    assert (len(world.console.shown), world.organization.changes, world.file.writes) == (shown, changes, writes)


def test_what_is_to_become_of_each_is_shown_before_the_question(world: AccountsWorld) -> None:
    world.organization.add(SECURITY, "security")
    world.organization.add(PROD, "main site", "aws+flowable-prod@example.com")
    world.console.interactive = True
    world.console.answers = ["", "no"]
    with pytest.raises(Declined, match="was declined"):
        create(world, CreateRequest(email_base="aws@example.com"))
    assert world.console.asked == [
        "E-mail address of account dev [aws+flowable-dev@example.com]: ",
        "Create dev; adopt security, prod? [y/N] ",
    ]
    assert decisions(world.console.shown[0]) == {
        "security": (Decision.ADOPT, SECURITY),
        "dev": (Decision.CREATE, "aws+flowable-dev@example.com"),
        "prod": (Decision.ADOPT, PROD),
    }
    assert (world.organization.changes, world.file.writes) == ([], [])


def test_without_a_terminal_the_question_ends_with_7_and_names_the_flag(world: AccountsWorld) -> None:
    with pytest.raises(Declined) as declined:
        create(world, CreateRequest(("dev",), email_base="aws@example.com"))
    assert declined.value.next_step == "flowops accounts create dev --email-base aws@example.com --yes"
    assert world.organization.changes == []


def test_an_organization_is_made_where_there_is_none(world: AccountsWorld) -> None:
    world.organization = FakeOrganization(standing=None)
    result = create(world)
    assert result.founded
    assert result.organization == ORGANIZATION
    assert world.console.shown[0].organization is None
    assert world.console.shown[0].caller == OWNER
    assert world.console.shown[0].question.startswith(f"Found an organization in account {OWNER}; create security")
    assert world.organization.changes[0] == "organization"


def test_only_the_accounts_asked_for_are_made(world: AccountsWorld) -> None:
    result = create(world, CreateRequest(("prod",), email_base="aws@example.com", yes=True))
    assert outcomes(result) == {"prod": Outcome.CREATED}
    assert world.organization.changes == ["order prod"]


# -- e-mail addresses ------------------------------------------------------------------------------------------------


def test_addresses_come_from_the_command_line_then_flowops_yaml_then_the_base(world: AccountsWorld) -> None:
    request = CreateRequest(emails={"dev": "dev@example.net"}, email_base="aws@example.com", yes=True)
    create(world, request, config(dev={"email": "other@example.net"}, prod={"email": "prod@example.net"}))
    assert {it.name: it.email for it in world.organization.accounts()} == {
        "main": "aws@example.com",
        "security": "aws+flowable-security@example.com",
        "dev": "dev@example.net",
        "prod": "prod@example.net",
    }


def test_a_typed_address_is_asked_for_until_it_is_one(world: AccountsWorld) -> None:
    world.console.interactive = True
    world.console.answers = ["nonsense", "dev@example.net", "y"]
    create(world, CreateRequest(("dev",)))
    # Derived from the management account's own address where nothing else is said.
    assert world.console.asked[0] == "E-mail address of account dev [aws+flowable-dev@example.com]: "
    assert world.console.lines[0] == "'nonsense' is no e-mail address; allowed: such as aws+dev@example.com"
    assert "dev@example.net" in {it.email for it in world.organization.accounts()}


def test_nobody_to_type_an_address_ends_with_7_and_names_the_flags(world: AccountsWorld) -> None:
    with pytest.raises(Declined) as declined:
        create(world, CreateRequest(yes=True))
    assert "--email-base ADDRESS" in declined.value.next_step
    assert "--email security=ADDRESS" in declined.value.next_step


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (CreateRequest(emails={"dev": "no address"}), "has a space"),
        (CreateRequest(email_base="a" * 60 + "@example.com"), "has 72 characters; allowed: 6 to 64"),
        (CreateRequest(emails={"dev": "a&b@example.com"}), "has & before the @"),
        (CreateRequest(email_base="a" * 45 + "@example.com", yes=True), "derived from"),
        (
            CreateRequest(emails={"dev": "x@y.example", "prod": "X@y.example"}, yes=True, email_base="a@b.example"),
            "of account dev already",
        ),
        (CreateRequest(emails={"dev": "aws@example.com"}, email_base="a@b.example", yes=True), r"of account main \("),
        (CreateRequest(adopt={"dev": "999999999999"}), "has no account '999999999999'"),
        (CreateRequest(adopt={"dev": OWNER}), "is the management account"),
        (CreateRequest(adopt={"dev": SECURITY}), "is 'security' in flowops.yaml already"),
        (CreateRequest(("prod",), emails={"dev": "x@y.example"}), "--email names account dev"),
    ],
)
def test_what_does_not_fit_is_one_line_and_changes_nothing(
    world: AccountsWorld, request_: CreateRequest, said: str
) -> None:
    world.organization.add(SECURITY, "security")
    with pytest.raises(UsageError, match=said) as refused:
        create(world, request_, config(security={"id": SECURITY}))
    assert "\n" not in refused.value.happened
    assert refused.value.next_step
    assert (world.organization.changes, world.file.writes) == ([], [])


def test_an_unknown_name_is_answered_with_the_nearest(world: AccountsWorld) -> None:
    for request in (CreateRequest(("pord",)), CreateRequest(emails={"pord": "x@y.example"})):
        with pytest.raises(UnknownTarget, match="did you mean 'prod'"):
            create(world, request)


# -- adopted ---------------------------------------------------------------------------------------------------------


def test_an_account_is_recognized_by_adopt_then_address_then_name(world: AccountsWorld) -> None:
    world.organization.add("444444444444", "sicherheit")
    world.organization.add(SECURITY, "security")
    world.organization.add(DEV, "entwicklung", "AWS+flowable-dev@example.com")
    world.organization.add(PROD, "prod")
    result = create(world, CreateRequest(adopt={"security": "444444444444"}, email_base="aws@example.com", yes=True))
    assert world.file.ids == {"security": "444444444444", "dev": DEV, "prod": PROD}
    assert set(outcomes(result).values()) == {Outcome.ADOPTED}
    assert [it.why for it in world.console.shown[0].accounts] == ["by --adopt", "by its e-mail address", "by its name"]
    assert world.organization.changes == []


def test_a_name_that_two_accounts_have_says_nothing(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.add(PROD, "dev", "dev2@example.org")
    create(world, CreateRequest(("dev",), email_base="aws@example.com", yes=True))
    assert world.organization.changes == ["order dev"]
    assert "another account has this name" in world.console.shown[0].accounts[0].why


def test_an_account_of_another_project_is_not_taken_by_its_name(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.projects[DEV] = "orders"
    create(world, CreateRequest(("dev",), email_base="aws@example.com", yes=True))
    assert world.organization.changes == ["order dev"]


def test_who_says_the_address_does_not_get_another_account_of_that_name(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    create(world, CreateRequest(("dev",), emails={"dev": "mine@example.com"}, yes=True))
    assert world.organization.changes == ["order dev"]


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"])
def test_a_closed_account_is_refused(world: AccountsWorld, state: str) -> None:
    world.organization.add(DEV, "dev", state=state)
    refusals = [
        (CreateRequest(("dev",), adopt={"dev": DEV}), config()),
        (CreateRequest(("dev",), emails={"dev": "dev@example.org"}), config()),
        (CreateRequest(("dev",)), config(dev={"id": DEV})),
    ]
    for request, of in refusals:
        with pytest.raises(Refused, match=rf"Account dev \({DEV}\) is {state}"):
            create(world, request, of)


def test_an_account_that_was_invited_has_no_role_and_is_not_written_down(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.tries = 10**6
    result = create(world, CreateRequest(("dev",), yes=True))
    assert result.exit_code is Exit.FAILED
    error = result.accounts[0].error
    assert error is not None
    assert "An account that was invited has no such role" in error.happened
    assert error.next_step.endswith("flowops accounts create dev --yes")
    assert world.file.ids == {}
    assert world.time.now < 120


def test_an_id_of_another_organization_is_named(world: AccountsWorld) -> None:
    with pytest.raises(UsageError, match=f"id {DEV}, the account id of another organization") as refused:
        create(world, CreateRequest(("dev",)), config(dev={"id": DEV}))
    assert refused.value.next_step.startswith("flowops accounts list")
    world.organization.standing = None
    with pytest.raises(UsageError, match=f"leads to no organization: {OWNER} has none"):
        create(world, CreateRequest(("dev",)), config(dev={"id": DEV}))


def test_adopt_does_not_overrule_flowops_yaml(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    with pytest.raises(UsageError, match=f"--adopt says {PROD}, but flowops.yaml gives account dev the id {DEV}"):
        create(world, CreateRequest(("dev",), adopt={"dev": PROD}), config(dev={"id": DEV}))


def test_a_member_account_is_refused(world: AccountsWorld) -> None:
    world.organization.stranger = True
    with pytest.raises(CredentialsError, match="a member account"):
        create(world)


# -- waiting ---------------------------------------------------------------------------------------------------------


def test_a_new_role_is_waited_for_and_said_once_a_minute(world: AccountsWorld) -> None:
    world.organization.looks, world.organization.tries = 30, 25
    result = create(world, CreateRequest(("dev",), email_base="aws@example.com", yes=True))
    assert result.exit_code is Exit.FINE
    assert 120 < world.time.now < 300
    assert len(world.console.lines) == 6
    assert world.console.lines[0] == "account dev: AWS is making it"
    assert "cannot be assumed yet" in world.console.lines[-1]


def test_an_interruption_says_what_is_under_way_and_the_same_command_goes_on(world: AccountsWorld) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    create(world, CreateRequest(("security",), email_base="aws@example.com", yes=True))
    world.organization.on_look = interrupt
    with pytest.raises(Interrupted) as interrupted:
        create(world)
    assert interrupted.value.happened == "Interrupted while AWS makes account dev (request car-00000002)."
    assert f"Written into flowops.yaml: security ({world.file.ids['security']})" in interrupted.value.not_done
    assert interrupted.value.next_step.startswith("flowops accounts create --email-base aws@example.com --yes")
    world.organization.on_look = lambda: None
    result = create(world)
    assert world.console.shown[-1].accounts[1].decision is Decision.WAIT
    assert result.exit_code is Exit.FINE
    assert [it for it in world.organization.changes if it == "order dev"] == ["order dev"]
    assert set(world.file.ids) == {"security", "dev", "prod"}


def test_an_account_that_another_project_waits_for_is_not_taken(world: AccountsWorld) -> None:
    world.organization.looks = 3
    world.organization.order(WantedAccount("dev", "aws@example.org", "OrganizationAccountAccessRole", "orders"))
    dev = CreateRequest(("dev",), email_base="aws@example.com", yes=True)
    result = create(world, dev)
    (row,) = result.accounts
    assert (row.outcome, result.exit_code, world.file.ids) == (Outcome.FAILED, Exit.FAILED, {})
    assert row.error is not None
    assert "was asked for by another command, for project 'orders'" in row.error.happened
    assert row.error.next_step.startswith(dev.command())
    again = create(world, dev)
    assert outcomes(again) == {"dev": Outcome.CREATED}
    assert world.organization.changes.count("order dev") == 2


def test_an_account_made_before_the_interruption_is_adopted(world: AccountsWorld) -> None:
    create(world)
    world.file.ids.pop("prod")
    result = create(world)
    assert outcomes(result)["prod"] is Outcome.ADOPTED
    assert world.organization.changes.count("order prod") == 1


def test_what_aws_takes_too_long_for_is_under_way_and_the_others_are_made(world: AccountsWorld) -> None:
    world.organization.looks = 10**6
    result = create(world, CreateRequest(("dev", "prod"), email_base="aws@example.com", yes=True))
    assert set(outcomes(result).values()) == {Outcome.UNDER_WAY}
    assert result.exit_code is Exit.PARTLY_DONE
    assert "AWS is still making account dev after 15 minutes" in str(result.accounts[0].error)


# -- refused by AWS --------------------------------------------------------------------------------------------------


def test_an_address_in_use_stops_that_account_alone(world: AccountsWorld) -> None:
    world.organization.reasons["dev"] = "EMAIL_ALREADY_EXISTS"
    result = create(world)
    assert outcomes(result) == {"security": Outcome.CREATED, "dev": Outcome.FAILED, "prod": Outcome.CREATED}
    assert result.exit_code is Exit.PARTLY_DONE
    error = result.accounts[1].error
    assert error is not None
    assert "another AWS account, of this organization or of anybody, has that address" in error.happened
    assert "--email dev=ADDRESS" in error.next_step
    assert "--adopt dev=ID" in error.next_step


def test_a_full_organization_stops_everything(world: AccountsWorld) -> None:
    world.organization.reasons["dev"] = "ACCOUNT_LIMIT_EXCEEDED"
    result = create(world)
    assert outcomes(result) == {"security": Outcome.CREATED, "dev": Outcome.FAILED, "prod": Outcome.NOT_BEGUN}
    assert result.exit_code is Exit.PARTLY_DONE
    assert "aws service-quotas request-service-quota-increase" in str(result.accounts[1].error)
    assert world.organization.changes == ["order security", "order dev"]


def test_nothing_made_is_1_and_not_3(world: AccountsWorld) -> None:
    world.organization.reasons["security"] = "ACCOUNT_LIMIT_EXCEEDED"
    assert create(world).exit_code is Exit.FAILED


def test_a_busy_organization_is_asked_again(world: AccountsWorld) -> None:
    world.organization.refusals = [Busy("the organization is still being set up")] * 3
    assert create(world).exit_code is Exit.FINE
    assert [it for it in world.console.lines if "Trying again" in it] == [
        "the organization is still being set up Trying again for 15 minutes."
    ]


def test_an_organization_that_stays_busy_is_given_up(world: AccountsWorld) -> None:
    world.organization.refusals = [Busy("busy", next_step="the same command again, a little later")] * 1000
    result = create(world)
    assert outcomes(result)["security"] is Outcome.FAILED
    assert outcomes(result)["prod"] is Outcome.NOT_BEGUN
    assert result.exit_code is Exit.FAILED


def test_a_role_that_leads_elsewhere_is_not_waited_for(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.leads_elsewhere.add(DEV)
    result = create(world, CreateRequest(("dev",), yes=True))
    assert result.exit_code is Exit.CREDENTIALS
    assert (world.time.now, world.file.ids) == (0.0, {})


def test_a_file_without_room_for_ids_is_said_before_anything_is_made(world: AccountsWorld) -> None:
    world.file.full = True
    with pytest.raises(UsageError, match="would not hold"):
        create(world)
    assert (world.organization.changes, world.console.shown) == ([], [])


def test_a_file_that_cannot_be_written_any_more_stops_before_the_next_account(world: AccountsWorld) -> None:
    world.file.broken = UsageError("flowops.yaml cannot be written: No space left on device.")
    result = create(world)
    assert outcomes(result) == {"security": Outcome.FAILED, "dev": Outcome.NOT_BEGUN, "prod": Outcome.NOT_BEGUN}
    assert result.exit_code is Exit.PARTLY_DONE
    assert result.accounts[0].account_id
    world.file.broken = None
    assert create(world).exit_code is Exit.FINE
    assert world.organization.changes.count("order security") == 1


# -- organizational units --------------------------------------------------------------------------------------------

UNIT = "Workloads/NonProd"


def test_an_account_goes_to_its_unit_which_is_made_where_it_is_missing(world: AccountsWorld) -> None:
    world.organization.units = ["Workloads"]
    result = create(world, BASE, config(dev={"organizational_unit": UNIT}, prod={"organizational_unit": "Workloads"}))
    assert result.exit_code is Exit.FINE
    assert world.console.shown[0].new_units == (UNIT,)
    assert {world.file.ids[name]: place for name, place in (("dev", UNIT), ("prod", "Workloads"))}.items() <= (
        world.organization.places.items()
    )


def test_an_account_that_stands_elsewhere_is_moved_after_a_yes(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev", place="Sandbox")
    of = config(dev={"id": DEV, "organizational_unit": UNIT})
    with pytest.raises(Declined):
        create(world, CreateRequest(("dev",)), of)
    assert world.console.shown[0].question == "Move dev? [y/N] "
    result = create(world, CreateRequest(("dev",), yes=True), of)
    assert outcomes(result) == {"dev": Outcome.MOVED}
    assert world.organization.places[DEV] == UNIT
    assert outcomes(create(world, CreateRequest(("dev",)), of)) == {"dev": Outcome.UNCHANGED}


def test_a_move_that_fails_leaves_the_account_written_down(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.refusals = [OperationFailed("denied by a policy")]
    result = create(world, CreateRequest(("dev",), yes=True), config(dev={"organizational_unit": UNIT}))
    assert outcomes(result) == {"dev": Outcome.FAILED}
    assert world.file.ids == {"dev": DEV}


# -- a rehearsal -----------------------------------------------------------------------------------------------------


def test_a_planned_id_that_nobody_has_yet_means_create(world: AccountsWorld) -> None:
    world.planned_ids = True
    world.organization.planned = {"dev": DEV}
    of = config(dev={"id": DEV})
    request = CreateRequest(("dev",), email_base="aws@example.com", yes=True)
    assert outcomes(create(world, request, of)) == {"dev": Outcome.CREATED}
    assert world.file.ids == {"dev": DEV}
    assert outcomes(create(world, request, of)) == {"dev": Outcome.UNCHANGED}


# -- the list --------------------------------------------------------------------------------------------------------


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
