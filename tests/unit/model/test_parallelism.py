"""How many units are worked on at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowops.model.parallelism import GIB, ORDINARY_UNIT, SHARED, WARM_UNIT, side_by_side


@pytest.mark.parametrize(
    ("cores", "free", "warm", "expected"),
    [
        (2, 16 * GIB, True, 4),
        (2, 16 * GIB, False, 4),
        (64, 64 * GIB, True, 32),
        (64, 64 * GIB, False, 8),
        (8, SHARED + 3 * ORDINARY_UNIT, False, 3),
        (8, SHARED + 3 * ORDINARY_UNIT - 1, False, 2),
        (8, SHARED + 5 * WARM_UNIT, True, 5),
        (2, 512 * 2**20, True, 1),
        (2, 0, False, 1),
        (1, SHARED, True, 1),
    ],
)
def test_cores_memory_and_kind_of_provider_say_how_many(cores: int, free: int, warm: bool, expected: int) -> None:
    assert side_by_side(cores, free, warm=warm) == expected


@settings(deadline=None)
@given(st.integers(1, 512), st.integers(0, 2**42), st.booleans())
def test_there_is_always_one_and_more_of_anything_never_means_fewer(cores: int, free: int, warm: bool) -> None:
    chosen = side_by_side(cores, free, warm=warm)
    assert 1 <= chosen <= 32
    assert side_by_side(cores + 1, free, warm=warm) >= chosen
    assert side_by_side(cores, free + GIB, warm=warm) >= chosen
    assert side_by_side(cores, free, warm=True) >= side_by_side(cores, free, warm=False)


@settings(deadline=None)
@given(st.integers(1, 512), st.integers(0, 2**42), st.booleans())
def test_more_than_one_fit_into_memory_beside_what_they_share(cores: int, free: int, warm: bool) -> None:
    chosen = side_by_side(cores, free, warm=warm)
    assert chosen == 1 or chosen * (WARM_UNIT if warm else ORDINARY_UNIT) + SHARED <= free
