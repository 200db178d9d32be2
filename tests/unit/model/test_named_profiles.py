"""Which profiles a project has, and whether those that stand lead to credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from flowops.errors import UnknownTarget, UsageError
from flowops.model.config import Config
from flowops.model.facts import AccountFacts, Facts, Organization
from flowops.model.named_profiles import NamedProfiles, ProfilesRequest, SsoSource, named_profiles
from flowops.model.profile_chains import ProfileChain, chain_of
from flowops.model.profiles import SectionKind
from tests.fakes.aws import DEV, config

PLAIN = ProfilesRequest()
SSO = SsoSource("corp", "https://corp.awsapps.com/start", "eu-west-1")
FACTS = Facts(
    Organization("o-1", "999999999999"),
    {"dev": AccountFacts(DEV, {"DevOpsAdminRoleArn": f"arn:aws:iam::{DEV}:role/flowable/Found"})},
)


def of(
    request: ProfilesRequest = PLAIN,
    *,
    at: Config | None = None,
    facts: Facts | None = None,
    standing: Mapping[str, Mapping[str, str]] | None = None,
) -> NamedProfiles:
    return named_profiles(at or config(), facts, request, standing or {})


def keys(found: NamedProfiles, name: str) -> Mapping[str, str]:
    return next(it.settings.config for it in found.profiles if it.name == name)


def changed(**values: object) -> Config:
    return Config.model_validate({**config().model_dump(exclude_none=True), **values})


def test_the_profiles_are_those_of_the_manual() -> None:
    found = of()
    assert [it.name for it in found.profiles] == [
        "flw-iac",
        "flw-sec",
        "flw-dev",
        "flw-prod",
        "flowable-devops-admin-dev",
        "flowable-devops-admin-prod",
    ]
    assert found.without_id == {"flw-log": "logging"}
    assert keys(found, "flw-iac") == {"region": "eu-central-1"}
    assert keys(found, "flw-dev") == {
        "role_arn": f"arn:aws:iam::{DEV}:role/OrganizationAccountAccessRole",
        "source_profile": "flw-iac",
        "region": "eu-central-1",
    }
    assert keys(found, "flowable-devops-admin-dev") == {
        "role_arn": f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole",
        "source_profile": "flowable-devops-admin",
        "region": "eu-central-1",
    }
    assert keys(found, "flowable-devops-admin-prod")["region"] == "eu-west-1"


def test_no_profile_holds_a_key_and_one_of_a_role_must_not() -> None:
    for it in of(ProfilesRequest(sso=replace(SSO, account="999999999999", operator_role="Ops"))).profiles:
        assert not it.settings.credentials
        assert not {"aws_access_key_id", "aws_secret_access_key"} & it.settings.config.keys()
        if it.settings.kind is SectionKind.PROFILE and it.name != "flw-iac":
            assert "aws_secret_access_key" in it.settings.absent


def test_what_discovery_found_counts_and_another_accounts_does_not() -> None:
    assert keys(of(facts=FACTS), "flowable-devops-admin-dev")["role_arn"].endswith("role/flowable/Found")
    moved = replace(FACTS, accounts={"dev": AccountFacts("444444444444", FACTS.accounts["dev"].outputs)})
    assert keys(of(facts=moved), "flowable-devops-admin-dev")["role_arn"].endswith("role/flowable/DevOpsAdminRole")


def test_the_operators_mfa_device_and_a_chosen_region_are_taken_over() -> None:
    standing = {"flowable-devops-admin": {"mfa_serial": "arn:mfa"}, "flw-iac": {"region": "us-east-1"}}
    found = of(standing=standing)
    assert keys(found, "flowable-devops-admin-prod")["mfa_serial"] == "arn:mfa"
    assert "mfa_serial" not in keys(found, "flw-dev")
    assert keys(found, "flw-iac") == {}


def test_another_user_has_environments_of_its_own_name() -> None:
    found = of(ProfilesRequest(user="jane"), standing={"jane": {"mfa_serial": "arn:mfa/jane"}})
    assert keys(found, "jane-dev")["source_profile"] == "jane"
    assert keys(found, "jane-dev")["mfa_serial"] == "arn:mfa/jane"
    assert "flowable-devops-admin-dev" not in found.names


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
)
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    found = of(at=changed(region=region))
    assert keys(found, "flw-dev")["role_arn"].startswith(f"arn:{partition}:iam::{DEV}:role/")


def test_single_sign_on_stands_in_for_the_management_accounts_keys() -> None:
    found = of(ProfilesRequest(sso=SSO), facts=FACTS)
    assert found.profiles[0].settings.kind is SectionKind.SSO_SESSION
    assert keys(found, "corp") == {
        "sso_start_url": "https://corp.awsapps.com/start",
        "sso_region": "eu-west-1",
        "sso_registration_scopes": "sso:account:access",
    }
    assert keys(found, "flw-iac") == {
        "sso_session": "corp",
        "sso_account_id": "999999999999",
        "sso_role_name": "AdministratorAccess",
        "region": "eu-central-1",
    }
    assert "flowable-devops-admin" not in found.names, "the operator's keys stay"


def test_the_operator_signs_in_so_only_where_its_permission_set_is_named() -> None:
    found = of(ProfilesRequest(sso=replace(SSO, operator_role="Ops")), facts=FACTS)
    assert keys(found, "flowable-devops-admin") == {
        "sso_session": "corp",
        "sso_account_id": "111111111111",
        "sso_role_name": "Ops",
        "region": "eu-central-1",
    }


def test_nobody_guesses_the_management_account() -> None:
    with pytest.raises(UsageError) as refused:
        of(ProfilesRequest(sso=SSO))
    assert refused.value.next_step.endswith("--sso-region eu-west-1 --sso-account ID")
    found = of(ProfilesRequest(sso=replace(SSO, account="888888888888")), facts=FACTS)
    assert keys(found, "flw-iac")["sso_account_id"] == "888888888888"


def test_only_some_of_them_take_their_single_sign_on_along() -> None:
    found = of(ProfilesRequest(sso=SSO), facts=FACTS)
    assert [it.name for it in found.only(["flw-iac"]).profiles] == ["corp", "flw-iac"]
    assert [it.name for it in found.only(["flw-dev"]).profiles] == ["flw-dev"]
    assert found.only(["flw-dev"]).without_id == {}
    assert found.only(["flw-log"]) == NamedProfiles((), {"flw-log": "logging"})
    assert found.only([]) == found
    with pytest.raises(UnknownTarget, match="did you mean 'flw-dev'"):
        found.only(["flw-devv"])


def test_one_name_for_two_profiles_is_refused() -> None:
    accounts = {**config().model_dump(exclude_none=True)["accounts"], "logging": {"profile": "flw-dev"}}
    with pytest.raises(UsageError, match="one profile, 'flw-dev', to account dev and account logging"):
        of(at=changed(accounts=accounts))
    accounts["logging"] = {"profile": "flw-iac"}
    with pytest.raises(UsageError, match="one profile, 'flw-iac', to management account and account logging"):
        of(at=changed(accounts=accounts))


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (ProfilesRequest(user="a b"), "--user says 'a b'"),
        (ProfilesRequest(sso=replace(SSO, name="corp]")), "--sso says 'corp]'"),
        (ProfilesRequest(sso=replace(SSO, start_url="http://corp")), "--sso-start-url says 'http://corp'"),
        (ProfilesRequest(sso=replace(SSO, region="Frankfurt")), "--sso-region says 'Frankfurt'"),
        (ProfilesRequest(sso=replace(SSO, account="1234")), "--sso-account says '1234'"),
        (ProfilesRequest(sso=replace(SSO, role="a b")), "--sso-role says 'a b'"),
        (ProfilesRequest(sso=replace(SSO, operator_role="a\nb")), "--sso-operator-role says"),
    ],
)
def test_a_word_that_does_not_fit_is_answered_with_what_does(request_: ProfilesRequest, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        of(request_, facts=FACTS)
    assert refused.value.happened.startswith(said)
    assert "; allowed: " in refused.value.happened


def test_a_request_is_typed_again_as_it_was() -> None:
    sso = SsoSource("corp", "https://x/start#/", "eu-west-1", "Admin", "999999999999", "Ops")
    request = ProfilesRequest("jane", sso, ("a", "b"), ("c",), True)
    assert request.command() == (
        "flowops profiles write --user jane --sso corp --sso-start-url 'https://x/start#/' --sso-region eu-west-1 "
        "--sso-role Admin --sso-account 999999999999 --sso-operator-role Ops --only a --only b --replace c --yes"
    )
    assert request.command("--yes") == request.command()


# -- where a profile leads -------------------------------------------------------------------------------------------

ROLE = {"role_arn": "arn:aws:iam::1:role/x"}
STANDING: dict[str, dict[str, str]] = {
    "keys": {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    "role": {**ROLE, "source_profile": "keys"},
    "long": {**ROLE, "source_profile": "role"},
    "own": {**ROLE, "source_profile": "own", "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    "itself": {**ROLE, "source_profile": "itself"},
    "round": {**ROLE, "source_profile": "about"},
    "about": {**ROLE, "source_profile": "round"},
    "lost": {**ROLE, "source_profile": "nobody"},
    "empty": {"region": "x"},
    "from empty": {**ROLE, "source_profile": "empty"},
    "sso": {"sso_session": "corp"},
    "lost sso": {"sso_session": "crop"},
    "old sso": {"sso_start_url": "https://x"},
    "process": {"credential_process": "x"},
    "machine": {**ROLE, "credential_source": "Ec2InstanceMetadata"},
    "web": {**ROLE, "web_identity_token_file": "/x"},
    "no role": {"source_profile": "keys"},
}


def settings(name: str, kind: SectionKind) -> Mapping[str, str]:
    if kind is SectionKind.SSO_SESSION:
        return {"sso_region": "x"} if name == "corp" else {}
    return STANDING.get(name, {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("keys", ProfileChain(("keys",), "keys")),
        ("role", ProfileChain(("role", "keys"), "keys")),
        ("long", ProfileChain(("long", "role", "keys"), "keys")),
        ("own", ProfileChain(("own",), "keys")),
        ("sso", ProfileChain(("sso",), "single sign-on corp")),
        ("old sso", ProfileChain(("old sso",), "single sign-on")),
        ("process", ProfileChain(("process",), "a process")),
        ("machine", ProfileChain(("machine",), "the machine")),
        ("web", ProfileChain(("web",), "a web identity")),
        ("itself", ProfileChain(("itself", "itself"), problem="itself leads back to itself")),
        ("round", ProfileChain(("round", "about", "round"), problem="round leads back to itself")),
        ("lost sso", ProfileChain(("lost sso",), problem="there is no sso-session crop")),
        ("empty", ProfileChain(("empty",), problem="profile empty has no credentials", remedy="empty")),
        ("from empty", ProfileChain(("from empty", "empty"), "", "profile empty has no credentials", "empty")),
        ("no role", ProfileChain(("no role",), "", "profile no role has no credentials", "no role")),
        ("lost", ProfileChain(("lost", "nobody"), "", "profile nobody is not there, or says nothing", "nobody")),
    ],
)
def test_a_chain_is_followed_to_its_end(name: str, expected: ProfileChain) -> None:
    assert chain_of(name, settings) == expected
