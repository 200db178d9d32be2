"""The composition root: settings to adapters to operations; the only importer of adapters and rehearsal."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowops.adapters.bootstrap_files import SecretFolder
from flowops.adapters.config_file import ConfigFile
from flowops.adapters.new_files import NewFiles
from flowops.adapters.process import Processes
from flowops.adapters.project import CONFIG_NAME, find_project, load_config, read_config
from flowops.adapters.quick_start import QuickStart
from flowops.adapters.toolchain import Toolchain
from flowops.app import accounts
from flowops.app.drift_results import DriftRecords
from flowops.app.history import History
from flowops.app.recovering import Recoveries
from flowops.app.rehearsals import Rehearsals
from flowops.app.site import Site, now, own_site
from flowops.app.terminal import Terminal
from flowops.app.tools import packaged_data, toolchain, user_state, without_project
from flowops.app.workbench import Workbench
from flowops.errors import Exit, InvalidConfig
from flowops.model.accounts import AccountRow, AccountsResult, CreateRequest
from flowops.model.bootstrap import BootstrapRequest, BootstrapResult
from flowops.model.config import Config
from flowops.model.deployment import Unit
from flowops.model.doctor import Diagnosis
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import DriftResult
from flowops.model.facts import Facts, Organization
from flowops.model.gc import GcRequest, GcResult
from flowops.model.provenance.chain import Answer
from flowops.model.record import RecordedRun
from flowops.model.rendering import RenderResult
from flowops.model.report import ReportFormat
from flowops.model.run import Run, RunRequest
from flowops.model.runs import Runs
from flowops.model.scaffold import EnvironmentRequest, ProjectRequest
from flowops.model.secrets import SetRequest, SetResult
from flowops.model.selftest import SelftestRequest, SelftestResult
from flowops.model.settings import Setting, from_environment, settings_of, warnings
from flowops.operations.init import Scaffold, init_environment, init_project
from flowops.operations.reporting import Reporting
from flowops.operations.show import GraphRow, StatusRow

if TYPE_CHECKING:
    from flowops.app.auth import Auth
    from flowops.app.ci import Ci
    from flowops.app.locks import Locks
    from flowops.app.profiles import Profiles
    from flowops.app.secrets import Secrets
    from flowops.app.users import People


class App:
    """flowops for one command line; everything is made when it is first needed."""

    def __init__(self, start: Path, ambient: Mapping[str, str], console: Terminal, *, rehearsal: bool) -> None:
        self._start, self._ambient, self._console, self._rehearsal = start, ambient, console, rehearsal
        self._processes = Processes()
        self._reporting: Reporting | None = None

    @cached_property
    def _checkout(self) -> Path:
        return find_project(self._start)

    @cached_property
    def _config(self) -> Config:
        return load_config(self._checkout)

    @cached_property
    def tools(self) -> Toolchain:
        """Return the programs that flowops starts; without a project, or one that can be read, a new project's."""
        try:
            config = self._config
        except InvalidConfig as error:
            config = without_project()
            found = error.happened.splitlines()[0].removesuffix(".")
            self._console.note(f"{found}; the versions of tools are those of a new project")
        return toolchain(config, self._ambient, self._processes, self._console.note)

    @cached_property
    def _bench(self) -> Workbench:
        return self._new_bench()

    def _new_bench(self) -> Workbench:
        if self._rehearsal:
            return self.rehearsals.bench()
        return Workbench(self._site(), self.tools, self._console, self._ambient, pause=time.sleep)

    def _site(self) -> Site:
        if self._rehearsal:
            return self.rehearsals.site()
        return own_site(self._checkout, self._config, self._console, user_state(self._ambient))

    # -- accounts and project ----------------------------------------------------------------------------------------

    def init_project(self, folder: Path, request: ProjectRequest) -> Scaffold:
        """Write a new project."""
        return init_project(request, quick_start=QuickStart(packaged_data()), folder=NewFiles(folder))

    def init_environment(self, request: EnvironmentRequest) -> Scaffold:
        """Add an environment to this project."""
        return init_environment(
            request,
            quick_start=QuickStart(packaged_data()),
            config_file=ConfigFile(self._checkout),
            folder=NewFiles(self._checkout),
        )

    def create_accounts(self, request: CreateRequest) -> AccountsResult:
        """Bring the accounts of flowops.yaml about."""
        bench = self._bench
        return accounts.create_accounts(request, bench.site, self._console, bench.pause, rehearsal=self._rehearsal)

    def list_accounts(self) -> tuple[Organization | None, tuple[AccountRow, ...]]:
        """Return the organization with its accounts, then those of flowops.yaml that it lacks."""
        return accounts.list_accounts(self._bench.site, self._console, rehearsal=self._rehearsal)

    def bootstrap(self, request: BootstrapRequest, *, yes: bool) -> BootstrapResult:
        """Bring the bootstrap stacks to what the templates say; a rehearsal gets its operator and secrets then, too."""
        return self._bootstrapped(self._bench, request, yes)

    def _bootstrapped(self, bench: Workbench, request: BootstrapRequest, yes: bool) -> BootstrapResult:
        result = bench.bootstrap(request, yes=yes)
        done = result.exit_code is Exit.FINE
        return self.rehearsals.completed(bench, result) if self._rehearsal and done else result

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

    def why(self, unit: str, name: str) -> Answer:
        """Return where an input of a unit comes from."""
        from flowops.app.provenance import why_of

        if not self._rehearsal:
            return why_of(self._checkout, self._config, unit, name, self._ambient, self.tools)
        return why_of(self._bench.site.project, self._bench.site.config, unit, name, self._ambient, self.tools)

    @property
    def auth(self) -> Auth:
        """Return who the caller is and what it may do; nothing of a rehearsal is brought over for that."""
        from flowops.app.auth import Auth

        return Auth(self._site, self._console, self._ambient, rehearsed=self._rehearsal)

    @property
    def profiles(self) -> Profiles:
        """Return the named profiles of the project, in the AWS files that its callers come from."""
        from flowops.app.profiles import Profiles

        return Profiles(self._site, self._console, rehearsed=self._rehearsal)

    @property
    def ci(self) -> Ci:
        """Return the pipelines of this project; their results are a rehearsal's where this is one."""
        from flowops.app.ci import Ci

        def results() -> Path:
            return self.rehearsals.standing().workspace.project if self._rehearsal else self._checkout

        return Ci(lambda: self._checkout, results, self._ambient)

    # -- secrets -----------------------------------------------------------------------------------------------------

    @property
    def secrets(self) -> Secrets:
        """Return the secrets that the security account keeps."""
        from flowops.app.secrets import Secrets

        return Secrets(self._bench)

    def set_secret(self, request: SetRequest) -> SetResult:
        """Hand in one secret; files are the checkout's, in a rehearsal too."""
        return self.secrets.set(request, files=SecretFolder(self._checkout))

    # -- people ------------------------------------------------------------------------------------------------------

    @cached_property
    def users(self) -> People:
        """Return the users of the security account."""
        from flowops.app.users import People

        return People(self._bench)

    # -- environments ------------------------------------------------------------------------------------------------

    def report_to(self, targets: Sequence[tuple[ReportFormat, Path]]) -> None:
        """Report the runs that follow; UsageError where a report cannot be written."""
        if targets:
            # Here, because most commands write no report.
            from flowops.adapters.reports import WrittenReports

            self._reporting = Reporting(WrittenReports(targets), now)

    def run(self, request: RunRequest) -> Run:
        """Plan, apply or destroy."""
        return self._bench.run(request, self._reporting)

    def run_every(self, request: RunRequest, confirmed: Collection[str]) -> Runs:
        """Plan or apply in each environment, protected ones last."""
        return self._bench.run_every(request, confirmed, self._reporting)

    def resume(self, recorded: RecordedRun, approval: RunRequest) -> Run | None:
        """Do what a recorded run left, as far as `approval` agrees; None where nothing is left."""
        return self._bench.resume(recorded, approval, self._reporting)

    def drift(self, request: DriftRequest) -> DriftResult:
        """Look for what moved since the last apply."""
        from flowops.app.drift import check_drift

        return check_drift(self._bench, request)

    @cached_property
    def _recorded(self) -> Path:
        """Return the project whose records are looked at; a rehearsal need not stand for that."""
        return self.rehearsals.standing().workspace.project if self._rehearsal else self._checkout

    @cached_property
    def history(self) -> History:
        """Return what ran here."""
        return History(self._recorded, tuple(self._config.environments), lambda: self._bench.archive)

    @property
    def drift_results(self) -> DriftRecords:
        """Return what drift checks found here."""
        return DriftRecords(self._recorded, self._config, self._console.note)

    @property
    def recovery(self) -> Recoveries:
        """Return what mends unsaved, damaged and forgotten things."""
        return Recoveries(self._bench, self._checkout)

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

    @property
    def locks(self) -> Locks:
        """Return who keeps others from changing environments."""
        from flowops.app.locks import Locks

        return Locks(self._bench)

    # -- doctor ------------------------------------------------------------------------------------------------------

    def doctor(self, environment: str | None, cache_limit: float, consents: Collection[str] = ()) -> Diagnosis:
        """Return what stands between this project and a green apply; nothing is changed and nobody asked.

        `consents` are variables that agree to something beforehand.
        """
        from flowops.app.doctor import Doctor, Request

        doctor = Doctor(self._start, self._ambient, self._processes, lambda: self._bench, rehearsal=self._rehearsal)
        return doctor.examine(Request(environment, cache_limit, frozenset(consents)))

    # -- upkeep ------------------------------------------------------------------------------------------------------

    def gc(self, request: GcRequest) -> GcResult:
        """Delete what is left behind in this project and in this user's folders."""
        from flowops.app.gc import clean

        return clean(request, self._recorded, self._config, lambda: self.tools, self._ambient, self._console)

    # -- rehearsal ---------------------------------------------------------------------------------------------------

    @cached_property
    def rehearsals(self) -> Rehearsals:
        """Return the rehearsals of this checkout."""
        return Rehearsals(
            self._checkout,
            self._config,
            lambda: self.tools,
            processes=self._processes,
            ambient=self._ambient,
            console=self._console,
        )

    def selftest(self, request: SelftestRequest) -> SelftestResult:
        """Run the whole life of an environment in an account of the user's, or in one of the standing rehearsal."""
        from flowops.app.selftest import SelfTests

        project = self._bench.site.project
        tests = SelfTests(project, self._new_bench, self._bootstrapped, self._takes_charts, self._examined)
        return tests.run(request, self.rehearsals.tell)

    def _examined(self, environment: str) -> Diagnosis:
        # How large caches are is not looked at here: the least limit ends the counting soonest.
        return self.doctor(environment, 0.0)

    def _takes_charts(self, units: Iterable[Unit]) -> bool:
        """Say whether units install Helm charts into clusters that can be asked."""
        rehearsals = self.rehearsals
        return bool(rehearsals.charts(units)) and (not self._rehearsal or rehearsals.standing().has_kubernetes)
