"""A command that takes this process over: it is the same process, hears signals as usual, and ends as it ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flowops.adapters.handover import program_of
from flowops.errors import UsageError

BECOME = """
import os, sys
from flowops.adapters.handover import become
print("before", os.getpid(), flush=True)
become(sys.argv[1], sys.argv[1:], {"WHO": "role"})
"""


def became(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BECOME, *command], capture_output=True, text=True, check=False)


def test_the_command_is_this_process_and_its_exit_code_is_ours() -> None:
    ended = became("/bin/sh", "-c", "echo after $$ $WHO; exit 42")
    before, after = ended.stdout.splitlines()
    assert before.split()[1] == after.split()[1]
    assert (after.split()[2], ended.returncode) == ("role", 42)


def test_it_ends_by_a_signal_as_by_itself() -> None:
    assert became("/bin/sh", "-c", "kill -TERM $$").returncode == -15


def test_no_signal_is_ignored_that_python_ignores() -> None:
    # What started the tests may have left a signal ignored that nobody can reset, such as the C library's own 32.
    command = ("/bin/grep", "SigIgn", "/proc/self/status")
    by_itself = subprocess.run(command, capture_output=True, text=True, check=True)
    assert became(*command).stdout.splitlines()[-1] == by_itself.stdout.strip()


def test_a_program_that_is_not_there_is_told_before_anything_happens() -> None:
    with pytest.raises(UsageError, match="no program 'no-such-program'"):
        program_of("no-such-program", "/bin:/usr/bin")
    assert program_of("sh", "/bin") == "/bin/sh"


def test_what_is_no_program_is_told(tmp_path: str) -> None:
    with pytest.raises(UsageError, match="no program"):
        program_of(str(tmp_path), None)
