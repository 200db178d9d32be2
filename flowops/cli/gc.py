"""gc: what was left behind."""

from __future__ import annotations

from datetime import timedelta

import click

from flowops.cli import options
from flowops.cli.context import Invocation


@click.command()
@options.older_than
@options.option("--journals", is_flag=True, help="Also the journals of runs that old, where a copy or the end is safe.")
@options.option("--toolchain", is_flag=True, help="Also tools and providers of versions that nothing here names.")
@options.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@options.yes
@options.settings
@click.pass_obj
def gc(invocation: Invocation, /, older_than: float, **values: bool) -> int:
    """Delete what flowops and its engines leave behind on this machine and can make again.

    Shows it first and asks. What may be the only copy of a state, or is in use, stays; so do journals and what
    `flowops report history` needs. docs/gc.md lists every kind.

    Example: flowops gc --dry-run
    """
    from flowops.cli.view.gc import gc_result
    from flowops.cli.view.result import show
    from flowops.model.gc import GcRequest

    request = GcRequest(timedelta(seconds=older_than), **values)
    return show(gc_result(invocation.app().gc(request), invocation.pointed), invocation.output)
