"""What Helm and terraform let pass in a release's values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.helm_releases import flaw_in

WORK_TWICE = """\
work:
  enabled: true
engage:
  enabled: false
work:
  replicas: 2
"""


def plan(*values: Any, kind: str = "helm_release", after: bool = True) -> dict[str, Any]:
    change = {"actions": ["create"], "after": {"values": list(values)} if after else None}
    return {"resource_changes": [{"address": f"{kind}.this", "type": kind, "change": change}]}


def test_a_key_that_stands_twice_is_named_with_both_lines() -> None:
    assert flaw_in(plan("control: {}\n", WORK_TWICE)) == (
        "values of helm_release.this, as filled in:5: key 'work' stands here twice (first in line 1)."
    )


def test_what_is_no_yaml_once_it_is_filled_in_is_named_with_its_line() -> None:
    assert flaw_in(plan('work:\n  url: "jdbc\n  oracle: [')).startswith("values of helm_release.this, as filled in:")


@pytest.mark.parametrize("document", [plan("work: {}"), plan(""), plan(None), plan(after=False), plan(), {}])
def test_good_values_and_values_that_are_not_known_yet_are_no_flaw(document: dict[str, Any]) -> None:
    assert flaw_in(document) == ""


def test_only_releases_have_values() -> None:
    assert flaw_in(plan(WORK_TWICE, kind="aws_ssm_parameter")) == ""


INDEX = """\
apiVersion: v1
entries:
  flowable:
  - version: 3.12.0
  - version: 3.11.3
  other: []
"""


def release(chart: str, version: str | None) -> dict[str, Any]:
    change = {"actions": ["create"], "after": {"chart": chart, "version": version}}
    return {"resource_changes": [{"address": "helm_release.this", "type": "helm_release", "change": change}]}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "flowable-index.yaml").write_text(INDEX)
    return tmp_path


def test_a_version_that_the_repository_does_not_have_is_named_with_those_it_has(cache: Path) -> None:
    assert flaw_in(release("flowable/flowable", "9.9.9"), cache) == (
        "helm_release.this wants version 9.9.9 of flowable/flowable, which the repository does not have; "
        "newest: 3.12.0, 3.11.3"
    )


@pytest.mark.parametrize("name", ["nothing", "other"])
def test_a_chart_that_the_repository_does_not_have_is_named(cache: Path, name: str) -> None:
    assert flaw_in(release(f"flowable/{name}", "1.0.0"), cache) == (
        f"helm_release.this wants the chart {name}, which the repository flowable does not have"
    )


@pytest.mark.parametrize(
    ("chart", "version"),
    [
        ("flowable/flowable", "3.11.3"),
        ("flowable/flowable", "v3.12.0"),
        ("flowable/flowable", None),
        ("elsewhere/flowable", "9.9.9"),
        ("/copies/of/modules/charts/secrets", "9.9.9"),
        ("../flowable", "9.9.9"),
    ],
)
def test_what_is_there_and_what_is_not_ours_to_look_up_is_no_flaw(cache: Path, chart: str, version: str | None) -> None:
    assert flaw_in(release(chart, version), cache) == ""


@pytest.mark.parametrize("text", ["entries: [", "- a", "entries: []", "[" * 200_000, ""])
def test_an_index_that_is_none_is_not_believed(cache: Path, text: str) -> None:
    (cache / "flowable-index.yaml").write_text(text)
    assert flaw_in(release("flowable/flowable", "9.9.9"), cache) == ""
