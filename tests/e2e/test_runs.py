"""The journal through the command line, where nothing has run and no AWS is there."""

from __future__ import annotations

import pytest

from tests.e2e.command import Flowops


def test_where_nothing_ran_there_is_nothing_to_list_and_nothing_wrong(flowops: Flowops) -> None:
    listed = flowops("runs", "list", "dev")
    assert (listed.code, listed.err) == (0, "")
    assert "Nothing has run here yet." in listed.out
    audited = flowops("audit", "verify", "-o", "json")
    assert (audited.code, audited.envelope["data"]) == (0, [])


@pytest.mark.parametrize("words", [("show", "last"), ("tail", "last"), ("resume", "last"), ("show", "2026")])
def test_a_run_that_is_not_there_is_a_usage_error(flowops: Flowops, words: tuple[str, ...]) -> None:
    ended = flowops("runs", *words)
    assert ended.code == 64
    assert "No run is recorded here yet." in ended.err
    assert "Next: flowops plan ENV" in ended.err


def test_an_environment_that_is_not_there_is_answered_with_the_nearest(flowops: Flowops) -> None:
    ended = flowops("runs", "list", "dve")
    assert ended.code == 64
    assert "did you mean 'dev'?" in ended.err
