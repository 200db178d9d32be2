"""--report through the command line: docs/reports.md as a script, and what is answered before anything starts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command import Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("reports")
    flowops = Flowops(copy_project(folder / "project"), folder / "state")
    for words in (("rehearse", "up"), ("--rehearsal", "bootstrap", "--yes")):
        ended = flowops(*words)
        assert ended.code == 0, ended.err
    yield Walk(flowops)
    flowops("rehearse", "down", "--forget")


def test_the_page_can_be_typed_and_what_it_writes_says_what_a_plan_found(walk: Walk) -> None:
    ended = walk.read_page("reports.md")
    assert ended.code == 2, ended.err
    project = walk.flowops.project
    (run,) = json.loads((project / "changes.json").read_text())["runs"]
    assert (run["verb"], run["target"], run["exit_code"]) == ("plan", "dev foundation", 2)
    found = {it["unit"] for it in run["units"] if it["resources"]}
    assert {"dev/foundation/vpc", "dev/foundation/eks"} <= found
    assert "aws_vpc" in (project / "changes.md").read_text().replace("&#95;", "_")
    assert 'data-unit="dev/foundation/vpc"' in (project / "changes.html").read_text()


def test_all_environments_are_in_one_report_that_a_variable_may_name(walk: Walk, tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    words = ("--rehearsal", "plan", "--all-environments", "foundation", "resource-group")
    ended = walk.flowops(*words, env={"FLOWOPS_REPORT": f"json={path} md={tmp_path / 'all.md'}"})
    assert ended.code == 2, ended.err
    runs = json.loads(path.read_text())["runs"]
    assert [it["target"] for it in runs] == ["dev foundation resource-group", "prod foundation resource-group"]
    assert (tmp_path / "all.md").exists()


def test_a_run_that_cannot_begin_replaces_an_older_report(walk: Walk, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("of yesterday")
    ended = walk.flowops("--rehearsal", "plan", "dev", "foundation", "vcp", "--report", f"json={path}")
    assert ended.code == 64
    (run,) = json.loads(path.read_text())["runs"]
    assert (run["exit_code"], run["units"]) == (64, [])
    assert "did you mean 'vpc'?" in run["error"]


def test_what_is_resumed_is_reported_as_what_it_is(walk: Walk, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    unit = ("dev", "foundation", "resource-group")
    declined = walk.flowops("--rehearsal", "apply", *unit)
    assert declined.code == 7, declined.err
    ended = walk.flowops("--rehearsal", "runs", "resume", "last", "--yes", "--report", f"json={path}")
    assert ended.code == 0, ended.err
    (run,) = json.loads(path.read_text())["runs"]
    assert (run["verb"], run["target"], run["exit_code"]) == ("apply", " ".join(unit), 0)
    assert [it["unit"] for it in run["units"]] == ["/".join(unit)]


@pytest.mark.parametrize("verb", ["plan", "apply", "destroy", "runs resume"])
@pytest.mark.parametrize("given", ["pdf=r.pdf", "json", "json=", "=r.json"])
def test_a_format_that_there_is_not_is_64_with_those_that_there_are(flowops: Flowops, verb: str, given: str) -> None:
    ended = flowops(*verb.split(), "dev", "--report", given)
    assert ended.code == 64
    assert "FORMAT is one of json, md, html." in " ".join(ended.err.split())


def test_a_path_that_cannot_be_written_is_64_before_anything_starts(flowops: Flowops, tmp_path: Path) -> None:
    ended = flowops("plan", "dev", "--report", f"json={tmp_path / 'no' / 'r.json'}")
    assert ended.code == 64
    assert "cannot be written: No such file or directory." in ended.err
    assert "Nothing was started." in ended.err
    assert not (flowops.project / ".flowops").exists()
