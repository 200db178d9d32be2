"""The real binaries and the emulated organization, as the integration tests find them."""

from __future__ import annotations

from tests.integration.conftest import home, own_toolchain, tools, world

__all__ = ["home", "own_toolchain", "tools", "world"]
