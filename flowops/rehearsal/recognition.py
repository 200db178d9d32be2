"""Which AWS operation an HTTP request is, with which parameters, in the words of the API."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from flowops.rehearsal.masking import masked
from flowops.rehearsal.reading import reads_only

DAY = "20000101"
CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/([^/]+)/aws4_request")

# A request is signed for a service's signing name; these differ from the name of its API description.
# Of several descriptions the one whose version the request names is taken.
DESCRIPTIONS: Mapping[str, tuple[str, ...]] = {
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticfilesystem": ("efs",),
    "monitoring": ("cloudwatch",),
    "tagging": ("resourcegroupstaggingapi",),
    "es": ("opensearch", "es"),
    "states": ("stepfunctions",),
    "email": ("sesv2", "ses"),
    "aps": ("amp",),
    "execute-api": ("apigatewaymanagementapi",),
    "servicequotas": ("service-quotas",),
    "access-analyzer": ("accessanalyzer",),
}
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
POLICY_PREFIXES: Mapping[str, str] = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses"}

# What the caller's SDK adds by itself; no policy asks for it.
NOISE = ("ContentLength", "ContentMD5", "Checksum", "EncodingType", "Metadata")

S3_FACTS = ("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-acl")


@dataclass(frozen=True)
class Signature:
    """Who signed a request, for which region and service; empty where a request is not signed."""

    access_key: str = ""
    region: str = "us-east-1"
    service: str = ""

    @property
    def header(self) -> str:
        """Return who signed as an Authorization header names it; it proves nothing."""
        return f"AWS4-HMAC-SHA256 Credential={self.access_key}/{DAY}/{self.region}/{self.service}/aws4_request"

    @classmethod
    def of(cls, environ: Mapping[str, Any]) -> Signature:
        """Read the credential scope of a SigV4 request, from its header or its presigned query."""
        if found := CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", "")):
            return cls(*found.groups())
        presigned = Request(dict(environ)).args.get("X-Amz-Credential", "")
        found = CREDENTIAL.search(f"Credential={presigned}")
        return cls(*found.groups()) if found else cls()


@dataclass(frozen=True)
class Operation:
    """One recognised operation: `name` as the API spells it, `prefix` as policies do, `parameters` as boto3 does.

    `protocol` is ec2, query, json, rest-json, rest-xml, or empty where no API description has the operation; `model` is
    that description.
    """

    prefix: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    protocol: str = ""
    model: OperationModel | None = field(default=None, compare=False, repr=False)

    @property
    def action(self) -> str:
        """The operation behind its policy prefix, such as `ec2:DescribeVpcs`."""
        return f"{self.prefix}:{self.name}"

    @property
    def reads_only(self) -> bool:
        """Whether the emulator's state is the same afterwards."""
        return reads_only(self.action)


def recognise(environ: Mapping[str, Any], signature: Signature, body: bytes) -> Operation:
    """Return the operation of a request; `Unknown` where no API description has it.

    `body` is the whole body, or empty for an S3 object: what is stored is nobody's business here.
    """
    prefix = POLICY_PREFIXES.get(signature.service, signature.service) or "unsigned"
    request = _copy(environ, body)
    for description in _descriptions(signature.service, request):
        try:
            model, from_path = get_service_router(description).match(request)
        except (NotFound, NotImplementedError, UnknownServiceError):
            continue
        protocol = determine_request_protocol(model.service_model, request.content_type)
        parameters = _parameters(model, from_path, request, protocol)
        return Operation(prefix, model.name, _facts(request, prefix) | parameters, protocol, model)
    return Operation(prefix, _named(request))


def _copy(environ: Mapping[str, Any], body: bytes) -> Request:
    if environ.get("HTTP_CONTENT_ENCODING") == "gzip" and body:
        body = gzip.decompress(body)
    own = {key: value for key, value in environ.items() if not key.startswith("werkzeug.")}
    return Request({**own, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def _descriptions(signed: str, request: Request) -> Iterator[str]:
    if signed == "s3" and request.path.startswith("/v20180820/"):
        yield "s3control"
        return
    version = request.values.get("Version", "")
    for name in DESCRIPTIONS.get(signed, (signed,)):
        try:
            described = get_service_model(name).api_version
        except UnknownServiceError:
            continue
        if described == version or not version or signed == "s3":
            yield name


def _named(request: Request) -> str:
    """Return what the request itself calls its operation."""
    target = request.headers.get("X-Amz-Target", "")
    return str(target.rpartition(".")[2] or request.values.get("Action") or "Unknown")


def _parameters(model: OperationModel, from_path: Mapping[str, Any], request: Request, protocol: str) -> dict[str, Any]:
    if model.input_shape is None:
        return {}
    try:
        parsed = PROTOCOL_PARSERS[protocol](model).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.get_data(),
                "url_path": request.path,
                "url_params": from_path,
            }
        )
    except Exception:
        # moto's parsers raise whatever a malformed request makes them stumble over; it is moto's to answer it.
        return {}
    kept = {name: value for name, value in parsed.items() if not name.startswith(NOISE)}
    return {name: _plain(value) for name, value in masked(kept, model.input_shape, model.name).items()}


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case date():
            return value.isoformat()
        case str() | int() | float() | bool() | None:
            return value
        case _:
            return str(value)


def _facts(request: Request, prefix: str) -> dict[str, Any]:
    """Return what conditions of S3 policies ask for, under the header's or query's own name."""
    if prefix != "s3":
        return {}
    headers = {name: request.headers[name] for name in S3_FACTS if name in request.headers}
    query = {name: request.args[name] for name in ("prefix", "delimiter") if name in request.args}
    return headers | query
