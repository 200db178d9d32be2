"""The self-test of its page, against the standing rehearsal: a whole life, and that another one may begin."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, Ended, Flowops, open_to_others
from tests.e2e.conftest import copy_project
from tests.stages import OF_SELFTEST

WORDS = ("--rehearsal", "selftest", "--account", "dev", "--layer", "foundation")
DEV = "deployments/aws/non-prod/eu-central-1/dev"
CLUSTER = ("eks", "eks-components")


@pytest.fixture(scope="module")
def flowops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flowops]:
    folder = tmp_path_factory.mktemp("selftest")
    made = Flowops(copy_project(folder / "project"), folder / "state")
    for unit in CLUSTER:  # test_demo.py lives with one
        shutil.rmtree(made.project / DEV / "foundation" / unit)
    started = made("rehearse", "up")
    assert started.code == 0, started.err
    yield made
    made("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def tested(flowops: Flowops) -> Ended:
    """Return the self-test of the page."""
    return flowops(*WORDS, "--confirm", "dev", "--yes", "-o", "json", timeout=1500)


def test_every_stage_of_a_life_holds_and_the_seconds_of_each_unit_are_kept(flowops: Flowops, tested: Ended) -> None:
    data = tested.envelope["data"]
    assert [it for it in data["stages"] if not it["held"]] == [], tested.err[-6000:]
    assert tested.code == 0
    assert tuple(it["stage"] for it in data["stages"]) == OF_SELFTEST
    assert {"apply", "destroy"} <= data["units"]["dev/foundation/vpc"].keys()
    assert (data["gone"], data["next"]) == (True, "")
    kept = Path(data["kept_in"])
    assert {**json.loads(kept.read_text()), "next": "", "kept_in": str(kept)} == data
    assert open_to_others(kept.parent) == []
    assert [it.name for it in kept.parent.iterdir()] == [kept.name], "no credentials stay"


def test_it_is_the_one_of_the_page() -> None:
    page = (ROOT / "docs" / "selftest.md").read_text()
    assert f"\nflowops {' '.join(WORDS)} --confirm dev --yes\n" in page


def test_what_it_makes_and_costs_is_said_before(tested: Ended) -> None:
    for told in ("account dev (", "will be made, looked at and destroyed", "costs money", "roughly"):
        assert told in tested.err
    assert "aws lists vpc-" in tested.err


def test_afterwards_nothing_stands_and_another_one_may_begin(flowops: Flowops, tested: Ended) -> None:
    asked = flowops(*WORDS)
    assert asked.code == 7, "no state and no record is in its way: only a yes is missing"
    assert "flowops --rehearsal selftest --account dev --layer foundation --confirm dev --yes" in asked.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--account", "prod", "--confirm", "prod", "--yes"), 4, "protected"),
        (("--account", "security"), 64, "holds no environment"),
        (("--account", "dve"), 64, "did you mean 'dev'"),
        (("--account", "dev", "--layer", "foundaton"), 64, "did you mean 'foundation'"),
    ],
)
def test_who_may_not_be_tested_is_told_why(flowops: Flowops, words: tuple[str, ...], code: int, said: str) -> None:
    done = flowops("--rehearsal", "selftest", *words)
    assert done.code == code
    assert said in done.err
