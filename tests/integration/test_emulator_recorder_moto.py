"""The file of recorded calls: whole lines, oldest first, whatever happened to its writer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flowops.rehearsal.recorder import REMEMBERED, Call, Recorder, read_calls

VERBS = ("Create", "Delete")
CALL = Call(
    time="2026-11-23T12:00:00.000+00:00",
    account="222222222222",
    region="eu-central-1",
    principal="arn:aws:iam::222222222222:user/alice",
    role="",
    service="ec2",
    action="ec2:DescribeVpcs",
    parameters={"VpcIds": ["vpc-1"]},
)


def test_a_call_is_in_the_file_when_it_is_recorded(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.record(CALL)
    assert list(read_calls(recorder.path)) == [CALL]
    assert recorder.path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.record(CALL)
    with recorder.path.open("a") as file:
        file.write('{"time": "2026')
    assert list(read_calls(recorder.path)) == [CALL]


def test_a_new_writer_cuts_off_what_a_killed_one_left_and_goes_on(tmp_path: Path) -> None:
    Recorder(tmp_path).record(CALL)
    with (tmp_path / "calls.jsonl").open("a") as file:
        file.write('{"time": "2026')
    later = replace(CALL, action="ec2:DescribeSubnets")
    recorder = Recorder(tmp_path)
    recorder.resume()
    recorder.record(later)
    assert list(read_calls(recorder.path)) == [CALL, later]
    assert recorder.newest("222222222222") == (later, CALL)


def test_the_newest_calls_are_those_of_one_account(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for call in (CALL, replace(CALL, account="333333333333")):
        recorder.record(call)
    assert recorder.newest("222222222222") == (CALL,)


def test_however_much_is_read_what_was_written_is_remembered_in_its_place(tmp_path: Path) -> None:
    made, deleted = (replace(CALL, action=f"ec2:{verb}Vpc", resources={"vpc-1": "AWS::EC2::VPC"}) for verb in VERBS)
    recorder = Recorder(tmp_path)
    recorder.record(made)
    with recorder.path.open("a") as file:
        file.write(f"{CALL.to_json()}\n" * REMEMBERED)
    resumed = Recorder(tmp_path)
    resumed.resume()
    resumed.record(deleted)
    resumed.record(CALL)
    newest = resumed.newest("222222222222")
    assert len(newest) == REMEMBERED + 2
    assert newest[:2] == (CALL, deleted)
    assert newest[-1] == made


def test_nothing_recorded_is_no_call(tmp_path: Path) -> None:
    assert list(Recorder(tmp_path).newest("222222222222")) == []
    assert list(read_calls(tmp_path / "calls.jsonl")) == []


def test_a_line_of_somebody_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not a recorded call"):
        Call.from_json('{"hello": "world"}')
