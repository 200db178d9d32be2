"""What was changed behind a stack's back is told before an update overwrites it."""

from __future__ import annotations

import pytest

from flowops.errors import CredentialsError, FlowopsError, OperationFailed
from flowops.model.bootstrap import StackOutcome
from flowops.model.stack_drift import DriftedResource, PropertyDrift, StackDrift
from tests.fakes.aws import World
from tests.unit.operations.bootstrapping import outcomes, run, stood_up

DRIFT = StackDrift(
    (
        DriftedResource("DevOpsAdminRole", "AWS::IAM::Role", (PropertyDrift("/Description", "ours", "theirs"),)),
        DriftedResource("Boundary", "AWS::IAM::ManagedPolicy", deleted=True),
    )
)


@pytest.fixture
def standing() -> World:
    return stood_up()


def detections(world: World) -> list[tuple[str, str]]:
    return [(name, stack) for name, door in world.cloud.doors.items() for stack in door.stacks.detections]


def test_a_first_bootstrap_and_one_without_changes_detect_nothing(standing: World) -> None:
    run(standing)
    assert detections(standing) == []


def test_only_stacks_that_change_are_looked_at_and_what_differs_is_shown_before_the_question(standing: World) -> None:
    standing.stacks("dev").drifts["flowops-environment"] = DRIFT
    standing.stack_templates.change("environment-account.yaml", "Outputs", "More", to={"Value": "more"})
    result = run(standing)
    assert detections(standing) == [("dev", "flowops-environment"), ("prod", "flowops-environment")]
    (plan,) = standing.console.asked
    assert {it.spec.id: it.drift for it in plan.stacks if it.drift != StackDrift()} == {
        "dev/flowops-environment": DRIFT
    }
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.UPDATED


@pytest.mark.parametrize("error", [OperationFailed("it takes too long"), CredentialsError("you may not look")])
def test_a_detection_that_fails_is_told_and_stops_nothing(standing: World, error: FlowopsError) -> None:
    standing.stacks("dev").drifts["flowops-environment"] = error
    standing.stack_templates.change("environment-account.yaml", "Outputs", "More", to={"Value": "more"})
    result = run(standing, "dev")
    (plan,) = standing.console.asked
    assert plan.stacks[0].drift == StackDrift(trouble=error.happened)
    assert outcomes(result)["dev", "flowops-environment"] is StackOutcome.UPDATED
