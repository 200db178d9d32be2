"""Parts are played in every cluster that answers; what stops one stops no other, and nothing is said of values."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from flowops.rehearsal.kubernetes.api import ApiError
from flowops.rehearsal.operators.look import Look
from flowops.rehearsal.operators.player import Player


class Cluster:
    """Has nothing in it, or does not answer."""

    def __init__(self, answers: bool = True) -> None:
        self.answers = answers

    def get(self, path: str) -> Any:
        if not self.answers:
            raise ConnectionRefusedError
        return {"items": []}


class Part:
    """Counts how often it is played, and returns or raises what it is told to."""

    def __init__(self, end: bool | Exception = False) -> None:
        self.end, self.played = end, 0

    def __call__(self, api: Any, look: Look) -> bool:
        self.played += 1
        if isinstance(self.end, Exception):
            raise self.end
        return self.end


class ExternalPart(Part):
    """A part from another module."""

    __module__ = "elsewhere"


def test_something_changed_where_one_part_changed_something() -> None:
    parts = (Part(), Part(True), Part())
    assert Player(lambda: {"a": Cluster()}, lambda _: parts).step()
    assert [it.played for it in parts] == [1, 1, 1]
    assert not Player(lambda: {"a": Cluster()}, lambda _: (Part(),)).step()


@pytest.mark.parametrize("error", [ApiError(500, "s3cret"), ValueError("s3cret"), TimeoutError("s3cret")])
def test_a_part_that_fails_stops_no_other_and_its_words_are_not_repeated(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    failing, other = Part(error), Part()
    player = Player(lambda: {"a": Cluster()}, lambda _: (failing, other))
    for _ in range(3):
        assert not player.step()
    assert (failing.played, other.played) == (3, 3)
    (said,) = caplog.messages
    assert type(error).__name__ in said
    assert "s3cret" not in caplog.text


def test_two_parts_that_fail_are_told_of_once_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    parts = (Part(ApiError(500, "")), ExternalPart(ApiError(503, "")))
    player = Player(lambda: {"a": Cluster()}, lambda _: parts)
    for _ in range(3):
        player.step()
    assert len(caplog.messages) == 2


def test_a_cluster_that_does_not_answer_holds_up_no_other() -> None:
    parts = {"deaf": (Part(),), "well": (Part(True),)}
    assert Player(lambda: {"deaf": Cluster(False), "well": Cluster()}, parts.__getitem__).step()
    assert (parts["deaf"][0].played, parts["well"][0].played) == (0, 1)


def test_parts_live_as_long_as_their_cluster() -> None:
    made: list[str] = []
    there: dict[str, Any] = {"a": Cluster()}

    def parts(cluster: str) -> tuple[Part, ...]:
        made.append(cluster)
        return (Part(),)

    player = Player(lambda: there, parts)
    player.step()
    player.step()
    gone = there.pop("a")
    player.step()
    there["a"] = gone
    player.step()
    assert made == ["a", "a"]
