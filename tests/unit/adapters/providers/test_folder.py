"""The folders of pools: private ones, and what is swept away of dead ones."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

import pytest

from flowops.adapters.providers.folder import PROVIDER, claim, hold, private, remember, sweep
from flowops.errors import ToolUnusable

GONE = f"{os.getpid()} 1"
"""What was written down about a process that is not there any more: another one has its number now."""


@dataclass
class Killer:
    """Kills nobody and remembers whom."""

    killed: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, pid: int, number: int) -> None:
        self.killed.append((pid, number))


def pool(runtime: Path, *, provider: str | None = None) -> Path:
    """Make the folder of a pool, and what it wrote down about a provider."""
    folder = runtime / "pool"
    folder.mkdir()
    if provider is not None:
        (folder / f"{PROVIDER}1.pid").write_text(provider)
    (folder / "control").touch()
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


def test_what_somebody_holds_is_left_alone_and_swept_once_nobody_does(tmp_path: Path) -> None:
    runtime, killer = private(tmp_path / "runtime"), Killer()
    folder = pool(runtime, provider=living(tmp_path))
    both = [hold(folder) for _ in range(2)]  # the owner and the pool itself
    for held in both:
        sweep(runtime, killer)
        assert (folder / "control").exists()
        os.close(held)
    assert killer.killed == []
    sweep(runtime, killer)
    assert not folder.exists()


def test_a_pool_whose_pids_mean_nothing_here_is_left_alone_while_it_is_held(tmp_path: Path) -> None:
    """As in a /tmp that containers share, each with processes of its own."""
    killer = Killer()
    folder = pool(tmp_path, provider=GONE)
    held = hold(folder)
    sweep(tmp_path, killer)
    os.close(held)
    assert (folder / f"{PROVIDER}1.pid").exists()
    assert killer.killed == []


def test_a_claim_is_a_folder_that_is_held_in_a_runtime_without_leftovers(tmp_path: Path) -> None:
    left = pool(tmp_path)
    folder, held = claim(tmp_path)
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [folder]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not left.exists()
    os.close(held)
    sweep(tmp_path)
    assert not folder.exists()


def test_of_many_that_start_at_once_nobody_sweeps_anothers_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        claimed = list(threads.map(lambda _: claim(tmp_path), range(40)))
    assert sorted(tmp_path.iterdir()) == sorted(folder for folder, _ in claimed)
    for _, held in claimed:
        os.close(held)


def test_a_provider_that_outlived_its_pool_is_killed(tmp_path: Path) -> None:
    runtime, killer = private(tmp_path / "runtime"), Killer()
    folder = pool(runtime, provider=living(tmp_path))
    sweep(runtime, killer)
    assert killer.killed == [(os.getpid(), SIGKILL)]
    assert not folder.exists()


def test_whoever_has_a_dead_providers_number_now_is_not_killed(tmp_path: Path) -> None:
    killer = Killer()
    pool(tmp_path, provider=GONE)
    sweep(tmp_path, killer)
    assert killer.killed == []


def test_a_provider_that_ends_just_then_does_not_stop_the_sweeping(tmp_path: Path) -> None:
    def too_late(pid: int, number: int) -> None:
        raise ProcessLookupError(pid)

    runtime = private(tmp_path / "runtime")
    folder = pool(runtime, provider=living(tmp_path))
    sweep(runtime, too_late)
    assert not folder.exists()


def test_neither_a_stray_file_nor_a_folder_that_just_went_away_stops_the_sweeping(tmp_path: Path) -> None:
    (tmp_path / "a stray file").touch()
    (tmp_path / "gone").symlink_to("nowhere")
    folder = pool(tmp_path)
    sweep(tmp_path)
    assert not folder.exists()
