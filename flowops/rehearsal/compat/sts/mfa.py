"""Whether a one-time code proves that a user holds an MFA device."""

from __future__ import annotations

from datetime import datetime

from moto.iam.models import iam_backends

from flowops.model import totp
from flowops.rehearsal.compat.sts.callers import Caller
from flowops.rehearsal.compat.sts.errors import INVALID_MFA_CODE, UNKNOWN_MFA_DEVICE, AccessDenied
from flowops.rehearsal.compat.sts.sessions import PARTITION


def proven_at(caller: Caller, serial: str | None, code: str | None, now: datetime) -> datetime | None:
    """Return `now` when serial number and code are right, None when neither is given; raise AccessDenied otherwise.

    A code counts in its own step and in the one before and after. Unlike AWS the same code counts twice, so that two
    commands of a rehearsal need not wait for each other.
    """
    if not serial and not code:
        return None
    backend = iam_backends[caller.principal.account][PARTITION]
    device = backend.virtual_mfa_devices.get(serial)
    if device is None or device.user is None or device.user.arn != caller.principal.arn:
        raise AccessDenied(UNKNOWN_MFA_DEVICE)
    if not totp.accepts(device.base32_string_seed, code or "", now.timestamp()):
        raise AccessDenied(INVALID_MFA_CODE)
    return now
