"""The way from a profile to a role: each hop, where it ends, and what that means to a script."""

from __future__ import annotations

import pytest

from flowops.errors import CredentialsError, Declined, Exit, UnknownTarget, WrongAccount
from flowops.model.access import Access
from flowops.model.caller_chain import CallerIdentity, Chains, Hop, HopKind, HopState, ProfileKind, region_of
from flowops.model.facts import AccountFacts, Facts
from flowops.operations.auth import Seen, whoami
from flowops.operations.auth_approval import approve_role
from tests.fakes.auth import DEVICE, NOW, FakeCaller
from tests.fakes.aws import DEV, ORGANIZATION, SECURITY, config
from tests.fakes.console import FakeConsole

PLAN, DEPLOY = Access.READ.value, Access.WRITE.value


def facts() -> Facts:
    """Return what a discovery of bootstrapped accounts found."""
    roles = {f"{name}Arn": f"arn:aws:iam::{DEV}:role/flowable/{name}" for name in (PLAN, DEPLOY)}
    accounts = {"security": AccountFacts(SECURITY), "dev": AccountFacts(DEV, roles, "external-id-of-dev")}
    return Facts(ORGANIZATION, accounts)


def walked(caller: FakeCaller, environment: str | None = "dev", role: str = PLAN, known: Facts | None = None) -> Chains:
    return whoami(Seen(config(), known or facts(), caller, lambda: NOW), environment, role)


def hops(found: Chains, number: int = 0) -> dict[HopKind, Hop]:
    return {hop.kind: hop for hop in found.chains[number].hops}


def states(found: Chains, number: int = 0) -> list[str]:
    return [hop.state.value for hop in found.chains[number].hops]


def test_every_hop_to_a_role_is_shown_with_its_account_and_its_end() -> None:
    found = walked(FakeCaller())
    way = hops(found)
    assert list(way) == [HopKind.PROFILE, HopKind.IDENTITY, HopKind.MFA, HopKind.ROLE]
    assert way[HopKind.PROFILE].how == "user keys, in ~/.aws/config and ~/.aws/credentials"
    assert (way[HopKind.IDENTITY].account, way[HopKind.IDENTITY].account_name) == (SECURITY, "security")
    assert (way[HopKind.MFA].who, way[HopKind.MFA].how) == (DEVICE, "kept")
    role = way[HopKind.ROLE]
    assert (role.account, role.account_name, role.alias) == (DEV, "dev", "acme-dev")
    assert role.expires is not None
    assert (role.expires - found.chains[0].at).total_seconds() == 3600
    assert found.exit_code is Exit.FINE


def test_another_role_takes_the_plan_roles_place() -> None:
    caller = FakeCaller()
    assert hops(walked(caller, role=DEPLOY))[HopKind.ROLE].who.endswith("assumed-role/DevOpsAdminRole/flowops")
    assert [it.role_arn for it in caller.assumed] == [f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"]


def test_a_session_that_is_missing_is_made_on_the_way_to_a_role() -> None:
    caller = FakeCaller(session_kept=False)
    assert hops(walked(caller))[HopKind.MFA].how == "made now"
    assert caller.asked == 1


def test_nobody_to_ask_ends_the_way_with_7_and_says_what_it_would_ask() -> None:
    found = walked(FakeCaller(session_kept=False, answers=False))
    assert states(found) == ["holds", "holds", "would ask", "not reached"]
    assert found.exit_code is Exit.DECLINED


def test_without_an_environment_both_profiles_are_looked_at_and_nobody_is_asked() -> None:
    caller = FakeCaller(session_kept=False)
    found = walked(caller, None)
    assert [it.leads for it in found.chains] == ["management", "operator"]
    assert hops(found)[HopKind.IDENTITY].account_name == "management"
    assert hops(found)[HopKind.IDENTITY].alias == "acme-root"
    assert states(found, 1) == ["holds", "holds", "would ask"]
    assert caller.asked == 0
    assert found.exit_code is Exit.FINE


@pytest.mark.parametrize(
    ("hop", "expected"),
    [
        ("source", ["failed", "not reached", "not reached", "not reached"]),
        ("identity", ["holds", "failed", "not reached", "not reached"]),
        ("session", ["holds", "holds", "failed", "not reached"]),
        ("assume", ["holds", "holds", "holds", "failed"]),
    ],
)
def test_a_hop_that_fails_ends_the_way_with_5(hop: str, expected: list[str]) -> None:
    error = CredentialsError("no", not_done="AWS was not called.", next_step="aws configure")
    found = walked(FakeCaller(fails={hop: error}))
    assert states(found) == expected
    assert found.exit_code is Exit.CREDENTIALS
    assert next(it.error for it in found.chains[0].hops if it.state is HopState.FAILED) is error


def test_an_operator_of_another_account_is_stopped_before_any_code_is_asked_for() -> None:
    caller = FakeCaller(session_kept=False)
    caller.identities["flowable-devops-admin"] = CallerIdentity(f"arn:aws:iam::{DEV}:user/stray", DEV)
    found = walked(caller)
    assert states(found) == ["holds", "failed", "not reached", "not reached"]
    assert isinstance(hops(found)[HopKind.IDENTITY].error, WrongAccount)
    assert caller.asked == 0


def test_an_account_that_was_not_bootstrapped_fails_at_the_role_with_the_command() -> None:
    role = hops(walked(FakeCaller(), "prod"))[HopKind.ROLE]
    assert role.state is HopState.FAILED
    assert role.error is not None
    assert role.error.next_step.startswith("flowops bootstrap prod")


def test_a_profile_without_keys_of_its_own_needs_no_session() -> None:
    found = hops(walked(FakeCaller(kind=ProfileKind.SSO)))[HopKind.MFA]
    assert (found.state, found.how) == (HopState.HOLDS, "the profile is used as it is")


@pytest.mark.parametrize(
    ("environment", "role", "said"), [("dve", PLAN, "'dev'"), ("dev", "FlowopsPlanRol", f"'{PLAN}'")]
)
def test_another_name_is_answered_with_the_nearest(environment: str, role: str, said: str) -> None:
    with pytest.raises(UnknownTarget, match=said):
        walked(FakeCaller(), environment, role)


def test_a_region_is_that_of_the_environments_folder() -> None:
    assert region_of(config(), "prod") == "eu-west-1"


def test_looking_at_a_protected_environment_needs_no_confirmation() -> None:
    approve_role(config(), "prod", PLAN, "", FakeConsole(interactive=False))
    approve_role(config(), "dev", DEPLOY, "", FakeConsole(interactive=False))


def test_a_role_that_changes_a_protected_environment_is_confirmed_by_its_name() -> None:
    with pytest.raises(Declined) as unanswered:
        approve_role(config(), "prod", DEPLOY, "", FakeConsole(interactive=False))
    assert "--role DevOpsAdminRole --confirm prod -- COMMAND" in unanswered.value.next_step
    with pytest.raises(Declined, match="--confirm says 'dev'"):
        approve_role(config(), "prod", DEPLOY, "dev", FakeConsole(interactive=True))
    approve_role(config(), "prod", DEPLOY, "prod", FakeConsole(interactive=False))


def test_on_a_terminal_the_name_is_typed() -> None:
    approve_role(config(), "prod", DEPLOY, "", FakeConsole(answers=["prod"], interactive=True))
    with pytest.raises(Declined, match="was declined"):
        approve_role(config(), "prod", DEPLOY, "", FakeConsole(answers=["yes"], interactive=True))
