"""Runs start on sound states only, and say what earlier ones left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowops.errors import DamagedState, Exit, Refused
from flowops.model.creations import Creation
from flowops.model.job import Step
from flowops.model.run import Run
from flowops.model.state_health import Former
from tests.fakes import tree
from tests.fakes.recovery import START, state
from tests.fakes.run import create
from tests.unit.operations.runs import apply, destroy, everything_standing, plan, steps

VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")


@pytest.mark.parametrize("run", [plan, apply, destroy])
@pytest.mark.fault(17)
def test_an_unsaved_state_upstream_stops_every_run_before_its_first_plan(run: Callable[..., Run]) -> None:
    made = everything_standing()
    made.engine.errored[VPC] = "/kept/vpc"
    with pytest.raises(Refused, match=r"dev/foundation/vpc was never saved: it is kept as /kept/vpc") as refused:
        run(made, "dev", "foundation", "eks")
    assert refused.value.next_step == "flowops recover dev foundation vpc"
    assert steps(made) == []


@pytest.mark.parametrize("run", [plan, apply, destroy])
@pytest.mark.fault(30)
def test_a_state_that_went_back_is_refused_with_the_version_that_was_good(run: Callable[..., Run]) -> None:
    made = everything_standing()
    made.histories.before[VPC] = Former(40, "lineage", 3, START, "v40")
    with pytest.raises(Refused, match="dev/foundation/vpc went back to serial 1") as refused:
        run(made, "dev", "foundation", "eks")
    assert refused.value.next_step.startswith("flowops recover dev foundation vpc --version v40")
    assert VPC not in made.histories.remembered
    assert EKS in made.histories.remembered
    assert steps(made) == []


def test_every_damaged_state_is_named_with_its_last_good_version() -> None:
    made = everything_standing()
    made.cloud.damaged = DamagedState("one is empty")
    made.histories.kept = {VPC: [state(4), state(5), b"", b"{"], EKS: [b""]}
    with pytest.raises(Refused) as refused:
        apply(made)
    assert "The state of dev/foundation/eks is empty" in refused.value.happened
    assert "The state of dev/foundation/vpc is cut off or no state at all." in refused.value.happened
    assert "flowops recover dev foundation vpc --version v2" in refused.value.next_step
    assert "flowops recover dev foundation eks --list" in refused.value.next_step


def test_what_an_earlier_run_made_and_no_state_knows_is_said_before_the_plan() -> None:
    made = everything_standing()
    made.creations.made[VPC] = (Creation("aws_vpc.this", "vpc-1", "run-0", START),)
    assert apply(made).exit_code is Exit.FINE
    told = [it for it in made.console.notes if "does not know" in it]
    assert told == [
        "dev/foundation/vpc: its state does not know all that an earlier run made: 1 created; "
        "flowops recover dev foundation vpc --imports"
    ]


def test_a_failed_unit_whose_resources_no_state_knows_has_changed_something() -> None:
    made = everything_standing().changing("foundation/vpc", create())
    made.engine.failing[Step.APPLY_SAVED, VPC] = "killed"
    made.creations.made[VPC] = (Creation("aws_vpc.this", "vpc-1", "run-1", START),)
    ended = apply(made, "dev", "foundation", "vpc")
    assert ended.exit_code is Exit.PARTLY_DONE
    assert any("flowops recover dev foundation vpc --imports" in it for it in ended.notes)
