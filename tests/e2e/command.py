"""`python -m flowops` as a child process: argv in, exit code and text out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
USUAL_UMASK = 0o022
"""What operators' shells have: everybody on the machine may read what is written, unless its writer sees to that."""


def open_to_others(*folders: Path) -> list[str]:
    """Return each file and folder, the given ones among them, that somebody else on this machine has a right on."""
    found = [it for folder in folders if folder.exists() for it in (folder, *folder.rglob("*"))]
    return [f"{it.lstat().st_mode & 0o777:o} {it}" for it in found if not it.is_symlink() and it.lstat().st_mode & 0o77]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """Return stdout as the JSON envelope it has to be."""
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


@dataclass(frozen=True)
class Flowops:
    """flowops in one project's folder, with a state folder of its own and the user's cache of tools."""

    project: Path
    state: Path

    def env(self, **more: str) -> dict[str, str]:
        """Return the environment of the command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FLOWOPS_")}
        scripts = str(Path(sys.executable).parent)
        return {**kept, "PATH": f"{scripts}:{kept['PATH']}", "XDG_STATE_HOME": str(self.state), **more}

    def __call__(self, *words: str, env: Mapping[str, str] | None = None, timeout: float = 1200) -> Ended:
        argv = [sys.executable, "-m", "flowops", *words]
        done = subprocess.run(
            argv,
            cwd=self.project,
            env=self.env(**(env or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            umask=USUAL_UMASK,
        )
        return Ended(done.returncode, done.stdout, done.stderr)
