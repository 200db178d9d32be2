"""An earlier run of the environment that nobody has closed: told, settled, or stepped aside for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowops.errors import Exit, LockHeld
from flowops.model.evidence import Call, Evidence, Reported
from flowops.model.record import RecordedRun
from flowops.model.run import Outcome, RunRequest, Verb
from flowops.model.work import Work
from flowops.operations import run as operations
from tests.fakes import tree
from tests.fakes.recorded import BEGIN, ended, finished, recorded, step
from tests.fakes.run import World
from tests.unit.operations.runs import apply, everything_new, everything_standing, plan

VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")
NOBODY = Work()
KILLED = recorded(ended(VPC.id, "applied"), step("apply of saved plans", EKS.id, folder="03-apply-saved"))
PLANNING = recorded(request=RunRequest(Verb.PLAN, "dev", "foundation"))


def after(run: RecordedRun, work: Work = NOBODY) -> World:
    made = everything_new()
    made.journal.before = [(run, work)]
    return made


def told(made: World) -> list[str]:
    return [note for note in made.console.notes if "was killed" in note]


def test_the_next_run_says_what_a_killed_one_did_and_goes_on() -> None:
    made = after(KILLED)
    made.engine.left["03-apply-saved", EKS] = Evidence(EKS, Reported.SUCCEEDED, Call("apply", 0, False))
    request = RunRequest(Verb.APPLY, "dev", "foundation", yes=True)
    run = operations.apply(request, made.ports, BEGIN + timedelta(seconds=3 + 185))
    assert told(made) == [
        f"run {KILLED.id} was killed 3 min 5 s ago; dev/foundation/eks finished afterwards: applied; "
        f"3 units not started; flowops runs resume {KILLED.id}"
    ]
    settled = made.journal.reopened[KILLED.id].settled
    assert settled is not None
    assert [it.unit.id for it in settled.units if it.outcome is Outcome.APPLIED] == [EKS.id, VPC.id]
    assert run.exit_code is Exit.FINE


def test_what_a_killed_run_left_running_is_ended_before_it_is_settled() -> None:
    made = after(KILLED)
    plan(made)
    assert made.engine.reaped == [made.journal.reopened[KILLED.id].folder]


def test_what_was_done_again_with_ordinary_providers_counts() -> None:
    made = after(recorded(step("apply", EKS.id, folder="02-apply")))
    made.engine.left["02-apply", EKS] = Evidence(EKS, Reported.FAILED, Call("apply", 1, False))
    made.engine.left["ordinary", EKS] = Evidence(EKS, Reported.SUCCEEDED, Call("apply", 0, False))
    plan(made)
    settled = made.journal.reopened[KILLED.id].settled
    assert settled is not None
    assert [it.unit.id for it in settled.units if it.outcome is Outcome.APPLIED] == [EKS.id]


def test_a_run_that_ends_while_somebody_looks_at_it_was_not_killed() -> None:
    made = after(KILLED)
    made.journal.ending[KILLED.id] = recorded(finished())
    assert apply(made).exit_code is Exit.FINE
    assert (told(made), made.journal.reopened) == ([], {})


def test_a_plan_says_it_too() -> None:
    made = after(KILLED)
    plan(made)
    assert len(told(made)) == 1


@pytest.mark.parametrize("work", [Work(flowops=4711), Work(terragrunt=12), Work(units=(EKS.id,))])
def test_nothing_is_written_while_somebody_works_for_another_run(work: Work) -> None:
    made = after(KILLED, work)
    with pytest.raises(LockHeld) as caught:
        apply(made)
    assert caught.value.exit_code is Exit.LOCKED
    assert KILLED.id in caught.value.happened
    assert caught.value.next_step.startswith(f"flowops runs tail {KILLED.id}")
    assert (made.engine.jobs, made.cloud.acted, made.journal.records) == ([], [], [])


def test_who_works_is_said() -> None:
    with pytest.raises(LockHeld, match=r"of arn:.*/ann is at work on dev \(pid 4711\)"):
        apply(after(KILLED, Work(flowops=4711)))
    with pytest.raises(LockHeld, match="and terraform still works on dev/foundation/eks"):
        apply(after(KILLED, Work(units=(EKS.id,), terragrunt=12)))
    with pytest.raises(LockHeld, match=r"and terragrunt still works \(pid 12\)"):
        apply(after(KILLED, Work(terragrunt=12)))


def test_a_plan_steps_aside_for_nobody_but_says_what_still_works() -> None:
    made = after(KILLED, Work(units=(EKS.id,)))
    plan(made)
    assert len(told(made)) == 1
    assert made.journal.reopened == {}, "it is settled when nobody works for it any more"


def test_an_apply_is_not_kept_from_writing_by_a_plan() -> None:
    made = after(PLANNING, Work(flowops=4711))
    assert apply(made).exit_code is Exit.FINE


def test_a_run_of_another_environment_is_left_alone() -> None:
    made = after(recorded(request=RunRequest(Verb.APPLY, "prod")), Work(flowops=4711))
    assert apply(made).exit_code is Exit.FINE
    assert made.journal.reopened == {}


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=90), "1 h 30 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=3), "3 d ago"),
    ],
)
def test_how_long_ago_is_said_roughly(passed: timedelta, words: str) -> None:
    made = after(KILLED)
    operations.plan(RunRequest(Verb.PLAN, "dev"), made.ports, KILLED.last_seen + passed)
    assert f"was killed {words};" in told(made)[0]


def test_what_could_not_be_copied_is_a_note_and_changes_no_outcome() -> None:
    made = everything_standing()
    made.journal.uncopied = ("The journal was not copied.",)
    run = plan(made)
    assert run.notes == ("The journal was not copied.",)
    assert run.exit_code is Exit.FINE
