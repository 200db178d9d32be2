from __future__ import annotations

import pytest
from pydantic import ValidationError

from flowops.errors import CredentialsError, UsageError
from flowops.model.ci import (
    DEPLOY_ROLE,
    CiRequest,
    deploy_subjects,
    entry,
    is_pipeline,
    plan_subjects,
    role_arn,
    stack_parameters,
    wanted,
)
from flowops.model.ci_comment import MARKER, Comment, comment_of, place_of, standing
from flowops.model.config import CiConfig, Config
from flowops.model.config_problems import problems
from flowops.model.stacks import security_stacks
from tests.fakes.aws import SECURITY, config
from tests.unit.bootstrap.resolve import read

ON_GITHUB = CiConfig(provider="github", repository="acme/platform")
NUMBERED = ON_GITHUB.model_copy(update={"repository_owner_id": "101", "repository_id": "202"})
ON_GITLAB = CiConfig(provider="gitlab", repository="acme/tools/platform", host="gitlab.example.com", branch="release")


def with_ci(ci: CiConfig) -> Config:
    return config().model_copy(update={"ci": ci})


def test_on_github_branches_and_pull_requests_plan_and_named_environments_deploy() -> None:
    assert plan_subjects(ON_GITHUB) == ("repo:acme/platform:pull_request", "repo:acme/platform:ref:refs/heads/*")
    assert deploy_subjects(ON_GITHUB, ("dev", "prod")) == (
        "repo:acme/platform:environment:dev",
        "repo:acme/platform:environment:prod",
    )


def test_a_repository_whose_numbers_are_known_is_admitted_by_its_name_and_by_name_and_number() -> None:
    assert plan_subjects(NUMBERED) == (
        "repo:acme/platform:pull_request",
        "repo:acme/platform:ref:refs/heads/*",
        "repo:acme@101/platform@202:pull_request",
        "repo:acme@101/platform@202:ref:refs/heads/*",
    )
    assert deploy_subjects(NUMBERED, ("dev",)) == (
        "repo:acme/platform:environment:dev",
        "repo:acme@101/platform@202:environment:dev",
    )
    assert entry(NUMBERED)["repository_id"] == "202"


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"provider": "github", "repository": "a/b", "repository_id": "2"}, ("ci", "repository_id")),
        ({"provider": "github", "repository": "a/b", "repository_owner_id": "2"}, ("ci", "repository_owner_id")),
        (
            {"provider": "gitlab", "repository": "a/b", "repository_owner_id": "1", "repository_id": "2"},
            ("ci", "repository_owner_id"),
        ),
    ],
)
def test_numbers_stand_together_and_only_for_github(section: dict[str, str], path: tuple[str, str]) -> None:
    assert [it.path for it in problems(with_ci(CiConfig.model_validate(section)))] == [path]


@pytest.mark.parametrize("number", ["*", "1*", "?", "0", "", "1,2", "12 ", "1/x@2", "²"])
def test_a_number_of_github_is_a_number(number: str) -> None:
    with pytest.raises(ValidationError):
        CiConfig(provider="github", repository="a/b", repository_owner_id="1", repository_id=number)


def test_on_gitlab_branches_plan_and_one_branch_deploys() -> None:
    assert plan_subjects(ON_GITLAB) == ("project_path:acme/tools/platform:ref_type:branch:ref:*",)
    assert deploy_subjects(ON_GITLAB, ("dev",)) == ("project_path:acme/tools/platform:ref_type:branch:ref:release",)


@pytest.mark.parametrize("ci", [ON_GITHUB, NUMBERED, ON_GITLAB], ids=["GitHub", "GitHub with numbers", "GitLab"])
def test_the_security_accounts_stack_takes_what_it_is_told_of_pipelines(ci: CiConfig) -> None:
    declared = read("security-account.yaml").parameters
    security = security_stacks(with_ci(ci), "o-1")[0]
    told = {name: it for name, it in security.parameters.items() if name.startswith("Ci")}
    assert told == stack_parameters(with_ci(ci))
    for name, value in told.items():
        declared[name].check(value)


def test_without_pipelines_the_stack_is_told_nothing_of_them() -> None:
    assert stack_parameters(config()) == {}


def test_an_existing_identity_provider_is_left_to_who_made_it() -> None:
    ci = ON_GITHUB.model_copy(update={"oidc_provider": "existing"})
    assert stack_parameters(with_ci(ci))["CiOidcProvider"] == "existing"


@pytest.mark.parametrize(
    ("arn", "pipeline"),
    [
        ("arn:aws:sts::111111111111:assumed-role/FlowopsCiRole/github-1-1", True),
        ("arn:aws:sts::111111111111:assumed-role/FlowopsCiPlanRole/botocore-session-1", True),
        ("arn:aws:iam::111111111111:user/flowable/ann", False),
        ("arn:aws:sts::111111111111:assumed-role/AuditRole/FlowopsCiRole", False),
        ("", False),
    ],
)
def test_only_the_two_roles_are_pipelines(arn: str, pipeline: bool) -> None:
    assert is_pipeline(arn) is pipeline


def test_a_role_is_named_by_its_account_and_path() -> None:
    assert role_arn(SECURITY, DEPLOY_ROLE) == f"arn:aws:iam::{SECURITY}:role/flowable/FlowopsCiRole"


def test_the_section_says_only_what_is_not_as_usual() -> None:
    assert entry(ON_GITHUB) == {"provider": "github", "repository": "acme/platform"}
    assert entry(ON_GITLAB)["host"] == "gitlab.example.com"


def test_a_section_that_stands_is_taken_as_it_is() -> None:
    assert wanted(CiRequest("github"), ON_GITHUB) is ON_GITHUB
    assert wanted(CiRequest("gitlab", branch="release"), ON_GITLAB) is ON_GITLAB


@pytest.mark.parametrize(
    ("request_", "standing_one", "said"),
    [
        (CiRequest("github"), None, "ORG/REPO is needed"),
        (CiRequest("gitlab"), None, "GROUP/PROJECT is needed"),
        (CiRequest("github", "acme"), None, "'acme' does not fit --repository"),
        (CiRequest("github", "acme/*"), None, "does not fit --repository"),
        (CiRequest("github", "acme/platform", "1", "*"), None, "'*' does not fit --repository-id"),
        (CiRequest("github", "acme/platform", "1"), None, "both numbers or none"),
        (CiRequest("github", repository_owner_id="1", repository_id="2"), ON_GITHUB, "repository_id: not set"),
        (CiRequest("gitlab", "acme/platform", host="https://gitlab.com"), None, "does not fit --host"),
        (CiRequest("gitlab", "acme/platform", branch="main*"), None, "does not fit --branch"),
        (CiRequest("gitlab"), ON_GITHUB, "provider: github"),
        (CiRequest("github", "acme/website"), ON_GITHUB, "repository: acme/platform"),
    ],
)
def test_what_cannot_be_is_refused(request_: CiRequest, standing_one: CiConfig | None, said: str) -> None:
    with pytest.raises(UsageError) as error:
        wanted(request_, standing_one)
    assert said in error.value.happened
    assert error.value.not_done == "Nothing was written."


def test_github_has_no_groups_of_groups() -> None:
    found = list(problems(with_ci(CiConfig(provider="github", repository="acme/tools/platform"))))
    assert [(it.path, it.text) for it in found] == [
        (("ci", "repository"), "'acme/tools/platform' is not ORG/REPO, as GitHub has it")
    ]


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_REPOSITORY": "acme/platform",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_TOKEN": "s3cret",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_PROJECT_ID": "42",
    "CI_MERGE_REQUEST_IID": "7",
    "GITLAB_TOKEN": "s3cret",
}


def test_a_comment_of_github_stands_at_the_pull_request() -> None:
    place = place_of(GITHUB)
    assert place.listed == "https://api.github.com/repos/acme/platform/issues/7/comments"
    assert (place.each, place.change) == ("https://api.github.com/repos/acme/platform/issues/comments", "PATCH")
    assert place.headers["Authorization"] == "Bearer s3cret"


def test_a_comment_of_gitlab_is_a_note_of_the_merge_request() -> None:
    place = place_of(GITLAB)
    notes = "https://gitlab.example.com/api/v4/projects/42/merge_requests/7/notes"
    assert (place.listed, place.each, place.change) == (notes, notes, "PUT")
    assert place.headers == {"PRIVATE-TOKEN": "s3cret"}


@pytest.mark.parametrize(
    ("environment", "kind", "said"),
    [
        ({}, UsageError, "no job of GitHub or GitLab"),
        ({**GITHUB, "GITHUB_REF": "refs/heads/main"}, UsageError, "no pull request"),
        ({**GITLAB, "CI_MERGE_REQUEST_IID": ""}, UsageError, "no merge request"),
        ({**GITHUB, "GITHUB_TOKEN": ""}, CredentialsError, "GITHUB_TOKEN is not set"),
        ({**GITLAB, "GITLAB_TOKEN": ""}, CredentialsError, "GITLAB_TOKEN is not set"),
    ],
)
def test_where_no_comment_can_stand_it_is_said(environment: dict[str, str], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        place_of(environment)


def test_a_comment_is_cut_where_it_would_be_too_long() -> None:
    assert comment_of(["## dev\n", "## prod\n"], 1000) == f"{MARKER}\n\n## dev\n\n## prod\n"
    cut = comment_of(["x" * 500], 300)
    assert len(cut) == 300
    assert cut.endswith("it is in the report of the job.\n")


def test_our_comment_is_the_machines_that_begins_with_the_mark() -> None:
    quoted = Comment(1, f"> {MARKER}\nlook at this", machine=True)
    persons = Comment(2, f"{MARKER} mine", machine=False)
    ours = Comment(3, f"{MARKER}\n\nplan")
    assert standing([quoted, persons]) is None
    assert standing([quoted, persons, ours]) is ours
