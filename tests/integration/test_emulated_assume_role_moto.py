"""Who may assume what in the emulated organization: operators with MFA, CI, strangers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from flowops.model import totp
from tests.integration.emulated_identity import DEV, EXTERNAL_ID, SECURITY, Cloud, Keys, allow, text
from tests.integration.emulated_people import (
    CI,
    DEPLOY,
    DEPLOY_PROD,
    GITHUB,
    OURS,
    World,
    make_role,
    organization,
    refused,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with organization(tmp_path_factory.mktemp("aws")) as world:
        yield world


class TestOperators:
    def test_an_operator_with_mfa_assumes_the_deploy_role(self, world: World) -> None:
        session = world.cloud.assume(world.alice.session(world.cloud), DEPLOY)
        assert world.cloud.whoami(session) == f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/test"

    def test_an_operator_without_mfa_is_refused_by_the_statement_that_wants_it(self, world: World) -> None:
        session = world.alice.session(world.cloud, mfa=False)
        message = refused("AccessDenied", world.cloud.assume, session, DEPLOY)
        assert message.startswith(
            f"User: arn:aws:iam::{SECURITY}:user/flowable/alice is not authorized to perform: sts:AssumeRole "
            f"on resource: {DEPLOY} (statement HumansWithMfa of trust policy of {DEPLOY} does not hold: "
        )
        assert "aws:MultiFactorAuthPresent is false" in message

    def test_lasting_keys_carry_no_mfa_at_all(self, world: World) -> None:
        message = refused("AccessDenied", world.cloud.assume, world.alice.keys, DEPLOY)
        assert "aws:MultiFactorAuthPresent is absent" in message

    def test_lasting_keys_may_show_the_code_in_the_call_itself(self, world: World) -> None:
        code = totp.code_at(world.alice.seed, world.cloud.now())
        assert world.cloud.assume(world.alice.keys, DEPLOY, SerialNumber=world.alice.device, TokenCode=code).token

    def test_mfa_of_yesterday_is_too_old(self, world: World) -> None:
        session = world.alice.session(world.cloud, DurationSeconds=129_600)
        with world.cloud.later(hours=11):
            assert world.cloud.assume(session, DEPLOY).token
        with world.cloud.later(hours=13):
            message = refused("AccessDenied", world.cloud.assume, session, DEPLOY)
        assert "aws:MultiFactorAuthAge is 468" in message
        assert "NumericLessThan wants 43200" in message

    def test_devs_operator_may_not_deploy_prod(self, world: World) -> None:
        session = world.alice.session(world.cloud)
        message = refused("AccessDenied", world.cloud.assume, session, DEPLOY_PROD)
        assert f"allows sts:AssumeRole on {DEPLOY_PROD}" in message
        assert "(no statement of policy roles of" in message

    def test_a_user_in_no_group_may_not_assume_although_the_trust_admits_the_account(self, world: World) -> None:
        session = world.eve.session(world.cloud)
        message = refused("AccessDenied", world.cloud.assume, session, DEPLOY)
        assert f"(no identity policy allows sts:AssumeRole on {DEPLOY})" in message

    def test_somebody_of_another_organization_is_denied_with_mfa_and_all_permissions(self, world: World) -> None:
        session = world.outsider.session(world.cloud)
        message = refused("AccessDenied", world.cloud.assume, session, DEPLOY)
        assert "denied by statement OtherOrganizations of trust policy of" in message

    def test_a_boundary_caps_what_the_group_allows(self, world: World) -> None:
        iam = world.cloud.engine("iam", SECURITY)
        cap = iam.create_policy(PolicyName="cap", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=cap)
        message = refused("AccessDenied", world.cloud.assume, world.alice.session(world.cloud), DEPLOY)
        iam.delete_user_permissions_boundary(UserName="alice")
        assert f"the boundary {cap} does not allow sts:AssumeRole on {DEPLOY}" in message
        assert world.cloud.assume(world.alice.session(world.cloud), DEPLOY).token

    def test_a_source_identity_needs_its_own_permission(self, world: World) -> None:
        session = world.alice.session(world.cloud)
        message = refused("AccessDenied", world.cloud.assume, session, DEPLOY, SourceIdentity="alice")
        assert "sts:SetSourceIdentity" in message

    @pytest.mark.parametrize("name", ["alice smith", "aws:alice"])
    def test_a_source_identity_has_the_form_of_a_name(self, world: World, name: str) -> None:
        session = world.alice.session(world.cloud)
        assert "sourceIdentity" in refused("ValidationError", world.cloud.assume, session, DEPLOY, SourceIdentity=name)

    def test_session_tags_need_their_own_permission(self, world: World) -> None:
        session, tags = world.alice.session(world.cloud), [{"Key": "ticket", "Value": "7"}]
        assert "sts:TagSession" in refused("AccessDenied", world.cloud.assume, session, DEPLOY, Tags=tags)


class TestRoles:
    @pytest.mark.parametrize(
        "arn",
        [
            f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRol",
            f"arn:aws:iam::{DEV}:role/DevOpsAdminRole",
            f"arn:aws:iam::{DEV}:role/other/DevOpsAdminRole",
        ],
    )
    def test_a_role_that_is_not_there_or_has_another_path_is_refused(self, world: World, arn: str) -> None:
        message = refused("AccessDenied", world.cloud.assume, world.alice.session(world.cloud), arn)
        assert message.endswith("(there is no role with this ARN)")

    @pytest.mark.parametrize("arn", ["DevOpsAdminRole", "arn:aws:iam::22222:role/DevOpsAdminRole"])
    def test_what_is_no_role_arn_is_a_validation_error(self, world: World, arn: str) -> None:
        refused("ValidationError", world.cloud.assume, world.alice.session(world.cloud), f"{arn:<20}")

    def test_a_session_lives_no_longer_than_the_role_permits(self, world: World) -> None:
        session = world.alice.session(world.cloud)
        assert world.cloud.assume(session, DEPLOY, DurationSeconds=7200).token
        message = refused("ValidationError", world.cloud.assume, session, DEPLOY, DurationSeconds=7201)
        assert "MaxSessionDuration" in message

    def test_a_trust_policy_with_an_unknown_key_is_an_error_that_names_it(self, world: World) -> None:
        trust = allow("sts:AssumeRole", Principal={"AWS": SECURITY}, Condition={"Bool": {"aws:MfaPresent": "true"}})
        del trust["Statement"][0]["Resource"]
        broken = f"arn:aws:iam::{SECURITY}:role/flowable/Broken"
        make_role(world.cloud, SECURITY, broken, trust)
        message = refused("MalformedPolicyDocument", world.cloud.assume, world.alice.session(world.cloud), broken)
        assert "'aws:MfaPresent' is not documented" in message


def exchanged(cloud: Cloud, subject: str, audience: str = "sts.amazonaws.com", lifetime: float = 600) -> Keys:
    """Exchange the OIDC token of a CI job for credentials of the CI role."""
    claims = {"iss": f"https://{GITHUB}", "sub": subject, "aud": audience, "exp": cloud.now() + lifetime}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({}, claims)]
    answer = cloud.client("sts", None).assume_role_with_web_identity(
        RoleArn=CI, RoleSessionName="job", WebIdentityToken=".".join([*parts, "c2lnbmF0dXJl"])
    )
    return Keys.of(answer["Credentials"])


@pytest.fixture(scope="module")
def job(world: World) -> Keys:
    """Return the credentials of a CI job of our own repository."""
    world.cloud.engine("iam", SECURITY).create_open_id_connect_provider(
        Url=f"https://{GITHUB}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["6" * 40]
    )
    return exchanged(world.cloud, OURS)


class TestContinuousIntegration:
    def test_a_job_chains_through_the_ci_role_with_the_external_id(self, world: World, job: Keys) -> None:
        assert world.cloud.whoami(job) == f"arn:aws:sts::{SECURITY}:assumed-role/FlowopsCiRole/job"
        session = world.cloud.assume(job, DEPLOY, ExternalId=EXTERNAL_ID)
        assert world.cloud.whoami(session) == f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/test"

    @pytest.mark.parametrize("wish", [{}, {"ExternalId": "guessed"}])
    def test_without_the_right_external_id_it_is_refused(self, world: World, job: Keys, wish: dict[str, str]) -> None:
        message = refused("AccessDenied", world.cloud.assume, job, DEPLOY, **wish)
        assert "statement ContinuousIntegration of trust policy" in message
        assert EXTERNAL_ID not in message

    def test_a_chained_session_ends_after_an_hour_whatever_the_role_permits(self, world: World, job: Keys) -> None:
        wish = {"ExternalId": EXTERNAL_ID, "DurationSeconds": 3601}
        message = refused("ValidationError", world.cloud.assume, job, DEPLOY, **wish)
        assert "1 hour session limit for roles assumed by role chaining" in message

    def test_another_repository_or_audience_or_an_old_token_gets_nothing(self, world: World, job: Keys) -> None:
        message = refused("AccessDenied", exchanged, world.cloud, "repo:evil/fork:ref:main")
        assert "statement GitHubMain" in message
        refused("InvalidIdentityToken", exchanged, world.cloud, OURS, "other")
        refused("ExpiredTokenException", exchanged, world.cloud, OURS, lifetime=-1)

    def test_a_session_policy_narrows_the_next_step(self, world: World, job: Keys) -> None:
        narrow = world.cloud.assume(job, DEPLOY, ExternalId=EXTERNAL_ID, Policy=text(allow("s3:*")))
        message = refused("AccessDenied", world.cloud.assume, narrow, DEPLOY_PROD, ExternalId=EXTERNAL_ID)
        assert f"{DEPLOY_PROD} (" in message
