"""Which process serves a state directory, and where: known to the server and to whoever looks for it.

It imports nothing heavy, so that asking for a rehearsal's state does not load the emulator.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from flowops import atomic_file

MODULE = "flowops.emulated_aws"
LOOPBACK = "127.0.0.1"
HEALTH_PATH = "/flowops/health"
LOCK_FILE = "server.lock"


@dataclass(frozen=True)
class Identity:
    """One running server; `started` is UTC in ISO 8601, `start_token` is what its health answer repeats."""

    FILE_NAME: ClassVar[str] = "server.json"

    pid: int
    port: int
    started: str
    moto_version: str
    start_token: str

    @classmethod
    def read(cls, state_dir: Path) -> Identity | None:
        """Return what `server.json` says, or None where there is none that makes sense."""
        try:
            return cls(**json.loads((state_dir / cls.FILE_NAME).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, state_dir: Path) -> None:
        """Say that this server answers from now on."""
        atomic_file.write(state_dir / self.FILE_NAME, json.dumps(asdict(self)).encode())
