"""The engine with real terragrunt and terraform: what a job leaves behind is what happened."""

from __future__ import annotations

import errno
import random
import string
from pathlib import Path

import pytest

from flowops.adapters.shim import read_calls
from flowops.errors import Exit, InvalidConfig, OperationFailed
from flowops.model import evidence as proof
from flowops.model.changes import Plan
from flowops.model.evidence import Evidence
from flowops.model.graph import CyclicDependencies
from flowops.model.job import Step
from flowops.model.run import Outcome
from tests.integration.bench import Bench
from tests.integration.child_processes import await_true, meanwhile
from tests.integration.tools import Tools
from tests.sandbox import BROKEN, Sandbox


def outcomes(found: dict[str, Evidence]) -> dict[str, Outcome]:
    return {name: proof.applied(it, Outcome.APPLIED)[0] for name, it in found.items()}


def plans(found: dict[str, Evidence]) -> dict[str, Plan]:
    assert {name: proof.planned(it)[1] for name, it in found.items()} == dict.fromkeys(found, "")
    return {name: it.plan for name, it in found.items() if it.plan is not None}


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def chain(sandbox: Sandbox) -> Sandbox:
    sandbox.unit("foundation/vpc")
    sandbox.unit("foundation/eks", depends="foundation/vpc")
    sandbox.unit("app/work", depends="foundation/eks")
    return sandbox


def test_a_whole_life_in_the_right_order_both_ways(sandbox: Sandbox, tools: Tools) -> None:
    bench = Bench(chain(sandbox), tools)
    first = plans(bench.run(Step.PLAN))
    assert {name: plan.mocked for name, plan in first.items()} == {"vpc": False, "eks": True, "work": True}
    applied = bench.run(Step.APPLY)
    assert set(outcomes(applied).values()) == {Outcome.APPLIED}
    assert all(plan.empty and not plan.mocked for plan in plans(bench.run(Step.PLAN)).values())
    doomed = plans(bench.run(Step.PLAN_DESTROY))
    for name in ("work", "eks", "vpc"):
        wave = bench.run(Step.APPLY_SAVED, doomed[name].unit, saved=(doomed[name],))
        assert outcomes(wave) == {name: Outcome.APPLIED}
    assert [sandbox.resources(unit) for unit in sandbox.units.values()] == [[], [], []]


@pytest.mark.parametrize("kind", ["terragrunt", "unit-started", "unit-ended"])
def test_what_fails_beside_terraform_is_raised_when_that_has_saved_its_state(
    sandbox: Sandbox, tools: Tools, kind: str
) -> None:
    held = sandbox.held_unit("foundation/vpc")
    sandbox.unit("foundation/eks", depends="foundation/vpc")
    bench, drain = Bench(sandbox, tools), sandbox.root / "run" / "drain"

    def full(event: str, **_data: object) -> None:
        if event == kind:
            raise OSError(errno.ENOSPC, "No space left on device")

    def go_on() -> None:
        if kind != "terragrunt":  # which drains before terraform begins
            await_true(lambda: sandbox.reached(held), "terraform works in the first unit")
        if kind != "unit-ended":
            await_true(drain.exists, "the drain")
        sandbox.release()

    with meanwhile(go_on, otherwise=sandbox.release), bench.engine.watch(full):
        with pytest.raises(OSError, match="No space left"):
            bench.run(Step.APPLY)
        assert not any(call.alive for call in read_calls(sandbox.root / "run" / "1" / "calls"))
    assert sandbox.resources(held) == ([] if kind == "terragrunt" else ["held", "this"])
    assert sandbox.locks() == []
    assert any("flowops cannot follow the run any more (OSError" in line for line in bench.said)


def test_no_mock_ever_reaches_a_state(sandbox: Sandbox, tools: Tools) -> None:
    bench = Bench(chain(sandbox), tools)
    bench.run(Step.PLAN)
    bench.run(Step.APPLY)
    states = "".join(path.read_text() for path in (sandbox.root / "states").rglob("terraform.tfstate"))
    assert '"hello"' in states
    assert "mock-" not in states


def test_the_graph_knows_edges_across_layers(sandbox: Sandbox, tools: Tools) -> None:
    graph = Bench(chain(sandbox), tools).graph()
    waves = graph.waves(sandbox.units.values())
    assert [[unit.id for unit in wave] for wave in waves] == [
        ["dev/foundation/vpc"],
        ["dev/foundation/eks"],
        ["dev/app/work"],
    ]


def test_a_failing_unit_blocks_what_stands_on_it_and_nothing_else(sandbox: Sandbox, tools: Tools) -> None:
    sandbox.unit("foundation/vpc")
    sandbox.unit("foundation/eks", depends="foundation/vpc", more=BROKEN)
    sandbox.unit("foundation/components", depends="foundation/eks")
    found = Bench(sandbox, tools).run(Step.APPLY)
    assert outcomes(found) == {"vpc": Outcome.APPLIED, "eks": Outcome.FAILED, "components": Outcome.BLOCKED}
    assert "local-exec provisioner error" in proof.applied(found["eks"], Outcome.APPLIED)[1]


def test_a_unit_that_terragrunt_cannot_read_stops_the_graph_with_the_command_that_shows_it(
    sandbox: Sandbox, tools: Tools
) -> None:
    chain(sandbox)
    broken = sandbox.deployments / sandbox.base / "foundation/eks/terragrunt.hcl"
    broken.write_text(broken.read_text().replace('"../vpc"', 'no_function("../vpc")'))
    with pytest.raises(OperationFailed, match="cannot place dev/foundation/eks") as caught:
        Bench(sandbox, tools).graph()
    assert "terragrunt hcl validate" in caught.value.next_step


@pytest.mark.parametrize(("discovered", "next_step"), [(False, "flowops bootstrap"), (True, "flowops render")])
def test_a_unit_that_needs_a_file_that_was_never_rendered_is_told_so(
    sandbox: Sandbox, tools: Tools, *, discovered: bool, next_step: str
) -> None:
    chain(sandbox)
    waiting = sandbox.deployments / sandbox.base / "app/app.hcl.j2"
    waiting.write_text('locals {\n  cluster = "eks"\n}\n')
    unit = sandbox.deployments / sandbox.base / "app/work/terragrunt.hcl"
    named = unit.read_text().replace("foundation/eks", "foundation/${local.app.locals.cluster}")
    unit.write_text(named + 'locals {\n  app = read_terragrunt_config("../app.hcl")\n}\n')
    if discovered:
        (sandbox.deployments.parent / "flowops.lock").touch()
    with pytest.raises(OperationFailed, match=r"Not rendered yet.*: .*app/app\.hcl\.") as caught:
        Bench(sandbox, tools).graph()
    assert caught.value.next_step == next_step


def test_units_in_a_circle_are_all_named_and_nothing_runs(sandbox: Sandbox, tools: Tools) -> None:
    chain(sandbox)
    first = sandbox.deployments / sandbox.base / "foundation/vpc/terragrunt.hcl"
    first.write_text(first.read_text() + 'dependency "work" {\n  config_path = "../../app/work"\n}\n')
    with pytest.raises(CyclicDependencies) as caught:
        Bench(sandbox, tools).graph()
    said = caught.value.happened
    assert "dev/app/work → dev/foundation/eks → dev/foundation/vpc → dev/app/work" in said


def test_a_unit_whose_file_is_no_hcl_is_named_with_the_line(sandbox: Sandbox, tools: Tools) -> None:
    chain(sandbox)
    broken = sandbox.deployments / sandbox.base / "foundation/eks/terragrunt.hcl"
    text = broken.read_text().replace('"../vpc"', "")
    broken.write_text(text)
    line = text[: text.index("config_path")].count("\n") + 1
    with pytest.raises(InvalidConfig, match=rf"eks/terragrunt.hcl:{line}: is not HCL"):
        Bench(sandbox, tools).graph()


def test_a_drain_flag_lets_nothing_new_start(sandbox: Sandbox, tools: Tools) -> None:
    bench = Bench(chain(sandbox), tools)
    (sandbox.root / "run").mkdir()
    (sandbox.root / "run" / "drain").touch()
    assert set(outcomes(bench.run(Step.APPLY)).values()) == {Outcome.DRAINED}
    assert list((sandbox.root / "states").rglob("terraform.tfstate")) == []


def lying_terragrunt(folder: Path) -> Path:
    script = folder / "terragrunt"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    return script


@pytest.mark.fault(10)
def test_a_terragrunt_that_exits_0_without_having_run_is_not_believed(sandbox: Sandbox, tools: Tools) -> None:
    bench = Bench(chain(sandbox), tools, lying_terragrunt(sandbox.root))
    assert set(outcomes(bench.run(Step.APPLY)).values()) == {Outcome.NOT_RUN}


@pytest.mark.fault(10)
def test_a_failed_plan_is_not_mistaken_for_one_by_the_file_it_leaves(sandbox: Sandbox, tools: Tools) -> None:
    unit = sandbox.unit("foundation/vpc", more='data "external" "x" {')
    found = Bench(sandbox, tools).run(Step.PLAN)
    outcome, reason = proof.planned(found[unit.name])
    assert outcome is Outcome.FAILED
    assert reason


def test_progress_names_the_unit_in_every_line(sandbox: Sandbox, tools: Tools) -> None:
    bench = Bench(chain(sandbox), tools)
    bench.run(Step.APPLY)
    assert any(line.startswith("dev/foundation/vpc: terraform_data.this: Creation complete") for line in bench.said)
    assert bench.engine.interrupted is Exit.FINE


def noting_terragrunt(folder: Path) -> Path:
    folder.mkdir()
    script = folder / "terragrunt"
    script.write_text(f'#!/bin/sh\nenv | sort > "{folder}/env"\nprintf "%s\\n" "$@" > "{folder}/argv"\n')
    script.chmod(0o755)
    return script


@pytest.mark.fault(23)
def test_200_stray_variables_change_neither_arguments_nor_environment_of_the_child(
    sandbox: Sandbox, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain(sandbox)
    seen = []
    for name in ("plain", "noisy"):
        script = noting_terragrunt(tmp_path / name)
        bench = Bench(sandbox, tools, script)
        bench.run(Step.PLAN)
        folder = str(tmp_path / name)
        seen.append([(tmp_path / name / it).read_text().replace(folder, "") for it in ("env", "argv")])
        random.seed(23)
        for prefix in ("AWS_", "TF_", "TG_", "TERRAGRUNT_", "TF_CLI_ARGS_"):
            for _ in range(40):
                monkeypatch.setenv(prefix + "".join(random.choices(string.ascii_uppercase, k=8)), "stray")
    assert seen[0] == seen[1]
    assert "TG_TF_PATH=" in seen[0][0]


@pytest.mark.fault(17)
def test_a_state_that_was_never_saved_is_found_wherever_the_module_lies(sandbox: Sandbox, tools: Tools) -> None:
    unit = sandbox.unit("foundation/vpc")
    other = sandbox.unit("foundation/efs")
    kept = sandbox.deployments / unit.path / ".terragrunt-cache" / "FlowopsPlanRole" / "a" / "b" / "vpc"
    kept.mkdir(parents=True)
    (kept / "errored.tfstate").write_text("the only copy")
    ((found, path),) = Bench(sandbox, tools).engine.unsaved([unit, other]).items()
    assert found == unit
    assert Path(path).read_text() == "the only copy"
    assert ".terragrunt-cache" not in path
