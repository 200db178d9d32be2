"""What is told of a run, as rows: without a terminal and without a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.board import (
    Board,
    BoardEvent,
    JobOpened,
    ResourceBegan,
    ResourceEnded,
    UnitEnded,
    UnitPlanned,
    UnitStarted,
    of_lines,
    planned,
)
from flowops.model.changes import Action, Plan
from tests.fakes import tree
from tests.fakes.run import change

UNITS = ("vpc", "eks", "efs")
NEEDS = {"vpc": (), "eks": ("vpc",), "efs": ("vpc",)}
PLANNING = JobOpened("plan", UNITS, 100.0, NEEDS)


def board(*events: BoardEvent) -> Board:
    found = Board()
    for event in events:
        found = found.told(event)
    return found


def states(found: Board) -> dict[str, str]:
    return {name: row.state.value for name, row in found.rows.items()}


PREVIEWED = (
    PLANNING,
    *(UnitPlanned(unit, total, empty=not total) for unit, total in (("vpc", 3), ("eks", 2), ("efs", 0))),
)


def test_a_unit_goes_from_waiting_to_planned() -> None:
    assert states(board(PLANNING)) == dict.fromkeys(UNITS, "waiting")
    begun = board(PLANNING, UnitStarted("vpc", "init", 101), UnitStarted("eks", "plan", 102))
    assert states(begun) == {"vpc": "starting", "eks": "planning", "efs": "waiting"}
    assert (begun.rows["vpc"].elapsed(110), begun.rows["eks"].elapsed(110)) == (None, 8)
    assert states(begun.told(UnitEnded("eks", "plan", 0, 105)))["eks"] == "planned"
    assert states(begun.told(UnitEnded("vpc", "init", 1, 105)))["vpc"] == "failed"
    assert states(board(*PREVIEWED)) == {"vpc": "planned", "eks": "planned", "efs": "no changes"}


def test_an_apply_by_waves_lets_what_is_planned_wait_for_its_turn() -> None:
    first = board(*PREVIEWED, JobOpened("apply", ("vpc",), 200, NEEDS))
    assert states(first) == {"vpc": "waiting", "eks": "waiting", "efs": "no changes"}
    applied = first.told(UnitStarted("vpc", "apply", 201)).told(UnitEnded("vpc", "apply", 0, 230))
    assert states(applied) == {"vpc": "done", "eks": "waiting", "efs": "no changes"}
    again = applied.told(JobOpened("plan", ("eks",), 231, NEEDS)).told(UnitStarted("eks", "plan", 232))
    assert states(again) == {"vpc": "done", "eks": "planning", "efs": "no changes"}
    last = again.told(UnitPlanned("eks", 4)).told(JobOpened("apply", ("eks",), 240, NEEDS))
    assert (states(last)["eks"], last.rows["eks"].total, last.began) == ("waiting", 4, 100)


def test_a_destroy_says_so() -> None:
    opened = board(JobOpened("destroy", UNITS, 0, NEEDS), UnitStarted("eks", "apply", 1))
    assert states(opened)["eks"] == "destroying"
    assert opened.needs == {"vpc": ("eks", "efs"), "eks": (), "efs": ()}


def test_resources_are_counted_and_the_oldest_in_flight_is_the_slowest() -> None:
    opened = board(*PREVIEWED, JobOpened("apply", UNITS, 200), UnitStarted("vpc", "apply", 200))
    busy = opened.told(ResourceBegan("vpc", "a", 210)).told(ResourceBegan("vpc", "b", 220))
    assert busy.rows["vpc"].slowest(250) == ("a", 40)
    later = busy.told(ResourceEnded("vpc", "a")).told(ResourceEnded("vpc", "data.x", counted=False))
    assert (later.rows["vpc"].done, later.rows["vpc"].total) == (1, 3)
    assert later.rows["vpc"].slowest(250) == ("b", 30)
    assert later.told(UnitEnded("vpc", "apply", 1, 260)).rows["vpc"].slowest(260) is None


def test_the_time_left_is_the_longest_way_through_what_is_not_done() -> None:
    usual = {"vpc": 60.0, "eks": 600.0, "efs": 30.0}
    found = board(JobOpened("apply", UNITS, 0, NEEDS, usual), UnitStarted("vpc", "apply", 0))
    assert found.left(20) == 40 + 600
    assert found.left(500) == 600
    ended = found.told(UnitEnded("vpc", "apply", 0, 60)).told(UnitStarted("eks", "apply", 60))
    assert ended.left(160) == 500
    assert board(PLANNING).left(100) is None
    assert board(*PREVIEWED).left(100) == 0


def test_what_moves_or_failed_is_shown_first_where_not_all_fits() -> None:
    many = board(JobOpened("apply", tuple(f"u{at}" for at in range(9)), 0))
    busy = many.told(UnitStarted("u8", "apply", 1)).told(UnitEnded("u7", "apply", 1, 2))
    done = busy.told(UnitEnded("u0", "apply", 0, 3))
    assert [row.unit for row in done.shown(3)] == ["u1", "u7", "u8"]
    assert len(done.shown(9)) == 9


def test_a_replaced_resource_goes_and_comes() -> None:
    actions = (Action.CREATE, Action.REPLACE, Action.READ, Action.NONE, Action.FORGET)
    vpc = tree.unit("foundation/vpc")
    assert planned(Plan(vpc, tuple(map(change, actions)))) == UnitPlanned(vpc.id, 3)
    assert planned(Plan(vpc, ())) == UnitPlanned(vpc.id, 0, empty=True)


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("aws_vpc.this: Creating...", ResourceBegan("u", "aws_vpc.this", 1)),
        ("module.a.aws_x.b[0]: Modifying... [id=x]", ResourceBegan("u", "module.a.aws_x.b[0]", 1)),
        ('aws_x.b["k: v (x)"]: Destroying... [id=x]', ResourceBegan("u", 'aws_x.b["k: v (x)"]', 1)),
        ("aws_x.b (deposed object 1a2b): Destroying...", ResourceBegan("u", "aws_x.b (deposed object 1a2b)", 1)),
        ("data.aws_x.b: Reading...", ResourceBegan("u", "data.aws_x.b", 1)),
        ("aws_vpc.this: Creation complete after 3s [id=x]", ResourceEnded("u", "aws_vpc.this")),
        ("aws_vpc.this: Modifications complete after 0s", ResourceEnded("u", "aws_vpc.this")),
        ("aws_vpc.this: Destruction complete after 1m3s", ResourceEnded("u", "aws_vpc.this")),
        ("data.aws_x.b: Read complete after 1s [id=x]", ResourceEnded("u", "data.aws_x.b", counted=False)),
    ],
)
def test_what_terraform_prints_of_a_resource_is_an_event(line: str, event: BoardEvent) -> None:
    assert list(of_lines("u", [line], 1)) == [event]


@pytest.mark.parametrize(
    "line",
    [
        "terraform_data.x (local-exec): aws_vpc.this: Creating...",
        "aws_vpc.this: Still creating... [10s elapsed]",
        "  + resource: Creating...",
        "Apply complete! Resources: 1 added",
        "aws_vpc.this: Refreshing state... [id=x]",
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert not list(of_lines("u", [line], 1))


TIMES = st.floats(0, 1000)
NAMES = st.sampled_from([*UNITS, "other"])
EVENTS = st.one_of(
    st.builds(JobOpened, st.sampled_from(["plan", "apply", "destroy"]), st.just(UNITS), TIMES, st.just(NEEDS)),
    st.builds(UnitStarted, NAMES, st.sampled_from(["init", "plan", "apply"]), TIMES),
    st.builds(UnitEnded, NAMES, st.sampled_from(["init", "plan", "apply"]), st.sampled_from([0, 1, None]), TIMES),
    st.builds(ResourceBegan, NAMES, st.sampled_from("ab"), TIMES),
    st.builds(ResourceEnded, NAMES, st.sampled_from("ab"), st.booleans()),
    st.builds(UnitPlanned, NAMES, st.integers(0, 3), st.booleans()),
)


@given(st.lists(EVENTS), TIMES)
def test_whatever_is_told_in_whatever_order_the_board_can_be_shown(events: list[BoardEvent], now: float) -> None:
    found = board(*events)
    assert 0 <= found.finished <= len(found.rows)
    left = found.left(now)
    assert left is None or left >= 0
    for row in found.rows.values():
        assert row.total is None or row.done <= row.total
        assert (row.elapsed(now) or 0) >= 0
        assert len(dict(row.resources)) == len(row.resources)
