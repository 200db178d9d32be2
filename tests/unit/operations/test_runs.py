"""Recorded runs looked at, followed and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from flowops.errors import Exit, LockHeld, OperationFailed, UsageError
from flowops.model.lease import taken
from flowops.model.record import Event, RecordedRun
from flowops.model.run import Outcome, RunRequest, Verb
from flowops.model.work import Work
from flowops.operations import runs
from flowops.operations.approval import command_of
from tests.fakes import tree
from tests.fakes.lease import HOLDER
from tests.fakes.recorded import APPLY, BEGIN, FOUNDATION, FakeRuns, ended, finished, recorded
from tests.fakes.run import World
from tests.unit.operations.runs import apply, destroy, everything_new, everything_standing, outcomes

VPC, EKS = "dev/foundation/vpc", "dev/foundation/eks"
NOBODY = Work()
DRAINED = recorded(ended(VPC, "applied"), *(ended(it, "drained") for it in FOUNDATION if it != VPC), finished(130))

ALL_DONE = (*(ended(it, "applied") for it in FOUNDATION), {"event": "settled", "exit_code": 0})


def rest(run: RecordedRun, made: World | None = None, work: Work = NOBODY) -> RunRequest | None:
    made = made or everything_new()
    made.journal.before = [(run, work)]
    folders = FakeRuns([run], {run.id: work})
    return runs.rest(run, RunRequest(Verb.APPLY, "dev", yes=True), folders, made.ports, BEGIN)


def test_a_resumed_apply_touches_only_what_is_left_in_order() -> None:
    made = everything_new().standing("foundation/vpc")
    request = rest(DRAINED)
    assert request is not None
    run = apply(made, request.environment, request.layer, units=request.units, resumes=request.resumes)
    assert outcomes(run) == dict.fromkeys(("efs", "eks", "eks-components", "resource-group"), "applied")
    assert all(tree.unit("foundation/vpc") not in job.units for job in made.engine.jobs)


def test_a_resumed_destroy_touches_only_what_is_left() -> None:
    made = everything_standing()
    run = destroy(made, "dev", "foundation", units=(EKS, "dev/foundation/eks-components"))
    assert outcomes(run) == {"eks": "destroyed", "eks-components": "destroyed"}


def test_a_killed_run_is_settled_before_it_is_resumed() -> None:
    killed = recorded(ended(VPC, "applied"))
    made = everything_new()
    rest(killed, made)
    assert made.journal.reopened[killed.id].settled is not None


def test_where_nothing_is_left_of_a_killed_run_its_lease_is_given_back() -> None:
    made = everything_new()
    killed = recorded(*ALL_DONE, run_id=HOLDER.run)
    made.leases.holders["dev"] = taken("1", HOLDER, BEGIN)
    assert rest(killed, made) is None
    assert made.leases.holders == {}
    assert made.console.notes == [f"gave back the lease of dev, which run {HOLDER.run} had left behind"]


def test_a_lease_that_cannot_be_looked_at_does_not_fail_a_run_of_which_nothing_is_left() -> None:
    made = everything_new()
    made.leases.unreadable = OperationFailed("S3 does not answer.")
    assert rest(recorded(*ALL_DONE), made) is None
    (said,) = made.console.notes
    assert said.endswith("is not known: S3 does not answer.; flowops locks list dev")


@pytest.mark.parametrize("work", [Work(flowops=4711), Work(units=(EKS,))])
def test_a_run_that_goes_on_is_not_resumed(work: Work) -> None:
    with pytest.raises(LockHeld):
        rest(recorded(), work=work)


def test_a_run_of_another_machine_is_resumed_there_alone() -> None:
    with pytest.raises(UsageError, match="began on laptop"):
        rest(recorded(), work=Work(here=False))


def test_the_command_that_agrees_to_a_resumed_run_resumes_it() -> None:
    request = rest(DRAINED)
    assert request is not None
    assert command_of(request) == f"flowops runs resume {DRAINED.id} --yes"


class Growing:
    """A journal that gets one more event with every look."""

    def __init__(self, folders: FakeRuns, run: RecordedRun) -> None:
        self._folders, self._run, self._shown = folders, run, 0
        folders.runs = [self._cut()]

    def _cut(self) -> RecordedRun:
        return RecordedRun(self._run.id, self._run.events[: self._shown + 1])

    def step(self) -> Iterator[Event]:
        yield self._run.events[self._shown]
        self._shown += 1

    def grow(self, _seconds: float) -> None:
        self._folders.runs = [self._cut()]


@pytest.mark.parametrize("code", [0, 3, 130])
def test_a_tail_shows_every_event_and_ends_with_the_runs_exit_code(code: int) -> None:
    whole = recorded(ended(VPC, "applied"), finished(code))
    folders = FakeRuns(works={whole.id: Work(flowops=4711)})
    follower, shown = Growing(folders, whole), list[Event]()
    assert runs.tail(whole, folders, follower, shown.append, follower.grow) == code
    assert shown == list(whole.events)


def test_a_tail_ends_with_the_last_who_works_for_a_killed_run() -> None:
    run = recorded()
    folders = FakeRuns()
    follower, shown = Growing(folders, run), list[Event]()
    assert runs.tail(run, folders, follower, shown.append, follower.grow) is Exit.PARTLY_DONE
    assert len(shown) == 1


class Ending(FakeRuns):
    """Recorded runs of which one ends while somebody looks for its processes."""

    def work(self, run: RecordedRun) -> Work:
        self.runs = [recorded(finished())]
        return Work()


def test_a_run_that_ends_between_two_looks_was_not_killed() -> None:
    folders = Ending([recorded()])
    follower = Growing(FakeRuns(), recorded(finished()))
    assert runs.tail(recorded(), folders, follower, list[Event]().append, follower.grow) is Exit.FINE


@pytest.mark.parametrize(
    ("run", "work", "status"),
    [
        (recorded(finished()), Work(), "ended"),
        (recorded({"event": "settled", "exit_code": 3}), Work(), "killed"),
        (recorded(), Work(flowops=4711), "still running (pid 4711)"),
        (recorded(), Work(units=(EKS,)), f"killed, and terraform still works on {EKS}"),
        (recorded(), Work(), "killed"),
        (recorded(), Work(here=False), "open on laptop"),
    ],
)
def test_how_a_run_stands(run: RecordedRun, work: Work, status: str) -> None:
    assert runs.Seen(run, work).status == status


def test_runs_are_listed_by_environment_and_know_who_resumed_them() -> None:
    again = recorded(run_id="later", request=RunRequest(Verb.APPLY, "dev", resumes=DRAINED.id))
    folders = FakeRuns([again, DRAINED, recorded(run_id="other", request=RunRequest(Verb.PLAN, "prod"))])
    assert [it.run.id for it in runs.listed("dev", folders)] == ["later", DRAINED.id]
    assert len(runs.listed(None, folders)) == 3
    assert runs.seen(DRAINED.id, folders).resumed_by == ("later",)
    assert DRAINED.request == APPLY


def test_a_recovery_is_not_resumed_but_begun_anew() -> None:
    with pytest.raises(UsageError, match="is a recovery") as refused:
        rest(recorded(request=replace(APPLY, verb=Verb.RECOVER)))
    assert refused.value.next_step == "flowops recover dev foundation"


def test_a_killed_recovery_is_settled_by_the_next_run_of_the_environment() -> None:
    made = everything_standing()
    killed = recorded(request=replace(APPLY, verb=Verb.RECOVER), run_id="recovery")
    made.journal.before = [(killed, NOBODY)]
    assert apply(made).exit_code is Exit.FINE
    settled = made.journal.reopened["recovery"].settled
    assert settled is not None
    assert {it.outcome for it in settled.units} == {Outcome.NOT_RUN}
