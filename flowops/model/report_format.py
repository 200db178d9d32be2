"""What a change report can be written as."""

from __future__ import annotations

from enum import Enum


class ReportFormat(Enum):
    """One form of a change report; docs/reports.md says what each is for."""

    JSON = "json"
    MARKDOWN = "md"
    HTML = "html"
