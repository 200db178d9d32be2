"""Only providers of the run that have lost their terraform are ended, and nobody else's process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowops.adapters.orphans import reap
from tests.integration.child_processes import await_text, await_true

Start = Callable[..., int]
SLEEP = Path(shutil.which("sleep") or "")


def lives(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program that sleeps, and return its pid once its parent is gone."""
    started: list[int] = []
    parents: list[subprocess.Popen[bytes]] = []

    def start(program: str, calls: Path | None, *, parent_stays: bool = False) -> int:
        copy = tmp_path / program
        if not copy.exists():
            shutil.copy(SLEEP, copy)
        number = tmp_path / f"pid-{len(started)}"
        script = f'"$0" 1000 & echo $! > {number}.new; mv {number}.new {number}' + ("; wait" if parent_stays else "")
        env = {"PATH": os.environ["PATH"], **({"FLOWOPS_CALLS": str(calls)} if calls else {})}
        parent = subprocess.Popen(["sh", "-c", script, str(copy)], env=env, start_new_session=True)
        pid = int(await_text(number))
        started.append(pid)
        parents.append(parent)
        if not parent_stays:
            parent.wait()
        # Between fork and exec it is still the shell.
        await_true(lambda: Path(f"/proc/{pid}/exe").readlink().name == program, "the start of the program")
        return pid

    yield start
    for pid in started:
        if lives(pid):
            os.kill(pid, signal.SIGKILL)
    for parent in parents:
        parent.wait()


def test_a_provider_without_its_terraform_is_ended_and_nobody_elses_process(tmp_path: Path, start: Start) -> None:
    run, other = tmp_path / "runs" / "1", tmp_path / "runs" / "10"
    orphan = start("terraform-provider-aws_v5", run / "02-apply-saved" / "calls")
    kept = [
        start("terraform-provider-aws_v5", other / "02-apply-saved" / "calls"),
        start("terraform-provider-aws_v5", None),
        start("terraform-lookalike", run / "02-apply-saved" / "calls"),
        start("terraform-provider-aws_v5", run / "02-apply-saved" / "calls", parent_stays=True),
    ]
    run.mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "runs")
    assert reap(tmp_path / "link" / "1") == (orphan,)
    await_true(lambda: not lives(orphan), "the end of the orphan")
    assert all(map(lives, kept))
    assert reap(run) == ()
