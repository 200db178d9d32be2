"""What the tests of accounts are given."""

from __future__ import annotations

import pytest

from tests.fakes.accounts import AccountsWorld


@pytest.fixture
def world() -> AccountsWorld:
    return AccountsWorld()
