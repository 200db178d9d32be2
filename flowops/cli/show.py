"""graph, status, outputs and version."""

from __future__ import annotations

import json
import platform
from typing import Any

import click

from flowops import __version__
from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.errors import Exit
from flowops.operations.show import GraphRow, StatusRow


@click.command()
@options.target
@options.settings
@click.pass_obj
def graph(invocation: Invocation, /, **values: Any) -> int:
    """Show the units in the order in which they are applied, and what each depends on.

    Example: flowops graph dev
    """
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.tables import rows_table

    rows = invocation.app().graph(**values)
    title = f"Order of {' '.join(word for word in values.values() if word)}"
    text = rows_table(title, ("wave", "unit", "depends on"), map(_graph_cells, rows))
    return show(Result("graph", [_graph_data(row) for row in rows], text), invocation.output)


def _graph_cells(row: GraphRow) -> tuple[object, ...]:
    return row.wave, row.unit.id, ", ".join(it.id for it in row.dependencies)


def _graph_data(row: GraphRow) -> dict[str, Any]:
    return {"unit": row.unit.id, "wave": row.wave, "dependencies": [it.id for it in row.dependencies]}


@click.command()
@options.target
@options.settings
@click.pass_obj
def status(invocation: Invocation, /, **values: Any) -> int:
    """Show what stands: each unit's resources, the serial of its state, and who holds its lock.

    Example: flowops status dev
    """
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.tables import rows_table

    rows = invocation.app().status(**values)
    columns = ("unit", "stands", "resources", "serial", "locked by")
    data = [_status_data(row) for row in rows]
    text = rows_table("Status", columns, [tuple(it.values()) for it in data])
    return show(Result("status", data, text), invocation.output)


def _status_data(row: StatusRow) -> dict[str, Any]:
    state = row.state
    word = "never applied" if state is None else "yes" if state.resources else "destroyed"
    return {
        "unit": row.unit.id,
        "stands": word,
        "resources": state.resources if state else 0,
        "serial": state.serial if state else None,
        "locked_by": str(row.lock) if row.lock else None,
    }


@click.command()
@options.target
@options.settings
@click.pass_obj
def outputs(invocation: Invocation, /, **values: Any) -> int:
    """Show the outputs of applied units, read from their states; sensitive ones are masked.

    Example: flowops outputs dev foundation eks
    """
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.tables import rows_table

    found = invocation.app().outputs(**values)
    data = {unit.id: dict(values_of) for unit, values_of in found.items()}
    rows = [(unit, name, _plain(value)) for unit, pairs in data.items() for name, value in pairs.items()]
    return show(Result("outputs", data, rows_table("Outputs", ("unit", "output", "value"), rows)), invocation.output)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@click.command()
@options.settings
@click.pass_obj
def version(invocation: Invocation, /) -> int:
    """Show flowops' own version and Python's.

    Example: flowops version -o json
    """
    from flowops.cli.view.result import Result, show

    data = {"flowops": __version__, "python": platform.python_version()}
    text = "\n".join(f"{name} {number}" for name, number in data.items())
    return show(Result("version", data, text, Exit.FINE), invocation.output)
