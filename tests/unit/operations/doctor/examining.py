"""A healthy world as doctor examines it, and what makes one part of it otherwise."""

from __future__ import annotations

from collections.abc import Callable

from flowops.errors import InvalidConfig
from flowops.model.doctor import Diagnosis, Line, Status
from flowops.operations.doctor.diagnosis import diagnose
from flowops.operations.doctor.probes import Limits
from tests.fakes.doctor import GIB, Healthy

Plant = Callable[[Healthy], object]
LIMITS = Limits(2 * GIB, 20_000, 5, frozenset({"FLOWOPS_CONFIRM", "FLOWOPS_FORCE", "FLOWOPS_YES"}))
REACH = "--region eu-central-1 --profile flw-sec"
LOSS = InvalidConfig("deployments/x.hcl:3: is not HCL.\ndeployments/y.hcl:1: neither.", next_step="mend them")


def examined(healthy: Healthy) -> Diagnosis:
    return diagnose(healthy.scope, healthy.ports, LIMITS)


def shown(lines: list[Line]) -> list[tuple[str, Status, str]]:
    return [(it.check, it.status, it.next) for it in lines]


def set_(place: str, name: str, value: object) -> Plant:
    """Return what makes one part of the healthy world otherwise."""
    return lambda healthy: setattr(getattr(healthy, place), name, value)
