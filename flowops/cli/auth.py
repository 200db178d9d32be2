"""auth whoami, exec, process and check."""

from __future__ import annotations

import sys
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.cli.stdout import reader_may_leave
from flowops.errors import FlowopsError
from flowops.model.access import Access

_role = options.option(
    "--role",
    metavar="ROLE",
    default=Access.READ.value,
    show_default=True,
    help="Role of the environment's account to act in.",
)
_maybe_role = options.option(
    "--role",
    metavar="ROLE",
    default=None,
    help="Say it of this role, in place of the one that each verb takes.",
)


@options.group()
@options.settings
def auth() -> None:
    """Who you are to AWS, what you may do, and your own tools in the same roles.

    Example: flowops auth whoami dev
    """


@auth.command("whoami")
@options.maybe_environment
@_role
@options.settings
@click.pass_obj
def whoami(invocation: Invocation, /, **values: Any) -> int:
    """Walk from your profile by MFA to a role of ENV, and show each hop; without ENV, the profiles and the session.

    Ends with 5 where a hop fails, and with 7 where an MFA code is needed to go on and nobody can be asked.

    Example: flowops auth whoami dev
    """
    from flowops.cli.view.auth import whoami_result
    from flowops.cli.view.result import show

    return show(whoami_result(invocation.app().auth.whoami(**values), invocation.pointed), invocation.output)


class _AfterDashes(click.Command):
    """A command whose own words end at `--`: what follows is another program's."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Refuse a line without `--`: an option of the other program would be taken for ours."""
        if not context.resilient_parsing and not {"--", "-h", "--help"}.intersection(args):
            raise click.UsageError("The command to run stands behind `--`.", context)
        return super().parse_args(context, args)


@auth.command("exec", cls=_AfterDashes, options_metavar="[OPTIONS]")
@options.environment
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND…", type=click.UNPROCESSED)
@_role
@options.confirm
@options.settings
@click.pass_obj
def exec_(invocation: Invocation, /, **values: Any) -> int:
    """Run a command with the credentials of a role of ENV: its exit code, signals and terminal are its own.

    In a protected environment a role that can change something needs --confirm ENV.

    Example: flowops auth exec dev -- aws s3 ls
    """
    invocation.app().auth.execute(**values)


@auth.command("process")
@options.environment
@_role
@options.settings
@click.pass_obj
def process(invocation: Invocation, /, **values: Any) -> int:
    """Print the credentials of a role of ENV as AWS's SDKs take them from a `credential_process`, and nothing else.

    They are kept and reused until shortly before their end. An MFA code is asked for on the terminal; where there is
    none it ends with 7.

    Example: flowops auth process dev
    """
    from flowops.cli.view.tty import ask_on_terminal, no_answer
    from flowops.model.plaintext import printable

    # An SDK reads stdout as one document, and shows one line of stderr.
    invocation.output = "table"
    try:
        document = invocation.app().auth.process(ask=no_answer if invocation.no_input else ask_on_terminal, **values)
    except FlowopsError as error:
        error.next_step = invocation.pointed(error.next_step)
        click.echo(printable(" ".join(str(error).split())), err=True)
        return int(error.exit_code)
    with reader_may_leave():
        sys.stdout.write(f"{document.decode()}\n")
    return 0


@auth.command("check")
@options.environment
@_maybe_role
@options.settings
@click.pass_obj
def check(invocation: Invocation, /, environment: str, role: str | None) -> int:
    """Say what you may do in ENV, verb by verb, with the statement that decides each request.

    The policies are read as you, and judged here: AWS is asked for nothing else. What you may not read is no
    permission: it says that it cannot tell.

    Example: flowops auth check dev
    """
    from flowops.cli.view.auth import check_result
    from flowops.cli.view.result import show

    return show(check_result(invocation.app().auth.check(environment, role)), invocation.output)
