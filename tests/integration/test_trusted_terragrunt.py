"""What was shown is what runs, with real terragrunt and terraform: a small tree of vpc and two units that read it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.unit_terraform import UnitCommands
from flowops.errors import Exit, Refused
from flowops.model.changes import Action
from flowops.model.rules import Condition, Effect, Rule
from flowops.model.run import Run
from flowops.model.safeguards import GuardRules
from tests.integration.tools import Tools
from tests.integration.trusted import Trusted
from tests.sandbox import Sandbox

REPLACED = """
resource "terraform_data" "store" {
  triggers_replace = var.text
}
"""


WITNESS = """#!/bin/sh
for last; do :; done
case "$1" in apply) [ ! -f "$last" ] || echo "$(basename "$(dirname "$last")") $(sha256sum < "$last")" >> {seen} ;; esac
exec {terraform} "$@"
"""
"""A terraform that notes which bytes it is told to apply, by unit."""


@pytest.fixture
def trusted(tmp_path: Path, tools: Tools) -> Trusted:
    sandbox = Sandbox(tmp_path)
    sandbox.unit("foundation/vpc")
    sandbox.unit("foundation/eks", depends="foundation/vpc")
    sandbox.unit("foundation/efs", depends="foundation/vpc")
    return Trusted(sandbox, tools)


@pytest.fixture
def standing(trusted: Trusted) -> Trusted:
    assert trusted.apply().exit_code is Exit.FINE
    trusted.console.shown.clear()
    return trusted


def unit_file(trusted: Trusted, name: str) -> Path:
    return trusted.sandbox.deployments / trusted.sandbox.base / "foundation" / name / "terragrunt.hcl"


def say(trusted: Trusted, text: str, name: str = "vpc") -> None:
    file = unit_file(trusted, name)
    file.write_text(file.read_text().replace('"hello"', f'"{text}"'))


def outcomes(run: Run) -> dict[str, str]:
    return {it.unit.name: it.outcome.value for it in run.units}


def texts(trusted: Trusted) -> dict[str, str]:
    states = {unit.name: trusted.sandbox.state(unit) for unit in trusted.sandbox.units.values()}
    return {name: state["outputs"]["text"]["value"] for name, state in states.items() if state and state["outputs"]}


def test_no_mock_is_in_any_state_of_an_applied_tree(standing: Trusted) -> None:
    states = [path.read_text() for path in (standing.sandbox.root / "states").rglob("terraform.tfstate")]
    assert len(states) == 3
    assert not [text for text in states if "mock-" in text]


def test_a_first_plan_names_what_has_no_outputs_and_the_inputs_that_are_mocks(trusted: Trusted) -> None:
    trusted.plan()
    because = {plan.unit.name: plan.provisional_because for plan in trusted.console.shown[0]}
    assert because == {
        "vpc": "",
        "eks": "dev/foundation/vpc has no outputs yet: mocks stand in for text",
        "efs": "dev/foundation/vpc has no outputs yet: mocks stand in for text",
    }


REAL = Rule(
    "f:1",
    Effect.REFUSE,
    "No.",
    address="foundation/e*//*",
    conditions=(Condition("after", ("input",), "equals", "hello"),),
)


def test_a_rule_sees_the_real_values_of_a_new_tree_before_they_are_applied(trusted: Trusted) -> None:
    trusted.rules = GuardRules(rules=(REAL,))
    run = trusted.apply()
    assert run.exit_code is Exit.REFUSED
    assert "add foundation/eks//terraform_data.this: No. (f:1)" in run.notes[0]
    assert texts(trusted) == {"vpc": "hello"}


def test_a_new_tree_that_rules_look_at_is_applied_wave_by_wave(trusted: Trusted) -> None:
    trusted.rules = GuardRules(rules=(replace(REAL, address="app/*"),))
    assert trusted.apply().exit_code is Exit.FINE
    assert texts(trusted) == {"vpc": "hello", "eks": "hello", "efs": "hello"}
    assert [{plan.unit.name for plan in shown} for shown in trusted.console.shown] == [
        {"vpc", "eks", "efs"},
        {"eks", "efs"},
    ]


def test_units_that_read_a_changed_output_are_planned_again_and_run_as_they_were_finally_shown(
    standing: Trusted, tmp_path: Path
) -> None:
    say(standing, "changed")
    seen = tmp_path / "seen"
    witness = tmp_path / "witness"
    witness.write_text(WITNESS.format(seen=seen, terraform=standing.tools.terraform))
    witness.chmod(0o700)
    run = replace(standing, tools=Tools(witness, standing.tools.terragrunt)).apply()
    assert run.exit_code is Exit.FINE
    applied = dict(line.split()[:2] for line in seen.read_text().splitlines())
    events = RunFolders(standing.sandbox.root / RUNS).find(run.id).events
    first, again = standing.console.shown
    assert {plan.unit.name: plan.provisional_because for plan in first} == {
        "vpc": "",
        "eks": "output text of dev/foundation/vpc will change",
        "efs": "output text of dev/foundation/vpc will change",
    }
    assert {plan.unit.name: plan.count(Action.UPDATE) for plan in again} == {"eks": 1, "efs": 1}
    assert all(plan.exact for plan in again)
    finally_shown = {plan.unit: plan for plan in (*first, *again)}
    assert {it.unit: it.plan for it in run.units} == finally_shown
    bound = {str(it["unit"]): str(it["plan"]) for it in events if it["event"] == "bound"}
    assert applied == {name.rpartition("/")[2]: sha256 for name, sha256 in bound.items()}
    assert texts(standing) == {"vpc": "changed", "eks": "changed", "efs": "changed"}
    assert not standing.plan().exit_code


def test_a_replace_that_the_preview_did_not_show_stops_the_run_with_what_is_done_on_record(standing: Trusted) -> None:
    main = unit_file(standing, "eks").with_name("main.tf")
    main.write_text(main.read_text() + REPLACED)
    assert standing.apply().exit_code is Exit.FINE
    say(standing, "changed")
    run = standing.apply()
    assert run.exit_code is Exit.REFUSED
    assert outcomes(run) == {"vpc": "applied", "eks": "not-run", "efs": "not-run"}
    assert "the preview did not show: replace foundation/eks//terraform_data.store" in run.notes[0]
    recorded = json.loads((standing.runs[-1] / "run.json").read_text())
    assert recorded["exit_code"] == 4
    assert {it["unit"]: it["outcome"] for it in recorded["units"]}["dev/foundation/vpc"] == "applied"
    assert texts(standing) == {"vpc": "changed", "eks": "hello", "efs": "hello"}


def somebody_applies(trusted: Trusted) -> None:
    folder = unit_file(trusted, "vpc").parent
    argv = [str(trusted.tools.terragrunt), "apply", "-auto-approve", "--non-interactive"]
    env = {"PATH": "/usr/bin:/bin", "TG_TF_PATH": str(trusted.tools.terraform), **trusted.tools.environment}
    subprocess.run(argv, cwd=folder, env=env, check=True, capture_output=True)


def a_file_above_changes(trusted: Trusted) -> None:
    root = trusted.sandbox.deployments / "root.hcl"
    root.write_text(root.read_text() + "# changed\n")


def the_plan_is_cut_short(trusted: Trusted) -> None:
    plan = plan_file(trusted, "vpc")
    plan.write_bytes(plan.read_bytes()[:512])


def the_plan_is_empty(trusted: Trusted) -> None:
    plan_file(trusted, "vpc").write_bytes(b"")


def the_plan_is_another_units(trusted: Trusted) -> None:
    plan_file(trusted, "vpc").write_bytes(plan_file(trusted, "eks").read_bytes())


def plan_file(trusted: Trusted, name: str) -> Path:
    (found,) = trusted.runs[-1].glob(f"01-plan/plans/foundation/{name}/tfplan.tfplan")
    return found


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (somebody_applies, r"dev/foundation/vpc: state serial 2 → \d+: somebody applied in between"),
        (a_file_above_changes, r"deployments/root\.hcl changed"),
        (the_plan_is_cut_short, "dev/foundation/vpc: the plan file is gone, or is no plan"),
        (the_plan_is_empty, "dev/foundation/vpc: the plan file is gone, or is no plan"),
        (the_plan_is_another_units, "dev/foundation/vpc: the plan file is not the one that was shown"),
    ],
)
@pytest.mark.fault(31)
def test_what_moves_while_the_operator_thinks_is_a_refusal_that_says_it(
    standing: Trusted, move: Callable[[Trusted], None], said: str
) -> None:
    say(standing, "changed")
    standing.console.meanwhile = lambda: move(standing)
    run = standing.apply()
    assert run.exit_code is Exit.REFUSED
    assert re.search(said, run.notes[0])
    assert texts(standing)["eks"] == "hello"


def test_each_plan_is_kept_with_what_it_was_made_on(standing: Trusted) -> None:
    before = standing.sandbox.state(standing.sandbox.units["foundation/vpc"])
    assert before is not None
    say(standing, "changed")
    standing.apply()
    first, again = (json.loads(path.read_text()) for path in sorted(standing.runs[-1].glob("*/fingerprints.json")))
    assert set(first) == {"dev/foundation/vpc", "dev/foundation/eks", "dev/foundation/efs"}
    assert set(again) == {"dev/foundation/eks", "dev/foundation/efs"}
    vpc = first["dev/foundation/vpc"]
    assert (vpc["serial"], vpc["lineage"]) == (before["serial"], before["lineage"])
    assert len({it["tree"] for it in first.values()}) == 3
    assert vpc["plan"] != again["dev/foundation/eks"]["plan"]
    assert "bound" in (standing.runs[-1] / "events.jsonl").read_text()


def test_a_tainted_resource_that_holds_data_is_refused_and_the_command_of_the_refusal_mends_it(
    standing: Trusted,
) -> None:
    standing.rules = GuardRules(stateful_types=frozenset({"terraform_data"}))
    vpc = standing.sandbox.units["foundation/vpc"]
    state = standing.sandbox.state(vpc)
    assert state is not None
    state["resources"][0]["instances"][0]["status"] = "tainted"
    state["serial"] += 1
    (standing.sandbox.root / "states" / vpc.path / "terraform.tfstate").write_text(json.dumps(state))
    with pytest.raises(Refused, match="replace_because_tainted") as refused:
        standing.apply()
    (command,) = (line for line in refused.value.next_step.splitlines() if "untaint" in line)
    words = shlex.split(command)
    assert words[:-1] == ["flowops", "recover", "dev", "foundation", "vpc", "--untaint"]
    place, _, address = words[-1].partition("//")
    assert place == "foundation/vpc"
    commands = UnitCommands(
        Processes(),
        terragrunt=standing.tools.terragrunt,
        terraform=standing.tools.terraform,
        python=Path(sys.executable),
        deployments=standing.sandbox.deployments,
        env={"PATH": "/usr/bin:/bin", "HOME": str(standing.sandbox.root)},
    )
    assert commands.untaint(vpc, address, standing.sandbox.root / "untaint", {}) == ""
    assert outcomes(standing.apply()) == {"vpc": "unchanged", "eks": "unchanged", "efs": "unchanged"}


def test_a_datasource_is_changed_in_the_order_that_the_refusal_prints(tmp_path: Path, tools: Tools) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.unit("app/old")
    sandbox.unit("app/chart", depends="app/old")
    trusted = Trusted(sandbox, tools, GuardRules(stateful_types=frozenset({"terraform_data"})))
    assert trusted.apply().exit_code is Exit.FINE
    layer = sandbox.deployments / sandbox.base / "app"
    sandbox.unit("app/new", text="new")
    (layer / "old" / "main.tf").write_text('variable "text" { type = string }\n')
    chart = layer / "chart" / "terragrunt.hcl"
    chart.write_text(chart.read_text().replace('"../old"', '"../new"'))
    with pytest.raises(Refused, match="dev/app/old would lose data") as refused:
        trusted.apply(allow_destroy=("*",))
    commands = [shlex.split(line) for line in refused.value.next_step.splitlines()[1:]]
    assert [words[4] for words in commands] == ["new", "chart", "old"]
    for words in commands:
        allowed = tuple(words[words.index("--allow-destroy") + 1 :][:1]) if "--allow-destroy" in words else ()
        run = trusted.apply(layer=words[3], unit=words[4], allow_destroy=allowed)
        assert outcomes(run) == {words[4]: "applied"}
    assert texts(trusted) == {"new": "new", "chart": "new"}
    assert sandbox.resources(sandbox.units["app/old"]) == []
