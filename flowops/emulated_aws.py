"""The emulated AWS as a process: the server of a rehearsal, and the door through which it starts Kubernetes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flowops.rehearsal import server
from flowops.rehearsal.kubernetes.programs import Child


def start(argv: list[str], log: Path) -> Child:
    """Start a program that dies with the thread that starts it; it sees nothing of our environment."""
    # Here, because an emulated AWS without Kubernetes starts nothing.
    from flowops.adapters.process import Processes

    env = {"HOME": str(log.parent), "PATH": os.defpath}
    return Processes().start(argv, env=env, cwd=log.parent, stdout=log, stderr=log, dies_with_us=True)


if __name__ == "__main__":
    sys.exit(server.main(start=start))
