"""The real binaries, as the integration tests find them."""

from __future__ import annotations

from tests.integration.conftest import own_toolchain, tools, world

__all__ = ["own_toolchain", "tools", "world"]
