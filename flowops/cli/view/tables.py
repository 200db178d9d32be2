"""Results as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.run import Outcome, Run

_ACTION_STYLE = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "magenta",
    Action.DELETE: "red",
    Action.FORGET: "cyan",
    Action.IMPORT: "cyan",
}
_LISTED = 12


WIDE = 200
"""Columns where nobody's window limits them: a file, a pipe, a CI log."""


class Writer(Console):
    """A rich console that leaves a broken pipe to its caller: rich itself would end the process with 1."""

    def on_broken_pipe(self) -> None:
        """Raise the BrokenPipeError that is being handled."""
        raise BrokenPipeError


def writer(stream: TextIO) -> Console:
    """Return what writes tables to a stream, as wide as its window or, without one, as the table needs."""
    width = None if stream.isatty() else WIDE
    return Writer(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True, width=width)


class Narrowing(Table):
    """A table that becomes a list where the window is too narrow for it: nothing of it is cut off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or each row as lines of `column: value`, which the terminal wraps by itself."""
        if self._least(console, options) <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        yield Text(str(self.title or ""), style="bold")
        for cells in zip(*(column.cells for column in self.columns), strict=True):
            yield Text("")
            for column, cell in zip(self.columns, cells, strict=True):
                yield Text(f"{column.header}: ", no_wrap=True, overflow="ignore") + (
                    cell if isinstance(cell, Text) else Text(str(cell))
                )

    def _least(self, console: Console, options: ConsoleOptions) -> int:
        """Return the columns of text that this needs to be read well: what cannot wrap, and a word of the rest."""

        def least(column: Column) -> int:
            cells = [Measurement.get(console, options.update(width=WIDE), it) for it in (column.header, *column.cells)]
            widest = max(it.maximum for it in cells)
            return widest if column.no_wrap else min(widest, _WORD)

        return sum(least(it) + 2 for it in self.columns)


_WORD = 16
"""Columns of text in which prose still reads as such."""


def table(title: str, *columns: str) -> Table:
    """Return an empty table in the one style of flowops."""
    made = Narrowing(title=Text(title), box=box.SIMPLE, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        numeric = column in _NUMERIC
        justify: Literal["right", "left"] = "right" if numeric else "left"
        made.add_column(column, justify=justify, no_wrap=numeric or column == "unit", overflow="fold")
    return made


_NUMERIC = {"add", "change", "replace", "destroy", "seconds", "resources", "serial", "wave", "outputs"}


def plans_table(title: str, plans: Sequence[Plan]) -> Table:
    """Return what each plan would do: counts, provisional ones marked, stateful losses in red by address."""
    made = table(title, "unit", "add", "change", "replace", "destroy", "remarks")
    for plan in sorted(plans, key=lambda it: it.unit):
        counts = [_count(plan, action) for action in (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)]
        made.add_row(plan.unit.id, *counts, _remarks(plan))
    total = [
        sum(plan.count(it) for plan in plans) for it in (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
    ]
    if len(plans) > 1:
        made.add_section()
        made.add_row("together", *(str(number or "-") for number in total), "")
    return made


def _count(plan: Plan, action: Action) -> Text:
    number = plan.count(action)
    return Text(str(number), style=_ACTION_STYLE[action]) if number else Text("-", style="dim")


def _remarks(plan: Plan) -> Text:
    text = Text()
    if not plan.exact:
        text.append(f"provisional: {plan.provisional_because}\n", style="cyan")
    risky = sorted(
        (it for it in plan.resource_changes if it.action is not Action.CREATE), key=lambda it: not it.stateful
    )
    for change in risky[:_LISTED]:
        text.append(f"{_line(change)}\n", style="bold red" if change.stateful else _ACTION_STYLE[change.action])
    if len(risky) > _LISTED:
        text.append(f"… and {len(risky) - _LISTED} more (-o json lists all)\n", style="dim")
    if not plan.resource_changes and plan.changed_outputs:
        text.append(f"outputs only: {', '.join(plan.changed_outputs)}\n", style="dim")
    text.rstrip()
    return text


def _line(change: ResourceChange) -> str:
    reason = f" ({change.reason})" if change.reason else ""
    holds_data = " HOLDS DATA" if change.stateful else ""
    return f"{change.action.value} {change.address}{reason}{holds_data}"


_OUTCOME_STYLE = {
    Outcome.APPLIED: "green",
    Outcome.DESTROYED: "green",
    Outcome.RECOVERED: "green",
    Outcome.PLANNED: "green",
    Outcome.UNCHANGED: "dim",
    Outcome.BLOCKED: "yellow",
    Outcome.DRAINED: "yellow",
    Outcome.NOT_RUN: "yellow",
}


def run_table(run: Run) -> Table:
    """Return one line for each unit of a finished run."""
    made = table(f"{run.request.verb.value.capitalize()} {run.request.target}", "unit", "outcome", "seconds", "why")
    for it in sorted(run.units, key=lambda unit_run: unit_run.unit):
        outcome = Text(it.outcome.value, style=_OUTCOME_STYLE.get(it.outcome, "bold red"))
        reason = it.reason + (" (it had already changed something)" if it.touched else "")
        made.add_row(it.unit.id, outcome, f"{it.seconds:.1f}" if it.seconds else "-", Text(reason))
    return made


def rows_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table of plain values; nothing in them is read as markup."""
    made = table(title, *columns)
    for row in rows:
        made.add_row(*(Text("-" if value in (None, "") else str(value)) for value in row))
    return made
