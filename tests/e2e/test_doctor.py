"""Thirty things that go wrong between a newcomer and a green apply, one after another in one standing rehearsal.

Each is planted; doctor finds it, and nothing else; the command that it prints is typed as it stands; doctor is green.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.aws import Rehearsed
from tests.e2e.command import Flowops
from tests.e2e.examined_project import ENVIRONMENT, World, small_project
from tests.e2e.planted_faults import FAULTS
from tests.e2e.walk import Walk


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doctor")
    flowops = Flowops(small_project(folder / "project"), folder / "state")
    try:
        started = flowops("rehearse", "up")
        assert started.code == 0, started.err
        for words in (("bootstrap", "--yes"), ("profiles", "write", "--yes"), ("auth", "whoami", "dev")):
            done = flowops("--rehearsal", *words)
            assert done.code == 0, done.err
        yield World(flowops, Rehearsed.of(flowops))
    finally:
        flowops("rehearse", "down", "--forget")


@pytest.fixture(autouse=True)
def _state(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(world.flowops.state))


def test_of_a_project_that_was_just_bootstrapped_everything_is_fine(world: World) -> None:
    assert world.lines() == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_what_doctor_prints_mends_it(name: str, world: World) -> None:
    fault = FAULTS[name]
    fault.plant(world)
    found = world.looked()
    ours = [it for it in found if it["id"] == fault.check]
    assert {it["status"] for it in ours} == {fault.status}, found
    others = {it["id"] for it in found if it["status"] != "not looked at"} - {fault.check}
    assert others <= fault.also, found
    for command in dict.fromkeys(it["next"] for it in ours):
        mended = world.typed(command, FLOWOPS_YES="1")
        assert mended.code == 0, f"{command}\n{mended.err}{mended.out}"
    left = world.looked()
    if "working-copy" in fault.also:
        # What mended it may be a change that wants to be committed.
        for command in dict.fromkeys(it["next"] for it in left if it["id"] == "working-copy"):
            committed = world.typed(command)
            assert committed.code == 0, f"{command}\n{committed.err}{committed.out}"
        left = world.looked()
    assert left == []


@pytest.mark.parametrize(
    ("variable", "value", "check"),
    [
        ("TF_CLI_ARGS", "-lock=false", "shell-variables"),
        ("AWS_PROFILE", "somebody", "shell-variables"),
        ("FLOWOPS_YES", "1", "standing-consent"),
        ("FLOWOPS_ALLOW_OWN_USER", "1", "standing-consent"),
        ("FLOWOPS_PROVIDER_MIRROR", "/nowhere", "provider-mirror"),
    ],
)
def test_a_variable_that_was_left_over_is_found_and_unset(variable: str, value: str, check: str, world: World) -> None:
    found = world.lines(**{variable: value})
    assert {it["id"] for it in found} == {check}
    again = f"{shlex.quote(sys.executable)} -m flowops --rehearsal doctor dev -o json"
    done = world.typed(f"export {variable}={value}", found[0]["next"], again)
    assert done.code == 0, done.err
    assert {it["status"] for it in done.envelope["data"]} == {"pass"}


def test_caches_that_are_too_large_are_found_and_cleaned(world: World) -> None:
    cache = world.scratch / ENVIRONMENT / "foundation/vpc/.terragrunt-cache/old"
    cache.mkdir(parents=True)
    (cache / "module").write_bytes(b"x" * 300_000)
    for path in (cache / "module", cache, cache.parent):
        os.utime(path, (0, 0))
    (found,) = world.lines(FLOWOPS_CACHE_LIMIT="0.0001")
    assert (found["id"], found["status"]) == ("cache-size", "warn")
    mended = world.typed(found["next"], FLOWOPS_YES="1")
    assert mended.code == 0, mended.err
    assert world.lines(FLOWOPS_CACHE_LIMIT="0.0001") == []


def test_the_page_runs(world: World) -> None:
    ended = Walk(world.flowops).read_page("doctor.md")
    assert ended.code == 0, ended.err
    assert ended.out.count("aws-answers: AWS answers") == 1


def test_an_unknown_environment_is_answered_with_the_nearest(world: World) -> None:
    ended = world.flowops("--rehearsal", "doctor", "deb")
    assert ended.code == 64
    assert "did you mean 'dev'?" in ended.err


def test_a_broken_configuration_is_told_line_by_line_and_the_machine_is_looked_at(world: World) -> None:
    file = world.checkout / "flowops.yaml"
    before = file.read_text()
    file.write_text(before.replace("layers:", "layer:"))
    try:
        found = world.lines()
    finally:
        file.write_text(before)
    assert {it["id"] for it in found} == {"configuration"}
    assert any(it["text"].startswith(f"{file}:") and "unknown key 'layer'" in it["text"] for it in found)
    assert world.lines() == []


def test_without_a_project_and_without_a_rehearsal_doctor_says_how_to_get_one(world: World, tmp_path: Path) -> None:
    nowhere = Flowops(tmp_path, tmp_path / "state")
    ended = nowhere("doctor", "-o", "json")
    assert ended.code == 1
    (failed,) = [it for it in ended.envelope["data"] if it["status"] == "fail"]
    assert (failed["id"], failed["next"]) == ("configuration", f"flowops init {tmp_path}")
    elsewhere = Flowops(world.checkout, tmp_path / "state")
    ended = elsewhere("--rehearsal", "doctor", "dev", "-o", "json")
    failed = next(it for it in ended.envelope["data"] if it["status"] == "fail")
    assert (failed["id"], failed["next"]) == ("aws-answers", "flowops rehearse up")
