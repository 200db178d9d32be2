"""The operations of flowops at one site, each given its adapters."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.bootstrap_files import SecretFolder, TemplateFolder
from flowops.adapters.disk import check_room
from flowops.adapters.engine import TerragruntEngine
from flowops.adapters.facts_file import LockFile
from flowops.adapters.journal import FileJournal
from flowops.adapters.process import Processes
from flowops.adapters.project import LOCK_NAME, load_deployment
from flowops.adapters.providers.warm import Site as WarmSite
from flowops.adapters.providers.warm import WarmProviders
from flowops.adapters.rendering import TemplateTree
from flowops.adapters.signals import Interrupts
from flowops.adapters.toolchain import Toolchain
from flowops.app.site import Site, now
from flowops.app.tools import terraform_environment, user_cache, user_runtime
from flowops.errors import UsageError
from flowops.model.bootstrap import BootstrapPlan, BootstrapRequest, BootstrapResult
from flowops.model.deployment import Deployment, Selection, Unit, select
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult
from flowops.model.run import Run, RunRequest, Verb
from flowops.operations import bootstrap, discover, render, run, show
from flowops.operations.ports.bootstrap import BootstrapPorts
from flowops.operations.ports.run import Console, RunPorts

_RUNS = {Verb.PLAN: run.plan, Verb.APPLY: run.apply, Verb.DESTROY: run.destroy}


class Terminal(Console, Protocol):
    """The operator, as runs and bootstraps both see them."""

    def stacks(self, plan: BootstrapPlan) -> None:
        """Show what one phase of a bootstrap would do."""


class Workbench:
    """One site with everything its commands need; adapters are made when a command first uses them."""

    def __init__(
        self,
        site: Site,
        tools: Toolchain,
        console: Terminal,
        ambient: Mapping[str, str],
        *,
        pause: Callable[[float], None],
    ) -> None:
        self.site, self.tools, self.console = site, tools, console
        self._ambient, self._pause = ambient, pause
        self.processes = Processes()

    # -- accounts ----------------------------------------------------------------------------------------------------

    def bootstrap(self, accounts: Sequence[str], allow_replace: Sequence[str], *, yes: bool) -> BootstrapResult:
        """Bring the bootstrap stacks to what the templates say."""
        ports = BootstrapPorts(
            cloud=self._management,
            console=_BootstrapConsole(self.console, yes=yes),
            stack_templates=TemplateFolder(self.site.project / "bootstrap"),
            templates=TemplateTree(self.site.deployments),
            facts_file=self._facts_file,
            secret_files=SecretFolder(self.site.project),
            environment=self._ambient,
            new_external_id=lambda: secrets.token_urlsafe(24),
        )
        request = BootstrapRequest(tuple(accounts), tuple(allow_replace))
        return bootstrap.bootstrap(request, self.site.config, ports)

    def discover(self) -> Facts:
        """Write down what stands in AWS."""
        return discover.discover(
            self.site.config, cloud=self._management, facts_file=self._facts_file, progress=self.console.note
        )

    def render(self, *, check: bool = False) -> RenderResult:
        """Write the HCL files that have a template, or only say which are stale."""
        templates = TemplateTree(self.site.deployments)
        return render.render(self.site.config, facts=self._facts_file.read(), templates=templates, check=check)

    @cached_property
    def _management(self) -> ManagementAws:
        management = self.site.config.management
        return ManagementAws(
            self.site.sessions, management.profile, management.role, cloudformation=self._cloudformation
        )

    def _cloudformation(self, session: AwsSession) -> CloudFormation:
        return CloudFormation(session, sleep=self._pause)

    def in_account(self, account_id: str) -> AwsSession:
        """Return the management role's session in an account."""
        management = self.site.config.management
        return self.site.sessions.in_account(management.profile, account_id, management.role)

    @property
    def _facts_file(self) -> LockFile:
        return LockFile(self.site.project / LOCK_NAME)

    # -- environments ------------------------------------------------------------------------------------------------

    def run(self, request: RunRequest) -> Run:
        """Plan, apply or destroy."""
        self.selected(request.environment, request.layer, request.unit)
        check_room(self.site.project)
        ports = RunPorts(self.deployment, self.cloud, self._engine, self.journal, self.console)
        return _RUNS[request.verb](request, ports, now())

    def graph(self, selection: Selection) -> tuple[show.GraphRow, ...]:
        """Return the selected units in order."""
        return show.graph(selection, engine=self._engine)

    def status(self, selection: Selection) -> tuple[show.StatusRow, ...]:
        """Return what stands."""
        return show.status(selection, cloud=self.cloud)

    def outputs(self, selection: Selection) -> Mapping[Unit, Mapping[str, Any]]:
        """Return the outputs of applied units."""
        return show.outputs(selection, cloud=self.cloud)

    def selected(self, environment: str, layer: str | None = None, unit: str | None = None) -> Selection:
        """Return what ENV [LAYER [UNIT]] means; UnknownTarget names the nearest."""
        return select(self.deployment, environment, layer, unit)

    @cached_property
    def deployment(self) -> Deployment:
        """Return the deployments tree."""
        return load_deployment(self.site.project, self.site.config)

    @cached_property
    def cloud(self) -> EnvironmentAws:
        """Return AWS as the operator reaches it; UsageError where nothing was discovered yet."""
        facts = self._facts_file.read()
        if facts is None:
            raise UsageError(
                "There is no flowops.lock yet: the accounts were not bootstrapped, or not discovered.",
                not_done="No unit was started.",
                next_step="flowops bootstrap",
            )
        discover.require_ids(self.site.config, facts.accounts)
        return EnvironmentAws(
            self.site.sessions,
            self.site.config,
            facts,
            mfa=self.site.mfa,
            sessions_folder=self.site.sessions_folder,
            clock=now,
        )

    @cached_property
    def journal(self) -> FileJournal:
        """Return where runs are recorded."""
        tools = {it.name: it.found for it in self.tools.list()}
        return FileJournal(self.site.project, now, {"tools": tools})

    @cached_property
    def _engine(self) -> TerragruntEngine:
        return TerragruntEngine(
            self.processes,
            terragrunt=self.tools.require("terragrunt"),
            terraform=self.tools.require("terraform"),
            python=Path(sys.executable),
            deployments=self.site.deployments,
            env=self.environment(),
            interrupts=Interrupts(),
            warm=WarmProviders(self.processes, self._warm_site(), self._ambient, self.console.note),
            say=self.console.note,
        )

    def _warm_site(self) -> WarmSite:
        return WarmSite(
            python=Path(sys.executable),
            deployments=self.site.deployments.resolve(),
            modules=self.site.project / "terraform-modules",
            runtime=user_runtime(self._ambient),
            schemas=user_cache(self._ambient) / "schemas",
            binary=self.tools.provider_program,
        )

    def environment(self) -> dict[str, str]:
        """Return what every terragrunt and terraform gets; the provider is fetched first where it is missing."""
        self.tools.install()
        return terraform_environment(self.tools, self._ambient)


class _BootstrapConsole:
    """The operator of a bootstrap; `yes` answers the normal prompt."""

    def __init__(self, console: Terminal, *, yes: bool) -> None:
        self._console, self._yes = console, yes

    def show(self, plan: BootstrapPlan) -> None:
        """Show what one phase would do."""
        self._console.stacks(plan)

    def confirm(self, plan: BootstrapPlan) -> bool:
        """Return whether the phase just shown may run; Declined when nobody can say."""
        if self._yes:
            return True
        where = ", ".join(plan.accounts)
        return self._console.ask(f"Bootstrap {where}? [y/N] ").strip().lower() in ("y", "yes")

    def progress(self, line: str) -> None:
        """Say one line about something that happens now."""
        self._console.note(line)
