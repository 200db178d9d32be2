from __future__ import annotations

from threading import Barrier

import pytest

from flowops.errors import OperationFailed
from flowops.operations.side_by_side import side_by_side


def test_all_work_at_the_same_time_and_results_keep_the_order() -> None:
    together = Barrier(3, timeout=10)

    def work(key: str) -> str:
        together.wait()
        return key.upper()

    assert list(side_by_side("cab", work).items()) == [("c", "C"), ("a", "A"), ("b", "B")]


def test_the_first_error_in_order_is_raised_after_all_are_finished() -> None:
    finished: list[int] = []

    def work(key: int) -> None:
        finished.append(key)
        if key != 2:
            raise OperationFailed(f"number {key}")

    with pytest.raises(OperationFailed, match="number 1"):
        side_by_side((1, 2, 3), work)
    assert sorted(finished) == [1, 2, 3]


def test_nothing_to_do_is_nothing() -> None:
    assert side_by_side((), str) == {}
