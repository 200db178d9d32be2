"""What an interruption leaves, and that nothing outside of what was listed is touched."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from flowops.errors import Exit
from flowops.model.gc import Fate, GcRequest, Kind
from tests.integration.gc.machine import (
    CACHE,
    EVERYTHING,
    Machine,
    Operator,
    fates,
    listing,
    whys,
)

# -- what an interruption leaves -------------------------------------------------------------------------------------


def test_what_an_interrupted_cleaning_left_goes_with_the_next_one(machine: Machine) -> None:
    left = machine.write("project/.flowops/.trash/0123/a/main.tf").parents[1]
    machine.write("cache/flowops/.trash/4567/terraform")
    found = machine.clean()
    assert {row.item.kind for row in found.rows} == {Kind.HALF_DELETED}
    assert set(fates(found).values()) == {Fate.DELETED}
    assert not left.exists()


def test_a_state_that_an_interrupted_cleaning_had_in_its_bin_stays(machine: Machine) -> None:
    state = machine.write("project/.flowops/.trash/0123/a/errored.tfstate")
    assert set(fates(machine.clean()).values()) == {Fate.KEPT}
    assert state.exists()


def test_what_somebody_else_deleted_meanwhile_is_no_failure(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")

    class Faster(Operator):
        def ask(self, question: str) -> str:
            shutil.rmtree(machine.project / CACHE)
            return "y"

    found = machine.clean(GcRequest(), Faster())
    assert (whys(found), found.exit_code) == (["it is gone by now"], Exit.FINE)


def test_a_bin_that_leads_elsewhere_takes_nothing(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")
    (machine.project / ".flowops").mkdir()
    (machine.project / ".flowops" / ".trash").symlink_to(machine.root / "tmp")
    found = machine.clean()
    assert set(fates(found).values()) == {Fate.FAILED}
    assert (machine.project / CACHE / "a" / "main.tf").exists()
    assert list(machine.temporary.iterdir()) == []


# -- whatever the tree -----------------------------------------------------------------------------------------------

NAMES = some.sampled_from(
    ["a", "b", ".terragrunt-cache", ".terraform", "deployments", "errored.tfstate", "crash.log", "main.tf", ".flowops"]
)
PATHS = some.lists(some.lists(NAMES, min_size=1, max_size=6).map("/".join), max_size=25)
LINKS = some.lists(some.tuples(some.lists(NAMES, min_size=1, max_size=5).map("/".join), some.booleans()), max_size=4)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(PATHS, LINKS)
def test_whatever_the_tree_nothing_outside_of_what_was_listed_is_touched(
    paths: list[str], links: list[tuple[str, bool]]
) -> None:
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder)).made()
        treasure = machine.write("elsewhere/.terragrunt-cache/treasure")
        for path in paths:
            plant(machine.project / "deployments" / path)
        for path, to_folder in links:
            link(machine.project / "deployments" / path, treasure.parents[1] if to_folder else treasure)
        before = listing(machine.root)
        listed = machine.clean(replace(EVERYTHING, dry_run=True))
        assert listing(machine.root) == before
        found = machine.clean(EVERYTHING)
        after = {name: it for name, it in listing(machine.root).items() if not name.startswith("project/.flowops")}
        going = [os.path.relpath(row.item.name, folder) for row in listed.of(Fate.TO_GO)]
        staying = {name: it for name, it in before.items() if not any(within(name, it) for it in going)}
        assert after == staying
        assert {row.item.name for row in found.of(Fate.DELETED)} == {row.item.name for row in listed.of(Fate.TO_GO)}
        assert all(Path(it).name == ".terragrunt-cache" for it in going)


def within(name: str, folder: str) -> bool:
    return name == folder or name.startswith(f"{folder}/")


def plant(path: Path) -> None:
    """Make a file, where nothing is in its way."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("x")
    except (FileExistsError, NotADirectoryError):
        return


def link(path: Path, target: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    except (FileExistsError, NotADirectoryError):
        return
