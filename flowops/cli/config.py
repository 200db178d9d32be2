"""config show and schema."""

from __future__ import annotations

import json

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.cli.variables import read_by_options


@options.group()
@options.settings
def config() -> None:
    """What flowops.yaml says, where each value came from, and what is allowed in it.

    Example: flowops config show
    """


@config.command("show")
@options.settings
@click.pass_obj
def show_(invocation: Invocation, /) -> int:
    """Show every value that commands work with, and where it came from: line, default or environment variable.

    Example: flowops config show
    """
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.tables import rows_table

    found, warnings = invocation.app().settings(read_by_options(click.get_current_context().find_root()))
    data = {
        "settings": [{"name": it.name, "value": it.value, "source": it.source} for it in found],
        "warnings": list(warnings),
    }
    rows = [(it.name, "" if it.value is None else json.dumps(it.value, ensure_ascii=False), it.source) for it in found]
    for warning in warnings:
        click.echo(f"warning: {warning}.", err=True)
    return show(
        Result("config show", data, rows_table("Settings", ("name", "value", "source"), rows)), invocation.output
    )


@config.command()
@options.settings
@click.pass_obj
def schema(invocation: Invocation, /) -> int:
    """Print the JSON Schema of flowops.yaml, for editors that complete and check while you type.

    Example: flowops config schema
    """
    from flowops.cli.view.result import Result, show
    from flowops.model.config import json_schema

    found = json_schema()
    return show(Result("config schema", found, json.dumps(found, indent=2)), invocation.output)
