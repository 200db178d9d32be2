"""Accounts as people read them: names from AWS do not steer a terminal."""

from __future__ import annotations

import io

from flowops.cli.view.accounts import accounts_plan
from flowops.cli.view.tables import writer
from flowops.model.accounts import AccountsPlan, Decision, PlannedAccount
from flowops.model.facts import Organization


def test_the_name_of_an_organizational_unit_does_not_steer_a_terminal() -> None:
    moving = PlannedAccount("dev", Decision.STANDS, "222222222222", unit="Flowable", place="Old\x1b[2J")
    out = io.StringIO()
    writer(out).print(accounts_plan(AccountsPlan(Organization("o-1", "000000000001"), "000000000001", (moving,))))
    assert "Old → Flowable" in out.getvalue()
    assert "\x1b" not in out.getvalue()
