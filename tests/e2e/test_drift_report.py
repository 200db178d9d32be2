"""flowops report: docs/drift-report.md as a script over kept results, and what does not belong together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flowops.adapters.drift_reports.as_json import as_json
from flowops.adapters.drift_results import DriftResults
from flowops.model.drift.result import DriftResult, Shard
from tests.e2e.command import Flowops
from tests.e2e.walk import Walk
from tests.fakes.drift import environment, finding, result, typical

VPC, EKS = (environment(findings=[finding(f"foundation/{it}//x.y")]) for it in ("vpc", "eks"))


@pytest.fixture
def parts(flowops: Flowops) -> tuple[Path, Path]:
    """Return the reports of two shards, in the project's folder; a whole check is kept there, too."""
    DriftResults(flowops.project).keep(typical())
    return written(flowops.project, shard(1)), written(flowops.project, shard(2))


def shard(index: int) -> DriftResult:
    return result(VPC if index == 1 else EKS, name=f"part-{index}", shards=(Shard(index, 2),))


def written(folder: Path, part: DriftResult) -> Path:
    path = folder / f"shard-{part.shards[0].index}.json"
    path.write_text(as_json(part))
    return path


def test_the_page_can_be_typed_and_leaves_what_it_says(flowops: Flowops, parts: tuple[Path, Path]) -> None:
    ended = Walk(flowops).read_page("drift-report.md")
    assert ended.code == 2, ended.err
    assert "OUT-OF-BAND foundation/eks//aws_eks_node_group.this  (platform)" in ended.out
    assert "NOISE foundation/vpc//aws_vpc.this" in ended.out
    project = flowops.project
    assert 'data-unit="prod/app/rds-postgres"' in (project / "drift.html").read_text()
    assert (project / "drift.md").read_text().startswith("<!-- flowops drift -->\n## Drift of flowable\n")
    assert len(json.loads((project / "drift.sarif").read_text())["runs"][0]["results"]) == 2
    history = json.loads((project / "history.json").read_text())["data"]
    assert [it["environment"] for it in history["environments"]] == ["dev"]
    assert len(history["standing"]) == 3


def test_a_merged_result_is_kept_and_has_what_all_shards_found(flowops: Flowops, parts: tuple[Path, Path]) -> None:
    ended = flowops("report", "merge", *map(str, reversed(parts)), "-o", "json")
    assert ended.code == 2, ended.err
    data = ended.envelope["data"]
    assert data["shards"] == ["1/2", "2/2"]
    assert [it["address"] for it in data["environments"][0]["findings"]] == [
        "foundation/eks//x.y",
        "foundation/vpc//x.y",
    ]
    again = flowops("report", "show", "last", "-o", "json")
    assert (again.code, again.envelope["data"]) == (0, data)


def test_shards_that_make_no_whole_are_64_and_nothing_is_kept(flowops: Flowops, parts: tuple[Path, Path]) -> None:
    kept = DriftResults(flowops.project).known()
    alone = flowops("report", "merge", str(parts[0]))
    assert (alone.code, alone.err.splitlines()[0]) == (64, "There is no result of shard 2/2.")
    twice = flowops("report", "merge", str(parts[0]), str(parts[0]), str(parts[1]))
    assert (twice.code, twice.err.splitlines()[0]) == (64, "There is more than one result of shard 1/2.")
    strangers = [written(flowops.project, replace(shard(at), project="other")) for at in (1, 2)]
    other = flowops("report", "merge", *map(str, strangers))
    assert other.code == 64
    assert "of the project other, and this is flowable" in other.err
    assert DriftResults(flowops.project).known() == kept


def test_a_report_of_a_newer_flowops_is_64_with_its_name_and_both_versions(flowops: Flowops, tmp_path: Path) -> None:
    path = tmp_path / "newer.json"
    path.write_text(json.dumps(json.loads(as_json(typical())) | {"flowops_drift_version": 7}))
    ended = flowops("report", "merge", str(path))
    assert ended.code == 64
    assert (
        f"{path} was written by a newer flowops: its flowops_drift_version is 7, and this flowops knows 1." in ended.err
    )


def test_a_format_or_a_path_that_does_not_do_is_64_before_anything_is_kept(
    flowops: Flowops, parts: tuple[Path, Path]
) -> None:
    kept = DriftResults(flowops.project).known()
    wrong = flowops("report", "merge", *map(str, parts), "--report", "pdf=r.pdf")
    assert wrong.code == 64
    assert "FORMAT is one of json, md, junit, sarif, html." in " ".join(wrong.err.split())
    nowhere = flowops("report", "merge", *map(str, parts), "--report", "junit=no/r.xml")
    assert nowhere.code == 64
    assert DriftResults(flowops.project).known() == kept


def test_without_a_result_the_way_to_one_is_named(flowops: Flowops) -> None:
    ended = flowops("report", "show", "last")
    assert ended.code == 64
    assert "No drift result is kept here yet." in ended.err
    assert "Next: flowops drift" in ended.err
    assert "Nothing stands." in flowops("report", "history").out
    unknown = flowops("report", "history", "dve")
    assert unknown.code == 64
    assert "did you mean 'dev'?" in unknown.err


def test_a_project_that_was_never_rehearsed_has_no_results_there(flowops: Flowops, parts: tuple[Path, Path]) -> None:
    assert "No drift result is kept here yet." in flowops("--rehearsal", "report", "show", "last").err
