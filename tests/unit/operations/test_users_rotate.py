"""A key is replaced: made, used, made inactive, deleted, and nobody is ever without one that works."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import Declined, PartlyDone, Refused, UsageError
from flowops.model.user_requests import RotateRequest
from flowops.model.user_rotation import Step
from flowops.operations.users_rotate import rotate_key
from tests.fakes.users import SECRET, Desk, failed, key

JANE = RotateRequest("jane")
OLD = key("AKIAOLD", days=100, used=1)


def states(desk: Desk) -> list[tuple[str, bool]]:
    return [(it.id, it.active) for it in desk.iam.people["jane"].keys]


def test_the_new_key_is_shown_and_the_old_one_goes_on_working() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD,))
    made = rotate_key(JANE, desk.ports)
    assert made.rotation.step is Step.MAKE
    assert made.delivery.shown
    assert [it[1] for it in states(desk)] == [True, True]
    assert "AKIAOLD goes on working" in made.following
    assert SECRET not in repr(made)


def test_the_profile_that_holds_the_old_key_gets_the_new_one_unasked() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD,), groups=("dev_dev_ops_admin",))
    desk.files.profiles["janes"] = {"aws_access_key_id": "AKIAOLD", "output": "json"}
    made = rotate_key(replace(JANE, write_profile=True), desk.ports)
    assert desk.files.profiles["janes"]["aws_secret_access_key"] == SECRET
    assert desk.files.profiles["janes"]["output"] == "json"
    assert made.delivery.role_profiles == ("janes-dev",)
    assert "--profile janes)" in made.following


def test_somebody_elses_profile_is_not_taken_unasked() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD,))
    desk.files.profiles["bob"] = {"aws_access_key_id": "AKIABOB"}
    with pytest.raises(Declined):
        rotate_key(replace(JANE, write_profile=True, profile="bob"), desk.ports)
    assert desk.iam.changes == []


def test_until_the_new_key_was_used_nothing_happens() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD, key("AKIANEW")))
    waiting = rotate_key(JANE, desk.ports)
    assert waiting.rotation.step is Step.WAIT
    assert "is not known to work yet" in waiting.following
    assert desk.iam.changes == []


def test_then_the_old_one_is_inactive_first_and_deleted_after_that() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD, key("AKIANEW", used=0.5)))
    assert rotate_key(JANE, desk.ports).rotation.step is Step.DEACTIVATE
    assert states(desk) == [("AKIAOLD", False), ("AKIANEW", True)]
    deleted = rotate_key(JANE, desk.ports)
    assert deleted.rotation.step is Step.DELETE
    assert states(desk) == [("AKIANEW", True)]


def test_an_old_key_that_something_still_uses_is_left_until_somebody_insists() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIAOLD", days=100, used=0.1), key("AKIANEW", used=0.5)))
    busy = rotate_key(JANE, desk.ports)
    assert busy.rotation.step is Step.BUSY
    assert "--finish" in busy.following
    assert desk.iam.changes == []
    rotate_key(replace(JANE, finish=True), desk.ports)
    assert desk.iam.changes == ["deactivate AKIAOLD", "take access key AKIAOLD"]


def test_an_old_key_that_is_inactive_and_could_not_be_deleted_is_said_to_be_there() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD, key("AKIANEW", used=0.5)))
    desk.iam.failing = {"take access key": failed("DeleteAccessKey")}
    finish = replace(JANE, finish=True)
    with pytest.raises(PartlyDone) as error:
        rotate_key(finish, desk.ports)
    assert error.value.not_done == "AKIAOLD is inactive, and still there."
    desk.iam.failing = {}
    assert error.value.next_step == finish.command()
    rotate_key(finish, desk.ports)
    assert states(desk) == [("AKIANEW", True)]


@pytest.mark.parametrize("new", [key("AKIANEW"), key("AKIANEW", used=0.5, active=False)])
def test_nobody_is_cut_off(new: object) -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD, new))
    with pytest.raises(Refused, match="no key would be left that is known to work"):
        rotate_key(replace(JANE, finish=True), desk.ports)
    assert desk.iam.changes == []


def test_finishing_what_is_finished_is_fine() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD,))
    found = rotate_key(replace(JANE, finish=True), desk.ports)
    assert found.following == "jane has one access key: there is nothing to finish."


def test_who_has_no_key_gets_one() -> None:
    desk = Desk()
    desk.user("jane")
    made = rotate_key(JANE, desk.ports)
    assert made.delivery.shown
    assert made.following == ""


def test_a_new_key_that_cannot_be_written_is_gone_and_the_old_one_stays() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD,))
    desk.files.broken = UsageError("read-only")
    with pytest.raises(PartlyDone):
        rotate_key(replace(JANE, write_profile=True), desk.ports)
    assert states(desk) == [("AKIAOLD", True)]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (replace(JANE, profile="x"), "--write-profile is not there"),
        (replace(JANE, finish=True, write_profile=True), "there is nothing to write"),
    ],
)
def test_what_does_not_go_together_is_said(request_: RotateRequest, said: str) -> None:
    desk = Desk()
    with pytest.raises(UsageError, match=said):
        rotate_key(request_, desk.ports)
    assert desk.entered == 0


def test_a_disabled_user_gets_no_key() -> None:
    desk = Desk()
    desk.user("jane", inline=("FlowopsDisabled",))
    with pytest.raises(Refused):
        rotate_key(JANE, desk.ports)


def test_files_that_cannot_be_written_cost_no_key() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD,))
    desk.files.unwritable = UsageError("read-only")
    with pytest.raises(UsageError, match="read-only"):
        rotate_key(replace(JANE, write_profile=True), desk.ports)
    assert desk.iam.changes == []


def test_what_is_left_to_do_by_hand_is_done_in_the_security_account() -> None:
    desk = Desk()
    desk.user("jane", keys=(OLD, key("AKIANEW")))
    by_hand = "--user-name jane --profile flw-sec --access-key-id"
    assert f"aws iam delete-access-key {by_hand} AKIANEW," in rotate_key(JANE, desk.ports).following
    desk.user("jane", keys=(OLD, key("AKIANEW", used=0.5)))
    assert f"aws iam update-access-key {by_hand} AKIAOLD --status Active" in rotate_key(JANE, desk.ports).following
