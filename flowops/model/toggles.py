"""Parts of an environment that can be switched off, and the settings of its HCL files that do it."""

from __future__ import annotations

import re
from collections.abc import Mapping

TOGGLES: Mapping[str, str] = {
    "opensearch": "es_enabled",
    "control": "flowable_control_enabled",
    "design": "flowable_design_enabled",
    "work": "flowable_work_enabled",
    "engage": "flowable_engage_enabled",
}


def switched_off(text: str, setting: str) -> str | None:
    """Return an HCL text with a setting that is `true` or `false` now false; None where the text does not have it."""
    changed, count = re.subn(rf"(?m)^(\s*{re.escape(setting)}\s*=\s*)(true|false)\b", r"\g<1>false", text)
    return changed if count else None
