"""Where a command works: a project's files and the AWS it talks to, the user's own or a rehearsal's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flowops.adapters.aws.session import AwsSessions, Mfa
from flowops.adapters.aws_files import FileAwsFiles
from flowops.adapters.facts_file import LockFile
from flowops.adapters.project import LOCK_NAME
from flowops.model.config import Config
from flowops.model.totp import code_at
from flowops.operations.ports.run import Console
from flowops.rehearsal.charts.names import ALIASES, repository_url
from flowops.rehearsal.workspace import Workspace

OPERATOR_USER = "flowable_devops_user"
"""The operator of every rehearsal."""


def now() -> datetime:
    """Return the present moment, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Site:
    """One project and one AWS; `sessions_folder` keeps the operator's MFA session.

    `charts` are the chart repositories, by alias, that stand elsewhere than the configuration says. `role_sessions` is
    how every session of a role is called that a profile written here begins, "" for as its tool likes.
    """

    project: Path
    config: Config
    sessions: AwsSessions
    mfa: Mfa
    sessions_folder: Path
    charts: Mapping[str, str] = field(default_factory=dict)
    role_sessions: str = ""

    @property
    def deployments(self) -> Path:
        """Return the tree that terragrunt works in."""
        return self.project / "deployments"

    @property
    def facts_file(self) -> LockFile:
        """Return the file of what was discovered here."""
        return LockFile(self.project / LOCK_NAME)

    @property
    def aws_files(self) -> FileAwsFiles:
        """Return AWS's own two files, which the sessions come from."""
        return FileAwsFiles(self.sessions.config_file, self.sessions.credentials_file, role_sessions=self.role_sessions)


def own_site(project: Path, config: Config, console: Console, state: Path) -> Site:
    """Return the checkout with the user's own AWS; the operator is asked for MFA codes."""
    sessions = AwsSessions(region=config.region)
    return Site(project, config, sessions, asked_at(console.ask), state / "sessions")


def asked_at(ask: Callable[[str], str]) -> Mfa:
    """Return the way to a code that somebody reads off a phone."""
    return lambda serial: ask(f"MFA code of {serial}: ")


def rehearsal_site(workspace: Workspace, config: Config, endpoint_url: str, mfa: Mfa, role_sessions: str) -> Site:
    """Return the scratch copy with the emulated AWS; the codes of its own operator come from the seed that we keep.

    For the device of anybody else `mfa` is asked.
    """
    sessions = AwsSessions(
        region=config.region,
        config_file=workspace.config_file,
        credentials_file=workspace.credentials_file,
        endpoint_url=endpoint_url,
    )

    def code(serial: str) -> str:
        if not (serial.endswith(f"/{OPERATOR_USER}") and workspace.operator_seed.exists()):
            return mfa(serial)
        return code_at(workspace.operator_seed.read_text().strip(), now().timestamp())

    charts = {alias: repository_url(endpoint_url, alias) for alias in ALIASES}
    return Site(workspace.project, config, sessions, code, workspace.sessions, charts, role_sessions)
