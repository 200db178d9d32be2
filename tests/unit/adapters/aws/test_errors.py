from __future__ import annotations

import pytest
from botocore import exceptions as sdk

from flowops.adapters.aws.errors import AwsDenied, AwsFailed, answered, unanswered
from flowops.errors import CredentialsError, Exit, FlowopsError, OperationFailed

WHO = "role arn:aws:iam::222222222222:role/Any by profile flw-iac"


def answer(code: str, message: str = "no") -> FlowopsError:
    error = sdk.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")
    return answered(error, service="cloudformation", operation="DescribeStacks", who=WHO)


def silence(error: sdk.BotoCoreError) -> FlowopsError:
    return unanswered(error, service="sts", operation="AssumeRole", who=WHO, endpoint="https://sts.amazonaws.com/x")


@pytest.mark.parametrize(
    "code",
    [
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "UnauthorizedOperation",
        "SignatureDoesNotMatch",
    ],
)
def test_who_is_unknown_or_not_allowed_ends_with_5(code: str) -> None:
    error = answer(code)
    assert isinstance(error, AwsDenied)
    assert error.exit_code is Exit.CREDENTIALS
    assert error.happened == f"AWS answered {code} to cloudformation DescribeStacks, called as {WHO}: no"
    assert error.next_step


def test_expired_credentials_are_renewed_by_signing_in() -> None:
    assert "signing in anew" in answer("ExpiredToken").next_step
    assert "signing in anew" not in answer("AccessDenied").next_step


@pytest.mark.parametrize("code", ["ValidationError", "Throttling", "InternalFailure", "NoSuchKey"])
def test_every_other_answer_is_a_failure_with_awss_code(code: str) -> None:
    error = answer(code, "Stack x does not exist")
    assert isinstance(error, AwsFailed)
    assert (error.code, error.message, error.exit_code) == (code, "Stack x does not exist", Exit.FAILED)


def test_what_aws_says_is_one_line_that_steers_no_terminal() -> None:
    error = answer("Oops\x1b[2J", "first\nsecond\x1b]0;title\x07 \u202eright" + "x" * 5000)
    assert "\n" not in error.happened
    assert error.happened.isprintable()
    assert "first second right" in error.happened
    assert len(error.happened) < 1000


@pytest.mark.parametrize(
    "error",
    [
        sdk.EndpointConnectionError(endpoint_url="https://sts.amazonaws.com/x"),
        sdk.ConnectTimeoutError(endpoint_url="https://sts.amazonaws.com/x"),
        sdk.ReadTimeoutError(endpoint_url="https://sts.amazonaws.com/x"),
        sdk.ConnectionClosedError(endpoint_url="https://sts.amazonaws.com/x"),
        sdk.SSLError(endpoint_url="https://sts.amazonaws.com/x", error="certificate"),
        sdk.ProxyConnectionError(proxy_url="https://proxy"),
    ],
)
def test_an_endpoint_that_does_not_answer_is_named_with_its_service(error: sdk.BotoCoreError) -> None:
    found = silence(error)
    assert found.happened.startswith("sts.amazonaws.com does not answer sts AssumeRole")
    assert isinstance(found, OperationFailed)


@pytest.mark.parametrize(
    "error",
    [
        sdk.NoCredentialsError(),
        sdk.PartialCredentialsError(provider="x", cred_var="y"),
        sdk.CredentialRetrievalError(provider="custom-process", error_msg="exit 1"),
        sdk.UnauthorizedSSOTokenError(),
        sdk.RefreshWithMFAUnsupportedError(),
        sdk.InfiniteLoopConfigError(source_profile="x", visited_profiles=["x"]),
    ],
)
def test_credentials_that_cannot_be_had_end_with_5(error: sdk.BotoCoreError) -> None:
    found = silence(error)
    assert isinstance(found, CredentialsError)
    assert WHO in found.happened


def test_a_call_that_cannot_even_be_made_is_a_failure() -> None:
    found = silence(sdk.ParamValidationError(report="RoleArn is missing"))
    assert found.exit_code is Exit.FAILED
    assert "RoleArn is missing" in found.happened
