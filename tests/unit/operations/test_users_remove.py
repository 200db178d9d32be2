"""Somebody leaves: everything is shown, taken off and gone, and after a failure the same command takes the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowops.errors import (
    CredentialsError,
    Declined,
    FlowopsError,
    OperationFailed,
    PartlyDone,
    Refused,
    UnknownTarget,
    UsageError,
)
from flowops.model.user_requests import RemoveRequest
from flowops.operations.users_remove import remove_user
from tests.fakes.users import Desk, FakePerson, failed, key

SERIAL = "arn:aws:iam::111111111111:mfa/flowable/jane"
JANE = RemoveRequest("jane", yes=True, confirm="jane")
ALL: dict[str, Any] = {
    "keys": (key("AKIAJANE"),),
    "password": True,
    "devices": (SERIAL,),
    "spares": ("arn:aws:iam::111111111111:mfa/jane",),
    "certificates": ("CERT",),
    "ssh_keys": ("APKA",),
    "service_credentials": ("ACCA",),
    "attached": ("arn:aws:iam::aws:policy/ReadOnlyAccess",),
    "inline": ("own",),
    "groups": ("dev_flowable_user",),
}


def test_all_that_hangs_on_a_user_is_taken_off_keys_first_and_named() -> None:
    desk = Desk()
    desk.user("jane", **ALL)
    removed = remove_user(JANE, desk.ports)
    assert [str(it) for it in removed.pieces] == [
        "access key AKIAJANE",
        "console password",
        f"MFA device {SERIAL}",
        "MFA device arn:aws:iam::111111111111:mfa/jane",
        "signing certificate CERT",
        "SSH public key APKA",
        "service-specific credential ACCA",
        "attached policy arn:aws:iam::aws:policy/ReadOnlyAccess",
        "inline policy own",
        "membership of group dev_flowable_user",
    ]
    assert desk.iam.people == {}
    assert all(str(it) in desk.person.said[0] for it in removed.pieces)


@pytest.mark.parametrize(
    ("error", "becomes"), [(failed("Delete"), PartlyDone), (CredentialsError("denied"), CredentialsError)]
)
@pytest.mark.parametrize("step", range(10))
def test_after_a_failure_anywhere_the_same_command_takes_the_rest(
    step: int, error: FlowopsError, becomes: type[FlowopsError]
) -> None:
    desk = Desk()
    desk.user("jane", **ALL)
    pieces = [*map(str, remove_pieces()), "last"]
    broken = f"take {pieces[step + 1]}" if step < 9 else "delete jane"
    desk.iam.failing = {broken: error}
    with pytest.raises(becomes) as raised:
        remove_user(JANE, desk.ports)
    assert raised.value.not_done == f"Removed: {', '.join(pieces[: step + 1])}. User jane still stands."
    assert raised.value.next_step == f"{JANE.command()}, which removes the rest"
    desk.iam.failing = {}
    remove_user(JANE, desk.ports)
    assert desk.iam.people == {}


def remove_pieces() -> tuple[object, ...]:
    desk = Desk()
    desk.user("jane", **ALL)
    return remove_user(JANE, desk.ports).pieces


def test_a_failure_at_the_first_step_has_removed_nothing() -> None:
    desk = Desk()
    desk.user("jane", **ALL)
    for error in (failed("DeleteAccessKey"), CredentialsError("denied")):
        desk.iam.failing = {"take access key": error}
        with pytest.raises(type(error)) as raised:
            remove_user(JANE, desk.ports)
        assert not isinstance(raised.value, PartlyDone)
    assert isinstance(failed("x"), OperationFailed)


def test_both_a_yes_and_the_name_are_needed_where_nobody_can_be_asked() -> None:
    desk = Desk()
    desk.user("jane")
    for request in (RemoveRequest("jane"), replace(JANE, yes=False), replace(JANE, confirm="")):
        with pytest.raises(Declined) as error:
            remove_user(request, desk.ports)
        assert error.value.next_step == "flowops users remove jane --confirm jane --yes"
    with pytest.raises(Declined, match="--confirm says 'joe'"):
        remove_user(replace(JANE, confirm="joe"), desk.ports)
    assert desk.iam.changes == []


def test_on_a_terminal_the_name_is_typed() -> None:
    desk = Desk()
    desk.user("jane")
    desk.person = FakePerson(["jan"], interactive=True)
    with pytest.raises(Declined, match="was declined"):
        remove_user(replace(JANE, confirm=""), desk.ports)
    desk.person.answers = ["jane"]
    remove_user(replace(JANE, confirm=""), desk.ports)
    assert desk.iam.people == {}


def test_somebody_elsewhere_is_not_ours_to_remove() -> None:
    desk = Desk()
    desk.user("jane", path="/")
    with pytest.raises(Refused) as error:
        remove_user(JANE, desk.ports)
    assert error.value.next_step.startswith("flowops users adopt jane")


def test_the_last_who_can_apply_stays_until_somebody_insists() -> None:
    desk = Desk()
    desk.user("jane", groups=("dev_dev_ops_admin", "prod_dev_ops_admin"))
    with pytest.raises(
        Refused, match=r"last member of dev_dev_ops_admin: nobody could plan or apply dev, prod"
    ) as error:
        remove_user(JANE, desk.ports)
    assert "flowops users add NAME --group dev_dev_ops_admin" in error.value.next_step
    assert "--allow-last-member" in error.value.next_step
    desk.user("joe", groups=("dev_dev_ops_admin", "prod_dev_ops_admin"))
    remove_user(JANE, desk.ports)
    remove_user(RemoveRequest("joe", yes=True, confirm="joe", allow_last_member=True), desk.ports)
    assert desk.iam.people == {}


def test_the_operators_own_user_stays_until_somebody_insists() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIAJANE"),))
    desk.files.profiles["flowable-devops-admin"] = {"aws_access_key_id": "AKIAJANE"}
    with pytest.raises(Refused, match="lock yourself out"):
        remove_user(JANE, desk.ports)
    remove_user(replace(JANE, allow_own_user=True), desk.ports)
    assert desk.iam.people == {}


def test_the_profiles_go_too_where_asked_and_no_others() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIAJANE"),))
    desk.files.profiles = {
        "jane": {"aws_access_key_id": "AKIAJANE"},
        "jane-dev": {"source_profile": "jane", "role_arn": "arn"},
        "bob": {"aws_access_key_id": "AKIABOB"},
    }
    removed = remove_user(replace(JANE, profiles=True), desk.ports)
    assert removed.profiles == ("jane", "jane-dev")
    assert list(desk.files.profiles) == ["bob"]


def test_profiles_that_cannot_be_taken_out_are_said_after_the_user_is_gone() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIAJANE"),))
    desk.files.profiles = {"jane": {"aws_access_key_id": "AKIAJANE"}}
    desk.files.broken = failed("write")
    with pytest.raises(PartlyDone, match="AWS answered") as error:
        remove_user(replace(JANE, profiles=True), desk.ports)
    assert "User jane is removed" in error.value.not_done


def test_who_is_gone_is_unknown() -> None:
    desk = Desk()
    desk.user("janet")
    with pytest.raises(UnknownTarget, match="did you mean 'janet'"):
        remove_user(JANE, desk.ports)


def test_a_second_attempt_still_finds_the_profiles_of_keys_that_the_first_one_took() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIAJANE"),), groups=("dev_flowable_user",), devices=(SERIAL,))
    desk.files.profiles = {
        "jane": {"aws_access_key_id": "AKIAJANE", "mfa_serial": SERIAL},
        "jane-dev": {"source_profile": "jane", "mfa_serial": SERIAL},
        "bob": {"aws_access_key_id": "AKIABOB", "mfa_serial": "arn:aws:iam::111111111111:mfa/flowable/bob"},
    }
    desk.iam.failing = {"take membership": failed("RemoveUserFromGroup")}
    with pytest.raises(PartlyDone):
        remove_user(replace(JANE, profiles=True), desk.ports)
    assert desk.iam.people["jane"].keys == ()
    desk.iam.failing = {}
    assert remove_user(replace(JANE, profiles=True), desk.ports).profiles == ("jane", "jane-dev")
    assert list(desk.files.profiles) == ["bob"]


def test_files_that_cannot_be_written_are_known_before_the_user_is_touched() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIAJANE"),))
    desk.files.profiles = {"jane": {"aws_access_key_id": "AKIAJANE"}}
    desk.files.unwritable = UsageError("read-only")
    with pytest.raises(UsageError, match="read-only"):
        remove_user(replace(JANE, profiles=True), desk.ports)
    assert desk.iam.changes == []
