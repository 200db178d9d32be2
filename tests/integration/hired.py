"""Users of an emulated account, each with groups, a key and a device of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.identity import Users
from flowops.model import totp
from flowops.model.users import NewKey
from tests.integration.organization import SECURITY, Home


@dataclass
class Phone:
    """Shows the codes of a device; counts how often it was looked at."""

    serial: str
    seed: str
    looks: int = 0

    def __call__(self, serial: str) -> str:
        assert serial == self.serial
        self.looks += 1
        return self.code

    @property
    def code(self) -> str:
        """Return the code of now."""
        return totp.code_at(self.seed, time.time())


def hire(home: Home, name: str, *groups: str, profile: str = "") -> Phone:
    """Make a user of the security account with a profile, of its own name where it says no other."""
    key, phone = made(home.into(SECURITY), name, *groups)
    home.add_profile(profile or name, key.access_key, key.secret_key, mfa_serial=phone.serial)
    return phone


def made(session: AwsSession, name: str, *groups: str) -> tuple[NewKey, Phone]:
    """Make a user below /flowable/ with a key and a phone that shows its codes."""
    users = Users(session)
    users.create(name)
    for group in groups:
        users.join(name, group)
    return users.create_key(name), phone_of(session, name)


def phone_of(session: AwsSession, name: str) -> Phone:
    """Enrol a new device for a user."""
    users = Users(session)
    device = users.create_device(name)
    codes = totp.two_codes_at(device.seed, time.time() - totp.STEP_SECONDS)
    assert users.enable_device(name, device.serial, *codes)
    return Phone(device.serial, device.seed)
