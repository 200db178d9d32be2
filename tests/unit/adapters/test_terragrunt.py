"""terragrunt's command lines, word by word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flowops.adapters.terragrunt import find_argv, graph_from_find, run_argv
from flowops.errors import OperationFailed
from flowops.model.job import Job, Step
from tests.fakes import tree

TERRAGRUNT, FOLDER, RUN = Path("/bin/terragrunt"), Path("/project/dev"), Path("/state/run/01-plan")
UNITS = (tree.unit("foundation/vpc"), tree.unit("app/database"))
PLANNING = Job(Step.PLAN, tree.environment(), UNITS, RUN, Path("/state/run/drain"), parallelism=None)

COMMON = [
    "/bin/terragrunt",
    "run",
    "--all",
    "--working-dir",
    "/project/dev",
    "--non-interactive",
    "--no-color",
    "--no-filters-file",
    "--summary-disable",
    "--dependency-fetch-output-from-state",
    "--log-format",
    "json",
    "--parallelism",
    "12",
    "--report-file",
    "/state/run/01-plan/report.json",
    "--report-format",
    "json",
]
PLANS = ["--out-dir", "/state/run/01-plan/plans"]
AS_JSON = ["--json-out-dir", "/state/run/01-plan/json"]
FILTERS = ["--filter", "{./foundation/vpc}", "--filter", "{./app/database}"]


def argv(job: Job) -> list[str]:
    return run_argv(TERRAGRUNT, FOLDER, job, 12)


def test_a_plan_in_order() -> None:
    plan = ["--", "plan", "-input=false", "-lock=false"]
    assert argv(PLANNING) == [*COMMON, *PLANS, *AS_JSON, *FILTERS, *plan]


def test_a_plan_whose_units_need_not_wait_for_each_other() -> None:
    plan = ["--", "plan", "-input=false", "-lock=false"]
    job = replace(PLANNING, ordered=False)
    assert argv(job) == [*COMMON, *PLANS, *AS_JSON, "--queue-ignore-dag-order", *FILTERS, *plan]


def test_a_destroy_plan_with_and_without_order() -> None:
    plan = ["--", "plan", "-input=false", "-lock=false", "-destroy"]
    job = replace(PLANNING, step=Step.PLAN_DESTROY)
    assert argv(job) == [*COMMON, *PLANS, *AS_JSON, *FILTERS, *plan]
    unordered = replace(job, ordered=False)
    assert argv(unordered) == [*COMMON, *PLANS, *AS_JSON, "--queue-ignore-dag-order", *FILTERS, *plan]


def test_an_apply_keeps_the_order_whatever_the_job_says() -> None:
    apply = ["--", "apply", "-input=false", "-lock-timeout=30s"]
    for ordered in (True, False):
        job = replace(PLANNING, step=Step.APPLY, ordered=ordered)
        assert argv(job) == [*COMMON, *FILTERS, *apply]


def test_saved_plans_of_one_wave_are_applied_without_order() -> None:
    apply = ["--", "apply", "-input=false", "-lock-timeout=30s"]
    job = replace(PLANNING, step=Step.APPLY_SAVED)
    assert argv(job) == [*COMMON, *PLANS, "--queue-ignore-dag-order", *FILTERS, *apply]


def test_what_the_job_leaves_to_the_machine_comes_as_an_argument() -> None:
    asked = replace(PLANNING, parallelism=3)
    assert argv(asked) == argv(PLANNING)
    assert run_argv(TERRAGRUNT, FOLDER, asked, 3)[12:14] == ["--parallelism", "3"]


def test_shared_providers_do_not_change_the_command() -> None:
    assert argv(replace(PLANNING, warm=True, types=frozenset({"aws_vpc"}))) == argv(PLANNING)


def test_the_graph_is_asked_for_as_json() -> None:
    assert find_argv(TERRAGRUNT, FOLDER) == [
        "/bin/terragrunt",
        "find",
        "--json",
        "--dependencies",
        "--no-color",
        "--working-dir",
        "/project/dev",
    ]


@pytest.mark.parametrize("printed", ["", "[1]", '[{"type": "unit"}]', "Usage: terragrunt"])
def test_an_answer_that_is_no_list_of_units_ends_with_the_command_that_shows_it(printed: str) -> None:
    with pytest.raises(OperationFailed, match="not a list of units") as failed:
        graph_from_find(tree.environment(), printed, declares=lambda _: False, explain=lambda: None)
    assert failed.value.not_done == "No unit was started."
    assert failed.value.next_step.startswith("terragrunt find --json --dependencies --working-dir deployments/aws/")
