"""Starts, finds and ends the emulated AWS of a state directory."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from flowops import atomic_file
from flowops.errors import OperationFailed
from flowops.rehearsal.identity import HEALTH_PATH, LOCK_FILE, LOOPBACK, MODULE, Identity
from flowops.rehearsal.occupancy import Occupancy
from flowops.rehearsal.recorder import FILE_NAME as CALLS_FILE
from flowops.rehearsal.recorder import Call, read_calls
from flowops.rehearsal.settings import Settings, load

LOG_FILE = "server.log"
START_LOCK_FILE = "start.lock"
QUOTED_LINES = 8

# The server sees nothing else of the caller's environment: no AWS_CA_BUNDLE, no proxy, no profile.
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
MOTO = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_ACM_VALIDATION_WAIT": "1"}
NOBODYS_AWS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

# Starts a detached child from argv, its whole environment and a log file; returns its pid.
Spawn = Callable[[list[str], dict[str, str], Path], int]


@dataclass(frozen=True)
class Endpoint:
    """Where the emulated AWS answers, and the process behind it."""

    url: str
    pid: int

    @property
    def port(self) -> int:
        """The port of the loopback interface."""
        return int(self.url.rpartition(":")[2])


class Emulator:
    """The emulated AWS of one state directory.

    In seconds: `patience` is how long a start may take, `silence` after how long a server counts as hung,
    `grace` how long one may take to save its state.
    """

    def __init__(
        self,
        state_dir: Path,
        spawn: Spawn,
        *,
        environ: Mapping[str, str] = os.environ,
        patience: float = 60.0,
        silence: float = 15.0,
        grace: float = 20.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._state_dir, self._spawn, self._environ = state_dir, spawn, environ
        self._patience, self._silence, self._grace = patience, silence, grace
        self._clock, self._sleep = clock, sleep
        self._lock = Occupancy(state_dir / LOCK_FILE)

    def status(self) -> Endpoint | None:
        """Return where the emulator answers now, or None."""
        identity = Identity.read(self._state_dir)
        if identity is None or _start_token(identity.port) != identity.start_token:
            return None
        return Endpoint(f"http://{LOOPBACK}:{identity.port}", identity.pid)

    def start(self, settings: Settings) -> Endpoint:
        """Return the running emulator, or start one and wait until it answers.

        One that runs with other accounts, another region, port or programs of Kubernetes than wanted is
        restarted with its state. So is a server that a killed run left behind and that does not answer. Two
        callers at once get the same emulator. Raises OperationFailed, with the last lines of the log, when the
        port is taken or the server does not get ready.
        """
        atomic_file.private_folder(self._state_dir)
        settings = replace(settings, state_dir=self._state_dir)
        with Occupancy(self._state_dir / START_LOCK_FILE):
            running = self._running()
            if running and self._fits(running, settings):
                return running
            if settings.port not in (0, self._last_port()):
                # Looked at first, so that a port that is taken leaves what runs as it is.
                _free_port(settings.port, 0)
            self.stop()
            return self._launch(settings)

    def stop(self) -> bool:
        """End the emulator and wait until its state is saved; False when none ran.

        Raises OperationFailed when it does not end, or when its lock is held by a process that is not it.
        """
        pid = self._lock.holder()
        if pid is None:
            return False
        if not is_server_of(pid, self._state_dir):
            raise OperationFailed(
                f"{self._state_dir / LOCK_FILE} is held by a process that is no emulated AWS.",
                not_done="Nothing was ended and nothing was started.",
                next_step=f"fuser {self._state_dir / LOCK_FILE}",
            )
        self._end(pid)
        return True

    def calls(self) -> Iterator[Call]:
        """Yield every recorded call, oldest first."""
        return read_calls(self._state_dir / CALLS_FILE)

    def _running(self) -> Endpoint | None:
        """Return the emulator that answers, giving a busy one time to."""
        deadline = self._clock() + self._silence
        while self._lock.holder() is not None and self._clock() < deadline:
            if running := self.status():
                return running
            self._sleep(0.05)
        return None

    def _fits(self, running: Endpoint, wanted: Settings) -> bool:
        """Return whether the emulator runs with these settings; port 0 fits every port."""
        present = load(self._state_dir)
        same = replace(present, port=0, state_dir=wanted.state_dir) == replace(wanted, port=0)
        return same and wanted.port in (0, running.port)

    def _launch(self, settings: Settings) -> Endpoint:
        port = _free_port(settings.port, self._last_port())
        settings.save()
        (self._state_dir / Identity.FILE_NAME).unlink(missing_ok=True)
        log = self._state_dir / LOG_FILE
        before = log.stat().st_size if log.exists() else 0
        pid = self._spawn(server_argv(self._state_dir, port), server_environment(self._environ, port), log)
        return self._ready(pid, log, before)

    def _ready(self, pid: int, log: Path, before: int) -> Endpoint:
        """Wait for the server's own file and for its answer."""
        deadline = self._clock() + self._patience
        while self._clock() < deadline and not has_ended(pid):
            if running := self.status():
                return running
            self._sleep(0.05)
        why = "ended at once" if has_ended(pid) else f"did not answer within {self._patience:.0f} s"
        raise OperationFailed(
            f"The emulated AWS {why}. {log} ends with:\n{_words(log, before) or '(nothing)'}",
            not_done="No emulated AWS is running.",
            next_step="flowops rehearse up, after mending what the log says",
        )

    def _end(self, pid: int) -> None:
        """Ask a server to end; one that does not is killed, and its last snapshot stands."""
        for number, seconds in ((signal.SIGTERM, self._grace), (signal.SIGKILL, 5.0)):
            _send(pid, number)
            deadline = self._clock() + seconds
            while self._clock() < deadline:
                if self._lock.holder() is None:
                    return
                self._sleep(0.05)
        raise OperationFailed(
            f"Process {pid}, the emulated AWS of {self._state_dir}, does not end.",
            next_step=f"kill -9 {pid}",
        )

    def _last_port(self) -> int:
        identity = Identity.read(self._state_dir)
        return identity.port if identity else 0


def server_argv(state_dir: Path, port: int) -> list[str]:
    """Return the command line of the server; -P keeps the directory it starts in out of its imports."""
    return [sys.executable, "-P", "-m", MODULE, "--state-dir", str(state_dir), "--port", str(port)]


def server_environment(environ: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the whole environment of the server."""
    passed_on = {name: environ[name] for name in PASSED_ON if name in environ}
    return {**passed_on, **MOTO, **NOBODYS_AWS, "MOTO_PORT": str(port)}


def is_server_of(pid: int, state_dir: Path) -> bool:
    """Return whether a process is the server of a state directory.

    Where the system has no /proc, that it holds the server's lock has to do.
    """
    if not Path("/proc/self/cmdline").exists():
        return True
    try:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return MODULE in argv and str(state_dir) in argv


def has_ended(pid: int) -> bool:
    """Return whether a process is gone, or is only waiting for its parent to notice."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except ProcessLookupError:
        return True
    except OSError:  # no /proc on this system, or another user's process
        return False


def _start_token(port: int) -> str | None:
    """Ask a port for the token of the server behind it; None where nobody or somebody else answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", HEALTH_PATH)
        answer = json.loads(connection.getresponse().read())
        return str(answer["start_token"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _free_port(wanted: int, last: int) -> int:
    """Return the wanted port, or for 0 the last one or any; raise OperationFailed when the wanted one is taken."""
    if wanted and not _is_free(wanted):
        raise OperationFailed(
            f"Port {wanted} of {LOOPBACK} is taken by another program.",
            not_done="The emulated AWS was not started.",
            next_step="flowops rehearse up --port 0, which takes any free port",
        )
    if wanted or (last and _is_free(last)):
        return wanted or last
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _words(log: Path, start: int) -> str:
    """Return the last lines that a log got after `start` bytes."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-QUOTED_LINES:])


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
