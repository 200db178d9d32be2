"""A pipeline's way into an environment: its token, the role of pipelines, the ExternalId, the environment's role."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.toolchain import Toolchain
from flowops.errors import CredentialsError, FlowopsError, Refused
from flowops.model.access import Access
from flowops.model.ci import DEPLOY_ROLE, PLAN_ROLE, role_arn
from flowops.model.config import CiConfig, Config
from flowops.model.deployment import Environment
from tests.integration.bootstrapped import EXTERNAL_ID, Project, outcomes
from tests.integration.cluster_tokens import GET_TOKEN, asked, holder
from tests.integration.organization import DEV, REGION, SECURITY, Home, organization

GITHUB, GITLAB = "token.actions.githubusercontent.com", "gitlab.example.com"
PROFILE = "flowable-devops-admin"


class OnGithub(Project):
    """A project whose pipelines run on GitHub."""

    @property
    def config(self) -> Config:
        ci = CiConfig(provider="github", repository="acme/platform", repository_owner_id="101", repository_id="202")
        return super().config.model_copy(update={"ci": ci})


class OnGitlab(Project):
    """A project whose pipelines run on a GitLab of its own."""

    @property
    def config(self) -> Config:
        ci = CiConfig(provider="gitlab", repository="acme/tools/platform", host=GITLAB)
        return super().config.model_copy(update={"ci": ci})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with organization(tmp_path_factory.mktemp("pipelines")) as made:
        yield made


@pytest.fixture(scope="module")
def on_github(home: Home, tmp_path_factory: pytest.TempPathFactory) -> OnGithub:
    project = OnGithub(home, tmp_path_factory.mktemp("github"))
    assert project.bootstrap(answers=(True, True)).problems == ()
    return project


def token(host: str, subject: str, *, audience: str = "sts.amazonaws.com", minutes: float = 5) -> str:
    """Return a token as its host would sign it; the emulator takes the host's word for granted."""
    now = datetime.now(UTC)
    claims = {
        "iss": f"https://{host}",
        "aud": audience,
        "sub": subject,
        "exp": (now + timedelta(minutes=minutes)).timestamp(),
    }
    parts = ({"alg": "RS256"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(it).encode()).decode().rstrip("=") for it in parts), "x"])


def job(project: Project, folder: Path, role: str, word: str) -> EnvironmentAws:
    """Return AWS as a job sees it that signed in as the workflows do."""
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text(word)
    lines = (
        f"[profile {PROFILE}]",
        f"region = {REGION}",
        f"role_arn = {role_arn(SECURITY, role)}",
        f"web_identity_token_file = {folder / 'token'}",
        "role_session_name = github-1-1",
    )
    (folder / "config").write_text("\n".join(lines) + "\n")
    facts = project.facts_file.read()
    assert facts is not None

    def nobody(serial: str) -> str:
        raise AssertionError(f"a pipeline is asked for a code of {serial}")

    return EnvironmentAws(
        project.home.sessions(folder),
        project.config,
        facts,
        mfa=nobody,
        sessions_folder=folder / "sessions",
        clock=lambda: datetime.now(UTC),
    )


def dev() -> Environment:
    return Environment("dev", "dev", PurePosixPath("aws/non-prod/eu-central-1/dev"), False, ("foundation",), ())


def test_a_bootstrap_makes_the_roles_of_pipelines(on_github: OnGithub) -> None:
    iam = on_github.home.into(SECURITY).client("iam")
    for role, policy in ((DEPLOY_ROLE, "FlowopsCiPolicy"), (PLAN_ROLE, "FlowopsCiPlanPolicy")):
        found = iam.get_role(RoleName=role)["Role"]
        assert found["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(f":policy/flowable/{policy}")
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert [it["PolicyName"] for it in attached] == [policy]


@pytest.mark.parametrize("repository", ["acme/platform", "acme@101/platform@202"])
def test_a_pull_request_becomes_the_plan_role_and_presents_the_external_id(
    on_github: OnGithub, tmp_path: Path, repository: str
) -> None:
    cloud = job(on_github, tmp_path, PLAN_ROLE, token(GITHUB, f"repo:{repository}:pull_request"))
    acting = cloud.act(dev(), Access.READ, tmp_path / "run")
    assert acting.arn == f"arn:aws:sts::{DEV}:assumed-role/FlowopsPlanRole/flowops"
    assert acting.operator == f"arn:aws:sts::{SECURITY}:assumed-role/FlowopsCiPlanRole/github-1-1"
    assert acting.env["FLOWOPS_ASSUME_ROLE_EXTERNAL_ID"] == EXTERNAL_ID


def test_it_may_read_the_repositorys_credentials_and_not_deploy(on_github: OnGithub, tmp_path: Path) -> None:
    cloud = job(on_github, tmp_path, PLAN_ROLE, token(GITHUB, "repo:acme/platform:ref:refs/heads/main"))
    with pytest.raises(CredentialsError, match="DevOpsAdminRole"):
        cloud.act(dev(), Access.WRITE, tmp_path / "run")


@pytest.mark.parametrize("repository", ["acme/platform", "acme@101/platform@202"])
def test_a_protected_environment_becomes_the_deploy_role(on_github: OnGithub, tmp_path: Path, repository: str) -> None:
    cloud = job(on_github, tmp_path, DEPLOY_ROLE, token(GITHUB, f"repo:{repository}:environment:dev"))
    acting = cloud.act(dev(), Access.WRITE, tmp_path / "run")
    assert acting.arn == f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/flowops"
    assert cloud.act(dev(), Access.READ, tmp_path / "run").arn.endswith("assumed-role/FlowopsPlanRole/flowops")


@pytest.mark.parametrize(
    ("role", "subject", "audience"),
    [
        (DEPLOY_ROLE, "repo:acme/platform:ref:refs/heads/main", "sts.amazonaws.com"),
        (DEPLOY_ROLE, "repo:acme/platform:environment:sandbox", "sts.amazonaws.com"),
        (DEPLOY_ROLE, "repo:mallory/platform:environment:dev", "sts.amazonaws.com"),
        (DEPLOY_ROLE, "repo:acme@101/platform@203:environment:dev", "sts.amazonaws.com"),
        (PLAN_ROLE, "repo:mallory/platform:pull_request", "sts.amazonaws.com"),
        (PLAN_ROLE, "repo:acme/website:ref:refs/heads/main", "sts.amazonaws.com"),
        (PLAN_ROLE, "repo:acme/platform:pull_request", "https://github.com/acme"),
    ],
)
def test_any_other_token_gets_nothing(
    on_github: OnGithub, tmp_path: Path, role: str, subject: str, audience: str
) -> None:
    cloud = job(on_github, tmp_path, role, token(GITHUB, subject, audience=audience))
    with pytest.raises(FlowopsError):
        cloud.act(dev(), Access.READ, tmp_path / "run")


def test_a_token_that_has_ended_gets_nothing(on_github: OnGithub, tmp_path: Path) -> None:
    cloud = job(on_github, tmp_path, PLAN_ROLE, token(GITHUB, "repo:acme/platform:pull_request", minutes=-1))
    with pytest.raises(FlowopsError, match=r"[Tt]oken expired"):
        cloud.act(dev(), Access.READ, tmp_path / "run")


@pytest.mark.parametrize(
    ("role", "subject", "access"),
    [(PLAN_ROLE, "pull_request", Access.READ), (DEPLOY_ROLE, "environment:dev", Access.WRITE)],
)
def test_its_token_for_the_cluster_is_that_of_the_environments_role(
    on_github: OnGithub, own_toolchain: Toolchain, tmp_path: Path, role: str, subject: str, access: Access
) -> None:
    acting = job(on_github, tmp_path, role, token(GITHUB, f"repo:acme/platform:{subject}")).act(
        dev(), access, tmp_path / "run"
    )
    aws, env = own_toolchain.require("aws"), {"PATH": os.environ["PATH"], **acting.env}
    by_itself = (*GET_TOKEN, "--role-arn", acting.env["FLOWOPS_ASSUME_ROLE_ARN"])
    refused = asked(aws, by_itself, {**env, "AWS_PROFILE": PROFILE}, tmp_path)
    assert "AccessDenied" in refused.stderr
    led = asked(aws, GET_TOKEN, {**env, "AWS_PROFILE": acting.env["FLOWOPS_ASSUME_ROLE_PROFILE"]}, tmp_path)
    assert led.succeeded, led.stderr
    assert holder(led.stdout).startswith(f"arn:aws:sts::{DEV}:assumed-role/{access.value}/flowops-")


def test_an_hour_later_a_new_token_renews_what_the_job_has(on_github: OnGithub, tmp_path: Path) -> None:
    cloud = job(on_github, tmp_path, PLAN_ROLE, token(GITHUB, "repo:acme/platform:pull_request"))
    first = cloud.operator().credentials
    assert cloud.operator().renewing
    (tmp_path / "token").write_text(token(GITHUB, "repo:acme/platform:pull_request"))
    cloud.runway(timedelta(hours=2))
    assert cloud.operator().credentials.access_key != first.access_key


def test_pipelines_may_move_to_gitlab_and_away(on_github: OnGithub, home: Home, tmp_path: Path) -> None:
    moved = OnGitlab(home, tmp_path / "moved")
    result = moved.bootstrap("security", answers=(True,))
    assert outcomes(result)["security/flowops-security"].name == "UPDATED"
    moved.facts_file.write(on_github.facts_file.read())  # type: ignore[arg-type]
    main = token(GITLAB, "project_path:acme/tools/platform:ref_type:branch:ref:main")
    deploying = job(moved, tmp_path / "deploy", DEPLOY_ROLE, main)
    assert deploying.act(dev(), Access.WRITE, tmp_path / "run").arn.endswith("DevOpsAdminRole/flowops")
    feature = token(GITLAB, "project_path:acme/tools/platform:ref_type:branch:ref:feature/x")
    with pytest.raises(FlowopsError):
        job(moved, tmp_path / "feature", DEPLOY_ROLE, feature).act(dev(), Access.WRITE, tmp_path / "run")
    gone = Project(home, tmp_path / "gone")
    with pytest.raises(Refused, match="CiRole"):
        gone.bootstrap("security", answers=(True,))
    gone.bootstrap("security", allow_replace=("CiRole", "CiPlanRole"), answers=(True,))
    iam = home.into(SECURITY).client("iam")
    assert not [it for it in iam.list_roles(PathPrefix="/flowable/")["Roles"] if "Ci" in it["RoleName"]]
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
