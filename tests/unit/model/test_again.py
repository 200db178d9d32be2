"""What is done a second time after warm providers failed, and what never is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowops.model import evidence as proof
from flowops.model.again import to_do_again
from flowops.model.changes import Plan
from flowops.model.deployment import Unit
from flowops.model.evidence import Call, Evidence, Reported
from flowops.model.job import Job, Step
from flowops.model.run import Outcome
from tests.fakes import tree

VPC, EFS, EKS, COMPONENTS = map(
    tree.unit, ("foundation/vpc", "foundation/efs", "foundation/eks", "foundation/eks-components")
)
UNITS = (VPC, EFS, EKS, COMPONENTS)
DIED = "the process that shares the providers died"
PLANS = (Step.PLAN, Step.PLAN_DESTROY)
WRITES = (Step.APPLY, Step.APPLY_SAVED)


def job(step: Step) -> Job:
    nowhere = Path("/nowhere")
    return Job(step, tree.environment(), UNITS, nowhere, nowhere / "drain", None, warm=True)


def again(
    step: Step, *found: Evidence, troubles: Mapping[Unit, str] | None = None, wrote: tuple[Unit, ...] = ()
) -> dict[Unit, str]:
    had_lanes = {it.unit: "" for it in found}
    return to_do_again(job(step), found, had_lanes if troubles is None else troubles, lambda unit: unit in wrote)


def planned(unit: Unit) -> Evidence:
    return Evidence(unit, Reported.SUCCEEDED, Call("plan", 0, False), Plan(unit, ()))


def applied(unit: Unit) -> Evidence:
    return Evidence(unit, Reported.SUCCEEDED, Call("apply", 0, False))


def failed(unit: Unit, command: str = "apply", error: str = "creating VPC: AccessDenied") -> Evidence:
    return Evidence(unit, Reported.FAILED, Call(command, 1, False, error=error))


def blocked(unit: Unit) -> Evidence:
    return Evidence(unit, Reported.EARLY_EXIT)


def lost(unit: Unit) -> Evidence:
    return Evidence(unit, Reported.FAILED, Call("apply", None, False))


def unsaved(unit: Unit) -> Evidence:
    return Evidence(unit, Reported.FAILED, Call("apply", 1, False, unsaved="/x/errored.tfstate"))


def drained(unit: Unit) -> Evidence:
    return Evidence(unit, Reported.FAILED, drained=True)


@pytest.mark.parametrize("step", PLANS)
def test_what_was_planned_is_not_planned_again(step: Step) -> None:
    assert (
        again(step, planned(VPC), planned(EFS), troubles={VPC: "one call went wrong and terraform repeated it"}) == {}
    )


@pytest.mark.parametrize("step", PLANS)
def test_a_plan_that_failed_is_made_again_whoever_was_to_blame(step: Step) -> None:
    found = again(step, planned(VPC), failed(EFS, "plan"), failed(EKS, "init"), troubles={EFS: DIED, EKS: ""})
    assert found == {EFS: DIED, EKS: "it failed with warm ones"}


@pytest.mark.parametrize("step", PLANS)
def test_a_plan_that_waited_or_was_never_reached_is_made_again(step: Step) -> None:
    unreached = Evidence(COMPONENTS, Reported.ABSENT)
    silent = Evidence(EFS, Reported.SUCCEEDED)
    assert again(step, failed(VPC, "plan"), blocked(EKS), unreached, silent).keys() == {VPC, EKS, COMPONENTS, EFS}


def test_a_plan_whose_terraform_was_lost_is_made_again() -> None:
    assert again(Step.PLAN, Evidence(VPC, Reported.FAILED, Call("plan", None, False))) == {
        VPC: "it failed with warm ones"
    }


def test_a_unit_that_its_configuration_excludes_is_not_planned_again() -> None:
    assert again(Step.PLAN, Evidence(VPC, Reported.EXCLUDED)) == {}


@pytest.mark.parametrize("step", list(Step))
def test_what_an_interrupt_stopped_stays_stopped(step: Step) -> None:
    assert again(step, drained(VPC), troubles={VPC: DIED}) == {}


def test_a_plan_that_failed_while_the_run_was_draining_is_not_made_again() -> None:
    interrupted = Evidence(VPC, Reported.FAILED, Call("plan", 1, False), drained=True)
    assert again(Step.PLAN, interrupted, troubles={VPC: DIED}) == {}


@pytest.mark.parametrize("step", WRITES)
def test_an_apply_that_its_provider_failed_before_it_wrote_is_done_again(step: Step) -> None:
    assert again(step, applied(VPC), failed(EFS), failed(EKS, "init"), troubles={EFS: DIED, EKS: DIED}) == {
        EFS: DIED,
        EKS: DIED,
    }


@pytest.mark.parametrize("step", WRITES)
def test_an_apply_that_may_have_written_is_never_done_again(step: Step) -> None:
    assert again(step, failed(VPC), failed(EFS), troubles={VPC: DIED, EFS: DIED}, wrote=(VPC,)) == {EFS: DIED}


@pytest.mark.parametrize("step", WRITES)
def test_an_apply_that_failed_by_itself_is_not_done_again(step: Step) -> None:
    assert again(step, failed(VPC), failed(EFS), troubles={VPC: ""}) == {}


def test_a_plan_that_failed_with_ordinary_providers_is_not_made_again() -> None:
    assert again(Step.PLAN, failed(VPC, "plan"), planned(EFS), troubles={EFS: ""}) == {}
    assert again(Step.PLAN, failed(VPC, "plan"), blocked(EKS), troubles={EKS: ""}) == {}


def test_what_had_no_lanes_goes_along_where_another_failed_with_them() -> None:
    assert again(Step.PLAN, failed(VPC, "plan"), failed(EFS, "plan"), troubles={EFS: ""}) == {
        VPC: "another one failed with warm ones",
        EFS: "it failed with warm ones",
    }


@pytest.mark.parametrize(
    "error",
    [
        'Invalid resource type (The provider hashicorp/aws does not support resource type "aws_sns_topic".)',
        'Invalid data source (The provider hashicorp/aws does not support data source "aws_region".)',
        "no schema available for aws_sns_topic.this while reading state; this is a bug in Terraform",
    ],
)
@pytest.mark.parametrize("step", WRITES)
def test_an_apply_that_met_a_type_which_was_not_foreseen_is_done_again(step: Step, error: str) -> None:
    unforeseen = failed(VPC, error=error)
    assert again(step, unforeseen, troubles={VPC: ""}) == {VPC: "a type was not foreseen"}
    assert again(step, unforeseen, troubles={VPC: ""}, wrote=(VPC,)) == {}


@pytest.mark.parametrize("step", WRITES)
@pytest.mark.parametrize("ended", [lost, unsaved])
def test_an_apply_of_which_nobody_knows_what_it_did_is_not_done_again(step: Step, ended: object) -> None:
    assert again(step, ended(VPC), troubles={VPC: DIED}) == {}  # type: ignore[operator]


def test_what_succeeded_is_not_applied_again_whatever_its_lane_says() -> None:
    assert again(Step.APPLY, applied(VPC), troubles={VPC: DIED}) == {}


def test_what_waited_for_a_unit_goes_with_it() -> None:
    assert again(Step.APPLY, failed(VPC), blocked(EKS), blocked(COMPONENTS), troubles={VPC: DIED}) == {
        VPC: DIED,
        EKS: "it waited for another",
        COMPONENTS: "it waited for another",
    }


@pytest.mark.parametrize("other", [failed, lost, unsaved])
def test_nobody_goes_on_while_one_that_he_may_have_waited_for_stays_failed(other: object) -> None:
    stuck = other(EFS)  # type: ignore[operator]
    assert again(Step.APPLY, failed(VPC), stuck, blocked(EKS), troubles={VPC: DIED}) == {VPC: DIED}


@pytest.mark.parametrize("other", [lost, unsaved])
def test_what_waited_for_a_lost_unit_does_not_start_after_all(other: object) -> None:
    assert again(Step.APPLY, other(VPC), blocked(EKS), troubles={VPC: DIED}) == {}  # type: ignore[operator]


def test_what_waited_for_nobody_in_this_job_is_left_waiting() -> None:
    assert again(Step.APPLY, applied(VPC), blocked(EKS), troubles={EKS: DIED}) == {}


calls = st.none() | st.builds(
    Call,
    st.sampled_from(["init", "plan", "apply"]),
    st.none() | st.sampled_from([0, 1, 2, 137]),
    st.booleans(),
    unsaved=st.sampled_from(["", "/x/errored.tfstate"]),
)
evidence = st.builds(
    lambda unit, reported, call, drained: Evidence(unit, reported, call, drained=drained),
    st.sampled_from(UNITS),
    st.sampled_from(Reported),
    calls,
    st.booleans(),
)
everything = st.lists(evidence, unique_by=lambda it: it.unit)
reasons = st.dictionaries(st.sampled_from(UNITS), st.sampled_from(["", DIED]))


@settings(deadline=None)
@given(everything, reasons, st.sets(st.sampled_from(UNITS)), st.sampled_from(WRITES))
def test_nothing_that_may_have_written_is_ever_done_again(
    found: list[Evidence], troubles: dict[Unit, str], wrote: set[Unit], step: Step
) -> None:
    # Without a terraform nothing has been written through a lane.
    wrote &= {it.unit for it in found if it.call is not None}
    outcomes = {it.unit: proof.applied(it, Outcome.APPLIED)[0] for it in found}
    chosen = to_do_again(job(step), found, troubles, lambda unit: unit in wrote)
    assert not chosen.keys() & wrote
    assert {outcomes[unit] for unit in chosen} <= {Outcome.FAILED, Outcome.BLOCKED}
    assert all(chosen.values())
    if any(outcomes[unit] is Outcome.BLOCKED for unit in chosen):
        unfinished = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.STATE_UNSAVED)
        assert {unit for unit, outcome in outcomes.items() if outcome in unfinished} < chosen.keys()


@settings(deadline=None)
@given(everything, reasons, st.sampled_from(PLANS))
def test_a_plan_that_is_there_is_never_made_again(found: list[Evidence], troubles: dict[Unit, str], step: Step) -> None:
    chosen = to_do_again(job(step), [planned(VPC), *(it for it in found if it.unit != VPC)], troubles, lambda _: True)
    assert VPC not in chosen
    assert all(chosen.values())


def test_what_ran_out_of_its_time_is_not_done_again() -> None:
    for step, command in ((Step.PLAN, "plan"), (Step.APPLY, "apply")):
        late = Evidence(VPC, Reported.FAILED, Call(command, 1, False, interrupted="interrupted after 45 min"))
        assert again(step, late, troubles={VPC: DIED}) == {}
