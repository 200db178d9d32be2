"""Bootstrap stacks that failed on the emulated AWS, each because of something that somebody really did."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowops.errors import Exit, Refused, UnknownTarget
from flowops.model.bootstrap import StackAction, StackOutcome
from tests.integration.bootstrapped import Project, outcomes
from tests.integration.organization import DEV, Home

STACK = "flowops-environment"
ROLE = "FlowableUserRole"
USERS = "      RoleName: FlowableUserRole\n      Path: /flowable/\n      Description: "
TRUST = {"Version": "2012-10-17", "Statement": []}
KEPT_BUCKET = """
  KeptBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: {BucketName: !Sub "kept-${AWS::AccountId}"}
  TakenRole:
    Type: AWS::IAM::Role
    DependsOn: KeptBucket
    Properties:
      RoleName: Taken
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}

Outputs:
"""


@pytest.fixture(scope="module")
def bootstrapped(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(home, tmp_path_factory.mktemp("project"))
    assert project.bootstrap().exit_code is Exit.FINE
    return project


@pytest.fixture
def project(bootstrapped: Project, tmp_path: Path) -> Iterator[Project]:
    """Return a copy of the project; dev's stack is whole again before and after."""
    copy = Project(bootstrapped.home, tmp_path / "project")
    shutil.copy(bootstrapped.folder / "flowops.lock", copy.folder)
    yield copy
    copy.folder = bootstrapped.folder
    assert copy.bootstrap().exit_code is Exit.FINE


def call(project: Project, service: str, operation: str, **given: Any) -> dict[str, Any]:
    return project.home.into(DEV).call(service, operation, **given)


def remove_role(project: Project) -> None:
    """Delete the role by hand, with what it holds."""
    for name in call(project, "iam", "ListRolePolicies", RoleName=ROLE)["PolicyNames"]:
        call(project, "iam", "DeleteRolePolicy", RoleName=ROLE, PolicyName=name)
    for policy in call(project, "iam", "ListAttachedRolePolicies", RoleName=ROLE)["AttachedPolicies"]:
        call(project, "iam", "DetachRolePolicy", RoleName=ROLE, PolicyArn=policy["PolicyArn"])
    call(project, "iam", "DeleteRole", RoleName=ROLE)


def delete_stack(project: Project) -> str:
    """Delete dev's stack by hand, and return the status it ends in."""
    session = project.home.into(DEV)
    arn = session.call("cloudformation", "DescribeStacks", StackName=STACK)["Stacks"][0]["StackId"]
    named = {"StackName": STACK}
    session.call("cloudformation", "UpdateTerminationProtection", EnableTerminationProtection=False, **named)
    session.call("cloudformation", "DeleteStack", **named)
    project.home.cloud().enter("dev", DEV).stacks.settle(arn, lambda line: None)
    return str(session.call("cloudformation", "DescribeStacks", StackName=arn)["Stacks"][0]["StackStatus"])


def actions(project: Project) -> list[StackAction]:
    return [it.action for plan in project.console.shown for it in plan.stacks]


def test_a_rollback_that_fails_is_continued_once_the_cause_is_known(project: Project) -> None:
    remove_role(project)
    project.edit("environment-account.yaml", f"{USERS}", f"{USERS}Now ")

    # Told before the question: the role is not there any more. The operator goes on all the same.
    failed = project.bootstrap("dev")
    (plan,) = project.console.asked
    assert [(it.logical_id, it.deleted) for it in plan.stacks[0].drift.resources] == [(ROLE, True)]
    assert "is UPDATE_ROLLBACK_FAILED: FlowableUserRole (AWS::IAM::Role) UPDATE_FAILED" in str(failed.stacks[0].error)
    assert failed.exit_code is Exit.PARTLY_DONE

    again = project.bootstrap("dev")
    assert actions(project) == [StackAction.ROLL_BACK]
    error = again.stacks[0].error
    assert error is not None
    assert f"failed again:\n  {ROLE} (AWS::IAM::Role {ROLE}): " in error.happened
    assert f"flowops bootstrap dev --skip-resource {ROLE}" in error.next_step

    with pytest.raises(UnknownTarget, match=f"known: {ROLE}"):
        project.bootstrap("dev", skip=("DevOpsAdminRole",))

    project.edit("environment-account.yaml", f"{USERS}Now ", f"{USERS}")
    recovered = project.bootstrap("dev", skip=(ROLE,))
    assert actions(project) == [StackAction.ROLL_BACK, StackAction.NONE]
    assert outcomes(recovered) == {f"dev/{STACK}": StackOutcome.RECOVERED}
    assert recovered.exit_code is Exit.FINE

    call(project, "iam", "CreateRole", RoleName=ROLE, Path="/flowable/", AssumeRolePolicyDocument=json.dumps(TRUST))
    project.edit("environment-account.yaml", f"{USERS}", f"{USERS}Now ")
    assert outcomes(project.bootstrap("dev")) == {f"dev/{STACK}": StackOutcome.UPDATED}


def test_a_deletion_that_fails_is_tried_again_and_the_stack_made_anew(project: Project) -> None:
    call(project, "iam", "CreateInstanceProfile", InstanceProfileName="by-hand")
    call(project, "iam", "AddRoleToInstanceProfile", InstanceProfileName="by-hand", RoleName=ROLE)
    assert delete_stack(project) == "DELETE_FAILED"

    with pytest.raises(Refused, match=rf"dev/{STACK}: {ROLE} \(AWS::IAM::Role\) would be removed") as refused:
        project.bootstrap("dev")
    assert f"flowops bootstrap dev --retain-resource {ROLE}" in refused.value.next_step
    assert f"cannot be made again before {ROLE} is gone or renamed" in refused.value.happened

    # Nobody took the role out of the profile: the deletion is tried, and says so.
    stubborn = project.bootstrap("dev", allow_replace=(ROLE,))
    assert actions(project) == [StackAction.DELETE_AGAIN]
    assert "instance profile" in str(stubborn.stacks[0].error)

    call(project, "iam", "RemoveRoleFromInstanceProfile", InstanceProfileName="by-hand", RoleName=ROLE)
    made = project.bootstrap("dev", allow_replace=(ROLE,))
    assert actions(project) == [StackAction.DELETE_AGAIN, StackAction.CREATE]
    assert outcomes(made) == {f"dev/{STACK}": StackOutcome.CREATED}
    assert made.exit_code is Exit.FINE


def test_a_resource_that_a_deletion_left_behind_is_out_of_the_stack_and_in_the_way(project: Project) -> None:
    call(project, "iam", "CreateInstanceProfile", InstanceProfileName="held")
    call(project, "iam", "AddRoleToInstanceProfile", InstanceProfileName="held", RoleName=ROLE)
    assert delete_stack(project) == "DELETE_FAILED"

    made = project.bootstrap("dev", retain=(ROLE,))
    assert "what bears its name cannot be made until it is gone" in project.console.asked[0].stacks[0].note
    assert actions(project) == [StackAction.DELETE_AGAIN, StackAction.CREATE]
    assert ROLE in str(made.stacks[0].error)
    assert made.exit_code is Exit.PARTLY_DONE

    call(project, "iam", "RemoveRoleFromInstanceProfile", InstanceProfileName="held", RoleName=ROLE)
    remove_role(project)
    assert outcomes(project.bootstrap("dev")) == {f"dev/{STACK}": StackOutcome.CREATED}
    assert actions(project) == [StackAction.CLEAR, StackAction.CREATE]


def test_what_a_failed_creation_retains_is_named_before_it_is_in_the_way(project: Project) -> None:
    assert delete_stack(project) == "DELETE_COMPLETE"
    call(project, "iam", "CreateRole", RoleName="Taken", AssumeRolePolicyDocument=json.dumps(TRUST))
    project.edit("environment-account.yaml", "\nOutputs:\n", KEPT_BUCKET)
    failed = project.bootstrap("dev")
    assert "is ROLLBACK_COMPLETE: TakenRole" in str(failed.stacks[0].error)

    explained = project.bootstrap("dev").stacks[0].error
    assert explained is not None
    assert f"KeptBucket (AWS::S3::Bucket kept-{DEV}): kept by its DeletionPolicy" in explained.happened
    assert "on which a stack made anew fails: KeptBucket" in explained.happened
    assert "flowops bootstrap dev --retain-resource KeptBucket" in explained.next_step

    call(project, "s3", "DeleteBucket", Bucket=f"kept-{DEV}")
    call(project, "iam", "DeleteRole", RoleName="Taken")
    project.edit("environment-account.yaml", KEPT_BUCKET, "\nOutputs:\n")
    made = project.bootstrap("dev", retain=("KeptBucket",))
    assert actions(project) == [StackAction.CLEAR, StackAction.CREATE]
    assert made.exit_code is Exit.FINE
