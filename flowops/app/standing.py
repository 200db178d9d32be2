"""A rehearsal that stands: its emulated AWS, its accounts and operator, its scratch copy, and the way in by hand."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import Any
from uuid import uuid4

from flowops import atomic_file
from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.child_profile import child_profile_files
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.environment import ignored_variables
from flowops.adapters.process import Processes
from flowops.app.accounts import rehearse_accounts
from flowops.app.plain_profiles import add_role_profiles
from flowops.app.rehearsed_operator import rehearsed_operator
from flowops.app.site import Site, asked_at, rehearsal_site
from flowops.errors import LockHeld, OperationFailed, ToolUnusable, UsageError
from flowops.model.config import MANAGEMENT, REHEARSAL_MANAGEMENT_ID, Config
from flowops.model.deployment import Environment
from flowops.model.profiles import ProfileSettings
from flowops.model.stacks import account_id
from flowops.model.toggles import TOGGLES, switched_off
from flowops.model.user_profiles import KEY_ID, SECRET_KEY
from flowops.model.users import User
from flowops.rehearsal.emulator import Emulator, Endpoint
from flowops.rehearsal.occupancy import Occupancy
from flowops.rehearsal.scratch import bring_over, walk
from flowops.rehearsal.settings import FILE_NAME as SETTINGS_FILE
from flowops.rehearsal.settings import Settings, load
from flowops.rehearsal.workspace import Workspace

LOOPBACK = "127.0.0.1"
NOTHING: Mapping[str, Path] = {}
_LEADING = ("HELM_", "KUBE_", "TF_CLI_CONFIG_FILE")
"""What of the children's environment leads tools somewhere."""

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


def require_accounts(running: Collection[tuple[str, str]], wanted: Iterable[tuple[str, str]]) -> None:
    """Raise OperationFailed for accounts, as name and id, that the emulated AWS was started without."""
    missing = [f"{name} ({number})" for name, number in wanted if (name, number) not in running]
    if missing:
        raise OperationFailed(
            f"The rehearsal that is running does not have account {', '.join(missing)} of flowops.yaml.",
            not_done="Nothing was started.",
            next_step="flowops rehearse up, which adds what is missing and keeps the rest",
        )


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
        ask: Callable[[str], str],
    ) -> None:
        self.workspace = workspace
        self._checkout, self._config = checkout, config
        self._processes, self._ambient, self._say, self._ask = processes, ambient, say, ask
        self.emulator = Emulator(workspace.emulator, processes.spawn_detached, environ=ambient)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Return the names of the accounts."""
        return tuple(self._config.accounts)

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

    @property
    def has_kubernetes(self) -> bool:
        """Say that this rehearsal was started with Kubernetes: its clusters need that again."""
        return (self.workspace.emulator / SETTINGS_FILE).exists() and bool(load(self.workspace.emulator).kubernetes)

    def up(self, port: int = 0, kubernetes: Mapping[str, Path] = NOTHING, *, accounts_too: bool = True) -> Endpoint:
        """Start the emulated AWS, or find it running, with the organization's accounts in it.

        Without `accounts_too` no organization and no account is made; those that stand from before stay. With the
        programs of `kubernetes` each of its EKS clusters has a real control plane.
        """
        # Here, because it brings the CloudFormation engine, which a plan in a rehearsal has no use for.
        from flowops.rehearsal.administrator import new_administrator

        accounts = ((MANAGEMENT, REHEARSAL_MANAGEMENT_ID), *self._accounts())
        programs = tuple((name, str(path)) for name, path in kubernetes.items())
        self.bring_over()
        endpoint = self.emulator.start(Settings(port, self.workspace.emulator, accounts, self._config.region, programs))
        keys = new_administrator(endpoint.url, REHEARSAL_MANAGEMENT_ID, self._config.region)
        files = self.site(endpoint).aws_files
        secret = {KEY_ID: keys.access_key, SECRET_KEY: keys.secret_key}
        region = {"region": self._config.region}
        files.write(files.proposed([ProfileSettings(self._config.management.profile, region, secret)]))
        if accounts_too:
            rehearse_accounts(self.site(endpoint), self._say, quick_pause)
        return endpoint

    def _accounts(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, account_id(self._config, name)) for name in self._config.accounts)

    def running(self) -> Endpoint:
        """Return where the emulated AWS answers; OperationFailed when it does not run, or lacks an account."""
        endpoint = self.emulator.status()
        if endpoint is None:
            raise OperationFailed(
                "No rehearsal of this checkout is running.",
                not_done="Nothing was started.",
                next_step="flowops rehearse up",
            )
        require_accounts(load(self.workspace.emulator).accounts, self._accounts())
        return endpoint

    def site(self, endpoint: Endpoint) -> Site:
        """Return the scratch copy and the emulated AWS as a place to work at."""
        return rehearsal_site(
            self.workspace, self._config, endpoint.url, asked_at(self._ask), f"flowops-{self._number()}"
        )

    def _number(self) -> str:
        """Return what tells this rehearsal from all others: the aws command line keeps sessions by role and name."""
        file = self.workspace.number_file
        if not file.exists():
            atomic_file.private_folder(file.parent)
            atomic_file.write(file, uuid4().hex[:16].encode())
        return file.read_text()

    def bring_over(self) -> None:
        """Bring tracked and new files of the checkout into the scratch copy."""
        self.workspace.project.mkdir(mode=0o700, parents=True, exist_ok=True)
        bring_over(self._checkout, self.workspace.project, self._files)
        self.workspace.checkout_file.write_text(str(self._checkout))

    def switch_off(self, environment: Environment, names: Iterable[str]) -> None:
        """Switch parts of an environment off in the scratch copy; UsageError where it has no such setting."""
        folder = self.workspace.project / "deployments" / environment.path
        files = [file for pattern in ("*.hcl", "*.hcl.j2") for file in folder.rglob(pattern)]
        for name in names:
            texts = {file: switched_off(file.read_text(), TOGGLES[name]) for file in files}
            if not any(texts.values()):
                raise UsageError(
                    f"{environment.name} cannot be without {name}: no HCL file of it sets {TOGGLES[name]}.",
                    not_done="Nothing was rehearsed.",
                    next_step=f"flowops rehearse {environment.name}",
                )
            for file, text in texts.items():
                if text is not None:
                    atomic_file.write(file, text.encode())

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

    def create_operator(self, security: AwsSession, environments: tuple[str, ...]) -> User:
        """Return the operator, made in the security account where it was missing, a member of these environments."""
        files = self.site(self.running()).aws_files
        return rehearsed_operator(security, files, self._config, self.workspace, environments, self._say)

    def exports(self, cloud: EnvironmentAws, environment: Mapping[str, str], tools: Mapping[str, Path]) -> Exports:
        """Return what leads plain terragrunt, terraform and aws to the rehearsal, as the operator.

        `environment` is what flowops gives its own children; `tools` the folders to find first on PATH.
        """
        endpoint = self.running()
        files = child_profile_files(
            self.workspace.by_hand,
            self._config.operator.profile,
            cloud.operator().credentials,
            self._config.region,
            endpoint_url=endpoint.url,
        )
        add_role_profiles(files, self.site(endpoint), cloud.deploy_roles())
        folders = dict.fromkeys(str(path.parent) for path in tools.values())
        variables = {
            **files,
            **{name: value for name, value in environment.items() if name.startswith(_LEADING)},
            "TG_TF_PATH": str(tools["terraform"]),
            "FLOWOPS_REHEARSAL_DIR": str(self.workspace.project),
            # A company's proxy knows nothing of this machine's loopback.
            "NO_PROXY": LOOPBACK,
        }
        unset = tuple(name for name in ignored_variables(self._ambient) if name not in variables)
        return Exports(variables, unset, tuple(folders))

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
            "kubernetes": self.has_kubernetes,
            "accounts": [f"{name} {number}" for name, number in self._accounts()],
            "scratch_copy": str(self.workspace.project) if self.workspace.project.exists() else None,
        }
