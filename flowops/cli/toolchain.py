"""toolchain install, list and path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from flowops.cli import options
from flowops.cli.context import Invocation

if TYPE_CHECKING:
    from flowops.model.toolchain import ToolStatus


@options.group()
@options.settings
def toolchain() -> None:
    """The pinned terraform, terragrunt, provider and aws command line that flowops works with.

    Example: flowops toolchain list
    """


@toolchain.command("install")
@click.argument("names", nargs=-1, metavar="[TOOL…]")
@options.settings
@click.pass_obj
def install(invocation: Invocation, /, names: tuple[str, ...]) -> int:
    """Find, download or build what is missing: all that every project needs, or the named tools.

    Example: flowops toolchain install terragrunt
    """
    return _show(invocation, "toolchain install", invocation.app().tools.install(names))


@toolchain.command("list")
@options.settings
@click.pass_obj
def list_(invocation: Invocation, /) -> int:
    """Show each tool's pinned version, and where it came from.

    Example: flowops toolchain list
    """
    return _show(invocation, "toolchain list", invocation.app().tools.list())


@toolchain.command("path")
@click.argument("name", metavar="TOOL")
@options.settings
@click.pass_obj
def path(invocation: Invocation, /, name: str) -> int:
    """Print the path of one tool, installed first where it is missing.

    Example: "$(flowops toolchain path terragrunt)" --version
    """
    from flowops.cli.view.result import Result, show

    found = str(invocation.app().tools.require(name))
    return show(Result("toolchain path", {"name": name, "path": found}, found), invocation.output)


def _show(invocation: Invocation, command: str, statuses: Sequence[ToolStatus]) -> int:
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.tables import rows_table

    rows = [
        {
            "tool": it.name,
            "wanted": it.wanted,
            "found": it.found,
            "source": it.source.value,
            "path": it.path,
            "note": it.note,
        }
        for it in statuses
    ]
    columns = ("tool", "wanted", "found", "source", "path")
    text = rows_table("Toolchain", columns, [tuple(row[name] for name in columns) for row in rows])
    return show(Result(command, rows, text), invocation.output)
