"""What tests with real binaries share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.project import load_config
from flowops.app.tools import terraform_environment, toolchain
from tests.integration.tools import Tools

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Return the pinned binaries, found or built by flowops' own toolchain; a missing one fails the test."""
    found = toolchain(load_config(PROJECT), os.environ, Processes(), print)
    found.install()
    return Tools(
        terraform=found.require("terraform"),
        terragrunt=found.require("terragrunt"),
        aws=found.require("aws"),
        environment=terraform_environment(found, os.environ),
    )
