"""locks: who keeps others from changing an environment, and how one such hold is released."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from flowops.cli import options
from flowops.cli.context import Invocation


@options.group()
@options.settings
def locks() -> None:
    """Show who holds terraform's locks and the leases of environments, and release one of them.

    Example: flowops locks list
    """


@locks.command("list")
@options.maybe_environment
@options.settings
@click.pass_obj
def list_(invocation: Invocation, /, environment: str | None) -> int:
    """Show every lock and lease: whose, since when, whether the holder still works, and what releases it.

    Example: flowops locks list dev
    """
    from flowops.cli.view.locks import locks_result
    from flowops.cli.view.result import show

    found = invocation.app().locks.list(environment)
    return show(locks_result(found, datetime.now(UTC), invocation.pointed), invocation.output)


@locks.command()
@click.argument("id_", required=False, metavar="[ID]")
@options.option(
    "--unreadable",
    metavar="NAME",
    default="",
    help="Release the empty or damaged lock of this unit, or lease of this environment, which has no id.",
)
@options.confirm
@options.settings
@click.pass_obj
def release(invocation: Invocation, /, id_: str | None, unreadable: str, confirm: str) -> int:
    """Release one lock or lease by its full id; refused while its holder is known to work.

    Example: flowops locks release 6fa1c0de-…
    """
    from flowops.cli.view.locks import released_result
    from flowops.cli.view.result import show
    from flowops.operations.locks import Wanted

    if bool(id_) == bool(unreadable):
        raise click.UsageError("Name either the full ID that `flowops locks list` shows, or --unreadable NAME.")
    released = invocation.app().locks.release(Wanted(id_ or "", unreadable, confirm))
    return show(released_result(released), invocation.output)
