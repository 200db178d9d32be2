"""What a command in a role finds in its environment: that role, and no other way to AWS."""

from __future__ import annotations

from datetime import UTC, datetime

from flowops.adapters.aws.client import Credentials
from flowops.adapters.aws.role_environment import role_environment

ROLE = Credentials("ASIA1", "secret", "token", datetime(2026, 11, 28, 4, tzinfo=UTC))


def test_the_role_is_the_only_caller_there_is() -> None:
    ambient = {
        "PATH": "/bin",
        "AWS_PROFILE": "other",
        "AWS_DEFAULT_PROFILE": "other",
        "AWS_ACCESS_KEY_ID": "AKIAOTHER",
        "AWS_SECURITY_TOKEN": "other",
        "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/other",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "AWS_CA_BUNDLE": "/bundle.pem",
    }
    assert role_environment(ambient, ROLE, "eu-central-1") == {
        "PATH": "/bin",
        "AWS_PAGER": "",
        "AWS_CA_BUNDLE": "/bundle.pem",
        "AWS_ACCESS_KEY_ID": "ASIA1",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_CREDENTIAL_EXPIRATION": "2026-11-28T04:00:00+00:00",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


def test_a_rehearsal_is_reached_past_a_companys_proxy() -> None:
    env = role_environment({"NO_PROXY": "intranet"}, ROLE, "eu-central-1", "http://127.0.0.1:4566")
    assert (env["AWS_ENDPOINT_URL"], env["NO_PROXY"]) == ("http://127.0.0.1:4566", "intranet,127.0.0.1")
    assert env["AWS_EC2_METADATA_DISABLED"] == "true"
