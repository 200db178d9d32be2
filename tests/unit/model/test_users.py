"""What a user is: names IAM takes, groups of which environment, roles, and what an authenticator app is told."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.cli import root
from flowops.errors import UnknownTarget, UsageError
from flowops.model.user_disabling import is_over, keys_to_activate, sessions_before, shut_out
from flowops.model.user_profiles import chosen_profile
from flowops.model.user_requests import AddRequest, AdoptRequest, DisableRequest, Mfa, RemoveRequest, RotateRequest
from flowops.model.user_rotation import Step, rotation
from flowops.model.users import AccessKey, NewKey, otpauth_uri, reach, require_groups, require_name

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = st.text("abzAZ09_+=,.@-", min_size=1, max_size=64)


@given(NAMES)
def test_iams_names_are_names(name: str) -> None:
    require_name(name)


@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "jane/doe", "jané", "a\n", "\x1b[31m", "../x", "a:b"])
def test_what_iam_does_not_take_is_no_name_and_shown_harmlessly(name: str) -> None:
    with pytest.raises(UsageError) as error:
        require_name(name)
    assert "\x1b" not in str(error.value)


def test_a_group_is_one_of_an_environment_that_there_is() -> None:
    require_groups(("dev_dev_ops_admin", "dev_flowable_user"), ("dev",))
    with pytest.raises(UnknownTarget):
        require_groups(("prod_flowable_user",), ("dev",))


def test_roles_come_from_groups_alone_the_strongest_first() -> None:
    (only,) = reach({"dev_flowable_user", "dev_flowable_admin", "dev_flowable_god"}, ("dev", "prod"))
    assert (only.environment, only.roles) == ("dev", ("FlowableAdminRole", "FlowableUserRole"))


@given(NAMES)
def test_what_an_app_scans_says_who_where_and_the_secret(name: str) -> None:
    uri = urlsplit(otpauth_uri(name, "111111111111", "JBSWY3DP"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == f"/Amazon Web Services:{name}@111111111111"
    assert parse_qs(uri.query) == {"secret": ["JBSWY3DP"], "issuer": ["Amazon Web Services"]}


def test_a_new_keys_secret_is_not_in_its_repr() -> None:
    assert "secret" not in repr(NewKey("AKIA", "secret"))


def test_a_policy_remembers_the_keys_that_worked() -> None:
    keys = ("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE")
    assert keys_to_activate(json.loads(shut_out(keys))) == keys
    assert keys_to_activate(json.loads(shut_out(()))) == ()
    assert keys_to_activate({}) == ()


@pytest.mark.parametrize(("micro", "until"), [(0, "12:00:00"), (1, "12:00:01"), (950_000, "12:00:01")])
def test_a_session_made_in_the_very_second_of_a_return_is_from_before(micro: int, until: str) -> None:
    (statement,) = json.loads(sessions_before(NOON + timedelta(microseconds=micro)))["Statement"]
    assert statement["Condition"]["DateLessThan"] == {"aws:TokenIssueTime": f"2026-11-23T{until}Z"}


def test_the_sessions_from_before_are_over_after_36_hours_and_not_sooner() -> None:
    policy = json.loads(sessions_before(NOON))
    assert not is_over(policy, NOON + timedelta(hours=36))
    assert is_over(policy, NOON + timedelta(hours=36, seconds=1))
    assert not is_over({"Statement": [{"Effect": "Deny"}]}, NOON + timedelta(days=400))


KEYS = st.builds(
    AccessKey,
    st.just("AKIA"),
    st.booleans(),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(KEYS, KEYS, st.booleans())
def test_a_key_goes_only_where_a_newer_one_is_active_and_was_used(one: AccessKey, two: AccessKey, finish: bool) -> None:
    turn = rotation((one, two), finish=finish)
    assert turn.old is not None
    assert turn.new is not None
    assert turn.old.made <= turn.new.made
    if turn.step in (Step.DEACTIVATE, Step.DELETE, Step.FINISH):
        assert turn.new.active
        assert turn.new.used is not None


def test_the_profile_is_the_one_asked_for_or_the_users_or_the_operators_or_one_of_the_name() -> None:
    standing = {"bob": "AKIABOB", "janes": "AKIAJANE"}
    assert chosen_profile("jane", "given", ["AKIAJANE"], standing, "operator") == "given"
    assert chosen_profile("jane", "", ["AKIAJANE"], standing, "operator") == "janes"
    assert chosen_profile("jane", "", [], standing, "operator") == "operator"
    assert chosen_profile("jane", "", [], {**standing, "operator": "AKIAOP"}, "operator") == "jane"


REQUESTS = [
    AddRequest("jane", ("dev_flowable_user",), mfa=Mfa.LATER),
    AddRequest("jane", ("a", "b"), write_profile=True, profile="p", seed_file="/a b/seed", yes=True),
    AdoptRequest("jane", ("a",), seed_file="/seed", yes=True),
    RotateRequest("jane", write_profile=True, profile="p", yes=True),
    RotateRequest("jane", finish=True),
    DisableRequest("jane", undo=True, allow_own_user=True, yes=True),
    RemoveRequest("jane", profiles=True, yes=True, confirm="jane", allow_own_user=True, allow_last_member=True),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda it: it.command())
def test_the_printed_command_asks_the_same_again(request_: Any) -> None:
    _, group, verb, *words = shlex.split(request_.command())
    context = click.Context(root)
    users = root.get_command(context, group)
    assert isinstance(users, click.Group)
    command = users.get_command(context, verb)
    assert command is not None
    said = {name: value for name, value in command.make_context(verb, words).params.items() if value is not None}
    if "mfa" in said:
        said["mfa"] = Mfa(said["mfa"])
    said |= {"seed_file": str(said["seed_file"])} if "seed_file" in said else {}
    assert type(request_)(**said) == request_


def test_words_behind_a_command_stand_there_once() -> None:
    request = RemoveRequest("jane", yes=True, confirm="jane")
    assert request.command("--yes", "--confirm", "jane") == "flowops users remove jane --yes --confirm jane"
    assert replace(request, yes=False).command("--yes") == "flowops users remove jane --confirm jane --yes"
