"""An emulated AWS in a process of its own, with a clock that a test sets, and the people of two accounts in it."""

from __future__ import annotations

import json
import multiprocessing
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from flowops.model import totp
from flowops.rehearsal.kubernetes.etcd import free_port
from tests.integration.child_processes import await_true

MANAGEMENT, SECURITY, DEV, PROD = "100000000001", "111111111111", "222222222222", "333333333333"
ACCOUNTS = (("management", MANAGEMENT), ("security", SECURITY), ("dev", DEV), ("prod", PROD))
REGION = "eu-central-1"
EXTERNAL_ID = "9f2c0b5e7a1d4c3e8b6f"
Document = Mapping[str, Any]


def _serve(port: int, state_dir: Path, hours: Any) -> None:
    """Run the emulator; `hours` is shared with the test and says how far its clock is ahead."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from flowops.rehearsal.compat import iam, organizations, sts
    from flowops.rehearsal.settings import Settings

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(hours=hours.value)

    settings = Settings(port, state_dir, ACCOUNTS, REGION)
    organizations.install(settings)
    iam.install(settings, now)
    sts.install(settings, now)
    application = DomainDispatcherApplication(create_backend_app)
    make_server("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler).serve_forever()


@dataclass(frozen=True)
class Keys:
    """An access key, with the token of a session."""

    access: str
    secret: str
    token: str | None = None

    @classmethod
    def of(cls, credentials: Mapping[str, Any]) -> Keys:
        """Read what CreateAccessKey or STS answered."""
        return cls(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials.get("SessionToken"))


@dataclass(frozen=True)
class Cloud:
    """The emulated AWS as a test sees it; `hours` is how far its clock is ahead."""

    endpoint: str
    hours: Any

    def client(self, service: str, keys: Keys | None) -> Any:
        """Return a boto3 client; without keys it signs nothing."""
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=120)
        if keys is None:
            config = config.merge(Config(signature_version=UNSIGNED))
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=keys.access if keys else None,
            aws_secret_access_key=keys.secret if keys else None,
            aws_session_token=keys.token if keys else None,
            config=config,
        )

    def engine(self, service: str, account: str) -> Any:
        """Return a client that acts as the emulator's own engine in an account."""
        client = self.client(service, Keys("cfn", "cfn"))
        client.meta.events.register(
            "before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account)
        )
        return client

    def administrator(self, account: str) -> Keys:
        """Create the user `admin` with all permissions and return its keys."""
        iam = self.engine("iam", account)
        iam.create_user(UserName="admin")
        iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        return Keys.of(iam.create_access_key(UserName="admin")["AccessKey"])

    def now(self) -> float:
        """Return the emulator's time in epoch seconds."""
        return time.time() + float(self.hours.value) * 3600

    @contextmanager
    def later(self, hours: float) -> Iterator[None]:
        """Let the emulator's clock be ahead for a while."""
        self.hours.value += hours
        try:
            yield
        finally:
            self.hours.value -= hours

    def assume(self, keys: Keys, role: str, **wish: Any) -> Keys:
        """Assume a role and return the session's keys."""
        wish.setdefault("RoleSessionName", "test")
        return Keys.of(self.client("sts", keys).assume_role(RoleArn=role, **wish)["Credentials"])

    def whoami(self, keys: Keys) -> str:
        """Return the ARN that GetCallerIdentity answers."""
        return str(self.client("sts", keys).get_caller_identity()["Arn"])


@dataclass(frozen=True)
class Person:
    """A user with a virtual MFA device."""

    keys: Keys
    device: str
    seed: str

    def session(self, cloud: Cloud, *, mfa: bool = True, **wish: Any) -> Keys:
        """Get a session token, showing the device's code unless told otherwise."""
        shown = {"SerialNumber": self.device, "TokenCode": totp.code_at(self.seed, cloud.now())} if mfa else {}
        return Keys.of(cloud.client("sts", self.keys).get_session_token(**shown, **wish)["Credentials"])


@contextmanager
def emulated(state_dir: Path) -> Iterator[Cloud]:
    """Run an emulated AWS in its own process until the block ends."""
    context = multiprocessing.get_context("spawn")
    port, hours = free_port(), context.Value("d", 0.0)
    process = context.Process(target=_serve, args=(port, state_dir, hours), daemon=True)
    process.start()
    try:
        wait_for(port)
        yield Cloud(f"http://127.0.0.1:{port}", hours)
    finally:
        process.terminate()
        process.join(10)


def wait_for(port: int) -> None:
    """Return once somebody listens on a port."""
    await_true(lambda: _is_listening(port), "the start of the emulated AWS")


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """Return a policy document with one Allow."""
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def document(*statements: Document) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def text(policy: Document) -> str:
    """Return a policy as the API takes it."""
    return json.dumps(policy)
