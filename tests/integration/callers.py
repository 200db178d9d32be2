"""People of an emulated security account who call AWS through flowops: with keys, a group and a device of their own."""

from __future__ import annotations

from pathlib import Path

from flowops.app.auth import Auth
from flowops.app.site import Site
from tests.fakes.console import FakeConsole
from tests.integration.bootstrapped import Project
from tests.integration.hired import Phone
from tests.integration.organization import Home


def site_of(home: Home, project: Project, profile: str, phone: Phone, sessions: Path, endpoint: str = "") -> Site:
    """Return a project whose operator is this profile, on the emulated AWS or what stands before it."""
    operator = project.config.operator.model_copy(update={"profile": profile})
    config = project.config.model_copy(update={"operator": operator})
    reached = home.sessions(endpoint=endpoint or None)
    return Site(project.folder, config, reached, phone, sessions)


def auth_of(site: Site) -> Auth:
    """Return `auth` there; its MFA codes are computed."""
    return Auth(lambda: site, FakeConsole(interactive=False), {}, rehearsed=True)


def asked_by(site: Site) -> Auth:
    """Return `auth` there for somebody who has to be asked for codes."""
    return Auth(lambda: site, FakeConsole(interactive=False), {}, rehearsed=False)
