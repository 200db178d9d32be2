"""Exit codes of runs, and outcomes from evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.errors import Exit
from flowops.model import evidence as proof
from flowops.model.changes import Plan
from flowops.model.evidence import Call, Evidence, Reported
from flowops.model.run import Outcome, UnitRun, Verb, exit_code
from tests.fakes import tree

UNIT = tree.unit("foundation/vpc")
PLAN = Plan(UNIT, ())


@given(st.lists(st.sampled_from(Outcome), max_size=6), st.sampled_from(list(Verb)))
def test_zero_is_said_only_when_every_unit_is_done(outcomes: list[Outcome], verb: Verb) -> None:
    code = exit_code(verb, [UnitRun(UNIT, it) for it in outcomes])
    assert (code is Exit.FINE) == all(it.done for it in outcomes)
    if code is Exit.PARTLY_DONE:
        assert any(it.changed for it in outcomes)


def test_a_failed_unit_that_already_changed_something_counts_as_a_change() -> None:
    assert exit_code(Verb.APPLY, [UnitRun(UNIT, Outcome.FAILED)]) is Exit.FAILED
    assert exit_code(Verb.APPLY, [UnitRun(UNIT, Outcome.FAILED, touched=True)]) is Exit.PARTLY_DONE


@pytest.mark.parametrize(
    ("evidence", "outcome", "reason"),
    [
        (Evidence(UNIT, Reported.SUCCEEDED, Call("plan", 0, False), PLAN), Outcome.PLANNED, ""),
        (Evidence(UNIT, Reported.SUCCEEDED, Call("plan", 2, False), PLAN), Outcome.PLANNED, ""),
        (Evidence(UNIT, Reported.SUCCEEDED, Call("plan", 0, False)), Outcome.FAILED, "no readable plan"),
        (
            Evidence(UNIT, Reported.SUCCEEDED, Call("plan", 0, False), Plan(UNIT, (), errored=True)),
            Outcome.FAILED,
            "errored",
        ),
        (Evidence(UNIT, Reported.SUCCEEDED, None, PLAN), Outcome.FAILED, "terraform was not started"),
        (Evidence(UNIT, Reported.SUCCEEDED, Call("plan", 137, False), PLAN), Outcome.FAILED, "ended with 137"),
        (Evidence(UNIT, Reported.FAILED, Call("init", 1, False, error="no such bucket")), Outcome.FAILED, "bucket"),
        (Evidence(UNIT, Reported.FAILED, trouble="cannot parse"), Outcome.FAILED, "cannot parse"),
        (Evidence(UNIT, Reported.FAILED, drained=True), Outcome.DRAINED, "interrupted"),
        (Evidence(UNIT, Reported.EARLY_EXIT), Outcome.BLOCKED, "dependency"),
        (Evidence(UNIT, Reported.ABSENT), Outcome.NOT_RUN, "did not reach"),
    ],
)
@pytest.mark.fault(10)
def test_a_plan_is_believed_only_when_everything_agrees(evidence: Evidence, outcome: Outcome, reason: str) -> None:
    found, why = proof.planned(evidence)
    assert found is outcome
    assert reason in why


@pytest.mark.parametrize(
    ("evidence", "outcome"),
    [
        (Evidence(UNIT, Reported.SUCCEEDED, Call("apply", 0, False)), Outcome.APPLIED),
        (Evidence(UNIT, Reported.FAILED, Call("apply", 0, False)), Outcome.FAILED),
        (Evidence(UNIT, Reported.SUCCEEDED, Call("apply", 2, False)), Outcome.FAILED),
        (Evidence(UNIT, Reported.SUCCEEDED, Call("plan", 0, False)), Outcome.FAILED),
        (Evidence(UNIT, Reported.FAILED, Call("apply", None, True)), Outcome.UNKNOWN),
        (Evidence(UNIT, Reported.FAILED, Call("apply", None, False)), Outcome.UNKNOWN),
        (Evidence(UNIT, Reported.FAILED, Call("apply", 1, False, unsaved="/x/errored.tfstate")), Outcome.STATE_UNSAVED),
        (Evidence(UNIT, Reported.SUCCEEDED), Outcome.UNKNOWN),
    ],
)
@pytest.mark.fault(10)
def test_an_apply_is_believed_only_when_everything_agrees(evidence: Evidence, outcome: Outcome) -> None:
    assert proof.applied(evidence, Outcome.APPLIED)[0] is outcome
