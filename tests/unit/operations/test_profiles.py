"""Writing a project's profiles and looking at them: what is shown, who is asked, and what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from botocore.configloader import load_config

from flowops.adapters.aws_files import FileAwsFiles
from flowops.errors import Declined, UnknownTarget
from flowops.model.config import Config
from flowops.model.facts import Facts, Organization
from flowops.model.named_profiles import ProfilesRequest, SsoSource
from flowops.model.profile_chains import ProfileRow, ProfileState
from flowops.model.profile_results import ProfilesResult
from flowops.operations.profiles import ProfilesPorts, show_profiles, write_profiles
from tests.fakes.aws import DEV, config
from tests.fakes.users import FakePerson

OPERATOR = "flowable-devops-admin"
MINE = (
    "# mine\n[profile flw-dev]\nrole_arn = arn:aws:iam::444444444444:role/Mine\nsource_profile = me\n\n[profile me]\n"
)
KEYS = f"[flw-iac]\naws_access_key_id = A\n\n[{OPERATOR}]\naws_access_key_id = B\nmfa_serial = arn:mfa\n"
YES = ProfilesRequest(yes=True)


@dataclass
class Desk:
    """Somebody with a folder that stands for ~/.aws."""

    folder: Path
    terminal: FakePerson = field(default_factory=FakePerson)
    of: Config = field(default_factory=config)
    facts: Facts | None = None

    @property
    def files(self) -> FileAwsFiles:
        return FileAwsFiles(self.folder / "config", self.folder / "credentials")

    def write(self, request: ProfilesRequest = YES) -> ProfilesResult:
        return write_profiles(request, self.of, self.facts, ProfilesPorts(self.files, self.terminal))

    def rows(self, user: str = "") -> dict[str, ProfileRow]:
        return {it.name: it for it in show_profiles(user, self.of, self.facts, self.files)}

    def outcomes(self, request: ProfilesRequest = YES) -> dict[str, str]:
        return {it.name: it.outcome.value for it in self.write(request).profiles}

    def stands(self, config: str = "", credentials: str = "") -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "config").write_text(config)
        (self.folder / "credentials").write_text(credentials)
        (self.folder / "credentials").chmod(0o600)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "aws")


def test_a_newcomer_gets_every_profile_and_hears_what_is_missing(desk: Desk) -> None:
    result = desk.write()
    assert {it.outcome.value for it in result.profiles} == {"added"}
    assert result.without_id == {"flw-log": "logging"}
    assert result.paths == (str(desk.folder / "config"),)
    assert result.following == (
        "aws configure --profile flw-iac",
        "flowops users add NAME --group dev_dev_ops_admin --group prod_dev_ops_admin --write-profile "
        "--profile flowable-devops-admin",
    )
    profiles = load_config(str(desk.folder / "config"))["profiles"]
    assert profiles["flw-dev"] == {
        "role_arn": f"arn:aws:iam::{DEV}:role/OrganizationAccountAccessRole",
        "source_profile": "flw-iac",
        "region": "eu-central-1",
    }
    assert desk.terminal.said == [result.diff]


def test_a_second_time_there_is_nothing_to_change_or_to_ask(desk: Desk) -> None:
    desk.write()
    before = (desk.folder / "config").stat().st_mtime_ns
    result = desk.write(ProfilesRequest())
    assert {it.outcome.value for it in result.profiles} == {"unchanged"}
    assert (result.paths, result.diff) == ((), "")
    assert (desk.folder / "config").stat().st_mtime_ns == before
    assert not (desk.folder / "config.flowops-backup").exists()


def test_the_diff_is_shown_before_the_question_and_a_no_writes_nothing(desk: Desk) -> None:
    desk.terminal = FakePerson(answers=["n"], interactive=True)
    with pytest.raises(Declined, match="Writing the profiles was declined"):
        desk.write(ProfilesRequest())
    diff, question = desk.terminal.said
    assert diff.startswith("--- /dev/null")
    assert question == "Write this? [y/N] "
    assert not desk.folder.exists()


def test_a_yes_writes(desk: Desk) -> None:
    desk.terminal = FakePerson(answers=["y"], interactive=True)
    assert desk.write(ProfilesRequest()).paths


def test_with_nobody_there_the_flag_is_named(desk: Desk) -> None:
    with pytest.raises(Declined) as declined:
        desk.write(ProfilesRequest(only=("flw-dev",)))
    assert declined.value.exit_code == 7
    assert declined.value.next_step == "flowops profiles write --only flw-dev --yes"
    assert not desk.folder.exists()


def test_another_profile_of_that_name_is_not_replaced_by_a_mere_yes(desk: Desk) -> None:
    desk.stands(MINE)
    with pytest.raises(Declined, match="Profile flw-dev stands there with other settings") as declined:
        desk.write()
    assert declined.value.next_step == "flowops profiles write --replace flw-dev --yes"
    assert "-source_profile = me" in desk.terminal.said[0]
    assert (desk.folder / "config").read_text() == MINE


def test_it_is_replaced_where_it_is_named(desk: Desk) -> None:
    desk.stands(MINE)
    request = ProfilesRequest(only=("flw-dev",), replace=("flw-dev",), yes=True)
    assert desk.outcomes(request) == {"flw-dev": "changed"}
    assert (desk.folder / "config").read_text() == MINE.replace("444444444444:role/Mine", f"{DEV}:role/Organization"
        "AccountAccessRole").replace("= me\n", "= flw-iac\nregion = eu-central-1\n")  # fmt: skip


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False)])
def test_somebody_is_asked_for_it_by_name_even_with_yes(desk: Desk, answer: str, written: bool) -> None:
    desk.stands(MINE)
    desk.terminal = FakePerson(answers=[answer], interactive=True)
    if written:
        assert desk.outcomes()["flw-dev"] == "changed"
    else:
        with pytest.raises(Declined, match="Replacing profile flw-dev was declined"):
            desk.write()
    assert desk.terminal.said[1:] == ["Profile flw-dev stands there with other settings. Replace them as shown? [y/N] "]
    assert ((desk.folder / "config").read_text() == MINE) is not written


def test_a_profile_of_keys_is_no_profile_of_a_role(desk: Desk) -> None:
    desk.stands("", "[flw-dev]\naws_access_key_id = A\naws_secret_access_key = canary\nregion = eu-central-1\n")
    with pytest.raises(Declined, match="Profile flw-dev stands there"):
        desk.write()
    desk.outcomes(ProfilesRequest(replace=("flw-dev",), yes=True))
    assert (desk.folder / "credentials").read_text() == "[flw-dev]\nregion = eu-central-1\n"
    assert "canary" in (desk.folder / "credentials.flowops-backup").read_text()
    assert not any("canary" in it for it in desk.terminal.said)


def test_a_name_to_replace_that_is_none_is_answered_with_the_nearest(desk: Desk) -> None:
    with pytest.raises(UnknownTarget, match="did you mean 'flw-dev'"):
        desk.write(ProfilesRequest(replace=("flw-dve",), yes=True))


def test_credentials_that_others_may_read_are_said_to_be(desk: Desk) -> None:
    desk.stands("", KEYS)
    (desk.folder / "credentials").chmod(0o644)
    result = desk.write()
    assert result.warnings[0].endswith("is open to others (mode 0644); this change makes it 0600.")
    assert desk.terminal.said[0] == result.warnings[0]
    assert (desk.folder / "credentials").stat().st_mode & 0o777 == 0o600


def test_single_sign_on_takes_the_place_of_keys(desk: Desk) -> None:
    desk.facts = Facts(Organization("o-1", "999999999999"))
    desk.stands("[profile flw-iac]\nregion = us-east-1\n", KEYS)
    sso = SsoSource("corp", "https://corp.awsapps.com/start", "eu-west-1")
    with pytest.raises(Declined, match="Profile flw-iac stands there"):
        desk.write(ProfilesRequest(sso=sso, yes=True))
    result = desk.write(ProfilesRequest(sso=sso, replace=("flw-iac",), yes=True))
    assert result.following == ("aws sso login --sso-session corp",)
    loaded = load_config(str(desk.folder / "config"))
    assert loaded["profiles"]["flw-iac"] == {
        "region": "us-east-1",
        "sso_session": "corp",
        "sso_account_id": "999999999999",
        "sso_role_name": "AdministratorAccess",
    }
    assert loaded["sso_sessions"]["corp"]["sso_start_url"] == "https://corp.awsapps.com/start"
    assert "aws_access_key_id = A" not in (desk.folder / "credentials").read_text()
    assert desk.rows()["flw-dev"].chain.end == "single sign-on corp"
    assert desk.outcomes(ProfilesRequest(sso=sso))["flw-iac"] == "unchanged"


# -- show ------------------------------------------------------------------------------------------------------------


def test_where_nothing_stands_each_row_says_what_makes_it(desk: Desk) -> None:
    rows = desk.rows()
    assert list(rows)[:3] == ["flw-iac", OPERATOR, "flw-sec"]
    assert rows["flw-iac"].remedy == "aws configure --profile flw-iac"
    assert rows[OPERATOR].remedy.startswith("flowops users add NAME --group dev_dev_ops_admin")
    assert rows["flw-dev"].remedy == "flowops profiles write --only flw-dev"
    assert (rows["flw-log"].state, rows["flw-log"].remedy) == (ProfileState.WITHOUT_ID, "flowops accounts create")
    assert {it.state for it in rows.values()} == {ProfileState.MISSING, ProfileState.WITHOUT_ID}
    assert not desk.folder.exists()


def test_what_was_written_holds_once_there_are_keys(desk: Desk) -> None:
    desk.stands("", KEYS)
    desk.write()
    rows = desk.rows()
    rows.pop("flw-log")
    assert {it.state for it in rows.values()} == {ProfileState.PRESENT}
    assert {it.remedy for it in rows.values()} == {""}
    assert rows[f"{OPERATOR}-dev"].chain.profiles == (f"{OPERATOR}-dev", OPERATOR)
    assert rows[f"{OPERATOR}-dev"].chain.end == "keys"
    assert rows[OPERATOR].place == f"{desk.folder / 'credentials'}:4"
    assert load_config(str(desk.folder / "config"))["profiles"][f"{OPERATOR}-prod"]["mfa_serial"] == "arn:mfa"


def test_a_chain_that_breaks_is_named_with_what_mends_it(desk: Desk) -> None:
    desk.write()
    rows = desk.rows()
    assert rows["flw-dev"].state is ProfileState.PRESENT
    assert rows["flw-dev"].chain.problem == "profile flw-iac has no credentials"
    assert rows["flw-dev"].remedy == "aws configure --profile flw-iac"
    assert rows[f"{OPERATOR}-dev"].remedy.startswith("flowops users add NAME")


def test_what_differs_is_named_key_by_key_and_another_account_by_its_id(desk: Desk) -> None:
    desk.stands(MINE)
    row = desk.rows()["flw-dev"]
    assert (row.state, row.differing) == (ProfileState.DIFFERS, ("role_arn", "source_profile", "region"))
    assert (row.account, row.place) == ("444444444444", f"{desk.folder / 'config'}:2")
    assert row.remedy == "flowops profiles write --only flw-dev --replace flw-dev"


def test_a_source_that_nobody_of_the_project_knows_is_configured(desk: Desk) -> None:
    desk.stands(f"[profile {OPERATOR}]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = mine\n")
    row = desk.rows()[OPERATOR]
    assert row.chain.problem == "profile mine is not there, or says nothing"
    assert row.remedy == "aws configure --profile mine"


def test_another_users_profiles_are_looked_at(desk: Desk) -> None:
    desk.stands("", "[jane]\naws_access_key_id = A\n")
    rows = desk.rows("jane")
    assert rows["jane"].state is ProfileState.PRESENT
    assert rows["jane-dev"].remedy == "flowops profiles write --user jane --only jane-dev"
    assert OPERATOR not in rows


def test_the_command_of_each_row_makes_it_hold(desk: Desk) -> None:
    desk.stands(MINE, KEYS)
    for row in desk.rows().values():
        words = row.remedy.split()
        if words[:3] == ["flowops", "profiles", "write"]:
            named = {name: tuple(b for a, b in pairwise(words) if a == name) for name in words}
            desk.write(ProfilesRequest(only=named["--only"], replace=named.get("--replace", ()), yes=True))
    assert {it.state for it in desk.rows().values()} == {ProfileState.PRESENT, ProfileState.WITHOUT_ID}
