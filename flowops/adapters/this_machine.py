"""This computer and this process, as a lease names them, and whether a process that it named still works here."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flowops.adapters.shim import is_running
from flowops.adapters.terraform_shim import start_ticks

_BOOT, _PROCESSES = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


@dataclass(frozen=True)
class ThisMachine:
    """`machine` differs for every start of every computer and for every container, whatever they are called.

    It is "" where the kernel does not tell: then nobody's death is known from here.
    """

    who: str
    host: str
    machine: str
    pid: int
    ticks: int

    def runs(self, machine: str, pid: int, ticks: int) -> bool | None:
        """Say whether a process of `machine` still works; None where that is another one, or unknown."""
        if not machine or machine != self.machine:
            return None
        return is_running(pid, ticks)


def this_machine() -> ThisMachine:
    """Return where and as what this process runs."""
    host = socket.gethostname()
    return ThisMachine(f"{user_name()}@{host}", host, _machine(), os.getpid(), start_ticks(os.getpid()))


def user_name() -> str:
    """Return the name of this process's user, its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for the number
        return str(os.getuid())


def _machine() -> str:
    try:
        boot, processes = _BOOT.read_text().strip(), os.readlink(_PROCESSES)
    except OSError:
        return ""
    return sha256(f"{boot} {processes}".encode()).hexdigest()[:32]
