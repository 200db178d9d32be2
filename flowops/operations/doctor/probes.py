"""Which looks an examination takes, and which of them build on others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from flowops.errors import FlowopsError
from flowops.model.config import SECURITY, Config
from flowops.model.deployment import Environment
from flowops.model.doctor import Line, fine
from flowops.operations.doctor import machine, project, standing
from flowops.operations.doctor.examination import Probe
from flowops.operations.ports.doctor import Accounts, Identities, Machine, Offers, ProjectFiles


@dataclass(frozen=True)
class Scope:
    """What is examined: the environments by name, in the project whose configuration could be read.

    `checkout` is the folder that holds flowops.yaml, `aws_files` how AWS's own files are called in a line.
    """

    config: Config
    environments: tuple[str, ...]
    checkout: str
    aws_files: str
    rehearsal: bool = False

    @property
    def accounts(self) -> tuple[str, ...]:
        """Return the accounts that the environments live in, the security account first."""
        own = (self.config.environments[name].account for name in self.environments)
        return tuple(dict.fromkeys((SECURITY, *own)))

    @property
    def environment_accounts(self) -> tuple[str, ...]:
        """Return those accounts without the security account."""
        return self.accounts[1:]

    def account_of(self, environment: str) -> str:
        """Return the account of an environment."""
        return self.config.environments[environment].account

    def reach(self, account: str) -> str:
        """Return the options of the aws command line that lead into an account."""
        return f"--profile {self.config.accounts[account].profile}"

    def home(self, account: str) -> str:
        """Return those options with the region of the bootstrap stacks."""
        return f"--region {self.config.region} {self.reach(account)}"


@dataclass(frozen=True)
class Ports:
    """Everything that tells doctor something."""

    machine: Machine
    project: ProjectFiles
    identities: Identities
    accounts: Accounts
    offers: Offers


@dataclass(frozen=True)
class Limits:
    """What a machine is judged by: the bytes and the files that a run needs, the GiB that caches may have.

    `consents` are the variables that agree to something.
    """

    room: int
    files: int
    cache: float
    consents: frozenset[str]


def machine_probes(told: Machine, limits: Limits) -> Iterator[Probe]:
    """Yield the looks that need no project."""

    def mirror() -> Iterator[Line]:
        named, is_folder = told.mirror()
        yield machine.mirror(named, is_folder=is_folder)

    yield Probe("python", lambda: (machine.python(told.python()),))
    yield Probe("terraform", lambda: machine.tools(told.tools()), grave=True)
    yield Probe("provider-mirror", mirror)
    yield Probe("git", lambda: (machine.git(told.git()),))
    yield Probe("shell-variables", lambda: (machine.shell_variables(told.misleading()),))
    yield Probe("standing-consent", lambda: (machine.standing_consent(limits.consents.intersection(told.variables())),))
    yield Probe("disk-room", lambda: machine.room(told.rooms(), limits.room, limits.files))
    yield Probe("folder-permissions", lambda: machine.folder_permissions(told.folders()))
    yield Probe("cache-size", lambda: (machine.cache_size(told.caches(), limits.cache),))
    yield Probe("file-permissions", lambda: _files(told))


def _files(told: Machine) -> Iterator[Line]:
    found = told.aws_files()
    yield from machine.file_permissions(found, found[-1].path if found else "")
    if not found:
        yield fine("file-permissions", "AWS's own files are not there yet")


def broken_project(error: FlowopsError) -> Probe:
    """Return the look at a configuration that cannot be read; its lines are known already."""
    return Probe("configuration", lambda: project.broken("configuration", error))


def no_project(folder: str) -> Probe:
    """Return the look at a folder without a project."""
    return Probe("configuration", lambda: (project.no_project(folder),))


def project_probes(scope: Scope, told: ProjectFiles) -> Iterator[Probe]:
    """Yield the looks at the project's own files."""
    config, names = scope.config, scope.environments

    def environments() -> list[Environment]:
        return [it for it in told.deployment().environments if it.name in names]

    def includes() -> Iterator[Line]:
        for it in environments():
            yield from project.includes(told.missing_includes(it), it.name, scope.checkout)

    def tree() -> Iterator[Line]:
        try:
            yield from project.tree(told.deployment(), names, told.folders(), scope.checkout)
        except FlowopsError as error:
            yield from project.broken("tree", error)

    def working_copy() -> Iterator[Line]:
        yield from project.working_copy(told.rules(), told.git(), environments())

    yield Probe("configuration", lambda: (project.configuration(config, f"{scope.checkout}/flowops.yaml"),))
    for account in scope.accounts:
        yield Probe("account-ids", partial(_ids, scope, account), account)
    yield Probe("shared-accounts", lambda: project.shared_accounts(config))
    yield Probe("tree", tree)
    yield Probe("includes", includes, needs=("tree",))
    yield Probe("working-copy", working_copy, needs=("tree",))
    yield Probe("lock-file", lambda: project.lock_file(told.facts(), config, names), grave=True)
    yield Probe("rendered-files", lambda: project.rendered(told.rendered()), needs=("lock-file",), grave=True)
    for name in names:
        yield Probe("api-server", partial(_api_server, scope, told, name), name, ("tree",))
        yield Probe("unsaved-states", partial(_unsaved, told, name), name, ("tree",))
        yield Probe("open-runs", partial(_open_runs, told, name), name)


def _ids(scope: Scope, account: str) -> Iterator[Line]:
    yield project.account_id(scope.config, account, rehearsal=scope.rehearsal)


def _api_server(scope: Scope, told: ProjectFiles, name: str) -> Iterator[Line]:
    wanted = told.wanted(told.deployment().environment(name))
    yield project.api_server(wanted, rehearsal=scope.rehearsal)


def _unsaved(told: ProjectFiles, name: str) -> Iterator[Line]:
    environment = told.deployment().environment(name)
    yield from standing.unsaved(told.unsaved(environment), environment)


def _open_runs(told: ProjectFiles, name: str) -> Iterator[Line]:
    yield from standing.open_runs(name, told.open_runs(name))
