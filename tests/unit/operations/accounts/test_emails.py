"""Where the e-mail address of a new account comes from, and which ones are refused before anything is made."""

from __future__ import annotations

import pytest

from flowops.errors import Declined, UnknownTarget, UsageError
from flowops.model.accounts import CreateRequest
from tests.fakes.accounts import OWNER, AccountsWorld
from tests.unit.operations.accounts.creating import SECURITY, config, create


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
