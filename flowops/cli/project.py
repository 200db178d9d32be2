"""discover, render and why."""

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

    return show(render_result(invocation.app().render(check=check), invocation.pointed), invocation.output)


@click.command()
@click.argument("unit", metavar="UNIT")
@click.argument("name", metavar="INPUT")
@options.settings
@click.pass_obj
def why(invocation: Invocation, /, unit: str, name: str) -> int:
    """Show where an input of a unit comes from, line by line, and what to change; AWS is not called.

    UNIT is written dev/foundation/eks. Example: flowops why dev/foundation/eks cluster_name
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.why import why_result

    return show(why_result(invocation.app().why(unit, name), invocation.pointed), invocation.output)
