"""Lives as tables and as data: a rehearsal's, and a self-test's with the times of its units."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flowops.cli.view.result import Pointed, Result
from flowops.cli.view.tables import rows_table
from flowops.model.life import Life, Stage
from flowops.model.plaintext import printable
from flowops.model.selftest import SelftestResult, data_of


def led(life: Life, pointed: Pointed) -> Life:
    """Return a life with the commands in what its stages found led by `pointed`."""
    return replace(life, stages=tuple(_led(it, pointed) for it in life.stages))


def _led(stage: Stage, pointed: Pointed) -> Stage:
    found = stage.finding
    return replace(stage, finding=replace(found, summary=pointed(found.summary), trouble=pointed(found.trouble)))


def life_table(title: str, life: Life) -> Table:
    """Return one line for each stage."""
    columns = ("stage", "seconds", "held", "what")
    rows = [(it.name, f"{it.seconds:.1f}", "yes" if it.held else "NO", _what(it)) for it in life.stages]
    return rows_table(title, columns, rows)


def _what(stage: Stage) -> str:
    told = stage.finding.summary if stage.held else f"{stage.finding.summary}: {stage.finding.trouble}"
    return "\n".join(map(printable, told.splitlines()))


def selftest_result(result: SelftestResult, pointed: Pointed) -> Result:
    """Return the stages, the times of the units, where it is kept, and what to type where something still stands."""
    result = replace(result, life=led(result.life, pointed))
    title = f"Self-test of {result.environment} in account {result.request.account}"
    parts: list[RenderableType] = [life_table(title, result.life)]
    if result.units:
        parts.append(_times(result))
    parts.append(Text(f"Kept in {result.kept_in}"))
    following = pointed(result.following)
    if following:
        parts.append(Text(f"Something may still stand, and cost money. Next: {following}"))
    troubles = tuple(f"{it.name}: {_what(it)}" for it in result.life.stages if not it.held)
    return Result(
        "selftest",
        {**data_of(result), "next": following, "kept_in": result.kept_in},
        Group(*parts),
        result.exit_code,
        troubles,
    )


def _times(result: SelftestResult) -> Table:
    """Return the seconds of each unit in each stage that worked on it."""
    stages = [it.name for it in result.life.stages if it.finding.units]
    rows = [(unit, *(seconds.get(it) for it in stages)) for unit, seconds in result.units.items()]
    return rows_table("Seconds of each unit", ("unit", *stages), rows)
