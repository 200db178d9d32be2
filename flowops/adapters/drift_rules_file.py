"""flowops.drift.yaml of a project."""

from __future__ import annotations

from pathlib import Path

from flowops.adapters import text_file
from flowops.adapters.project import validated
from flowops.model.drift.rules import DriftRules
from flowops.model.drift.rules_config import FILE, DriftRulesConfig, rules_of


def drift_rules(project: Path) -> DriftRules:
    """Return what the project ignores of drift, nothing without the file; InvalidConfig names file and line."""
    path = project / FILE
    if not path.is_symlink() and not path.exists():
        return DriftRules()
    config, lines = validated(path, text_file.read(path), DriftRulesConfig, lambda _: ())
    return rules_of(config, lines)
