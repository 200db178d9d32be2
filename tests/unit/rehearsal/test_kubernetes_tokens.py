"""Which tokens prove something; they are signed by botocore, as `aws eks get-token` does it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from flowops.rehearsal.kubernetes.tokens import Claim, Refused, claim_of

KEY, SECRET = "AKIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG"
HOST = "127.0.0.1:4566"
CALL = "Action=GetCallerIdentity&Version=2011-06-15"
CLUSTER = "dev"

COLLECTED = datetime.now(UTC)
"""When the parameters of the tests below were signed: a long suite may come to them an hour later."""


def signed(
    *,
    host: str = HOST,
    call: str = CALL,
    cluster: str | None = CLUSTER,
    secret: str = SECRET,
    session: str | None = None,
    seconds: int = 60,
    service: str = "sts",
) -> str:
    """Return the URL inside a token."""
    headers = {"x-k8s-aws-id": cluster} if cluster else {}
    request = AWSRequest("GET", f"http://{host}/?{call}", headers=headers)
    SigV4QueryAuth(Credentials(KEY, secret, session), service, "eu-central-1", expires=seconds).add_auth(request)
    return str(request.url)


def packed(url: str) -> str:
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def claimed(token: str, *, now: datetime) -> Claim:
    secrets = {KEY: SECRET}
    return claim_of(token, cluster=CLUSTER, hosts={HOST}, secret_of=secrets.get, now=now)


def test_a_token_proves_who_signed_it_and_with_which_session() -> None:
    assert claimed(packed(signed()), now=datetime.now(UTC)) == Claim(KEY, "")
    assert claimed(packed(signed(session="IQoJ/b3+JpZ2lu==")), now=datetime.now(UTC)) == Claim(KEY, "IQoJ/b3+JpZ2lu==")


@pytest.mark.parametrize("minutes", [-4, 0, 14])
def test_a_token_is_good_for_a_quarter_of_an_hour_and_clocks_may_differ_a_little(minutes: int) -> None:
    assert claimed(packed(signed()), now=datetime.now(UTC) + timedelta(minutes=minutes)).access_key == KEY


@pytest.mark.parametrize("minutes", [-6, 16])
def test_a_token_of_another_time_is_refused(minutes: int) -> None:
    with pytest.raises(Refused, match="expired"):
        claimed(packed(signed()), now=datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (signed(cluster="prod"), "not that of its access key for the cluster dev"),
        (signed(secret="stolen"), "not that of its access key"),
        (signed().replace(KEY, "AKIAOTHER"), "its access key does not exist"),
        (signed(cluster=None), "does not sign exactly the headers host and x-k8s-aws-id"),
        (signed(host="sts.amazonaws.com"), "it is not for STS at 127.0.0.1:4566"),
        (signed(host=f"x@{HOST}"), "it is not for STS"),
        (signed(call="Action=AssumeRole&Version=2011-06-15"), "it is not for GetCallerIdentity"),
        (signed(service="s3"), "its credential is not for STS"),
        (signed(seconds=901), "none of up to 15 minutes"),
        (signed(seconds=0), "none of up to 15 minutes"),
        (signed() + "&Action=GetCallerIdentity", "there twice"),
        (signed() + "&action=GetCallerIdentity", "there twice"),
        (signed() + "&RoleArn=x", "is none of such a URL"),
        (signed().replace("X-Amz-Expires=60", "X-Amz-Expires=x"), "cannot be read"),
        (signed().replace("X-Amz-Expires=60", "X-Amz-Expires=61"), "not that of its access key"),
        (signed().replace("X-Amz-Date=", "X-Amz-Date=x"), "cannot be read"),
        (signed().replace("Version", "Version="), "not that of its access key"),
        (f"http://{HOST}/?", "it is not for GetCallerIdentity"),
        (f"http://{HOST}/other?{CALL}", "it is not for STS"),
        ("http://[::1", "it is no URL"),
        ("", "it is not for STS"),
    ],
)
def test_a_url_that_proves_nothing_is_refused(url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        claimed(packed(url), now=COLLECTED)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        "k8s-aws-v1.",
        "k8s-aws-v1.!!!!",
        "k8s-aws-v1./w==",
        "k8s-aws-v2." + packed(signed())[11:],
        packed(signed() + "&" + "x" * 20_000),
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Refused):
        claimed(token, now=COLLECTED)
