"""Virtual MFA devices: enabling one takes two right codes in a row, a device in use is not deleted; and their tags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import DeleteConflictException, IAMException, NotFoundException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

from flowops.model import totp
from flowops.rehearsal.compat.patching import Function, add_actions, around

Clock = Callable[[], datetime]


class InvalidAuthenticationCode(IAMException):  # type: ignore[misc]
    """The two codes are not what the device shows."""

    code = "InvalidAuthenticationCode"
    message = "Authentication code for device is not valid."


def install(now: Clock) -> None:
    """Hold MFA devices to their seeds."""
    around(IAMBackend, "enable_mfa_device", partial(_enable, now))
    around(IAMBackend, "delete_virtual_mfa_device", _delete)
    around(IamResponse, "create_virtual_mfa_device", _create)
    add_actions(IamResponse, list_mfa_device_tags, tag_mfa_device, untag_mfa_device)


def list_mfa_device_tags(self: Any) -> ActionResult:
    """Return the tags of a device."""
    tags = self.backend.tagger.list_tags_for_resource(self._get_param("SerialNumber"))["Tags"]
    return ActionResult({"Tags": tags, "IsTruncated": False})


def tag_mfa_device(self: Any) -> EmptyResult:
    """Add tags to a device."""
    self.backend.tagger.tag_resource(self._get_param("SerialNumber"), self._get_param("Tags"))
    return EmptyResult()


def untag_mfa_device(self: Any) -> EmptyResult:
    """Take tags off a device."""
    self.backend.tagger.untag_resource_using_names(self._get_param("SerialNumber"), self._get_param("TagKeys"))
    return EmptyResult()


def _create(original: Function, self: Any) -> ActionResult:
    created: ActionResult = original(self)
    self.backend.tagger.tag_resource(created.result["VirtualMFADevice"].serial_number, self._get_param("Tags") or [])
    return created


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
    backend.tagger.delete_all_tags_for_resource(serial_number)
