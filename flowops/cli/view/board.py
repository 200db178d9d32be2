"""The live board of a run: one row for each unit, redrawn in place, and the log of one unit on a key."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flowops.cli.view.keys import Keys, TypedLine, is_ours
from flowops.cli.view.tables import Writer
from flowops.model.board import Board, BoardEvent, UnitRow, UnitState

NARROWEST = 60
"""Columns that a board needs; a narrower terminal gets lines."""

_WIDE = 100
_KEPT = 300
_EVERY = 0.2
_CHROME = 7
_STYLE = {
    UnitState.WAITING: "dim",
    UnitState.UNCHANGED: "dim",
    UnitState.DONE: "green",
    UnitState.PLANNED: "green",
    UnitState.FAILED: "bold red",
}


def board_fits(environment: Mapping[str, str], console: Console) -> bool:
    """Say whether a board can be drawn: on a terminal that can move its cursor, is wide enough, and listens to us."""
    plain = environment.get("NO_COLOR") or environment.get("CI") or environment.get("TERM", "dumb") in ("dumb", "")
    if plain or not console.file.isatty():
        return False
    return console.width >= NARROWEST and is_ours(console.file.fileno())


class LiveBoard:
    """Shows a board while a job is under way, where it can be drawn; a terminal that goes away ends only the board.

    It is drawn by whoever calls `look`, so that no thread of its own is left behind. `environment` may forbid it.
    """

    def __init__(
        self,
        stream: TextIO,
        keys: Keys,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        # Its own, because what is redrawn in place must never be wider than the terminal.
        self._console = Writer(file=stream, highlight=False, markup=False, emoji=False)
        self._keys, self._environment, self._clock = keys, environment, clock
        self._board = Board()
        self._logs: dict[str, deque[str]] = {}
        self._log = ""
        self._question, self._typed = "", TypedLine()
        self._answer: str | None = None
        self._live: Live | None = None
        self._drawn = 0.0

    @property
    def shown(self) -> bool:
        """Whether it is shown now."""
        return self._live is not None

    def begin(self) -> None:
        """Forget everything: another run begins."""
        self._board, self._log = Board(), ""
        self._logs.clear()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the board while the block runs, where it can be shown, and leave the terminal as it was."""
        try:
            if not self._fits:
                yield
                return
            with self._keys.single():
                try:
                    with suppress(OSError):
                        self._live = self._new_live()
                        self._live.start()
                    yield
                finally:
                    self._hide()
        finally:
            self._question, self._answer = "", None

    @property
    def _fits(self) -> bool:
        return board_fits(self._environment, self._console)

    def _new_live(self) -> Live:
        return Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )

    def _hide(self) -> None:
        live, self._live, self._log = self._live, None, ""
        if live is not None:
            with suppress(OSError):
                live.stop()

    def tell(self, event: BoardEvent) -> None:
        """Take what happens."""
        self._board = self._board.told(event)

    def output(self, unit: str, lines: Iterable[str]) -> None:
        """Keep the last lines that a unit's terraform printed."""
        self._logs.setdefault(unit, deque(maxlen=_KEPT)).extend(lines)

    def say(self, text: str) -> None:
        """Write one line above the board."""
        self._console.print(Text(text, overflow="fold"))

    def look(self) -> bool:
        """Draw what is new, and return whether `d` was pressed since the last look."""
        if self._live is None:
            return False
        pressed = self._keys.pressed()
        commands = "" if self._question else pressed
        self._type(pressed)
        for _ in range(commands.count("l")):
            self._log = self._following()
        now = self._clock()
        if (pressed or now - self._drawn >= _EVERY or now < self._drawn) and self._fits:
            self._drawn = now
            try:
                self._live.update(self._view(), refresh=True)
            except OSError:
                self._live = None  # the terminal is gone; the run is not
        return "d" in commands

    def ask(self, question: str) -> bool:
        """Take the next keys for a line that answers a question, and say whether somebody is there to type it."""
        if not self._keys.heard:
            return False
        self._keys.forget()
        self._question, self._typed, self._answer = question, TypedLine(), None
        return True

    def answer(self) -> str | None:
        """Return the line that was typed since the question, once; None until there is one, and without a question."""
        if self._live is None and self._question:
            self._type(self._keys.pressed())
        answer, self._answer = self._answer, None
        return answer

    def _type(self, keys: str) -> None:
        if self._question and (line := self._typed.take(keys)) is not None:
            self._question, self._answer = "", line

    def _following(self) -> str:
        """Return the unit whose log comes after the one that is shown, "" behind the last."""
        units = [unit for unit in self._board.rows if self._logs.get(unit)]
        if self._log not in units:
            return units[0] if units else ""
        return units[units.index(self._log) + 1] if self._log != units[-1] else ""

    def _view(self) -> RenderableType:
        shown, keys = (
            (self._log_view(), "l: log of the next unit, or back  d: drain")
            if self._log
            else (self._table(), "l: log of a unit  d: drain")
        )
        asked = Text(f"{self._question}{self._typed.text}", style="bold")
        return Group(shown, asked if self._question else Text(keys, style="dim"))

    def _log_view(self) -> RenderableType:
        room = max(1, self._console.height - _CHROME)
        lines = list(self._logs[self._log])[-room:]
        text = Text("\n".join(lines), no_wrap=True, overflow="ellipsis")
        return Group(Text(f"Log of {self._log}", style="bold"), text)

    def _table(self) -> Table:
        room = max(1, self._console.height - _CHROME)
        return board_table(self._board, self._clock(), wide=self._console.width >= _WIDE, most=room)


def board_table(board: Board, now: float, *, wide: bool, most: int) -> Table:
    """Return one row for each unit, for `most` of them; a narrow one is without usual times and resources in flight."""
    made = Table(
        title=Text(board_title(board, now)), box=box.SIMPLE, title_justify="left", title_style="bold", pad_edge=False
    )
    made.add_column("unit", no_wrap=True, overflow="ellipsis", ratio=2)
    made.add_column("state", no_wrap=True)
    made.add_column("resources", no_wrap=True, justify="right")
    made.add_column("elapsed", no_wrap=True, justify="right")
    if wide:
        made.add_column("usually", no_wrap=True, justify="right")
        made.add_column("slowest now", no_wrap=True, overflow="ellipsis", ratio=3)
    made.expand = True
    rows = board.shown(most)
    for row in rows:
        cells = [Text(row.unit), Text(row.state.value, style=_STYLE.get(row.state, "cyan")), *_numbers(row, now)]
        made.add_row(*cells, *((_usually(row), _slowest(row, now)) if wide else ()))
    if len(rows) < len(board.rows):
        made.add_row(Text(f"… and {len(board.rows) - len(rows)} more", style="dim"))
    return made


def board_title(board: Board, now: float) -> str:
    """Return what is under way, how far it is, and when it usually is done."""
    left = board.left(now)
    about = f", about {duration(left)} left" if left else ""
    return f"{board.kind}: {board.finished} of {len(board.rows)} units, {duration(now - board.began)}{about}"


def _numbers(row: UnitRow, now: float) -> tuple[Text, Text]:
    elapsed = row.elapsed(now)
    counted = row.state.at_work or row.done
    done = f"{row.done}/{row.total if row.total is not None else '?'}" if counted or row.total else "-"
    late = row.state.at_work and row.usual is not None and elapsed is not None and elapsed > row.usual
    return Text(done), Text("-" if elapsed is None else duration(elapsed), style="yellow" if late else "")


def _usually(row: UnitRow) -> Text:
    return Text("-" if row.usual is None else duration(row.usual), style="dim")


def _slowest(row: UnitRow, now: float) -> Text:
    found = row.slowest(now)
    return Text("" if found is None else f"{duration(found[1])} {found[0]}")


def duration(seconds: float) -> str:
    """Return seconds as a clock shows them: 7s, 1m07s, 2h05m."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"
