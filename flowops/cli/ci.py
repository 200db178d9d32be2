"""ci: pipelines for GitHub and GitLab, the parts of a drift check, and the comment on a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation

_MOST_JOBS = 256
"""Jobs that a matrix of GitHub makes at most (docs.github.com, "Running variations of jobs in a workflow")."""


@options.group()
@options.settings
def ci() -> None:
    """Pipelines that look for drift on a schedule, plan each request, and deploy from a protected place.

    Example: flowops ci init github --repository acme/platform
    """


@ci.group()
@options.settings
def init() -> None:
    """Write the pipelines into this project, and their section into flowops.yaml.

    Example: flowops ci init gitlab --repository acme/platform
    """


_existing_provider = options.option(
    "--existing-oidc-provider",
    is_flag=True,
    help="The security account has the identity provider of this host already: do not make it.",
)


@init.command()
@options.option("--repository", metavar="ORG/REPO", help="The one repository whose pipelines get roles.")
@options.option(
    "--repository-owner-id", metavar="NUMBER", help="GitHub's number of ORG, where tokens name it; with the next one."
)
@options.option("--repository-id", metavar="NUMBER", help="GitHub's number of REPO, where tokens name it.")
@_existing_provider
@options.settings
@click.pass_obj
def github(invocation: Invocation, /, **values: Any) -> int:
    """Write workflows for GitHub Actions: drift on a schedule, plan of each pull request, deployment.

    Example: flowops ci init github --repository acme/platform
    """
    return _init(invocation, "github", values)


@init.command()
@options.option("--repository", "--project", metavar="GROUP/PROJECT", help="The one project whose pipelines get roles.")
@options.option("--host", metavar="HOST", help="Host of GitLab (gitlab.com).")
@options.option("--branch", metavar="BRANCH", help="The protected branch that deploys (main).")
@_existing_provider
@options.settings
@click.pass_obj
def gitlab(invocation: Invocation, /, **values: Any) -> int:
    """Write pipelines for GitLab CI: drift on a schedule, plan of each merge request, deployment.

    Example: flowops ci init gitlab --repository acme/platform --host gitlab.example.com
    """
    return _init(invocation, "gitlab", values)


def _init(invocation: Invocation, provider: Any, values: dict[str, Any]) -> int:
    from flowops.cli.view.ci import setup_result
    from flowops.cli.view.result import show
    from flowops.model.ci import CiRequest

    existing = values.pop("existing_oidc_provider")
    request = CiRequest(provider, **values, oidc_provider="existing" if existing else None)
    return show(setup_result(invocation.app().ci.init(request)), invocation.output)


@ci.command()
@options.option(
    "--shards",
    type=click.IntRange(1, _MOST_JOBS),
    default=1,
    show_default=True,
    help="Into how many parts the check goes.",
)
@options.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write here which units are in each part, for flowops drift --shard-plan.",
)
@options.settings
@click.pass_obj
def matrix(invocation: Invocation, /, shards: int, file: Path | None) -> int:
    """Print the parts of a drift check in one line of JSON, as a matrix of GitHub takes it; AWS is not called.

    Earlier results in this project say how long each unit takes, so that all parts take about as long.
    Example: flowops ci matrix --shards 4 --file shards.json
    """
    from flowops.cli.view.ci import matrix_result
    from flowops.cli.view.result import show

    return show(matrix_result(invocation.app().ci.matrix(shards, file)), invocation.output)


@ci.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.settings
@click.pass_obj
def comment(invocation: Invocation, /, files: tuple[Path, ...]) -> int:
    """Write reports into the one comment of the pull or merge request that this job is about, in place of earlier ones.

    The token comes from GITHUB_TOKEN or GITLAB_TOKEN. Example: flowops ci comment plan.md
    """
    from flowops.cli.view.ci import comment_result
    from flowops.cli.view.result import show

    return show(comment_result(changed=invocation.app().ci.comment(files)), invocation.output)
