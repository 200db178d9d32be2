"""Drift on a terminal: what was checked, what moved, who moved it, and the ways out."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import yaml

from flowops.cli.context import Invocation
from flowops.cli.view.drift import drift_result_view, history_result
from flowops.cli.view.result import Result, envelope
from flowops.cli.view.tables import writer
from flowops.errors import Exit
from flowops.model.attributes import AttributeChange, AttributeChanges
from flowops.model.drift.finding import Way
from flowops.model.drift.history import history
from flowops.model.drift.result import DriftResult, EnvironmentDrift
from flowops.model.drift.stored import to_data
from flowops.model.drift.texts import led
from tests.fakes.drift import STARTED, VPC, environment, everything, finding, result


def printed(result: Result) -> str:
    out = StringIO()
    writer(out).print(result.text)
    return out.getvalue()


def text(result: DriftResult, *, everything: bool = False) -> str:
    return printed(drift_result_view(result, everything=everything))


def test_each_environment_says_what_was_checked_and_what_could_not_be() -> None:
    shown = text(everything())
    lines = [it.strip() for it in shown.splitlines()]
    assert lines[0] == "Drift of flowable"
    for line in (
        "dev failed",
        "7 checked: 1 clean, 4 drifted, 1 failed, 1 busy",
        "busy iam: somebody is at it",
        "prod busy",
        "nothing was checked",
        "prod is busy: apply by bob",
        "stage clean",
    ):
        assert line in lines
    assert "failed dev/foundation/efs: it said" in shown
    assert lines[-1].startswith("1 missing, 1 both, 2 out-of-band, 1 unapplied, 1 unmanaged; exit 1 (failed), 12.5 s")
    assert "flowops.drift.yaml:12: the rule for app/*//aws_db_instance.* (ann) does nothing: expired" in shown


def test_findings_are_told_with_the_gravest_first_who_did_it_and_the_ways_out() -> None:
    shown = text(everything())
    verdicts = [
        it.split()[0] for it in shown.splitlines() if it.startswith("  ") and it.strip().split(" ")[0].isupper()
    ]
    assert verdicts == ["MISSING", "BOTH", "OUT-OF-BAND", "OUT-OF-BAND", "UNAPPLIED", "UNMANAGED"]
    for said in (
        "in the cloud, version: 1.33 → 1.32",
        "in the code, version: 1.32 → 1.34",
        "by arn:aws:iam::222222222222:user/ann, 2026-11-27 16:42 UTC: ModifyVpcAttribute from 203.0.113.7",
        "by whom is not known: nothing was found",
        "    accept:\n      flowops apply dev foundation vpc\n",
        "    ignore into flowops.drift.yaml:\n      ignore:\n        - address: foundation/vpc//aws_vpc.this\n",
    ):
        assert said in shown


def test_noise_and_what_is_ignored_show_when_asked_for() -> None:
    shown = text(everything())
    assert "not shown: 1 noise, 1 ignored (--all)" in shown
    assert "aws_eip.nat" not in shown
    all_of_it = text(everything(), everything=True)
    assert "NOISE foundation/vpc//aws_eip.nat" in all_of_it
    assert "IGNORED foundation/rds//aws_db_instance.this" in all_of_it
    assert "ignored until 2027-01-31 by ann: resized for the fair (flowops.drift.yaml:7)" in all_of_it
    assert "clean dev/foundation/rds" in all_of_it
    assert "not shown" not in all_of_it


def test_many_attributes_are_counted_unless_all_are_asked_for() -> None:
    many = AttributeChanges(tuple(AttributeChange(f"a{at}", "1", "2") for at in range(20)), 5)
    found = result(environment(findings=[finding(cloud=many)]))
    assert "in the cloud, and 13 more attributes" in text(found)
    assert "in the cloud, and 5 more attributes" in text(found, everything=True)


def test_nothing_foreign_steers_the_terminal() -> None:
    shown = text(everything(), everything=True)
    assert not set(shown) & set("\x00\x1b\u202e")


def test_a_line_stays_a_line_in_a_narrow_window() -> None:
    command = "flowops apply dev foundation a-unit-with-a-long-name"
    out = StringIO()
    narrow = writer(out)
    narrow.width = 30
    found = result(environment(findings=[finding(ways=(Way("accept", command),))]))
    narrow.print(drift_result_view(found, everything=False).text)
    assert command in out.getvalue()


def test_the_data_is_the_stored_form_and_the_code_the_checks() -> None:
    shown = drift_result_view(everything(), everything=False)
    assert shown.data == to_data(everything())
    assert (shown.command, shown.exit_code) == ("drift", Exit.FAILED)
    assert json.loads(json.dumps(envelope(shown)))["data"]["id"] == "20261128T030000Z-drift"
    assert yaml.safe_load(yaml.safe_dump(envelope(shown)))["exit_code"] == 1


def test_commands_lead_back_to_the_rehearsal_they_come_from() -> None:
    busy = EnvironmentDrift(
        "prod", reason="busy; flowops drift prod", code=Exit.LOCKED, notes=("flowops gc",), busy=True
    )
    way = Way("accept", "flowops apply dev foundation vpc")
    made = led(result(environment(findings=[finding(ways=(way,))]), busy), Invocation(rehearsal=True).pointed)
    shown = text(made)
    for command in ("apply dev foundation vpc", "drift prod", "gc"):
        assert f"flowops --rehearsal {command}" in shown
    assert led(made, Invocation(rehearsal=True).pointed) == made
    assert led(everything(), Invocation().pointed) == everything()


def test_history_says_since_when_each_finding_stands_and_how_it_went() -> None:
    day = timedelta(days=1)
    checks = [
        result(environment(checked=[VPC]), name="a", started=STARTED),
        result(environment(findings=[finding(owner="ops")]), name="b", started=STARTED + day),
        result(environment(findings=[finding(owner="ops")]), name="c", started=STARTED + 2 * day),
    ]
    now = STARTED + 4 * day
    shown = history_result(history(checks, now), now)
    said = printed(shown)
    assert "OUT-OF-BAND dev: foundation/vpc//aws_vpc.this  (ops)" in said
    assert "since 2026-11-29 03:00 UTC (3 days, 2 checks, last seen 2026-11-30 03:00 UTC)" in said
    rows = [it.split() for it in said.splitlines() if it.strip().startswith("2026")]
    assert [row[3] for row in rows] == ["clean", "drifted", "drifted"]
    assert shown.exit_code is Exit.FINE
    (standing,) = shown.data["standing"]
    assert (standing["since"], standing["checks"]) == ("2026-11-29T03:00:00+00:00", 2)
    assert [it["counts"] for it in shown.data["environments"][0]["checks"]] == [
        {},
        {"out-of-band": 1},
        {"out-of-band": 1},
    ]
    assert "Nothing stands." in printed(history_result(history([], now), now))
