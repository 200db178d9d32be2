"""bootstrap: CloudFormation in every account."""

from __future__ import annotations

import click

from flowops.cli import options
from flowops.cli.context import Invocation


@click.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT…]")
@options.yes
@options.option(
    "--allow-replace",
    "allow_replace",
    metavar="LOGICAL_ID",
    multiple=True,
    help="Allow replacing or removing this guarded resource of a stack (repeatable).",
)
@options.settings
@click.pass_obj
def bootstrap(invocation: Invocation, /, accounts: tuple[str, ...], yes: bool, allow_replace: tuple[str, ...]) -> int:
    """Create or update the bootstrap stacks: the security account first, then the environments side by side.

    Shows each change set before it runs; a second run changes nothing.

    Example: flowops bootstrap dev
    """
    from flowops.cli.view.bootstrap import bootstrap_result
    from flowops.cli.view.result import show

    result = invocation.app().bootstrap(accounts, allow_replace, yes=yes)
    return show(bootstrap_result(result, invocation.pointed), invocation.output)
