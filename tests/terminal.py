"""A command on a terminal of its own, whose questions are answered as somebody would who reads them."""

from __future__ import annotations

import os
import pty
import select
import signal
from collections.abc import Callable, Mapping, Sequence

Answer = str | Callable[[str], str]
"""What to type, or what makes it from all that was shown so far."""

PATIENCE = 300.0
"""Seconds without a sign after which the command is killed: its exit code fails the test then."""


def typed(argv: Sequence[str], env: Mapping[str, str], answers: Mapping[str, Answer]) -> tuple[int, str]:
    """Run a command, answer each question once as soon as it is shown, and return its exit code and all it showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(argv[0], [*argv], {**env})
    shown, waiting = "", dict(answers)
    while part := _shown(child, terminal):
        shown += part
        for question in [it for it in waiting if shown.endswith(it)]:
            answer = waiting.pop(question)
            os.write(terminal, (answer if isinstance(answer, str) else answer(shown)).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def _shown(child: int, terminal: int) -> str:
    """Return what a terminal shows next, nothing once its process has ended."""
    if not select.select([terminal], [], [], PATIENCE)[0]:
        os.kill(child, signal.SIGKILL)
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:
        # How Linux says that the other end of a terminal is closed.
        return ""
