"""The MFA device of somebody new: a seed in a file or two codes off an app, and what is left of one that failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import Declined, Exit, Interrupted, OperationFailed, PartlyDone, UsageError
from flowops.model.user_requests import AddRequest, Mfa
from flowops.model.user_results import MfaOutcome
from flowops.operations.users_add import add_user
from tests.fakes.users import SEED, Desk, FakePerson, FakeSeeds, failed
from tests.unit.operations.newcomers import JANE, SERIAL


def test_with_nobody_there_both_ways_out_are_named_and_nothing_is_made() -> None:
    desk = Desk()
    with pytest.raises(Declined) as error:
        add_user(replace(JANE, seed_file=""), desk.ports)
    assert "--mfa-seed-file PATH" in error.value.next_step
    assert "--mfa later" in error.value.next_step
    assert desk.iam.changes == []


def test_a_seed_is_written_over_nothing() -> None:
    desk = Desk()
    desk.seeds.standing.add("/new/seed")
    with pytest.raises(UsageError, match="is there already"):
        add_user(JANE, desk.ports)
    assert desk.iam.changes == []


def test_later_is_said_to_be_of_no_use_yet() -> None:
    desk = Desk()
    made = add_user(AddRequest("jane", ("dev_flowable_user",), mfa=Mfa.LATER), desk.ports)
    assert made.mfa.outcome is MfaOutcome.LATER
    assert made.notes == ("jane has no MFA device, and no role admits anybody without: flowops users adopt jane",)


def test_two_codes_off_an_app_enrol() -> None:
    desk = Desk()
    desk.person = FakePerson(desk.codes(), interactive=True)
    made = add_user(replace(JANE, seed_file=""), desk.ports)
    assert made.mfa.serial == SERIAL
    assert desk.person.uris == [
        f"otpauth://totp/Amazon%20Web%20Services:jane@111111111111?secret={SEED}&issuer=Amazon%20Web%20Services"
    ]


def test_wrong_codes_are_asked_again_and_said() -> None:
    desk = Desk()
    right = desk.codes()
    desk.person = FakePerson(["12", "34", "111111", "111111", *right], interactive=True)
    assert add_user(replace(JANE, seed_file=""), desk.ports).mfa.outcome is MfaOutcome.ENROLLED
    said = "\n".join(desk.person.said)
    assert "A code is 6 digits. Once more, with two new codes (2 left)." in said
    assert "That is the same code twice" in said


def test_after_three_wrong_pairs_the_device_goes_and_the_user_stays_with_a_key() -> None:
    desk = Desk()
    desk.person = FakePerson(["000000", "000001"] * 3, interactive=True)
    made = add_user(replace(JANE, seed_file=""), desk.ports)
    assert made.exit_code is Exit.PARTLY_DONE
    assert made.mfa.outcome is MfaOutcome.FAILED
    assert desk.iam.people["jane"].spares == ()
    assert made.delivery.shown
    assert "flowops users adopt jane" in made.notes[0]


def test_an_interruption_at_the_codes_undoes_the_device_and_the_same_command_goes_on() -> None:
    desk = Desk()
    desk.person = FakePerson(["123456", Interrupted("Interrupted.")], interactive=True)
    request = replace(JANE, seed_file="")
    with pytest.raises(Interrupted) as error:
        add_user(request, desk.ports)
    assert "without MFA and without an access key" in error.value.not_done
    assert error.value.next_step == f"{request.command()}, which goes on from here"
    assert desk.iam.people["jane"].spares == ()
    assert desk.iam.people["jane"].keys == ()
    desk.person.answers = desk.codes()
    made = add_user(request, desk.ports)
    assert not made.made
    assert made.delivery.shown
    assert made.mfa.outcome is MfaOutcome.ENROLLED


def test_a_seed_whose_device_came_to_nothing_is_deleted() -> None:
    desk = Desk()
    desk.iam.failing = {"enable": failed("EnableMFADevice")}
    with pytest.raises(PartlyDone):
        add_user(JANE, desk.ports)
    assert desk.seeds.files == {}


def test_a_seed_whose_device_may_be_in_use_is_kept() -> None:
    desk = Desk()
    desk.iam.failing = {"enable": failed("EnableMFADevice"), "discard": failed("Delete", "DeleteConflict")}
    with pytest.raises(PartlyDone):
        add_user(JANE, desk.ports)
    assert desk.seeds.files == {"/new/seed": SEED}


def test_a_seed_is_not_left_empty_where_the_user_cannot_be_made() -> None:
    desk = Desk()
    desk.iam.failing = {"create": failed("CreateUser")}
    with pytest.raises(OperationFailed):
        add_user(JANE, desk.ports)
    assert desk.seeds.files == {}


def test_a_device_is_not_shown_where_stderr_leads_into_a_file() -> None:
    desk = Desk()
    desk.person = FakePerson(desk.codes(), interactive=True, private=False)
    with pytest.raises(Declined, match="is no terminal but leads elsewhere") as error:
        add_user(replace(JANE, seed_file=""), desk.ports)
    assert "--mfa-seed-file PATH" in error.value.next_step
    assert (desk.iam.changes, desk.person.uris) == ([], [])


def test_a_seed_that_cannot_be_written_down_leaves_no_device() -> None:
    class Full(FakeSeeds):
        """Where a seed finds no room."""

        def fill(self, path: str, seed: str) -> None:
            raise OperationFailed(f"{path} cannot be written: No space left on device.")

    desk = Desk(seeds=Full())
    with pytest.raises(PartlyDone, match="No space left"):
        add_user(JANE, desk.ports)
    assert desk.iam.people["jane"].spares == ()
    assert desk.seeds.files == {}
