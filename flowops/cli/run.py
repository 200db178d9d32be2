"""plan, apply and destroy."""

from __future__ import annotations

from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.model.run import Verb


@click.command()
@options.targets
@options.parallelism
@options.warm_providers
@options.report
@options.unit_timeout
@options.settings
@click.pass_obj
def plan(invocation: Invocation, /, **values: Any) -> int:
    """Show what an apply would change; reads only. Ends with 2 when there are changes.

    Example: flowops plan dev foundation
    Example: flowops plan --all-environments
    Example: flowops plan dev --report md=plan.md --report html=plan.html
    """
    return _run(invocation, Verb.PLAN, values)


@click.command()
@options.targets
@options.yes
@options.confirms
@options.allow_replace
@options.allow_destroy
@options.without_safeguard
@options.parallelism
@options.warm_providers
@options.report
@options.unit_timeout
@options.settings
@click.pass_obj
def apply(invocation: Invocation, /, **values: Any) -> int:
    """Apply what the preview showed, in dependency order.

    Example: flowops apply dev foundation
    Example: flowops apply --all-environments foundation --confirm prod
    """
    return _run(invocation, Verb.APPLY, values)


@click.command()
@options.target
@options.yes
@options.confirm
@options.allow_destroy
@options.with_dependents
@options.without_safeguard
@options.parallelism
@options.warm_providers
@options.report
@options.unit_timeout
@options.settings
@click.pass_obj
def destroy(invocation: Invocation, /, **values: Any) -> int:
    """Destroy what stands, dependents first; always needs --confirm ENV.

    Example: flowops destroy dev foundation --yes --confirm dev
    """
    return _run(invocation, Verb.DESTROY, values)


def _run(invocation: Invocation, verb: Verb, values: dict[str, Any]) -> int:
    from flowops.cli.view.result import run_result, runs_result, show

    app, request = invocation.app(), options.run_request(verb, values)
    app.report_to(values["reports"])
    if values.get("all_environments"):
        runs = app.run_every(request, values.get("confirmed", ()))
        return show(runs_result(verb.value, runs, app.run_folder, invocation.pointed), invocation.output)
    run = app.run(request)
    return show(run_result(run, app.run_folder(run.id), invocation.pointed), invocation.output)
