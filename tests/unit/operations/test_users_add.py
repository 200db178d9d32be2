"""Somebody new: checked and asked first, made once, its secret in one place alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import (
    CredentialsError,
    Declined,
    Exit,
    FlowopsError,
    Interrupted,
    OperationFailed,
    PartlyDone,
    Refused,
    UnknownTarget,
    UsageError,
)
from flowops.model.config import Config
from flowops.model.user_requests import AddRequest, Mfa
from flowops.model.user_results import MfaOutcome
from flowops.model.users import Kind, NewKey, Piece
from flowops.operations.users_add import add_user
from tests.fakes.aws import config
from tests.fakes.users import SECRET, SEED, Desk, FakeIam, FakePerson, FakeSeeds, failed, key

SERIAL = "arn:aws:iam::111111111111:mfa/flowable/jane"
JANE = AddRequest("jane", ("dev_dev_ops_admin", "prod_dev_ops_admin"), seed_file="/new/seed")
WRITTEN = replace(JANE, write_profile=True)


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


def test_the_key_goes_into_the_files_with_a_profile_for_each_environment() -> None:
    desk = Desk()
    made = add_user(WRITTEN, desk.ports)
    written = desk.files.profiles
    key_id = desk.iam.people["jane"].keys[0].id
    assert written["flowable-devops-admin"] == {
        "aws_access_key_id": key_id,
        "aws_secret_access_key": SECRET,
        "region": "eu-central-1",
        "mfa_serial": SERIAL,
    }
    assert written["flowable-devops-admin-prod"] == {
        "role_arn": "arn:aws:iam::333333333333:role/flowable/DevOpsAdminRole",
        "source_profile": "flowable-devops-admin",
        "region": "eu-west-1",
        "mfa_serial": SERIAL,
    }
    assert not made.delivery.shown


@pytest.mark.parametrize(
    ("group", "role"), [("dev_flowable_admin", "FlowableAdminRole"), ("dev_flowable_user", "FlowableUserRole")]
)
def test_the_role_of_a_profile_is_that_of_the_group(group: str, role: str) -> None:
    desk = Desk()
    add_user(replace(WRITTEN, groups=(group,)), desk.ports)
    assert desk.files.profiles["flowable-devops-admin-dev"]["role_arn"].endswith(f"role/flowable/{role}")
    assert "flowable-devops-admin-prod" not in desk.files.profiles


def test_where_the_operator_has_a_profile_a_colleague_gets_one_of_the_own_name() -> None:
    desk = Desk()
    desk.files.profiles["flowable-devops-admin"] = {"aws_access_key_id": "AKIAOPERATOR"}
    made = add_user(WRITTEN, desk.ports)
    assert (made.delivery.profile, made.delivery.role_profiles) == ("jane", ("jane-dev", "jane-prod"))
    assert desk.files.profiles["flowable-devops-admin"] == {"aws_access_key_id": "AKIAOPERATOR"}


def test_a_name_that_is_none_for_a_profile_needs_another_one() -> None:
    desk = Desk()
    desk.files.profiles["flowable-devops-admin"] = {}
    with pytest.raises(UsageError, match="no name for a profile") as error:
        add_user(replace(WRITTEN, name="jane=doe"), desk.ports)
    assert "--profile" in error.value.next_step
    assert desk.iam.changes == []


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


def test_another_group_later_adds_its_profile_around_the_key_that_stands() -> None:
    desk = Desk()
    add_user(replace(WRITTEN, groups=("dev_dev_ops_admin",)), desk.ports)
    more = add_user(replace(WRITTEN, groups=("prod_flowable_user",)), desk.ports)
    assert more.joined == ("prod_flowable_user",)
    assert "flowable-devops-admin-prod" in desk.files.profiles
    assert desk.files.profiles["flowable-devops-admin"]["aws_secret_access_key"] == SECRET


def test_a_key_that_no_file_holds_is_not_written_as_if_it_were_known() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIALOST"),), devices=(SERIAL,))
    found = add_user(WRITTEN, desk.ports)
    assert desk.files.profiles == {}
    assert "flowops users rotate jane --write-profile" in found.notes[0]


def test_a_profile_with_other_content_is_asked_for_before_anything_is_made() -> None:
    desk = Desk()
    desk.files.profiles["mine"] = {"aws_access_key_id": "AKIASOMEBODY"}
    request = replace(WRITTEN, profile="mine")
    with pytest.raises(Declined) as error:
        add_user(request, desk.ports)
    assert "--yes" in error.value.next_step
    assert (desk.iam.changes, desk.seeds.files) == ([], {})
    add_user(replace(request, yes=True), desk.ports)
    assert desk.files.profiles["mine"]["aws_secret_access_key"] == SECRET


def test_a_no_to_the_shown_change_makes_nothing() -> None:
    desk = Desk()
    desk.files.profiles["mine"] = {"aws_access_key_id": "AKIASOMEBODY"}
    desk.person = FakePerson(["n"], interactive=True)
    with pytest.raises(Declined, match="was declined"):
        add_user(replace(WRITTEN, profile="mine"), desk.ports)
    assert any("+[mine]" in it for it in desk.person.said)
    assert desk.iam.changes == []


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


def test_an_environment_whose_account_has_no_id_gets_no_profile_and_nobody_is_made() -> None:
    without: Config = config(prod=None)
    desk = Desk(config=without)
    with pytest.raises(UsageError, match="no id for account prod"):
        add_user(WRITTEN, desk.ports)
    assert desk.iam.changes == []


def test_a_profile_that_somebody_else_takes_in_the_meantime_is_left_to_them_and_the_key_goes() -> None:
    desk = Desk()

    class Meanwhile(FakeIam):
        """IAM while somebody else writes a profile of the same name."""

        def create_key(self, name: str) -> NewKey:
            desk.files.profiles["mine"] = {"aws_access_key_id": "AKIABOB"}
            return super().create_key(name)

    desk.iam = Meanwhile()
    with pytest.raises(PartlyDone, match="Profile mine was changed by somebody else"):
        add_user(replace(WRITTEN, profile="mine"), desk.ports)
    assert desk.files.profiles["mine"] == {"aws_access_key_id": "AKIABOB"}
    assert desk.iam.people["jane"].keys == ()


def test_what_would_come_before_the_keys_in_a_profile_is_asked_for_and_taken_out() -> None:
    desk = Desk()
    desk.files.profiles["mine"] = {"sso_session": "corp", "output": "json"}
    request = replace(WRITTEN, profile="mine")
    with pytest.raises(Declined):
        add_user(request, desk.ports)
    add_user(replace(request, yes=True), desk.ports)
    assert "sso_session" not in desk.files.profiles["mine"]
    assert desk.files.profiles["mine"]["output"] == "json"


# -- files and secrets that would not hold -----------------------------------------------------------------------------


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


def test_yes_alone_does_not_cost_somebody_else_a_key() -> None:
    desk = Desk()
    desk.files.profiles = {"flowable-devops-admin": {}, "jane": {"aws_access_key_id": "AKIAOTHER"}}
    request = replace(WRITTEN, yes=True)
    with pytest.raises(Declined, match="Profile jane holds the key of somebody else") as error:
        add_user(request, desk.ports)
    assert error.value.next_step.endswith(" --profile jane --yes to have that key replaced")
    assert (desk.iam.changes, desk.seeds.files) == ([], {})
    desk.person = FakePerson(["n"], interactive=True)
    with pytest.raises(Declined, match="was declined"):
        add_user(request, desk.ports)
    assert "would be lost" in desk.person.said[-1]
    add_user(replace(request, profile="jane"), desk.ports)
    assert desk.files.profiles["jane"]["aws_secret_access_key"] == SECRET


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
