"""Every command of flowops, found as its users would find it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from inspect import cleandoc

import click

from flowops.cli import root
from flowops.cli.context import Invocation

Path = tuple[str, ...]


def commands(command: click.Command = root, path: Path = ()) -> Iterator[tuple[Path, click.Command]]:
    """Yield each command by the words that lead to it, the root first."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name="flowops")
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, name
            yield from commands(child, (*path, name))


EVERY = dict(commands())


def examples(command: click.Command) -> list[list[str]]:
    """Return the words behind `flowops` of each example in a command's help."""
    lines = re.findall(r"^Example: .*?\bflowops ([^>|)\n]*)", cleandoc(command.help or ""), re.MULTILINE)
    return [shlex.split(line.rstrip('"')) for line in lines]


def parsed(words: list[str]) -> Path:
    """Let click parse a command line to its end without doing what it says; return the words that name the command."""
    invocation = Invocation()
    context = root.make_context("flowops", list(words), obj=invocation)
    rest = [*context._protected_args, *context.args]
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, rest, parent=context)
        rest = [*context._protected_args, *context.args]
    return tuple(invocation.command.split())
