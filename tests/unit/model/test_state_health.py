"""Which states are believed, seen against what stood before."""

from __future__ import annotations

import pytest

from flowops.model.state import UnitState
from flowops.model.state_health import Former, Seen, too_new, went_back
from flowops.model.unsaved import UnsavedState, missed, saved_already, unfit
from tests.fakes.recovery import START, state

BEFORE = Former(7, "one", 3, START, "v1")


def standing(serial: int = 7, lineage: str = "one", resources: int = 3, *, accepted: bool = False) -> UnitState:
    return UnitState(serial, lineage, resources, terraform="1.11.4", accepted=accepted)


def unsaved(raw: bytes) -> UnsavedState:
    return UnsavedState("/kept", raw, START)


@pytest.mark.parametrize("sound", [standing(), standing(8), standing(8, resources=0), standing(7, resources=0)])
def test_a_state_that_follows_is_sound(sound: UnitState) -> None:
    assert went_back(sound, BEFORE) == ""
    assert went_back(sound, None) == ""


@pytest.mark.parametrize(
    ("present", "told"),
    [
        (None, "is gone, though it had serial 7 with 3 resources, of 2026-11-28 09:00:00 UTC"),
        (standing(6), "went back to serial 6"),
        (standing(900, "two"), "has another lineage (two) than before (one;"),
    ],
)
def test_a_state_that_falls_behind_says_what_stood(present: UnitState | None, told: str) -> None:
    assert told in went_back(present, BEFORE)


def test_where_nothing_stood_nothing_can_be_lost() -> None:
    empty = Former(7, "one", 0, START)
    assert [went_back(it, empty) for it in (None, standing(1), standing(1, "two"))] == ["", "", ""]


def test_what_an_operator_chose_is_believed_until_it_is_gone() -> None:
    assert went_back(standing(1, "two", accepted=True), BEFORE) == ""
    assert went_back(None, BEFORE) != ""


@pytest.mark.parametrize(
    ("wrote", "ours", "refused"),
    [
        ("1.12.0", "1.11.4", True),
        ("2.0.0", "1.11.4", True),
        ("1.11.9", "1.11.4", False),
        ("1.9.0", "1.11.4", False),
        ("1.12.0-beta1", "1.11.4", True),
        ("", "1.11.4", False),
        ("nonsense", "1.11.4", False),
    ],
)
def test_a_later_minor_version_of_terraform_is_too_new(wrote: str, ours: str, refused: bool) -> None:
    assert bool(too_new(UnitState(1, "one", 1, terraform=wrote), ours)) is refused
    assert too_new(UnitState(1, "one", 1, terraform=wrote, accepted=True), ours) == ""


def test_an_unsaved_state_follows_by_lineage_and_serial() -> None:
    kept = unsaved(state(6, "aws_vpc.this"))
    assert unfit(kept, Seen(state(5))) == ()
    assert unfit(kept, Seen(None)) == ()
    assert unfit(kept, Seen(state(6))) == ("its serial is 6, that of the state that stands is 6",)
    assert len(unfit(kept, Seen(state(7, lineage="two")))) == 2
    assert unfit(kept, Seen(b""))[0].startswith("the state that stands is empty")
    assert unfit(unsaved(b"{"), Seen(None)) == ("the file cannot be read",)


def test_a_state_that_was_pushed_by_hand_is_saved_already() -> None:
    kept = unsaved(state(6, "aws_vpc.this"))
    assert saved_already(kept, Seen(state(9, "aws_vpc.this", lineage="new")))
    assert not saved_already(kept, Seen(state(9, "aws_vpc.that")))
    assert not saved_already(kept, Seen(None))


def test_only_what_was_read_back_counts_as_pushed() -> None:
    kept, before = unsaved(state(6, "aws_vpc.this")), Seen(state(5))
    assert missed(kept, before, Seen(state(7, "aws_vpc.this"))) == ""
    assert missed(kept, Seen(None), Seen(state(1, "aws_vpc.this", lineage="new"))) == ""
    assert missed(kept, Seen(None), Seen(state(1, lineage="new"))) == "other resources or outputs"
    assert "lineage new" in missed(kept, before, Seen(state(7, "aws_vpc.this", lineage="new")))
    assert missed(kept, before, before) == "serial 5 instead of 6, other resources or outputs"
    assert missed(kept, before, Seen(None)) == "nothing that can be read"
