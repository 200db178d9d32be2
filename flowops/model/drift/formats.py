"""What a drift result can be written as."""

from __future__ import annotations

from enum import Enum


class DriftFormat(Enum):
    """One form of a drift report; docs/drift-report.md says what each is for."""

    JSON = "json"
    MARKDOWN = "md"
    JUNIT = "junit"
    SARIF = "sarif"
    HTML = "html"
