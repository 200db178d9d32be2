"""Every option and argument, defined once; each option has its FLOWOPS_ variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from flowops.cli.context import Invocation
from flowops.model.run import RunRequest, Verb, WarmProviders

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def option(name: str, *more: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return a click option that is also read from FLOWOPS_<NAME>."""
    variable = "FLOWOPS_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *more, envvar=variable, show_envvar=True, **attributes)


def _setting(name: str, *more: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return an option that stands before or after the verb and is kept in the Invocation."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        source = context.get_parameter_source(str(parameter.name))
        if context.parent is not None and source is ParameterSource.ENVIRONMENT:
            # The group has read the variable already, and its command line comes before it.
            return
        if value is not None and value is not False:
            setattr(context.ensure_object(Invocation), str(parameter.name), value)

    return option(name, *more, expose_value=False, callback=keep, default=None, **attributes)


_SETTINGS = (
    _setting(
        "--project-dir",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Folder that holds flowops.yaml (default: this one or the nearest above).",
    ),
    _setting("--rehearsal", is_flag=True, help="Use the emulated AWS that `flowops rehearse up` started."),
    _setting(
        "--output",
        "-o",
        type=click.Choice(["table", "json", "yaml"]),
        help="Form of the result on stdout (default: table).",
    ),
    _setting("--no-input", is_flag=True, help="Ask nothing; a question that needs an answer ends with 7."),
)


def settings(command: Command) -> Command:
    """Add the options that every command has."""
    for decorate in reversed(_SETTINGS):
        command = decorate(command)
    return command


def target(command: Command) -> Command:
    """Add ENV [LAYER [UNIT]]."""
    for name, required in (("unit", False), ("layer", False), ("environment", True)):
        metavar = "ENV" if required else name.upper()
        command = click.argument(name, required=required, metavar=metavar if required else f"[{metavar}]")(command)
    return command


yes = option("--yes", is_flag=True, help="Answer the normal prompt with yes.")
confirm = option(
    "--confirm", metavar="ENV", default="", help="Confirm a protected environment or a destroy by its name."
)
allow_replace = option(
    "--allow-replace",
    metavar="ADDRESS",
    multiple=True,
    help="Allow replacing this stateful resource (repeatable, globs).",
)
allow_destroy = option(
    "--allow-destroy",
    metavar="ADDRESS",
    multiple=True,
    help="Allow deleting this stateful resource (repeatable, globs).",
)
with_dependents = option("--with-dependents", is_flag=True, help="Also destroy what still depends on the selection.")
parallelism = option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=None,
    help="How many units run side by side (default: what cores and free memory allow).",
)
warm_providers = option(
    "--warm-providers",
    type=click.Choice([it.value for it in WarmProviders]),
    default=WarmProviders.AUTO.value,
    show_default=True,
    callback=lambda _context, _parameter, value: WarmProviders(value),
    help="Share provider processes between units: auto when planning, always when applying, too.",
)


def run_request(verb: Verb, values: dict[str, Any]) -> RunRequest:
    """Return the request that these command line values mean."""
    known = {name: value for name, value in values.items() if value is not None}
    return RunRequest(verb, **known)
