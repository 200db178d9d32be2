"""What an examination is made of at one site; it is put together here, however little of the project can be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.disk import NEEDED, NEEDED_FILES
from flowops.adapters.doctor.accounts import StandingAccounts
from flowops.adapters.doctor.identities import IdentityChain, ask_nobody
from flowops.adapters.doctor.machine import ThisComputer
from flowops.adapters.doctor.offers import OffersOfAws
from flowops.adapters.doctor.project import FilesOfProject
from flowops.adapters.git import GitWorkingCopy
from flowops.adapters.process import Processes
from flowops.adapters.project import find_project, load_config
from flowops.app.locks import Locks
from flowops.app.secrets import Secrets
from flowops.app.site import Site, now
from flowops.app.tools import toolchain, user_cache, user_state, without_project
from flowops.app.workbench import Workbench
from flowops.errors import FlowopsError, InvalidConfig, UnknownTarget
from flowops.model.config import Config
from flowops.model.doctor import CACHE_LIMIT, Diagnosis, wrong
from flowops.model.secrets import SecretRow, needed_by
from flowops.model.toolchain import ToolStatus
from flowops.operations.doctor.diagnosis import diagnose, diagnose_machine
from flowops.operations.doctor.examination import Probe
from flowops.operations.doctor.machine import GIB
from flowops.operations.doctor.probes import Limits, Ports, Scope, broken_project, no_project
from flowops.operations.secrets import check_secrets

_USER_FILES = (Path("~/.aws/config"), Path("~/.aws/credentials"))


@dataclass(frozen=True)
class Request:
    """What the command line says: an environment by name, or None, and how many GiB the caches may have.

    `consents` are the variables by which it would take something for agreed.
    """

    environment: str | None = None
    cache_limit: float = CACHE_LIMIT
    consents: frozenset[str] = frozenset()

    @property
    def limits(self) -> Limits:
        """Return what this machine is judged by."""
        return Limits(NEEDED, NEEDED_FILES, self.cache_limit, self.consents)


@dataclass(frozen=True)
class Doctor:
    """Examines the project that `start` lies in; `open_bench` leads to its site, which may not be there.

    A bench opens with the user's own sessions; here nobody is asked for a code, and every call is made once.
    """

    start: Path
    ambient: Mapping[str, str]
    processes: Processes
    open_bench: Callable[[], Workbench]
    rehearsal: bool = False

    def examine(self, request: Request) -> Diagnosis:
        """Return everything that was looked at; UnknownTarget for an environment that flowops.yaml does not have."""
        try:
            checkout = find_project(self.start)
        except InvalidConfig:
            return self._without_project(request, no_project(str(self.start)))
        try:
            config = load_config(checkout)
        except FlowopsError as error:
            return self._without_project(request, broken_project(error), checkout)
        if request.environment is not None and request.environment not in config.environments:
            raise UnknownTarget("environment", request.environment, config.environments)
        try:
            bench = self.open_bench()
        except FlowopsError as error:
            # Only a rehearsal that does not run comes to this.
            said = wrong("aws-answers", error.happened, error.next_step)
            return self._without_project(request, Probe("aws-answers", lambda: (said,)), checkout)
        return self._examined(request, checkout, bench)

    def _without_project(self, request: Request, known: Probe, checkout: Path | None = None) -> Diagnosis:
        machine = self._machine(request, checkout, without_project(), _USER_FILES)
        return diagnose_machine(machine, known, request.limits)

    def _examined(self, request: Request, checkout: Path, bench: Workbench) -> Diagnosis:
        bench = _in_a_hurry(bench)
        site = bench.site
        files = (site.sessions.config_file, site.sessions.credentials_file)
        scope = self._scope(request, checkout, site)
        machine = self._machine(request, site.project, site.config, files, site.sessions_folder)
        ports = self._ports(machine, checkout, bench)
        return diagnose(scope, ports, request.limits)

    def _scope(self, request: Request, checkout: Path, site: Site) -> Scope:
        config = site.config
        names = (request.environment,) if request.environment else _bootstrapped(site)
        files = f"{site.sessions.config_file} and {site.sessions.credentials_file}"
        return Scope(config, names, str(checkout), files, self.rehearsal)

    def _machine(
        self, request: Request, project: Path | None, config: Config, files: tuple[Path, Path], *private: Path
    ) -> ThisComputer:
        def tools(ambient: Mapping[str, str]) -> Sequence[ToolStatus]:
            return toolchain(config, ambient, self.processes, _silence).list()

        own = [user_cache(self.ambient), user_state(self.ambient), *private]
        own += [project / ".flowops" / it for it in ("", "runs", "unsaved")] if project else []
        return ThisComputer(
            self.ambient,
            self.processes,
            tools,
            project,
            user_cache(self.ambient),
            tuple(dict.fromkeys(own)),
            files[0].expanduser(),
            files[1].expanduser(),
            most=int(max(request.cache_limit, 1) * GIB * 2),
        )

    def _ports(self, machine: ThisComputer, checkout: Path, bench: Workbench) -> Ports:
        site = bench.site
        git = GitWorkingCopy(self.processes, checkout, self.ambient)
        files = FilesOfProject(checkout, site.project, site.config, git, lambda: bench.render(check=True))
        chain = IdentityChain(site.sessions, site.config, lambda: bench.cloud, site.sessions_folder, now)

        def stacks(session: AwsSession) -> CloudFormation:
            return CloudFormation(session, sleep=bench.pause)

        def secrets(names: Collection[str]) -> Sequence[SecretRow]:
            return _secrets(bench, names, managed=chain.managed)

        accounts = StandingAccounts(chain.eyes, lambda: bench.cloud, stacks, Locks(bench).list, secrets)
        return Ports(machine, files, chain, accounts, OffersOfAws(chain.eyes, site.config.project))


def _in_a_hurry(bench: Workbench) -> Workbench:
    """Return the bench at the same site, where nobody is asked for a code and every call is made once."""
    site = replace(bench.site, sessions=bench.site.sessions.hurried(), mfa=ask_nobody)
    return bench.at(site)


def _bootstrapped(site: Site) -> tuple[str, ...]:
    """Return the environments whose accounts were bootstrapped; all, where none was or nobody can tell."""
    try:
        facts = site.facts_file.read()
    except FlowopsError:
        facts = None
    known = {name for name, it in facts.accounts.items() if it.outputs} if facts else set()
    environments = site.config.environments
    return tuple(name for name, it in environments.items() if it.account in known) or tuple(environments)


def _secrets(bench: Workbench, names: Collection[str], *, managed: bool) -> Sequence[SecretRow]:
    """Return how secrets stand: as who bootstraps where that can be, who needs no MFA for it; else as the operator."""
    if not managed:
        return check_secrets(list(names), secrets=bench.cloud.secrets()).rows
    wanted = {it for name in names for it in needed_by(bench.site.config, name)}
    return [row for row in Secrets(bench).list() if row.secret in wanted]


def _silence(line: str) -> None:
    """Hear nothing: nothing is fetched."""
