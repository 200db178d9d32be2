"""discover and render."""

from __future__ import annotations

import click

from flowops.cli import options
from flowops.cli.context import Invocation


@click.command()
@options.settings
@click.pass_obj
def discover(invocation: Invocation, /) -> int:
    """Look up ids, ARNs and stack outputs in AWS and write them to flowops.lock.

    Example: flowops discover
    """
    from flowops.cli.view.bootstrap import facts_result
    from flowops.cli.view.result import show

    return show(facts_result(invocation.app().discover()), invocation.output)


@click.command()
@options.option("--check", is_flag=True, help="Write nothing; end with 2 when a file is stale.")
@options.settings
@click.pass_obj
def render(invocation: Invocation, /, check: bool) -> int:
    """Write the HCL files that have a template beside them, from the facts in flowops.lock.

    Example: flowops render --check
    """
    from flowops.cli.view.bootstrap import render_result
    from flowops.cli.view.result import show

    return show(render_result(invocation.app().render(check=check)), invocation.output)
