"""Pipelines: the two roles they enter, whose tokens may do so, and what the security account's stack is told. Pure.

A token says in its subject where a job runs:
https://docs.github.com/en/actions/reference/security/oidc (pull_request, ref, environment; of a repository that was
made or renamed since 15 July 2026 also the numbers of owner and repository, so that nobody inherits a name),
https://docs.gitlab.com/ci/secrets/id_token_authentication (project, kind of ref, ref)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flowops.errors import UsageError, shown
from flowops.model.config import (
    BRANCH_PATTERN,
    GITHUB_ID_PATTERN,
    GITHUB_IDS,
    HOST_PATTERN,
    REPOSITORY_PATTERN,
    CiConfig,
    Config,
)

Provider = Literal["github", "gitlab"]
OidcProvider = Literal["made", "existing"]

DEPLOY_ROLE, PLAN_ROLE = "FlowopsCiRole", "FlowopsCiPlanRole"

_SESSION = re.compile(rf"arn:[a-z-]+:sts::\d{{12}}:assumed-role/({DEPLOY_ROLE}|{PLAN_ROLE})/.+")


def is_pipeline(arn: str) -> bool:
    """Return whether the caller with this ARN is a pipeline: its roles ask it for the account's ExternalId."""
    return _SESSION.fullmatch(arn) is not None


def role_arn(security_id: str, name: str) -> str:
    """Return the ARN of a pipeline's role in the security account."""
    return f"arn:aws:iam::{security_id}:role/flowable/{name}"


def plan_subjects(ci: CiConfig) -> tuple[str, ...]:
    """Return whose tokens enter the plan role: every branch and pull request of the repository, and no fork."""
    if ci.provider == "github":
        return tuple(f"{it}:{kind}" for it in _repositories(ci) for kind in ("pull_request", "ref:refs/heads/*"))
    return (f"project_path:{ci.repository}:ref_type:branch:ref:*",)


def deploy_subjects(ci: CiConfig, environments: tuple[str, ...]) -> tuple[str, ...]:
    """Return whose tokens enter the deploy role: GitHub's environments of our names, GitLab's one branch."""
    if ci.provider == "github":
        return tuple(f"{it}:environment:{name}" for it in _repositories(ci) for name in environments)
    return (f"project_path:{ci.repository}:ref_type:branch:ref:{ci.branch}",)


def _repositories(ci: CiConfig) -> tuple[str, ...]:
    """Return how tokens of GitHub begin that name our repository: by its name, and by name and number if known."""
    if not (ci.repository_owner_id and ci.repository_id):
        return (f"repo:{ci.repository}",)
    owner, _, name = ci.repository.partition("/")
    return (f"repo:{ci.repository}", f"repo:{owner}@{ci.repository_owner_id}/{name}@{ci.repository_id}")


def stack_parameters(config: Config) -> Mapping[str, str]:
    """Return what flowops-security is told about pipelines, nothing where there are none."""
    ci = config.ci
    if ci is None:
        return {}
    return {
        "CiProvider": ci.provider,
        **({"CiHost": ci.host} if ci.provider == "gitlab" else {}),
        "CiOidcProvider": ci.oidc_provider,
        "CiPlanSubjects": ",".join(plan_subjects(ci)),
        "CiDeploySubjects": ",".join(deploy_subjects(ci, tuple(config.environments))),
    }


@dataclass(frozen=True)
class CiRequest:
    """What the command line says of pipelines; what is None is as flowops.yaml has it, or as usual."""

    provider: Provider
    repository: str | None = None
    repository_owner_id: str | None = None
    repository_id: str | None = None
    host: str | None = None
    branch: str | None = None
    oidc_provider: OidcProvider | None = None


def wanted(request: CiRequest, standing: CiConfig | None) -> CiConfig:
    """Return the section `ci` that a request means beside the one that stands; UsageError where they contradict."""
    asked = {name: it for name, it in vars(request).items() if it is not None}
    if standing is None:
        return _section(asked)
    said = standing.model_dump()
    other = [f"{name}: {said[name] or 'not set'}" for name, it in asked.items() if said[name] != it]
    if other:
        raise UsageError(
            f"flowops.yaml says something else of pipelines: {', '.join(other)}.",
            not_done="Nothing was written.",
            next_step="flowops config show, then change the section `ci` in flowops.yaml, or say the same as it does",
        )
    return standing


_PATTERNS = {
    "repository": REPOSITORY_PATTERN,
    **dict.fromkeys(GITHUB_IDS, GITHUB_ID_PATTERN),
    "host": HOST_PATTERN,
    "branch": BRANCH_PATTERN,
}


def _section(asked: Mapping[str, str]) -> CiConfig:
    if "repository" not in asked:
        shape = "ORG/REPO" if asked["provider"] == "github" else "GROUP/PROJECT"
        raise _unfit(f"Nothing says whose pipelines these are: flowops.yaml has no section `ci`, {shape} is needed.")
    for name, pattern in _PATTERNS.items():
        if name in asked and re.fullmatch(pattern, asked[name]) is None:
            option = f"--{name.replace('_', '-')}"
            raise _unfit(f"{shown(asked[name])} does not fit {option}; allowed: text that matches {pattern}.")
    if len(asked.keys() & set(GITHUB_IDS)) == 1:
        raise _unfit("A subject of GitHub has both numbers or none: --repository-owner-id and --repository-id.")
    return CiConfig.model_validate(asked)


def _unfit(happened: str) -> UsageError:
    return UsageError(
        happened,
        not_done="Nothing was written.",
        next_step="the same command with what is allowed there",
    )


def entry(ci: CiConfig) -> Mapping[str, str | bool]:
    """Return the section as it stands in flowops.yaml: what is as usual is left out."""
    usual = {name: it.default for name, it in CiConfig.model_fields.items()}
    return {name: it for name, it in ci.model_dump().items() if it != usual[name]}
