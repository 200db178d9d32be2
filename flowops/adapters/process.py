"""The only door through which flowops starts another program.

Every child stands in a session of its own, reads /dev/null, and writes to files, never to pipes: so it outlives a
flowops that is killed, and hears no Ctrl-C that was not meant for it. What it writes only its owner can read.
"""

from __future__ import annotations

import ctypes
import math
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sh

from flowops.errors import OperationFailed, ToolUnusable
from flowops.model.plaintext import redacted

OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes that `run` takes of each stream; a tool that prints more is stopped."""

# Loaded here, because between fork and exec nothing may be loaded.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_LOST = 255
_ANY_CODE = tuple(range(-64, 256))
_GRACE = 2.0
_SHORTEST, _LONGEST = 0.005, 0.05

Pause = Callable[[float], None]


def _idle() -> None:
    """Do nothing between two looks at a child."""


@dataclass(frozen=True)
class Completed:
    """How a short tool ended; `returncode` is negative for a signal."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def succeeded(self) -> bool:
        """Say that the tool ended with 0."""
        return self.returncode == 0


class Running:
    """A child at work; it goes on when flowops dies or is interrupted."""

    def __init__(self, process: Any, stdout: Path, stderr: Path, pause: Pause) -> None:
        self.pid: int = process.pid
        self.stdout = stdout
        self.stderr = stderr
        self._process = process
        self._pause = pause
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the child works."""
        if self._code is None:
            alive, code = self._process.is_alive()
            if not alive and code is None:
                self._code = _LOST  # an interrupt hit sh between hearing the code and storing it
            elif not alive:
                self._code = code
                self._process.wait()  # ends sh's threads now, not within a second
        return self._code

    def wait(self, tick: Callable[[], None] = _idle) -> int:
        """Return the exit code when the child has ended, calling `tick` up to twenty times a second until then.

        KeyboardInterrupt, and whatever `tick` raises, reaches the caller while the child works on.
        """
        while (code := self.wait_at_most(3600, tick)) is None:
            continue
        return code

    def wait_at_most(self, seconds: float, tick: Callable[[], None] = _idle) -> int | None:
        """Wait as `wait` does, but return None when the child still works after `seconds`."""
        patience, waited = _SHORTEST, 0.0
        while (code := self.poll()) is None and waited < seconds:
            tick()
            self._pause(patience)
            waited += patience
            patience = min(2 * patience, _LONGEST)
        return code

    def stop(self) -> None:
        """End the child and all it started, if it still works: SIGTERM to its group, SIGKILL after two seconds."""
        if self.poll() is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._signal_group(number)
            if self.wait_at_most(_GRACE) is not None:
                return

    def _signal_group(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return


class Begun:
    """A short tool at work."""

    def __init__(self, argv: Sequence[str], child: Running) -> None:
        self._argv, self._child = argv, child

    def result(self, timeout: float | None = None, secrets: Collection[str] = ()) -> Completed:
        """Return what it printed, without `secrets`; ToolUnusable after `timeout` seconds or OUTPUT_LIMIT."""
        argv, out, err = self._argv, self._child.stdout, self._child.stderr
        limit = math.inf if timeout is None else timeout
        try:
            code = self._child.wait_at_most(limit, lambda: _check_size(argv, out, err))
        finally:
            self._child.stop()
        if code is None:
            raise _unusable(argv, f"did not end within {limit:g} s and was stopped", "flowops toolchain list")
        _check_size(argv, out, err)
        return Completed(code, _text(out, secrets), _text(err, secrets))


class Processes:
    """Starts programs; `pause` is how it passes the time while it waits for one."""

    def __init__(self, *, pause: Pause = time.sleep) -> None:
        self._pause = pause

    def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdout: Path,
        stderr: Path,
        dies_with_us: bool = False,
    ) -> Running:
        """Start a program that may outlive us, its output appended to two files; raise ToolUnusable if it cannot.

        With `dies_with_us` Linux kills it together with the thread that starts it, even by kill -9.
        """
        begin = _begin_doomed if dies_with_us else _begin_clean
        with _opened(stdout) as out, _opened(stderr) as err:
            return Running(_spawn(argv, env=env, cwd=cwd, out=out, err=err, begin=begin), stdout, stderr, self._pause)

    def spawn_detached(self, argv: Sequence[str], env: Mapping[str, str], log: Path) -> int:
        """Start a server that outlives us, both streams appended to `log`, and return its pid."""
        return self.start(argv, env=env, cwd=log.parent, stdout=log, stderr=log).pid

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        timeout: float | None = None,
        secrets: Collection[str] = (),
    ) -> Completed:
        """Run a short tool to its end and return what it printed, without `secrets`.

        The tool is stopped, with all it started, by Ctrl-C, after `timeout` seconds, and when it prints more than
        OUTPUT_LIMIT; the last two raise ToolUnusable. So it is not for what changes state: that is for `start`.
        """
        with self.begin(argv, env=env, cwd=cwd) as begun:
            return begun.result(timeout, secrets)

    @contextmanager
    def begin(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Iterator[Begun]:
        """Yield a short tool that runs while other things are done; it is stopped when the block ends before it."""
        with tempfile.TemporaryDirectory(prefix="flowops-") as folder:
            child = self.start(argv, env=env, cwd=cwd, stdout=Path(folder, "stdout"), stderr=Path(folder, "stderr"))
            try:
                yield Begun(argv, child)
            finally:
                child.stop()


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _spawn(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, out: int, err: int, begin: Callable[[], None]
) -> Any:
    """Start the program with the descriptors /dev/null, `out` and `err`, and nothing else of ours."""
    program = _found(argv, env)
    if not cwd.is_dir():
        raise OperationFailed(f"{argv[0]} cannot start in {cwd}: there is no such folder.")
    with open(os.devnull, "rb") as nothing:
        try:
            return sh.Command(program)(
                list(argv[1:]),
                _bg=True,
                _bg_exc=False,
                _new_session=True,
                _in=nothing,
                _out=out,
                _err=err,
                _env=dict(env),
                _cwd=str(cwd),
                _ok_code=_ANY_CODE,
                _preexec_fn=begin,
                _log_msg=_name_only,
            ).process
        except sh.ForkException as error:
            reason = str(error).strip().rpartition("\n")[2]
            raise _unusable(argv, f"could not be started: {reason}") from error


def _found(argv: Sequence[str], env: Mapping[str, str]) -> str:
    program = shutil.which(argv[0], path=env.get("PATH", os.defpath))
    if program is None:
        missing = "is not an executable file" if os.sep in argv[0] else "is not on PATH"
        raise _unusable(argv, missing)
    return program


def _begin_clean() -> None:
    """Run in the child: keep its files private, and undo what we ignore (a script's `flowops … &`) or block."""
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _begin_doomed() -> None:
    """Run in the child: on Linux, be killed when the parent dies (prctl(2), PR_SET_PDEATHSIG)."""
    _begin_clean()
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGKILL)


def _name_only(ran: str, call_args: Mapping[str, Any], pid: int | None = None) -> str:
    """Keep arguments out of sh's log."""
    return f"{ran.partition(' ')[0]}, pid {pid}"


def _check_size(argv: Sequence[str], *files: Path) -> None:
    if any(file.stat().st_size > OUTPUT_LIMIT for file in files):
        raise _unusable(
            argv, f"printed more than {OUTPUT_LIMIT // 1024**2} MiB and was stopped", "flowops toolchain list"
        )


def _text(file: Path, secrets: Collection[str]) -> str:
    text = file.read_bytes().decode("utf-8", "replace")
    return redacted(text, secrets) if secrets else text


def _unusable(argv: Sequence[str], what: str, next_step: str = "flowops toolchain install") -> ToolUnusable:
    return ToolUnusable(f"{argv[0]} {what}.", not_done="It did not do its work.", next_step=next_step)
