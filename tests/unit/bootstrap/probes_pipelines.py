"""Whose tokens enter the two roles of pipelines: of which repository, environment, branch, issuer and audience."""

from __future__ import annotations

from tests.unit.bootstrap.probe import Case, Context, may, may_not
from tests.unit.bootstrap.resolve import GITHUB, GITLAB, ON_GITLAB, REPOSITORY, SECURITY, iam_arn

_ENTER = "sts:AssumeRoleWithWebIdentity"
_DEPLOY, _PLAN = (iam_arn(f"role/flowable/{name}", SECURITY) for name in ("FlowopsCiRole", "FlowopsCiPlanRole"))
_FOR_AWS = "sts.amazonaws.com"


def _token(host: str, subject: str, audience: str = _FOR_AWS) -> Context:
    return {f"{host}:sub": subject, f"{host}:aud": audience}


def _github(subject: str, audience: str = _FOR_AWS) -> Context:
    return _token(GITHUB, subject, audience)


def _gitlab(subject: str, audience: str = _FOR_AWS) -> Context:
    return _token(GITLAB, subject, audience)


_DEV = "repo:acme/platform:environment:dev"
_DEPLOYS, _PLANS = "FlowopsCiRole/trust/GitHubEnvironments", "FlowopsCiPlanRole/trust/GitHubBranches"
_ON_GITHUB: list[Case] = [
    *(
        may("job on GitHub", _ENTER, _DEPLOY, _DEPLOYS, context=_github(f"repo:{repository}:environment:{name}"))
        for repository in REPOSITORY
        for name in ("dev", "prod")
    ),
    *(
        may("job on GitHub", _ENTER, _PLAN, _PLANS, note, context=_github(f"repo:{repository}:{subject}"))
        for repository in REPOSITORY
        for subject, note in (
            ("pull_request", "plan of a pull request"),
            ("ref:refs/heads/main", "drift by schedule"),
            ("ref:refs/heads/feature/x", "drift by hand"),
        )
    ),
    *(
        may_not("job on GitHub", _ENTER, role, by, note, context=context)
        for role, by in ((_DEPLOY, _DEPLOYS), (_PLAN, _PLANS))
        for note, context in (
            ("another repository", _github("repo:acme/website:environment:dev")),
            ("a fork", _github("repo:mallory/platform:pull_request")),
            ("a fork's environment", _github("repo:mallory/platform:environment:dev")),
            ("a repository whose name ends like ours", _github("repo:evil-acme/platform:ref:refs/heads/main")),
            ("somebody who took our name", _github("repo:acme@666/platform@202:environment:dev")),
            ("a repository that took our name", _github("repo:acme@101/platform@666:pull_request")),
            ("a number that begins like ours", _github("repo:acme@1012/platform@2023:environment:dev")),
            ("numbers without our names", _github("repo:mallory@101/website@202:pull_request")),
            ("one number alone", _github("repo:acme@101/platform:environment:dev")),
            ("a tag", _github("repo:acme/platform:ref:refs/tags/v1")),
            ("an environment that nobody named", _github("repo:acme/platform:environment:sandbox")),
            ("a token without a subject", _github("")),
        )
    ),
    *(
        may_not("job on GitHub", _ENTER, _DEPLOY, _DEPLOYS, note, context=_github(f"repo:acme/platform:{subject}"))
        for subject, note in (
            ("pull_request", "a pull request"),
            ("ref:refs/heads/main", "the main branch outside an environment"),
            ("environment:dev-2", "an environment whose name begins like ours"),
        )
    ),
    may_not(
        "job on GitHub", _ENTER, _PLAN, _PLANS, "a deployment", context=_github("repo:acme/platform:environment:dev")
    ),
    may_not(
        *("job on GitHub", _ENTER, _DEPLOY, _DEPLOYS, "a token for another service"),
        context=_github(_DEV, "https://github.com/acme"),
    ),
    may_not(
        *("job on GitHub", _ENTER, _PLAN, _PLANS, "a token for another service"),
        context=_github("repo:acme/platform:pull_request", "https://github.com/acme"),
    ),
    *(
        may_not(who, _ENTER, role, note="another issuer's word", context=_github(f"repo:acme/platform:{subject}"))
        for who in ("job on GitLab", "job elsewhere")
        for role, subject in ((_DEPLOY, "environment:dev"), (_PLAN, "pull_request"))
    ),
    *(
        may_not("job on GitHub", action, role, note="with a token, and no other way", context=_github(subject))
        for role, subject in (
            (_DEPLOY, "repo:acme/platform:environment:dev"),
            (_PLAN, "repo:acme/platform:pull_request"),
        )
        for action in ("sts:AssumeRole", "sts:TagSession")
    ),
]

_BRANCH, _BRANCHES = (
    f"FlowopsCiRole/trust{ON_GITLAB}/GitLabBranch",
    f"FlowopsCiPlanRole/trust{ON_GITLAB}/GitLabBranches",
)
_PROJECT = "project_path:acme/tools/platform"
_MAIN = f"{_PROJECT}:ref_type:branch:ref:main"
_ON_GITLAB: list[Case] = [
    may("job on GitLab", _ENTER, _DEPLOY, _BRANCH, context=_gitlab(f"{_PROJECT}:ref_type:branch:ref:main")),
    *(
        may("job on GitLab", _ENTER, _PLAN, _BRANCHES, context=_gitlab(f"{_PROJECT}:ref_type:branch:ref:{name}"))
        for name in ("main", "feature/x")
    ),
    *(
        may_not("job on GitLab", _ENTER, role, by, note, context=context)
        for role, by in ((_DEPLOY, _BRANCH), (_PLAN, _BRANCHES))
        for note, context in (
            ("another project", _gitlab("project_path:acme/website:ref_type:branch:ref:main")),
            ("a fork", _gitlab("project_path:mallory/platform:ref_type:branch:ref:main")),
            ("a tag", _gitlab(f"{_PROJECT}:ref_type:tag:ref:main")),
            ("a token without a subject", _gitlab("")),
            (
                "a token for another service",
                _gitlab(f"{_PROJECT}:ref_type:branch:ref:main", "https://vault.example.com"),
            ),
        )
    ),
    *(
        may_not(
            who, _ENTER, role, note="another issuer's word", context=_gitlab(f"{_PROJECT}:ref_type:branch:ref:main")
        )
        for who in ("job on GitHub", "job elsewhere")
        for role in (_DEPLOY, _PLAN)
    ),
    may_not("job on GitLab", _ENTER, _DEPLOY, _BRANCH, context=_gitlab(f"{_PROJECT}:ref_type:branch:ref:feature/x")),
    may_not("job on GitLab", _ENTER, _DEPLOY, _BRANCH, context=_gitlab(f"{_PROJECT}:ref_type:branch:ref:main-2")),
]

PIPELINES: tuple[Case, ...] = (*_ON_GITHUB, *_ON_GITLAB)
