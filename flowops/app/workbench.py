"""The operations of flowops at one site, each given its adapters."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from flowops import __version__
from flowops.adapters.at_work import RecordedRuns
from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.cloud import ManagementAws
from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.bootstrap_files import SecretFolder, TemplateFolder
from flowops.adapters.chart_repositories import ChartFolders, ChartRepositories
from flowops.adapters.disk import check_room
from flowops.adapters.engine import TerragruntEngine
from flowops.adapters.git import GitWorkingCopy
from flowops.adapters.held_lease import LeaseTerms
from flowops.adapters.journal import FileJournal
from flowops.adapters.leases import EnvironmentLeases
from flowops.adapters.process import Processes
from flowops.adapters.project import load_deployment
from flowops.adapters.providers.places import Places
from flowops.adapters.providers.warm import SharedProviders
from flowops.adapters.rendering import TemplateTree
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.signals import Interrupts, hurried
from flowops.adapters.this_machine import this_machine
from flowops.adapters.toolchain import Toolchain
from flowops.adapters.unsaved_states import UnsavedStates
from flowops.adapters.web import Web
from flowops.app.archive import BucketArchive
from flowops.app.lookback import lookback_of
from flowops.app.safety import safety_of
from flowops.app.site import Site, now
from flowops.app.terminal import BootstrapConsole, Terminal
from flowops.app.tools import terraform_environment, user_cache, user_runtime
from flowops.errors import UsageError
from flowops.model.bootstrap import BootstrapRequest, BootstrapResult
from flowops.model.charts import addresses
from flowops.model.deployment import Deployment, Selection, Unit, select
from flowops.model.facts import Facts
from flowops.model.record import RecordedRun
from flowops.model.rendering import RenderResult
from flowops.model.run import Run, RunRequest, Verb
from flowops.model.runs import Runs
from flowops.operations import bootstrap, discover, every, render, run, runs, show
from flowops.operations.ports.bootstrap import BootstrapPorts
from flowops.operations.ports.run import RunPorts
from flowops.operations.reporting import Reporting
from flowops.operations.secrets import repository_credentials

_RUNS = {Verb.PLAN: run.plan, Verb.APPLY: run.apply, Verb.DESTROY: run.destroy}


class Workbench:
    """One site with everything its commands need; adapters are made when a command first uses them.

    `terms` are those of the leases it takes, None for the usual ones.
    """

    def __init__(
        self,
        site: Site,
        tools: Toolchain,
        console: Terminal,
        ambient: Mapping[str, str],
        *,
        pause: Callable[[float], None],
        terms: LeaseTerms | None = None,
    ) -> None:
        self.site, self.tools, self.console = site, tools, console
        self.ambient, self.pause, self._terms = ambient, pause, terms
        self.processes = Processes()

    def at(self, site: Site) -> Workbench:
        """Return the same operations at another site, or at this one reached in another way."""
        return Workbench(site, self.tools, self.console, self.ambient, pause=self.pause, terms=self._terms)

    # -- accounts ----------------------------------------------------------------------------------------------------

    def bootstrap(self, request: BootstrapRequest, *, yes: bool) -> BootstrapResult:
        """Bring the bootstrap stacks to what the templates say."""
        ports = BootstrapPorts(
            cloud=self.management,
            console=BootstrapConsole(self.console, yes=yes),
            stack_templates=TemplateFolder(self.site.project / "bootstrap"),
            templates=TemplateTree(self.site.deployments),
            facts_file=self.site.facts_file,
            secret_files=SecretFolder(self.site.project),
            environment=self.ambient,
            new_external_id=lambda: secrets.token_urlsafe(24),
        )
        return bootstrap.bootstrap(request, self.site.config, ports)

    def discover(self) -> Facts:
        """Write down what stands in AWS."""
        return discover.discover(
            self.site.config, cloud=self.management, facts_file=self.site.facts_file, progress=self.console.note
        )

    def render(self, *, check: bool = False) -> RenderResult:
        """Write the HCL files that have a template, or only say which are stale."""
        templates = TemplateTree(self.site.deployments)
        return render.render(self.site.config, facts=self.site.facts_file.read(), templates=templates, check=check)

    @cached_property
    def management(self) -> ManagementAws:
        """Return the accounts as who bootstraps reaches them."""
        management = self.site.config.management
        return ManagementAws(
            self.site.sessions, management.profile, management.role, cloudformation=self._cloudformation
        )

    def _cloudformation(self, session: AwsSession) -> CloudFormation:
        return CloudFormation(session, sleep=self.pause)

    def in_account(self, account_id: str) -> AwsSession:
        """Return the management role's session in an account."""
        management = self.site.config.management
        return self.site.sessions.in_account(management.profile, account_id, management.role)

    # -- environments ------------------------------------------------------------------------------------------------

    def run(self, request: RunRequest, reporting: Reporting | None = None) -> Run:
        """Plan, apply or destroy."""

        def begin() -> RunPorts:
            self.selected(request.environment, request.layer, request.unit)
            check_room(self.site.project)
            return self.run_ports

        if reporting is not None:
            return reporting.run(_RUNS[request.verb], request, begin, self.console.note)
        return _RUNS[request.verb](request, begin(), now())

    def resume(self, recorded: RecordedRun, approval: RunRequest, reporting: Reporting | None = None) -> Run | None:
        """Do what a recorded run left; None where nothing is left."""
        check_room(self.site.project)
        rest = runs.rest(recorded, approval, RunFolders(self.site.project / RUNS), self.run_ports, now())
        return None if rest is None else self.run(rest, reporting)

    @property
    def run_ports(self) -> RunPorts:
        """Return everything a run is given."""
        return RunPorts(
            deployment=self.deployment,
            cloud=self.cloud,
            engine=self._engine,
            charts=self._charts,
            secrets=self.cloud.secrets(),
            journal=self.journal,
            console=self.console,
            safety=safety_of(self.site, self.tools, self._git, self.cloud),
            leases=self.leases,
            lookback=lookback_of(self.site, self.cloud),
        )

    def run_every(self, request: RunRequest, confirmed: Collection[str], reporting: Reporting | None = None) -> Runs:
        """Plan or apply in each environment, one after the other."""
        return every.every_environment(
            request,
            self.deployment,
            lambda each: self.run(each, reporting),
            self.console.note,
            confirmed=confirmed,
        )

    def graph(self, selection: Selection) -> tuple[show.GraphRow, ...]:
        """Return the selected units in order."""
        return show.graph(selection, engine=self._engine)

    def status(self, selection: Selection) -> tuple[show.StatusRow, ...]:
        """Return what stands."""
        return show.status(selection, cloud=self.cloud)

    def outputs(self, selection: Selection) -> Mapping[Unit, Mapping[str, Any]]:
        """Return the outputs of applied units."""
        return show.outputs(selection, cloud=self.cloud)

    @cached_property
    def leases(self) -> EnvironmentLeases:
        """Return who may change an environment now."""
        return EnvironmentLeases(
            self.cloud.lease,
            this_machine(),
            self.recorded,
            version=__version__,
            clock=now,
            new_id=lambda: str(uuid4()),
            note=self.console.note,
            terms=self._terms,
        )

    @property
    def recorded(self) -> RecordedRuns:
        """Return the runs that this project knows."""
        return RecordedRuns(self.site.project / RUNS)

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
        facts = self.site.facts_file.read()
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
    def _charts(self) -> ChartRepositories:
        return ChartRepositories(
            ChartFolders(self.site.deployments, self.site.project / "terraform-modules"),
            {**addresses(self.site.config), **self.site.charts},
            Web(self.ambient),
            lambda environment: repository_credentials(environment, secrets=self.cloud.secrets()),
        )

    def chart_variables(self, folder: Path) -> Mapping[str, str]:
        """Write what Helm needs for every unit into `folder` and return the variables that lead it there."""
        environments = self.deployment.environments
        units = [unit for environment in environments for unit in environment.units]
        return self._charts.prepare(environments[0].name, units, folder)

    @cached_property
    def journal(self) -> FileJournal:
        """Return where runs are recorded."""
        return FileJournal(RunFolders(self.site.project / RUNS), now, self._facts_of_a_run, self.archive)

    def _facts_of_a_run(self) -> dict[str, Any]:
        return {
            "flowops": __version__,
            "tools": {it.name: it.found for it in self.tools.list()},
            "git": self._git.revision(),
        }

    @cached_property
    def archive(self) -> BucketArchive:
        """Return where the journals of runs that write are copied to."""
        return BucketArchive(lambda: self.deployment, lambda: self.cloud)

    @property
    def _git(self) -> GitWorkingCopy:
        return GitWorkingCopy(self.processes, self.site.project, self.ambient)

    @cached_property
    def _engine(self) -> TerragruntEngine:
        return TerragruntEngine(
            self.processes,
            terragrunt=self.tools.require("terragrunt"),
            terraform=self.tools.require("terraform"),
            python=Path(sys.executable),
            deployments=self.site.deployments,
            env=self.environment(),
            unsaved=UnsavedStates(self.site.project),
            interrupts=Interrupts(hurried=hurried(self.ambient, terminal=self.console.interactive)),
            warm=SharedProviders(self.processes, self._places(), self.ambient, self.console.note),
            say=self.console.note,
            progress=self.console.progress,
            usual=RunFolders(self.site.project / RUNS).usual,
        )

    def _places(self) -> Places:
        return Places(
            python=Path(sys.executable),
            deployments=self.site.deployments.resolve(),
            modules=self.site.project / "terraform-modules",
            runtime=user_runtime(self.ambient),
            schemas=user_cache(self.ambient) / "schemas",
            binary=self.tools.provider_program,
        )

    def environment(self) -> dict[str, str]:
        """Return what every terragrunt and terraform gets; the provider is fetched first where it is missing."""
        self.tools.install()
        return terraform_environment(self.tools, self.ambient)
