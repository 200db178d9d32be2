"""What recoveries keep and read on disk: unsaved states, remembered states, import files, and output of killed runs."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.creations import RunCreations
from flowops.adapters.import_files import UnitFolders
from flowops.adapters.state_memory import Remembered, StateMemory
from flowops.adapters.unsaved_states import UnsavedStates
from flowops.errors import Refused
from flowops.model.deployment import Unit
from flowops.model.state_health import Former
from tests.fakes.recovery import START, state

VPC = Unit("dev", "foundation", "vpc", PurePosixPath("aws/dev/foundation/vpc"))
EKS = Unit("dev", "foundation", "eks", PurePosixPath("aws/dev/foundation/eks"))


def errored(project: Path, unit: Unit, content: bytes, *, copy: str = "a/b") -> Path:
    folder = project / "deployments" / unit.path / ".terragrunt-cache" / copy
    folder.mkdir(parents=True)
    path = folder / "errored.tfstate"
    path.write_bytes(content)
    path.chmod(0o644)
    return path


def test_an_unsaved_state_is_kept_privately_and_outlives_the_cache(tmp_path: Path) -> None:
    original = errored(tmp_path, VPC, state(5))
    kept = UnsavedStates(tmp_path).collect([VPC, EKS])
    ((only,),) = kept.values()
    path = Path(only.path)
    assert only.raw == state(5)
    assert [oct(it.stat().st_mode & 0o777) for it in (path, original)] == ["0o600", "0o600"]
    folders = (path.parent, *path.parent.parents[:3])
    assert {oct(it.stat().st_mode & 0o777) for it in folders} == {"0o700"}
    assert path.parent == tmp_path / ".flowops" / "unsaved" / "dev" / "foundation" / "vpc"
    original.unlink()
    assert UnsavedStates(tmp_path).collect([VPC]) == kept


def test_the_same_state_is_kept_once_and_another_one_beside_it(tmp_path: Path) -> None:
    unsaved = UnsavedStates(tmp_path)
    first = errored(tmp_path, VPC, state(5))
    os.utime(first, (1, 1))
    unsaved.collect([VPC])
    errored(tmp_path, VPC, state(5), copy="c/d")
    newest = errored(tmp_path, VPC, state(6), copy="e/f")
    assert [it.raw for it in unsaved.collect([VPC])[VPC]] == [state(6), state(5)]
    assert newest.exists()


def test_a_saved_state_leaves_no_copy_and_others_are_set_aside(tmp_path: Path) -> None:
    unsaved = UnsavedStates(tmp_path)
    originals = [errored(tmp_path, VPC, state(5)), errored(tmp_path, VPC, state(6), copy="e/f")]
    saved = next(it for it in unsaved.collect([VPC])[VPC] if it.raw == state(6))
    (aside,) = unsaved.release(VPC, saved)
    assert Path(aside).read_bytes() == state(5)
    assert not any(it.exists() for it in originals)
    assert unsaved.collect([VPC]) == {}


def test_what_was_found_sound_is_remembered_by_unit(tmp_path: Path) -> None:
    memory = StateMemory(tmp_path)
    vpc, eks = (Remembered(it, Former(5, "one", 3, START)) for it in ("aa", "bb"))
    memory.remember("dev", {VPC: vpc})
    memory.remember("dev", {EKS: eks})
    assert memory.recall("dev") == {VPC.id: vpc, EKS.id: eks}
    assert memory.recall("prod") == {}
    (tmp_path / ".flowops" / "states" / "dev.json").write_text("{")
    assert memory.recall("dev") == {}


def test_import_blocks_never_replace_a_file_of_somebody_else(tmp_path: Path) -> None:
    folder = tmp_path / VPC.path
    folder.mkdir(parents=True)
    folders = UnitFolders(tmp_path)
    path = Path(folders.write(VPC, "import {}\n"))
    assert path.read_text().startswith("# Written by `flowops recover`")
    folders.write(VPC, "import { }\n")
    assert path.read_text().endswith("\nimport { }\n")
    path.write_text("# ours\n")
    with pytest.raises(Refused, match="there already"):
        folders.write(VPC, "import {}\n")
    assert path.read_text() == "# ours\n"


def call(project: Path, run: str, *, code: int | None, signal: int = 0, command: str = "apply", more: str = "") -> None:
    """Write the record of a terraform in the unit vpc that had created one parameter and begun with another."""
    runs = project / ".flowops" / "runs" / run
    folder = runs / "01-apply" / "calls" / f"{len(list(runs.parent.glob('*/*/calls/*'))) + 1}-1"
    folder.mkdir(parents=True)
    unit = project / "deployments" / VPC.path
    unit.mkdir(parents=True, exist_ok=True)
    record = {"argv": [command], "cwd": str(unit), "started": 1.0, "pid": 2**22 + 1, "ticks": 1}
    (folder / "call.json").write_text(json.dumps({**record, "keeper": 2**22 + 2, "keeper_ticks": 1}))
    (folder / "stdout").write_text(
        f"aws_ssm_parameter.{run}: Creating...\naws_ssm_parameter.{run}: Creation complete after 0s [id=/{run}]\n"
        f"aws_vpc.{run}: Creating...\n{more}"
    )
    (folder / "stderr").touch()
    if code is not None:
        (folder / "exit.json").write_text(json.dumps({"code": code, "signal": signal, "ended": 2.0}))


def found(project: Path) -> dict[str, str]:
    creations = RunCreations(project / ".flowops" / "runs", project / "deployments")
    return {it.address: it.id for it in creations.of([VPC, EKS]).get(VPC, ())}


@pytest.mark.parametrize(
    ("code", "signal", "more", "in_flight"),
    [(137, 9, "", True), (None, 0, "", True), (1, 0, "Interrupt received.\n", True), (1, 0, "", False)],
)
def test_what_an_unfinished_terraform_printed_is_read_again(
    tmp_path: Path, code: int | None, signal: int, more: str, in_flight: bool
) -> None:
    call(tmp_path, "r1", code=code, signal=signal, more=more)
    expected = {"aws_ssm_parameter.r1": "/r1"} | ({"aws_vpc.r1": ""} if in_flight else {})
    assert found(tmp_path) == expected


def test_runs_that_ended_well_and_other_commands_are_not_read(tmp_path: Path) -> None:
    call(tmp_path, "r1", code=137, signal=9)
    (tmp_path / ".flowops" / "runs" / "r1" / "run.json").write_text('{"exit_code": 0}')
    call(tmp_path, "r2", code=137, signal=9, command="plan")
    call(tmp_path, "r3", code=0)
    assert found(tmp_path) == {}
    (tmp_path / ".flowops" / "runs" / "r1" / "run.json").write_text('{"exit_code": 3}')
    assert set(found(tmp_path)) == {"aws_ssm_parameter.r1", "aws_vpc.r1"}
