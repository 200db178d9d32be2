"""Out of service at once, and back again as it was, but for sessions from before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from flowops.errors import CredentialsError, Declined, OperationFailed, PartlyDone, Refused
from flowops.model.user_requests import DisableRequest
from flowops.model.users import DISABLED, REVOKED
from flowops.operations.users_disable import disable_user
from tests.fakes.users import NOON, Desk, FakePerson, failed, key

JANE = DisableRequest("jane", yes=True)
ONE, TWO = "AKIA0000000000000ONE", "AKIA0000000000000TWO"


def test_everything_is_denied_before_a_key_is_made_inactive() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE), key(TWO, active=False)), password=True)
    done = disable_user(JANE, desk.ports)
    assert desk.iam.changes == [f"policy {DISABLED}", f"deactivate {ONE}", "take console password"]
    assert len(done.done) == 3
    assert "Revoke active sessions" in done.notes[0]
    (statement,) = desk.iam.policy("jane", DISABLED)["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    assert "Condition" not in statement


def test_undone_exactly_the_keys_work_that_worked_and_old_sessions_stay_dead() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE), key(TWO, active=False)))
    disable_user(JANE, desk.ports)
    back = disable_user(replace(JANE, undo=True), desk.ports)
    jane = desk.iam.people["jane"]
    assert [(it.id, it.active) for it in jane.keys] == [(ONE, True), (TWO, False)]
    assert jane.inline == (REVOKED,)
    (statement,) = desk.iam.policy("jane", REVOKED)["Statement"]
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-11-23T12:00:00Z"}}
    assert "36 hours" in back.notes[1]


def test_when_no_old_session_can_be_left_the_last_policy_goes() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE),))
    disable_user(JANE, desk.ports)
    undo = replace(JANE, undo=True)
    disable_user(undo, desk.ports)
    assert disable_user(undo, desk.ports).done == ()
    desk.now = NOON + timedelta(hours=37)
    assert len(disable_user(undo, desk.ports).done) == 1
    assert desk.iam.people["jane"].inline == ()
    assert disable_user(undo, desk.ports).notes == ("jane is not disabled",)


def test_an_interrupted_disabling_is_finished_by_the_same_command() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE),), password=True)
    desk.iam.failing = {"deactivate": failed("UpdateAccessKey")}
    with pytest.raises(PartlyDone) as error:
        disable_user(JANE, desk.ports)
    assert DISABLED in error.value.not_done
    desk.iam.failing = {}
    assert len(disable_user(JANE, desk.ports).done) == 2
    assert disable_user(JANE, desk.ports).notes[0] == "jane is disabled already; nothing was changed"
    disable_user(replace(JANE, undo=True), desk.ports)
    assert [it.active for it in desk.iam.people["jane"].keys] == [True]


def test_a_refusal_halfway_keeps_its_code_and_says_what_was_done() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE),), password=True)
    desk.iam.failing = {"take console password": CredentialsError("denied")}
    with pytest.raises(CredentialsError) as error:
        disable_user(JANE, desk.ports)
    assert f"access key {ONE} is inactive" in error.value.not_done
    assert error.value.next_step == "flowops users disable jane --yes, which goes on from here"


def test_an_interrupted_return_leaves_the_user_out_and_is_finished_by_the_same_command() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE),))
    disable_user(JANE, desk.ports)
    desk.iam.failing = {"activate": failed("UpdateAccessKey")}
    with pytest.raises(OperationFailed):
        disable_user(replace(JANE, undo=True), desk.ports)
    assert desk.iam.people["jane"].disabled
    desk.iam.failing = {}
    disable_user(replace(JANE, undo=True), desk.ports)
    assert not desk.iam.people["jane"].disabled


def test_it_is_asked_first() -> None:
    desk = Desk()
    desk.user("jane")
    with pytest.raises(Declined) as error:
        disable_user(DisableRequest("jane"), desk.ports)
    assert error.value.next_step == "flowops users disable jane --yes"
    desk.person = FakePerson(["n"], interactive=True)
    with pytest.raises(Declined, match="was declined"):
        disable_user(DisableRequest("jane"), desk.ports)
    assert desk.iam.changes == []


def test_nobody_locks_oneself_out_by_mistake() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE),))
    desk.files.profiles["flowable-devops-admin"] = {"aws_access_key_id": ONE}
    with pytest.raises(Refused, match="lock yourself out") as error:
        disable_user(JANE, desk.ports)
    assert error.value.next_step == "flowops users disable jane --yes --allow-own-user"
    assert desk.iam.changes == []
    assert disable_user(replace(JANE, allow_own_user=True), desk.ports).disabled


def test_a_policy_fits_what_iam_takes() -> None:
    desk = Desk()
    desk.user("jane", keys=(key(ONE), key(TWO)))
    disable_user(JANE, desk.ports)
    text = desk.iam.policies["jane", DISABLED]
    assert len(text) < 2048
    assert json.loads(text)["Statement"][0]["Sid"].isalnum()
