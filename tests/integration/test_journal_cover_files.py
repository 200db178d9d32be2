"""What somebody did to the files of a journal is found, whichever file and byte; what nothing covers is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flowops.adapters.chained_file import ChainedFile
from flowops.errors import Exit
from flowops.model.run import Outcome, Run, UnitRun
from flowops.model.settlement import Settlement
from flowops.operations import audit
from tests.integration.journals import APPLY, BEGIN, EKS, VPC, Place, printed


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(bytes(content))


COVERED = ("events.head", "events.jsonl", "logs/foundation-eks.log", "logs/foundation-vpc.log", "run.json")


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, str]:
    """Return a place with one ended run of which terraform's output was kept."""
    place = Place(tmp_path_factory.mktemp("logged"))
    record = place.begun()
    printed(record, VPC, "aws_vpc.this: Creation complete\n")
    printed(record, EKS, "Error: quota \u00fc\n")
    units = (UnitRun(VPC, Outcome.APPLIED), UnitRun(EKS, Outcome.FAILED, "quota \u00fc"))
    record.finish(Run(record.id, APPLY, BEGIN, units))
    return place, record.id


def test_any_changed_byte_of_any_file_is_found(logged: tuple[Place, str]) -> None:
    place, run_id = logged
    files = sorted(it for it in place.folders.folder(run_id).rglob("*") if it.is_file() and "calls" not in it.parts)
    assert tuple(str(it.relative_to(place.folders.folder(run_id))) for it in files) == COVERED
    for file in files:
        original = file.read_bytes()
        for number in range(len(original)):
            flip(file, number)
            assert place.wrong(run_id), f"{file.name}, byte {number}"
            file.write_bytes(original)
    assert place.wrong(run_id) == []
    assert place.folders.uncovered(run_id) == ()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(COVERED), data=st.data())
def test_whatever_is_written_over_any_file_is_found(logged: tuple[Place, str], name: str, data: st.DataObject) -> None:
    place, run_id = logged
    file = place.file(run_id, name)
    original = file.read_bytes()
    begin = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(begin, len(original)))
    changed = original[:begin] + data.draw(st.binary(max_size=20)) + original[end:]
    assume(changed != original)
    try:
        file.write_bytes(changed)
        assert place.wrong(run_id)
    finally:
        file.write_bytes(original)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"{}", "run.json: does not say what the journal says"),
        (b'{"run"; 1}', "run.json: does not say what the journal says"),
        (b"", "run.json: does not say what the journal says"),
        (b"\xff" * 9, "run.json: does not say what the journal says"),
        (b"[" * 100_000, "run.json: does not say what the journal says"),
    ],
)
def test_a_result_that_says_something_else_than_the_journal_is_found(place: Place, content: bytes, found: str) -> None:
    run_id = place.ended()
    place.file(run_id, "run.json").write_bytes(content)
    assert place.wrong(run_id) == [found]


def test_an_event_nested_too_deep_to_read_is_a_flaw(place: Place) -> None:
    run_id = place.ended()
    place.file(run_id).write_bytes(b"[" * 200_000 + b"\n")
    assert "line 1: is no event that carries a hash" in place.wrong(run_id)


@pytest.mark.parametrize("name", ["events.jsonl", "events.head", "run.json", "logs/foundation-vpc.log"])
def test_a_file_that_nobody_can_read_is_a_flaw_of_its_run_alone(place: Place, name: str) -> None:
    run_id, other = place.ended(), place.ended()
    file = place.file(run_id, name)
    file.unlink(missing_ok=True)
    file.mkdir(parents=True)
    assert place.wrong(run_id) == [f"{name}: cannot be read: Is a directory"]
    assert [it.run_id for it in audit.verify((), place.folders, None) if it.flaws] == [run_id]
    assert place.folders.find("last").id == other


def test_a_log_that_is_gone_or_was_put_in_is_found(logged: tuple[Place, str]) -> None:
    place, run_id = logged
    log = place.file(run_id, "logs/foundation-vpc.log")
    before = log.read_bytes()
    log.rename(log.with_name("foundation-efs.log"))
    assert place.wrong(run_id) == [
        "logs/foundation-efs.log: was put in after the end",
        "logs/foundation-vpc.log: is gone",
    ]
    log.with_name("foundation-efs.log").rename(log)
    assert (log.read_bytes(), place.wrong(run_id)) == (before, [])


def test_a_run_closed_without_hashes_of_its_logs_verifies_and_says_so(place: Place) -> None:
    """Journals from before logs were covered stay good."""
    record = place.begun()
    record.event("finished", run=record.id, exit_code=0, units=[], notes=[])
    result = {"run": record.id, "exit_code": 0, "units": [], "notes": []}
    place.file(record.id, "run.json").write_text(json.dumps(result, indent=2) + "\n")
    place.file(record.id, "logs").mkdir()
    place.file(record.id, "logs/foundation-vpc.log").write_text("anything")
    assert place.wrong(record.id) == []
    assert place.folders.uncovered(record.id) == (
        "its logs are not covered: the flowops that closed it took no hashes of them",
    )


def test_of_a_run_without_an_end_it_is_said_what_nothing_covers(place: Place) -> None:
    record = place.begun()
    open_one = "has no end, because it is at work or was killed: not covered are its result, its logs"
    assert place.folders.uncovered(record.id) == (open_one,)
    whole = place.file(record.id).read_bytes()
    with place.file(record.id).open("ab") as file:
        file.write(b'{"time": "2026')
    assert place.folders.uncovered(record.id) == (f"{open_one}, and the last 14 bytes of events.jsonl",)
    for number in range(0, len(whole), 5):
        flip(place.file(record.id), number)
        assert place.wrong(record.id), f"byte {number}"
        flip(place.file(record.id), number)
    for number in range(76):
        flip(place.file(record.id, "events.head"), number)
        assert place.wrong(record.id), f"byte {number} of the head"
        flip(place.file(record.id, "events.head"), number)
    assert place.wrong(record.id) == []


def test_a_result_that_is_gone_is_said_and_is_no_flaw(place: Place) -> None:
    """flowops may be killed between the last event and the result."""
    run_id = place.ended()
    place.file(run_id, "run.json").unlink()
    assert place.wrong(run_id) == []
    assert place.folders.uncovered(run_id) == ("there is no run.json; what it said stands in the journal",)


def test_a_whole_chain_that_tells_of_no_run_is_found(place: Place) -> None:
    record = place.begun()
    place.file(record.id).unlink()
    ChainedFile(place.folders.folder(record.id)).append({"event": "started", "time": "never"})
    assert place.wrong(record.id) == ["line 1: begins no run that this flowops can read"]


def test_a_journal_without_its_end_is_found_by_its_result(place: Place) -> None:
    run_id = place.ended()
    *lines, _end = place.file(run_id).read_bytes().splitlines(keepends=True)
    place.file(run_id).write_bytes(b"".join(lines))
    assert place.wrong(run_id) == ["line 6: is gone: 6 lines were written"]


def test_a_torn_line_of_a_killed_run_is_no_flaw_and_is_kept_when_it_is_settled(place: Place) -> None:
    record = place.begun()
    with place.file(record.id).open("ab") as file:
        file.write(b'{"time": "2026')
    assert place.wrong(record.id) == []
    place.alive.clear()
    (killed,) = place.folders.open_runs("dev")
    place.journal.reopen(killed).settle(Settlement((UnitRun(VPC, Outcome.APPLIED),), (), Exit.FINE))
    settled = place.folders.find(record.id)
    assert settled.of_kind("found-killed")[0]["torn"] == '{"time": "2026'
    assert settled.killed
    assert place.wrong(record.id) == []
    assert place.folders.open_runs("dev") == ()


def test_a_line_cut_off_afterwards_is_told_apart_from_a_torn_one(place: Place) -> None:
    record = place.begun()
    os.truncate(place.file(record.id), place.file(record.id).stat().st_size - 5)
    assert place.wrong(record.id) == ["line 3: is gone: 3 lines were written"]
