"""Signals and kills while warm providers are at work: the result is right or an error, and nothing is left behind.

A gate before the emulated AWS holds the call that is under way, so that each test strikes in the middle of it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowops.adapters.shim import read_calls
from flowops.model.deployment import Unit
from flowops.model.evidence import Evidence, applied, planned
from flowops.model.job import Step
from flowops.model.run import Outcome
from flowops.model.terraform_call import TerraformCall
from tests.integration.child_processes import PATIENCE, await_true, watched
from tests.integration.gate import Gate, gate_before
from tests.integration.warm_bench import PROJECT, AwsUnits, WarmBench, World, parameter, write_settings

WORK = 3 * PATIENCE
"""Seconds for a job that is done again the ordinary way, on a machine with other things to do."""

GO_PLUGIN_NOTICES = 2.5
"""Seconds within which terraform's side would have cancelled its calls: it looks every second whether the process of
`Pid` in TF_REATTACH_PROVIDERS is there."""

READ = '\ndata "aws_ssm_parameters_by_path" "all" { path = "/warm/none" }\n'


@pytest.fixture
def gate(world: World) -> Iterator[Gate]:
    world.delete_parameters()
    with gate_before(world.cloud.endpoint.port) as gate:
        yield gate


@pytest.fixture
def bench(world: World, gate: Gate, tmp_path: Path) -> Iterator[WarmBench]:
    bench = WarmBench.at(tmp_path, world, url=gate.url)
    yield bench
    bench.close()
    nothing_is_left(world)


def nothing_is_left(world: World) -> None:
    await_true(lambda: world.processes() == [], "the end of every pool and provider")
    assert list(world.runtime.iterdir()) == []


@contextmanager
def at_work(bench: WarmBench, gate: Gate, step: Step) -> Iterator[Future[dict[str, Evidence]]]:
    """Do a job in the background; its calls are let go at the end, whatever happens."""
    with ThreadPoolExecutor(1) as threads:
        try:
            yield threads.submit(bench.run, step)
        finally:
            gate.release()


def kill(pid: int) -> None:
    """Kill a process and return when it has ended."""
    with watched(pid) as await_end:
        os.kill(pid, signal.SIGKILL)
        await_end()


def chained(name: str) -> str:
    """Return two parameters, the second of which waits for the first."""
    return parameter(name) + parameter(f"{name}-then", f"aws_ssm_parameter.{name}.arn")


def test_a_provider_killed_in_the_middle_of_plans_costs_time_only(bench: WarmBench, world: World, gate: Gate) -> None:
    struck = (bench.sandbox.aws("foundation/one", READ), bench.sandbox.aws("foundation/two", READ))
    gate.hold("GetParametersByPath")
    with at_work(bench, gate, Step.PLAN) as job:
        gate.await_calls(2)
        (provider,) = world.providers()
        kill(provider)
        gate.release()
        found = job.result(WORK)
    assert [planned(it)[0] for it in found.values()] == [Outcome.PLANNED] * 2
    assert all(it.again_because.startswith("the provider did not answer") for it in found.values())
    assert bench.warmed() == set()
    second = bench.run(Step.PLAN, *struck, bench.sandbox.aws("foundation/three", READ))
    assert bench.warmed() == {"three"}  # the others are left alone for the rest of the run
    assert {planned(it)[0] for it in second.values()} == {Outcome.PLANNED}
    assert {it.again_because for it in second.values()} == {""}
    (successor,) = world.providers()
    assert successor != provider
    bench.next_run()
    assert {planned(it)[0] for it in bench.run(Step.PLAN).values()} == {Outcome.PLANNED}
    assert bench.warmed() == {"one", "two", "three"}


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("victim", ["providers", "pools"])
def test_forty_units_are_planned_although_what_they_share_is_killed(
    bench: WarmBench, world: World, gate: Gate, victim: str
) -> None:
    for number in range(40):
        bench.sandbox.aws(f"foundation/unit-{number:02}", READ)
    gate.hold("GetParametersByPath")
    with at_work(bench, gate, Step.PLAN) as job:
        gate.await_calls(4)
        kill(*getattr(world, victim)())
        gate.release()
        found = job.result(800)
    assert {planned(it) for it in found.values()} == {(Outcome.PLANNED, "")}
    again = [it for it in found.values() if it.again_because]
    assert len(again) == (4 if victim == "providers" else 40)


def test_a_pool_killed_in_the_middle_of_a_plan_costs_time_only(bench: WarmBench, world: World, gate: Gate) -> None:
    bench.sandbox.aws("foundation/one", READ)
    gate.hold("GetParametersByPath")
    with at_work(bench, gate, Step.PLAN) as job:
        gate.await_calls(1)
        kill(*world.pools())
        await_true(lambda: world.providers() == [], "the end of the provider, with its pool,")
        gate.release()
        found = job.result(WORK)
    assert planned(found["one"])[0] is Outcome.PLANNED
    assert found["one"].again_because == "the process that shares the providers died"


def test_an_apply_that_lost_its_providers_before_it_wrote_is_done_again(
    bench: WarmBench, world: World, gate: Gate
) -> None:
    bench.sandbox.aws("foundation/early", chained("early"))
    gate.hold("GetCallerIdentity")
    with at_work(bench, gate, Step.APPLY) as job:
        gate.await_calls(1)
        kill(*world.pools())
        gate.release()
        found = job.result(WORK)
    assert applied(found["early"], Outcome.APPLIED) == (Outcome.APPLIED, "")
    assert found["early"].again_because == "the process that shares the providers died"
    assert world.parameters() == {"early", "early-then"}


@pytest.mark.parametrize("struck", ["provider", "pool"])
def test_an_apply_that_lost_its_providers_while_it_wrote_fails_and_is_not_repeated(
    bench: WarmBench, world: World, gate: Gate, struck: str
) -> None:
    unit = bench.sandbox.aws("foundation/half", chained("half"))
    gate.hold("PutParameter")
    with at_work(bench, gate, Step.APPLY) as job:
        gate.await_calls(1)
        kill(*(world.providers() if struck == "provider" else world.pools()))
        gate.release()
        found = job.result(WORK)
    outcome, reason = applied(found[unit.name], Outcome.APPLIED)
    assert outcome is Outcome.FAILED
    assert reason
    assert found[unit.name].again_because == ""
    assert len(gate.arrived) == 1
    assert "half-then" not in bench.sandbox.resources(unit)
    assert bench.sandbox.locks() == []


def test_an_interrupted_terraform_saves_what_aws_was_doing_and_its_neighbour_completes(
    bench: WarmBench, world: World, gate: Gate
) -> None:
    struck = bench.sandbox.aws("foundation/struck", chained("struck"))
    spared = bench.sandbox.aws("foundation/spared", chained("spared"))
    gate.hold("PutParameter")
    with at_work(bench, gate, Step.APPLY) as job:
        gate.await_calls(2)
        (call,) = [it for it in bench.calls() if it.unit_dir == bench.sandbox.folder(struck) and it.command == "apply"]
        os.kill(call.pid, signal.SIGINT)
        await_interrupt(call)
        gate.release()
        found = job.result(WORK)
    assert applied(found["struck"], Outcome.APPLIED)[0] is Outcome.FAILED
    assert found["struck"].again_because == ""
    assert applied(found["spared"], Outcome.APPLIED) == (Outcome.APPLIED, "")
    assert bench.sandbox.resources(struck) == ["struck", "this"]
    assert bench.sandbox.resources(spared) == ["spared", "spared-then", "this"]
    assert world.parameters() == {"struck", "spared", "spared-then"}
    assert bench.sandbox.locks() == []


def test_an_interrupted_plan_does_not_wait_for_aws_and_its_neighbour_completes(
    bench: WarmBench, world: World, gate: Gate
) -> None:
    struck = bench.sandbox.aws("foundation/struck", READ)
    bench.sandbox.aws("foundation/spared", READ)
    gate.hold("GetParametersByPath")
    with at_work(bench, gate, Step.PLAN) as job:
        gate.await_calls(2)
        (call,) = [it for it in bench.calls() if it.unit_dir == bench.sandbox.folder(struck) and it.command == "plan"]
        with watched(call.pid) as await_end:
            os.kill(call.pid, signal.SIGINT)
            await_end()
        assert gate.passed == []
        assert "ReadDataSource request was cancelled" in call.stderr.read_text()
        assert len(world.providers()) == 1
        gate.release()
        found = job.result(WORK)
    assert {name: planned(it)[0] for name, it in found.items()} == dict.fromkeys(found, Outcome.PLANNED)
    assert found["spared"].again_because == ""
    assert bench.warmed() == {"spared"}


def await_interrupt(call: TerraformCall) -> None:
    """Return once terraform has said that it was interrupted."""
    await_true(lambda: "Interrupt received" in call.stdout.read_text(), "terraform's answer to the interrupt")


class Applying:
    """flowops' engine at work in a process of its own, held inside the first of two units."""

    def __init__(self, root: Path, world: World, gate: Gate) -> None:
        self.sandbox = AwsUnits(root)
        self.gate = gate
        self.held = self.sandbox.aws("foundation/held", chained("held"))
        self.next = self.sandbox.aws("foundation/next", parameter("next"), depends="foundation/held")
        write_settings(root, world, url=gate.url)
        gate.hold("PutParameter")
        argv = [sys.executable, "-m", "tests.integration.warm_bench", str(root)]
        with (root / "said").open("wb") as said:
            self.process = subprocess.Popen(argv, cwd=PROJECT, stdout=said, stderr=said)

    def said(self) -> str:
        """Return what flowops and its end have told so far."""
        return (self.sandbox.root / "said").read_text()

    @property
    def call(self) -> TerraformCall:
        """Return terraform's apply of the held unit."""
        (found,) = [it for it in self._calls() if it.unit_dir == self.sandbox.folder(self.held)]
        return found

    def stays_at_work(self, world: World) -> None:
        """Return after so long that terraform would have noticed a process it watches; AWS has not answered yet."""
        since = time.monotonic()
        while time.monotonic() - since < GO_PLUGIN_NOTICES:
            assert self.call.alive
            assert world.connections() > 0
            time.sleep(0.1)

    def ended(self, unit: Unit) -> bool:
        """Say whether terraform's apply of a unit was recorded to its end."""
        return any(it.unit_dir == self.sandbox.folder(unit) and it.exit_code == 0 for it in self._calls())

    def _calls(self) -> list[TerraformCall]:
        return [it for it in read_calls(self.sandbox.root / "run" / "1" / "calls") if it.command == "apply"]

    @property
    def draining(self) -> bool:
        return (self.sandbox.root / "run" / "drain").exists()

    def terragrunt(self) -> list[int]:
        """Return the pid of terragrunt, found by its working directory on the command line; none when it has ended."""
        folder = os.fsencode(self.sandbox.deployments / self.sandbox.base)
        numbered = (it for it in Path("/proc").iterdir() if it.name.isdigit())
        return [int(it.name) for it in numbered if folder in argv_of(it).split(b"\0")]

    def finish(self) -> int:
        """Let AWS answer and return flowops' exit code."""
        self.gate.release()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def argv_of(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def applying(tmp_path: Path, world: World, gate: Gate) -> Iterator[Applying]:
    made = Applying(tmp_path, world, gate)
    try:
        gate.await_calls(1)
        yield made
    finally:
        gate.release()
        made.kill()
        await_true(lambda: made.terragrunt() == [], "the end of terragrunt")


def test_ctrl_c_lets_the_running_unit_finish_and_the_pool_ends_with_flowops(applying: Applying, world: World) -> None:
    applying.process.send_signal(signal.SIGINT)
    await_true(lambda: applying.draining, "the drain flag")
    assert applying.finish() == 130
    assert applying.sandbox.resources(applying.held) == ["held", "held-then", "this"]
    assert applying.sandbox.state(applying.next) is None
    assert world.parameters() == {"held", "held-then"}
    nothing_is_left(world)


@pytest.mark.parametrize(("signals", "code"), [((signal.SIGINT, signal.SIGINT), 130), ((signal.SIGTERM,), 143)])
def test_an_interrupt_of_terraform_leaves_no_orphan(
    applying: Applying, world: World, signals: tuple[signal.Signals, ...], code: int
) -> None:
    for number in signals:
        applying.process.send_signal(number)
        await_true(lambda: applying.draining, "the drain flag")
    await_interrupt(applying.call)
    assert applying.finish() == code
    assert applying.sandbox.resources(applying.held) == ["held", "this"]
    assert world.parameters() == {"held"}
    assert applying.sandbox.locks() == []
    nothing_is_left(world)


def test_kill_9_of_flowops_loses_nothing_and_the_pool_ends_after_the_last_unit(
    applying: Applying, world: World
) -> None:
    applying.kill()
    applying.stays_at_work(world)
    applying.gate.release()
    await_true(lambda: applying.ended(applying.next), "terragrunt's second unit")
    assert world.parameters() == {"held", "held-then", "next"}
    assert applying.sandbox.resources(applying.held) == ["held", "held-then", "this"]
    assert applying.sandbox.locks() == []
    nothing_is_left(world)


def test_kill_9_of_terragrunt_leaves_terraform_its_providers(applying: Applying, world: World) -> None:
    kill(*applying.terragrunt())
    await_true(lambda: "terraform still works in dev/foundation/held" in applying.said(), "flowops' word on it")
    applying.stays_at_work(world)
    assert applying.finish() == 0
    assert applying.ended(applying.held)
    assert world.parameters() == {"held", "held-then"}
    assert applying.sandbox.resources(applying.held) == ["held", "held-then", "this"]
    assert applying.sandbox.locks() == []
    nothing_is_left(world)


def test_a_pool_that_outlived_its_flowops_is_not_swept_by_the_next_start(
    applying: Applying, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    applying.kill()
    (at_work,) = world.runtime.iterdir()
    next_one = WarmBench.at(tmp_path_factory.mktemp("next"), world)
    next_one.warm.prepare([next_one.sandbox.aws("foundation/unit", READ)], world.env())
    assert at_work in world.runtime.iterdir()
    assert len(world.pools()) == 2
    next_one.close()
    applying.gate.release()
    await_true(lambda: applying.ended(applying.next), "terragrunt's second unit")
    assert world.parameters() == {"held", "held-then", "next"}
    nothing_is_left(world)


def test_what_a_killed_flowops_and_a_killed_pool_left_is_swept_by_the_next_start(
    applying: Applying, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    applying.kill()
    kill(*world.pools())
    applying.gate.release()
    await_true(lambda: applying.terragrunt() == [], "the end of terragrunt")
    await_true(lambda: world.processes() == [], "the end of the provider, with its pool,")
    (left,) = world.runtime.iterdir()
    next_one = WarmBench.at(tmp_path_factory.mktemp("next"), world)
    next_one.warm.prepare([next_one.sandbox.aws("foundation/unit", READ)], world.env())
    assert left not in world.runtime.iterdir()
    assert len(world.pools()) == 1
    next_one.close()
    nothing_is_left(world)
