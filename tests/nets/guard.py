"""The Guard rules of bootstrap/rules, each with its verdict on a template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from cfn_guard_rs.cfn_guard_rs import run_checks_rs

from tests.nets.changes import Document
from tests.unit.bootstrap.resolve import BOOTSTRAP

RULES: Mapping[str, tuple[str, ...]] = {
    "security-account.yaml": ("storage", "keys", "secrets", "readers", "pipelines"),
    "environment-access.yaml": ("people", "keys", "secrets"),
    "environment-account.yaml": ("roles", "boundaries"),
}
"""Which files of rules speak about which template. Every rule in them has to pass: one that finds nothing is red."""


def verdicts(template: str, document: Document) -> dict[str, str]:
    """Return PASS, FAIL or SKIP for each rule of a template."""
    data = json.dumps(document)
    return {rule: verdict for file in RULES[template] for rule, verdict in judged(file, _text(file), data).items()}


def broken_rules(template: str, document: Document) -> tuple[str, ...]:
    """Return the rules that do not pass, those that found nothing to speak about marked as such."""
    found = verdicts(template, document).items()
    return tuple(sorted(rule + " (skipped)" * (verdict == "SKIP") for rule, verdict in found if verdict != "PASS"))


def rules() -> tuple[str, ...]:
    """Return the names of all rules."""
    files = sorted({file for names in RULES.values() for file in names})
    return tuple(name for file in files for name in re.findall(r"^rule (\w+)", _text(file), re.MULTILINE))


def judged(file: str, text: str, data: str) -> dict[str, str]:
    """Return the verdict of each rule in a text; FAIL for all of it where Guard breaks off."""
    # The whole report, since the short one of this binding loses its first lines as soon as a rule fails.
    try:
        report = json.loads(run_checks_rs(data, text, True))
    except Exception:
        return {f"{file}.guard": "FAIL"}
    checks: list[dict[str, Any]] = [child["container"]["RuleCheck"] for child in report["children"]]
    return {check["name"]: check["status"] for check in checks}


@cache
def _text(file: str) -> str:
    return (BOOTSTRAP / "rules" / f"{file}.guard").read_text()
