"""Where a command works: a project's files and the AWS it talks to, the user's own or a rehearsal's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flowops.adapters.aws.session import AwsSessions, Mfa
from flowops.model.config import Config
from flowops.model.totp import code_at
from flowops.operations.ports.run import Console
from flowops.rehearsal.profiles import Operator
from flowops.rehearsal.workspace import Workspace


def now() -> datetime:
    """Return the present moment, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Site:
    """One project and one AWS; `sessions_folder` keeps the operator's MFA session."""

    project: Path
    config: Config
    sessions: AwsSessions
    mfa: Mfa
    sessions_folder: Path

    @property
    def deployments(self) -> Path:
        """Return the tree that terragrunt works in."""
        return self.project / "deployments"


def own_site(project: Path, config: Config, console: Console, state: Path) -> Site:
    """Return the checkout with the user's own AWS; the operator is asked for MFA codes."""
    sessions = AwsSessions(region=config.region)
    return Site(project, config, sessions, lambda serial: console.ask(f"MFA code of {serial}: "), state / "sessions")


def rehearsal_site(workspace: Workspace, config: Config, endpoint_url: str) -> Site:
    """Return the scratch copy with the emulated AWS, whose operator's MFA codes are computed from the seed we keep."""
    sessions = AwsSessions(
        region=config.region,
        config_file=workspace.config_file,
        credentials_file=workspace.credentials_file,
        endpoint_url=endpoint_url,
    )

    def mfa(_serial: str) -> str:
        operator = Operator.load(workspace.operator_file)
        return code_at(operator.seed, now().timestamp()) if operator else ""

    return Site(workspace.project, config, sessions, mfa, workspace.sessions)
