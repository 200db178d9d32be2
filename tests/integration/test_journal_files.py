"""Journals on disk: chained, private, without secrets, found again, and copied when they are closed."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from flowops.adapters.git import GitWorkingCopy
from flowops.adapters.process import Processes
from flowops.errors import Exit, UnknownTarget, UsageError
from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb
from tests.integration.journals import APPLY, BEGIN, EKS, VPC, Place, printed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_closed_run_tells_its_request_its_outcomes_and_no_flaw(place: Place) -> None:
    run_id = place.ended(APPLY, Outcome.APPLIED, Outcome.FAILED)
    run = place.folders.find(run_id)
    assert run.request == APPLY
    assert dict(run.counts) == {"applied": 1, "failed": 1}
    assert (run.exit_code, run.left) == (Exit.PARTLY_DONE, (EKS.id,))
    assert run.process[0] == os.getpid()
    assert place.wrong(run_id) == []
    assert {it.stat().st_mode & 0o77 for it in place.folders.root.rglob("*")} == {0}


def test_a_journal_with_an_end_has_no_secrets_beside_it(place: Place) -> None:
    """The clock is read for each event: it looks whether they are still there when the last one is written."""
    record = place.begun()
    again = ("01-plan/ordinary/plans", "01-plan/ordinary/json")
    for name in ("write", "helm", "01-plan/plans", "01-plan/json", *again):
        (record.folder / name).mkdir(parents=True)
        (record.folder / name / "secret").write_text("x")
    left = []
    place.hears = lambda: left.append(len(list(record.folder.rglob("secret"))))
    record.finish(Run(record.id, APPLY, BEGIN, (UnitRun(VPC, Outcome.APPLIED),)))
    assert left == [6, 0], "the unit's outcome, then the end"


@pytest.mark.parametrize(
    ("reason", "left"), [("terraform is still running", 1), ("terraform was killed, and what it did is not known", 0)]
)
def test_what_a_terraform_may_still_work_with_stays_and_what_a_killed_one_had_goes(
    place: Place, reason: str, left: int
) -> None:
    record = place.begun()
    (record.folder / "write").mkdir()
    record.finish(Run(record.id, APPLY, BEGIN, (UnitRun(VPC, Outcome.UNKNOWN, reason),)))
    assert len(list(record.folder.glob("write"))) == left


def test_a_journal_with_an_end_is_known_to_await_its_copy_whenever_flowops_is_killed(place: Place) -> None:
    record = place.begun()
    known: list[bool] = []
    place.hears = lambda: known.append(place.folders.awaits_copy(record.id))
    record.finish(Run(record.id, APPLY, BEGIN, ()))
    assert known == [True], "before the end is written"
    assert not place.folders.awaits_copy(record.id)


def test_each_unit_ends_once_and_says_what_its_plan_held(place: Place, tmp_path: Path) -> None:
    (tmp_path / "tfplan").write_bytes(b"a plan")
    plan = Plan(VPC, (ResourceChange("aws_vpc.this", "aws_vpc", Action.CREATE),), file=str(tmp_path / "tfplan"))
    record = place.begun()
    record.planned(plan)
    done = UnitRun(VPC, Outcome.APPLIED, plan=plan)
    record.ended(done)
    record.finish(Run(record.id, APPLY, BEGIN, (done,)))
    run = place.folders.find(record.id)
    assert [it["resources"] for it in run.of_kind("unit")] == [{"add": 1, "change": 0, "replace": 0, "destroy": 0}]
    (planned,) = run.of_kind("plan")
    assert planned["sha256"] == sha256(b"a plan").hexdigest()
    assert planned["changes"] == [{"action": "add", "address": "foundation/vpc//aws_vpc.this"}]


@pytest.mark.fault(32)
def test_a_full_disk_leaves_no_half_line(place: Place, tmp_path: Path) -> None:
    record = place.begun()
    before = place.file(record.id).read_bytes()
    with limited_to(len(before) + 10), pytest.raises(OSError, match=r"No space left|File too large"):
        record.event("step", units=["x" * 200])
    assert place.file(record.id).read_bytes() == before
    record.event("step", units=[])
    assert place.wrong(record.id) == []


@contextmanager
def limited_to(size: int) -> Iterator[None]:
    """Let files grow to so many bytes only, as a full disk does."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_runs_are_found_by_the_beginning_of_their_id_and_by_last(place: Place) -> None:
    first, second = place.ended(), place.ended(RunRequest(Verb.PLAN, "prod"))
    assert place.folders.find("last").id == second
    assert place.folders.find(second[:17]).id == second
    assert [it.id for it in place.folders.all()] == [second, first]
    with pytest.raises(UsageError, match="is the beginning of 2 runs"):
        place.folders.find("2026")
    with pytest.raises(UnknownTarget, match=f"did you mean '{first}'"):
        place.folders.find(first[:-1] + "x")


def test_an_unfinished_run_knows_who_works_for_it(place: Place) -> None:
    record = place.begun()
    record.event("terragrunt", pid=77, ticks=1)
    (run,) = place.folders.open_runs("dev")
    assert place.folders.work(run).flowops == os.getpid()
    assert not place.folders.work(run).busy
    place.alive = {77}
    assert (place.folders.work(run).flowops, place.folders.work(run).terragrunt) == (0, 77)


def test_a_write_is_copied_with_all_that_is_kept_and_a_plan_is_not(place: Place) -> None:
    record = place.begun()
    printed(record, VPC, "done\n")
    record.finish(Run(record.id, APPLY, BEGIN, (UnitRun(VPC, Outcome.APPLIED),)))
    written, _planned = record.id, place.ended(RunRequest(Verb.PLAN, "dev"))
    assert place.bucket.runs() == {written}
    for name in ("events.jsonl", "events.head", "run.json", "logs/foundation-vpc.log"):
        assert place.bucket.kept[f"dev/runs/{written}/{name}"] == place.file(written, name).read_bytes()


def test_what_could_not_be_copied_is_said_and_copied_by_the_next_run_that_writes(place: Place) -> None:
    place.bucket.closed = True
    record = place.begun()
    notes = record.finish(Run(record.id, APPLY, BEGIN, ()))
    assert notes == (f"The journal of {record.id} was not copied to the state bucket: The session has expired.",)
    assert place.folders.awaits_copy(record.id)
    place.bucket.closed = False
    second = place.ended()
    assert place.bucket.runs() == {record.id, second}
    assert not place.folders.awaits_copy(record.id)


def test_a_run_without_the_lease_writes_nothing_to_the_bucket_and_is_copied_by_the_next_that_has_it(
    place: Place,
) -> None:
    refused = place.begun(leased=False)
    refused.fail(6, "dev is being changed")
    assert place.bucket.kept == {}
    assert place.folders.awaits_copy(refused.id)
    second = place.ended()
    assert place.bucket.runs() == {refused.id, second}


def test_a_copy_of_another_environments_run_waits_for_that_environment(place: Place) -> None:
    place.bucket.closed = True
    prod = place.ended(RunRequest(Verb.APPLY, "prod"))
    place.bucket.closed = False
    place.ended()
    assert prod not in place.bucket.runs()
    place.ended(RunRequest(Verb.APPLY, "prod"))
    assert prod in place.bucket.runs()


def test_logs_that_cannot_be_written_are_a_note(place: Place) -> None:
    record = place.begun()
    printed(record, VPC, "")
    (record.folder / "logs").write_text("in the way")
    (note,) = record.finish(Run(record.id, APPLY, BEGIN, (UnitRun(VPC, Outcome.APPLIED),)))
    assert note.startswith(f"The logs of {record.id} could not be written: ")
    assert place.wrong(record.id) == []


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs git in a new repository with one commit."""
    folder = tmp_path / "repository"
    folder.mkdir()

    def run(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout

    run("init", "--quiet")
    (folder / "flowops.yaml").write_text("project: x\n")
    run("add", ".")
    run("commit", "--quiet", "-m", "first")
    return run


def test_the_commit_and_whether_the_tree_differs_from_it(git: Callable[..., str], tmp_path: Path) -> None:
    folder, commit = tmp_path / "repository", git("rev-parse", "HEAD").strip()
    assert GitWorkingCopy(Processes(), folder, os.environ).revision() == {"commit": commit, "dirty": False}
    (folder / "new.hcl").write_text("")
    assert GitWorkingCopy(Processes(), folder, os.environ).revision() == {"commit": commit, "dirty": True}


def test_outside_git_and_without_git_there_is_no_commit(git: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    assert GitWorkingCopy(Processes(), tmp_path / "elsewhere", os.environ).revision() is None
    assert GitWorkingCopy(Processes(), tmp_path / "repository", {"PATH": str(tmp_path)}).revision() is None


def test_every_event_names_the_line_before(place: Place) -> None:
    events = [json.loads(line) for line in place.file(place.ended()).read_text().splitlines()]
    assert len({it["previous"] for it in events}) == len(events)
