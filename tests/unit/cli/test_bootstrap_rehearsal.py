"""A rehearsal that was started before an environment was added says how the new account gets into it."""

from __future__ import annotations

import pytest

from flowops.app.standing import require_accounts
from flowops.errors import OperationFailed

RUNNING = (("management", "000000000001"), ("security", "111111111111"), ("dev", "222222222222"))


def test_an_account_that_came_later_is_named_with_the_command_that_adds_it() -> None:
    with pytest.raises(OperationFailed, match=r"does not have account qa \(444444444444\)") as failed:
        require_accounts(RUNNING, [*RUNNING[1:], ("qa", "444444444444")])
    assert failed.value.next_step.startswith("flowops rehearse up")


def test_an_account_that_got_another_id_is_missing_too() -> None:
    with pytest.raises(OperationFailed, match=r"dev \(999999999999\)"):
        require_accounts(RUNNING, [("dev", "999999999999")])


def test_accounts_that_are_no_longer_wanted_do_no_harm() -> None:
    require_accounts(RUNNING, RUNNING[1:2])
