"""Who gets an environment's lease, and who is told what instead."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from flowops.adapters.at_work import RecordedRuns, note_process
from flowops.adapters.leases import EnvironmentLeases
from flowops.adapters.terraform_shim import start_ticks
from flowops.adapters.this_machine import ThisMachine, this_machine
from flowops.errors import LockHeld
from flowops.model.lease import Lease, released, taken
from flowops.model.locks import Life
from flowops.model.run import RunRequest, Verb
from tests.fakes import tree
from tests.fakes.lease import HOLDER, START, Clock, MemoryLease

DEV = tree.deployment().environment("dev")
HERE = ThisMachine("bob@desk", "desk", "this-machine", 1, 2)
DEAD = 2**22 + 1
"""A process number that Linux never gives out."""


class Contest:
    """bob wants the lease of dev; somebody else may hold it."""

    def __init__(self, folder: Path, here: ThisMachine = HERE) -> None:
        self.clock, self.store, self.runs = Clock(), MemoryLease(), RecordedRuns(folder)
        self.notes: list[str] = []
        self.leases = EnvironmentLeases(
            lambda environment, access: self.store,
            here,
            self.runs,
            version="0.1.0",
            clock=self.clock,
            new_id=lambda: "bobs",
            note=self.notes.append,
        )

    def held_by(self, **holder: object) -> Lease:
        lease = taken("anns", replace(HOLDER, **holder), START)  # type: ignore[arg-type]
        self.store.put(lease)
        return lease

    def take(self) -> Lease:
        held = self.leases.take(RunRequest(Verb.DESTROY, "dev"), DEV, "run-2", "arn:bob", self.notes.append)
        lease = held.lease
        held.end()
        return lease

    def refused(self) -> LockHeld:
        before = list(self.store.writes)
        with pytest.raises(LockHeld) as refused:
            self.take()
        assert self.store.writes == before, "the loser wrote something"
        return refused.value


@pytest.fixture
def contest(tmp_path: Path) -> Contest:
    return Contest(tmp_path)


@pytest.mark.parametrize(("run", "pid", "given"), [("run-1", DEAD, True), ("run-9", DEAD, False), ("run-1", 0, False)])
def test_only_the_lease_of_that_run_is_given_up_and_only_if_its_holder_is_gone(
    tmp_path: Path, run: str, pid: int, given: bool
) -> None:
    here = this_machine()
    contest = Contest(tmp_path, here)
    (tmp_path / "run-1").mkdir()
    who = {"pid": pid or here.pid, "ticks": here.ticks, "machine": here.machine}
    contest.held_by(**who)
    assert contest.leases.give_up(DEV, run) is given
    assert contest.store.lease is not None
    assert contest.store.lease.released is given


def test_a_free_lease_names_its_taker_and_is_given_back(contest: Contest) -> None:
    lease = contest.take()
    holder = contest.store.writes[0].holder
    assert (holder.operator, holder.who, holder.verb, holder.target) == ("arn:bob", "bob@desk", "destroy", "dev")
    assert [it.released for it in contest.store.writes] == [False, True]
    assert lease.id == "bobs"
    assert contest.take().id == "bobs"
    assert contest.notes == []


def test_the_loser_is_told_who_where_and_what_and_writes_nothing(contest: Contest) -> None:
    contest.held_by()
    refused = contest.refused()
    assert refused.happened == (
        "dev is being changed: arn:ann runs flowops apply dev foundation from ann@laptop, process 4711, "
        "since 2026-11-23T02:15:00Z (0 s)."
    )
    assert refused.not_done == "Nothing was changed, and no unit was started."
    assert refused.next_step == "flowops locks list dev"


def test_an_expired_lease_is_taken_over_and_said_whose_it_was(contest: Contest) -> None:
    contest.held_by()
    contest.clock.go(360)
    contest.refused()
    contest.clock.go(1)
    assert contest.take().id == "bobs"
    assert contest.notes[0].startswith("took over the lease of dev, arn:ann runs flowops apply dev foundation")


def test_who_comes_second_in_the_last_moment_loses_to_the_first(contest: Contest) -> None:
    contest.store.before_write = contest.held_by
    with pytest.raises(LockHeld, match="arn:ann runs flowops apply"):
        contest.take()
    assert contest.store.lease is not None
    assert contest.store.lease.id == "anns"


def test_a_lease_that_says_nothing_keeps_everybody_out_until_it_is_released_by_name(contest: Contest) -> None:
    contest.store.put(None)
    contest.clock.go(10_000)
    assert contest.refused().next_step == "flowops locks release --unreadable dev"
    assert contest.leases.free(DEV, None)
    assert contest.take().id == "bobs"


def test_only_what_was_listed_is_released(contest: Contest) -> None:
    listed = contest.held_by()
    assert not contest.leases.free(DEV, None)
    assert not contest.leases.free(DEV, replace(listed, id="another"))
    assert contest.leases.free(DEV, listed)
    assert not contest.leases.free(DEV, listed)
    assert contest.store.lease is not None
    assert (contest.store.lease.released, contest.store.lease.id) == (True, "anns")


def test_reads_see_only_a_lease_that_is_held(contest: Contest) -> None:
    assert contest.leases.held(DEV) is None
    lease = contest.held_by()
    assert contest.leases.held(DEV) == lease
    contest.clock.go(500)
    assert contest.leases.held(DEV) is None
    contest.store.put(released(lease, START))
    assert contest.leases.held(DEV) is None


def test_a_holder_that_died_on_this_machine_is_followed_at_once(contest: Contest, tmp_path: Path) -> None:
    (tmp_path / "run-1").mkdir()
    contest.held_by(machine=HERE.machine, pid=DEAD)
    assert contest.take().id == "bobs"


def test_one_that_died_elsewhere_or_whose_children_nobody_here_knows_is_waited_for(contest: Contest) -> None:
    contest.held_by(machine="another-machine", pid=DEAD)
    contest.refused()
    lease = contest.held_by(machine=HERE.machine, pid=DEAD)
    assert contest.leases.sign(lease).life is Life.UNKNOWN
    contest.refused()
    contest.clock.go(361)
    assert contest.take().id == "bobs"


def test_a_machine_without_a_name_of_its_own_knows_of_nobodys_death(tmp_path: Path) -> None:
    made = Contest(tmp_path, replace(HERE, machine=""))
    (tmp_path / "run-1").mkdir()
    made.held_by(machine="", pid=DEAD)
    made.refused()


def test_a_living_holder_on_this_machine_keeps_it_even_where_it_could_not_renew(contest: Contest) -> None:
    contest.held_by(machine=HERE.machine, pid=os.getpid(), ticks=start_ticks(os.getpid()))
    contest.clock.go(10_000)
    contest.refused()


def test_another_process_with_the_number_of_the_dead_is_not_taken_for_it(contest: Contest, tmp_path: Path) -> None:
    (tmp_path / "run-1").mkdir()
    contest.held_by(machine=HERE.machine, pid=os.getpid(), ticks=start_ticks(os.getpid()) - 1)
    assert contest.take().id == "bobs"


def test_what_a_dead_flowops_left_at_work_keeps_its_lease(contest: Contest, tmp_path: Path) -> None:
    step = tmp_path / "run-1" / "02-apply"
    (step / "calls").mkdir(parents=True)
    note_process(step, os.getpid())
    lease = contest.held_by(machine=HERE.machine, pid=DEAD)
    sign = contest.leases.sign(lease)
    assert (sign.life, sign.because) == (
        Life.LIVES,
        f"flowops is gone, but terragrunt, process {os.getpid()}, still works",
    )
    contest.clock.go(10_000)
    contest.refused()
    (step / "terragrunt.json").write_text(f'{{"pid": {DEAD}, "ticks": 1}}')
    assert contest.take().id == "bobs"


def test_this_machine_knows_itself() -> None:
    here = this_machine()
    assert here == this_machine()
    assert here.runs(here.machine, here.pid, here.ticks)
    assert here.runs("another", here.pid, here.ticks) is None
    assert here.who.endswith(f"@{here.host}")
