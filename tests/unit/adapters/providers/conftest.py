"""What the tests of lanes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.adapters.providers.lanes import FakeBackend


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture(params=["tfplugin5", "tfplugin6"])
def service(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the service that both versions of the protocol call by different names."""
    return request.param
