"""docs/recovery.md command by command, and an emptied state, in one bootstrapped rehearsal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from tests.e2e.aws import BUCKET, DEV, Rehearsed
from tests.e2e.command import Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.policies import Deployed
from tests.e2e.walk import Walk

UNIT = ("dev", "foundation", "resource-group")
KEY = f"{DEV}/aws/non-prod/eu-central-1/dev/foundation/resource-group/terraform.tfstate"


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("recovery")
    flowops = Flowops(copy_project(folder / "project"), folder / "state")
    for words in (("rehearse", "up"), ("--rehearsal", "bootstrap", "--yes"), ("--rehearsal", "apply", *UNIT, "--yes")):
        ended = flowops(*words)
        assert ended.code == 0, ended.err
    yield Walk(flowops)
    flowops("rehearse", "down", "--forget")


def test_every_command_of_the_page_works_as_it_says(walk: Walk) -> None:
    ended = walk.read_page("recovery.md")
    assert ended.code == 0, ended.err
    assert "Nothing to recover in dev." in ended.out
    assert "Versions of the state of dev foundation resource-group" in ended.out
    assert "Nothing to import" in ended.out


@pytest.mark.fault(29)
def test_an_emptied_state_is_refused_and_the_printed_command_brings_it_back(walk: Walk) -> None:
    flowops = walk.flowops
    s3 = Rehearsed.of(flowops).in_security("s3")
    good = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"")
    refused = flowops("--rehearsal", "plan", *UNIT)
    assert refused.code == 4, refused.err
    assert "is empty, and terraform would take it for a unit that was never applied" in refused.err
    (line,) = (it for it in refused.err.splitlines() if it.startswith("Next: "))
    words = shlex.split(line.removeprefix("Next: flowops ").partition(";")[0])
    assert words[:5] == ["--rehearsal", "recover", *UNIT]
    assert flowops(*words).code == 7
    done = flowops(*words, "--yes")
    assert done.code == 0, done.err
    assert "stands again" in done.out
    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == good
    assert flowops("--rehearsal", "plan", *UNIT).code == 0
    assert flowops("--rehearsal", "audit", "verify", "last").code == 0


def test_both_roles_may_do_everything_that_a_recovery_does(walk: Walk) -> None:
    rehearsed = Rehearsed.of(walk.flowops)
    deployed = Deployed.of(rehearsed)
    asked = {(role, request.action) for role, request in deployed.requests}
    assert ("FlowopsPlanRole", "s3:ListBucketVersions") in asked
    assert {("FlowopsPlanRole", "s3:GetObjectVersion"), ("DevOpsAdminRole", "s3:GetObjectVersion")} <= asked
    assert deployed.denied() == []


def test_the_list_of_versions_is_data_too(walk: Walk) -> None:
    rows = walk.flowops("--rehearsal", "recover", *UNIT, "--list", "-o", "json").envelope["data"]
    assert [row["remarks"].partition(",")[0] for row in rows] == ["present", "is empty", *[""] * (len(rows) - 2)]
    assert rows[0]["serial"] == rows[2]["serial"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dev", "--list"), "--list is about one unit"),
        ((*UNIT, "--list", "--imports"), "one at a time"),
        ((*UNIT, "--write"), "--write belongs to --imports"),
    ],
)
def test_flags_that_do_not_fit_are_64(walk: Walk, words: tuple[str, ...], told: str) -> None:
    ended = walk.flowops("--rehearsal", "recover", *words)
    assert ended.code == 64
    assert told in ended.err
