"""Words in, words out: parse, call one operation, show its result."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from flowops import __version__
from flowops.cli.context import Invocation
from flowops.cli.failure import Failures
from flowops.cli.group import Group, dressed, exit_codes
from flowops.cli.settings import COMPLETE, settings
from flowops.cli.short_help import LONGEST, SHORT_HELP
from flowops.cli.stdout import every_text_can_be_written, open_closed_streams, unwritten, write_no_more
from flowops.cli.variables import warnings
from flowops.errors import Exit, FlowopsError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "accounts": "accounts",
    "apply": "run",
    "audit": "runs",
    "auth": "auth",
    "bootstrap": "accounts",
    "ci": "ci",
    "completion": "completion",
    "config": "config",
    "console": "profiles",
    "destroy": "run",
    "discover": "project",
    "doctor": "doctor",
    "drift": "drift",
    "gc": "gc",
    "graph": "show",
    "init": "init",
    "locks": "locks",
    "outputs": "show",
    "plan": "run",
    "profiles": "profiles",
    "recover": "recover",
    "rehearse": "rehearse",
    "render": "project",
    "report": "report",
    "runs": "runs",
    "secrets": "secrets",
    "selftest": "selftest",
    "status": "show",
    "toolchain": "toolchain",
    "users": "users",
    "version": "show",
    "why": "project",
}
"""Each command and the module below flowops.cli that holds it; imported when it is needed."""


class Root(Group):
    """The `flowops` command: loads each command late, and lists all of them without loading one."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return every command, by name."""
        return sorted(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command, imported now."""
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"flowops.cli.{_COMMANDS[name]}")
        return dressed(getattr(module, name))

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        limit = formatter.width - 6 - max(map(len, _COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._said_of(name, context, limit)) for name in sorted(_COMMANDS)])

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands and options that begin so."""
        from click.shell_completion import CompletionItem

        names = [name for name in sorted(_COMMANDS) if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self._said_of(name, context, LONGEST)) for name in names]
        return [*found, *click.Command.shell_complete(self, context, incomplete)]

    def _said_of(self, name: str, context: click.Context, limit: int) -> str:
        """Return a command's short help; it is loaded only where SHORT_HELP does not know it."""
        known = SHORT_HELP.get(name)
        command = click.Command(name, help=known) if known else self.get_command(context, name)
        return command.get_short_help_str(limit) if command is not None else ""


@click.command(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=exit_codes(),
)
@click.version_option(__version__, "--version", message="flowops %(version)s")
@settings
@click.pass_context
def root(context: click.Context, /) -> None:
    """Take empty AWS accounts to a running Flowable Work platform, and keep it there.

    \b
    Example: flowops rehearse dev
    Example: flowops plan dev foundation -o json
    """
    for line in warnings(os.environ, context):
        with suppress(OSError):  # nobody reads stderr: no reason to do less than was asked
            click.echo(line, err=True)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and end the process with its exit code (the table in flowops/errors.py)."""
    open_closed_streams()
    every_text_can_be_written()
    os.umask(0o077)  # by default for its owner alone; what people commit and share is given its mode
    sys.exit(execute(list(sys.argv[1:] if arguments is None else arguments)))


def execute(arguments: list[str]) -> int:
    """Run one command line and return its exit code; every error becomes lines on stderr here and nowhere else."""
    invocation = Invocation()
    failures = Failures(invocation, arguments, os.environ)
    try:
        return _answer(arguments, invocation)
    except FlowopsError as error:
        return failures.failed(error)
    except click.ClickException as error:
        return failures.misused(error)
    except (click.Abort, KeyboardInterrupt):
        return failures.interrupted()
    except OSError as error:
        if invocation.begun or error.filename is not None:
            return failures.own_fault(error)
        # Nothing but help and the version is printed before a command begins: their reader has seen enough.
        write_no_more()
        return int(Exit.FINE) if isinstance(error, BrokenPipeError) else failures.failed(unwritten(error))
    except Exception as error:
        # The last resort: an operator at 3 a.m. gets one line, and whoever mends flowops gets the whole story.
        return failures.own_fault(error)


def _answer(arguments: list[str], invocation: Invocation) -> int:
    if os.environ.get(COMPLETE):
        from flowops.cli.shells import answer

        return answer(root, invocation, os.environ[COMPLETE])
    try:
        # Not root.main(): to click a reader that leaves is an error.
        with root.make_context("flowops", list(arguments), obj=invocation) as context:
            return int(root.invoke(context) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
