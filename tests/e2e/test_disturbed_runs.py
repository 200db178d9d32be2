"""Runs that are killed or interrupted: taken up, they end as undisturbed ones, and AWS is as the states say.

The tests of this file are one story: each scenario begins where the one before it ended.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e import reality
from tests.e2e.struck import AGREED, SCENARIOS, Story, Struck

SEED = 20261144
LATEST = 0.97
"""How far a run may have come: two runs of the same do not make exactly as many requests."""

IN_AN_APPLY = 0.7

PIPELINE = {"CI": "true"}
"""Where flowops sees it, its writes use ordinary providers; else all terraforms share them."""


@dataclass(frozen=True)
class Moment:
    """How far a scenario comes, by the requests that AWS sees, and by whom it is run."""

    scenario: str
    far: float
    env: Mapping[str, str]


def moments(count: int) -> Iterator[Moment]:
    """Yield moments drawn with a fixed seed."""
    drawn = random.Random(SEED)
    names = tuple(SCENARIOS)
    for number in range(count):
        yield Moment(names[number % len(names)], LATEST * drawn.random(), PIPELINE if number % 2 else {})


@dataclass(frozen=True)
class Undisturbed:
    """How a scenario ends when nobody is killed, and how many requests it makes."""

    environment: Mapping[str, Any]
    requests: int


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    story = Story(tmp_path_factory.mktemp("killed"))
    yield story
    story.flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def undisturbed(story: Story) -> Mapping[str, Undisturbed]:
    found = {}
    for scenario in SCENARIOS:
        requests = story.undisturbed(scenario)
        found[scenario] = Undisturbed(reality.environment(reality.documents(story.rehearsed)), requests)
    return found


def killed_and_taken_up(story: Story, moment: Moment, expected: Undisturbed) -> tuple[Struck, list[str]]:
    """Kill a run, take it up as flowops says, and compare what stands then with an undisturbed run."""
    story.env = moment.env
    killed = story.strike(moment.scenario, 1 + int(moment.far * expected.requests), signal.SIGKILL)
    assert killed.code == -signal.SIGKILL
    typed = story.take_up(killed.run, *AGREED[moment.scenario])
    story.check(expected.environment)
    # Nothing is left to do: where all is destroyed only another destroy says so.
    ended = story.say(*(SCENARIOS["destroy"] if moment.scenario == "destroy" else ("plan", "dev")))
    assert ended.code == 0, ended.err
    return killed, typed


@pytest.mark.parametrize(("moment", "phase"), [*zip(moments(3), ("preview", "apply", "destroy"), strict=True)])
@pytest.mark.fault(1, 49)
def test_a_killed_run_is_taken_up_and_ends_as_an_undisturbed_one(
    story: Story, undisturbed: Mapping[str, Undisturbed], moment: Moment, phase: str
) -> None:
    killed, _ = killed_and_taken_up(story, moment, undisturbed[moment.scenario])
    assert killed.phase == phase


@pytest.mark.parametrize(
    ("scenario", "signals", "code"),
    [
        pytest.param("create", (signal.SIGINT, signal.SIGINT), 130, marks=pytest.mark.fault(3)),
        pytest.param("change", (signal.SIGTERM,), 143, marks=pytest.mark.fault(5)),
        pytest.param("destroy", (signal.SIGINT,), 130, marks=pytest.mark.fault(2)),
    ],
)
def test_an_interrupted_run_leaves_no_lock_and_nothing_unknown_and_is_taken_up(
    story: Story,
    undisturbed: Mapping[str, Undisturbed],
    scenario: str,
    signals: tuple[signal.Signals, ...],
    code: int,
) -> None:
    expected = undisturbed[scenario]
    story.env = {}
    struck = story.strike(scenario, 1 + int(IN_AN_APPLY * expected.requests), *signals)
    assert (struck.code, struck.phase) == (code, SCENARIOS[scenario][0])
    story.check_reality()
    story.take_up(struck.run, *AGREED[scenario])
    assert reality.environment(story.check_reality()) == expected.environment


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_thirty_killed_runs_are_taken_up_and_end_as_undisturbed_ones(
    story: Story, undisturbed: Mapping[str, Undisturbed]
) -> None:
    print("\n| run | by | killed at request | which was | in | after event | typed |\n|---|---|---|---|---|---|---|")
    for moment in moments(30):
        expected = undisturbed[moment.scenario]
        it, typed = killed_and_taken_up(story, moment, expected)
        by = "pipeline" if moment.env else "operator"
        far = f"{it.number} of {expected.requests}"
        cells = (moment.scenario, by, far, it.request, it.phase, it.event, ", ".join(typed))
        print(f"| {' | '.join(cells)} |", flush=True)
