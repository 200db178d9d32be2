"""secrets set, list and check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation


@options.group()
@options.settings
def secrets() -> None:
    """Credentials of Flowable's repository and license files, in Secrets Manager of the security account.

    Example: flowops secrets list
    """


@secrets.group("set")
@options.settings
def set_() -> None:
    """Hand in a value: the repository's user and password, or the license of an environment.

    Example: flowops secrets set license dev --file ./flowable-dev.license
    """


@set_.command("repository")
@options.username
@options.secret_file
@options.stdin
@options.yes
@options.settings
@click.pass_obj
def repository(invocation: Invocation, /, **values: Any) -> int:
    """Hand in user and password of Flowable's Helm and Docker repository.

    The password is typed unseen, twice, or comes from --stdin or --file. Without any of these options, the variables
    FLOWABLE_REPO_AUTH_USERNAME and FLOWABLE_REPO_AUTH_PASSWORD are taken where both are set.

    Example: flowops secrets set repository --username jane@example.com
    """
    return _set(invocation, name="repository", **values)


@set_.command("license")
@options.environment
@options.secret_file
@options.stdin
@options.yes
@options.confirm
@options.settings
@click.pass_obj
def license_(invocation: Invocation, /, **values: Any) -> int:
    """Hand in the license file of one environment, byte for byte.

    Without --file and --stdin it is the file that flowops.yaml names under flowable.licenses.

    Example: flowops secrets set license dev --file ./flowable-dev.license
    """
    return _set(invocation, name="license", **values)


@secrets.command("list")
@options.settings
@click.pass_obj
def list_(invocation: Invocation, /) -> int:
    """Show each secret: whether it has a value, since when, who uses it, and the command that sets it.

    Example: flowops secrets list
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.secrets import list_result

    return show(list_result(invocation.app().secrets.list(), invocation.pointed), invocation.output)


@secrets.command("check")
@options.maybe_environment
@options.settings
@click.pass_obj
def check(invocation: Invocation, /, environment: str | None) -> int:
    """Say whether an environment has every secret it needs, or every environment; ends with 1 where one is missing.

    Looks as the operator does who applies, and sees no value.

    Example: flowops secrets check dev
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.secrets import check_result

    return show(check_result(invocation.app().secrets.check(environment), invocation.pointed), invocation.output)


def _set(invocation: Invocation, *, file: Path | None, **values: Any) -> int:
    from flowops.cli.view.result import show
    from flowops.cli.view.secrets import set_result
    from flowops.model.secrets import SetRequest

    request = SetRequest(file=str(file) if file else "", **values)
    return show(set_result(invocation.app().set_secret(request)), invocation.output)
