"""The one etcd of a rehearsal: it holds the objects of all clusters, each below a prefix of its own."""

from __future__ import annotations

import base64
import socket
from dataclasses import dataclass
from pathlib import Path

from flowops import atomic_file
from flowops.rehearsal.kubernetes.api import Api
from flowops.rehearsal.kubernetes.certificates import Authority, Pair
from flowops.rehearsal.kubernetes.programs import LOOPBACK, RESTARTS, Child, EtcdFiles, Lost, Start, etcd_argv


@dataclass
class _Running:
    child: Child
    files: EtcdFiles
    api: Api
    answered: bool = False


class Etcd:
    """Starts etcd when it is first needed, and again when it ended."""

    def __init__(self, folder: Path, program: str, start: Start) -> None:
        self._folder, self._program, self._start = folder, program, start
        self._running: _Running | None = None
        self._restarts = 0

    @property
    def files(self) -> EtcdFiles:
        """Return what its clients need of it while it runs."""
        assert self._running
        return self._running.files

    def tend(self) -> bool:
        """Start etcd if it does not run; say whether it answers. Raises Lost where it does not stay."""
        if self._running is None:
            self._running = self._begun()
        elif (code := self._running.child.poll()) is not None:
            self._restarts += 1
            if self._restarts > RESTARTS:
                raise Lost(f"etcd ended with {code}, not for the first time; see {self._folder / 'etcd.log'}")
            self._running = self._begun()
        self._running.answered = self._running.answered or self._running.api.answers("/health")
        return self._running.answered

    def forget(self, prefix: str) -> None:
        """Delete everything below a prefix; etcd has to run."""
        assert self._running
        first, end = f"{prefix}/".encode(), f"{prefix}0".encode()  # "0" is what comes after "/"
        self._running.api.post("/v3/kv/deleterange", {"key": _encoded(first), "range_end": _encoded(end)})

    def stop(self) -> None:
        """End etcd, if it runs; what it holds stays."""
        if self._running is not None:
            self._running.child.stop()
            self._running, self._restarts = None, 0

    def _begun(self) -> _Running:
        folder = atomic_file.private_folder(self._folder)
        authority = Authority(folder, "etcd of a rehearsal")
        authority.ensure()
        own = authority.server("etcd")
        # The ports of the one that ended, if any: the API servers look for it there.
        ports = (self._running.files.port, self._running.files.peer_port) if self._running else (0, 0)
        client, peer = map(free_port, ports)
        files = EtcdFiles(folder, client, peer, authority.pair.certificate, own.certificate, own.key)
        child = self._start(etcd_argv(self._program, files), folder / "etcd.log")
        return _Running(child, files, Api(files.port, files.authority, Pair(own.certificate, own.key)))


def free_port(last: int = 0) -> int:
    """Return the last port if nobody has it, else any free one of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, last))
        except OSError:
            probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()
