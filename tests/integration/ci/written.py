"""A project with its pipelines, written by the real adapters into a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from flowops.adapters.ci_files import PackagedPipelines, ProjectFiles
from flowops.adapters.config_file import ConfigFile
from flowops.app.tools import packaged_data
from flowops.model.ci import CiRequest
from flowops.operations.ci import CiSetup, init_ci
from tests.integration.bootstrapped import ROOT

GITHUB = CiRequest("github", "acme/platform")
GITLAB = CiRequest("gitlab", "acme/tools/platform", host="gitlab.example.com")


def project_in(folder: Path) -> Path:
    """Return the folder with a flowops.yaml in it whose security account is known."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "flowops.yaml", folder)
    path = folder / "flowops.yaml"
    known = path.read_text().replace("security: {profile", 'security: {id: "111111111111", profile')
    path.write_text(known)
    return folder


def written(folder: Path, request: CiRequest) -> CiSetup:
    """Write the pipelines into a project."""
    pipelines = PackagedPipelines(packaged_data())
    return init_ci(request, pipelines=pipelines, config_file=ConfigFile(folder), folder=ProjectFiles(folder))
