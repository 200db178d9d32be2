"""The shim around the real terraform and terragrunt, with a local backend and resources that need no cloud."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowops.adapters.shim import install_shim, read_calls
from flowops.model.terraform_call import TerraformCall
from tests.integration.child_processes import await_true
from tests.integration.tools import Tools

# The provisioner says that it is at work and waits for the file `go`.
MODULE = """
resource "terraform_data" "waits" {
  input = "kept"
  provisioner "local-exec" {
    command     = "touch begun; while [ ! -e go ]; do sleep 0.02; done"
    working_dir = "WHERE"
  }
}
output "kept" { value = terraform_data.waits.output }
"""


class Unit:
    """A folder with a module and everything to run terraform or terragrunt in it through the shim."""

    def __init__(self, folder: Path, tools: Tools) -> None:
        self.terragrunt = tools.terragrunt
        self.folder = folder / "unit"
        self.calls = folder / "calls"
        self.folder.mkdir()
        self.calls.mkdir()
        (self.folder / "main.tf").write_text(MODULE.replace("WHERE", str(self.folder)))
        (self.folder / "terragrunt.hcl").write_text("")
        self.shim = install_shim(folder / "shim", python=Path(sys.executable))
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "FLOWOPS_CALLS": str(self.calls),
            "FLOWOPS_TERRAFORM": str(tools.terraform),
            "TG_TF_PATH": str(self.shim),
            "CHECKPOINT_DISABLE": "1",
        }

    def start(self, *argv: str, program: Path | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [program or self.shim, *argv],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *argv: str) -> tuple[int, str]:
        with self.start(*argv) as process:
            assert process.stdout
            text = process.stdout.read().decode()
        return process.returncode, text

    def at_work(self) -> None:
        await_true((self.folder / "begun").exists, "the provisioner's start")

    def go(self) -> None:
        (self.folder / "go").touch()

    def ended(self, command: str) -> TerraformCall:
        """Return the call of `command` once its end is recorded."""
        found: list[TerraformCall] = []

        def recorded() -> bool:
            found[:] = [c for c in read_calls(self.calls) if c.command == command and c.exit_code is not None]
            return bool(found)

        await_true(recorded, f"the recorded end of terraform {command}")
        return found[0]

    def outputs(self) -> dict[str, object]:
        (path,) = self.folder.rglob("terraform.tfstate")  # terragrunt works in a copy below the unit
        state = json.loads(path.read_text())
        return {name: output["value"] for name, output in state["outputs"].items()}

    def locked(self) -> bool:
        return any(self.folder.rglob(".terraform.tfstate.lock.info"))


@pytest.fixture
def unit(tmp_path: Path, tools: Tools) -> Unit:
    return Unit(tmp_path, tools)


def test_plan_and_apply_end_with_terraforms_own_codes(unit: Unit) -> None:
    unit.go()
    assert unit.run("init", "-no-color")[0] == 0
    assert unit.run("plan", "-detailed-exitcode", "-no-color")[0] == 2
    assert unit.run("apply", "-auto-approve", "-no-color")[0] == 0
    assert unit.run("plan", "-detailed-exitcode", "-no-color")[0] == 0
    (unit.folder / "broken.tf").write_text("resource {")
    assert unit.run("plan", "-no-color")[0] == 1

    assert [(call.command, call.exit_code) for call in read_calls(unit.calls)] == [
        ("init", 0),
        ("plan", 2),
        ("apply", 0),
        ("plan", 0),
        ("plan", 1),
    ]
    assert unit.outputs() == {"kept": "kept"}


def test_an_apply_that_asks_gets_no_answer_instead_of_hanging(unit: Unit) -> None:
    unit.run("init")
    code, text = unit.run("apply", "-no-color")
    assert code == 1
    assert "EOF" in text or "cancelled" in text
    assert not (unit.folder / "begun").exists()


def test_kill_9_of_the_pump_costs_neither_state_nor_lock(unit: Unit) -> None:
    unit.run("init")
    with unit.start("apply", "-auto-approve") as process:
        unit.at_work()
        assert unit.locked()
        process.kill()
    unit.go()

    assert unit.ended("apply").exit_code == 0
    assert unit.outputs() == {"kept": "kept"}
    assert not unit.locked()


def test_an_interrupted_apply_saves_its_state_and_releases_the_lock(unit: Unit) -> None:
    unit.run("init")
    with unit.start("apply", "-auto-approve", "-no-color") as process:
        assert process.stdout
        unit.at_work()
        process.send_signal(signal.SIGTERM)
        text = process.stdout.read().decode()

    assert "Interrupt received" in text
    assert process.returncode == 1
    assert unit.ended("apply").exit_code == 1
    assert (unit.folder / "terraform.tfstate").exists()
    assert not unit.locked()


def test_kill_9_of_terragrunt_costs_neither_state_nor_lock(unit: Unit) -> None:
    with unit.start("apply", "-auto-approve", "--non-interactive", program=unit.terragrunt) as terragrunt:
        unit.at_work()
        terragrunt.kill()
    unit.go()

    call = unit.ended("apply")
    assert (call.exit_code, call.unit_dir) == (0, unit.folder)
    assert b"Apply complete!" in call.stdout.read_bytes()
    assert unit.outputs() == {"kept": "kept"}
    assert not unit.locked()


def test_terragrunt_sees_terraforms_output_and_exit_code_through_the_shim(unit: Unit) -> None:
    unit.go()
    argv = ["plan", "-detailed-exitcode", "--non-interactive", "--tf-forward-stdout", "--no-color"]
    with unit.start(*argv, program=unit.terragrunt) as terragrunt:
        assert terragrunt.stdout
        text = terragrunt.stdout.read().decode()
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in text
    assert terragrunt.returncode == 2
    assert unit.ended("plan").exit_code == 2
