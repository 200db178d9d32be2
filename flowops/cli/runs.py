"""runs list, show, tail and resume; audit verify."""

from __future__ import annotations

import sys
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.cli.stdout import reader_may_leave
from flowops.errors import Exit
from flowops.model.run import Verb

_run = click.argument("run", metavar="RUN")


@options.group()
@options.settings
def runs() -> None:
    """What ran here, what became of it, and how to go on. RUN is an id, the beginning of one, or `last`.

    Example: flowops runs show last
    """


@runs.command("list")
@options.maybe_environment
@options.settings
@click.pass_obj
def list_(invocation: Invocation, /, environment: str | None) -> int:
    """Show the recorded runs, newest first: who asked for what, how it ended, and what still runs.

    Example: flowops runs list dev
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.runs import list_result

    return show(list_result(invocation.app().history.listed(environment)), invocation.output)


@runs.command("show")
@_run
@options.option("--log", "unit", metavar="UNIT", default="", help="Print what terraform printed for this unit instead.")
@options.settings
@click.pass_obj
def show_(invocation: Invocation, /, run: str, unit: str) -> int:
    """Show one run: each unit's outcome and why, what its plan held, and where its log lies.

    Example: flowops runs show last --log foundation/eks
    """
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.runs import show_result

    history = invocation.app().history
    if not unit:
        return show(show_result(history.seen(run), invocation.pointed), invocation.output)
    if invocation.output != "table":
        data = {"run": history.seen(run).run.id, "unit": unit, "log": list(history.log(run, unit))}
        return show(Result("runs show", data, ""), invocation.output)
    with reader_may_leave():
        sys.stdout.writelines(f"{line}\n" for line in history.log(run, unit))
    return int(Exit.FINE)


@runs.command("tail")
@_run
@options.settings
@click.pass_obj
def tail(invocation: Invocation, /, run: str) -> int:
    """Follow a run until it ends, on stderr, and end with its exit code; of an ended one all is shown at once.

    Example: flowops runs tail last
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.runs import event_line, show_result

    history = invocation.app().history
    found = history.seen(run).run.id
    code = history.tail(found, lambda event: click.echo(event_line(event), err=True))
    show(show_result(history.seen(found), invocation.pointed), invocation.output)
    return int(code)


@runs.command("resume")
@_run
@options.yes
@options.confirm
@options.allow_replace
@options.allow_destroy
@options.with_dependents
@options.without_safeguard
@options.parallelism
@options.report
@options.unit_timeout
@options.settings
@click.pass_obj
def resume(invocation: Invocation, /, run: str, **values: Any) -> int:
    """Do what a run left: killed, drained, interrupted or failed in part; what is finished is not touched.

    What is left is planned, guarded and asked for again. Example: flowops runs resume last --yes
    """
    from flowops.cli.view.result import run_result, show
    from flowops.cli.view.runs import nothing_left

    app = invocation.app()
    found = app.history.seen(run).run
    app.report_to(values["reports"])
    done = app.resume(found, options.run_request(Verb.APPLY, {"environment": found.request.environment, **values}))
    if done is None:
        return show(nothing_left(found.id), invocation.output)
    return show(run_result(done, app.run_folder(done.id), invocation.pointed), invocation.output)


@options.group()
@options.settings
def audit() -> None:
    """Whether the record of what ran can be relied on.

    Example: flowops audit verify
    """


@audit.command("verify")
@click.argument("names", nargs=-1, metavar="[RUN…]")
@options.option("--remote", is_flag=True, help="Also compare with the copies in the state bucket.")
@options.settings
@click.pass_obj
def verify(invocation: Invocation, /, names: tuple[str, ...], remote: bool) -> int:
    """Check that no line of a journal was changed, removed or put in since; ends with 1 where one was.

    Example: flowops audit verify --remote
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.runs import audit_result

    return show(audit_result(invocation.app().history.verify(names, remote=remote)), invocation.output)
