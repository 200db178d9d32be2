"""The board as it is drawn, narrow and wide, and where it is not drawn at all."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from flowops.cli.view.board import LiveBoard, board_fits, board_table, board_title, duration
from flowops.cli.view.keys import Keys
from flowops.model.board import Board, JobOpened, ResourceBegan, UnitEnded, UnitStarted

VPC, EKS, EFS = "dev/foundation/vpc", "dev/foundation/eks", "dev/foundation/efs"
USUAL = {VPC: 60.0, EKS: 600.0}


def board() -> Board:
    found = Board()
    for event in (
        JobOpened("apply", (VPC, EKS, EFS), 0, {}, USUAL),
        UnitStarted(VPC, "apply", 0),
        UnitEnded(VPC, "apply", 0, 50),
        UnitStarted(EKS, "apply", 50),
        ResourceBegan(EKS, 'aws_eks_cluster.this["[red]"]', 55),
    ):
        found = found.told(event)
    return found


def drawn(width: int, *, wide: bool, most: int = 20) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    console.print(board_table(board(), 120, wide=wide, most=most))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines() if line.strip()]


def test_a_wide_board_says_how_long_it_usually_takes_and_what_is_slow_now() -> None:
    title, head, _, *rows = drawn(120, wide=True)
    assert title == "apply: 1 of 3 units, 2m00s, about 8m50s left"
    assert head.split() == ["unit", "state", "resources", "elapsed", "usually", "slowest", "now"]
    assert [row.split() for row in rows] == [
        [VPC, "done", "-", "50s", "1m00s"],
        [EKS, "applying", "0/?", "1m10s", "10m00s", "1m05s", 'aws_eks_cluster.this["[red]"]'],
        [EFS, "waiting", "-", "-", "-"],
    ]


@pytest.mark.parametrize("width", [60, 70, 99])
def test_a_narrow_board_keeps_each_unit_on_one_line(width: int) -> None:
    _, head, _, *rows = drawn(width, wide=False)
    assert head.split() == ["unit", "state", "resources", "elapsed"]
    assert [row.split()[0] for row in rows] == [VPC, EKS, EFS]
    assert all(len(row) <= width for row in rows)


def test_more_units_than_lines_are_counted() -> None:
    assert drawn(80, wide=False, most=1)[-1].strip() == "… and 2 more"


def test_a_run_of_which_nothing_is_known_promises_nothing() -> None:
    assert board_title(Board().told(JobOpened("plan", (VPC,), 0)), 5) == "plan: 0 of 1 units, 5s"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (59, "59s"), (67, "1m07s"), (7500, "2h05m"), (-1, "0s")])
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert duration(seconds) == text


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("environment", [{}, {"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_no_board_is_drawn_where_the_environment_says_so(environment: dict[str, str]) -> None:
    stream = Screen()
    assert not board_fits(environment, Console(file=stream, width=120))
    shown = LiveBoard(stream, Keys(None), environment)
    with shown.showing():
        assert not shown.shown
        assert not shown.look()
    assert stream.getvalue() == ""


def test_a_file_or_a_pipe_gets_no_board() -> None:
    assert not board_fits({"TERM": "xterm"}, Console(file=io.StringIO(), width=120))


def test_nobodys_keys_are_never_pressed() -> None:
    with Keys(None).single():
        assert Keys(None).pressed() == ""
