"""Who keeps others from changing the environments of one site."""

from __future__ import annotations

from flowops.adapters.lock_holders import LockHolders
from flowops.adapters.this_machine import this_machine
from flowops.app.workbench import Workbench
from flowops.model.locks import Holding
from flowops.operations import locks
from flowops.operations.locks import LockPorts, Wanted


class Locks:
    """Terraform's locks and the leases of environments."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def list(self, environment: str | None) -> tuple[Holding, ...]:
        """Return the locks and leases of one environment, or of all that were bootstrapped."""
        return locks.list_locks(self._ports(environment))

    def release(self, wanted: Wanted) -> Holding:
        """Release one lock or lease."""
        return locks.release(wanted, self._ports(None))

    def _ports(self, environment: str | None) -> LockPorts:
        bench = self._bench
        deployment = bench.deployment
        known = deployment.environments if environment is None else (deployment.environment(environment),)
        reached = bench.cloud.deploy_roles()
        chosen = tuple(it for it in known if environment or it.name in reached)
        holders = LockHolders(bench.recorded, bench.site.deployments, this_machine())
        return LockPorts(chosen, bench.cloud, bench.leases, holders)
