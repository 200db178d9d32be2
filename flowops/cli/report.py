"""report show, merge and history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.cli.named import drift_results
from flowops.errors import Exit
from flowops.model.drift.texts import led


@options.group()
@options.settings
def report() -> None:
    """What drift checks found: looked at again, put together, and from check to check.

    Example: flowops report show last
    """


@report.command("show")
@click.argument("run", metavar="RUN", shell_complete=drift_results)
@options.everything
@options.drift_report
@options.settings
@click.pass_obj
def show_(invocation: Invocation, /, run: str, everything: bool, reports: options.DriftTargets) -> int:
    """Show what a drift check found; RUN is its id, or `last`. Ends with 0, whatever that was.

    Example: flowops report show last --report html=drift.html
    """
    from flowops.cli.view.drift import drift_result_view
    from flowops.cli.view.result import show

    records = invocation.app().drift_results
    write = records.reports(reports)
    result = led(records.find(run), invocation.pointed)
    write(result)
    view = drift_result_view(result, everything=everything, command="report show")
    return show(replace(view, exit_code=Exit.FINE), invocation.output)


@report.command("merge")
@click.argument(
    "files",
    metavar="FILE…",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@options.everything
@options.drift_report
@options.settings
@click.pass_obj
def merge(invocation: Invocation, /, files: tuple[Path, ...], everything: bool, **values: Any) -> int:
    """Make one result of the reports that all shards of a check wrote as json, keep it, and end with its exit code.

    Example: flowops report merge shard-*.json --report md=drift.md
    """
    from flowops.cli.view.drift import drift_result_view
    from flowops.cli.view.result import show

    records = invocation.app().drift_results
    write = records.reports(values["reports"])
    result = led(records.merge(files), invocation.pointed)
    write(result)
    return show(drift_result_view(result, everything=everything, command="report merge"), invocation.output)


@report.command("history")
@options.maybe_environment
@options.settings
@click.pass_obj
def history(invocation: Invocation, /, environment: str | None) -> int:
    """Show since when each finding stands, and how each environment went from check to check.

    Example: flowops report history dev
    """
    from flowops.cli.view.drift import history_result
    from flowops.cli.view.result import show

    found = invocation.app().drift_results.history(environment)
    return show(history_result(found, datetime.now(UTC)), invocation.output)
