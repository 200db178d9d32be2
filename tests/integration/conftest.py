"""What tests with real binaries share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.project import load_config
from flowops.adapters.toolchain import Toolchain
from flowops.app.tools import terraform_environment, toolchain
from tests.integration.tools import Tools

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def own_toolchain() -> Toolchain:
    """Return flowops' own toolchain, for this computer."""
    return toolchain(load_config(PROJECT), os.environ, Processes(), print)


@pytest.fixture(scope="session")
def tools(own_toolchain: Toolchain) -> Tools:
    """Return the pinned binaries, found or built by flowops' own toolchain; a missing one fails the test."""
    own_toolchain.install()
    return Tools(
        terraform=own_toolchain.require("terraform"),
        terragrunt=own_toolchain.require("terragrunt"),
        aws=own_toolchain.require("aws"),
        environment=terraform_environment(own_toolchain, os.environ),
    )


@pytest.fixture(scope="session")
def helm_provider(own_toolchain: Toolchain, tools: Tools) -> Path:
    """Return the folder with the real Helm provider, found or built; the environment of `tools` leads to it."""
    folder = own_toolchain.require("hashicorp/helm")
    assert folder.is_dir(), f"{folder} is packed; these tests need the provider unpacked"
    terraform_environment(own_toolchain, os.environ)  # writes the configuration of `tools` anew, now with this provider
    return folder
