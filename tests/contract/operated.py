"""A bootstrapped project's environments, as a member of its operators' group reaches them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flowops.adapters.aws.acting import EnvironmentAws
from tests.integration.bootstrapped import Project
from tests.integration.hired import hire
from tests.integration.organization import Home

OPERATORS = "dev_dev_ops_admin"


def operated_by_ann(home: Home, folder: Path) -> EnvironmentAws:
    """Bootstrap a project in `folder`, make ann its operator, and return what she reaches."""
    project = Project(home, folder / "project")
    project.bootstrap()
    return reached_by_ann(home, project, folder / "sessions")


def reached_by_ann(home: Home, project: Project, sessions: Path) -> EnvironmentAws:
    """Make ann the operator of a bootstrapped project and return what she reaches; her sessions are kept."""
    phone = hire(home, "ann", OPERATORS, profile=project.config.operator.profile)
    facts = project.facts_file.read()
    assert facts is not None
    return EnvironmentAws(
        home.sessions(),
        project.config,
        facts,
        mfa=phone,
        sessions_folder=sessions,
        clock=lambda: datetime.now(UTC),
    )
