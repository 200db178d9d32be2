"""Calls to AWS that depend on their arguments alone, never on the environment of this process.

Every call goes through `AwsSession`, which turns whatever goes wrong into a FlowopsError of one line.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.credentials import CredentialProvider, CredentialResolver
from botocore.credentials import Credentials as SdkCredentials
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ReadTimeoutError
from botocore.loaders import Loader, create_loader
from botocore.session import Session as SdkSession

from flowops.adapters.aws import errors
from flowops.model.clock import TOLERATED, ahead

_CONNECT_SECONDS, _READ_SECONDS = 5, 28
_PATIENCE_SECONDS = 12.0
_CONFIG = Config(
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 8},
)
# For a look that must not hang: whoever takes it says within seconds that AWS does not answer.
_HURRIED = _CONFIG.merge(
    Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})
)
# The SDK would ask a company's proxy for this machine's own loopback.
_NO_PROXY = Config(proxies={})
# The same settings from the same files, without the environment variable that would come before them.
_WITHOUT_ENVIRONMENT = {
    name: (key, None, default, convert)
    for name, (key, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
}


@cache
def _descriptions() -> Loader:
    return create_loader()


def utc_now() -> datetime:
    """Return the time of this machine's clock."""
    return datetime.now(UTC)


def tags_of(listed: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return tags by their keys, as most of AWS lists them: each with its `Key` and its `Value`; None for no list."""
    return {tag["Key"]: tag["Value"] for tag in listed or ()}


def is_loopback(endpoint_url: str | None) -> bool:
    """Return whether an endpoint is on this machine: an emulated AWS."""
    return bool(endpoint_url) and urlsplit(endpoint_url).hostname in ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Credentials:
    """One set of AWS credentials; `expires` is an aware time, None where they do not or nobody knows when."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None


@dataclass(frozen=True)
class Wire:
    """How AWS is reached; `endpoint_url` None is AWS itself, `ca_bundle` None the SDK's own certificates.

    `hurried` calls are made once, and waited for only for seconds.
    """

    region: str
    endpoint_url: str | None = None
    ca_bundle: str | None = None
    monotonic: Callable[[], float] = time.monotonic
    clock: Callable[[], datetime] = utc_now
    hurried: bool = False


class IsolatedSession(SdkSession):
    """An SDK session that reads its files and its arguments, and none of the environment's AWS variables."""

    def __init__(self, wire: Wire, *, profile: str | None, config_file: str, credentials_file: str) -> None:
        super().__init__(session_vars=dict(_WITHOUT_ENVIRONMENT), profile=profile)
        self._wire = wire
        # What AWS's services are like is read once, not once for each caller.
        self.register_component("data_loader", _descriptions())
        self.set_config_variable("config_file", config_file)
        self.set_config_variable("credentials_file", credentials_file)
        self.set_config_variable("ignore_configured_endpoint_urls", True)

    def create_client(self, service_name: str, *args: Any, **options: Any) -> Any:
        """Return a client with this session's endpoint, certificates, timeouts and retries."""
        options["endpoint_url"] = options.get("endpoint_url") or self._endpoint()
        # `True`, because the SDK looks for REQUESTS_CA_BUNDLE when it is told nothing.
        options["verify"] = self._wire.ca_bundle or self.get_config_variable("ca_bundle") or True
        given = options.get("config")
        usual = _HURRIED if self._wire.hurried else _CONFIG
        settled = usual.merge(_NO_PROXY) if is_loopback(options["endpoint_url"]) else usual
        options["config"] = settled.merge(given) if given else settled
        client: Any = super().create_client(service_name, *args, **options)
        client.meta.events.register("needs-retry", self._lose_patience)
        return client

    def _endpoint(self) -> str | None:
        return self._wire.endpoint_url or self.get_scoped_config().get("endpoint_url")

    def _lose_patience(
        self, *, request_dict: dict[str, Any], caught_exception: Exception | None = None, **_: Any
    ) -> None:
        """End the SDK's retries of an endpoint that is not there, so that the operator hears of it within 30 s."""
        if not isinstance(caught_exception, errors.TRANSPORT_ERRORS):
            return
        now = self._wire.monotonic()
        since = request_dict["context"].setdefault("flowops_silent_since", now)
        if isinstance(caught_exception, ReadTimeoutError) or now - since > _PATIENCE_SECONDS:
            raise caught_exception


class AwsSession:
    """AWS as one caller; `who` says in words which profile or role that is."""

    def __init__(self, session: SdkSession, wire: Wire, who: str) -> None:
        self.who, self.wire = who, wire
        self._sdk = session
        self._boto = boto3.Session(botocore_session=session, region_name=wire.region)
        self._clients: dict[str, Any] = {}
        self._elsewhere: dict[str, AwsSession] = {}
        self._lock = Lock()

    def elsewhere(self, region: str) -> AwsSession:
        """Return the same caller in another region, made once."""
        if region == self.wire.region:
            return self
        with self._lock:
            if region not in self._elsewhere:
                self._elsewhere[region] = AwsSession(self._sdk, replace(self.wire, region=region), self.who)
            return self._elsewhere[region]

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Return AWS's answer to `operation`, spelled as AWS spells it; AwsFailed and AwsDenied carry AWS's code."""
        with self.explained(service, operation):
            answer: dict[str, Any] = getattr(self.client(service), xform_name(operation))(**parameters)
            return answer

    def pages(self, service: str, operation: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield every page of AWS's answer to `operation`."""
        with self.explained(service, operation):
            yield from self.client(service).get_paginator(xform_name(operation)).paginate(**parameters)

    def each(self, service: str, operation: str, key: str, /, **parameters: Any) -> Iterator[Any]:
        """Yield what all pages of AWS's answer to `operation` list under `key`."""
        for page in self.pages(service, operation, **parameters):
            # Some services leave an empty list out.
            yield from page.get(key) or ()

    def client(self, service: str) -> Any:
        """Return the SDK's client, made once; its errors are the SDK's own outside `explained`."""
        region = self.wire.region  # said each time: the SDK's session is shared with those of other regions
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._boto.client(service, region_name=region)  # type: ignore[call-overload]
            return self._clients[service]

    @contextmanager
    def explained(self, service: str, operation: str) -> Iterator[None]:
        """Turn the SDK's errors of the calls inside into FlowopsErrors that name service, operation and caller."""
        try:
            yield
        except ClientError as error:
            if errors.may_be_skewed(error):
                self.check_clock(error.response, service)
            raise errors.answered(error, service=service, operation=operation, who=self.who) from error
        except BotoCoreError as error:
            endpoint = str(getattr(error, "kwargs", {}).get("endpoint_url") or self.wire.endpoint_url or "")
            raise errors.unanswered(
                error, service=service, operation=operation, who=self.who, endpoint=endpoint
            ) from error

    def check_clock(self, answer: Mapping[str, Any], service: str) -> None:
        """Raise OperationFailed where AWS's answer was made at another time than it is here."""
        said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        difference = ahead(said, self.wire.clock())
        if abs(difference) > TOLERATED:
            raise errors.skewed(difference, service=service)

    def credentials(self) -> SdkCredentials:
        """Return what this session signs with; CredentialsError when there is nothing."""
        with self.explained("sts", "GetCallerIdentity"):
            found = self._boto.get_credentials()
            if found is None:
                raise NoCredentialsError
            return found

    def partition(self) -> str:
        """Return the region's partition, the second part of every ARN: `aws`, `aws-cn`, `aws-us-gov`."""
        return str(self._boto.get_partition_for_region(self.wire.region))


class _Given(CredentialProvider):
    """Credentials that the caller holds already."""

    METHOD = "given"

    def __init__(self, credentials: SdkCredentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> SdkCredentials:
        """Return them."""
        return self._credentials


def session_of(credentials: SdkCredentials, wire: Wire, who: str) -> AwsSession:
    """Return a session that signs with `credentials` and reads no file at all."""
    session = IsolatedSession(wire, profile=None, config_file=os.devnull, credentials_file=os.devnull)
    session.register_component("credential_provider", CredentialResolver([_Given(credentials)]))
    return AwsSession(session, wire, who)
