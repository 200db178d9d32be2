"""Somebody new: checked and asked first, made once, its secret in one place alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import Exit, FlowopsError, OperationFailed, Refused, UnknownTarget, UsageError
from flowops.model.user_requests import AddRequest, Mfa
from flowops.model.users import Kind, Piece
from flowops.operations.users_add import add_user
from tests.fakes.users import SECRET, SEED, Desk
from tests.unit.operations.newcomers import JANE, SERIAL, WRITTEN


def test_somebody_new_gets_groups_a_device_and_a_key_in_that_order() -> None:
    desk = Desk()
    made = add_user(JANE, desk.ports)
    assert desk.iam.changes == [
        "create jane",
        "join dev_dev_ops_admin",
        "join prod_dev_ops_admin",
        "device jane",
        f"enable {SERIAL}",
        "key AKIA0000000000000005",
    ]
    assert made.delivery.shown
    assert made.delivery.key is not None
    assert made.delivery.key.secret_key == SECRET
    assert [(it.environment, it.roles[0]) for it in made.reaches] == [
        ("dev", "DevOpsAdminRole"),
        ("prod", "DevOpsAdminRole"),
    ]
    assert desk.seeds.files == {"/new/seed": SEED}
    assert made.exit_code is Exit.FINE


def test_a_secret_is_in_no_text_about_the_result_and_in_nothing_that_was_said() -> None:
    desk = Desk()
    made = add_user(WRITTEN, desk.ports)
    assert SECRET not in repr(made) + repr(desk.person) + repr(desk.ports.config)
    assert SEED not in repr(made)


@pytest.mark.parametrize(
    ("request_", "error", "said"),
    [
        (replace(JANE, name="jane doe"), UsageError, "no name of an IAM user"),
        (replace(JANE, name=""), UsageError, "no name of an IAM user"),
        (replace(JANE, name="j" * 65), UsageError, "no name of an IAM user"),
        (replace(JANE, groups=("dev_devops_admin",)), UnknownTarget, "did you mean 'dev_dev_ops_admin'"),
        (replace(JANE, groups=("stage_dev_ops_admin",)), UnknownTarget, "known: dev_dev_ops_admin, dev_flowable"),
        (replace(JANE, profile="x"), UsageError, "--write-profile is not there"),
        (replace(JANE, mfa=Mfa.LATER), UsageError, "--mfa later does not"),
    ],
)
def test_what_cannot_be_meant_is_said_before_aws_is_entered(
    request_: AddRequest, error: type[FlowopsError], said: str
) -> None:
    desk = Desk()
    with pytest.raises(error, match=said):
        add_user(request_, desk.ports)
    assert desk.entered == 0


def test_a_new_user_in_no_group_is_none() -> None:
    desk = Desk()
    with pytest.raises(UsageError, match="reach nothing"):
        add_user(replace(JANE, groups=()), desk.ports)
    assert desk.iam.changes == []


def test_groups_that_were_not_bootstrapped_lead_there() -> None:
    desk = Desk()
    desk.iam.known = frozenset({"dev_dev_ops_admin"})
    with pytest.raises(OperationFailed, match="no group prod_dev_ops_admin yet") as error:
        add_user(JANE, desk.ports)
    assert error.value.next_step == "flowops bootstrap security"
    assert desk.iam.changes == []


def test_somebody_made_by_hand_is_adopted_first() -> None:
    desk = Desk()
    desk.user("jane", path="/")
    with pytest.raises(Refused, match="stands at path /,") as error:
        add_user(JANE, desk.ports)
    assert error.value.next_step.startswith("flowops users adopt jane, then flowops users add jane --group")


def test_a_disabled_user_is_not_completed() -> None:
    desk = Desk()
    desk.user("jane", inline=("FlowopsDisabled",))
    with pytest.raises(Refused, match="was disabled"):
        add_user(JANE, desk.ports)


def test_again_changes_nothing_and_makes_no_second_key() -> None:
    desk = Desk()
    add_user(JANE, desk.ports)
    before = list(desk.iam.changes)
    again = add_user(JANE, desk.ports)
    assert desk.iam.changes == before
    assert not again.changed
    assert again.delivery.key is None
    assert "no second one was made" in again.notes[0]
    assert "flowops users rotate jane" in again.notes[0]


def test_a_key_that_was_made_by_a_command_that_was_killed_is_named_with_what_deletes_it() -> None:
    desk = Desk()
    add_user(JANE, desk.ports)
    (lost,) = desk.iam.people["jane"].keys
    again = add_user(JANE, desk.ports)
    deleting = f"aws iam delete-access-key --user-name jane --profile flw-sec --access-key-id {lost.id}"
    assert f"{deleting}, then {JANE.command()}" in again.notes[0]
    desk.iam.take("jane", Piece(Kind.KEY, lost.id))
    made = add_user(JANE, desk.ports)
    assert made.delivery.key is not None
    assert made.delivery.key.access_key != lost.id
