"""Which credentials the emulated AWS takes, and whom it takes their bearer for: sessions of users, access keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from flowops.model import totp
from tests.integration.emulated_identity import DEV, SECURITY, Keys
from tests.integration.emulated_people import DEPLOY, World, organization, refused


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with organization(tmp_path_factory.mktemp("aws")) as world:
        yield world


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
        body = build_opener(ProxyHandler({})).open(request, timeout=60).read().decode()
        assert f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/test" in body
