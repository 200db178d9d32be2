from __future__ import annotations

from pathlib import Path

import pytest

from flowops.errors import InvalidConfig
from flowops.rehearsal.settings import Settings

STATE = Path("/rehearsal")


def of(*accounts: tuple[str, str]) -> Settings:
    return Settings(0, STATE, accounts, "eu-central-1")


def test_the_first_account_owns_the_organization() -> None:
    settings = of(("management", "100000000001"), ("dev", "222222222222"))
    assert settings.management == "100000000001"
    assert settings.id_of("dev") == "222222222222"
    assert settings.id_of("prod") is None


@pytest.mark.parametrize(
    ("accounts", "reason"),
    [
        ((), "'management'"),
        ((("dev", "222222222222"),), "'management'"),
        ((("management", "1"),), "12 digits"),
        ((("management", "100000000001"), ("dev", "100000000001")), "share"),
        ((("management", "100000000001"), ("management", "222222222222")), "share"),
    ],
)
def test_accounts_that_no_organization_could_have_are_refused(
    accounts: tuple[tuple[str, str], ...], reason: str
) -> None:
    with pytest.raises(InvalidConfig, match=reason):
        of(*accounts)
