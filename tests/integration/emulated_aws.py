"""The emulated AWS as a child process of the tests, and clients of its accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from flowops.adapters.process import Processes
from flowops.model.users import NewKey
from flowops.rehearsal.administrator import new_administrator
from flowops.rehearsal.emulator import Emulator, Endpoint
from flowops.rehearsal.settings import Settings

MANAGEMENT, SECURITY, DEV = "100000000001", "111111111111", "222222222222"
ACCOUNTS = (("management", MANAGEMENT), ("security", SECURITY), ("dev", DEV))
REGION = "eu-central-1"
NOTHING: Mapping[str, str] = {}


def emulator_in(state_dir: Path) -> Emulator:
    return Emulator(state_dir, Processes().spawn_detached)


def settings_in(state_dir: Path, port: int = 0, kubernetes: Mapping[str, str] = NOTHING) -> Settings:
    return Settings(port, state_dir, ACCOUNTS, REGION, tuple(kubernetes.items()))


@dataclass(frozen=True)
class Cloud:
    """A running emulator; its clients are administrators of the account they name."""

    emulator: Emulator
    endpoint: Endpoint
    state_dir: Path
    administrators: dict[str, NewKey] = field(default_factory=dict)

    def client(self, service: str, account: str = DEV, *, keys: NewKey | None = None, token: str = "") -> Any:
        keys = keys or self._administrator(account)
        return boto3.client(
            service,
            endpoint_url=self.endpoint.url,
            region_name=REGION,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=token or None,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=120),
        )

    def _administrator(self, account: str) -> NewKey:
        if account not in self.administrators:
            self.administrators[account] = new_administrator(self.endpoint.url, account, REGION)
        return self.administrators[account]


@contextmanager
def running(state_dir: Path, kubernetes: Mapping[str, str] = NOTHING) -> Iterator[Cloud]:
    """Run an emulator until the block ends."""
    emulator = emulator_in(state_dir)
    try:
        yield Cloud(emulator, emulator.start(settings_in(state_dir, kubernetes=kubernetes)), state_dir)
    finally:
        emulator.stop()
