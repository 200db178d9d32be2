"""Somebody new who is made in part: what stands is said, no key is lost, and the same command goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import CredentialsError, Exit, OperationFailed, PartlyDone, UsageError
from flowops.operations.users_add import add_user
from tests.fakes.users import Desk, FakePerson, failed
from tests.unit.operations.newcomers import JANE, SERIAL, WRITTEN


def test_a_group_that_cannot_be_joined_leaves_a_user_that_the_same_command_completes() -> None:
    desk = Desk()
    desk.iam.failing = {"join prod": failed("AddUserToGroup")}
    with pytest.raises(PartlyDone) as error:
        add_user(JANE, desk.ports)
    assert error.value.next_step == f"{JANE.command()}, which goes on from here"
    desk.iam.failing = {}
    made = add_user(JANE, desk.ports)
    assert made.joined == ("prod_dev_ops_admin",)


def test_what_aws_forbids_in_between_stays_a_matter_of_credentials() -> None:
    desk = Desk()
    desk.iam.failing = {"device": CredentialsError("denied")}
    with pytest.raises(CredentialsError) as error:
        add_user(JANE, desk.ports)
    assert "jane stands in its groups" in error.value.not_done


def test_a_key_that_cannot_be_written_is_deleted_again() -> None:
    desk = Desk()
    desk.files.broken = UsageError("/aws/credentials cannot be written: No space left on device.")
    with pytest.raises(PartlyDone, match="No space left") as error:
        add_user(WRITTEN, desk.ports)
    assert "was deleted again" in error.value.not_done
    assert desk.iam.people["jane"].keys == ()
    desk.files.broken = None
    assert add_user(WRITTEN, desk.ports).delivery.paths == ("/aws/credentials",)


def test_a_key_is_deleted_again_where_somebody_interrupts_its_write() -> None:
    desk = Desk()
    desk.files.broken = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        add_user(WRITTEN, desk.ports)
    assert desk.iam.people["jane"].keys == ()


def test_a_key_that_can_neither_be_written_nor_deleted_is_named() -> None:
    desk = Desk()
    desk.files.broken = UsageError("cannot be written")
    desk.iam.failing = {"take access key": failed("DeleteAccessKey")}
    with pytest.raises(PartlyDone) as error:
        add_user(WRITTEN, desk.ports)
    assert "AKIA0000000000000005 could not be deleted again" in error.value.not_done


def test_files_that_cannot_be_written_are_known_before_anything_is_made() -> None:
    desk = Desk()
    desk.files.unwritable = UsageError("/aws/credentials cannot be written: Read-only file system.")
    with pytest.raises(UsageError, match="Read-only"):
        add_user(WRITTEN, desk.ports)
    assert (desk.iam.changes, desk.seeds.files) == ([], {})


def test_files_that_became_unwritable_while_codes_were_typed_cost_no_key() -> None:
    desk = Desk()

    def filling_up() -> str:
        desk.files.unwritable = UsageError("/aws/credentials cannot be written: No space left on device.")
        return second

    first, second = (str(it) for it in desk.codes())
    desk.person = FakePerson([first, filling_up], interactive=True)
    request = replace(WRITTEN, seed_file="")
    with pytest.raises(PartlyDone, match="No space left") as error:
        add_user(request, desk.ports)
    assert error.value.not_done == "User jane stands in its groups, with MFA."
    assert error.value.next_step == f"{request.command()}, which goes on from here"
    assert not any(it.startswith("key") for it in desk.iam.changes)


@pytest.mark.parametrize("ended", [KeyboardInterrupt(), PartlyDone("/aws/config cannot be written: No space left.")])
def test_a_key_that_a_file_holds_is_not_deleted_whatever_comes_after(ended: BaseException) -> None:
    desk = Desk()
    desk.files.torn = ended
    with pytest.raises(type(ended)) as error:
        add_user(WRITTEN, desk.ports)
    (made,) = desk.iam.people["jane"].keys
    assert desk.files.profiles["flowable-devops-admin"]["aws_access_key_id"] == made.id
    said = f"Profile flowable-devops-admin holds the new access key {made.id}; what comes after it is not done."
    told = error.value.not_done if isinstance(error.value, PartlyDone) else "\n".join(desk.person.said)
    assert said in told


def test_a_key_that_aws_does_not_make_leaves_a_user_and_says_so() -> None:
    desk = Desk()
    desk.iam.failing = {"key": failed("CreateAccessKey")}
    with pytest.raises(PartlyDone, match="ServiceFailure") as error:
        add_user(JANE, desk.ports)
    assert error.value.not_done == "User jane stands in its groups, with MFA."
    desk.iam.failing = {}
    assert add_user(JANE, desk.ports).delivery.shown


def test_where_nothing_was_changed_a_failure_is_no_half_done_one() -> None:
    desk = Desk()
    desk.user("jane", groups=JANE.groups, devices=(SERIAL,))
    desk.iam.failing = {"key": failed("CreateAccessKey")}
    with pytest.raises(OperationFailed, match="ServiceFailure"):
        add_user(JANE, desk.ports)


def test_a_group_joined_before_the_files_changed_under_it_is_half_done() -> None:
    desk = Desk()
    add_user(replace(WRITTEN, groups=("dev_dev_ops_admin",)), desk.ports)
    desk.files.broken = UsageError("/aws/credentials was changed by somebody else")
    with pytest.raises(PartlyDone, match="changed by somebody else") as error:
        add_user(replace(WRITTEN, groups=("prod_flowable_user",)), desk.ports)
    assert error.value.exit_code is Exit.PARTLY_DONE
