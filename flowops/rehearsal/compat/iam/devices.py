"""Virtual MFA devices: enabling one takes two right codes in a row, and a device in use is not deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from moto.iam.exceptions import DeleteConflictException, IAMException, NotFoundException
from moto.iam.models import IAMBackend

from flowops.model import totp
from flowops.rehearsal.compat.patching import Function, around

Clock = Callable[[], datetime]


class InvalidAuthenticationCode(IAMException):  # type: ignore[misc]
    """The two codes are not what the device shows."""

    code = "InvalidAuthenticationCode"
    message = "Authentication code for device is not valid."


def install(now: Clock) -> None:
    """Hold MFA devices to their seeds."""
    around(IAMBackend, "enable_mfa_device", partial(_enable, now))
    around(IAMBackend, "delete_virtual_mfa_device", _delete)


def _enable(
    now: Clock, original: Function, backend: Any, user_name: str, serial_number: str, first: str, second: str
) -> None:
    """Enable a device for a user. IAM API Reference, EnableMFADevice: two consecutive codes, else an error."""
    device = backend.virtual_mfa_devices.get(serial_number)
    if device is None:
        raise NotFoundException(f"VirtualMFADevice with serial number {serial_number} doesn't exist.")
    if not totp.accepts_two(device.base32_string_seed, first, second, now().timestamp()):
        raise InvalidAuthenticationCode
    original(backend, user_name, serial_number, first, second)


def _delete(original: Function, backend: Any, serial_number: str) -> None:
    device = backend.virtual_mfa_devices.get(serial_number)
    if device is not None and device.user is not None:
        raise DeleteConflictException("MFA VirtualDevice in use. Must deactivate first.")
    original(backend, serial_number)
