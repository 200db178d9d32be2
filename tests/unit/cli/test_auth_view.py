"""Hops and answers as tables and as data."""

from __future__ import annotations

import io

from rich.console import Console

from flowops.cli.view.auth import UNSEEN, check_result, whoami_result
from flowops.cli.view.result import Result, envelope
from flowops.errors import CredentialsError, Exit
from flowops.model.facts import Facts
from flowops.model.may import May, MayCheck, MayRow, Owner, Verdict
from flowops.operations.auth import Seen, whoami
from tests.fakes.auth import DEVICE, NOW, FakeCaller
from tests.fakes.aws import DEV, ORGANIZATION, config


def text(result: Result) -> str:
    stream = io.StringIO()
    Console(file=stream, width=250, markup=False, highlight=False, emoji=False).print(result.text)
    return stream.getvalue()


def as_is(line: str) -> str:
    return line


def rehearsed(line: str) -> str:
    return line.replace("flowops ", "flowops --rehearsal ")


def test_a_way_that_ends_shows_what_was_not_done_and_the_command() -> None:
    error = CredentialsError("AWS said\x1b[2J no.", not_done="Nothing.", next_step="flowops auth check dev")
    found = whoami(
        Seen(config(), Facts(ORGANIZATION), FakeCaller(fails={"session": error}), lambda: NOW), "dev", "FlowopsPlanRole"
    )
    result = whoami_result(found, rehearsed)
    shown = text(result)
    assert "mfa session failed: AWS said no. Nothing." in shown
    assert "Next: flowops --rehearsal auth check dev" in shown
    assert "\x1b" not in shown
    assert result.exit_code is Exit.CREDENTIALS
    data = envelope(result)
    assert data["data"][0]["hops"][2]["error"]["next"] == "flowops --rehearsal auth check dev"
    assert data["data"][0]["hops"][2]["error"] in data["errors"]
    assert data["status"] == "credentials"


def test_time_that_remains_is_words_for_people_and_seconds_for_programs() -> None:
    found = whoami(Seen(config(), Facts(ORGANIZATION), FakeCaller(), lambda: NOW), None, "FlowopsPlanRole")
    result = whoami_result(found, as_is)
    assert "5 h" in text(result)
    session = result.data[1]["hops"][2]
    assert (session["who"], session["remaining_seconds"]) == (DEVICE, 5 * 3600)
    assert session["expires"] == "2026-11-28T08:00:00+00:00"
    assert f"{ORGANIZATION.management_account} management (acme-root)" in text(result)


def test_an_answer_names_its_verb_once_and_the_statement_for_programs() -> None:
    allowed = Verdict(May.ALLOWED, "allowed by X", Owner.ROLE, "policy State", "ReadOwnState")
    denied = Verdict(May.DENIED, "denied by Y\u202e", Owner.BOUNDARY, "FlowableBoundary", "DenyOtherRegions")
    rows = (
        MayRow("plan", "FlowopsPlanRole", "s3:GetObject", f"arn:aws:s3:::states/{DEV}/x", allowed),
        MayRow("plan", "FlowopsPlanRole", "ec2:DescribeVpcs", "*", denied),
    )
    result = check_result(MayCheck("dev", "arn:aws:iam::111111111111:user/flowable/ann", "", rows))
    shown = text(result)
    assert shown.count("plan ") == 1
    assert "\u202e" not in shown
    assert UNSEEN in shown
    (verb,) = result.data["verbs"]
    assert (verb["verb"], verb["may"]) == ("plan", "denied")
    assert verb["requests"][1]["of"] == "boundary"
    assert result.data["not_seen"] == [UNSEEN]
    assert result.exit_code is Exit.FINE
