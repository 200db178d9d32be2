"""The instruments of benchmarks/, each tried on something of which the result is known."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import layers, measured
from flowops.adapters.project import load_config, load_deployment

ROOT = Path(__file__).parents[2]
BUSY = """
import sys, time
taken = bytearray(64 * 2**20)
while time.process_time() < 0.5:
    pass
"""


def measure(folder: Path, *argv: str) -> dict[str, Any]:
    result = folder / "result.json"
    runner = [sys.executable, str(ROOT / "benchmarks" / "measured.py"), str(result), *argv]
    subprocess.run(runner, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=True)
    loaded: dict[str, Any] = json.loads(result.read_text())
    return loaded


def test_a_command_is_charged_for_an_orphan_in_a_session_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(BUSY)
    daemon = f"setsid sh -c '{sys.executable} {tmp_path}/busy.py & {sys.executable} {tmp_path}/busy.py &' & exit 3"
    found = measure(tmp_path, "sh", "-c", daemon)
    assert found["exit_code"] == 3
    assert found["wall_seconds"] < 0.5, "the command itself ended at once"
    assert 1.0 <= found["cpu_seconds"] < 3.0, "two were busy for half a second each"
    assert 128 * 2**20 <= found["memory_bytes"] < 256 * 2**20, "both at once"
    assert found["left_over"] == []


def test_cpu_time_by_program_makes_the_whole(tmp_path: Path) -> None:
    (tmp_path / "terragrunt").symlink_to(sys.executable)
    (tmp_path / "busy.py").write_text(BUSY)
    found = measure(tmp_path, str(tmp_path / "terragrunt"), str(tmp_path / "busy.py"))
    assert found["programs"]["terragrunt"] >= 0.3
    assert abs(sum(found["programs"].values()) - found["cpu_seconds"]) < 0.01
    assert found["memory_programs"]["terragrunt"] > 64 * 2**20
    assert sum(found["memory_programs"].values()) == found["memory_bytes"]


def test_programs_are_told_apart_by_their_command_lines() -> None:
    lines = {
        "/venv/bin/python -m flowops --rehearsal plan dev": "flowops",
        "/venv/bin/python /venv/bin/flowops plan dev": "flowops",
        "/venv/bin/python -P -m flowops.adapters.providers.pool /run/a /cache/schemas": "pool",
        "/mirror/terraform-provider-aws_v5.100.0_x5 -debug": "provider",
        "/bin/sh /runs/01-plan/shim/terraform plan": "shim",
        "/venv/bin/python -I -S /runs/01-plan/shim/terraform_shim.pyc plan": "shim",
        "/usr/local/bin/terraform plan": "terraform",
        "terragrunt run --all -- plan": "terragrunt",
        "git ls-files": "other",
    }
    assert {line: measured.program(line.split()) for line in lines} == lines


def test_a_copied_layer_is_a_layer_of_the_project_with_names_of_its_own(tmp_path: Path) -> None:
    shutil.copy(ROOT / "flowops.yaml", tmp_path)
    shutil.copytree(ROOT / "deployments", tmp_path / "deployments")
    layers.add_layers(tmp_path, 2)
    layers.add_layers(tmp_path, 3)
    found = load_deployment(tmp_path, load_config(tmp_path)).environment("dev")
    assert found.layers == ("foundation", "foundation2", "foundation3")
    assert [it.name for it in found.units] == [*layers.UNITS] * 3
    third = tmp_path / layers.FOLDER / "foundation3"
    assert 'cluster_name = "flowable-dev3"' in (third / "foundation3.hcl.j2").read_text()
    for unit in third.glob("*/terragrunt.hcl"):
        assert set(re.findall(r'config_path = "(.*)"', unit.read_text())) <= {"../vpc", "../efs", "../eks"}


def test_the_page_on_performance_names_targets_and_options_that_exist() -> None:
    named = re.findall(r"^    (make .*|python .*)$", (ROOT / "docs" / "performance.md").read_text(), re.MULTILINE)
    targets = [line.split() for line in named if line.startswith("make ")]
    commands = [line.split()[1:] for line in named if line.startswith("python ")]
    assert targets
    assert commands
    for target in targets:
        dry = subprocess.run([*target, "-n"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
        assert f"benchmarks/{target[1].removeprefix('benchmark-')}.py" in dry.stdout
    for script, *words in commands:
        shown = subprocess.run(
            [sys.executable, script, *words, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        assert all(word in shown.stdout for word in words if word.startswith("--"))


def test_a_start_is_measured_against_click_in_one_run() -> None:
    argv = [sys.executable, str(ROOT / "benchmarks" / "startup.py"), "--rounds", "1", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert list(found["costs"]) == ["import click", "flowops --help", "completion"]
    for name, ratios in (("flowops --help", found), ("completion", found["completion"])):
        for kind in ("wall", "cpu"):
            ours, base = (found["costs"][it][f"{kind}_seconds"]["median"] for it in (name, "import click"))
            assert ratios[f"{kind}_ratio"] == round(base / ours, 3)
