"""The whole examination, with a project and without one."""

from __future__ import annotations

from flowops.model.doctor import Diagnosis
from flowops.operations.doctor.account_probes import account_probes, offer_probes
from flowops.operations.doctor.examination import Probe, examine
from flowops.operations.doctor.identity_probes import identity_probes
from flowops.operations.doctor.probes import Limits, Ports, Scope, machine_probes, project_probes
from flowops.operations.ports.doctor import Machine


def diagnose(scope: Scope, ports: Ports, limits: Limits) -> Diagnosis:
    """Return everything that was looked at in a project whose configuration could be read."""
    return examine(
        [
            *machine_probes(ports.machine, limits),
            *project_probes(scope, ports.project),
            *identity_probes(scope, ports),
            *account_probes(scope, ports),
            *offer_probes(scope, ports),
        ]
    )


def diagnose_machine(machine: Machine, known: Probe, limits: Limits) -> Diagnosis:
    """Return what can be looked at without a project; `known` says why there is none."""
    return examine([*machine_probes(machine, limits), known])
