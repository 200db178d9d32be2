"""Change reports of real plans: what terraform calls sensitive is in none of them, nor in what is left of the run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.reports import WrittenReports
from flowops.errors import Declined
from flowops.model.report import ReportFormat
from flowops.model.run import RunRequest, Verb, WarmProviders
from flowops.operations import run as operations
from flowops.operations.reporting import Reporting
from tests.integration.tools import Tools
from tests.integration.trusted import Trusted
from tests.sandbox import BROKEN, Sandbox

SENTINEL = "S3NTINEL-do-not-show"
SECRETIVE = """
variable "key" {
  type      = string
  sensitive = true
  default   = "%s"
}

resource "terraform_data" "marked" {
  input = { key = var.key, size = 3 }
}

resource "terraform_data" "unmarked" {
  input = { settings = jsonencode({ text = nonsensitive(var.key), zone = "a" }) }
}
"""
VERBS = {Verb.PLAN: operations.plan, Verb.APPLY: operations.apply}


@pytest.fixture
def trusted(tmp_path: Path, tools: Tools) -> Trusted:
    sandbox = Sandbox(tmp_path)
    sandbox.unit("foundation/vpc", more=SECRETIVE % SENTINEL)
    sandbox.unit("foundation/eks", depends="foundation/vpc", more=BROKEN)
    return Trusted(sandbox, tools)


def reported(trusted: Trusted, verb: Verb, *answers: str) -> dict[str, Any]:
    """Do a run with a report in every format, and return the one in JSON."""
    folder = trusted.sandbox.root / "reports"
    folder.mkdir(exist_ok=True)
    files = WrittenReports([(it, folder / f"r.{it.value}") for it in ReportFormat])
    request = RunRequest(verb, "dev", warm_providers=WarmProviders.NEVER)
    trusted.console.answers = list(answers)
    reporting = Reporting(files, lambda: datetime.now(UTC))
    try:
        reporting.run(VERBS[verb], request, trusted.ports, print)
    finally:
        for file in folder.iterdir():
            assert SENTINEL not in file.read_text(), file
        loaded = json.loads((folder / "r.json").read_text())
    return dict(loaded["runs"][0])


def attributes(run: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    found = [it for unit in run["units"] for it in unit["resources"] if it["address"].endswith(f"vpc//{name}")]
    return {it["path"]: it for it in found[0]["attributes"]}


def test_a_real_plan_is_reported_with_what_is_sensitive_masked_and_what_is_unknown_marked(trusted: Trusted) -> None:
    run = reported(trusted, Verb.PLAN)
    marked = attributes(run, "terraform_data.marked")
    assert marked["input.key"]["sensitive"]
    assert marked["input.size"]["after"] == "3"
    assert marked["id"]["unknown_after"]
    unmarked = attributes(run, "terraform_data.unmarked")
    assert json.loads(unmarked["input.settings"]["after"]) == {"text": "***", "zone": "a"}
    eks = next(it for it in run["units"] if it["unit"] == "dev/foundation/eks")
    assert "mocks stand in for text" in eks["provisional_because"]


def test_a_declined_apply_is_reported_with_its_plans_after_they_were_deleted(trusted: Trusted) -> None:
    folder = trusted.sandbox.root / "reports"
    with pytest.raises(Declined):
        reported(trusted, Verb.APPLY, "n")
    (run,) = json.loads((folder / "r.json").read_text())["runs"]
    assert (run["exit_code"], run["run"]) == (7, trusted.runs[-1].name)
    assert {it["outcome"] for it in run["units"]} == {"not reached"}
    assert attributes(run, "terraform_data.marked")
    assert not list(trusted.runs[-1].glob("*/json/**/tfplan.json"))


def test_a_failed_apply_is_reported_with_each_units_outcome_and_its_changes(trusted: Trusted) -> None:
    run = reported(trusted, Verb.APPLY, "y")
    assert run["exit_code"] == 3
    found = {it["unit"]: (it["outcome"], it["seconds"] > 0) for it in run["units"]}
    assert found == {"dev/foundation/vpc": ("applied", True), "dev/foundation/eks": ("failed", True)}
    assert attributes(run, "terraform_data.unmarked")["input.settings"]["before"] is None
