"""Temporary credentials kept from one command to the next: 0600 in a folder of their owner, made by one at a time."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters import flock
from flowops.adapters.aws.client import Credentials
from flowops.errors import LockHeld

_LARGEST = 65536
_LOOK_AGAIN = 0.05
PATIENCE = 120.0
"""Seconds to wait for whoever makes the same credentials, and may be asked for a code just now."""


def process_document(credentials: Credentials) -> bytes:
    """Return credentials as a `credential_process` prints them (docs.aws.amazon.com/sdkref, process credentials)."""
    document = {
        "Version": 1,
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret_key,
        "SessionToken": credentials.token,
        "Expiration": credentials.expires.isoformat() if credentials.expires else None,
    }
    return json.dumps({key: value for key, value in document.items() if value is not None}).encode()


def kept_name(*parts: str) -> str:
    """Return a file's name that differs wherever one of the parts does, and tells none of them."""
    return sha256("\n".join(parts).encode()).hexdigest()[:32] + ".json"


def kept_or_made(
    path: Path,
    make: Callable[[], Credentials],
    clock: Callable[[], datetime],
    reserve: timedelta,
    patience: float = PATIENCE,
) -> Credentials:
    """Return the credentials kept at `path` while they last longer than `reserve`, else new ones, kept there.

    Of many callers, in this process and in others, one makes them and the others find them. LockHeld when it takes
    that one longer than `patience` seconds; whatever `make` raises leaves nothing behind.
    """
    found = read(path, clock(), reserve)
    if found is not None:
        return found
    atomic_file.private_folder(path.parent)
    with _alone(path.with_suffix(".lock"), patience):
        found = read(path, clock(), reserve)
        if found is None:
            found = make()
            atomic_file.write(path, process_document(found))
        return found


def read(path: Path, now: datetime, reserve: timedelta) -> Credentials | None:
    """Return kept credentials if they are still good, are ours, and were readable by nobody else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
        text = file.read(_LARGEST) if ours else b""
    try:
        credentials = _parsed(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None
    return credentials if credentials.expires and credentials.expires - now > reserve else None


def _parsed(document: Any) -> Credentials:
    expires = datetime.fromisoformat(document["Expiration"])
    if expires.tzinfo is None:
        raise ValueError(expires)
    return Credentials(document["AccessKeyId"], document["SecretAccessKey"], document["SessionToken"], expires)


@contextmanager
def _alone(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock file while the block runs; LockHeld where somebody else holds it longer than `patience`."""
    until = time.monotonic() + patience
    with flock.opened(path) as descriptor:
        while not flock.taken(descriptor):
            if time.monotonic() > until:
                raise _busy()
            time.sleep(_LOOK_AGAIN)
        yield


def _busy() -> LockHeld:
    return LockHeld(
        "Another flowops is making the same AWS session; it may be asking for an MFA code in another window.",
        not_done="AWS was not called.",
        next_step="the same command again, once that one has been answered",
    )
