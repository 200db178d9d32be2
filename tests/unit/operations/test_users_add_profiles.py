"""The profiles that somebody new is given: of which name, and never over another's without a yes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import Declined, PartlyDone, UsageError
from flowops.model.config import Config
from flowops.model.users import NewKey
from flowops.operations.users_add import add_user
from tests.fakes.aws import config
from tests.fakes.users import SECRET, Desk, FakeIam, FakePerson, key
from tests.unit.operations.newcomers import SERIAL, WRITTEN


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
