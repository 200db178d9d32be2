"""Who is at work keeps everything, and of a run that ended the journal stays."""

from __future__ import annotations

import json
import os
from datetime import timedelta

from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.terraform_shim import start_ticks
from flowops.model.gc import Fate, GcRequest
from flowops.model.run import Outcome
from tests.integration.gc.machine import (
    APPLY,
    CACHE,
    EVERYTHING,
    NOW,
    OLD,
    VPC,
    Machine,
    fates,
    listing,
    process,
    whys,
)

# -- who is at work --------------------------------------------------------------------------------------------------


def test_what_a_process_works_in_stays_until_it_has_ended(machine: Machine) -> None:
    folder = machine.write(f"project/{CACHE}/a/main.tf").parent
    with process(folder) as child:
        found = machine.clean()
        assert set(fates(found).values()) == {Fate.KEPT}
        assert f"process {child.pid} " in whys(found)[0]
    assert set(fates(machine.clean()).values()) == {Fate.DELETED}


def test_nothing_of_a_project_goes_while_a_run_is_alive(machine: Machine) -> None:
    machine.write(f"project/{CACHE}/a/main.tf")
    with process(machine.root) as child:
        alive = machine.journal(NOW - timedelta(days=60)).open(APPLY)
        (alive.folder / "01-apply").mkdir()
        events = (alive.folder / "events.jsonl").read_text()
        here = f'"pid": {os.getpid()}, "ticks": {start_ticks(os.getpid())}'
        assert here in events
        machine.write(
            str((alive.folder / "events.jsonl").relative_to(machine.root)),
            events.replace(here, f'"pid": {child.pid}, "ticks": {start_ticks(child.pid)}'),
        )
        before = listing(machine.project)
        found = machine.clean(EVERYTHING)
        assert set(fates(found).values()) == {Fate.KEPT}
        assert all(f"is at work: flowops, process {child.pid}" in why for why in whys(found))
        assert listing(machine.project) == before
    after = machine.clean(EVERYTHING)
    assert fates(after) == {str(machine.project / CACHE): Fate.DELETED, str(alive.folder): Fate.KEPT}
    assert "nobody has closed it" in "".join(whys(after))


def test_a_run_that_ended_while_its_terraform_did_not_keeps_everything(machine: Machine) -> None:
    folder = machine.ended_run()
    call = folder / "01-plan" / "calls" / "2-2"
    call.mkdir()
    with process(machine.root) as child:
        ticks = start_ticks(child.pid)
        (call / "call.json").write_text(
            json.dumps(
                {
                    "argv": ["apply"],
                    "cwd": str(machine.project / CACHE / "a"),
                    "started": OLD,
                    "pid": child.pid,
                    "ticks": ticks,
                    "keeper": child.pid,
                    "keeper_ticks": ticks,
                }
            )
        )
        found = machine.clean()
        assert fates(found) == {str(folder): Fate.KEPT}
        assert f"process {child.pid}" in whys(found)[0]
    assert fates(machine.clean()) == {str(folder): Fate.DELETED}


# -- runs ------------------------------------------------------------------------------------------------------------


def test_of_an_old_run_the_journal_stays_and_verifies(machine: Machine) -> None:
    folder, young = machine.ended_run(), machine.ended_run(days=20)
    printed = (folder / "logs" / "foundation-vpc.log").read_text()
    untouched = listing(young)
    assert fates(machine.clean()) == {str(folder): Fate.DELETED}
    assert {it.name for it in folder.iterdir()} == {"events.jsonl", "events.head", "run.json", "logs"}
    assert machine.flaws(folder) == []
    runs = RunFolders(machine.project / RUNS)
    assert list(runs.log(runs.find(folder.name), VPC.id)) == printed.splitlines()
    assert listing(young) == untouched
    assert machine.clean().rows == ()


def test_what_terraform_printed_in_an_apply_that_failed_stays_for_a_recovery(machine: Machine) -> None:
    folder = machine.ended_run(outcome=Outcome.FAILED)
    machine.clean(EVERYTHING)
    assert (folder / "events.jsonl").exists()
    printed = ("calls", "calls/1-1", "calls/1-1/stdout")
    again = ("ordinary", *(f"ordinary/{it}" for it in printed))
    assert set(listing(folder / "01-plan")) == {*printed, *again}
    assert machine.flaws(folder) == []


def test_journals_go_only_where_that_is_said_and_they_are_no_only_copy(machine: Machine) -> None:
    plain, uncopied, tampered = (machine.ended_run(days=it) for it in (60, 70, 80))
    (uncopied / "uncopied").touch()
    events = tampered / "events.jsonl"
    events.write_text(events.read_text().replace('"pid"', '"Pid"', 1))
    machine.clean()
    assert all((it / "events.jsonl").exists() for it in (plain, uncopied, tampered))
    assert fates(machine.clean(GcRequest(yes=True, journals=True))) == {str(plain): Fate.DELETED}
    assert [it.exists() for it in (plain, uncopied, tampered)] == [False, True, True]


def test_a_journal_that_nobody_can_read_stays_with_all_that_is_beside_it(machine: Machine) -> None:
    folder = machine.ended_run()
    (folder / "events.jsonl").write_text("nonsense\n")
    found = machine.clean(EVERYTHING)
    assert set(fates(found).values()) == {Fate.KEPT}
    assert "flowops audit verify" in whys(found)[0]
