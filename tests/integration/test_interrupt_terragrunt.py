"""Signals while terraform is at work: what runs is finished and saved, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowops.adapters.shim import read_calls
from flowops.model.deployment import Unit
from tests.integration.child_processes import PATIENCE, await_true
from tests.integration.tools import Tools
from tests.sandbox import Sandbox

ROOT = Path(__file__).parents[2]


class Applying:
    """flowops' engine at work in a process of its own, held inside the first unit."""

    def __init__(self, root: Path, tools: Tools) -> None:
        self.sandbox = Sandbox(root)
        self.held = self.sandbox.held_unit("foundation/vpc")
        self.next = self.sandbox.unit("foundation/eks", depends="foundation/vpc")
        argv = [sys.executable, "-m", "tests.integration.bench", str(root), str(tools.terragrunt), str(tools.terraform)]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout

    def terragrunt(self) -> int:
        """Return the pid of terragrunt, found by its working directory on the command line."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                argv = self._argv(folder)
                if argv[1:3] == ["run", "--all"] and str(self.sandbox.deployments / self.sandbox.base) in argv:
                    return int(folder.name)
        raise AssertionError("terragrunt is not there")

    @staticmethod
    def _argv(folder: Path) -> list[str]:
        try:
            return (folder / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            return []

    def ended(self, unit: Unit) -> bool:
        """Say whether terraform's apply of a unit was recorded to its end."""
        calls = read_calls(self.sandbox.root / "run" / "1" / "calls")
        folder = self.sandbox.deployments / unit.path
        return any(it.unit_dir == folder and it.command == "apply" and it.exit_code == 0 for it in calls)

    def finish(self) -> tuple[int, str]:
        self.sandbox.release()
        output, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output


@pytest.fixture
def applying(tmp_path: Path, tools: Tools) -> Iterator[Applying]:
    made = Applying(tmp_path, tools)
    try:
        await_true(lambda: made.sandbox.reached(made.held), "terraform works in the first unit")
        yield made
    finally:
        made.sandbox.release()
        made.process.kill()
        made.process.wait()
        made.said.close()


@pytest.mark.fault(2)
def test_ctrl_c_lets_the_running_unit_finish_and_starts_no_other(applying: Applying) -> None:
    applying.process.send_signal(signal.SIGINT)
    await_true((applying.sandbox.root / "run" / "drain").exists, "the drain flag")
    code, output = applying.finish()
    assert code == 130
    assert "draining" in output
    assert applying.sandbox.resources(applying.held) == ["held", "this"]
    assert applying.sandbox.state(applying.next) is None
    assert applying.sandbox.locks() == []


@pytest.mark.fault(3)
def test_a_second_ctrl_c_interrupts_terraform_which_saves_what_it_has(applying: Applying) -> None:
    applying.process.send_signal(signal.SIGINT)
    await_true((applying.sandbox.root / "run" / "drain").exists, "the drain flag")
    applying.process.send_signal(signal.SIGINT)
    output, _ = applying.process.communicate(timeout=PATIENCE)
    assert applying.process.returncode == 130
    assert "interrupting terraform" in output
    assert "this" in applying.sandbox.resources(applying.held)
    assert applying.sandbox.locks() == []


@pytest.mark.fault(5)
def test_sigterm_interrupts_at_once_and_ends_with_143(applying: Applying) -> None:
    applying.process.send_signal(signal.SIGTERM)
    applying.process.communicate(timeout=PATIENCE)
    assert applying.process.returncode == 143
    assert applying.sandbox.locks() == []


@pytest.mark.fault(6)
def test_a_lost_terminal_changes_nothing(applying: Applying) -> None:
    applying.process.send_signal(signal.SIGHUP)
    code, _ = applying.finish()
    assert code == 0
    assert applying.sandbox.resources(applying.next) == ["this"]


@pytest.mark.fault(1)
def test_kill_9_of_flowops_loses_nothing(applying: Applying) -> None:
    applying.process.kill()
    applying.process.wait()
    applying.sandbox.release()
    await_true(lambda: applying.ended(applying.next), "the second unit")
    assert applying.sandbox.resources(applying.held) == ["held", "this"]
    assert applying.sandbox.resources(applying.next) == ["this"]
    assert applying.sandbox.locks() == []


def test_kill_9_of_terragrunt_ends_the_run_only_when_terraform_has_saved_its_state(applying: Applying) -> None:
    os.kill(applying.terragrunt(), signal.SIGKILL)
    applying.finish()
    assert applying.sandbox.resources(applying.held) == ["held", "this"]
    assert applying.sandbox.state(applying.next) is None
    assert applying.sandbox.locks() == []


def test_kill_9_of_terragrunt_leaves_a_saved_state_and_no_lock(applying: Applying) -> None:
    os.kill(applying.terragrunt(), signal.SIGKILL)
    applying.sandbox.release()
    await_true(lambda: applying.ended(applying.held), "the end of terraform by itself")
    assert applying.sandbox.resources(applying.held) == ["held", "this"]
    assert applying.sandbox.locks() == []
