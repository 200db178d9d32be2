"""Words in, words out: parse, call one operation, show its result."""

from __future__ import annotations

import importlib
import json
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from flowops import __version__
from flowops.cli.context import Invocation
from flowops.cli.options import settings
from flowops.cli.stdout import reader_may_leave
from flowops.errors import Exit, FlowopsError, Interrupted, PartlyDone, UsageError, nearest

_COMMANDS = {
    "apply": "run",
    "bootstrap": "accounts",
    "config": "config",
    "destroy": "run",
    "discover": "project",
    "graph": "show",
    "outputs": "show",
    "plan": "run",
    "rehearse": "rehearse",
    "render": "project",
    "status": "show",
    "toolchain": "toolchain",
    "version": "show",
}
"""Each command and the module below flowops.cli that holds it; imported when it is needed."""


class Root(click.Group):
    """The `flowops` command: loads each command late and answers an unknown one with the nearest."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return every command, by name."""
        return sorted(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command, imported now."""
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"flowops.cli.{_COMMANDS[name]}")
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` start with; an unknown one is a usage error with the nearest names."""
        if args and args[0] not in _COMMANDS:
            raise click.UsageError(f"There is no command {args[0]!r}; {nearest(args[0], _COMMANDS)}.", context)
        return super().resolve_command(context, args)


@click.command(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "--version", message="flowops %(version)s")
@settings
def root() -> None:
    """Take empty AWS accounts to a running Flowable Work platform, and keep it there."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and end the process with its exit code (the table in flowops/errors.py)."""
    sys.exit(execute(list(sys.argv[1:] if arguments is None else arguments)))


def execute(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every error becomes lines on stderr here and nowhere else."""
    invocation = Invocation()
    try:
        code = root.main(arguments, prog_name="flowops", standalone_mode=False, obj=invocation)
        return int(code or 0)
    except FlowopsError as error:
        return _fail(invocation, arguments, error)
    except click.ClickException as error:
        return _misused(invocation, arguments, error)
    except (click.Abort, KeyboardInterrupt):
        undone = "What was under way in AWS goes on by itself, or is half done."
        again = f"flowops {shlex.join(arguments)}"
        return _fail(invocation, arguments, Interrupted("Interrupted.", not_done=undone, next_step=again))
    except Exception as error:
        # The last resort: an operator at 3 a.m. gets one line, and whoever mends flowops gets the whole story.
        return _fail(invocation, arguments, _own_fault(error))


def _own_fault(error: Exception) -> FlowopsError:
    descriptor, path = tempfile.mkstemp(prefix="flowops-error-", suffix=".txt")
    with os.fdopen(descriptor, "w") as file:
        traceback.print_exception(error, file=file)
    return PartlyDone(
        f"flowops met an error of its own: {type(error).__name__}: {error}",
        not_done="What was under way may be half done.",
        next_step=f"flowops status ENV, then report what {path} says",
    )


def _misused(invocation: Invocation, arguments: list[str], error: click.ClickException) -> int:
    error.show(sys.stderr)
    _show_envelope(invocation, arguments, UsageError(error.format_message(), not_done="Nothing was started."))
    return int(Exit.USAGE)


def _fail(invocation: Invocation, arguments: list[str], error: FlowopsError) -> int:
    error.next_step = invocation.pointed(error.next_step)
    with suppress(OSError):
        click.echo(str(error), err=True)
    _show_envelope(invocation, arguments, error)
    return int(error.exit_code)


def _show_envelope(invocation: Invocation, arguments: list[str], error: FlowopsError) -> None:
    if invocation.output == "table":
        return
    with reader_may_leave():
        click.echo(json.dumps(_envelope(arguments, error), indent=2))


def _envelope(arguments: list[str], error: FlowopsError) -> dict[str, Any]:
    described = {"happened": error.happened, "not_done": error.not_done, "next": error.next_step}
    return {
        "flowops_result_version": 1,
        "command": next((word for word in arguments if word in _COMMANDS), ""),
        "status": error.exit_code.name.lower().replace("_", "-"),
        "exit_code": int(error.exit_code),
        "data": None,
        "errors": [described],
    }
