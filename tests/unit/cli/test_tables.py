"""Tables where there is little room, few characters, or no colour: nothing of them is lost."""

from __future__ import annotations

import io
import re

import pytest
from rich.text import Text

from flowops.cli.stdout import every_text_can_be_written
from flowops.cli.view.tables import Writer, rows_table, table, writer

COLUMNS = ("wave", "unit", "depends on", "why")
ROWS = (
    (1, "dev/foundation/eks-components", "dev/foundation/eks, dev/foundation/vpc, dev/foundation/efs", "a-" * 30 + "b"),
    (2, "dev/foundation/vpc", "", "it is [bold]new[/bold]"),
)


class Terminal(io.StringIO):
    """What says of itself that it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(width: int) -> str:
    stream = io.StringIO()
    Writer(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True, width=width).print(
        rows_table("Order of dev", COLUMNS, ROWS)
    )
    return stream.getvalue()


def squeezed(text: str) -> str:
    return re.sub(r"[\s│|]+", "", text)


@pytest.mark.parametrize("width", [1, 20, 40, 60, 79, 80, 100, 120, 200])
def test_every_value_is_there_at_every_width(width: int) -> None:
    found = squeezed(shown(width))
    assert "…" not in found
    for row in ROWS:
        assert squeezed(str(row[1])) in found
    for value in ("dev/foundation/efs", "it is [bold]new[/bold]", "Order of dev"):
        # A table puts lines of other columns between those of a value; its words stay whole.
        assert all(word in found for word in value.split())
    assert found.count("a-") == 30


@pytest.mark.parametrize("width", [1, 20, 40, 60])
def test_where_there_is_no_room_each_row_is_a_list(width: int) -> None:
    lines = shown(width).splitlines()
    assert "depends on: dev/foundation/eks, dev/foundation/vpc, dev/foundation/efs" in lines
    assert [line for line in lines if line.startswith("unit: ")] == [f"unit: {row[1]}" for row in ROWS]


def test_where_there_is_room_a_row_is_a_line() -> None:
    assert re.search(r"^ +2 +dev/foundation/vpc +- +it is \[bold\]new\[/bold\] *$", shown(200), re.MULTILINE)


def test_another_encoding_has_ascii_boxes_and_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    every_text_can_be_written()
    Writer(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True, width=100).print(
        rows_table("Order of dev…", COLUMNS, [(1, "dev/foundation/vpc", "水 → é", "—")])
    )
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "Order of dev..." in text
    assert r"\u6c34 -> \xe9" in text
    assert set("+-|") <= set(text)


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "NO_COLOR": "0"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colour_is_left_out_where_it_is_not_wanted(
    environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "NO_COLOR", "COLORTERM", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = table("Plan", "unit", "change")
    made.add_row("dev/foundation/vpc", Text("3", style="red"))
    stream = Terminal()
    writer(stream).print(made)
    assert ("\x1b[31m" in stream.getvalue()) is coloured
