"""kill -9 of flowops: nothing is lost, the next start says what was done, and resume does the rest."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from flowops.adapters.at_work import RecordedRuns
from flowops.errors import Exit, LockHeld
from flowops.model.run import Verb
from flowops.operations import runs as looking
from tests.integration.child_processes import await_true
from tests.integration.recorded_bench import RecordedBench, agreed
from tests.integration.tools import Tools
from tests.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
UNITS = {
    "foundation/vpc": "",
    "foundation/efs": "foundation/vpc",
    "foundation/eks": "foundation/vpc",
    "app/work": "foundation/eks",
}
SCENARIOS = ("create", "change", "destroy")
SEED = 20261128
_TERRAGRUNT_STARTED = 5
"""The event that says so is the fifth: after started, caller, lease and step."""


def tree(root: Path) -> Sandbox:
    sandbox = Sandbox(root)
    for path, depends in UNITS.items():
        sandbox.unit(path, depends=depends)
    return sandbox


def child(root: Path, tools: Tools, verb: Verb, event: int = 0) -> subprocess.Popen[bytes]:
    words = [str(root), str(tools.terragrunt), str(tools.terraform), verb.value, str(event)]
    argv = [sys.executable, "-m", "tests.integration.recorded_bench", *words]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL)


def prepared(root: Path, tools: Tools, scenario: str) -> tuple[RecordedBench, Verb]:
    """Return a bench that stands before what the scenario does."""
    tree(root)
    bench = RecordedBench(root, tools)
    if scenario != "create":
        assert bench.run(agreed(Verb.APPLY)).exit_code is Exit.FINE
    if scenario == "change":
        file = bench.sandbox.deployments / bench.sandbox.base / "foundation/vpc/terragrunt.hcl"
        file.write_text(file.read_text().replace('"hello"', '"goodbye"'))
    return bench, Verb.DESTROY if scenario == "destroy" else Verb.APPLY


def standing(sandbox: Sandbox) -> Mapping[str, object]:
    """Return what is in every state, but for what terraform draws by lot."""
    states = {path: sandbox.state(unit) or {} for path, unit in sandbox.units.items()}
    return {
        path: {
            "outputs": {name: it["value"] for name, it in state.get("outputs", {}).items()},
            "inputs": [(it["name"], it["instances"][0]["attributes"]["input"]) for it in state.get("resources", ())],
        }
        for path, state in states.items()
    }


@dataclass(frozen=True)
class Undisturbed:
    """How a scenario ends when nobody is killed, and how many events its journal has."""

    verb: Verb
    standing: Mapping[str, object]
    events: int


@pytest.fixture(scope="module")
def undisturbed(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Undisturbed]:
    found = {}
    for scenario in SCENARIOS:
        bench, verb = prepared(tmp_path_factory.mktemp(scenario) / "tree", tools, scenario)
        assert bench.run(agreed(verb)).exit_code is Exit.FINE
        found[scenario] = Undisturbed(verb, standing(bench.sandbox), len(bench.folders.all()[0].events))
    return found


def moments(count: int) -> Iterator[tuple[str, float]]:
    """Yield a scenario and how far it has come, from 0 to 1, drawn with a fixed seed."""
    drawn = random.Random(SEED)
    for number in range(count):
        yield SCENARIOS[number % len(SCENARIOS)], drawn.random()


def killed_and_resumed(root: Path, tools: Tools, ends: Mapping[str, Undisturbed], scenario: str, far: float) -> None:
    """Kill a run when it writes an event, let its children end, look at it, resume it, and compare with `ends`."""
    expected = ends[scenario]
    bench, verb = prepared(root, tools, scenario)
    before = len(bench.folders.names())
    event = 2 + int(far * (expected.events - 1))  # before the first is written, there is nothing to resume
    process = child(root, tools, verb, event)
    process.wait(timeout=120)
    assert process.returncode == -signal.SIGKILL, "the moment was never reached"
    killed = bench.folders.all()[0]
    assert len(bench.folders.names()) == before + 1
    await_true(lambda: not bench.folders.work(killed).busy, "everybody who works for the run ended")
    bench.plan()
    assert [note for note in bench.console.notes if note.startswith(f"run {killed.id} was killed ")]
    settled = bench.folders.find(killed.id)
    assert settled.killed
    done = bench.resume(killed.id)
    assert (done is None) == (settled.left == ())
    assert done is None or done.exit_code is Exit.FINE, done
    assert done is None or {it.unit.id for it in done.units} == set(settled.left or settled.selected), (
        "only what is left"
    )
    assert standing(bench.sandbox) == expected.standing
    assert bench.sandbox.locks() == []
    assert {name: bench.folders.flaws(name) for name in bench.folders.names()} == {
        it: () for it in bench.folders.names()
    }


@pytest.mark.parametrize(
    ("scenario", "far"),
    [pytest.param(*it, marks=[pytest.mark.soak] if number > 2 else []) for number, it in enumerate(moments(30))],
)
@pytest.mark.fault(1, 49)
def test_a_killed_run_is_told_settled_and_resumed_to_the_same_end(
    tmp_path: Path, tools: Tools, undisturbed: Mapping[str, Undisturbed], scenario: str, far: float
) -> None:
    killed_and_resumed(tmp_path / "tree", tools, undisturbed, scenario, far)


@dataclass
class Held:
    """A run held inside the first of two units."""

    bench: RecordedBench
    process: subprocess.Popen[bytes]


@pytest.fixture
def held(tmp_path: Path, tools: Tools) -> Iterator[Held]:
    sandbox = Sandbox(tmp_path)
    first = sandbox.held_unit("foundation/vpc")
    sandbox.unit("foundation/eks", depends="foundation/vpc")
    process = child(tmp_path, tools, Verb.APPLY)
    try:
        await_true(lambda: sandbox.reached(first), "terraform works in the first unit")
        yield Held(RecordedBench(tmp_path, tools), process)
    finally:
        sandbox.release()
        process.kill()
        process.wait()


def test_while_a_run_is_at_work_no_other_one_writes(held: Held) -> None:
    with pytest.raises(LockHeld, match=rf"is at work on dev \(pid {held.process.pid}\)"):
        held.bench.run(agreed(Verb.APPLY))
    assert len(held.bench.folders.names()) == 1, "nothing was begun"
    seen = looking.seen("last", held.bench.folders)
    assert seen.status == f"still running (pid {held.process.pid})"


@pytest.mark.fault(1, 48)
def test_while_terraform_of_a_killed_run_works_no_other_one_writes_and_a_plan_says_so(held: Held) -> None:
    held.process.kill()
    held.process.wait()
    with pytest.raises(LockHeld, match=r"was killed .* terraform still works on dev/foundation/vpc") as caught:
        held.bench.run(agreed(Verb.APPLY))
    assert "flowops runs tail" in caught.value.next_step
    with pytest.raises(LockHeld):
        held.bench.resume()
    held.bench.plan()
    assert any("terraform still works on dev/foundation/vpc" in note for note in held.bench.console.notes)
    assert held.bench.first().end is None, "it is not settled while somebody works for it"


@pytest.mark.fault(1)
def test_a_terragrunt_that_was_started_but_not_yet_written_down_keeps_others_away(tmp_path: Path, tools: Tools) -> None:
    tree(tmp_path / "tree")
    gate = tmp_path / "gate"
    slow = tmp_path / "terragrunt"
    slow.write_text(
        f'#!/bin/sh\n[ $1 = find ] && exec {tools.terragrunt} "$@"\nuntil [ -e {gate} ]; do sleep 0.05; done\n'
    )
    slow.chmod(0o700)
    bench = RecordedBench(tmp_path / "tree", tools)
    try:
        process = child(tmp_path / "tree", replace(tools, terragrunt=slow), Verb.APPLY, _TERRAGRUNT_STARTED)
        assert process.wait(timeout=300) == -signal.SIGKILL
        killed = bench.first()
        assert (killed.events[-1]["event"], killed.terragrunts) == ("step", ())
        with pytest.raises(LockHeld, match=r"was killed .* terragrunt still works \(pid \d+\)"):
            bench.run(agreed(Verb.APPLY))
        assert RecordedRuns(bench.folders.root).at_work(killed.id).startswith("terragrunt, process ")
    finally:
        gate.touch()
    await_true(lambda: not bench.folders.work(killed).busy, "terragrunt ended")
    assert bench.resume(killed.id) is not None


@pytest.mark.fault(1)
def test_what_finished_after_the_kill_is_said_and_the_journal_goes_on(held: Held) -> None:
    held.process.kill()
    held.process.wait()
    killed = held.bench.first()
    held.bench.sandbox.release()
    await_true(lambda: not held.bench.folders.work(killed).busy, "terragrunt went on and ended")
    held.bench.plan()
    (told,) = (note for note in held.bench.console.notes if "was killed" in note)
    assert "dev/foundation/vpc finished afterwards: applied" in told
    assert told.endswith("nothing is left of it")
    settled = held.bench.first()
    assert dict(settled.counts) == {"applied": 2}
    assert settled.exit_code == 0
    log = (held.bench.folders.folder(killed.id) / "logs" / "foundation-vpc.log").read_text()
    assert "Apply complete!" in log
    assert held.bench.resume(killed.id) is None
    assert held.bench.folders.flaws(killed.id) == ()


def test_a_terragrunt_killed_with_flowops_is_settled_from_what_terraform_left(held: Held) -> None:
    held.process.kill()
    held.process.wait()
    killed = held.bench.first()
    os.kill(killed.terragrunts[-1][0], signal.SIGKILL)
    held.bench.sandbox.release()
    await_true(lambda: not held.bench.folders.work(killed).busy, "terraform ended")
    done = held.bench.resume()
    assert dict(held.bench.first().counts) == {"applied": 1, "not-run": 1}
    assert done is not None
    assert {it.unit.id: it.outcome.value for it in done.units} == {"dev/foundation/eks": "applied"}
    assert held.bench.folders.all()[0].request.resumes == killed.id


@pytest.mark.fault(10)
def test_a_terragrunt_killed_alone_ends_the_run_with_what_terraform_did_on_record(held: Held) -> None:
    os.kill(held.bench.first().terragrunts[-1][0], signal.SIGKILL)
    held.bench.sandbox.release()
    assert held.process.wait(timeout=300) == Exit.PARTLY_DONE
    ended = held.bench.first()
    assert not ended.killed
    assert dict(ended.counts) == {"failed": 1, "not-run": 1}
    assert "Apply complete!" in Path(held.bench.folders.logs(ended)["dev/foundation/vpc"]).read_text()
    done = held.bench.resume()
    assert done is not None
    assert {it.unit.name: it.outcome.value for it in done.units} == {"vpc": "unchanged", "eks": "applied"}


def test_a_run_is_followed_to_its_end(held: Held) -> None:
    folders, killed = held.bench.folders, held.bench.first()
    shown = []

    def look(_seconds: float) -> None:
        held.bench.sandbox.release()
        select.select([], [], [], 0.02)

    code = looking.tail(killed, folders, folders.follow(killed), shown.append, look)
    assert code is Exit.FINE
    kinds = [it["event"] for it in shown]
    assert (kinds[0], kinds[-1]) == ("started", "finished")
    assert any("Apply complete!" in it["line"] for it in shown if it["event"] == "output")


def test_no_secret_that_the_children_act_with_is_recorded(tmp_path: Path, tools: Tools) -> None:
    tree(tmp_path)
    bench = RecordedBench(tmp_path, tools, secret="sentinel-of-the-children")
    run = bench.run(agreed(Verb.APPLY))
    folder = bench.folders.folder(run.id)
    texts = {it: it.read_bytes() for it in folder.rglob("*") if it.is_file()}
    assert len(texts) > 20
    assert not [it for it, text in texts.items() if b"sentinel-of-the-children" in text]
    assert bench.archive.kept[f"dev/{run.id}"] == [
        "events.head",
        "events.jsonl",
        "logs/app-work.log",
        "logs/foundation-efs.log",
        "logs/foundation-eks.log",
        "logs/foundation-vpc.log",
        "run.json",
    ]
