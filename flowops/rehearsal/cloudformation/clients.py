"""The services that the engine makes resources with: the same emulator, called through its own port."""

from __future__ import annotations

from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

from flowops.rehearsal.caller import ENGINE_KEY
from flowops.rehearsal.cloudformation.stack import Scope

# The emulator knows the engine by its access key, and the account it acts in by this header.
ACCOUNT_HEADER = "x-moto-account-id"


class Loopback:
    """Connects to the emulator in the name of any account; clients are made once and may be shared by threads."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = boto3.session.Session(aws_access_key_id=ENGINE_KEY, aws_secret_access_key=ENGINE_KEY)
        self._clients: dict[tuple[str, Scope], Any] = {}
        self._lock = Lock()

    def __call__(self, scope: Scope) -> Services:
        """Return the services as one account sees them in one region."""
        return Services(self, scope)

    def client(self, service: str, scope: Scope) -> Any:
        """Return a boto3 client that fails at the first error instead of repeating the call."""
        # A session is not safe to share while it makes a client; the clients are.
        with self._lock:
            if (service, scope) not in self._clients:
                self._clients[service, scope] = self._made(service, scope)
            return self._clients[service, scope]

    def _made(self, service: str, scope: Scope) -> Any:
        once = Config(retries={"total_max_attempts": 1}, proxies={})
        client: Any = self._session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self._endpoint,
            region_name=scope.region,
            config=once,
        )

        def act_in_account(request: Any, **_: Any) -> None:
            request.headers[ACCOUNT_HEADER] = scope.account

        client.meta.events.register("before-send.*", act_in_account)
        return client


class Services:
    """Emulated services in one scope."""

    def __init__(self, loopback: Loopback, scope: Scope) -> None:
        self._loopback, self._scope = loopback, scope

    @property
    def region(self) -> str:
        """The region of the scope."""
        return self._scope.region

    @property
    def account(self) -> str:
        """The account of the scope."""
        return self._scope.account

    def __call__(self, service: str) -> Any:
        """Return a boto3 client."""
        return self._loopback.client(service, self._scope)
