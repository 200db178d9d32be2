"""The terraform shim around a terraform that does what the test says: what it hands on, and what it survives."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowops.adapters.shim import install_shim, read_calls
from flowops.model.terraform_call import TerraformCall
from tests.integration.child_processes import await_text, await_true, watched

# Notes its pid and each signal, waits for the file `go` if told so, then prints and ends as told.
FAKE = """#!{python}
import json, os, pathlib, signal, sys, time
todo = json.loads(pathlib.Path(sys.argv[-1]).read_text()) if sys.argv[-1].endswith(".json") else {{}}
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda n, _: open("signals", "a").write(signal.Signals(n).name + "\\n"))
os.write(1, todo.get("first", "").encode())
pathlib.Path("pid.new").write_text(str(os.getpid()))
os.rename("pid.new", "pid")
while todo.get("wait") and not pathlib.Path("go").exists():
    time.sleep(0.005)
for stream, key in ((1, "stdout"), (2, "stderr")):
    rest = bytes.fromhex(todo.get(key, "")) * todo.get("times", 1)
    while rest:
        rest = rest[os.write(stream, rest):]
if todo.get("kill"):
    os.kill(os.getpid(), todo["kill"])
sys.exit(todo.get("code", 0))
"""


class Shim:
    """A unit folder, the shim, and the environment that terragrunt would give it."""

    def __init__(self, folder: Path) -> None:
        self.unit = folder / "dev" / "vpc"
        self.cwd = self.unit / ".terragrunt-cache" / "aa" / "bb"
        self.calls = folder / "calls"
        self.terraform = folder / "bin" / "terraform"
        for made in (self.cwd, self.calls, self.terraform.parent):
            made.mkdir(parents=True)
        self.terraform.write_text(FAKE.format(python=sys.executable))
        self.terraform.chmod(0o755)
        self.script = install_shim(folder / "shim", python=Path(sys.executable))
        self.env = {
            "PATH": os.environ["PATH"],
            "FLOWOPS_CALLS": str(self.calls),
            "FLOWOPS_TERRAFORM": str(self.terraform),
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, command: str = "apply", **todo: object) -> subprocess.Popen[bytes]:
        (self.cwd / "todo.json").write_text(json.dumps(todo))
        process = subprocess.Popen(
            [self.script, command, "todo.json"],
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def begun(self) -> int:
        """Return the pid of terraform once it is at work."""
        return int(await_text(self.cwd / "pid"))

    def go(self) -> None:
        (self.cwd / "go").touch()

    def signals(self) -> list[str]:
        heard = self.cwd / "signals"
        return heard.read_text().split() if heard.exists() else []

    def call(self) -> TerraformCall:
        (call,) = read_calls(self.calls)
        return call

    def recorded(self) -> TerraformCall:
        """Return the one call once its end is written down."""
        await_true(lambda: self.call().exit_code is not None, "the record of terraform's end")
        return self.call()

    def close(self) -> None:
        self.go()
        for process in self.started:
            process.kill()
            process.communicate()


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[Shim]:
    shim = Shim(tmp_path)
    yield shim
    shim.close()


@pytest.mark.parametrize("code", [0, 1, 2, 77])
def test_the_exit_code_is_handed_on_and_recorded(shim: Shim, code: int) -> None:
    process = shim.start("plan", code=code)
    process.communicate()
    assert process.returncode == code
    call = shim.call()
    assert (call.command, call.exit_code, call.signal, call.alive, call.lost) == ("plan", code, 0, False, False)
    assert call.unit_dir == shim.unit
    assert call.argv == ("plan", "todo.json")
    assert call.ended is not None
    assert call.ended >= call.started > 0


@pytest.mark.fault(8)
def test_a_terraform_that_was_killed_ends_as_a_shell_would_say_it(shim: Shim) -> None:
    process = shim.start(kill=signal.SIGKILL)
    process.communicate()
    assert process.returncode == 137
    assert (shim.call().exit_code, shim.call().signal) == (137, 9)


def test_every_byte_arrives_on_its_own_stream(shim: Shim) -> None:
    out, err = bytes(range(256)) + b"\r\n\x00\xff no newline at the end", b"\xfe\xed\n\n error"
    process = shim.start(stdout=out.hex(), stderr=err.hex())
    assert process.communicate() == (out, err)
    assert (shim.call().stdout.read_bytes(), shim.call().stderr.read_bytes()) == (out, err)


def test_big_output_arrives_whole(shim: Shim) -> None:
    line = bytes(range(1, 256)) * 64 + b"\n"
    process = shim.start(stdout=line.hex(), stderr=line[::-1].hex(), times=500)
    out, err = process.communicate()
    assert out == line * 500
    assert err == line[::-1] * 500


def test_output_arrives_while_terraform_still_works(shim: Shim) -> None:
    process = shim.start(first="Refreshing state...\n", wait=True)
    assert process.stdout
    assert process.stdout.readline() == b"Refreshing state...\n"
    assert shim.call().alive
    assert shim.call().exit_code is None


@pytest.mark.fault(7)
def test_terraform_reads_nothing_stands_in_another_session_and_keeps_its_files_private(shim: Shim) -> None:
    shim.terraform.write_text(
        '#!/bin/sh\nreadlink /proc/self/fd/0; touch made; ps -o sid= -p $$ 2>/dev/null || cut -d" " -f6 /proc/$$/stat\n'
    )
    process = shim.start()
    stdin, session = process.communicate()[0].split()
    assert stdin == b"/dev/null"
    assert int(session) not in (os.getsid(0), process.pid)
    for path in (shim.cwd / "made", *shim.calls.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0


def test_kill_9_of_terragrunts_child_leaves_terraform_working_and_its_end_is_recorded(shim: Shim) -> None:
    process = shim.start(wait=True, code=2, stdout=b"all of it".hex())
    shim.begun()
    process.kill()
    # Nobody but the pump held the pipes: terragrunt is not kept waiting.
    assert process.communicate() == (b"", b"")
    assert shim.call().alive

    shim.go()

    call = shim.recorded()
    assert (call.exit_code, call.alive) == (2, False)
    assert call.stdout.read_bytes() == b"all of it"


def test_kill_9_of_terragrunt_leaves_terraform_working_and_its_end_is_recorded(shim: Shim, tmp_path: Path) -> None:
    (shim.cwd / "todo.json").write_text('{"wait": true, "first": "begun\\n", "stdout": "787878", "times": 100000}')
    terragrunt = (
        "import sys; from subprocess import PIPE, Popen\n"
        "child = Popen([sys.argv[1], 'apply', 'todo.json'], stdout=PIPE, stderr=PIPE)\n"
        "print(child.pid, flush=True)\n"
        "child.communicate()\n"
    )
    argv = [sys.executable, "-c", terragrunt, str(shim.script)]
    with subprocess.Popen(argv, cwd=shim.cwd, env=shim.env, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        pump = int(parent.stdout.readline())
        shim.begun()
        parent.kill()
    with watched(pump) as await_pump:
        shim.go()
        await_pump()

    call = shim.recorded()
    assert call.exit_code == 0
    assert call.stdout.read_bytes() == b"begun\n" + b"xxx" * 100000


def test_a_reader_that_goes_away_does_not_stop_the_other_stream(shim: Shim) -> None:
    process = shim.start(wait=True, stdout=b"unread".hex(), stderr=b"read".hex(), times=30000, code=1)
    shim.begun()
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    shim.go()
    assert process.stderr.read() == b"read" * 30000
    assert process.wait() == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_or_termination_reaches_terraform_as_one_interrupt(shim: Shim, number: signal.Signals) -> None:
    process = shim.start(wait=True, first="x")
    assert process.stdout
    process.stdout.read(1)
    shim.begun()
    process.send_signal(number)
    await_true(lambda: shim.signals() == ["SIGINT"], "the interrupt of terraform")
    # A second one would make terraform leave without saving.
    process.send_signal(number)
    process.send_signal(signal.SIGHUP)
    shim.go()
    process.communicate()
    assert process.returncode == 0
    assert shim.signals() == ["SIGINT"]


@pytest.mark.parametrize("milliseconds", range(0, 48, 3))
def test_an_interrupt_at_any_moment_of_the_start_is_neither_lost_nor_kills_a_working_terraform(
    shim: Shim, milliseconds: int
) -> None:
    shim.terraform.write_text("#!/bin/sh\ntrap 'exit 5' INT\nwhile :; do sleep 0.01; done\n")
    process = shim.start()
    select.select([], [], [], milliseconds / 1000)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)

    if process.returncode == -signal.SIGINT:
        assert read_calls(shim.calls) == ()  # before the shim could hold it: terraform was not started
    else:
        assert process.returncode in (5, 130)
        assert shim.call().exit_code == process.returncode


def test_when_the_keeper_is_killed_terraform_goes_on_and_the_call_counts_as_lost(shim: Shim) -> None:
    process = shim.start(wait=True, stdout=b"to the end".hex())
    terraform = shim.begun()
    keeper = int(Path(f"/proc/{terraform}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(keeper, signal.SIGKILL)
    assert shim.call().alive
    shim.go()
    out, err = process.communicate()

    assert out == b"to the end"
    assert b"exit code of terraform is unknown" in err
    assert process.returncode == 1
    assert shim.call().lost


@pytest.mark.parametrize("command", ["version", "show", "output", "validate", "providers", "-version"])
def test_commands_that_only_read_are_terraform_itself(shim: Shim, command: str) -> None:
    process = shim.start(command)
    process.communicate()
    assert shim.begun() == process.pid
    assert read_calls(shim.calls) == ()


def test_without_a_calls_folder_in_the_environment_every_command_is_terraform_itself(shim: Shim) -> None:
    del shim.env["FLOWOPS_CALLS"]
    process = shim.start("apply", code=3)
    process.communicate()
    assert (process.returncode, shim.begun()) == (3, process.pid)


def test_a_call_that_cannot_be_recorded_is_not_started(shim: Shim) -> None:
    shim.env["FLOWOPS_CALLS"] = str(shim.calls / "gone")
    process = shim.start()
    _, err = process.communicate()
    assert process.returncode == 1
    assert b"terraform was not started" in err
    assert not (shim.cwd / "pid").exists()


def test_a_terraform_that_cannot_be_started_is_a_recorded_failure(shim: Shim) -> None:
    shim.terraform.chmod(0o644)
    process = shim.start()
    _, err = process.communicate()
    assert process.returncode == 127
    assert b"Permission denied" in err
    assert shim.call().exit_code == 127


def test_without_flowops_terraform_the_shim_says_what_to_do(shim: Shim) -> None:
    del shim.env["FLOWOPS_TERRAFORM"]
    process = shim.start("version")
    _, err = process.communicate()
    assert process.returncode != 0
    assert b"unset TG_TF_PATH" in err


def test_calls_come_in_the_order_of_their_start(shim: Shim) -> None:
    for command in ("init", "plan", "apply"):
        shim.start(command).communicate()
    assert [call.command for call in read_calls(shim.calls)] == ["init", "plan", "apply"]


def test_a_call_that_was_never_written_down_and_a_missing_folder_are_no_calls(shim: Shim) -> None:
    (shim.calls / "123-1").mkdir()
    (shim.calls / "124-1").mkdir()
    (shim.calls / "124-1" / "call.json").write_text('{"argv": [')
    assert read_calls(shim.calls) == ()
    assert read_calls(shim.calls / "gone") == ()


def test_a_process_number_that_was_given_out_again_is_not_taken_for_terraform(shim: Shim) -> None:
    shim.start().communicate()
    (folder,) = shim.calls.iterdir()
    (folder / "exit.json").unlink()
    record = (folder / "call.json").read_text().replace(f'"pid": {shim.begun()}', f'"pid": {os.getpid()}')
    (folder / "call.json").write_text(record)
    assert shim.call().pid == os.getpid()
    assert shim.call().lost
