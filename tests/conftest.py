"""Every test starts without the caller's AWS, terraform and terragrunt settings; its folder is its mark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_TIERS = ("unit", "contract", "integration", "e2e")
_SCRUBBED = ("AWS_", "TF_", "TG_", "TERRAGRUNT_", "FLOWOPS_")
_KEPT = {"FLOWOPS_PROVIDER_MIRROR"}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_SCRUBBED) and name not in _KEPT:
            monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the tier that its folder names."""
    root = Path(__file__).parent
    for item in items:
        tier = item.path.relative_to(root).parts[0]
        if tier in _TIERS:
            item.add_marker(getattr(pytest.mark, tier))
