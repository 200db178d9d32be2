"""What cleaning and the self-test print, and what their options mean."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest
from rich.console import Console

from flowops.cli import execute, root
from flowops.cli.view.gc import gc_result
from flowops.cli.view.result import Result, envelope
from flowops.cli.view.selftest import selftest_result
from flowops.errors import Exit
from flowops.model.gc import DELETED, GcResult, Item, Kind, Row, failed, kept, seen
from flowops.model.life import Finding, Stage, Timed, life_of
from flowops.model.selftest import SelftestRequest, SelftestResult

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=40)


def pointed(text: str) -> str:
    return text.replace("flowops ", "flowops --rehearsal ")


def printed(result: Result) -> str:
    stream = io.StringIO()
    Console(file=stream, width=200).print(result.text)
    return stream.getvalue()


def item(path: str, why: str = "", parts: tuple[str, ...] = ()) -> Item:
    return Item(Kind.CACHE, "/p", path, 2048, OLD, why, parts)


def test_what_was_found_is_a_line_each_with_size_age_and_why_it_stays() -> None:
    found = gc_result(seen([item("a"), item("b", "flowops audit verify says so"), item("c", "", ("x", "y"))]), pointed)
    text = printed(found)
    assert "/p/a" in text
    assert "2.0 KiB" in text
    assert "40 d" in text
    assert "flowops --rehearsal audit verify says so" in text
    assert "/p/c (2 of its entries)" in text
    assert "1 kept (2.0 KiB), 2 to be deleted (4.0 KiB)" in text
    assert (found.exit_code, found.data["to_free"], found.data["freed"]) == (Exit.FINE, 4096, 0)


def test_a_name_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printed(gc_result(seen([item("\x1b[31mred")]), pointed))


def test_what_could_not_be_deleted_is_an_error_of_the_envelope() -> None:
    rows = (Row(item("a"), DELETED), Row(item("b"), failed("Permission denied")), Row(item("c"), kept("in use")))
    found = envelope(gc_result(GcResult(rows), pointed))
    assert found["exit_code"] == Exit.PARTLY_DONE
    assert found["errors"] == [{"happened": "/p/b was not deleted: Permission denied"}]
    assert [it["fate"] for it in found["data"]["items"]] == ["deleted", "not deleted", "kept"]


def test_nothing_left_behind_is_a_sentence() -> None:
    assert printed(gc_result(GcResult(()), pointed)).strip() == "Nothing is left behind."


def values(*words: str) -> dict[str, Any]:
    """Return what click reads from a command line, without doing what it says."""
    command: click.Command = root
    context, rest = click.Context(root), list(words)
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
    return command.make_context("flowops", rest, parent=context).params


@pytest.mark.parametrize(("words", "days"), [((), 30), (("--older-than", "7d"), 7), (("--older-than", "12h"), 0.5)])
def test_the_age_is_thirty_days_unless_somebody_says_another(words: tuple[str, ...], days: float) -> None:
    assert values("gc", *words)["older_than"] == days * 86400


def test_a_self_test_without_an_account_is_a_usage_error() -> None:
    assert execute(["selftest"]) == Exit.USAGE


APPLIED = Finding("2 units", "", units=(Timed("dev/foundation/vpc", "applied", 61.0),))
STUCK = Finding("0 units destroyed", "it broke\nNext: flowops recover dev", exit_code=Exit.PARTLY_DONE)


def lived(*stages: Stage) -> SelftestResult:
    return SelftestResult("20261128", NOW, SelftestRequest("dev"), "dev", life_of(stages), "/p/x.json")


def test_a_self_test_shows_its_stages_the_seconds_of_each_unit_and_what_is_left_to_do() -> None:
    result = selftest_result(lived(Stage("apply", 70.5, APPLIED), Stage("destroy", 9.0, STUCK)), pointed)
    text = printed(result)
    assert "Self-test of dev in account dev" in text
    assert "dev/foundation/vpc" in text
    assert "61.0" in text
    assert "Next: flowops --rehearsal destroy dev --confirm dev" in text
    assert "Next: flowops --rehearsal recover dev" in text
    assert result.data["stages"][1]["trouble"] == "it broke\nNext: flowops --rehearsal recover dev"
    assert result.exit_code is Exit.PARTLY_DONE
    assert (result.data["gone"], result.data["kept_in"]) == (False, "/p/x.json")


def test_a_good_self_test_leaves_nothing_to_do() -> None:
    good = (
        Stage("apply", 70.5, APPLIED),
        Stage("destroy", 9.0, Finding("done")),
        Stage("sweep", 1.0, Finding("clean")),
    )
    result = selftest_result(lived(*good), pointed)
    assert "Next" not in printed(result)
    assert (result.exit_code, result.data["next"], result.errors) == (Exit.FINE, "", ())
