"""Give this process to another program: it has our process id, our terminal and our signals, and its own exit code."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from flowops.errors import UsageError

_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")


def program_of(command: str, path: str | None) -> str:
    """Return the program that a command's first word means; UsageError where there is none."""
    found = shutil.which(command, path=path)
    if found is None:
        raise UsageError(f"There is no program {command!r}.", not_done="AWS was not called.")
    return found


def become(program: str, argv: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Run a program in place of this process; UsageError where the system does not take it for one."""
    for name in _IGNORED_BY_PYTHON:
        # What Python ignores would stay ignored: `yes | head -1` would not end quietly.
        with suppress(AttributeError):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(program, list(argv), dict(env))
    except OSError as error:
        raise UsageError(f"{program} cannot be run: {error.strerror}.", not_done="Nothing was started.") from error
