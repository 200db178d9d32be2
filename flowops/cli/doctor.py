"""doctor."""

from __future__ import annotations

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.cli.variables import consents
from flowops.model.doctor import CACHE_LIMIT


@click.command()
@options.maybe_environment
@options.option(
    "--cache-limit",
    type=options.Gibibytes(),
    default=CACHE_LIMIT,
    show_default=True,
    metavar="GIB",
    help="Warn where the caches of terragrunt are larger than that.",
)
@options.settings
@click.pass_context
def doctor(context: click.Context, /, environment: str | None, cache_limit: float) -> int:
    """Look at everything between a newcomer and a green apply, with the command that mends each line.

    With ENV that environment's part alone, else that of every environment that was bootstrapped. Nothing is changed and
    nobody is asked for anything. Ends with 1 where something fails; what is only worth a look is a warning.

    Example: flowops doctor dev
    """
    from flowops.cli.view.doctor import doctor_result
    from flowops.cli.view.result import show

    invocation: Invocation = context.obj
    diagnosis = invocation.app().doctor(environment, cache_limit, consents(context.find_root()))
    return show(doctor_result(diagnosis, invocation.pointed), invocation.output)
