"""Pipelines of one project: their files, how they divide a check, and their comment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flowops import atomic_file
from flowops.adapters import text_file
from flowops.adapters.ci_comments import RequestComments
from flowops.adapters.ci_files import PackagedPipelines, ProjectFiles
from flowops.adapters.config_file import ConfigFile
from flowops.adapters.drift_results import DriftResults
from flowops.adapters.project import load_config, load_deployment
from flowops.adapters.web import Web
from flowops.app.tools import packaged_data
from flowops.errors import UsageError
from flowops.model.ci import CiRequest
from flowops.model.ci_comment import place_of
from flowops.model.ci_matrix import Matrix, divided
from flowops.model.drift.shards import plan_to_data
from flowops.operations.ci import CiSetup, init_ci, keep_comment


@dataclass(frozen=True)
class Ci:
    """`checkout` finds the project where one is needed, `results` the folder whose drift results are looked at."""

    checkout: Callable[[], Path]
    results: Callable[[], Path]
    ambient: Mapping[str, str]

    def init(self, request: CiRequest) -> CiSetup:
        """Write the pipelines of the project."""
        project = self.checkout()
        return init_ci(
            request,
            pipelines=PackagedPipelines(packaged_data()),
            config_file=ConfigFile(project),
            folder=ProjectFiles(project),
        )

    def matrix(self, count: int, file: Path | None) -> Matrix:
        """Return a drift check in `count` parts, and write into `file` which units are in each."""
        project = self.checkout()
        environments = load_deployment(project, load_config(project)).environments
        units = [unit.id for environment in environments for unit in environment.units]
        found, _ = DriftResults(self.results()).readable()
        matrix = divided(units, found, count)
        if file is not None:
            _write(file, json.dumps(plan_to_data(matrix.assigned, count), indent=2) + "\n")
        return matrix

    def comment(self, files: Sequence[Path]) -> bool:
        """Write these reports into the one comment of the request that this job is about; whether there was one."""
        place = place_of(self.ambient)
        return keep_comment([text_file.read(it) for it in files], place, RequestComments(Web(self.ambient)))


def _write(path: Path, text: str) -> None:
    try:
        atomic_file.write(path, text.encode())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.",
            not_done="Nothing was written.",
            next_step="the same command with another --file",
        ) from error
