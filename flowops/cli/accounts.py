"""accounts create and list; bootstrap: CloudFormation in every account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation

_Pairs = Callable[[click.Context, click.Parameter, tuple[str, ...]], dict[str, str]]


def _pairs(what: str) -> _Pairs:
    """Return what takes NAME=VALUE pairs apart; a wrong one, and a name that stands twice, is a usage error."""

    def parted(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for value in values:
            name, _, said = value.partition("=")
            if not name or not said:
                raise click.BadParameter(f"{value!r} is not NAME={what}.", context, parameter)
            if name in found:
                raise click.BadParameter(f"account {name!r} is named twice.", context, parameter)
            found[name] = said
        return found

    return parted


@click.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT…]")
@options.yes
@options.option(
    "--allow-replace",
    "allow_replace",
    metavar="[ACCOUNT/]LOGICAL_ID",
    multiple=True,
    consent=True,
    help="Allow replacing or removing this guarded resource of a stack (repeatable).",
)
@options.option(
    "--skip-resource",
    "skip",
    metavar="[ACCOUNT/]LOGICAL_ID",
    multiple=True,
    help="Leave this resource out of a rollback that failed on it (repeatable).",
)
@options.option(
    "--retain-resource",
    "retain",
    metavar="[ACCOUNT/]LOGICAL_ID",
    multiple=True,
    help="Leave this resource standing when a failed stack is deleted (repeatable).",
)
@options.settings
@click.pass_obj
def bootstrap(invocation: Invocation, /, yes: bool, **named: tuple[str, ...]) -> int:
    """Create or update the bootstrap stacks: the security account first, then environments side by side.

    Shows each change set before it runs; a second run changes nothing. A stack that failed before is brought back
    first where that loses nothing: docs/bootstrap.md says what happens in each of CloudFormation's statuses.

    Example: flowops bootstrap dev
    """
    from flowops.cli.view.bootstrap import bootstrap_result
    from flowops.cli.view.result import show
    from flowops.model.bootstrap import BootstrapRequest

    result = invocation.app().bootstrap(BootstrapRequest(**named), yes=yes)
    return show(bootstrap_result(result, invocation.pointed), invocation.output)


@options.group()
@options.settings
def accounts() -> None:
    """The accounts of the organization: made or taken as flowops.yaml names them, and listed.

    Example: flowops accounts create --email-base aws@example.com
    Example: flowops accounts list
    """


@accounts.command("create")
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT…]")
@options.option(
    "--email",
    "emails",
    metavar="NAME=ADDRESS",
    multiple=True,
    callback=_pairs("ADDRESS"),
    help="Make the account of this name with this address (repeatable).",
)
@options.option(
    "--email-base",
    metavar="ADDRESS",
    default="",
    help="Derive the addresses of the others: aws@example.com makes aws+PROJECT-ACCOUNT@example.com.",
)
@options.option(
    "--adopt",
    metavar="NAME=ID",
    multiple=True,
    callback=_pairs("ID"),
    help="Take this account of the organization as the one of this name (repeatable).",
)
@options.yes
@options.settings
@click.pass_obj
def create(invocation: Invocation, /, **values: Any) -> int:
    """Make the accounts of flowops.yaml, or take those that the organization has, and write down their ids.

    Shows first what becomes of each account; a second run changes nothing. After an interruption the same command
    goes on with what is under way. docs/accounts.md says how an account is recognized.

    Example: flowops accounts create --email-base aws@example.com
    """
    from flowops.cli.view.accounts import create_result
    from flowops.cli.view.result import show
    from flowops.model.accounts import CreateRequest

    result = invocation.app().create_accounts(CreateRequest(**values))
    return show(create_result(result, invocation.pointed), invocation.output)


@accounts.command("list")
@options.settings
@click.pass_obj
def list_(invocation: Invocation, /) -> int:
    """Show every account of the organization, and those of flowops.yaml that it lacks.

    Example: flowops accounts list
    """
    from flowops.cli.view.accounts import list_result
    from flowops.cli.view.result import show

    return show(list_result(*invocation.app().list_accounts(), invocation.pointed), invocation.output)
