"""The process that shares providers, as the flowops that owns it sees it: started, asked, ended."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowops import atomic_file
from flowops.adapters.process import Processes, Running
from flowops.adapters.providers.folder import CONTROL, EXPECTED, claim, private, remove
from flowops.adapters.providers.places import Places
from flowops.errors import ToolUnusable

_POOL = "flowops.adapters.providers.pool"
_NAME = len("/12345678")
_LONGEST = 80
"""Characters of a pool's folder: unix(7) allows 107 for a socket, 103 on macOS, and the provider adds its own name."""

_READY = 20.0
_ANSWER = 90.0
_PAUSE = 0.01


class RunningPool:
    """The pool process as its owner sees it; `held` is the descriptor that keeps its folder from being swept."""

    def __init__(self, folder: Path, running: Running, held: int) -> None:
        self.folder = folder
        self._running, self._held = running, held
        self._socket: socket.socket | None = None
        self._file: Any = None
        self.lanes = 0

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Say that it still runs."""
        return self._running.poll() is None

    @property
    def last_words(self) -> str:
        """Return the last line that it wrote, for whoever wonders why it does not answer."""
        try:
            return self._running.stdout.read_text("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing"
        except OSError:
            return "it has gone"

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Return the pool's answer; OSError or ValueError where it has died or hangs."""
        if self._socket is None:
            self._socket = self._connected()
            self._file = self._socket.makefile("rb")
        self._socket.sendall(json.dumps(order).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._file.readline())
        return answer

    def _connected(self) -> socket.socket:
        patience = time.monotonic() + _READY
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.settimeout(_ANSWER)
                connection.connect(str(self.folder / CONTROL))
                return connection
            except OSError:
                connection.close()
                if self._running.poll() is not None or time.monotonic() > patience:
                    raise
                time.sleep(_PAUSE)

    def end(self) -> None:
        """Let the pool end, once the last terraform has gone, and leave nothing of it behind."""
        try:
            self.ask({"goodbye": True})
        except (OSError, ValueError):
            self._running.stop()
        if self._socket is not None:
            self._file.close()
            self._socket.close()
        if self._running.wait_at_most(_READY) is not None:
            remove(self.folder)
        os.close(self._held)


def start_pool(
    processes: Processes, places: Places, env: Mapping[str, str], expected: Mapping[str, Any]
) -> RunningPool:
    """Start a pool in a folder of its own; it begins with the providers that `expected` names."""
    if len(str(places.runtime)) + _NAME > _LONGEST:
        raise ToolUnusable(f"The path {places.runtime} is too long for sockets.")
    folder, held = claim(private(places.runtime))
    try:
        atomic_file.write(folder / EXPECTED, json.dumps(expected).encode())
        log = folder / "pool.log"
        argv = [str(places.python), "-P", "-m", _POOL, str(folder), str(places.schemas), str(places.linger)]
        running = processes.start(argv, env=env, cwd=folder, stdout=log, stderr=log)
    except BaseException:
        remove(folder)
        os.close(held)
        raise
    return RunningPool(folder, running, held)
