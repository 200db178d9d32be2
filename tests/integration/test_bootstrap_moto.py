"""Three accounts bootstrapped for real on the emulated AWS: what is made, what stays, what is refused."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowops.adapters.aws.operator import open_operator
from flowops.errors import CredentialsError, Exit, Refused
from flowops.model.bootstrap import BootstrapPlan, BootstrapResult, StackOutcome
from flowops.model.rendering import RenderState
from flowops.operations.render import render
from tests.integration.bootstrapped import BUCKET, CANARY, EXTERNAL_ID, Project, outcomes
from tests.integration.hired import hire
from tests.integration.organization import DEV, PROD, SECURITY, Home


@pytest.fixture(scope="module")
def first(home: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, BootstrapResult, list[BootstrapPlan]]:
    """Bootstrap empty accounts."""
    project = Project(home, tmp_path_factory.mktemp("project"))
    result = project.bootstrap()
    return project, result, project.console.asked


@pytest.fixture
def project(first: tuple[Project, BootstrapResult, list[BootstrapPlan]], tmp_path: Path) -> Project:
    """Return a fresh copy of the project whose accounts are bootstrapped."""
    copy = Project(first[0].home, tmp_path / "project")
    shutil.copy(first[0].folder / "flowops.lock", copy.folder)
    return copy


def test_the_first_bootstrap_makes_every_stack_in_two_phases(
    first: tuple[Project, BootstrapResult, list[BootstrapPlan]],
) -> None:
    project, result, asked = first
    assert [it.error for it in result.stacks if it.error] == []
    assert set(outcomes(result).values()) == {StackOutcome.CREATED}
    assert len(outcomes(result)) == 5
    assert result.exit_code is Exit.FINE
    assert [it.accounts for it in asked] == [("security",), ("dev", "prod")]
    assert asked[0].follows == ("dev/flowops-environment", "prod/flowops-environment")
    assert any("CREATE_COMPLETE StateBucket (AWS::S3::Bucket)" in line for line in project.console.lines)
    assert result.facts is not None
    assert result.facts.accounts["security"].outputs["StateBucketName"] == BUCKET
    assert result.facts.accounts["dev"].external_id == EXTERNAL_ID
    assert result.facts.environments["dev"].outputs["DevOpsAdminGroupName"] == "dev_dev_ops_admin"


def test_it_ends_with_rendered_files_that_are_not_stale(
    first: tuple[Project, BootstrapResult, list[BootstrapPlan]],
) -> None:
    project, result, _ = first
    assert result.rendered is not None
    assert [it.state for it in result.rendered.files] == [RenderState.WRITTEN] * 2
    text = (project.folder / "deployments/aws/prod/account.hcl").read_text()
    assert f'role   = "arn:aws:iam::{PROD}:role/flowable/DevOpsAdminRole"' in text
    checked = render(project.config, facts=project.facts_file.read(), templates=project.templates, check=True)
    assert checked.exit_code is Exit.FINE


def test_secrets_at_hand_are_stored_and_shown_nowhere(
    first: tuple[Project, BootstrapResult, list[BootstrapPlan]],
) -> None:
    project, result, asked = first
    secrets = project.home.into(SECURITY)
    stored = secrets.call("secretsmanager", "GetSecretValue", SecretId="/flowable/repository")["SecretString"]
    assert json.loads(stored) == {"username": "user", "password": CANARY}
    license_text = secrets.call("secretsmanager", "GetSecretValue", SecretId="/flowable/dev/license")["SecretString"]
    assert license_text == f"license {CANARY}"
    assert [(it.name, it.filled) for it in result.secrets] == [
        ("repository", True),
        ("license dev", True),
        ("license prod", False),
    ]
    assert CANARY not in f"{result} {asked} {project.console.lines} {project.facts_file.read()}"


def test_every_stack_is_protected_against_deletion_and_loss(
    first: tuple[Project, BootstrapResult, list[BootstrapPlan]],
) -> None:
    project, result, _ = first
    cloud, ids = project.home.cloud(), {"security": SECURITY, "dev": DEV, "prod": PROD}
    for it in result.stacks:
        stack = cloud.enter(it.account, ids[it.account]).stacks.describe(it.stack)
        assert stack is not None
        assert stack.secured, it


def test_a_second_bootstrap_says_no_changes(project: Project) -> None:
    result = project.bootstrap()
    assert set(outcomes(result).values()) == {StackOutcome.UNCHANGED}
    assert result.exit_code is Exit.FINE
    assert project.console.asked == []
    assert project.console.lines == []


def test_removing_the_state_bucket_from_the_template_is_refused(project: Project) -> None:
    _remove_state_bucket(project)
    with pytest.raises(Refused, match=r"StateBucket \(AWS::S3::Bucket\) would be removed"):
        project.bootstrap()
    assert project.console.asked == []
    assert BUCKET in _buckets(project.home)


def test_one_environments_account_that_fails_leaves_the_bootstrap_partly_done(project: Project) -> None:
    iam = project.home.into(PROD)
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.call("iam", "CreateRole", RoleName="Taken", AssumeRolePolicyDocument=json.dumps(trust))
    _add_role(project, "Taken")
    result = project.bootstrap()
    assert outcomes(result)["dev/flowops-environment"] is StackOutcome.UPDATED
    assert outcomes(result)["prod/flowops-environment"] is StackOutcome.FAILED
    assert "Taken" in str(result.stacks[-1].error)
    assert result.exit_code is Exit.PARTLY_DONE
    again = Project(project.home, project.folder / "again").bootstrap("dev", allow_replace=("Taken",))
    assert again.exit_code is Exit.FINE


def test_the_operator_comes_through_the_whole_chain(project: Project, tmp_path: Path) -> None:
    phone = hire(project.home, "chain", "dev_dev_ops_admin", profile="flowable-devops-admin")
    sessions = project.home.sessions()
    operator = open_operator(
        sessions,
        "flowable-devops-admin",
        phone,
        tmp_path / "cache",
        lambda: datetime.now(UTC),
    )
    for role in ("DevOpsAdminRole", "FlowopsPlanRole"):
        session = operator.assume(f"arn:aws:iam::{DEV}:role/flowable/{role}", "chain")
        assert sessions.verify_account(session, DEV, "dev").arn.endswith(f":assumed-role/{role}/chain")
    with pytest.raises(CredentialsError, match=f"AssumeRole of arn:aws:iam::{PROD}:role/flowable/DevOpsAdminRole"):
        operator.assume(f"arn:aws:iam::{PROD}:role/flowable/DevOpsAdminRole", "chain")


def _buckets(home: Home) -> set[str]:
    return {it["Name"] for it in home.into(SECURITY).call("s3", "ListBuckets")["Buckets"]}


def _remove_state_bucket(project: Project) -> None:
    """Take the bucket and its policy out of the template, and keep the output that others need."""
    path = project.folder / "bootstrap" / "security-account.yaml"
    lines, keep = [], True
    for line in path.read_text().splitlines():
        starts = line.startswith("  ") and not line.startswith("   ") and line.strip().endswith(":")
        if starts or not line.startswith(" "):
            keep = line.strip() not in ("StateBucket:", "StateBucketPolicy:")
        lines += [line] if keep else []
    text = "\n".join(lines).replace("!GetAtt StateBucket.Arn", f"arn:aws:s3:::{BUCKET}")
    path.write_text(text.replace("!Ref StateBucket", BUCKET) + "\n")


def _add_role(project: Project, name: str) -> None:
    project.edit(
        "environment-account.yaml",
        "\nOutputs:\n",
        f"""
  {name}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {name}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{Service: ec2.amazonaws.com}}
            Action: sts:AssumeRole

Outputs:
""",
    )
