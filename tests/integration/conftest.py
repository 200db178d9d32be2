"""What tests with real binaries share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.project import load_config
from flowops.adapters.toolchain import Toolchain
from flowops.app.tools import terraform_environment, toolchain
from flowops.rehearsal.kubernetes.programs import NAMES as CONTROL_PLANE
from tests.integration.emulated_kubernetes import Programs
from tests.integration.organization import Home, organization
from tests.integration.tools import Tools
from tests.integration.warm_bench import PROJECT, World, warm_world


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
    terraform_environment(own_toolchain, os.environ)  # writes the configuration of `tools` anew, now with this provider
    return folder


@pytest.fixture(scope="session")
def kubernetes_programs(own_toolchain: Toolchain) -> Programs:
    """Return a Kubernetes control plane, found or built; building takes minutes the first time."""
    control_plane = {name: str(own_toolchain.require(name)) for name in CONTROL_PLANE}
    return Programs(control_plane, own_toolchain.require("kubectl"), own_toolchain.require("aws"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Return an organization on an emulated AWS that the tests of one module share, with nothing bootstrapped."""
    with organization(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture(scope="module")
def world(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return an emulated AWS with the real binaries; every pool and provider has ended when the module's tests have."""
    with warm_world(tmp_path_factory.mktemp("world"), tools) as world:
        yield world
