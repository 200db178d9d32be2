"""Projects for commands that run as children."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, Flowops

PARTS = ("flowops.yaml", "bootstrap", "deployments", "terraform-modules")


def copy_project(made: Path) -> Path:
    """Return a copy of this project that a test may change."""
    made.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, made / part, ignore=shutil.ignore_patterns(".terragrunt-cache", ".terraform"))
        else:
            shutil.copy(source, made / part)
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of this project that a test may break."""
    return copy_project(tmp_path / "project")


@pytest.fixture
def flowops(project: Path, tmp_path: Path) -> Flowops:
    """Return flowops at the copy."""
    return Flowops(project, tmp_path / "state")
