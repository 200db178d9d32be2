"""One process in a race for a lease: `python -m tests.integration.lease_racer ENDPOINT HOME KEY ROUNDS`.

Says "ready", waits for a line on stdin, tries once to take the lease, says "won" or "lost", waits for another line
until it gives it back, and so for every round.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from flowops.adapters.at_work import RecordedRuns
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.lease import LeaseStore
from flowops.adapters.held_lease import HeldLease
from flowops.adapters.leases import EnvironmentLeases
from flowops.adapters.this_machine import this_machine
from flowops.errors import LockHeld
from flowops.model.run import RunRequest, Verb
from tests.fakes import tree
from tests.integration.organization import SECURITY, Home

BUCKET = "leases"
DEV = tree.deployment().environment("dev")


def leases(session: AwsSession, key: str, folder: Path) -> EnvironmentLeases:
    """Return what takes the lease at one key of the bucket."""
    return EnvironmentLeases(
        lambda environment, access: LeaseStore(session, BUCKET, key),
        this_machine(),
        RecordedRuns(folder),
        version="0.1.0",
        clock=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid4()),
        note=print,
    )


def try_once(racer: EnvironmentLeases) -> HeldLease | None:
    """Return the lease if it was ours; who gives it back lets another one win."""
    try:
        return racer.take(RunRequest(Verb.APPLY, "dev"), DEV, "run", "arn:racer", print)
    except LockHeld:
        return None


def main(endpoint: str, home: str, key: str, rounds: int) -> None:
    """Race."""
    session = Home(endpoint, Path(home)).into(SECURITY)
    session.client("s3")
    print("ready", flush=True)
    for number in range(rounds):
        sys.stdin.readline()
        won = try_once(leases(session, f"{key}/{number}/flowops.lease", Path(home)))
        print("won" if won else "lost", flush=True)
        sys.stdin.readline()
        if won:
            won.end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
