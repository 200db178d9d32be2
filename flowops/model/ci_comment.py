"""The one comment on a pull or merge request that flowops keeps up: where it stands and what it says. Pure.

https://docs.github.com/en/rest/issues/comments, https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowops.errors import CredentialsError, UsageError

MARKER = "<!-- flowops: plan -->"
"""Nobody sees it, and by it the comment is found again."""

_CUT = "\n\n… The rest is longer than a comment may be: it is in the report of the job.\n"
_PULL = re.compile(r"refs/pull/(\d+)/(?:merge|head)")
_FORGES = "in a job of a pull request on GitHub, or of a merge request on GitLab"


@dataclass(frozen=True)
class Place:
    """Where comments of one request stand.

    `listed` takes new ones by POST; one of them is below `each` and is changed by `change`. `limit` is in characters.
    """

    forge: str
    listed: str
    each: str
    change: str
    headers: Mapping[str, str]
    limit: int


@dataclass(frozen=True)
class Comment:
    """One comment that stands there; `machine` unless a person wrote it, as far as anybody tells."""

    id: int
    body: str
    machine: bool = True


def place_of(environment: Mapping[str, str]) -> Place:
    """Return the place of the request that this job is about; UsageError outside of one, CredentialsError tokenless."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return _on_github(environment)
    if environment.get("GITLAB_CI") == "true":
        return _on_gitlab(environment)
    raise _nowhere("This is no job of GitHub or GitLab.")


def _on_github(environment: Mapping[str, str]) -> Place:
    found = _PULL.fullmatch(environment.get("GITHUB_REF", ""))
    if found is None:
        raise _nowhere("This job is about no pull request.")
    base = f"{environment['GITHUB_API_URL']}/repos/{environment['GITHUB_REPOSITORY']}/issues"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {_token(environment, 'GITHUB_TOKEN', 'permissions: pull-requests: write')}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return Place("GitHub", f"{base}/{found[1]}/comments", f"{base}/comments", "PATCH", headers, 65_536)


def _on_gitlab(environment: Mapping[str, str]) -> Place:
    number = environment.get("CI_MERGE_REQUEST_IID", "")
    if not number:
        raise _nowhere("This job is about no merge request.")
    notes = f"{environment['CI_API_V4_URL']}/projects/{environment['CI_PROJECT_ID']}/merge_requests/{number}/notes"
    headers = {"PRIVATE-TOKEN": _token(environment, "GITLAB_TOKEN", "a project access token with the scope api")}
    return Place("GitLab", notes, notes, "PUT", headers, 1_000_000)


def _token(environment: Mapping[str, str], variable: str, what: str) -> str:
    if not environment.get(variable):
        raise CredentialsError(
            f"{variable} is not set: nobody would be writing the comment.",
            not_done="Nothing was written.",
            next_step=f"flowops ci comment, with {variable} ({what})",
        )
    return environment[variable]


def comment_of(reports: Iterable[str], limit: int) -> str:
    """Return the comment with these reports, cut where it would be longer than may be."""
    whole = "\n\n".join((MARKER, *(it.strip() for it in reports))) + "\n"
    return whole if len(whole) <= limit else whole[: limit - len(_CUT)] + _CUT


def standing(comments: Iterable[Comment]) -> Comment | None:
    """Return the comment that is ours, None where none is; a person who quotes it keeps what they wrote."""
    return next((it for it in comments if it.machine and it.body.startswith(MARKER)), None)


def _nowhere(happened: str) -> UsageError:
    return UsageError(happened, not_done="Nothing was written.", next_step=f"flowops ci comment FILE, {_FORGES}")
