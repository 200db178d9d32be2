"""IAM: AWS's own policies, MFA devices with real codes, boundaries, and the refusals that moto leaves out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flowops.rehearsal.compat.iam import devices, managed, removal, roles, service_credentials, users
from flowops.rehearsal.settings import Settings

Clock = Callable[[], datetime]


def install(settings: Settings, now: Clock = lambda: datetime.now(UTC)) -> None:
    """Make moto's IAM answer as AWS does, as far as flowops and terraform ask.

    `now` is what MFA codes are held to; `settings` is taken because every part of the emulated organization is
    installed with them.
    """
    managed.install()
    devices.install(now)
    users.install()
    service_credentials.install()
    roles.install()
    removal.install()
