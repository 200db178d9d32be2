"""Why AWS makes no account, in words, with what to do: the reasons of a failed request and of a refused one.

Source: Organizations API Reference, CreateAccount, CreateAccountStatus (FailureReason), ConstraintViolationException.
"""

from __future__ import annotations

from flowops.errors import OperationFailed
from flowops.model.accounts import AccountFailed, Busy, WantedAccount

_AGAIN = "the same command again"
_QUOTA = (
    "aws service-quotas request-service-quota-increase --service-code organizations --quota-code L-E619E033 "
    "--region us-east-1 --desired-value NUMBER (console: Service Quotas, AWS Organizations, 'Default maximum number of "
    f"accounts'; closed accounts count, too), then {_AGAIN} once it is granted"
)
_FIRST_HOUR = (
    "the organization has as many accounts as its quota allows ('Default maximum number of accounts', L-E619E033); "
    "in the first hour of an organization AWS may say so, too"
)
_PAYMENT = f"open https://console.aws.amazon.com/billing/home#/paymentpreferences, then {_AGAIN}"
_SUPPORT = f"open https://console.aws.amazon.com/support/home, then {_AGAIN}"
_VALIDATION = "the business validation of the management account"

_REASONS: dict[str, tuple[str, str]] = {
    "ACCOUNT_LIMIT_EXCEEDED": (_FIRST_HOUR, _QUOTA),
    "MISSING_PAYMENT_INSTRUMENT": ("the management account has no payment method", _PAYMENT),
    "INVALID_PAYMENT_INSTRUMENT": ("AWS does not take the payment method of the management account", _PAYMENT),
    "MISSING_BUSINESS_VALIDATION": (f"{_VALIDATION} is missing", _SUPPORT),
    "FAILED_BUSINESS_VALIDATION": (f"{_VALIDATION} failed", _SUPPORT),
    "PENDING_BUSINESS_VALIDATION": (f"{_VALIDATION} is not finished", f"{_AGAIN}, once it is"),
    "UNKNOWN_BUSINESS_VALIDATION": (f"something is wrong with {_VALIDATION}", _SUPPORT),
    "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION": (f"{_VALIDATION} lacks valid identity data", _SUPPORT),
    "IDENTITY_INVALID_BUSINESS_VALIDATION": (f"{_VALIDATION} lacks valid identity data", _SUPPORT),
    "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": (
        "a policy of the organization does not allow an account to be tagged while it is made",
        f"aws organizations describe-resource-policy, then {_AGAIN}",
    ),
}
"""What every account of the organization would meet."""

_OF_ONE_ACCOUNT: dict[str, str] = {
    "EMAIL_ALREADY_EXISTS": "another AWS account, of this organization or of anybody, has that address",
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS": "an account of AWS GovCloud (US) has that address",
    "INVALID_EMAIL": "AWS does not take that address",
    "INVALID_ADDRESS": "AWS does not take that address",
    "CONCURRENT_ACCOUNT_MODIFICATION": "AWS was asked for the same account already",
    "INTERNAL_FAILURE": "AWS met an error of its own",
}

_BUSY = {
    "ConcurrentModificationException": "another change of the organization is under way",
    "FinalizingOrganizationException": "the organization is still being set up, which can take an hour",
    "TooManyRequestsException": "AWS was asked too often",
    "ServiceException": "AWS met an error of its own",
}

_CONSTRAINTS: dict[str, tuple[str, str]] = {
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": (_FIRST_HOUR, _QUOTA),
    "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": _REASONS["MISSING_PAYMENT_INSTRUMENT"],
    "INVALID_PAYMENT_INSTRUMENT": _REASONS["INVALID_PAYMENT_INSTRUMENT"],
    "MASTER_ACCOUNT_MISSING_CONTACT_INFO": (
        "the management account has no contact information",
        f"open https://console.aws.amazon.com/billing/home#/account, then {_AGAIN}",
    ),
    "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE": ("the management account lacks a business license", _SUPPORT),
    "ACCOUNT_CREATION_NOT_COMPLETE": (
        "the setup of the management account is not complete",
        f"open https://console.aws.amazon.com/billing/home#/account, then {_AGAIN}",
    ),
    "OU_NUMBER_LIMIT_EXCEEDED": (
        "the organization has as many organizational units as its quota allows",
        f"open https://console.aws.amazon.com/servicequotas/home/services/organizations/quotas, then {_AGAIN}",
    ),
    "OU_DEPTH_LIMIT_EXCEEDED": (
        "organizational units stand in one another five deep at most",
        f"mend organizational_unit in flowops.yaml, then {_AGAIN}",
    ),
    "TAG_POLICY_VIOLATION": (
        "a tag policy of the organization does not allow the tag flowops:project",
        f"aws organizations list-policies --filter TAG_POLICY, then {_AGAIN}",
    ),
}


def failed_request(name: str, email: str, reason: str) -> OperationFailed:
    """Return the error of a request that AWS ended with FAILED and this FailureReason; `email` may be unknown."""
    if reason in _REASONS:
        why, following = _REASONS[reason]
        return _not_made(name, email, why, reason, following)
    why = _OF_ONE_ACCOUNT.get(reason, "AWS gives no other reason")
    following = _AGAIN
    if "address" in why:
        following = f"{_AGAIN} with --email {name}=ADDRESS, or with --adopt {name}=ID where the account is yours"
    elif reason == "INTERNAL_FAILURE":
        following = f"{_AGAIN}; when that fails, too: {_SUPPORT}"
    return AccountFailed(_line(name, email, why, reason), not_done=_NOT_MADE, next_step=following)


def refused_request(what: str, code: str, reason: str) -> OperationFailed | None:
    """Return the error of a call that AWS refused with this code, and ConstraintViolationException's Reason.

    None where AWS's own text says all there is. Busy may pass by itself.
    """
    if code in _BUSY or reason == "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED":
        why = _BUSY.get(code, "as many accounts are being made as AWS makes at a time")
        return Busy(f"{what} has to wait: {why} ({reason or code}).", next_step=f"{_AGAIN}, a little later")
    if code != "ConstraintViolationException":
        return None
    why, following = _CONSTRAINTS.get(reason or "ACCOUNT_NUMBER_LIMIT_EXCEEDED", ("", ""))
    if not why:
        return None
    return OperationFailed(f"{what} was refused: {why} ({reason or code}).", next_step=following)


def still_under_way(wanted: str, request: str, minutes: float) -> AccountFailed:
    """Return the error of a request that AWS has not ended in this time."""
    return AccountFailed(
        f"AWS is still making account {wanted} after {minutes:.0f} minutes (request {request}).",
        not_done="Its id is not written into flowops.yaml yet.",
        next_step=f"{_AGAIN}, which waits for it and does not make another one",
    )


def refused_wish(wanted: WantedAccount, message: str) -> AccountFailed:
    """Return the error of an account that AWS does not take as it was asked for (InvalidInputException)."""
    return AccountFailed(
        _line(wanted.name, wanted.email, message or "AWS does not take it", "InvalidInputException"),
        not_done=_NOT_MADE,
        next_step=f"{_AGAIN} with --email {wanted.name}=ADDRESS, or after mending flowops.yaml",
    )


_NOT_MADE = "The account was not made."


def _not_made(name: str, email: str, why: str, reason: str, following: str) -> OperationFailed:
    return OperationFailed(_line(name, email, why, reason), not_done=_NOT_MADE, next_step=following)


def _line(name: str, email: str, why: str, reason: str) -> str:
    address = f" with {email}" if email else ""
    return f"Account {name}{address} was not made: {why.rstrip('.')} ({reason})."
