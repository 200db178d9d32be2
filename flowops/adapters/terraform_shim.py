"""The program that terragrunt runs in terraform's place, so that no dead terragrunt takes state with it.

terragrunt's child is only a pump: it copies terraform's output from files. A second process, the keeper, stands in a
session of its own, starts terraform, waits for it and writes down how it ended. Whoever is killed (the pump,
terragrunt, flowops), terraform goes on, saves its state, releases its lock, and its exit code is known.

Runs alone, as `python -I -S terraform_shim.py COMMAND…`, with the standard library only. It starts once or more for
every unit, so it imports nothing that costs time: `signal`, `json` and `collections.abc` would triple its start.

Environment: FLOWOPS_TERRAFORM, the path of terraform; FLOWOPS_CALLS, the folder below which every call gets its own:
    call.json   argv, cwd, started (seconds since 1970); pid of terraform and of the keeper, each with the ticks at
                which the kernel started it, so that a number given out again is not taken for them
    stdout      terraform's bytes as they came
    stderr
    exit.json   code (as a shell would say it), signal (0 if none), ended
"""

from __future__ import annotations

import _signal as signals  # type: ignore[import-not-found]  # `signal` spends 6 ms on wrapping these in enums
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WATCHED = ("apply", "destroy", "import", "init", "plan", "refresh", "state", "untaint")
"""The commands that write state, plans or caches; every other one is terraform itself at once."""

_CHUNK = 64 * 1024
_SHORTEST, _LONGEST = 0.005, 0.1
_HELD = (signals.SIGINT, signals.SIGTERM, signals.SIGHUP)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run terraform under a keeper, copy its output, and return its exit code."""
    # Held from here on: one that comes before terraform is there is delivered to it once it is.
    signals.pthread_sigmask(signals.SIG_BLOCK, _HELD)
    os.umask(0o077)
    try:
        folder = new_call(environ["FLOWOPS_CALLS"])
        files = tuple(os.open(f"{folder}/{name}", _CREATE, 0o600) for name in ("stdout", "stderr"))
    except OSError as error:
        os.write(2, f"flowops: this call cannot be recorded, so terraform was not started: {error}\n".encode())
        return 1
    report, keeper_report = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        _keep(argv, environ, folder, files, keeper_report)
    for descriptor in (*files, keeper_report):
        os.close(descriptor)
    code = pump(folder, report)
    os.waitpid(keeper, 0)  # it is gone or going; waiting hands terraform's CPU time up to terragrunt
    return code


def new_call(calls: str) -> str:
    """Make the folder of this call; names sort by start."""
    folder = f"{calls}/{time.time_ns()}-{os.getpid()}"
    os.mkdir(folder, 0o700)
    return folder


# -- the keeper ------------------------------------------------------------------------------------------------------


def _keep(argv: Sequence[str], environ: Mapping[str, str], folder: str, files: Sequence[int], report: int) -> None:
    """Start terraform in a session of our own and outlive everybody; never returns."""
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        # terragrunt waits until nobody holds its pipes any more; the keeper must not be the one.
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        pid = os.fork()
        if pid == 0:
            _become_terraform(argv, environ, folder, files)
        _tell(report, pid)
        code, signal = exit_of(os.waitpid(pid, 0)[1])
        _record_exit(folder, code, signal)
        _tell(report, code)
    finally:
        os._exit(0)


def _become_terraform(argv: Sequence[str], environ: Mapping[str, str], folder: str, files: Sequence[int]) -> None:
    """Write the call down, then be terraform; what goes wrong is terraform's stderr and code 127."""
    try:
        os.dup2(files[0], 1)
        os.dup2(files[1], 2)
        write_whole(f"{folder}/call.json", call_record(argv, os.getcwd(), time.time(), (os.getpid(), os.getppid())))
        _reset_signals()
        terraform = environ["FLOWOPS_TERRAFORM"]
        os.execve(terraform, [terraform, *argv], environ)
    except (OSError, KeyError) as error:
        os.write(2, f"flowops: terraform could not be started: {error}\n".encode())
    finally:
        os._exit(127)


def _reset_signals() -> None:
    """Give terraform the dispositions of a program that a shell starts, but for SIGHUP."""
    for number in (signals.SIGINT, signals.SIGTERM, signals.SIGQUIT, signals.SIGPIPE, signals.SIGXFSZ):
        signals.signal(number, signals.SIG_DFL)
    # Go leaves an ignored SIGHUP ignored: a lost ssh connection ends nothing.
    signals.signal(signals.SIGHUP, signals.SIG_IGN)
    signals.pthread_sigmask(signals.SIG_UNBLOCK, _HELD)


def _record_exit(folder: str, code: int, signal: int) -> None:
    record = f'{{"code": {code}, "signal": {signal}, "ended": {time.time():.6f}}}'
    try:
        write_whole(f"{folder}/exit.json", record)
    except OSError:
        return  # a full disk: the pump still hears the code, and a call without record counts as unknown


def _tell(report: int, number: int) -> None:
    try:
        os.write(report, b"%d\n" % number)
    except OSError:
        return  # the pump was killed; nobody listens


def exit_of(status: int) -> tuple[int, int]:
    """Return (exit code as a shell would say it, signal or 0) of a wait status."""
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status), os.WTERMSIG(status)
    return os.WEXITSTATUS(status), 0


# -- the records -----------------------------------------------------------------------------------------------------


def call_record(argv: Sequence[str], cwd: str, started: float, pids: tuple[int, int]) -> str:
    """Return the JSON text of call.json; `pids` are terraform's and the keeper's."""
    words = ", ".join(quoted(word) for word in argv)
    pid, keeper = pids
    return (
        f'{{"argv": [{words}], "cwd": {quoted(cwd)}, "started": {started:.6f}, '
        f'"pid": {pid}, "ticks": {start_ticks(pid)}, "keeper": {keeper}, "keeper_ticks": {start_ticks(keeper)}}}'
    )


def quoted(text: str) -> str:
    """Return `text` as a JSON string of ASCII characters, undecodable bytes included."""
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return '"' + "".join(_escaped(high, low) for high, low in pairs) + '"'


def _escaped(high: int, low: int) -> str:
    plain = high == 0 and 0x20 <= low < 0x7F and low not in b'"\\'
    return chr(low) if plain else f"\\u{high:02x}{low:02x}"


def start_ticks(pid: int) -> int:
    """Return when the kernel started `pid`, in its own ticks, or 0 where it does not tell (proc(5), field 22)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return int(stat.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError):
        return 0


def write_whole(path: str, text: str) -> None:
    """Write `text` so that a reader finds all of it or no file.

    Without fsync: what a power cut could lose here, it took from the terraform that was running, too.
    """
    descriptor = os.open(f"{path}.new", _CREATE, 0o600)
    rest = text.encode("ascii")
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.close(descriptor)
    os.rename(f"{path}.new", path)


# -- the pump --------------------------------------------------------------------------------------------------------


class Copy:
    """One of terraform's files on its way to terragrunt; a reader that went away stops the copying, nothing else."""

    def __init__(self, path: str, sink: int) -> None:
        self.source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.sink = sink
        self.broken = False

    def step(self) -> bool:
        """Copy what is there now and say whether there was anything."""
        moved = False
        while not self.broken and (chunk := os.read(self.source, _CHUNK)):
            self._write(chunk)
            moved = True
        return moved

    def _write(self, chunk: bytes) -> None:
        while chunk and not self.broken:
            try:
                chunk = chunk[os.write(self.sink, chunk) :]
            except BlockingIOError:
                select.select([], [self.sink], [])
            except OSError:
                self.broken = True


class Report:
    """What the keeper says: the pid of terraform, then its exit code, one number a line; `over` when it has gone."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.said = b""
        self.over = False

    def listen(self, patience: float | None) -> None:
        """Take in what the keeper says within `patience` seconds."""
        if select.select([self.descriptor], [], [], patience)[0]:
            heard = os.read(self.descriptor, 64)
            self.said += heard
            self.over = not heard

    def number(self, index: int) -> int | None:
        """Return the number said on line `index`, None while it has not been said."""
        lines = self.said.split(b"\n")[:-1]
        return int(lines[index]) if index < len(lines) else None


def pump(folder: str, descriptor: int) -> int:
    """Copy the output until terraform has ended, pass on one interrupt, and return its exit code."""
    copies = (Copy(f"{folder}/stdout", 1), Copy(f"{folder}/stderr", 2))
    report = Report(descriptor)
    while (pid := report.number(0)) is None and not report.over:
        report.listen(None)
    if pid is None:
        os.write(2, b"flowops: terraform was not started: the process that keeps it died\n")
        return 1
    _pass_on_one_interrupt(pid)
    _copy_until_the_end(copies, report, pid)
    code = report.number(1)
    if code is None:
        os.write(2, b"flowops: the exit code of terraform is unknown: the process that keeps it was killed\n")
        return 1
    return code


def _copy_until_the_end(copies: Sequence[Copy], report: Report, pid: int) -> None:
    patience = _SHORTEST
    while report.number(1) is None and not (report.over and not _alive(pid)):
        moved = [copy.step() for copy in copies]
        patience = _SHORTEST if any(moved) else min(2 * patience, _LONGEST)
        if report.over:
            time.sleep(patience)  # terraform outlived its keeper
        else:
            report.listen(patience)
    for copy in copies:
        copy.step()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _pass_on_one_interrupt(pid: int) -> None:
    """From now on hand the first SIGINT or SIGTERM to terraform, as SIGINT.

    Only the first: at a second one terraform leaves at once, without saving state or releasing its lock.
    """

    def interrupt(number: int, frame: object) -> None:
        for held in (signals.SIGINT, signals.SIGTERM):
            signals.signal(held, signals.SIG_IGN)
        if _alive(pid):
            os.kill(pid, signals.SIGINT)

    for held in (signals.SIGINT, signals.SIGTERM):
        signals.signal(held, interrupt)
    signals.pthread_sigmask(signals.SIG_UNBLOCK, (signals.SIGINT, signals.SIGTERM))


if __name__ == "__main__":
    os._exit(main(sys.argv[1:], os.environ))
