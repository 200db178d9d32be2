"""The port `Stacks`: one suite for the stacks in memory and for CloudFormation on the emulated AWS."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.errors import OperationFailed
from flowops.model.stack_changes import ChangeAction, ChangeSet, Replacement, stack_policy, way
from flowops.model.stack_drift import StackDrift
from flowops.model.stack_status import Way
from flowops.model.stacks import StackSpec
from flowops.operations.ports.aws import Stacks
from tests.fakes.cloudformation import FakeStacks
from tests.integration.organization import DEV, Home

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(params=["fake", "emulated"])
def stacks(request: pytest.FixtureRequest) -> Stacks:
    if request.param == "fake":
        return FakeStacks()
    home: Home = request.getfixturevalue("home")
    return CloudFormation(home.into(DEV))


class Subject:
    """One stack of a bucket and a role, with names of its own."""

    def __init__(self, stacks: Stacks) -> None:
        self.stacks = stacks
        self.id = f"s{uuid4().hex[:12]}"
        self.lines: list[str] = []
        self.resources: dict[str, dict[str, Any]] = {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": self.id}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": self.id, "AssumeRolePolicyDocument": TRUST}},
        }
        self.description = "one"

    @property
    def spec(self) -> StackSpec:
        tags = {"flowops:project": "flowable", "flowops:unit": self.id}
        return StackSpec(self.id, "dev", DEV, "template.json", {"Text": self.description}, tags)

    @property
    def template(self) -> str:
        self.resources["Role"]["Properties"]["Description"] = {"Ref": "Text"}
        return json.dumps(
            {
                "Parameters": {"Text": {"Type": "String"}},
                "Resources": self.resources,
                "Outputs": {"Name": {"Value": self.id}, "Given": {"Value": {"Ref": "Text"}}},
            }
        )

    def propose(self) -> ChangeSet:
        return self.stacks.propose(self.spec, self.template)

    def apply(self) -> None:
        self.stacks.execute(self.propose(), self.lines.append)


@pytest.fixture
def subject(stacks: Stacks) -> Subject:
    return Subject(stacks)


@pytest.fixture
def made(subject: Subject) -> Subject:
    subject.apply()
    return subject


def test_a_stack_that_is_not_there_is_nothing(stacks: Stacks) -> None:
    assert stacks.describe("nobody-made-it") is None
    assert stacks.settle("nobody-made-it", _silent) is None


def test_asking_what_a_new_stack_would_be_makes_nothing(subject: Subject) -> None:
    change_set = subject.propose()
    assert change_set.creates
    assert not change_set.empty
    assert {(it.action, it.logical_id, it.type, it.replacement) for it in change_set.changes} == {
        (ChangeAction.ADD, "Bucket", "AWS::S3::Bucket", Replacement.NEVER),
        (ChangeAction.ADD, "Role", "AWS::IAM::Role", Replacement.NEVER),
    }
    stack = subject.stacks.describe(subject.id)
    assert stack is not None
    assert stack.status == "REVIEW_IN_PROGRESS"
    assert not [it for it in subject.stacks.resources(subject.id) if it.exists]


def test_asking_twice_is_one_question(subject: Subject) -> None:
    assert subject.propose().id == subject.propose().id


def test_a_discarded_question_leaves_nothing_behind(subject: Subject) -> None:
    subject.stacks.discard(subject.propose())
    assert subject.stacks.describe(subject.id) is None


def test_executing_makes_the_stack_and_tells_its_events(made: Subject) -> None:
    stack = made.stacks.describe(made.id)
    assert stack is not None
    assert stack.status == "CREATE_COMPLETE"
    assert stack.succeeded
    assert stack.outputs == {"Name": made.id, "Given": "one"}
    assert stack.parameters == {"Text": "one"}
    assert not stack.secured
    assert {it.logical_id: it.exists for it in made.stacks.resources(made.id)} == {"Bucket": True, "Role": True}
    assert "CREATE_COMPLETE Bucket (AWS::S3::Bucket)" in made.lines


def test_the_same_again_is_no_change(made: Subject) -> None:
    change_set = made.propose()
    assert change_set.empty
    assert change_set.changes == ()
    made.stacks.discard(change_set)
    assert way(made.stacks.describe(made.id)) is Way.UPDATE


def test_a_change_in_place_replaces_nothing(made: Subject) -> None:
    made.description = "two"
    (change,) = made.propose().changes
    assert (change.action, change.logical_id, change.replacement) == (ChangeAction.MODIFY, "Role", Replacement.NEVER)
    made.apply()
    stack = made.stacks.describe(made.id)
    assert stack is not None
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.outputs["Given"] == "two"


def test_a_new_name_is_a_replacement(made: Subject) -> None:
    made.resources["Bucket"]["Properties"]["BucketName"] = f"{made.id}-2"
    (change,) = made.propose().changes
    assert (change.logical_id, change.replacement) == ("Bucket", Replacement.ALWAYS)
    assert change.guarded


def test_what_the_template_no_longer_has_is_removed(made: Subject) -> None:
    del made.resources["Bucket"]
    (change,) = made.propose().changes
    assert (change.action, change.logical_id) == (ChangeAction.REMOVE, "Bucket")


def test_a_discarded_update_leaves_the_stack_as_it_is(made: Subject) -> None:
    made.description = "two"
    made.stacks.discard(made.propose())
    stack = made.stacks.describe(made.id)
    assert stack is not None
    assert stack.outputs["Given"] == "one"


def test_a_secured_stack_loses_no_guarded_resource_and_cannot_be_deleted(made: Subject) -> None:
    made.stacks.secure(made.id, stack_policy())
    stack = made.stacks.describe(made.id)
    assert stack is not None
    assert stack.secured
    made.resources["Bucket"]["Properties"]["BucketName"] = f"{made.id}-2"
    with pytest.raises(OperationFailed, match=r"Bucket .*denied by stack policy"):
        made.apply()
    with pytest.raises(OperationFailed, match="TerminationProtection"):
        made.stacks.delete(made.id, _silent)
    assert way(made.stacks.describe(made.id)) is Way.UPDATE


def test_a_lifted_policy_lets_the_named_resource_go(made: Subject) -> None:
    made.stacks.secure(made.id, stack_policy({"Bucket"}))
    made.resources["Bucket"]["Properties"]["BucketName"] = f"{made.id}-2"
    made.apply()
    buckets = [it.physical_id for it in made.stacks.resources(made.id) if it.logical_id == "Bucket" and it.exists]
    assert buckets == [f"{made.id}-2"]


def test_a_failed_creation_names_the_resource_and_can_be_cleared(subject: Subject) -> None:
    subject.resources["Twin"] = json.loads(json.dumps(subject.resources["Role"]))
    with pytest.raises(OperationFailed, match=r"is ROLLBACK_COMPLETE: .*(Twin|Role).* CREATE_FAILED"):
        subject.apply()
    stack = subject.stacks.describe(subject.id)
    assert stack is not None
    assert stack.status == "ROLLBACK_COMPLETE"
    assert not [it for it in subject.stacks.resources(subject.id) if it.exists]
    assert subject.stacks.failures(subject.id)
    subject.stacks.delete(subject.id, subject.lines.append)
    assert subject.stacks.describe(subject.id) is None
    del subject.resources["Twin"]
    subject.apply()


def test_nobody_else_waits_for_a_stack_of_ones_own(made: Subject) -> None:
    made.description = "two"
    assert made.stacks.waiting(made.propose()) == ()


def test_what_nobody_touched_has_not_drifted(made: Subject) -> None:
    assert made.stacks.drift(made.id) == StackDrift()


def test_only_a_failed_rollback_is_continued(made: Subject) -> None:
    with pytest.raises(OperationFailed, match="rollback can not be continued"):
        made.stacks.roll_back(made.id, (), _silent)
    with pytest.raises(OperationFailed, match="rollback can not be continued"):
        made.stacks.roll_back(made.id, ("Bucket",), _silent)


def test_only_a_failed_deletion_can_leave_resources_behind(made: Subject) -> None:
    with pytest.raises(OperationFailed, match="only when the stack is in the DELETE_FAILED state"):
        made.stacks.delete(made.id, _silent, retain=("Bucket",))
    assert made.stacks.describe(made.id) is not None


def test_a_template_that_makes_no_sense_leaves_nothing_behind(subject: Subject) -> None:
    spec = StackSpec(subject.id, "dev", DEV, "template.json", {}, {})
    with pytest.raises(OperationFailed, match=r"CloudFormation refuses template.json for stack dev/"):
        subject.stacks.propose(spec, subject.template)
    assert subject.stacks.describe(subject.id) is None


def _silent(line: str) -> None:
    """Hear nothing."""
