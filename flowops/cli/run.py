"""plan, apply and destroy."""

from __future__ import annotations

from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.model.run import Verb


@click.command()
@options.target
@options.parallelism
@options.warm_providers
@options.settings
@click.pass_obj
def plan(invocation: Invocation, /, **values: Any) -> int:
    """Show what an apply would change; reads only. Ends with 2 when there are changes.

    Example: flowops plan dev foundation
    """
    return _run(invocation, Verb.PLAN, values)


@click.command()
@options.target
@options.yes
@options.confirm
@options.allow_replace
@options.allow_destroy
@options.parallelism
@options.warm_providers
@options.settings
@click.pass_obj
def apply(invocation: Invocation, /, **values: Any) -> int:
    """Apply what the preview showed, in dependency order.

    Example: flowops apply dev foundation
    """
    return _run(invocation, Verb.APPLY, values)


@click.command()
@options.target
@options.yes
@options.confirm
@options.allow_destroy
@options.with_dependents
@options.parallelism
@options.warm_providers
@options.settings
@click.pass_obj
def destroy(invocation: Invocation, /, **values: Any) -> int:
    """Destroy what stands, dependents first; always needs --confirm ENV.

    Example: flowops destroy dev foundation --yes --confirm dev
    """
    return _run(invocation, Verb.DESTROY, values)


def _run(invocation: Invocation, verb: Verb, values: dict[str, Any]) -> int:
    from flowops.cli.view.result import run_result, show

    app = invocation.app()
    run = app.run(options.run_request(verb, values))
    return show(run_result(run, app.run_folder(run.id)), invocation.output)
