"""A drift result as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

GitHub takes no file in which a result has no place in the repository, and tells two results of one line apart by
`primaryLocationLineHash` only.
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from flowops.adapters.drift_reports.words import lines
from flowops.model.deployment import UNIT_FILE
from flowops.model.drift.finding import Finding, Ignored, Verdict
from flowops.model.drift.result import DriftResult, EnvironmentDrift, Status
from flowops.model.drift.texts import cleaned
from flowops.model.drift.words import MEANING, places, rule_words

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ELSEWHERE = "flowops.yaml"
"""The place of what no unit has: it names the accounts and environments that were looked at."""

_LEVELS = {
    Verdict.MISSING: "error",
    Verdict.BOTH: "error",
    Verdict.OUT_OF_BAND: "error",
    Verdict.UNAPPLIED: "warning",
    Verdict.UNMANAGED: "note",
    Verdict.NOISE: "note",
}
_RULES = list(_LEVELS)
_HELP = "Each result says what moved, who moved it where that is known, and how to accept, adopt or ignore it."
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def sarif(result: DriftResult, folders: Mapping[str, PurePosixPath]) -> str:
    """Return the log: a rule for each verdict, a result for each finding, what is ignored as suppressed.

    `folders` are those of the environments, relative to deployments/.
    """
    run = {
        "tool": {"driver": _driver(result)},
        "automationDetails": {"id": f"flowops-drift/{result.project}/{result.id}"},
        "invocations": [_invocation(result)],
        "results": [_result(it, folders) for it in result.findings],
        "properties": {"project": result.project, "shards": [str(it) for it in result.shards]},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _driver(result: DriftResult) -> dict[str, Any]:
    version = {"version": result.flowops} if result.flowops else {}
    return {"name": "flowops", **version, "rules": [_rule(it) for it in _RULES]}


def _rule(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.value,
        "name": verdict.name.title().replace("_", ""),
        "shortDescription": {"text": f"{MEANING[verdict].capitalize()}."},
        "fullDescription": {"text": f"Drift of a resource: {MEANING[verdict]}."},
        "help": {"text": _HELP},
        "defaultConfiguration": {"level": _LEVELS[verdict]},
    }


def _invocation(result: DriftResult) -> dict[str, Any]:
    return {
        "executionSuccessful": all(it.status is not Status.FAILED for it in result.environments),
        "exitCode": int(result.exit_code),
        "startTimeUtc": _moment(result.started),
        "endTimeUtc": _moment(result.started + timedelta(seconds=result.seconds)),
        "toolExecutionNotifications": [
            note for environment in cleaned(result.environments) for note in _unchecked(environment)
        ],
        "toolConfigurationNotifications": [
            {"level": "warning", "message": _message(rule_words(it))} for it in cleaned(result.rules)
        ],
    }


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def _unchecked(it: EnvironmentDrift) -> Iterator[dict[str, Any]]:
    """Yield a notification for everything in an environment that nobody could look at."""
    if it.reason:
        yield _notification(it.environment, it.status, it.reason)
    for place in places(it):
        if place.status in (Status.FAILED, Status.BUSY):
            yield _notification(place.name, place.status, place.reason)


def _notification(name: str, status: Status, reason: str) -> dict[str, Any]:
    return {
        "level": "error" if status is Status.FAILED else "warning",
        "message": _message(f"{name} was not checked: {reason}"),
        "locations": [{"logicalLocations": [{"fullyQualifiedName": name}]}],
    }


def _result(finding: Finding, folders: Mapping[str, PurePosixPath]) -> dict[str, Any]:
    plain = cleaned(finding)
    return {
        "ruleId": finding.verdict.value,
        "ruleIndex": _RULES.index(finding.verdict),
        "level": _LEVELS[finding.verdict],
        "message": _message("\n".join(lines(plain))),
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(_file(finding, folders)), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": plain.address, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {
            "flowopsFinding/v1": finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
        },
        "suppressions": [_suppression(plain.ignored)] if plain.ignored else [],
        "properties": {
            "environment": plain.environment,
            "source": plain.source.value,
            "unit": plain.unit,
            "type": plain.type,
            "owner": plain.owner,
            "ids": list(plain.ids),
        },
    }


def _file(finding: Finding, folders: Mapping[str, PurePosixPath]) -> str:
    """Return the file of a finding's unit, relative to the project; without one, what names its environment."""
    environment, _, below = finding.unit.partition("/")
    folder = folders.get(environment)
    return f"deployments/{folder / below / UNIT_FILE}" if below and folder is not None else ELSEWHERE


def _suppression(it: Ignored) -> dict[str, Any]:
    until = f"{it.reason} (until {it.expires}, {it.owner}, {it.where})"
    return {"kind": "external", "status": "accepted", "justification": until}


def _message(text: str) -> dict[str, str]:
    """Return text in which nothing is taken as a placeholder or a link (3.11.5 and 3.11.6)."""
    return {"text": _PLACEHOLDER.sub(r"{{\1}}", text).replace("](", "] (")}
