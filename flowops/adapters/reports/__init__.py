"""Change reports as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from flowops.adapters.reports.as_html import html
from flowops.adapters.reports.as_json import as_json
from flowops.adapters.reports.as_markdown import markdown
from flowops.adapters.reports.files import ReportFiles
from flowops.model.report import Report, ReportFormat

_WRITERS: Mapping[ReportFormat, Callable[[Report], str]] = {
    ReportFormat.JSON: as_json,
    ReportFormat.MARKDOWN: markdown,
    ReportFormat.HTML: html,
}


class WrittenReports(ReportFiles[ReportFormat, Report]):
    """The files that a change report is written to; UsageError where one of them cannot be."""

    def __init__(self, targets: Sequence[tuple[ReportFormat, Path]]) -> None:
        super().__init__(targets, _WRITERS)
