"""profiles write and show; console."""

from __future__ import annotations

from typing import Any

import click

from flowops.cli import named, options
from flowops.cli.context import Invocation

_user = options.option(
    "--user",
    metavar="PROFILE",
    default="",
    help="Profile of the operator whose environments are meant (default: the one of flowops.yaml).",
)


@options.group()
@options.settings
def profiles() -> None:
    """The named profiles of this project in AWS's own files: written, and whether they hold.

    Example: flowops profiles write
    Example: flowops profiles show
    """


@profiles.command("write")
@_user
@options.option("--sso", metavar="NAME", help="Let the management profile sign in by this sso-session.")
@options.option("--sso-start-url", "start_url", metavar="URL", help="Where that single sign-on is.")
@options.option("--sso-region", metavar="REGION", help="Region of that single sign-on.")
@options.option("--sso-role", metavar="NAME", help="Permission set of the management profile (AdministratorAccess).")
@options.option(
    "--sso-account",
    metavar="ID",
    help="Id of the management account (default: the one that flowops.lock names).",
)
@options.option(
    "--sso-operator-role",
    "operator_role",
    metavar="NAME",
    help="Let the operator sign in so, too, with this permission set in the security account.",
)
@options.option(
    "--only",
    metavar="NAME",
    multiple=True,
    shell_complete=named.profiles,
    help="Only the profile of this name (repeatable).",
)
@options.option(
    "--replace",
    metavar="NAME",
    multiple=True,
    consent=True,
    shell_complete=named.profiles,
    help="Replace settings of this profile, which stands there with other ones (repeatable).",
)
@options.yes
@options.settings
@click.pass_obj
def write(invocation: Invocation, /, **values: Any) -> int:
    """Write the profiles of the management account, of each account, and of the operator in each environment.

    Everything else in the files stays as it is, byte for byte. Shows what changes and asks; a profile that stands there
    with other settings is asked for by its name, also with --yes. No key is ever written.

    Example: flowops profiles write
    Example: flowops profiles write --replace flw-dev --yes
    """
    from flowops.cli.view.profiles import write_result
    from flowops.cli.view.result import show
    from flowops.model.named_profiles import ProfilesRequest

    request = ProfilesRequest(sso=_sso(values), **values)
    return show(write_result(invocation.app().profiles.write(request), invocation.pointed), invocation.output)


@profiles.command("show")
@_user
@options.settings
@click.pass_obj
def show_(invocation: Invocation, /, user: str) -> int:
    """Show how each profile stands: whether it says what it should, and whether it leads to credentials.

    AWS is not called: `flowops auth whoami` tells whether it lets you in.

    Example: flowops profiles show
    """
    from flowops.cli.view.profiles import show_result
    from flowops.cli.view.result import show

    return show(show_result(invocation.app().profiles.show(user), invocation.pointed), invocation.output)


@click.command()
@click.argument("name", metavar="ENV|ACCOUNT")
@options.option(
    "--role", metavar="ROLE", help="Role to switch to (DevOpsAdminRole in ENV, the management role in ACCOUNT)."
)
@options.option(
    "--open", "open_it", is_flag=True, help="Open it in a browser, too; without a terminal this ends with 7."
)
@options.settings
@click.pass_obj
def console(invocation: Invocation, /, name: str, role: str | None, open_it: bool) -> int:
    """Print the link that takes you into a role of an environment or an account, in the AWS console.

    AWS is not called; you sign in there as an IAM user, with MFA, or by single sign-on.

    Example: flowops console security
    Example: flowops console dev --role FlowableUserRole
    """
    from flowops.cli.view.profiles import console_result
    from flowops.cli.view.result import show

    link, unopened = invocation.app().profiles.link(name, role, open_it=open_it)
    return show(console_result(link, unopened, opened=open_it and not unopened), invocation.output)


def _sso(values: dict[str, Any]) -> Any:
    """Take the single sign-on out of the values, None where none is wanted; a usage error where a part is missing."""
    from flowops.model.named_profiles import SsoSource

    name, url, region = (values.pop(it) for it in ("sso", "start_url", "sso_region"))
    more = {it: values.pop(f"sso_{it}") for it in ("role", "account")} | {"operator_role": values.pop("operator_role")}
    given = {it: value for it, value in more.items() if value is not None}
    if name and url and region:
        return SsoSource(name, url, region, **given)
    if name or url or region or given:
        raise click.UsageError("Single sign-on is said by --sso NAME, --sso-start-url URL and --sso-region REGION.")
    return None
