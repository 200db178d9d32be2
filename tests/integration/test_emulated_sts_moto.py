"""Who may assume what in the emulated organization: operators with MFA, CI, strangers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from botocore.exceptions import ClientError

from flowops.model import totp
from tests.integration.emulated_identity import (
    DEV,
    EXTERNAL_ID,
    MANAGEMENT,
    PROD,
    SECURITY,
    Cloud,
    Keys,
    Person,
    allow,
    document,
    emulated,
    text,
)

DEPLOY = f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"
DEPLOY_PROD = f"arn:aws:iam::{PROD}:role/flowable/DevOpsAdminRole"
CI = f"arn:aws:iam::{SECURITY}:role/flowable/FlowopsCiRole"
GITHUB = "token.actions.githubusercontent.com"
OURS = "repo:acme/platform:ref:main"
OUTSIDER = "999999999999"


@dataclass(frozen=True)
class World:
    """The organization with its people, made once for all stories."""

    cloud: Cloud
    alice: Person
    eve: Person
    outsider: Person
    organization: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with emulated(tmp_path_factory.mktemp("aws")) as cloud:
        organization = _organization(cloud)
        for account, role in ((DEV, DEPLOY), (PROD, DEPLOY_PROD)):
            _make_role(cloud, account, role, _trust(organization))
        _make_role(cloud, SECURITY, CI, _ci_trust(), allow("sts:AssumeRole", [DEPLOY, DEPLOY_PROD]))
        _make_group(cloud, SECURITY, "dev_dev_ops_admin", allow("sts:AssumeRole", DEPLOY, Sid="DeployDev"))
        yield World(
            cloud=cloud,
            alice=_make_person(cloud, SECURITY, "alice", group="dev_dev_ops_admin"),
            eve=_make_person(cloud, SECURITY, "eve"),
            outsider=_make_person(cloud, OUTSIDER, "mallory", policy=allow("*")),
            organization=organization,
        )


def _organization(cloud: Cloud) -> str:
    organizations = cloud.client("organizations", cloud.administrator(MANAGEMENT))
    organization = str(organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"])
    for name in ("security", "dev", "prod"):
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    return organization


def _trust(organization: str) -> dict[str, Any]:
    humans = {
        "Sid": "HumansWithMfa",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
        "Condition": {
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "NumericLessThan": {"aws:MultiFactorAuthAge": "43200"},
            "StringEquals": {"aws:PrincipalOrgID": organization},
            "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{SECURITY}:user/flowable/*"},
        },
    }
    machines = {
        "Sid": "ContinuousIntegration",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"sts:ExternalId": EXTERNAL_ID, "aws:PrincipalOrgID": organization},
            "ArnEquals": {"aws:PrincipalArn": CI},
        },
    }
    everybody_elsewhere = {
        "Sid": "OtherOrganizations",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": organization}},
    }
    return document(humans, machines, everybody_elsewhere)


def _ci_trust() -> dict[str, Any]:
    return document(
        {
            "Sid": "GitHubMain",
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{SECURITY}:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": OURS}},
        }
    )


def _make_role(cloud: Cloud, account: str, arn: str, trust: dict[str, Any], policy: Any = None) -> None:
    iam = cloud.engine("iam", account)
    name = arn.rpartition("/")[2]
    iam.create_role(RoleName=name, Path="/flowable/", AssumeRolePolicyDocument=text(trust), MaxSessionDuration=7200)
    if policy:
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=text(policy))


def _make_group(cloud: Cloud, account: str, name: str, policy: dict[str, Any]) -> None:
    iam = cloud.engine("iam", account)
    iam.create_group(GroupName=name, Path="/flowable/")
    iam.put_group_policy(GroupName=name, PolicyName="roles", PolicyDocument=text(policy))


def _make_person(cloud: Cloud, account: str, name: str, *, group: str = "", policy: Any = None) -> Person:
    iam = cloud.engine("iam", account)
    iam.create_user(UserName=name, Path="/flowable/", Tags=[{"Key": "team", "Value": "platform"}])
    if group:
        iam.add_user_to_group(GroupName=group, UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text(policy))
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/flowable/")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    first, second = totp.two_codes_at(seed, cloud.now())
    iam.enable_mfa_device(
        UserName=name, SerialNumber=device["SerialNumber"], AuthenticationCode1=first, AuthenticationCode2=second
    )
    keys = Keys.of(iam.create_access_key(UserName=name)["AccessKey"])
    return Person(keys, device["SerialNumber"], seed)


def refused(code: str, call: Any, *given: Any, **wish: Any) -> str:
    """Return the message of the error with which a call must end."""
    with pytest.raises(ClientError) as error:
        call(*given, **wish)
    assert error.value.response["Error"]["Code"] == code
    return str(error.value.response["Error"]["Message"])


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
        _make_role(world.cloud, SECURITY, broken, trust)
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


class TestSessionTokens:
    def test_a_session_is_its_user(self, world: World) -> None:
        session = world.alice.session(world.cloud)
        assert world.cloud.whoami(session) == f"arn:aws:iam::{SECURITY}:user/flowable/alice"
        assert world.cloud.client("iam", session).get_user()["User"]["UserName"] == "alice"

    def test_each_session_has_keys_of_its_own(self, world: World) -> None:
        assert world.alice.session(world.cloud).access != world.alice.session(world.cloud).access

    def test_a_wrong_code_is_refused(self, world: World) -> None:
        wrong = str((int(totp.code_at(world.alice.seed, world.cloud.now())) + 1) % 10**6).zfill(6)
        sts = world.cloud.client("sts", world.alice.keys)
        message = refused("AccessDenied", sts.get_session_token, SerialNumber=world.alice.device, TokenCode=wrong)
        assert "invalid MFA one time pass code" in message

    def test_somebody_elses_device_is_refused(self, world: World) -> None:
        code = totp.code_at(world.eve.seed, world.cloud.now())
        sts = world.cloud.client("sts", world.alice.keys)
        message = refused("AccessDenied", sts.get_session_token, SerialNumber=world.eve.device, TokenCode=code)
        assert "associated with this user" in message

    @pytest.mark.parametrize("seconds", [899, 129_601])
    def test_the_lifetime_has_bounds(self, world: World, seconds: int) -> None:
        sts = world.cloud.client("sts", world.alice.keys)
        # boto3 itself checks the lower bound, so the request is made without its help.
        sts.meta.events.register("before-call", _with_duration(seconds))
        refused("ValidationError", sts.get_session_token, DurationSeconds=900)

    def test_a_session_cannot_get_another_one(self, world: World) -> None:
        sts = world.cloud.client("sts", world.alice.session(world.cloud))
        assert "session credentials" in refused("AccessDenied", sts.get_session_token)

    def test_a_session_expires(self, world: World) -> None:
        session = world.alice.session(world.cloud, DurationSeconds=900)
        with world.cloud.later(hours=0.3):
            refused("ExpiredToken", world.cloud.whoami, session)
            refused("ExpiredTokenException", world.cloud.client("kms", session).list_keys)
            refused("ExpiredToken", world.cloud.client("s3", session).list_buckets)


def _with_duration(seconds: int) -> Any:
    def change(params: dict[str, Any], **_: Any) -> None:
        params["body"]["DurationSeconds"] = seconds

    return change


class TestAccessKeys:
    UNKNOWN = Keys("AKIA0123456789ABCDEF", "secret")

    @pytest.mark.parametrize(
        ("service", "operation", "code"),
        [
            ("sts", "get_caller_identity", "InvalidClientTokenId"),
            ("iam", "list_users", "InvalidClientTokenId"),
            ("rds", "describe_db_instances", "InvalidClientTokenId"),
            ("ec2", "describe_vpcs", "AuthFailure"),
            ("s3", "list_buckets", "InvalidAccessKeyId"),
            ("eks", "list_clusters", "UnrecognizedClientException"),
            ("efs", "describe_file_systems", "UnrecognizedClientException"),
            ("kms", "list_keys", "UnrecognizedClientException"),
            ("dynamodb", "list_tables", "UnrecognizedClientException"),
            ("organizations", "describe_organization", "UnrecognizedClientException"),
            ("autoscaling", "describe_auto_scaling_groups", "InvalidClientTokenId"),
            ("cloudwatch", "list_dashboards", "UnrecognizedClientException"),
        ],
    )
    def test_an_unknown_key_is_refused_by_every_service(
        self, world: World, service: str, operation: str, code: str
    ) -> None:
        call = getattr(world.cloud.client(service, self.UNKNOWN), operation)
        assert refused(code, call) or code == "InvalidAccessKeyId"

    def test_the_keys_of_users_work_in_every_service(self, world: World) -> None:
        for service, operation in (("s3", "list_buckets"), ("eks", "list_clusters"), ("ec2", "describe_vpcs")):
            assert getattr(world.cloud.client(service, world.eve.keys), operation)()

    def test_an_inactive_key_is_refused(self, world: World) -> None:
        iam = world.cloud.engine("iam", SECURITY)
        keys = Keys.of(iam.create_access_key(UserName="eve")["AccessKey"])
        assert world.cloud.whoami(keys).endswith("user/flowable/eve")
        iam.update_access_key(UserName="eve", AccessKeyId=keys.access, Status="Inactive")
        refused("InvalidClientTokenId", world.cloud.whoami, keys)

    def test_temporary_keys_are_nothing_without_their_token(self, world: World) -> None:
        session = world.alice.session(world.cloud)
        refused("InvalidClientTokenId", world.cloud.whoami, Keys(session.access, session.secret, None))
        refused("InvalidClientTokenId", world.cloud.whoami, Keys(session.access, session.secret, "forged"))

    def test_an_unsigned_request_is_refused_outside_of_s3(self, world: World) -> None:
        sts = world.cloud.client("sts", None)
        refused("MissingAuthenticationToken", sts.get_caller_identity)
        assert "Buckets" in world.cloud.client("s3", None).list_buckets()

    def test_a_presigned_request_says_who_signed_it(self, world: World) -> None:
        session = world.cloud.assume(world.alice.session(world.cloud), DEPLOY)
        url = world.cloud.client("sts", session).generate_presigned_url("get_caller_identity", HttpMethod="GET")
        # moto finds the service in this header only; whoever reviews a token of `aws eks get-token` sends it along.
        scope = f"{session.access}/20260101/eu-central-1/sts/aws4_request"
        request = Request(url, headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"})
        body = build_opener(ProxyHandler({})).open(request, timeout=10).read().decode()
        assert f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/test" in body
