"""init: a new project, or one more environment of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.model.scaffold import EnvironmentRequest, ProjectRequest, Sizes

_OF_PROJECTS = ("project", "external_domain")
_OF_ENVIRONMENTS = ("account", "account_id", "profile", "path", "network", "sizes", "protected")


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False))
@options.option("--environment", metavar="NAME", help="Add this environment to the project you are in.")
@options.option("--project", metavar="NAME", help="Name of a new project: prefix of buckets and clusters (flowable).")
@options.option("--external-domain", metavar="DOMAIN", help="Domain of a new project's ingress hosts (example.com).")
@options.option("--region", metavar="REGION", help="Region (eu-central-1 for a project, else the project's).")
@options.option("--account", metavar="NAME", help="Account of the environment; a new one is added (NAME).")
@options.option("--account-id", metavar="ID", help="Id of a new account, once it exists.")
@options.option("--profile", metavar="PROFILE", help="Named profile of a new account (flw-ACCOUNT).")
@options.option("--path", metavar="PATH", help="Folder below deployments/ (aws/ACCOUNT/REGION/NAME).")
@options.option("--network", metavar="CIDR", help="Network of the environment, 16 bits (the first 10.x that is free).")
@options.option(
    "--sizes",
    type=click.Choice([it.value for it in Sizes]),
    help="How large the environment is made (development).",
)
@options.option("--protected", is_flag=True, help="Let changes of the environment need --confirm.")
@options.settings
@click.pass_obj
def init(invocation: Invocation, /, folder: str | None, environment: str | None, **values: Any) -> int:
    """Write a new project into DIR, or add an environment to the project you are in.

    A project has templates, modules, the tree of dev and prod, and a Makefile. An environment has an account of its
    own, or shares the one that --account names.

    Example: flowops init platform
    Example: flowops init --environment qa
    Example: flowops init --environment demo --account dev
    """
    from flowops.cli.view.result import show
    from flowops.cli.view.scaffold import scaffold_result

    given = {name: value for name, value in values.items() if value is not None and value is not False}
    if environment is None:
        _refuse(given, _OF_ENVIRONMENTS, "--environment NAME")
        if not folder:
            raise click.UsageError("Say where: flowops init DIR, or flowops init --environment NAME.")
        made = invocation.app().init_project(Path(folder), _project(given))
        return show(
            scaffold_result(made, folder, enter="" if Path(folder).resolve() == Path.cwd() else folder),
            invocation.output,
        )
    _refuse(given, _OF_PROJECTS, "DIR")
    if folder is not None:
        raise click.UsageError("DIR is for a new project, --environment for the one you are in: give one of them.")
    sizes = Sizes(given.pop("sizes", Sizes.DEVELOPMENT.value))
    made = invocation.app().init_environment(EnvironmentRequest(environment, sizes=sizes, **given))
    return show(scaffold_result(made, "this project"), invocation.output)


def _project(given: dict[str, Any]) -> ProjectRequest:
    defaults = {"project": "flowable", "region": "eu-central-1"}
    return ProjectRequest(**{**defaults, **given})


def _refuse(given: dict[str, Any], names: tuple[str, ...], with_what: str) -> None:
    wrong = [f"--{name.replace('_', '-')}" for name in names if name in given]
    if wrong:
        raise click.UsageError(f"{', '.join(wrong)}: only with {with_what}.")
