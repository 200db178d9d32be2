"""A rehearsal that stands: its emulated AWS, its accounts and operator, its scratch copy, and the way in by hand."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import Any

from flowops import atomic_file
from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.child_profile import child_profile_files
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.identity import Users
from flowops.adapters.aws.organizations import NewAccount, Organizations
from flowops.adapters.environment import ignored_variables
from flowops.adapters.process import Processes
from flowops.app.site import Site, now, rehearsal_site
from flowops.errors import LockHeld, OperationFailed, ToolUnusable
from flowops.model.config import MANAGEMENT, REHEARSAL_MANAGEMENT_ID, Config
from flowops.model.stacks import account_id
from flowops.rehearsal.emulator import Emulator, Endpoint
from flowops.rehearsal.occupancy import Occupancy
from flowops.rehearsal.profiles import Keys, Operator, add_user_profile
from flowops.rehearsal.scratch import bring_over, walk
from flowops.rehearsal.settings import Settings
from flowops.rehearsal.workspace import Workspace

OPERATOR_USER = "flowable_devops_user"
LOOPBACK = "127.0.0.1"
QUICK = 0.05
"""Seconds between two looks at something the emulator does; AWS itself is asked less often."""


def quick_pause(seconds: float) -> None:
    """Wait as long as an emulated AWS needs, not as long as AWS does."""
    time.sleep(min(seconds, QUICK))


@dataclass(frozen=True)
class Exports:
    """The environment of plain tools: variables to set, others to unset, and the folders to find first on PATH."""

    variables: Mapping[str, str]
    unset: tuple[str, ...]
    path: tuple[str, ...]

    @property
    def shell(self) -> str:
        """Return it as lines for a shell."""
        lines = [f"unset {' '.join(self.unset)}"] if self.unset else []
        lines += [f"export {name}={quote(value)}" for name, value in self.variables.items()]
        return "\n".join([*lines, f'export PATH={":".join(map(quote, self.path))}:"$PATH"'])


class StandingRehearsal:
    """The rehearsal of one checkout in one workspace."""

    def __init__(
        self,
        checkout: Path,
        config: Config,
        workspace: Workspace,
        *,
        processes: Processes,
        ambient: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self.workspace = workspace
        self._checkout, self._config = checkout, config
        self._processes, self._ambient, self._say = processes, ambient, say
        self.emulator = Emulator(workspace.emulator, processes.spawn_detached, environ=ambient)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the workspace for one command; LockHeld when another one has it."""
        lock = Occupancy(atomic_file.private_folder(self.workspace.root.parent) / f"{self.workspace.root.name}.lock")
        if not lock.claim():
            raise LockHeld(
                f"Process {lock.holder()} runs the same rehearsal of this checkout.",
                not_done="Nothing was started.",
                next_step="the same command, once that one has ended",
            )
        try:
            yield
        finally:
            lock.release()

    def up(self, port: int = 0) -> Endpoint:
        """Start the emulated AWS, or find it running, with the organization's accounts in it."""
        # Here, because it brings the CloudFormation engine, which a plan in a rehearsal has no use for.
        from flowops.rehearsal.administrator import new_administrator

        accounts = ((MANAGEMENT, REHEARSAL_MANAGEMENT_ID), *self._accounts())
        self.bring_over()
        endpoint = self.emulator.start(Settings(port, self.workspace.emulator, accounts, self._config.region))
        keys = new_administrator(endpoint.url, REHEARSAL_MANAGEMENT_ID, self._config.region)
        add_user_profile(self.workspace.aws, self._config.management.profile, keys, self._config.region)
        self._create_accounts(self.site(endpoint))
        return endpoint

    def _accounts(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, account_id(self._config, name)) for name in self._config.accounts)

    def _create_accounts(self, site: Site) -> None:
        session = site.sessions.profile(self._config.management.profile)
        organizations = Organizations(session, sleep=quick_pause)
        organizations.ensure_organization()
        for name in self._config.accounts:
            wanted = NewAccount(name, f"{name}@rehearsal.invalid", self._config.management.role)
            organizations.ensure_account(wanted, self._say)

    def running(self) -> Endpoint:
        """Return where the emulated AWS answers; OperationFailed when it does not run."""
        endpoint = self.emulator.status()
        if endpoint is None:
            raise OperationFailed(
                "No rehearsal of this checkout is running.",
                not_done="Nothing was started.",
                next_step="flowops rehearse up",
            )
        return endpoint

    def site(self, endpoint: Endpoint) -> Site:
        """Return the scratch copy and the emulated AWS as a place to work at."""
        return rehearsal_site(self.workspace, self._config, endpoint.url)

    def bring_over(self) -> None:
        """Bring tracked and new files of the checkout into the scratch copy."""
        self.workspace.project.mkdir(mode=0o700, parents=True, exist_ok=True)
        bring_over(self._checkout, self.workspace.project, self._files)

    def _files(self, checkout: Path) -> Iterator[PurePosixPath]:
        """Yield what git tracks or would add; every file of a project that is not under git."""
        argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        env = {name: self._ambient[name] for name in ("PATH", "HOME") if name in self._ambient}
        try:
            listed = self._processes.run(argv, env=env, cwd=checkout, timeout=60)
        except ToolUnusable:
            return walk(checkout)
        if not listed.succeeded:
            return walk(checkout)
        return (PurePosixPath(name) for name in listed.stdout.split("\0") if name)

    def create_operator(self, security: AwsSession, environments: tuple[str, ...]) -> Operator:
        """Return the operator, made in the security account where it was missing, a member of these environments."""
        users = Users(security, clock=now)
        users.ensure_user(OPERATOR_USER, [f"{name}_dev_ops_admin" for name in environments])
        known = Operator.load(self.workspace.operator_file)
        if known is not None:
            return known
        key = users.create_key(OPERATOR_USER)
        device = users.enrol_mfa(OPERATOR_USER)
        made = Operator(OPERATOR_USER, device.serial, device.seed)
        keys, region = Keys(key.access_key, key.secret_key), self._config.region
        add_user_profile(self.workspace.aws, self._config.operator.profile, keys, region, mfa_serial=device.serial)
        made.save(self.workspace.operator_file)
        return made

    def exports(self, cloud: EnvironmentAws, environment: Mapping[str, str], tools: Mapping[str, Path]) -> Exports:
        """Return what leads plain terragrunt, terraform and aws to the rehearsal, as the operator.

        `environment` is what flowops gives its own children; `tools` the folders to find first on PATH.
        """
        profile, region = self._config.operator.profile, self._config.region
        files = child_profile_files(
            self.workspace.by_hand,
            profile,
            cloud.operator().credentials,
            region,
            endpoint_url=self.running().url,
        )
        self._add_role_profiles(Path(files["AWS_CONFIG_FILE"]), cloud)
        folders = dict.fromkeys(str(path.parent) for path in tools.values())
        variables = {
            **files,
            "TF_CLI_CONFIG_FILE": environment["TF_CLI_CONFIG_FILE"],
            "TG_TF_PATH": str(tools["terraform"]),
            "FLOWOPS_REHEARSAL_DIR": str(self.workspace.project),
            # A company's proxy knows nothing of this machine's loopback.
            "NO_PROXY": LOOPBACK,
        }
        unset = tuple(name for name in ignored_variables(self._ambient) if name not in variables)
        return Exports(variables, unset, tuple(folders))

    def _add_role_profiles(self, config_file: Path, cloud: EnvironmentAws) -> None:
        """Give each environment the profile that operators know: the operator's name, a dash, the environment's."""
        source, region = self._config.operator.profile, self._config.region
        # The aws command line keeps sessions in the user's home, by role and session name: no two rehearsals share one.
        session = sha256(cloud.operator().credentials.access_key.encode()).hexdigest()[:16]
        sections = [
            f"[profile {source}-{name}]\nregion = {region}\nrole_arn = {arn}\nsource_profile = {source}\n"
            f"role_session_name = flowops-{session}\n"
            for name, arn in cloud.deploy_roles().items()
        ]
        config_file.write_text(config_file.read_text() + "".join(sections))

    def down(self, *, forget: bool) -> dict[str, Any]:
        """Stop the emulated AWS; with `forget` delete everything the rehearsal kept."""
        stopped = self.emulator.stop()
        if forget and self.workspace.root.exists():
            shutil.rmtree(self.workspace.root)
        kept = None if forget else str(self.workspace.root)
        return {"was_running": stopped, "kept_in": kept}

    def status(self) -> dict[str, Any]:
        """Return whether it runs, where, and where its files are."""
        endpoint = self.emulator.status()
        return {
            "running": endpoint is not None,
            "endpoint": endpoint.url if endpoint else None,
            "pid": endpoint.pid if endpoint else None,
            "accounts": [f"{name} {number}" for name, number in self._accounts()],
            "scratch_copy": str(self.workspace.project) if self.workspace.project.exists() else None,
        }
