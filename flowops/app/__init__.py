"""The composition root: settings to adapters to operations; the only importer of adapters and rehearsal."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters.disk import check_room
from flowops.adapters.process import Processes
from flowops.adapters.project import CONFIG_NAME, find_project, load_config, load_deployment, read_config
from flowops.adapters.toolchain import Toolchain
from flowops.app.site import Site, own_site
from flowops.app.standing import Exports, StandingRehearsal, quick_pause
from flowops.app.tools import toolchain, user_state
from flowops.app.workbench import Terminal, Workbench
from flowops.errors import Exit
from flowops.model.bootstrap import BootstrapResult
from flowops.model.config import SECURITY, Config, with_rehearsal_ids
from flowops.model.deployment import Unit, select
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult
from flowops.model.run import Run, RunRequest, WarmProviders
from flowops.model.settings import Setting, from_environment, settings_of, warnings
from flowops.model.stacks import account_id
from flowops.model.toolchain import ToolStatus
from flowops.operations.rehearse import Life, Stage, rehearse
from flowops.operations.show import GraphRow, StatusRow
from flowops.rehearsal.workspace import workspace_of


class App:
    """flowops for one command line; everything is made when it is first needed."""

    def __init__(self, start: Path, ambient: Mapping[str, str], console: Terminal, *, rehearsal: bool) -> None:
        self._start, self._ambient, self._console, self._rehearsal = start, ambient, console, rehearsal
        self._processes = Processes()

    @cached_property
    def _checkout(self) -> Path:
        return find_project(self._start)

    @cached_property
    def _config(self) -> Config:
        return load_config(self._checkout)

    @cached_property
    def _tools(self) -> Toolchain:
        return toolchain(self._config, self._ambient, self._processes, self._console.note)

    @cached_property
    def _bench(self) -> Workbench:
        if not self._rehearsal:
            site = own_site(self._checkout, self._config, self._console, user_state(self._ambient))
            return Workbench(site, self._tools, self._console, self._ambient, pause=time.sleep)
        standing = self._standing()
        endpoint = standing.running()
        standing.bring_over()
        return self._workbench(standing.site(endpoint))

    def _workbench(self, site: Site) -> Workbench:
        return Workbench(site, self._tools, self._console, self._ambient, pause=quick_pause)

    def _standing(self, purpose: str = "standing") -> StandingRehearsal:
        return StandingRehearsal(
            self._checkout,
            with_rehearsal_ids(self._config),
            workspace_of(self._checkout, user_state(self._ambient) / "rehearsals", purpose=purpose),
            processes=self._processes,
            ambient=self._ambient,
            say=self._console.note,
        )

    # -- accounts and project ----------------------------------------------------------------------------------------

    def bootstrap(self, accounts: Sequence[str], allow_replace: Sequence[str], *, yes: bool) -> BootstrapResult:
        """Bring the bootstrap stacks to what the templates say; a rehearsal gets its operator then, too."""
        result = self._bench.bootstrap(accounts, allow_replace, yes=yes)
        if self._rehearsal and result.exit_code is Exit.FINE:
            config = self._bench.site.config
            security = self._bench.in_account(account_id(config, SECURITY))
            operator = self._standing().create_operator(security, tuple(config.environments))
            self._console.note(f"operator {operator.user} stands in the emulated security account, with MFA")
        return result

    def discover(self) -> Facts:
        """Write down what stands in AWS."""
        return self._bench.discover()

    def render(self, *, check: bool) -> RenderResult:
        """Write the HCL files that have a template, or only say which are stale."""
        return self._bench.render(check=check)

    def settings(self, variables: Mapping[str, str]) -> tuple[tuple[Setting, ...], tuple[str, ...]]:
        """Return every setting with its source, and what deserves a second look; `variables` name the options."""
        config, lines = read_config(self._checkout)
        found = (*settings_of(config, lines, CONFIG_NAME), *from_environment(self._ambient, variables))
        return found, warnings(config)

    # -- environments ------------------------------------------------------------------------------------------------

    def run(self, request: RunRequest) -> Run:
        """Plan, apply or destroy."""
        return self._bench.run(request)

    def run_folder(self, run_id: str) -> str:
        """Return where a run is recorded."""
        return str(self._bench.journal.folder(run_id))

    def graph(self, environment: str, layer: str | None, unit: str | None) -> tuple[GraphRow, ...]:
        """Return the selected units in order."""
        return self._bench.graph(self._bench.selected(environment, layer, unit))

    def status(self, environment: str, layer: str | None, unit: str | None) -> tuple[StatusRow, ...]:
        """Return what stands."""
        return self._bench.status(self._bench.selected(environment, layer, unit))

    def outputs(self, environment: str, layer: str | None, unit: str | None) -> Mapping[Unit, Mapping[str, Any]]:
        """Return the outputs of applied units."""
        return self._bench.outputs(self._bench.selected(environment, layer, unit))

    # -- toolchain ---------------------------------------------------------------------------------------------------

    def toolchain_install(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Install the named tools, or all."""
        return [_tool(it) for it in self._tools.install(names)]

    def toolchain_list(self) -> list[dict[str, Any]]:
        """Return where each tool stands."""
        return [_tool(it) for it in self._tools.list()]

    def toolchain_path(self, name: str) -> Path:
        """Return one tool's path, installed first where it is missing."""
        return self._tools.require(name)

    # -- rehearsal ---------------------------------------------------------------------------------------------------

    def rehearse(
        self,
        environment: str,
        layer: str | None,
        *,
        keep: bool,
        parallelism: int | None,
        warm_providers: WarmProviders,
    ) -> Life:
        """Run the whole life of an environment in a workspace of its own, which is deleted after a good end."""
        # Here, because no other command should pay for what only this one needs.
        from flowops.app.life import LifeOfEnvironment

        select(load_deployment(self._checkout, self._config), environment, layer)
        self._prepare()
        standing = self._standing(f"life-{environment}")
        with standing.alone():
            standing.down(forget=True)
            life = LifeOfEnvironment(
                standing,
                lambda: self._workbench(standing.site(standing.up())),
                environment,
                layer,
                parallelism=parallelism,
                warm_providers=warm_providers,
            )
            held = False
            try:
                found = rehearse(life, clock=time.monotonic, note=self._console.note, show=self._stage)
                held = found.exit_code is Exit.FINE
                return found
            finally:
                # However it ends: no server is left running, and what went wrong can be looked at.
                standing.down(forget=held and not keep)
                if not held or keep:
                    self._console.note(f"kept: {standing.workspace.root}, until the next rehearsal of {environment}")

    def _prepare(self) -> None:
        check_room(atomic_file.private_folder(user_state(self._ambient)))
        self._tools.install()

    def _stage(self, stage: Stage) -> None:
        held = "held" if stage.held else f"DID NOT HOLD: {stage.finding.trouble}"
        self._console.note(f"   {stage.name}: {stage.finding.summary}; {held} ({stage.seconds:.1f} s)")

    def rehearsal_up(self, port: int) -> dict[str, Any]:
        """Start this checkout's rehearsal."""
        self._prepare()
        standing = self._standing()
        standing.up(port)
        return standing.status()

    def rehearsal_down(self, *, forget: bool) -> dict[str, Any]:
        """Stop this checkout's rehearsal."""
        return self._standing().down(forget=forget)

    def rehearsal_status(self) -> dict[str, Any]:
        """Return what this checkout's rehearsal is."""
        return self._standing().status()

    def rehearsal_env(self) -> Exports:
        """Return the environment of plain tools for this checkout's rehearsal."""
        self._rehearsal = True
        bench = self._bench
        tools = {name: bench.tools.require(name) for name in ("terragrunt", "terraform", "aws")}
        return self._standing().exports(bench.cloud, bench.environment(), tools)


def _tool(status: ToolStatus) -> dict[str, Any]:
    return {
        "tool": status.name,
        "wanted": status.wanted,
        "found": status.found,
        "source": status.source.value,
        "path": status.path,
        "note": status.note,
    }
