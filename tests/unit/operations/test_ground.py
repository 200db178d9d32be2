"""What a failed unit changed, told from its states."""

from __future__ import annotations

import pytest

from flowops.model.changes import Action, Plan
from flowops.model.run import Outcome, UnitRun
from flowops.model.state import UnitState
from flowops.operations.ground import touched
from tests.fakes.run import change, create
from tests.fakes.tree import unit

VPC = unit("foundation/vpc")
CREATES = Plan(VPC, (create(),))
UPDATES = Plan(VPC, (change(Action.UPDATE),))


def state(serial: int, resources: int) -> UnitState:
    return UnitState(serial, "lineage", resources)


@pytest.mark.parametrize(
    ("before", "after", "plan", "moved"),
    [
        (None, state(1, 0), CREATES, False),
        (None, state(1, 3), CREATES, True),
        (state(4, 3), state(5, 3), CREATES, False),
        (state(4, 3), state(5, 4), CREATES, True),
        (state(4, 3), state(5, 3), UPDATES, True),
        (state(4, 3), state(4, 3), UPDATES, False),
        (state(4, 3), state(5, 2), None, True),
    ],
)
def test_a_failed_unit_says_whether_it_changed_something(
    before: UnitState | None, after: UnitState, plan: Plan | None, moved: bool
) -> None:
    (run,) = touched({VPC: before}, {VPC: after}, [UnitRun(VPC, Outcome.FAILED, plan=plan)])
    assert run.touched is moved
