"""Step Functions: validation, versions and aliases."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from flowops.rehearsal.compat.patching import add_actions


def install() -> None:
    """Answer what terraform asks before it plans a state machine and after it created one; it hangs otherwise."""
    add_actions(
        StepFunctionResponse,
        validate_state_machine_definition,
        list_state_machine_versions,
        list_state_machine_aliases,
    )


def validate_state_machine_definition(self: Any) -> ActionResult:
    """Accept a definition that is JSON and has a start among its states."""
    try:
        definition = json.loads(self._get_param("definition"))
        fits = definition["StartAt"] in definition["States"]
    except (ValueError, KeyError, TypeError):
        fits = False
    problem = {
        "severity": "ERROR",
        "code": "SCHEMA_VALIDATION_FAILED",
        "message": "The definition has no StartAt that is one of its States.",
    }
    return ActionResult(
        {"result": "OK" if fits else "FAIL", "diagnostics": [] if fits else [problem], "truncated": False}
    )


def list_state_machine_versions(self: Any) -> ActionResult:
    """Return none: terraform publishes versions only when asked to."""
    return ActionResult({"stateMachineVersions": []})


def list_state_machine_aliases(self: Any) -> ActionResult:
    """Return none."""
    return ActionResult({"stateMachineAliases": []})
