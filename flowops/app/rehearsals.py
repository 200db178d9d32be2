"""The rehearsals of one checkout: the life of an environment in a workspace of its own, and the one that stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters.chart_repositories import ChartFolders, forget_passwords
from flowops.adapters.disk import check_room
from flowops.adapters.process import Processes
from flowops.adapters.project import load_deployment
from flowops.adapters.toolchain import Toolchain
from flowops.app.site import Site
from flowops.app.stand_ins import with_stand_ins
from flowops.app.standing import LOOPBACK, Exports, StandingRehearsal, quick_pause
from flowops.app.terminal import Terminal
from flowops.app.tools import user_state
from flowops.app.workbench import Workbench
from flowops.errors import Exit
from flowops.model.bootstrap import BootstrapResult
from flowops.model.charts import addresses
from flowops.model.config import SECURITY, Config, with_rehearsal_ids
from flowops.model.deployment import Unit, select
from flowops.model.life import Life, Stage
from flowops.model.run import WarmProviders
from flowops.model.stacks import account_id
from flowops.operations.life import Watching
from flowops.operations.rehearse import rehearse
from flowops.rehearsal.kubernetes.programs import NAMES as CONTROL_PLANE
from flowops.rehearsal.workspace import workspace_of

NOWHERE = f"http://{LOOPBACK}:9"
"""Where nobody listens: the port of a service called discard."""


class Rehearsals:
    """Rehearsals of the project at `checkout`; the toolchain is made by `tools` when one is first needed."""

    def __init__(
        self,
        checkout: Path,
        config: Config,
        tools: Callable[[], Toolchain],
        *,
        processes: Processes,
        ambient: Mapping[str, str],
        console: Terminal,
    ) -> None:
        self._checkout, self._config, self._tools = checkout, config, tools
        self._processes, self._ambient, self._console = processes, ambient, console

    def standing(self, purpose: str = "standing") -> StandingRehearsal:
        """Return the rehearsal that stands, or that of another purpose."""
        return StandingRehearsal(
            self._checkout,
            with_rehearsal_ids(self._config),
            workspace_of(self._checkout, user_state(self._ambient) / "rehearsals", purpose=purpose),
            processes=self._processes,
            ambient=self._ambient,
            say=self._console.note,
            ask=self._console.ask,
        )

    def site(self) -> Site:
        """Return where it stands; nothing is brought over for that. OperationFailed where none runs."""
        standing = self.standing()
        return standing.site(standing.running())

    def bench(self) -> Workbench:
        """Return a new workbench there, with the files of the checkout; OperationFailed where none runs."""
        standing = self.standing()
        endpoint = standing.running()
        standing.bring_over()
        return self._bench_at(standing.site(endpoint))

    def _bench_at(self, site: Site) -> Workbench:
        return Workbench(site, self._tools(), self._console, self._ambient, pause=quick_pause)

    def completed(self, bench: Workbench, result: BootstrapResult) -> BootstrapResult:
        """Return a bootstrap's result after making the operator and handing in stand-ins for secrets."""
        config = bench.site.config
        security = bench.in_account(account_id(config, SECURITY))
        operator = self.standing().create_operator(security, tuple(config.environments))
        self._console.note(f"operator {operator.name} stands in the emulated security account, with MFA")
        return with_stand_ins(bench, result)

    def life(
        self,
        environment: str,
        layer: str | None,
        *,
        keep: bool,
        without: Sequence[str],
        parallelism: int | None,
        warm_providers: WarmProviders,
    ) -> Life:
        """Run the whole life of an environment in a workspace of its own, which is deleted after a good end.

        What it is to be `without` is switched off in the scratch copy.
        """
        # Here, because no other command should pay for what only this one needs.
        from flowops.app.life import LifeOfEnvironment
        from flowops.app.stands import EmulatedStand

        chosen = select(load_deployment(self._checkout, self._config), environment, layer)
        self._prepare()
        programs = self._kubernetes(chosen.units)
        standing = self.standing(f"life-{environment}")

        def open_bench() -> Workbench:
            endpoint = standing.up(kubernetes=programs)
            standing.switch_off(chosen.environment, without)
            return self._bench_at(standing.site(endpoint))

        with standing.alone():
            standing.down(forget=True)
            stages = LifeOfEnvironment(
                EmulatedStand(standing, open_bench),
                environment,
                layer,
                parallelism=parallelism,
                # Nothing is lost here when an apply is cut short, and all of it is faster.
                warm_providers=WarmProviders.ALWAYS if warm_providers is WarmProviders.AUTO else warm_providers,
            )
            held = False
            try:
                found = rehearse(stages, Watching(time.monotonic, self._console.note, self.tell))
                held = found.exit_code is Exit.FINE
                return found
            finally:
                # However it ends: no server is left running, and what went wrong can be looked at.
                standing.down(forget=held and not keep)
                if not held or keep:
                    self._console.note(f"kept: {standing.workspace.root}, until the next rehearsal of {environment}")

    def tell(self, stage: Stage) -> None:
        """Tell the operator how a stage of a life ended."""
        held = "held" if stage.held else f"DID NOT HOLD: {stage.finding.trouble}"
        self._console.note(f"   {stage.name}: {stage.finding.summary}; {held} ({stage.seconds:.1f} s)")

    def up(self, port: int, *, accounts_too: bool) -> dict[str, Any]:
        """Start the rehearsal that stands; with Kubernetes where units of the project take Helm charts.

        Without `accounts_too` its AWS begins with a management account alone.
        """
        environments = load_deployment(self._checkout, self._config).environments
        self._prepare()
        standing = self.standing()
        programs = self._kubernetes([unit for environment in environments for unit in environment.units])
        standing.up(port, programs, accounts_too=accounts_too)
        return standing.status()

    def _prepare(self) -> None:
        check_room(atomic_file.private_folder(user_state(self._ambient)))
        self._tools().install()

    def _kubernetes(self, units: Iterable[Unit]) -> dict[str, Path]:
        """Return the programs of a control plane, fetched or built where missing; none where no unit takes a chart."""
        if not self.charts(units):
            return {}
        tools = self._tools()
        tools.require("kubectl")
        return {name: tools.require(name) for name in CONTROL_PLANE}

    def charts(self, units: Iterable[Unit]) -> Collection[str]:
        """Return the aliases of the chart repositories that units take charts from."""
        folders = ChartFolders(self._checkout / "deployments", self._checkout / "terraform-modules")
        return folders.aliases(units, addresses(self._config))

    def down(self, *, forget: bool) -> dict[str, Any]:
        """Stop the rehearsal that stands; the password that Helm reads by hand does not outlive it."""
        standing = self.standing()
        told = standing.down(forget=forget)
        forget_passwords(standing.workspace.helm)
        return told

    def status(self) -> dict[str, Any]:
        """Return what the rehearsal that stands is."""
        return self.standing().status()

    def by_hand(self) -> Mapping[str, str]:
        """Return the variables that lead one command of the aws command line to where it stands.

        Its profiles are those of the rehearsal. Where none runs the command reaches nothing.
        """
        standing = self.standing()
        endpoint = standing.emulator.status()
        return {
            "AWS_CONFIG_FILE": str(standing.workspace.config_file),
            "AWS_SHARED_CREDENTIALS_FILE": str(standing.workspace.credentials_file),
            "AWS_ENDPOINT_URL": endpoint.url if endpoint else NOWHERE,
            "NO_PROXY": LOOPBACK,
            # There the aws command line keeps sessions, by role: not one of another rehearsal's.
            "HOME": str(standing.workspace.aws),
        }

    def env(self) -> Exports:
        """Return the environment of plain tools for the rehearsal that stands."""
        bench, standing = self.bench(), self.standing()
        names = ("terragrunt", "terraform", "aws", *(["kubectl"] if standing.has_kubernetes else []))
        tools = {name: bench.tools.require(name) for name in names}
        environment = {**bench.environment(), **bench.chart_variables(standing.workspace.helm)}
        return standing.exports(bench.cloud, environment, tools)
