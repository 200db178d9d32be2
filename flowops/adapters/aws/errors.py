"""What AWS and its SDK complain about, in one line each: service, operation, code, and who called."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from botocore import exceptions as sdk

from flowops.errors import CredentialsError, FlowopsError, OperationFailed
from flowops.model.duration import spell
from flowops.model.plaintext import printable

_LONGEST_MESSAGE = 600
_EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_CREDENTIALS_CODES = _EXPIRED_CODES | {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
}
_SKEW_CODES = frozenset(
    {"AuthFailure", "InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch"}
)
"""What AWS answers when the time in a signature is not its own."""
_CREDENTIALS_ERRORS = (
    sdk.ConfigParseError,
    sdk.CredentialRetrievalError,
    sdk.InvalidConfigError,
    sdk.LoginError,
    sdk.NoAuthTokenError,
    sdk.NoCredentialsError,
    sdk.PartialCredentialsError,
    sdk.ProfileNotFound,
    sdk.RefreshWithMFAUnsupportedError,
    sdk.SSOError,
    sdk.TokenRetrievalError,
    sdk.UnknownCredentialError,
)
TRANSPORT_ERRORS = (sdk.ConnectionError, sdk.HTTPClientError)
"""What the SDK raises when the endpoint gave no answer."""


class AwsFailed(OperationFailed):
    """AWS answered a call with an error; `code` is AWS's name for it, `reason` its closer one, `message` its text."""

    def __init__(self, happened: str, *, code: str, message: str, not_done: str, reason: str = "") -> None:
        super().__init__(happened, not_done=not_done)
        self.code, self.message, self.reason = code, message, reason


class AwsDenied(CredentialsError):
    """AWS does not know the caller, or does not let it make this call; `code` is AWS's name for why."""

    def __init__(self, happened: str, *, code: str, not_done: str, next_step: str) -> None:
        super().__init__(happened, not_done=not_done, next_step=next_step)
        self.code = code


def answered(error: sdk.ClientError, *, service: str, operation: str, who: str) -> AwsFailed | AwsDenied:
    """Return the FlowopsError that says what AWS answered to `operation`, called as `who`."""
    details = error.response.get("Error", {})
    code, message = _line(str(details.get("Code", "Unknown"))), _line(str(details.get("Message", "")))
    happened = f"AWS answered {code} to {service} {operation}, called as {who}: {message}"
    not_done = f"{operation} was not carried out."
    if code not in _CREDENTIALS_CODES:
        reason = _line(str(error.response.get("Reason", "")))
        return AwsFailed(happened, code=code, message=message, not_done=not_done, reason=reason)
    remedy = "signing in anew" if code in _EXPIRED_CODES else "mending the credentials or permissions"
    next_step = f"the same command again, after {remedy}"
    return AwsDenied(happened, code=code, not_done=not_done, next_step=next_step)


def skewed(difference: timedelta, *, service: str) -> OperationFailed:
    """Return the FlowopsError of a machine whose clock is so far ahead of AWS's (negative: behind it)."""
    way = "ahead of" if difference > timedelta() else "behind"
    return OperationFailed(
        f"The clock of this machine is {spell(abs(difference).total_seconds())} {way} that of AWS ({service}), "
        "which refuses signatures from five minutes on.",
        not_done="No unit was started.",
        next_step="timedatectl set-ntp true (or whatever sets the clock here), then the same command again",
    )


def may_be_skewed(error: sdk.ClientError) -> bool:
    """Say whether a wrong clock may be why AWS refused a call."""
    return error.response.get("Error", {}).get("Code") in _SKEW_CODES


def unanswered(error: sdk.BotoCoreError, *, service: str, operation: str, who: str, endpoint: str) -> FlowopsError:
    """Return the FlowopsError for a call that AWS never answered; `endpoint` is the URL that was called."""
    text, not_done = _line(str(error)), f"{operation} was not carried out."
    if isinstance(error, _CREDENTIALS_ERRORS):
        happened = f"There are no usable credentials for {service} {operation}, called as {who}: {text}"
        next_step = "aws configure --profile NAME, then the same command again"
        return CredentialsError(happened, not_done=not_done, next_step=next_step)
    if isinstance(error, TRANSPORT_ERRORS):
        host = urlsplit(endpoint).netloc or "AWS"
        happened = f"{host} does not answer {service} {operation}, called as {who}: {text}"
        next_step = "the same command again, once the network (proxy, VPN) reaches that host"
        return OperationFailed(happened, not_done=not_done, next_step=next_step)
    return OperationFailed(f"{service} {operation}, called as {who}, cannot be made: {text}", not_done=not_done)


def _line(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "…"
