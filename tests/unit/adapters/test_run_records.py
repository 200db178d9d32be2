"""What earlier runs tell: how long they took, what of them still works, and who holds a lock."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flowops.adapters.at_work import RecordedRuns
from flowops.adapters.journal import FileJournal
from flowops.adapters.lock_holders import LockHolders
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.shim import call_folders
from flowops.adapters.terraform_shim import start_ticks
from flowops.adapters.this_machine import ThisMachine
from flowops.adapters.unit_logs import calls_by_unit
from flowops.errors import Exit
from flowops.model.locks import Life
from flowops.model.run import Run, RunRequest, Verb
from flowops.model.state import Lock
from tests.fakes import tree
from tests.fakes.lease import START, Clock

VPC = tree.unit("foundation/vpc")
APPLY = RunRequest(Verb.APPLY, "dev", "foundation")
CREATED = START.timestamp()
DEAD = 2**22 + 1


class NoArchive:
    """Keeps no copy."""

    def keep(self, environment: str, run_id: str, files: Mapping[str, Path]) -> None:
        return


def journal_of(project: Path, clock: Clock) -> FileJournal:
    return FileJournal(RunFolders(project / RUNS), clock, dict, NoArchive())


def recorded(
    project: Path, request: RunRequest, minutes: float, code: Exit = Exit.FINE, at: Clock | None = None
) -> None:
    clock = at or Clock()
    journal = journal_of(project, clock)
    record = journal.open(request)
    clock.go(minutes * 60)
    record.finish(Run(record.id, request, START, (), code))


def usual(project: Path, request: RunRequest) -> timedelta | None:
    return journal_of(project, Clock()).usual(request)


def test_the_usual_time_is_the_middle_of_the_last_good_runs_of_the_same_command(tmp_path: Path) -> None:
    clock = Clock()
    for minutes in (500, 500, 30, 10, 20, 40, 25):
        recorded(tmp_path, APPLY, minutes, at=clock)
    recorded(tmp_path, APPLY, 1, Exit.FAILED, at=clock)
    recorded(tmp_path, RunRequest(Verb.APPLY, "dev", "foundation", "vpc"), 1, at=clock)
    recorded(tmp_path, RunRequest(Verb.DESTROY, "dev", "foundation"), 1, at=clock)
    assert usual(tmp_path, APPLY) == timedelta(minutes=25)


def test_nothing_is_known_without_a_good_run(tmp_path: Path) -> None:
    assert usual(tmp_path, APPLY) is None
    recorded(tmp_path, APPLY, 5, Exit.PARTLY_DONE)
    journal_of(tmp_path, Clock()).open(APPLY)
    assert usual(tmp_path, APPLY) is None


class Terraform:
    """A terraform that a run recorded."""

    def __init__(self, folder: Path) -> None:
        self.runs, self.deployments = folder / "runs", folder / "deployments"
        self.calls = self.runs / "20261123T021400Z-apply-dev" / "02-apply" / "calls"
        self.holders = LockHolders(
            RecordedRuns(self.runs), self.deployments, ThisMachine("bob@desk", "desk", "m", 1, 1)
        )

    def call(self, *, pid: int, started: float, ended: float | None = None, unit: str = "foundation/vpc") -> None:
        folder = self.calls / f"{int(started * 1e9)}-{pid}"
        folder.mkdir(parents=True)
        ticks = start_ticks(pid)
        cwd = str((self.deployments / tree.unit(unit).path).resolve() / ".terragrunt-cache" / "x")
        record = {"argv": ["apply"], "cwd": cwd, "started": started, "pid": pid, "ticks": ticks}
        (folder / "call.json").write_text(json.dumps(record | {"keeper": DEAD, "keeper_ticks": 1}))
        if ended:
            (folder / "exit.json").write_text(json.dumps({"code": 0, "signal": 0, "ended": ended}))

    def sign(self, **changed: str) -> tuple[Life, str]:
        words = {"key": "k", "id": "77aa", "who": "ann@desk", "operation": "Apply", "created": START.isoformat()}
        sign = self.holders.sign(VPC, Lock(**(words | changed)))
        return sign.life, sign.because


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    return Terraform(tmp_path)


def test_a_terraform_that_was_at_work_when_the_lock_was_made_holds_it(terraform: Terraform) -> None:
    terraform.call(pid=os.getpid(), started=CREATED - 5)
    assert terraform.sign() == (
        Life.LIVES,
        f"terraform apply, process {os.getpid()} of run 20261123T021400Z-apply-dev",
    )
    assert RecordedRuns(terraform.runs).at_work("20261123T021400Z-apply-dev").startswith("terraform apply of vpc")


def test_a_terraform_that_does_a_step_again_counts_as_the_first_one_does(terraform: Terraform) -> None:
    terraform.call(pid=DEAD, started=CREATED - 9)
    terraform.calls = terraform.calls.parent / "ordinary" / "calls"
    terraform.call(pid=os.getpid(), started=CREATED - 5)
    run = terraform.runs / "20261123T021400Z-apply-dev"
    assert terraform.sign()[0] is Life.LIVES
    assert RecordedRuns(terraform.runs).at_work(run.name).startswith("terraform apply of vpc")
    assert call_folders(run) == (run / "02-apply" / "calls", terraform.calls)
    assert [it.alive for it in calls_by_unit(run, "dev")[VPC.id]] == [False, True]


def test_one_that_has_ended_or_was_killed_does_not_hold_it_any_more(terraform: Terraform) -> None:
    terraform.call(pid=DEAD, started=CREATED - 5)
    assert terraform.sign()[0] is Life.GONE
    assert RecordedRuns(terraform.runs).at_work("20261123T021400Z-apply-dev") == ""


def test_terraforms_of_another_time_or_unit_say_nothing(terraform: Terraform) -> None:
    terraform.call(pid=DEAD, started=CREATED - 50, ended=CREATED - 40)
    terraform.call(pid=os.getpid(), started=CREATED + 5)
    terraform.call(pid=os.getpid(), started=CREATED - 5, unit="foundation/efs")
    assert terraform.sign() == (Life.UNKNOWN, "on this host, but in no run of this project: terraform by hand?")


def test_what_cannot_be_known_is_not_guessed(terraform: Terraform) -> None:
    terraform.call(pid=DEAD, started=CREATED - 5)
    assert terraform.sign(who="ann@laptop") == (Life.UNKNOWN, "another host")
    assert terraform.sign(id="") == (Life.UNKNOWN, "its object is empty or damaged")
    assert terraform.sign(created="yesterday")[0] is Life.UNKNOWN


def test_the_time_of_a_lock_is_read_with_all_its_digits(terraform: Terraform) -> None:
    nanoseconds = datetime.fromtimestamp(CREATED, START.tzinfo).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    terraform.call(pid=DEAD, started=CREATED - 5)
    assert terraform.sign(created=nanoseconds)[0] is Life.GONE
