"""Locks on files and folders: nobody waits for them, and they end with their block."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowops.adapters import flock
from flowops.errors import LockHeld


def test_a_lock_file_is_held_by_one_and_free_after_the_block(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with flock.opened(path) as one, flock.opened(path) as other:
        assert (flock.taken(one), flock.taken(other)) == (True, False)
    assert path.stat().st_mode & 0o777 == 0o600
    with flock.opened(path) as other:
        assert flock.taken(other)


def test_of_two_that_change_a_folders_files_one_is_told_of_the_other(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with (
        flock.alone_in(tmp_path, "first"),
        pytest.raises(LockHeld, match="another one"),
        flock.alone_in(link, "another one"),
    ):
        pass
    with flock.alone_in(link, "free by now"):
        pass


def test_what_blocks_inside_is_not_taken_for_somebody_elses_lock(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), flock.alone_in(tmp_path, "another one"):
        raise BlockingIOError


def test_a_link_is_no_folder_where_none_may_stand_for_it(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(OSError, match="link"), flock.opened(link, flock.FOLDER):
        pass
