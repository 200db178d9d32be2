"""Accounts as people read them: names from AWS do not steer a terminal."""

from __future__ import annotations

import io

from flowops.cli.context import Invocation
from flowops.cli.view.accounts import accounts_plan, create_result
from flowops.cli.view.result import envelope
from flowops.cli.view.tables import writer
from flowops.errors import OperationFailed
from flowops.model.accounts import AccountResult, AccountsPlan, AccountsResult, Decision, Outcome, PlannedAccount
from flowops.model.facts import Organization


def test_the_name_of_an_organizational_unit_does_not_steer_a_terminal() -> None:
    moving = PlannedAccount("dev", Decision.STANDS, "222222222222", unit="Flowable", place="Old\x1b[2J")
    out = io.StringIO()
    writer(out).print(accounts_plan(AccountsPlan(Organization("o-1", "000000000001"), "000000000001", (moving,))))
    assert "Old → Flowable" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_one_trouble_of_many_accounts_is_one_error_with_what_to_type_next() -> None:
    error = OperationFailed("AWS makes no more accounts.", next_step="flowops accounts create")
    failed = tuple(AccountResult(name, Outcome.FAILED, error=error) for name in ("dev", "prod"))
    result = create_result(AccountsResult(None, failed), Invocation(rehearsal=True).pointed)
    assert envelope(result)["errors"] == [
        {
            "happened": "AWS makes no more accounts.",
            "not_done": "Nothing was changed.",
            "next": "flowops --rehearsal accounts create",
        }
    ]
