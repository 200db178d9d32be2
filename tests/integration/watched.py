"""A run on a real terminal, watched: what it shows, and keys for it."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from struct import pack
from typing import Any

from tests.integration.child_processes import PATIENCE
from tests.integration.tools import Tools
from tests.sandbox import Sandbox

ROOT = Path(__file__).parents[2]


def own_terminal() -> None:
    """Make the terminal that this process was started on its own: a session's leader gets the one that it opens."""
    os.open(os.ttyname(0), os.O_RDWR)


class Watched:
    """A program of ours on a terminal of its own, and somebody who looks and types; its first unit is held."""

    def __init__(
        self,
        root: Path,
        tools: Tools,
        *,
        columns: int = 120,
        how: str = "",
        program: str = "tests.integration.board_bench",
        **env: str,
    ) -> None:
        self.sandbox = Sandbox(root)
        self.held = self.sandbox.held_unit("foundation/vpc")
        self.next = self.sandbox.unit("foundation/eks", depends="foundation/vpc")
        self.ours, self.theirs = os.openpty()
        ioctl(self.theirs, termios.TIOCSWINSZ, pack("HHHH", 30, columns, 0, 0))
        self.before = self.settings()
        self.text = ""
        argv = [sys.executable, "-m", program, str(root)]
        argv += [str(tools.terragrunt), str(tools.terraform), *([how] if how else [])]
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CI", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env={**kept, "TERM": "xterm-256color", **env},
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
        )

    def settings(self) -> list[Any]:
        return termios.tcgetattr(self.theirs)

    @property
    def echoes(self) -> bool:
        return bool(self.settings()[3] & termios.ECHO)

    def read(self) -> None:
        while select.select([self.ours], [], [], 0.02)[0]:
            self.text += os.read(self.ours, 65536).decode("utf-8", "replace")

    def until(self, happened: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, f"waited in vain until {what}; the terminal shows {self.plain[-3000:]}"
            self.read()

    def until_shown(self, pattern: str) -> None:
        self.until(lambda: re.search(pattern, self.plain), f"{pattern} is shown")

    @property
    def plain(self) -> str:
        """Return what was written without styles and movements."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text)

    def until_applying(self) -> None:
        self.until(lambda: self.sandbox.reached(self.held), "terraform works in the first unit")

    def type(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def end(self) -> int:
        self.until(lambda: self.process.poll() is not None, "flowops has ended")
        self.read()
        return int(self.process.returncode)

    def close(self) -> None:
        self.sandbox.release()
        self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)
