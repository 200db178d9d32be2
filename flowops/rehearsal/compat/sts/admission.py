"""Which requests AWS looks at at all: those with an access key that exists, is active and has not expired.

Applies to every service. Exempt are the calls that AWS takes unsigned, S3 without a signature (the bucket policy
decides), and the CloudFormation engine. Signatures themselves are not verified.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import moto.iam.models as iam
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from flowops.rehearsal.caller import is_nested
from flowops.rehearsal.compat.patching import Function, around
from flowops.rehearsal.compat.sts.callers import Caller, caller_of
from flowops.rehearsal.compat.sts.errors import AccessDenied
from flowops.rehearsal.compat.sts.sessions import account_of, lasting_key, session_of
from flowops.rehearsal.recognition import Signature
from flowops.rehearsal.settings import Settings

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Refusal:
    """An error code with its HTTP status and text."""

    code: str
    status: int
    message: str


UNKNOWN = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"

# What SDKs expect of each protocol; S3 and EC2 have words of their own.
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and the error pages of S3 and EC2
INVALID: Mapping[str, Refusal] = {
    "s3": Refusal("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
    "ec2": Refusal("AuthFailure", 401, "AWS was not able to validate the provided access credentials"),
    "xml": Refusal("InvalidClientTokenId", 403, UNKNOWN),
    "json": Refusal("UnrecognizedClientException", 403, UNKNOWN),
}
OVER: Mapping[str, Refusal] = {
    "s3": Refusal("ExpiredToken", 400, "The provided token has expired."),
    "ec2": Refusal("RequestExpired", 400, "Request has expired."),
    "xml": Refusal("ExpiredToken", 403, EXPIRED),
    "json": Refusal("ExpiredTokenException", 403, EXPIRED),
}
MISSING = Refusal("MissingAuthenticationToken", 403, "Request is missing Authentication Token")


def install(settings: Settings, now: Clock) -> None:
    """Check the key of every request before moto reads the request; one without a key acts in `management`."""
    iam.get_account_id_from = lambda access_key: account_of(access_key) or settings.management
    around(BaseResponse, "get_access_key", _access_key)
    around(BaseResponse, "setup_class", partial(_admitted, now))


def holder_of(response: Any) -> Caller:
    """Return who makes the request that a moto response object answers."""
    caller = caller_of(response.get_access_key(), response.current_account)
    if caller is None:
        raise AccessDenied("The role behind these credentials does not exist any more.")
    return caller


def _access_key(original: Function, self: Any) -> str:
    """Return the access key; moto knows neither the engine's nor one in a presigned URL."""
    return str(Signature.of(self.request_environ).access_key or original(self))


def _admitted(now: Clock, original: Function, self: Any, request: Request, *given: Any, **named: Any) -> Any:
    self.request_environ = request.environ
    signature = Signature.of(request.environ)
    if not is_nested(request.environ, signature):
        problem = _problem(self, request, signature, now())
        if problem is not None:
            raise HTTPException(response=_answer(problem, _kind(self, request)))
    return original(self, request, *given, **named)


def _problem(response: Any, request: Request, signature: Signature, now: datetime) -> Refusal | None:
    kind = _kind(response, request)
    if not signature.access_key:
        return None if _may_be_unsigned(response, request) else MISSING
    account = account_of(signature.access_key)
    if account is None:
        return INVALID[kind]
    session = session_of(signature.access_key, account)
    if session is None:
        key = lasting_key(signature.access_key, account)
        return None if key is not None and key.status == "Active" else INVALID[kind]
    if session.token != _token(request):
        return INVALID[kind]
    return OVER[kind] if session.expires <= now else None


def _token(request: Request) -> str:
    return request.headers.get("X-Amz-Security-Token") or request.args.get("X-Amz-Security-Token", "")


def _may_be_unsigned(response: Any, request: Request) -> bool:
    """Tell whether AWS answers without a signature; moto itself sends to STS only what may come to it unsigned."""
    return response.service_name == "sts" or (response.service_name == "s3" and not _is_stray(request))


def _is_stray(request: Request) -> bool:
    """Tell whether a request is none for S3, although moto takes for S3 whatever it cannot attribute."""
    return "X-Amz-Target" in request.headers or request.mimetype == "application/x-www-form-urlencoded"


def _kind(response: Any, request: Request) -> str:
    """Return which words and form an error of this service takes."""
    if response.service_name == "s3" and _is_stray(request):
        return "json" if "X-Amz-Target" in request.headers else "xml"
    if response.service_name in ("s3", "ec2"):
        return str(response.service_name)
    protocol = str(get_service_model(response.boto3_service_name).protocol)
    return "json" if "json" in protocol or "cbor" in protocol else "xml"


def _answer(refusal: Refusal, kind: str) -> Response:
    if kind == "json":
        body = json.dumps({"__type": refusal.code, "message": refusal.message})
        headers = {"x-amzn-ErrorType": refusal.code}
        return Response(body, refusal.status, headers, content_type="application/x-amz-json-1.1")
    error = f"<Code>{refusal.code}</Code><Message>{refusal.message}</Message>"
    form = {
        "s3": f"<Error>{error}</Error>",
        "ec2": f"<Response><Errors><Error>{error}</Error></Errors><RequestID>0</RequestID></Response>",
        "xml": f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>0</RequestId></ErrorResponse>",
    }
    return Response(form[kind], refusal.status, content_type="text/xml")
