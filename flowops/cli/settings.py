"""What every command has: options that are also variables, and the four that stand before or after the verb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from flowops.cli.context import Invocation
from flowops.errors import closest

Command = TypeVar("Command", bound=Callable[..., Any])

COMPLETE = "_FLOWOPS_COMPLETE"
"""The variable by which a shell asks for completions, as click names it."""

FORMS = ("table", "json", "yaml")
"""The forms in which a result is written to stdout."""


class Choice(click.Choice[str]):
    """One of a few words; a wrong one is answered with the nearest."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return click's message, which lists the words, behind the one that was probably meant."""
        message = super().get_invalid_choice_message(value, ctx)
        meant = closest(str(value), self.choices)
        return f"{message} Did you mean {meant!r}?" if meant else message


class Setting(click.Option):
    """An option that a variable sets, too; an error says which of both was wrong.

    One of `consent` agrees to something that would be asked or refused otherwise: doctor warns of its variable.
    """

    def __init__(self, *names: Any, consent: bool = False, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.consent = consent

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Return the variable where the value came from there, else the option's names."""
        if ctx is not None and ctx.get_parameter_source(str(self.name)) is ParameterSource.ENVIRONMENT:
            return f"the variable {self.envvar}"
        return " / ".join(repr(name) for name in self.opts)


def option(name: str, *more: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return a click option that is also read from FLOWOPS_<NAME>."""
    variable = "FLOWOPS_" + name.removeprefix("--").replace("-", "_").upper()
    kind = attributes.get("type")
    if type(kind) is click.Choice:
        attributes["type"] = Choice(kind.choices, case_sensitive=kind.case_sensitive)
    return click.option(name, *more, cls=Setting, envvar=variable, show_envvar=True, **attributes)


def _setting(name: str, *more: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return an option that stands before or after the verb and is kept in the Invocation."""

    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        source = context.get_parameter_source(str(parameter.name))
        if context.parent is not None and source is ParameterSource.ENVIRONMENT:
            # The group has read the variable already, and its command line comes before it.
            return
        if value is not None and value is not False:
            invocation = context.ensure_object(Invocation)
            setattr(invocation, str(parameter.name), value)
            if source is ParameterSource.COMMANDLINE:
                invocation.typed.add(str(parameter.name))

    return option(name, *more, expose_value=False, callback=keep, default=None, **attributes)


_ALL = (
    _setting(
        "--project-dir",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Folder that holds flowops.yaml (default: this one or the nearest above).",
    ),
    _setting("--rehearsal", is_flag=True, help="Use the emulated AWS that `flowops rehearse up` started."),
    _setting(
        "--output",
        "-o",
        type=click.Choice(FORMS),
        help="Form of the result on stdout (default: table).",
    ),
    _setting("--no-input", is_flag=True, help="Ask nothing; a question that needs an answer ends with 7."),
)

SETTINGS = frozenset({"FLOWOPS_PROJECT_DIR", "FLOWOPS_REHEARSAL", "FLOWOPS_OUTPUT", "FLOWOPS_NO_INPUT"})
"""Their variables."""


def settings(command: Command) -> Command:
    """Add the options that every command has."""
    for decorate in reversed(_ALL):
        command = decorate(command)
    return command
