"""What is shown before anything goes, and terragrunt's caches in the tree."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from flowops.errors import Declined, Exit
from flowops.model.gc import Fate, GcRequest
from tests.integration.gc.machine import (
    CACHE,
    Machine,
    Operator,
    fates,
    listing,
    whys,
)

# -- the question ----------------------------------------------------------------------------------------------------


def test_what_would_go_is_shown_and_nothing_goes_without_a_yes(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")
    before, operator = listing(machine.root), Operator(answer="n")
    with pytest.raises(Declined):
        machine.clean(GcRequest(), operator)
    assert listing(machine.root) == before
    (shown,) = operator.shown
    assert fates(shown) == {str(machine.project / CACHE): Fate.TO_GO}
    assert operator.heard[0].startswith("Delete this one, ")


def test_with_nobody_to_ask_the_next_command_is_the_same_with_a_yes(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")
    machine.ended_run()
    before, request = listing(machine.root), GcRequest(timedelta(hours=36), journals=True, toolchain=True)
    with pytest.raises(Declined) as declined:
        machine.clean(request, Operator(interactive=False))
    assert declined.value.next_step == "flowops gc --older-than 1d12h --journals --toolchain --yes"
    with pytest.raises(Declined) as declined:
        machine.clean(request, Operator(answer="n"))
    assert declined.value.next_step == "flowops gc --older-than 1d12h --journals --toolchain --dry-run"
    assert listing(machine.root) == before


def test_a_dry_run_asks_nothing_and_changes_nothing(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")
    machine.ended_run()
    machine.write("cache/flowops/tools/terraform/0.1.0/terraform")
    before, operator = listing(machine.root), Operator()
    found = machine.clean(GcRequest(dry_run=True, toolchain=True, journals=True), operator)
    assert {row.deletion.fate for row in found.rows} == {Fate.TO_GO}
    assert len(found.rows) == 3
    assert (operator.heard, found.exit_code) == ([], Exit.FINE)
    assert listing(machine.root) == before


def test_nothing_left_behind_asks_nothing(machine: Machine) -> None:
    operator = Operator()
    assert machine.clean(GcRequest(), operator).rows == ()
    assert operator.heard == []


# -- terragrunt's caches ---------------------------------------------------------------------------------------------


def test_ten_thousand_small_files_go_and_the_tree_stays(machine: Machine) -> None:
    for number in range(100):
        folder = machine.project / CACHE / f"{number}" / "deep" / "er"
        folder.mkdir(parents=True)
        for name in range(100):
            (folder / f"{name}").touch()
    kept = machine.write(f"project/{Path(CACHE).parent}/terragrunt.hcl")
    found = machine.clean()
    assert fates(found) == {str(machine.project / CACHE): Fate.DELETED}
    assert kept.exists()
    assert not (machine.project / CACHE).exists()
    assert list((machine.project / ".flowops" / ".trash").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["errored.tfstate", "terraform.tfstate", "terraform.tfstate.backup", "crash.log", "crash.1.log"]
)
def test_a_cache_with_what_may_be_the_only_copy_stays_whole(machine: Machine, name: str) -> None:
    precious = machine.write(f"project/{CACHE}/a/b/{name}")
    machine.write(f"project/{CACHE}/c/main.tf")
    before = listing(machine.project / "deployments")
    found = machine.clean()
    assert fates(found) == {str(machine.project / CACHE): Fate.KEPT}
    assert str(precious) in whys(found)[0]
    assert listing(machine.project / "deployments") == before


def test_where_terraform_remembers_its_backend_is_no_state(machine: Machine) -> None:
    machine.write(
        f"project/{CACHE}/a/.terraform/terraform.tfstate", json.dumps({"version": 3, "backend": {"type": "s3"}})
    )
    assert set(fates(machine.clean()).values()) == {Fate.DELETED}


def test_a_state_of_an_old_terraform_in_that_place_is_one(machine: Machine) -> None:
    state = {"version": 3, "modules": [{"path": ["root"], "resources": {"aws_vpc.this": {}}}]}
    machine.write(f"project/{CACHE}/a/.terraform/terraform.tfstate", json.dumps(state))
    assert set(fates(machine.clean()).values()) == {Fate.KEPT}


def test_an_unsaved_state_that_comes_while_the_operator_thinks_stays(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")

    class Slow(Operator):
        def ask(self, question: str) -> str:
            machine.write(f"project/{CACHE}/a/errored.tfstate", "the only copy")
            return "y"

    found = machine.clean(GcRequest(), Slow())
    assert set(fates(found).values()) == {Fate.KEPT}
    assert (machine.project / CACHE / "a" / "errored.tfstate").read_text() == "the only copy"


def test_a_symbolic_link_is_neither_followed_nor_deleted_through(machine: Machine) -> None:
    treasure = machine.write("elsewhere/treasure")
    cache = machine.project / CACHE
    machine.write(f"project/{CACHE}/a/main.tf")
    (cache / "a" / "out").symlink_to(treasure.parent)
    (cache / "a" / "file").symlink_to(treasure)
    linked = cache.parents[1] / "eks" / ".terragrunt-cache"
    linked.parent.mkdir()
    linked.symlink_to(treasure.parent)
    found = machine.clean()
    assert fates(found)[str(cache)] is Fate.DELETED
    assert treasure.read_text() == "x"
    assert linked.is_symlink()


def test_a_tree_that_leads_out_of_the_project_is_left_alone(machine: Machine) -> None:
    machine.write("elsewhere/dev/.terragrunt-cache/a/main.tf")
    (machine.project / "deployments").symlink_to(machine.root / "elsewhere")
    assert machine.clean().rows == ()


def test_a_folder_that_is_exchanged_for_a_link_meanwhile_leads_nowhere(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")
    treasure = machine.write("elsewhere/.terragrunt-cache/treasure")
    unit = (machine.project / CACHE).parent

    class Attacker(Operator):
        def ask(self, question: str) -> str:
            unit.rename(unit.with_name("aside"))
            unit.symlink_to(treasure.parents[1])
            return "y"

    found = machine.clean(GcRequest(), Attacker())
    assert set(fates(found).values()) == {Fate.FAILED}
    assert found.exit_code is Exit.FAILED
    assert treasure.read_text() == "x"


@contextmanager
def as_somebody_else(root: Path) -> Iterator[None]:
    """Let the block run as a user for whom modes count: to root a read-only folder is none."""
    if os.geteuid() != 0:
        yield
        return
    for path in (root, *root.rglob("*")):
        os.lchown(path, 65534, 65534)
    above = [it for it in root.parents if it.stat().st_uid == 0 and not it.stat().st_mode & 0o001]
    modes = {it: it.stat().st_mode for it in above}
    for it in above:
        it.chmod(modes[it] | 0o011)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for it, mode in modes.items():
            it.chmod(mode)


def test_a_read_only_cache_goes_and_one_in_a_read_only_folder_is_said_to_stay(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/sealed/main.tf")
    stuck = machine.write("project/deployments/aws/eks/.terragrunt-cache/a/main.tf").parents[2]
    (machine.project / ".flowops").mkdir()
    sealed = [machine.project / CACHE / "a" / "sealed", machine.project / CACHE, stuck]
    with as_somebody_else(machine.root):
        for folder in sealed:
            folder.chmod(0o500)
        operator = Operator()
        found = machine.clean(operator=operator)
        stuck.chmod(0o700)
    assert fates(found) == {
        str(machine.project / CACHE): Fate.DELETED,
        str(stuck / ".terragrunt-cache"): Fate.FAILED,
    }
    assert found.exit_code is Exit.PARTLY_DONE
    assert "Permission denied" in operator.heard[0]
    assert (stuck / ".terragrunt-cache" / "a" / "main.tf").exists()
