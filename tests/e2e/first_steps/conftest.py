"""One reader of the first steps, for all files of the story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.aws import Rehearsed
from tests.e2e.command import Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.first_steps.traces import Search, Witness
from tests.e2e.walk import Walk


@pytest.fixture(scope="package")
def search() -> Iterator[Search]:
    """Watch processes from before the first step on."""
    witness = Witness()
    yield Search(witness)
    witness.stop()


@pytest.fixture(scope="package")
def walk(tmp_path_factory: pytest.TempPathFactory, search: Search) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("first-steps")
    reader = Walk(Flowops(copy_project(folder / "project"), folder / "state"))
    yield reader
    reader.flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="package")
def flowops(walk: Walk) -> Flowops:
    return walk.flowops


@pytest.fixture
def rehearsed(flowops: Flowops) -> Rehearsed:
    return Rehearsed.of(flowops)
