"""What the tests of drift checks are given."""

from __future__ import annotations

import pytest

from tests.unit.operations.drift.checks import Checks
from tests.unit.operations.runs import everything_standing


@pytest.fixture
def checks() -> Checks:
    return Checks(everything_standing())
