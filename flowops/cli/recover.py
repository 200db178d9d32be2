"""recover: unsaved, damaged and forgotten states."""

from __future__ import annotations

from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.model.recovery import RecoverRequest
from flowops.model.run import Verb


@click.command()
@options.target
@options.option("--list", "listed", is_flag=True, help="Show every version that is kept of the unit's state.")
@options.option("--version", metavar="ID", default="", help="Make this version of the unit's state the present one.")
@options.option("--imports", is_flag=True, help="Print import blocks for what an interrupted apply created.")
@options.option("--write", is_flag=True, help="With --imports: write them to imports.tf in the unit's folder.")
@options.option(
    "--untaint", metavar="ADDRESS", default="", help="Keep this resource, which the next apply would replace."
)
@options.option("--copy", metavar="HASH", default="", help="Save this one of several unsaved states.")
@options.option("--force", is_flag=True, consent=True, help="Save the state whatever stands; also needs --confirm ENV.")
@options.yes
@options.confirm
@options.settings
@click.pass_obj
def recover(
    invocation: Invocation, /, *, listed: bool, imports: bool, write: bool, yes: bool, confirm: str, **values: Any
) -> int:
    """Save states that terraform could not save, bring back lost ones, and say what else an accident left.

    Ends with 2 where something is left to decide. Example: flowops recover dev foundation vpc
    """
    from flowops.cli.view.recover import imports_result, recovered_result, versions_result
    from flowops.cli.view.result import show

    flags = {name: values.pop(name) for name in ("version", "untaint", "copy", "force")}
    _check(flags, values["unit"], listed=listed, imports=imports, write=write)
    request = RecoverRequest(options.run_request(Verb.RECOVER, {**values, "yes": yes, "confirm": confirm}), **flags)
    app = invocation.app()
    if listed:
        return show(versions_result(request, app.recovery.versions(request)), invocation.output)
    if imports:
        return show(imports_result(app.recovery.imports(request, write=write)), invocation.output)
    done = app.recovery.recover(request)
    folder = app.run_folder(done.run.id) if done.run else ""
    return show(recovered_result(request, done, folder, invocation.pointed), invocation.output)


def _check(flags: dict[str, Any], unit: str | None, *, listed: bool, imports: bool, write: bool) -> None:
    chosen = [
        name
        for name, given in (
            ("--list", listed),
            ("--version", flags["version"]),
            ("--imports", imports),
            ("--untaint", flags["untaint"]),
            ("--copy or --force", flags["copy"] or flags["force"]),
        )
        if given
    ]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} are different things: one at a time.")
    if chosen and not imports and unit is None:
        raise click.UsageError(f"{chosen[0]} is about one unit: name ENV LAYER UNIT.")
    if write and not imports:
        raise click.UsageError("--write belongs to --imports.")
