"""The self-test of one account, made for this machine: the user's own AWS, or a rehearsal that stands."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters.breaks import Breaks
from flowops.adapters.caches.temporary import BY_HAND, SELFTESTS
from flowops.adapters.providers.folder import hold
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.app.life import LifeOfEnvironment
from flowops.app.site import now
from flowops.app.stands import missing, roles_of
from flowops.app.workbench import Workbench
from flowops.errors import UsageError
from flowops.model.bootstrap import BootstrapRequest, BootstrapResult
from flowops.model.config import SECURITY
from flowops.model.deployment import Unit
from flowops.model.doctor import Diagnosis, Group, Status
from flowops.model.life import Finding, Stage
from flowops.model.selftest import SelftestRequest, SelftestResult
from flowops.model.stacks import account_id
from flowops.operations.life import Watching
from flowops.operations.ports.selftest import SelftestPorts
from flowops.operations.selftest import selftest

_ASKED = (Group.CREDENTIALS, Group.STATE, Group.OFFERS)
"""What of the doctor's checks is AWS's to say."""

Bootstrap = Callable[[Workbench, BootstrapRequest], BootstrapResult]


@dataclass(frozen=True)
class AccountStand:
    """One account beside the security account, in which others may be at work, too."""

    account: str
    by_hand: Path
    has_kubernetes: bool
    benches: Callable[[], Workbench]
    bootstrapped: Bootstrap
    examine: Callable[[str], Diagnosis]
    alone: bool = False

    @property
    def accounts_used(self) -> tuple[str, ...]:
        """Return both accounts."""
        return (SECURITY, self.account)

    def open(self) -> Workbench:
        """Return a new workbench."""
        return self.benches()

    def accounts(self, bench: Workbench) -> Finding:
        """Enter each account as who bootstraps; it must be the configured one."""
        config, listed = bench.site.config, []
        for name in self.accounts_used:
            number = account_id(config, name)
            session = bench.in_account(number)
            found = bench.site.sessions.verify_account(session, number, f"{config.management.role} in {name}")
            listed.append(f"{name} {number} as {found.arn}")
        return Finding(f"{len(listed)} accounts can be entered, and are those of flowops.yaml", listed=tuple(listed))

    def bootstrap(self, bench: Workbench) -> BootstrapResult:
        """Run the bootstrap of both accounts."""
        return self.bootstrapped(bench, BootstrapRequest(self.accounts_used))

    def operator(self, bench: Workbench, environment: str) -> Finding:
        """Become each role of the environment."""
        listed = roles_of(bench, environment, self.by_hand / "operator")
        return Finding(f"the operator may become {len(listed)} roles", listed=listed)

    def checks(self, environment: str) -> Finding:
        """Ask the doctor what keeps an apply from becoming green, as far as AWS has a say in it."""
        lines = [it for it in self.examine(environment).lines if it.group in _ASKED]
        wrong = [f"{it.check}: {it.text}" for it in lines if it.status is Status.FAIL]
        worth = tuple(f"{it.check}: {it.text}" for it in lines if it.status is Status.WARN)
        passed = sum(it.status is Status.PASS for it in lines)
        told = f"{passed} checks of ids, roles, state, quotas and offers passed, {len(worth)} are worth a look"
        return Finding(told, "; ".join(wrong), worth)

    def secrets(self, bench: Workbench, environment: str, layer: str | None) -> Finding:
        """Look for what Flowable needs, where it will be installed."""
        if not bench.run_ports.charts.install_flowable(bench.selected(environment, layer).units):
            return Finding("none is needed")
        return Finding("all that are needed have a value", missing(bench, environment))


class SelfTests:
    """The self-tests of one project.

    `benches` opens a new workbench, `bootstrapped` runs a bootstrap at one; the last word of it answers the prompt.
    `has_kubernetes` says that Helm charts are installed into clusters that can be asked, `examine` is the doctor.
    """

    def __init__(
        self,
        project: Path,
        benches: Callable[[], Workbench],
        bootstrapped: Callable[[Workbench, BootstrapRequest, bool], BootstrapResult],
        has_kubernetes: Callable[[Sequence[Unit]], bool],
        examine: Callable[[str], Diagnosis],
    ) -> None:
        self._project, self._benches = project, benches
        self._bootstrapped, self._has_kubernetes, self._examine = bootstrapped, has_kubernetes, examine

    def run(self, request: SelftestRequest, show: Callable[[Stage], None]) -> SelftestResult:
        """Do one and keep its result; `show` is told of each finished stage."""
        bench = self._benches()
        with self._private_folder() as folder:
            ports = SelftestPorts(
                config=bench.site.config,
                deployment=bench.deployment,
                console=bench.console,
                runs=RunFolders(self._project / RUNS).all,
                standing=partial(_standing, bench),
                stages=lambda environment: self._stages(request, bench, environment, folder),
                watching=Watching(time.monotonic, bench.console.note, show, Breaks()),
                keep=self._keep,
                clock=now,
            )
            return selftest(request, ports)

    def _stages(self, request: SelftestRequest, bench: Workbench, environment: str, folder: Path) -> LifeOfEnvironment:
        units = bench.selected(environment, request.layer).units
        return LifeOfEnvironment(
            AccountStand(
                request.account,
                folder,
                self._has_kubernetes(units),
                self._benches,
                lambda bench, wanted: self._bootstrapped(bench, wanted, request.yes),
                self._examine,
            ),
            environment,
            request.layer,
            parallelism=request.parallelism,
            warm_providers=request.warm_providers,
        )

    @contextmanager
    def _private_folder(self) -> Iterator[Path]:
        """Yield a folder for credentials and configuration of plain tools, gone afterwards."""
        atomic_file.private_folder(self._project / SELFTESTS.parent)
        folder = Path(tempfile.mkdtemp(prefix=BY_HAND, dir=atomic_file.private_folder(self._project / SELFTESTS)))
        held = hold(folder)
        try:
            # One below, because AWS files are written by whoever alone holds their folder.
            yield atomic_file.private_folder(folder / "aws")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)

    def _keep(self, name: str, data: dict[str, Any]) -> str:
        file = self._project / SELFTESTS / f"{name}.json"
        atomic_file.write(file, (json.dumps(data, indent=2) + "\n").encode("utf-8", "replace"))
        return str(file)


def _standing(bench: Workbench, environments: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the units whose state has resources, of the environments that were bootstrapped from here."""
    try:
        reached = bench.cloud.deploy_roles()
    except UsageError:
        return ()  # nothing was bootstrapped from here; once it was, a stage looks again
    found = []
    for name in (it for it in environments if it in reached):
        environment = bench.deployment.environment(name)
        states = bench.cloud.states(environment, environment.units)
        found += [unit.id for unit, state in states.items() if state is not None and state.resources]
    return tuple(sorted(found))
