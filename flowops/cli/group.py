"""How every group answers: unknown commands with the nearest, help with its examples line by line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import click

from flowops.cli.named import name_parameters
from flowops.errors import EXIT_MEANING, nearest, shown

EXIT_HINT = "What each exit code means: flowops --help"
_EXAMPLE = re.compile(r"\s+(?=Example: )")


def laid_out(text: str) -> str:
    r"""Return a help text whose examples stand apart, each on a line of its own that click does not wrap (`\b`)."""
    clean = inspect.cleandoc(text)
    if "\b\nExample: " in clean:
        return clean
    said, *examples = _EXAMPLE.split(clean)
    if not examples:
        return clean
    lines = "\n".join(" ".join(it.split()) for it in examples)
    return f"{said.rstrip()}\n\n\b\n{lines}"


def exit_codes() -> str:
    """Return the table of exit codes, as the end of a help text."""
    rows = (f"  {int(code):>3}  {meaning}" for code, meaning in EXIT_MEANING.items())
    return "\n".join(["\b", "Exit codes:", *rows])


class Group(click.Group):
    """A group of commands; those within it are of the same kind."""

    group_class = type

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command as people read it: examples apart, and where the exit codes are explained."""
        command = super().get_command(context, name)
        return dressed(command) if command is not None else None

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` start with; an unknown one is a usage error with the nearest names."""
        name = args[0]
        if self.get_command(context, name) is None and not name.startswith("-") and not context.resilient_parsing:
            known = self.list_commands(context)
            raise click.UsageError(f"There is no command {shown(name)}; {nearest(name, known)}.", context)
        found, command, rest = super().resolve_command(context, args)
        if command is not None and not command.hidden and context.obj is not None:
            context.obj.command = f"{context.obj.command} {found}".strip()
        return found, command, rest


def dressed(command: click.Command) -> click.Command:
    """Return the command with the help and the completions that all of ours have; a second time changes nothing."""
    command.help = laid_out(command.help or "")
    command.epilog = command.epilog or EXIT_HINT
    name_parameters(command)
    return command


def group(name: str | None = None, **attributes: Any) -> Callable[[Callable[..., Any]], Group]:
    """Return what makes a function a group of commands."""
    return click.group(name, cls=Group, **attributes)
