"""How STS refuses, with AWS's codes."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

INVALID_MFA_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
UNKNOWN_MFA_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code. "
    "Please verify your MFA serial number is valid and associated with this user."
)


class AccessDenied(HTTPException):
    """The policies, or MFA, say no: HTTP 403, which moto gives no ServiceException of STS."""

    code = 403

    def __init__(self, message: str) -> None:
        error = f"<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
        super().__init__(f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>")

    def get_headers(self, *given: Any, **named: Any) -> list[tuple[str, str]]:
        """Return the headers of an XML answer."""
        return [("Content-Type", "text/xml")]


class ValidationError(ServiceException):  # type: ignore[misc]
    """A parameter is out of its range."""

    code = "ValidationError"


class MalformedPolicyDocument(ServiceException):  # type: ignore[misc]
    """A policy that takes part in a decision cannot be evaluated."""

    code = "MalformedPolicyDocument"


class InvalidIdentityToken(ServiceException):  # type: ignore[misc]
    """A web identity token that its provider cannot have issued."""

    code = "InvalidIdentityToken"


class ExpiredToken(ServiceException):  # type: ignore[misc]
    """A web identity token whose time is over."""

    code = "ExpiredTokenException"
