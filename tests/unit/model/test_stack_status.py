from __future__ import annotations

import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from flowops.model.stack_changes import Stack, way
from flowops.model.stack_status import WAYS, Way, way_of

PAGE = (Path(__file__).parents[3] / "docs" / "bootstrap.md").read_text()
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
AWS = re.compile(r"aws cloudformation ([a-z-]+)((?:[^\n`]|\\\n)*)")
CLOUDFORMATION = botocore.session.get_session().get_service_model("cloudformation")


def test_every_status_that_aws_knows_has_its_way() -> None:
    known = CLOUDFORMATION.shape_for("StackStatus").enum
    assert len(known) == 23
    assert set(WAYS) == set(known)


def test_every_operation_that_runs_is_waited_for_and_no_other() -> None:
    running = {it for it in WAYS if it.endswith("_IN_PROGRESS")} - {"REVIEW_IN_PROGRESS"}
    assert {it for it, found in WAYS.items() if found is Way.WAIT} == running


def test_nothing_that_failed_is_taken_for_whole() -> None:
    assert not [it for it, found in WAYS.items() if it.endswith("_FAILED") and found in (Way.UPDATE, Way.CREATE)]


def test_a_stack_that_is_not_there_is_created() -> None:
    assert way(None) is Way.CREATE
    assert way(Stack("s", "CREATE_COMPLETE")) is Way.UPDATE


@pytest.mark.parametrize(("status", "expected"), [("MOVE_IN_PROGRESS", Way.WAIT), ("MOVE_COMPLETE", Way.EXPLAIN)])
def test_a_status_of_tomorrow_is_never_acted_on(status: str, expected: Way) -> None:
    assert way_of(status) is expected


def test_the_page_says_of_every_status_what_the_code_does() -> None:
    rows = {status: does for status, does, _ in ROW.findall(PAGE)}
    assert rows == {status: found.value for status, found in WAYS.items()}


def test_every_link_of_the_page_leads_somewhere() -> None:
    headings = {
        "#" + re.sub(r"[^a-z0-9 -]", "", it.lower()).replace(" ", "-")
        for it in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\((#[^)]*)\)", PAGE)) <= headings


def test_every_aws_command_of_the_page_exists_with_its_options() -> None:
    found = AWS.findall(PAGE)
    assert len(found) >= 6
    operations = {xform_name(it, "-"): CLOUDFORMATION.operation_model(it) for it in CLOUDFORMATION.operation_names}
    for command, rest in found:
        members = {xform_name(it, "-") for it in operations[command].input_shape.members}
        options = {it.removeprefix("no-") for it in re.findall(r"--([a-z-]+)", rest)}
        assert options - {"region"} <= members, command  # --region is the program's own, for every command
