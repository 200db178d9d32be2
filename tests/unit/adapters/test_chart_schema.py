"""What the schema of a chart says against the values of a release, before Helm is to install it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.chart_schema import misfits
from flowops.adapters.helm_releases import flaw_in

COMPONENT = {
    "type": "object",
    "required": ["enabled", "replicas"],
    "properties": {
        "enabled": {"type": "boolean"},
        "replicas": {"type": "integer", "minimum": 0},
        "strategy": {"enum": ["RollingUpdate", "Recreate"]},
        "schedule": {"type": ["string", "null"]},
        "share": {"type": "number"},
    },
    "additionalProperties": False,
}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {"work": COMPONENT, "search": {"type": "object", "required": ["nodes"]}},
    "required": ["search"],
}
DEFAULTS = "work:\n  enabled: true\n  replicas: 1\nsearch: {nodes: 3}\n"


def pack(folder: Path, **files: str) -> Path:
    """Return a chart packed with these files; a name has a double underscore where there is a folder."""
    archive = folder / "flowable-3.11.3.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"flowable/{name.replace('__', '/').replace('_', '.')}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return archive


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    return pack(tmp_path, Chart_yaml="name: flowable", values_yaml=DEFAULTS, values_schema_json=json.dumps(SCHEMA))


def said(chart: Path, *texts: str) -> list[str]:
    return [f"{it.place} {it.what}" for it in misfits(chart, texts)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("work: {replicas: two}", "work.replicas has to be integer, not string"),
        ('work: {replicas: "2"}', "work.replicas has to be integer, not string"),
        ("work: {replicas: -1}", "work.replicas breaks the rule minimum 0"),
        ("work: {enabled: maybe}", "work.enabled has to be boolean, not string"),
        ("work: {schedule: [12]}", "work.schedule has to be string or null, not array"),
        ("work: {strategy: Sometimes}", 'work.strategy has to be one of ["RollingUpdate", "Recreate"]'),
        ("work: on", "work has to be object, not boolean"),
        ("work: {replicas: null}", "work does not have the right keys: 'replicas' is a required property"),
        ("search: null", "the file does not have the right keys: 'search' is a required property"),
    ],
)
def test_values_that_the_chart_does_not_take_are_told_by_their_keys(chart: Path, text: str, told: str) -> None:
    assert said(chart, text) == [told]


def test_a_key_that_the_chart_does_not_know_is_told_without_its_value(chart: Path) -> None:
    (told,) = said(chart, "work: {replica: a-secret}")
    assert "replica" in told
    assert "a-secret" not in told


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("work: {replicas: 2}",),
        ("work: {replicas: two}", "work: {replicas: 2}"),
        ("work: {schedule: 12:30, share: 1e3}",),
        ("work: {schedule: 2026-01-31}",),
        ("work: {schedule: 1e3x, replicas: 0x10}",),
        ("anything: {else: 1}",),
    ],
)
def test_values_that_helm_would_take_are_taken(chart: Path, texts: tuple[str, ...]) -> None:
    assert said(chart, *texts) == []


def test_what_a_later_file_says_counts_and_leaves_the_rest_of_the_earlier_one(chart: Path) -> None:
    assert said(chart, "work: {replicas: 2, enabled: maybe}", "work: {replicas: two}") == [
        "work.enabled has to be boolean, not string",
        "work.replicas has to be integer, not string",
    ]


@pytest.mark.parametrize(
    "dependency",
    [
        {"Chart_yaml": "name: flowable\ndependencies: [{name: elasticsearch, alias: search}]"},
        {"Chart_yaml": "name: flowable\ndependencies: [{name: search}]"},
        {"Chart_yaml": "name: flowable", "requirements_yaml": "dependencies: [{name: search}]"},
        {"Chart_yaml": "name: flowable", "charts__search__values_yaml": "nodes: 1"},
    ],
)
def test_the_values_of_a_subchart_are_left_to_helm(tmp_path: Path, dependency: Mapping[str, str]) -> None:
    chart = pack(tmp_path, values_schema_json=json.dumps(SCHEMA), values_yaml="work: {enabled: on}", **dependency)
    assert said(chart, "work: {replicas: two}") == ["work.replicas has to be integer, not string"]


@pytest.mark.parametrize(
    "schema",
    [
        "",
        "{",
        "[]",
        '{"type": "no such type"}',
        '{"$ref": "https://schemas.example.com/values.json"}',
        '{"$ref": "#/definitions/nowhere"}',
        r'{"properties": {"work": {"properties": {"replicas": {"pattern": "\\p{L}"}}}}}',
    ],
)
def test_a_schema_that_is_none_is_left_to_helm(tmp_path: Path, schema: str) -> None:
    assert said(pack(tmp_path, values_schema_json=schema), "work: {replicas: two}") == []


def test_a_chart_without_a_schema_takes_everything(tmp_path: Path) -> None:
    assert said(pack(tmp_path, values_yaml=DEFAULTS), "work: {replicas: two}") == []


def test_values_that_are_no_mapping_are_left_to_helm(chart: Path) -> None:
    assert said(chart, "- work") == []


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\0\0\0\0\0\0\0broken"])
def test_an_archive_that_is_none_is_left_to_helm(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "flowable-3.11.3.tgz").write_bytes(content)
    assert said(tmp_path / "flowable-3.11.3.tgz", "work: {replicas: two}") == []


# -- in a plan -------------------------------------------------------------------------------------------------------


INDEX = """\
apiVersion: v1
entries:
  flowable:
  - version: 3.11.3
    urls: [https://repo.example.com/charts/flowable-3.11.3.tgz]
"""
TWO_WRONG = "# Filled in.\nwork:\n  replicas: two\n  enabled: maybe\n"


@pytest.fixture
def cache(chart: Path) -> Path:
    (chart.parent / "flowable-index.yaml").write_text(INDEX)
    return chart.parent


def release(*values: Any, **more: Any) -> dict[str, Any]:
    after = {"chart": "flowable/flowable", "version": "3.11.3", "values": list(values), **more}
    change = {"actions": ["create"], "after": after}
    return {"resource_changes": [{"address": "helm_release.this", "type": "helm_release", "change": change}]}


def test_a_plan_names_each_value_with_its_line_and_the_chart(cache: Path) -> None:
    assert flaw_in(release(TWO_WRONG), cache) == (
        "values of helm_release.this, as filled in, are not what the chart flowable-3.11.3 takes: "
        "work.enabled (line 4) has to be boolean, not string; work.replicas (line 3) has to be integer, not string"
    )


def test_what_is_missing_has_no_line_and_many_are_counted(cache: Path) -> None:
    wrong = "work: {replicas: two, enabled: maybe, schedule: [], share: a, strategy: b}\nsearch: null"
    told = flaw_in(release(wrong), cache)
    assert "the file does not have the right keys: 'search' is a required property;" in told
    assert told.endswith("; and 1 more")


@pytest.mark.parametrize(
    "document",
    [
        release("work: {replicas: 2}"),
        release(),
        release(""),
        release(None, TWO_WRONG),
        release(TWO_WRONG, values=None),
        release(TWO_WRONG, set=[{"name": "work.replicas", "value": "2"}]),
    ],
)
def test_values_that_fit_and_those_that_are_not_known_yet_are_no_flaw(cache: Path, document: dict[str, Any]) -> None:
    assert flaw_in(document, cache) == ""


def test_a_chart_that_helm_did_not_fetch_is_no_flaw(cache: Path) -> None:
    (cache / "flowable-3.11.3.tgz").unlink()
    assert flaw_in(release(TWO_WRONG), cache) == ""


def test_an_address_that_names_no_file_is_no_flaw(cache: Path) -> None:
    (cache / "flowable-index.yaml").write_text(INDEX.replace("flowable-3.11.3.tgz", ""))
    assert flaw_in(release(TWO_WRONG), cache) == ""
