"""Room on disk is looked at before a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowops.adapters.disk import check_room
from flowops.errors import OperationFailed


@pytest.mark.fault(32)
def test_too_little_room_stops_a_run_before_it_starts() -> None:
    with pytest.raises(OperationFailed, match=r"GiB are free at / *; a run needs") as refused:
        check_room(Path("/"), needed=10**18)
    assert refused.value.not_done == "Nothing was started."
    assert "df -h /" in refused.value.next_step


@pytest.mark.fault(32)
def test_too_few_inodes_stop_a_run_before_it_starts(tmp_path: Path) -> None:
    """The bytes suffice: a disk full of small files is found by nothing else."""
    folder = tmp_path / "a project"
    folder.mkdir()
    there = os.statvfs(folder)
    if not there.f_files:
        pytest.skip("this file system counts no inodes")
    with pytest.raises(OperationFailed, match=r"Only \d+ more files fit at .*; a run needs \d+\.") as refused:
        check_room(folder, needed=1, files=there.f_files + 1)
    assert refused.value.not_done == "Nothing was started."
    assert refused.value.next_step.startswith(f"df -i '{folder}', make room")


@pytest.mark.parametrize("folder", ["/", "/proc"])
def test_enough_room_is_not_mentioned(folder: str) -> None:
    """/proc says of its inodes that there are none, as file systems do that do not count them."""
    check_room(Path(folder), needed=0, files=1)
