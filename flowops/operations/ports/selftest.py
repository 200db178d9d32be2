"""What a self-test needs of the outside world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flowops.model.config import Config
from flowops.model.deployment import Deployment
from flowops.model.life import Finding
from flowops.model.record import RecordedRun
from flowops.operations.life import Watching
from flowops.operations.ports.run import Console


class SelftestStages(Protocol):
    """The stages in an account; each does its work for real and returns what it found, or raises a FlowopsError."""

    def accounts(self) -> Finding:
        """Look who the callers are, and that each account is the configured one."""

    def bootstrap(self) -> Finding:
        """Run the bootstrap; a second one must change nothing."""

    def operator(self) -> Finding:
        """Become each role of the environment, as the operator."""

    def secrets(self) -> Finding:
        """Look for what the environment needs."""

    def checks(self) -> Finding:
        """Look for what will keep an apply from becoming green: ids, quotas, offers."""

    def nothing_stands(self) -> Finding:
        """Look at the states and the tags; nothing of what will be made may be there."""

    def render(self) -> Finding:
        """Write the HCL files; none may be stale afterwards."""

    def apply(self) -> Finding:
        """Apply; every unit must be applied."""

    def rollout(self) -> Finding:
        """Look into the clusters; every pod must be Ready, and every secret there."""

    def second_plan(self) -> Finding:
        """Plan again; it must be empty."""

    def drift_check(self) -> Finding:
        """Look for drift; there must be none."""

    def listing(self) -> Finding:
        """List network, cluster and states through the `aws` command line; all must be there."""

    def destroy_anew(self) -> Finding:
        """Destroy; every unit must be destroyed. A signal that ended an earlier stage is none to this one."""

    def sweep(self) -> Finding:
        """Look for what is left; only what AWS itself keeps may be there."""


@dataclass(frozen=True)
class SelftestPorts:
    """Everything a self-test is given.

    `runs` are the recorded ones; `standing` returns the ids of the units of some environments whose state has
    resources, as far as the account can be looked into before it was bootstrapped. `keep` keeps the result under a
    name, and returns the file. `stages` makes the stages of an environment, or of one layer of it.
    """

    config: Config
    deployment: Deployment
    console: Console
    runs: Callable[[], Iterable[RecordedRun]]
    standing: Callable[[Sequence[str]], Sequence[str]]
    stages: Callable[[str], SelftestStages]
    watching: Watching
    keep: Callable[[str, dict[str, Any]], str]
    clock: Callable[[], datetime]
