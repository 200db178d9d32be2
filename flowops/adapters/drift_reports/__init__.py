"""Drift reports as files, in every form but the terminal's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from flowops.adapters.drift_reports.as_json import as_json
from flowops.adapters.drift_reports.junit import junit
from flowops.adapters.drift_reports.markdown import markdown
from flowops.adapters.drift_reports.page import html
from flowops.adapters.drift_reports.sarif import sarif
from flowops.adapters.reports.files import ReportFiles
from flowops.model.drift.formats import DriftFormat
from flowops.model.drift.result import DriftResult


class DriftReports(ReportFiles[DriftFormat, DriftResult]):
    """The files that a drift report is written to; UsageError where one of them cannot be.

    `folders` are those of the environments, relative to deployments/: SARIF points to the file of each unit.
    """

    def __init__(self, targets: Sequence[tuple[DriftFormat, Path]], folders: Mapping[str, PurePosixPath]) -> None:
        writers: Mapping[DriftFormat, Callable[[DriftResult], str]] = {
            DriftFormat.JSON: as_json,
            DriftFormat.MARKDOWN: markdown,
            DriftFormat.JUNIT: junit,
            DriftFormat.SARIF: partial(sarif, folders=folders),
            DriftFormat.HTML: html,
        }
        super().__init__(targets, writers)
