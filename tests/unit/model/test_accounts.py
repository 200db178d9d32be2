"""Addresses that AWS takes, what it says no with, and commands that can be typed as printed."""

from __future__ import annotations

import shlex

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from flowops.errors import Exit, OperationFailed
from flowops.model.account_failures import failed_request, refused_request, refused_wish
from flowops.model.accounts import (
    AccountFailed,
    AccountResult,
    AccountsResult,
    Busy,
    CreateRequest,
    Outcome,
    UnitTree,
    WantedAccount,
)
from flowops.model.emails import email_problem, plus_addressed

SHAPES = Loader().load_service_model("organizations", "service-2")["shapes"]


@pytest.mark.parametrize(
    "address",
    ["a@b.de", "aws+flowable-dev@example.com", "o'x@example.com".replace("'", "_"), "A.b-c@sub.example.co.uk"],
)
def test_an_address_that_aws_takes(address: str) -> None:
    assert email_problem(address) == ""


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "has 0 characters; allowed: 6 to 64"),
        ("a@b.c", "has 5 characters"),
        ("a" * 53 + "@example.com", "has 65 characters"),
        ("dev example@example.com", "has a space"),
        ("dév@example.com", "beyond ASCII"),
        ("dev\n@example.com", "has a space or a character beyond"),
        ("dev.example.com", "is no e-mail address"),
        ("dev@x@example.com", "is no e-mail address"),
        ("@example.com", "is no e-mail address"),
        ('"dev"@example.com', 'has " before the @'),
        ("a&b,c@example.com", "has & , before the @"),
        (".dev@example.com", "begins with a dot"),
        ("dev@localhost", "has no domain"),
        ("dev@exa_mple.com", "has no domain"),
        ("dev@example.com.", "has no domain"),
    ],
)
def test_an_address_that_aws_does_not_take_says_why(address: str, said: str) -> None:
    assert said in email_problem(address)


@given(st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True), st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True))
def test_a_derived_address_is_another_one_of_the_same_mailbox(local: str, word: str) -> None:
    derived = plus_addressed(f"{local}@example.com", word)
    assert email_problem(derived) == ""
    assert derived == f"{local}+{word}@example.com"
    assert plus_addressed(derived, "x") == f"{local}+{word}-x@example.com"


@pytest.mark.parametrize("reason", SHAPES["CreateAccountFailureReason"]["enum"])
def test_every_reason_that_aws_has_is_explained(reason: str) -> None:
    error = failed_request("dev", "dev@example.com", reason)
    assert error.happened.startswith("Account dev with dev@example.com was not made: ")
    assert error.happened.endswith(f" ({reason}).")
    assert "no other reason" not in error.happened
    assert "the same command again" in error.next_step


def test_a_reason_that_aws_invents_tomorrow_is_shown() -> None:
    error = failed_request("dev", "", "MOON_IS_FULL")
    assert isinstance(error, AccountFailed)
    assert error.happened == "Account dev was not made: AWS gives no other reason (MOON_IS_FULL)."


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("FinalizingOrganizationException", "", "still being set up, which can take an hour"),
        ("ConcurrentModificationException", "", "another change of the organization is under way"),
        ("TooManyRequestsException", "", "asked too often"),
        ("ConstraintViolationException", "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", "as many accounts are being made"),
    ],
)
def test_what_passes_by_itself_is_busy(code: str, reason: str, said: str) -> None:
    error = refused_request("Account dev", code, reason)
    assert isinstance(error, Busy)
    assert said in error.happened


@pytest.mark.parametrize("reason", ["", "ACCOUNT_NUMBER_LIMIT_EXCEEDED"])
def test_a_quota_is_named_with_the_command_that_raises_it(reason: str) -> None:
    error = refused_request("Account dev", "ConstraintViolationException", reason)
    assert error is not None
    assert "'Default maximum number of accounts', L-E619E033" in error.happened
    assert error.next_step.startswith("aws service-quotas request-service-quota-increase --service-code organizations")


def test_what_is_not_known_is_left_to_aws_own_words() -> None:
    assert refused_request("Account dev", "AccessDeniedForDependencyException", "") is None
    assert refused_request("Account dev", "ConstraintViolationException", "WAIT_PERIOD_ACTIVE") is None
    wanted = WantedAccount("dev", "dev@example.com", "role", "flowable")
    assert "You provided an invalid value" in refused_wish(wanted, "You provided an invalid value.").happened


def test_a_command_can_be_typed_as_it_is_printed() -> None:
    request = CreateRequest(("dev",), {"dev": "a b@example.com"}, "aws@example.com", {"dev": "222222222222"}, yes=True)
    assert shlex.split(request.command()) == [
        *("flowops", "accounts", "create", "dev", "--email", "dev=a b@example.com", "--adopt", "dev=222222222222"),
        *("--email-base", "aws@example.com", "--yes"),
    ]
    assert CreateRequest().command("--yes") == "flowops accounts create --yes"


def test_missing_units_are_named_from_above() -> None:
    tree = UnitTree({"": "r-1", "Workloads": "ou-1"})
    assert tree.missing("Workloads/NonProd/Dev") == ("Workloads/NonProd", "Workloads/NonProd/Dev")
    assert tree.missing("Workloads") == ()


def test_an_organization_that_was_made_counts_as_done() -> None:
    failed = AccountResult("dev", Outcome.FAILED, error=OperationFailed("no"))
    assert AccountsResult(None, (failed,)).exit_code is Exit.FAILED
    assert AccountsResult(None, (failed,), founded=True).exit_code is Exit.PARTLY_DONE
