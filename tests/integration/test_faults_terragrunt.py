"""What AWS does wrong while terraform works: what passes by itself, and what flowops says of the rest."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowops.adapters.shim import read_calls
from flowops.errors import Exit
from flowops.model.patience import Patience
from flowops.model.run import Run
from tests.integration.child_processes import await_true, meanwhile
from tests.integration.faults import Faults, Rule, faults_before
from tests.integration.faulty import BucketUnits, Faulty, faulty
from tests.integration.warm_bench import World, is_provider, parameter

LIMIT = 90.0
WAITS = Patience(shortest=3, unknown=3)
TOPICS = """
resource "aws_sns_topic" "first" { name = "fault-first" }

resource "aws_sns_topic" "second" {
  name       = "fault-second"
  depends_on = [aws_sns_topic.first]
}
"""
ROLE = """
resource "aws_iam_role" "fault" {
  name               = "fault"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
"""


@pytest.fixture
def faults(world: World) -> Iterator[Faults]:
    with faults_before(world.cloud.endpoint.url) as faults:
        yield faults


@pytest.fixture(autouse=True)
def _nothing_is_left(world: World) -> Iterator[None]:
    yield
    world.delete_parameters()
    sns, iam = world.client("sns"), world.client("iam")
    for topic in sns.list_topics()["Topics"]:
        sns.delete_topic(TopicArn=topic["TopicArn"])
    for role in iam.list_roles()["Roles"]:
        if role["RoleName"] == "fault":
            iam.delete_role(RoleName="fault")


def outcomes(run: Run) -> dict[str, str]:
    return {it.unit.name: it.outcome.value for it in run.units}


@pytest.mark.fault(11, 13, 14, 16)
def test_what_aws_does_wrong_for_a_while_is_repeated_until_it_works(
    tmp_path: Path, world: World, faults: Faults
) -> None:
    units = BucketUnits(tmp_path, world)
    vpc = units.aws("foundation/vpc", parameter("fault") + TOPICS + ROLE)
    rules = (
        faults.add("status", "ssm", action="PutParameter", status=400, code="ThrottlingException", times=3),
        faults.add("status", "sns", action="CreateTopic", status=500, code="InternalError", times=3),
        faults.add("reset", "iam", action="CreateRole", times=3),
        faults.add("status", "s3", action="*terraform.tfstate*", method="PUT", times=2),
    )
    run = faulty(tmp_path, world, faults, units).apply()
    assert run.exit_code is Exit.FINE, run.notes
    assert outcomes(run) == {"vpc": "applied"}
    assert [it.failed for it in rules] == [3, 3, 3, 2]
    assert units.resources(vpc) == ["fault", "fault", "first", "second", "this"]
    assert units.lock_keys() == []


@pytest.mark.fault(12, 15)
def test_endless_throttling_and_a_black_hole_are_said_and_interrupted_and_the_others_go_on(
    tmp_path: Path, world: World, faults: Faults
) -> None:
    project = faulty(tmp_path, world, faults)
    project.patience = WAITS
    project.sandbox.aws("foundation/throttled", parameter("fault"))
    project.sandbox.aws("foundation/hole", TOPICS)
    project.sandbox.aws("foundation/fine", ROLE)
    throttled = faults.add("status", "ssm", action="PutParameter", status=400, code="ThrottlingException")
    hole = faults.add("hang", "sns", action="CreateTopic")
    run = project.apply(unit_timeout=LIMIT)
    assert outcomes(run) == {"throttled": "failed", "hole": "failed", "fine": "applied"}
    assert all("(unit timeout)" in it.reason for it in run.units if not it.outcome.done)
    assert run.exit_code is Exit.PARTLY_DONE
    assert throttled.failed > 2
    assert hole.failed > 0
    slow = [line for line in project.said if "apply works for" in line]
    assert any("foundation/throttled" in line and "at work: aws_ssm_parameter.fault" in line for line in slow)
    assert any("foundation/hole" in line and "at work: aws_sns_topic.first" in line for line in slow)
    assert project.sandbox.locks() == []


def applied_and_struck(project: Faulty, faults: Faults, rule: Rule, strike: Callable[[int], None]) -> Run:
    """Apply, and let `strike` hit the pid of the terraform whose request meets the rule, as soon as it does."""

    def wait() -> None:
        await_true(lambda: rule.failed > 0, "a request that meets the rule")
        calls = (call for folder in project.runs[-1].glob("*/calls") for call in read_calls(folder))
        strike(next(call.pid for call in calls if call.alive and call.command == "apply"))

    with meanwhile(wait, otherwise=faults.over.set):
        return project.apply()


def providers_of(terraform: int) -> list[int]:
    """Return the children of a terraform; each of its threads has its own list."""
    tasks = Path(f"/proc/{terraform}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split() if is_provider(int(pid))]


@pytest.mark.fault(9)
def test_a_provider_that_crashes_costs_the_resource_in_flight_and_no_other(
    tmp_path: Path, world: World, faults: Faults
) -> None:
    project = faulty(tmp_path, world, faults)
    vpc = project.sandbox.aws("foundation/vpc", TOPICS)
    rule = faults.add("hang", "sns", action="CreateTopic", skip=1)

    def crash(terraform: int) -> None:
        for pid in providers_of(terraform):
            os.kill(pid, signal.SIGKILL)

    run = applied_and_struck(project, faults, rule, crash)
    assert outcomes(run) == {"vpc": "failed"}
    assert run.exit_code is Exit.PARTLY_DONE
    assert project.sandbox.resources(vpc) == ["first", "this"]
    assert project.sandbox.locks() == []


@pytest.mark.fault(8)
def test_the_provider_of_a_killed_terraform_is_ended_and_no_other_process(
    tmp_path: Path, world: World, faults: Faults
) -> None:
    project = faulty(tmp_path, world, faults)
    project.sandbox.aws("foundation/vpc", TOPICS)
    rule = faults.add("hang", "sns", action="CreateTopic", skip=1)
    left: list[int] = []

    def kill(terraform: int) -> None:
        left.extend(providers_of(terraform))
        assert left
        for pid in left:
            os.kill(pid, signal.SIGSTOP)  # it notices nothing, as one that waits for AWS does
        os.kill(terraform, signal.SIGKILL)

    run = applied_and_struck(project, faults, rule, kill)
    assert outcomes(run) == {"vpc": "unknown"}
    assert "a killed terraform left 1 provider process(es) behind; they were ended" in project.said
    await_true(lambda: not any(map(is_provider, left)), "the end of the provider")
