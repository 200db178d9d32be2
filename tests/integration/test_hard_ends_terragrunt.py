"""Signals that leave no time, a terraform that does not heed them, one that lies, and one that prints without end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowops.adapters.follow import LINE_LIMIT
from flowops.adapters.shim import read_calls
from flowops.errors import Exit, LockHeld
from flowops.model.run import Verb
from flowops.model.terraform_call import TerraformCall
from tests.integration.child_processes import await_true, tree_of
from tests.integration.recorded_bench import RecordedBench, agreed
from tests.integration.tools import Tools
from tests.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
DEAF = '#!/bin/sh\ntrap "echo interrupt >> {heard}" INT\n{terraform} "$@" &\nuntil wait $!; do :; done\n'
"""A terraform that notes each interrupt and goes on, as one does that saves for longer than somebody waits."""

RUNNER = (7.5, 2.5)
"""Seconds from a CI runner's SIGINT to its SIGTERM, and from that to its SIGKILL."""


@dataclass
class Held:
    """A flowops whose terraform is deaf and at work in the first of two units."""

    bench: RecordedBench
    process: subprocess.Popen[str]
    heard: Path

    def interrupts(self) -> int:
        """Return how many interrupts terraform has got."""
        return len(self.heard.read_text().splitlines()) if self.heard.exists() else 0

    def signals(self) -> list[str]:
        """Return what the journal says of signals."""
        return [str(it["answer"]) for it in self.bench.first().of_kind("signal")]

    def await_answer(self, answer: str) -> None:
        await_true(lambda: answer in self.signals(), f"the answer: {answer}")

    def await_end(self) -> None:
        run = self.bench.first()
        await_true(lambda: not self.bench.folders.work(run).busy, "the end of terragrunt and terraform")

    def call(self) -> TerraformCall:
        """Return the apply that is under way."""
        folders = self.bench.folders.folder(self.bench.first().id).glob("*/calls")
        return next(it for folder in folders for it in read_calls(folder) if it.alive and it.command == "apply")

    def finish(self) -> tuple[int, str]:
        self.bench.sandbox.release()
        said, _ = self.process.communicate(timeout=300)
        return self.process.returncode, said


@pytest.fixture
def hold(tmp_path: Path, tools: Tools) -> Iterator[Callable[..., Held]]:
    made: list[Held] = []

    def hold(**env: str) -> Held:
        sandbox = Sandbox(tmp_path / "tree")
        first = sandbox.held_unit("foundation/vpc")
        sandbox.unit("foundation/eks", depends="foundation/vpc")
        heard = tmp_path / "heard"
        deaf = Tools(script(tmp_path, DEAF.format(heard=heard, terraform=tools.terraform)), tools.terragrunt)
        process = flowops(sandbox.root, deaf, Verb.APPLY, **env)
        made.append(Held(RecordedBench(sandbox.root, tools), process, heard))
        await_true(lambda: sandbox.reached(first), "terraform works in the first unit")
        return made[0]

    yield hold
    for held in made:
        held.bench.sandbox.release()
        held.process.kill()
        held.process.communicate()
        held.await_end()


def script(folder: Path, text: str) -> Path:
    made = folder / "terraform"
    made.write_text(text)
    made.chmod(0o700)
    return made


def flowops(root: Path, tools: Tools, verb: Verb, **env: str) -> subprocess.Popen[str]:
    words = [str(root), str(tools.terragrunt), str(tools.terraform), verb.value, "0"]
    argv = [sys.executable, "-m", "tests.integration.recorded_bench", *words]
    calm = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.Popen(
        argv, cwd=ROOT, env={**calm, **env}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.fault(2, 3, 4, 7)
def test_the_first_ctrl_c_sends_terraform_nothing_the_second_one_interrupt_and_the_third_names_the_kill(
    hold: Callable[..., Held],
) -> None:
    held = hold()
    call = held.call()
    assert os.getpgid(call.pid) != os.getpgid(held.process.pid), "a signal to flowops' group is none to terraform's"
    assert os.getsid(call.pid) != os.getsid(held.process.pid)
    for expected in ("drain", "interrupt terraform", "wait for terraform"):
        interrupted = held.interrupts()
        assert interrupted == (1 if expected == "wait for terraform" else 0)
        held.process.send_signal(signal.SIGINT)
        held.await_answer(expected)
        if expected == "interrupt terraform":
            await_true(lambda: held.interrupts() == 1, "the interrupt of terraform")
    code, _ = held.finish()
    assert code == Exit.INTERRUPTED
    assert held.interrupts() == 1, "a second one would make terraform leave without saving"
    assert [it["at_work"] for it in held.bench.first().of_kind("signal")] == [["dev/foundation/vpc"]] * 3
    assert dict(held.bench.first().counts) == {"applied": 1, "drained": 1}
    assert held.bench.sandbox.locks() == []


@pytest.mark.fault(5)
def test_what_a_ci_runner_kills_with_the_whole_tree_is_unknown_and_the_next_run_names_the_lock(
    hold: Callable[..., Held],
) -> None:
    held = hold(CI="true")
    sandbox, bench = held.bench.sandbox, held.bench
    held.process.send_signal(signal.SIGINT)
    await_true(lambda: held.interrupts() == 1, "the interrupt of terraform, at once")
    rest(held.process, RUNNER[0])
    held.process.send_signal(signal.SIGTERM)
    rest(held.process, RUNNER[1])
    terraform = held.call().pid
    tree = tree_of(held.process.pid)
    assert terraform in tree
    # A runner ends all of them at one moment: nobody sees another one die, and none is woken by a parent's end.
    for number, pids in ((signal.SIGSTOP, list(tree)), (signal.SIGKILL, list(tree)[::-1])):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
    held.process.wait()
    killed = bench.first()
    held.await_end()
    assert held.signals() == ["drain", "interrupt terraform"]
    assert bench.folders.flaws(killed.id) == ()
    lock = sandbox.lock(sandbox.units["foundation/vpc"])
    assert lock is not None
    with pytest.raises(LockHeld, match=f"dev/foundation/vpc is locked by .*, lock {lock['ID']}") as refused:
        bench.run(agreed(Verb.APPLY))
    assert refused.value.next_step.startswith("flowops locks list dev")
    settled = bench.folders.find(killed.id)
    assert {it.id: it.outcome.value for it in settled.units if it.outcome} == {
        "dev/foundation/vpc": "unknown",
        "dev/foundation/eks": "drained",
    }
    (left,) = sandbox.locks()
    left.unlink()
    sandbox.release()
    done = bench.resume(killed.id)
    assert done is not None
    assert {it.unit.name: it.outcome.value for it in done.units} == {"vpc": "applied", "eks": "applied"}


def rest(process: subprocess.Popen[str], seconds: float) -> None:
    """Wait as the runner does; the process must not have ended by itself meanwhile."""
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


@pytest.mark.fault(5)
def test_a_runner_that_waits_gets_143_from_a_run_it_interrupted(hold: Callable[..., Held]) -> None:
    held = hold(CI="true")
    held.process.send_signal(signal.SIGINT)
    await_true(lambda: held.interrupts() == 1, "the interrupt of terraform")
    code, _ = held.finish()
    assert code == Exit.TERMINATED
    assert held.bench.first().exit_code == Exit.TERMINATED


NO_PLAN = "terraform says the plan succeeded, but there is no readable plan"
EMPTY = """#!/bin/sh
{terraform} "$@"
code=$?
for word in "$@"; do case "$word" in -out=*) {damage} "${{word#-out=}}" ;; esac; done
exit $code
"""


@pytest.mark.parametrize("damage", ["truncate -s 0", "truncate -s 512"])
@pytest.mark.fault(32)
def test_a_plan_file_that_a_full_disk_cut_short_is_not_believed_although_terraform_says_0(
    tmp_path: Path, tools: Tools, damage: str
) -> None:
    sandbox = Sandbox(tmp_path / "tree")
    unit = sandbox.unit("foundation/vpc")
    lying = script(tmp_path, EMPTY.format(terraform=tools.terraform, damage=damage))
    run = RecordedBench(sandbox.root, Tools(lying, tools.terragrunt)).run(agreed(Verb.APPLY))
    assert [(it.outcome.value, it.reason) for it in run.units] == [("failed", NO_PLAN)]
    assert run.exit_code is Exit.FAILED
    assert sandbox.state(unit) is None, "nothing was applied"


ENDLESS = """#!/bin/sh
case "$1" in apply) {python} -c 'import os; [os.write(1, b"x" * 2**20) for _ in range(300)]' ;; esac
exec {terraform} "$@"
"""


@pytest.mark.fault(44)
def test_300_megabytes_without_a_newline_cost_flowops_no_memory_and_a_reader_one_short_line(
    tmp_path: Path, tools: Tools
) -> None:
    sandbox = Sandbox(tmp_path / "tree")
    unit = sandbox.unit("foundation/vpc")
    endless = script(tmp_path, ENDLESS.format(python=sys.executable, terraform=tools.terraform))
    process = flowops(sandbox.root, Tools(endless, tools.terragrunt), Verb.APPLY)
    highest = 0
    while process.poll() is None:
        highest = max(highest, peak(process.pid))
        with_patience(process)
    said, _ = process.communicate()
    assert process.returncode == 0
    assert sandbox.resources(unit) == ["this"]
    assert 0 < highest < 150 * 1024, f"flowops took {highest} KiB"
    assert max(map(len, said.splitlines())) < 2 * LINE_LIMIT
    (log,) = sandbox.root.glob(".flowops/runs/*/logs/foundation-vpc.log")
    assert log.stat().st_size < 4 * LINE_LIMIT
    (whole,) = (it for it in sandbox.root.glob(".flowops/runs/*/*/calls/*/stdout") if it.stat().st_size > 2**28)
    assert whole.stat().st_size > 300 * 2**20


def with_patience(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(timeout=0.1)
    except subprocess.TimeoutExpired:
        return


def peak(pid: int) -> int:
    """Return the most memory that a process has held so far, in KiB; 0 when it has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
