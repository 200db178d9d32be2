"""The folders of pools: private ones, and what is swept away of dead ones."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

import pytest

from flowops.adapters.providers.folder import POOL_PID, PROVIDER, private, remember, sweep
from flowops.errors import ToolUnusable

GONE = f"{os.getpid()} 1"
"""What was written down about a process that is not there any more: another one has its number now."""

LONG_AGO = (1, 1)


@dataclass
class Killer:
    """Kills nobody and remembers whom."""

    killed: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, pid: int, number: int) -> None:
        self.killed.append((pid, number))


def pool(runtime: Path, *, pid: str | None, provider: str | None = None) -> Path:
    """Make the folder of a pool that started long ago; None: that process was never written down."""
    folder = runtime / "pool"
    folder.mkdir()
    for name, text in ((POOL_PID, pid), (f"{PROVIDER}1.pid", provider)):
        if text is not None:
            (folder / name).write_text(text)
    (folder / "control").touch()
    os.utime(folder, LONG_AGO)
    return folder


def living(folder: Path) -> str:
    """Return what is written down about a process that lives."""
    remember(folder / "remembered", os.getpid())
    return (folder / "remembered").read_text()


def test_a_private_folder_is_made_and_found_again(tmp_path: Path) -> None:
    folder = private(tmp_path / "user" / "flowops")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert private(folder) == folder


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(mode)
    with pytest.raises(ToolUnusable, match="open is not private to this user"):
        private(tmp_path / "open")


def test_a_link_is_refused_even_where_it_leads_to_a_private_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(private(tmp_path / "mine"), target_is_directory=True)
    with pytest.raises(ToolUnusable, match="link is not private"):
        private(tmp_path / "link")


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = private(tmp_path / "theirs")
    with pytest.raises(ToolUnusable, match="theirs is not private"):
        private(folder, user=os.getuid() + 1)


def test_a_living_pool_is_left_alone(tmp_path: Path) -> None:
    runtime, killer = private(tmp_path / "runtime"), Killer()
    folder = pool(runtime, pid=living(tmp_path), provider=living(tmp_path))
    sweep(runtime, killer)
    assert (folder / "control").exists()
    assert killer.killed == []


@pytest.mark.parametrize("pid", [None, "", "12"], ids=["not written down", "just being written", "half written"])
def test_a_pool_that_may_be_starting_is_left_alone_for_a_minute(tmp_path: Path, pid: str | None) -> None:
    folder = pool(tmp_path, pid=pid)
    os.utime(folder)
    sweep(tmp_path)
    assert folder.exists()
    os.utime(folder, LONG_AGO)
    sweep(tmp_path)
    assert not folder.exists()


def test_a_dead_pool_is_removed_however_young(tmp_path: Path) -> None:
    folder = pool(tmp_path, pid=GONE)
    os.utime(folder)
    sweep(tmp_path)
    assert not folder.exists()


def test_a_provider_that_outlived_its_pool_is_killed(tmp_path: Path) -> None:
    runtime, killer = private(tmp_path / "runtime"), Killer()
    folder = pool(runtime, pid=GONE, provider=living(tmp_path))
    sweep(runtime, killer)
    assert killer.killed == [(os.getpid(), SIGKILL)]
    assert not folder.exists()


def test_whoever_has_a_dead_providers_number_now_is_not_killed(tmp_path: Path) -> None:
    killer = Killer()
    pool(tmp_path, pid=GONE, provider=GONE)
    sweep(tmp_path, killer)
    assert killer.killed == []


def test_a_provider_that_ends_just_then_does_not_stop_the_sweeping(tmp_path: Path) -> None:
    def too_late(pid: int, number: int) -> None:
        raise ProcessLookupError(pid)

    runtime = private(tmp_path / "runtime")
    folder = pool(runtime, pid=GONE, provider=living(tmp_path))
    sweep(runtime, too_late)
    assert not folder.exists()


def test_neither_a_stray_file_nor_a_folder_that_just_went_away_stops_the_sweeping(tmp_path: Path) -> None:
    (tmp_path / "a stray file").touch()
    os.utime(tmp_path / "a stray file", LONG_AGO)
    (tmp_path / "gone").symlink_to("nowhere")
    folder = pool(tmp_path, pid=GONE)
    sweep(tmp_path)
    assert not folder.exists()
