"""Drift results as files: kept for their owner only, and what is none is answered by name, whatever stands in it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flowops.adapters.drift_reports.as_json import as_json
from flowops.adapters.drift_reports.junit import junit
from flowops.adapters.drift_reports.markdown import markdown
from flowops.adapters.drift_reports.page import html
from flowops.adapters.drift_reports.sarif import sarif
from flowops.adapters.drift_results import DriftResults, read
from flowops.errors import UnknownTarget, UsageError
from flowops.model.drift.merging import merged
from tests.fakes.drift import environment, everything, finding, result

DATA: dict[str, Any] = json.loads(as_json(everything()))


def kept(folder: Path, *names: str) -> DriftResults:
    """Return results that were kept in this order."""
    results = DriftResults(folder)
    for at, name in enumerate(names):
        path = results.keep(result(environment(), name=name))
        os.utime(path, (at, at))
    return results


def test_a_result_is_read_as_it_was_kept(tmp_path: Path) -> None:
    results = DriftResults(tmp_path)
    path = results.keep(everything())
    assert path == tmp_path / ".flowops" / "drift" / "20261128T030000Z-drift.json"
    assert results.find("20261128T030000Z-drift") == everything()
    assert merged([read(path)]).exit_code == everything().exit_code


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = DriftResults(tmp_path).keep(everything())
    assert [it.stat().st_mode & 0o777 for it in (path, path.parent, path.parents[1])] == [0o600, 0o700, 0o700]
    assert [it.name for it in path.parent.iterdir()] == [path.name]


def test_the_last_is_the_one_that_was_kept_last_whatever_its_name(tmp_path: Path) -> None:
    results = kept(tmp_path, "b", "c", "a")
    assert results.known() == ("b", "c", "a")
    assert results.find("last").id == "a"


def test_an_unknown_id_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No drift result is kept here yet") as none:
        DriftResults(tmp_path).find("last")
    assert none.value.next_step == "flowops drift"
    results = kept(tmp_path, "20261128T030000Z-drift")
    for word in ("20261128T030001Z-drift", "../secret", "/etc/passwd"):
        with pytest.raises(UnknownTarget, match="known: 20261128T030000Z-drift"):
            results.find(word)


@pytest.mark.parametrize("name", ["../../evil", "", ".hidden", "a/b", "a\x00b", "x" * 300])
def test_no_id_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be kept under the id"):
        DriftResults(tmp_path).keep(replace(result(), id=name))
    assert list(tmp_path.iterdir()) == []


def test_a_report_of_a_newer_flowops_says_its_file_its_version_and_ours(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(DATA | {"flowops_drift_version": 2, "something": "new"}))
    with pytest.raises(UsageError) as refused:
        read(path)
    assert refused.value.exit_code == 64
    assert refused.value.happened == (
        f"{path} was written by a newer flowops: its flowops_drift_version is 2, and this flowops knows 1."
    )
    assert refused.value.next_step == "the same command with the flowops that wrote it, or a later one"


def test_a_key_that_came_later_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(DATA | {"something": "new"}))
    assert read(path) == everything()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is no drift report in JSON"),
        ("[]", "it is no drift report in JSON"),
        ("null", "it is no drift report in JSON"),
        ("{}", "it is no drift report in JSON"),
        ("[" * 100_000, "it is no drift report in JSON"),
        ("\xff", "it is no drift report in JSON"),
        ('{"flowops_report_version": 1, "runs": []}', "it is no drift report in JSON"),
        (json.dumps(DATA | {"seconds": float("nan")}), "NaN is no number"),
        (json.dumps(DATA | {"seconds": "inf"}), "it.seconds is of another kind"),
        (json.dumps(DATA | {"seconds": 1e300}), "it is no drift report in JSON"),
        (json.dumps(DATA | {"project": 5}), "it.project is of another kind"),
        (json.dumps(DATA | {"started": "2026-11-28T03:00:00"}), "2026-11-28 03:00:00 has no time zone"),
        (json.dumps(DATA | {"started": "0001-01-01T00:00:00+14:00"}), "it is no drift report in JSON"),
        (json.dumps(DATA | {"shards": ["3/2"]}), "'3/2' is no shard"),
    ],
)
def test_what_is_no_result_is_one_error_that_names_the_file(content: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match=re.escape(why)) as refused:
        read(path)
    assert refused.value.happened.startswith(f"{path} cannot be read: ")
    with pytest.raises(UsageError, match="No such file or directory"):
        read(tmp_path / "none")


values = (
    some.none() | some.booleans() | some.integers() | some.text(max_size=3) | some.lists(some.integers(), max_size=2)
)


def shown_in_every_form(path: Path) -> str:
    """Return why a file is no result; empty where it could be read, and then shown."""
    try:
        found = read(path)
    except UsageError as error:
        return error.happened
    for form in (as_json, html, markdown, junit):
        assert form(found)
    assert sarif(found, {})
    return ""


@given(some.data())
def test_whatever_a_report_was_changed_to_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: some.DataObject
) -> None:
    changed = json.loads(json.dumps(DATA))
    place: Any = changed
    while True:
        key = data.draw(some.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not inner or not isinstance(inner, dict | list) or data.draw(some.booleans()):
            place[key] = data.draw(values)
            break
        place = inner
    path = tmp_path_factory.getbasetemp() / "changed.json"
    path.write_text(json.dumps(changed))
    trouble = shown_in_every_form(path)
    assert not trouble or str(path) in trouble


def test_what_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    results = kept(tmp_path, "a", "b")
    (tmp_path / ".flowops" / "drift" / "a.json").write_text("{")
    found, (trouble,) = results.readable()
    assert [it.id for it in found] == ["b"]
    assert "a.json cannot be read: it is no drift report in JSON" in trouble


def test_a_result_that_is_kept_again_replaces_the_first(tmp_path: Path) -> None:
    results = DriftResults(tmp_path)
    results.keep(result(environment(), name="a"))
    results.keep(result(environment(findings=[finding()]), name="a"))
    assert results.known() == ("a",)
    assert len(list(results.find("a").findings)) == 1
