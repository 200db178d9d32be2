"""Somebody made by hand becomes one of ours; who has MFA keeps it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import Declined, Exit, OperationFailed, PartlyDone, Refused, UnknownTarget, UsageError
from flowops.model.user_requests import AdoptRequest, Mfa
from flowops.model.user_results import MfaOutcome
from flowops.operations.users_adopt import adopt_user
from tests.fakes.users import SEED, Desk, FakePerson, failed, key

SERIAL = "arn:aws:iam::111111111111:mfa/jane"
JANE = AdoptRequest("jane", ("dev_dev_ops_admin",), seed_file="/new/seed", yes=True)


def test_path_groups_and_mfa_are_brought_about_and_the_key_stays() -> None:
    desk = Desk()
    desk.user("jane", path="/", keys=(key("AKIAOLD"),))
    adopted = adopt_user(JANE, desk.ports)
    jane = desk.iam.people["jane"]
    assert (jane.path, jane.groups, [it.id for it in jane.keys]) == ("/flowable/", ("dev_dev_ops_admin",), ["AKIAOLD"])
    assert adopted.mfa.outcome is MfaOutcome.ENROLLED
    assert adopted.user.arn == jane.arn
    assert desk.seeds.files == {"/new/seed": SEED}


def test_the_change_of_the_arn_is_said_and_asked() -> None:
    desk = Desk()
    desk.user("jane", path="/people/", devices=(SERIAL,))
    asked = replace(JANE, yes=False)
    with pytest.raises(Declined) as error:
        adopt_user(asked, desk.ports)
    assert error.value.next_step.endswith("--yes")
    desk.person = FakePerson(["no"], interactive=True)
    with pytest.raises(Declined):
        adopt_user(asked, desk.ports)
    assert "a policy or trust that names the old ARN no longer means this user" in desk.person.said[0]
    assert desk.iam.changes == []
    desk.person = FakePerson(["y"], interactive=True)
    assert adopt_user(asked, desk.ports).moved


def test_who_has_mfa_keeps_it_and_no_seed_is_written() -> None:
    desk = Desk()
    desk.user("jane", path="/", devices=(SERIAL,))
    adopted = adopt_user(JANE, desk.ports)
    assert (adopted.mfa.outcome, adopted.mfa.serial) == (MfaOutcome.KEPT, SERIAL)
    assert desk.seeds.files == {}


def test_again_changes_nothing() -> None:
    desk = Desk()
    desk.user("jane", path="/")
    adopt_user(JANE, desk.ports)
    before = list(desk.iam.changes)
    again = adopt_user(replace(JANE, yes=False), desk.ports)
    assert desk.iam.changes == before
    assert not again.changed


def test_in_no_group_somebody_reaches_nothing_and_that_is_said() -> None:
    desk = Desk()
    desk.user("jane", path="/", devices=(SERIAL,))
    adopted = adopt_user(replace(JANE, groups=()), desk.ports)
    assert adopted.notes == ("jane is in no group, and reaches nothing: flowops users add jane --group GROUP",)


def test_a_device_that_is_not_enrolled_leaves_the_rest_done() -> None:
    desk = Desk()
    desk.user("jane", path="/")
    desk.person = FakePerson(["000000", "000001"] * 3, interactive=True)
    adopted = adopt_user(replace(JANE, seed_file=""), desk.ports)
    assert adopted.exit_code is Exit.PARTLY_DONE
    assert adopted.moved


def test_what_fails_after_the_first_change_says_what_stands() -> None:
    desk = Desk()
    desk.user("jane", path="/")
    desk.iam.failing = {"device": failed("CreateVirtualMFADevice")}
    with pytest.raises(PartlyDone) as error:
        adopt_user(JANE, desk.ports)
    assert error.value.not_done == "User jane stands at /flowable/, in its groups, without MFA."
    assert error.value.next_step == f"{JANE.command()}, which goes on from here"
    assert desk.seeds.files == {}


def test_what_fails_at_the_first_change_has_changed_nothing() -> None:
    desk = Desk()
    desk.user("jane", path="/")
    desk.iam.failing = {"move": failed("UpdateUser")}
    with pytest.raises(OperationFailed):
        adopt_user(JANE, desk.ports)
    assert desk.seeds.files == {}


def test_who_is_not_there_is_answered_with_the_nearest() -> None:
    desk = Desk()
    desk.user("janet")
    with pytest.raises(UnknownTarget, match=r"no IAM user 'jane'; did you mean 'janet'\?"):
        adopt_user(JANE, desk.ports)


def test_who_is_disabled_or_meant_to_have_mfa_now_and_later_is_not_adopted() -> None:
    desk = Desk()
    desk.user("jane", inline=("FlowopsDisabled",))
    with pytest.raises(Refused):
        adopt_user(JANE, desk.ports)
    with pytest.raises(UsageError):
        adopt_user(replace(JANE, mfa=Mfa.LATER), desk.ports)
