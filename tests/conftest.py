"""Every test starts without the caller's AWS, terraform and terragrunt settings; its folder is its mark."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.fault_results import pytest_addoption, pytest_configure

__all__ = ["pytest_addoption", "pytest_configure"]

_TIERS = ("unit", "contract", "nets", "integration", "e2e")
_SCRUBBED = ("AWS_", "TF_", "TG_", "TERRAGRUNT_", "FLOWOPS_")
_ALSO = ("CI",)
_KEPT = {"FLOWOPS_PROVIDER_MIRROR"}
_STORIES = {"first_steps"}

# A shell starts what it runs in the background with SIGINT ignored, and so would be all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if (name.startswith(_SCRUBBED) and name not in _KEPT) or name in _ALSO:
            monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the tier that its folder names."""
    root = Path(__file__).parent
    for item in items:
        tier = item.path.relative_to(root).parts[0]
        if tier in _TIERS:
            item.add_marker(getattr(pytest.mark, tier))


class _Stories(LoadFileScheduling):
    """Gives all tests of a file to one process, because they share what they started, and so a folder of one story."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        folder = file.rpartition("/")[0]
        return folder if folder.rpartition("/")[2] in _STORIES else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Stories:
    """Say what several processes take turns with."""
    return _Stories(config, log)
