"""users add, list, show, adopt, rotate, disable and remove."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation

_name = click.argument("name", metavar="NAME")
_groups = options.option(
    "--group",
    "groups",
    metavar="GROUP",
    multiple=True,
    help="Make it a member of ENV_dev_ops_admin, ENV_flowable_admin or ENV_flowable_user (repeatable).",
)
_write_profile = options.option(
    "--write-profile", is_flag=True, help="Write the key into the AWS files instead of showing it."
)
_profile = options.option(
    "--profile",
    metavar="PROFILE",
    default="",
    help="Profile to write (default: the operator's of flowops.yaml where it is free, else NAME).",
)
_mfa = options.option(
    "--mfa",
    type=click.Choice(["now", "later"]),
    default="now",
    show_default=True,
    help="Enrol a virtual MFA device now, or leave the user without one for the time being.",
)
_seed_file = options.option(
    "--mfa-seed-file",
    "seed_file",
    type=click.Path(path_type=Path, resolve_path=True),
    default=None,
    help="Enrol without an app: write the device's seed into this new file.",
)
_allow_own_user = options.option(
    "--allow-own-user", is_flag=True, consent=True, help="Do it to the user of your own operator profile, too."
)


@options.group()
@options.settings
def users() -> None:
    """The people who may enter environments: IAM users of the security account, their groups, keys and MFA.

    Example: flowops users list
    """


@users.command("add")
@_name
@_groups
@_write_profile
@_profile
@_mfa
@_seed_file
@options.yes
@options.settings
@click.pass_obj
def add(invocation: Invocation, /, mfa: str, seed_file: Path | None, **values: Any) -> int:
    """Make a user below /flowable/, in groups, with an MFA device and an access key; or complete one that stands.

    All is checked and asked before anything is made. The secret of the key is shown once, or written into the AWS files
    with --write-profile, together with a profile for each environment that the user reaches. After an interruption the
    same command goes on.

    Example: flowops users add jane --group dev_dev_ops_admin --write-profile
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.users import member_result
    from flowops.model.user_requests import AddRequest, Mfa

    request = AddRequest(mfa=Mfa(mfa), seed_file=str(seed_file) if seed_file else "", **values)
    return show(member_result("users add", invocation.app().users.add(request), invocation.pointed), invocation.output)


@users.command("list")
@options.settings
@click.pass_obj
def list_(invocation: Invocation, /) -> int:
    """Show who stands below /flowable/ or is in one of our groups: keys, MFA, what each reaches, and what is due.

    Example: flowops users list
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.users import list_result

    found = invocation.app().users.list()
    return show(list_result(found, datetime.now(UTC), invocation.pointed), invocation.output)


@users.command("show")
@_name
@options.settings
@click.pass_obj
def show_(invocation: Invocation, /, name: str) -> int:
    """Show everything of one user, also policies that do not belong.

    Example: flowops users show jane
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.users import show_result

    found = invocation.app().users.show(name)
    return show(show_result(found, datetime.now(UTC), invocation.pointed), invocation.output)


@users.command("adopt")
@_name
@_groups
@_mfa
@_seed_file
@options.yes
@options.settings
@click.pass_obj
def adopt(invocation: Invocation, /, mfa: str, seed_file: Path | None, **values: Any) -> int:
    """Take over a user that somebody made by hand: move it below /flowable/ and enrol MFA where it has none.

    Its keys and its MFA device stay. Its ARN changes: a policy that names the old one no longer means this user.

    Example: flowops users adopt jane --group dev_dev_ops_admin
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.users import member_result
    from flowops.model.user_requests import AdoptRequest, Mfa

    request = AdoptRequest(mfa=Mfa(mfa), seed_file=str(seed_file) if seed_file else "", **values)
    found = invocation.app().users.adopt(request)
    return show(member_result("users adopt", found, invocation.pointed), invocation.output)


@users.command("rotate")
@_name
@_write_profile
@_profile
@options.option("--finish", is_flag=True, help="Deactivate and delete the older of two keys at once.")
@options.yes
@options.settings
@click.pass_obj
def rotate(invocation: Invocation, /, **values: Any) -> int:
    """Replace a user's access key: make the new one, and take the old one away once the new one was used.

    Call it again for each next step: the old key works until AWS knows of a use of the new one, is then made inactive,
    and then deleted.

    Example: flowops users rotate jane --write-profile
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.users import rotated_result
    from flowops.model.user_requests import RotateRequest

    found = invocation.app().users.rotate(RotateRequest(**values))
    return show(rotated_result(found, invocation.pointed), invocation.output)


@users.command("disable")
@_name
@options.option("--undo", is_flag=True, help="Let the user in again.")
@_allow_own_user
@options.yes
@options.settings
@click.pass_obj
def disable(invocation: Invocation, /, **values: Any) -> int:
    """Take a user out of service at once: sessions that stand, keys, console password.

    Example: flowops users disable jane
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.users import switched_result
    from flowops.model.user_requests import DisableRequest

    found = invocation.app().users.disable(DisableRequest(**values))
    return show(switched_result(found, invocation.pointed), invocation.output)


@users.command("remove")
@_name
@options.option("--profiles", is_flag=True, help="Also take the user's profiles out of the AWS files.")
@_allow_own_user
@options.option(
    "--allow-last-member",
    is_flag=True,
    consent=True,
    help="Remove the last member of an environment's dev_ops_admin, too.",
)
@options.yes
@options.option("--confirm", metavar="NAME", default="", consent=True, help="Confirm the removal by the user's name.")
@options.settings
@click.pass_obj
def remove(invocation: Invocation, /, **values: Any) -> int:
    """Delete a user with all that hangs on it, shown first; repeated after a failure it removes the rest.

    Example: flowops users remove jane --profiles
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.users import removed_result
    from flowops.model.user_requests import RemoveRequest

    return show(removed_result(invocation.app().users.remove(RemoveRequest(**values))), invocation.output)
