"""Each of CloudFormation's 23 statuses is reached, and lets happen to its stack what AWS lets happen."""

from __future__ import annotations

import json

import botocore.session
import pytest

from flowops.rehearsal.cloudformation.errors import Rejected
from tests.unit.rehearsal.cloudformation.statuses import REACH, Subject, bring, two_things
from tests.unit.rehearsal.cloudformation.world import Cloud

# AWS CloudFormation User Guide: "Update stacks", "Stack failure options", "Delete a stack", "Continue rolling back".
TAKE_UPDATES = {
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
TELL_DRIFT = (TAKE_UPDATES - {"CREATE_FAILED", "UPDATE_FAILED"}) | {"UPDATE_ROLLBACK_FAILED"}


def every_status() -> list[str]:
    """Return what the API itself says there is."""
    shape = botocore.session.get_session().get_service_model("cloudformation").shape_for("StackStatus")
    return sorted(shape.enum)


def allows(cloud: Cloud, action: str, **given: object) -> bool:
    """Whether an action may happen; a refusal has to name the status, not something that is wrong with the call."""
    refusal = ""
    try:
        cloud.ask(action, StackName="s", **given)
    except Rejected as refused:
        refusal = str(refused)
    assert not refusal or "state" in refusal or "status" in refusal
    return not refusal


@pytest.fixture(params=every_status())
def status(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def subject(status: str) -> Subject:
    return Subject(Cloud(), "s", two_things(), {})


def test_there_are_23() -> None:
    assert len(every_status()) == 23
    assert sorted(REACH) == every_status()


def test_every_status_is_reached(subject: Subject, status: str) -> None:
    end = bring(subject, status)
    (found,) = [it["StackStatus"] for it in subject.cloud.ask("list_stacks")["StackSummaries"]]
    assert found == status
    end()
    subject.cloud.settle()


def test_only_whole_stacks_take_updates(subject: Subject, status: str) -> None:
    end = bring(subject, status)
    body = json.dumps(subject.with_more("9"))
    if status != "DELETE_COMPLETE":
        assert allows(subject.cloud, "update_stack", TemplateBody=body) is (status in TAKE_UPDATES)
    end()
    subject.cloud.settle()


def test_only_whole_stacks_tell_their_drift(subject: Subject, status: str) -> None:
    end = bring(subject, status)
    if status != "DELETE_COMPLETE":
        assert allows(subject.cloud, "detect_stack_drift") is (status in TELL_DRIFT)
    end()
    subject.cloud.settle()


def test_only_a_failed_rollback_is_continued(subject: Subject, status: str) -> None:
    end = bring(subject, status)
    if status != "DELETE_COMPLETE":
        assert allows(subject.cloud, "continue_update_rollback") is (status == "UPDATE_ROLLBACK_FAILED")
    end()
    subject.cloud.settle()


def test_only_a_failed_deletion_leaves_resources_behind(subject: Subject, status: str) -> None:
    end = bring(subject, status)
    if status not in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
        assert allows(subject.cloud, "delete_stack", RetainResources=["A"]) is (status == "DELETE_FAILED")
    end()
    subject.cloud.settle()


def test_protection_keeps_a_stack_in_every_status(subject: Subject, status: str) -> None:
    end = bring(subject, status)
    if status not in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
        subject.cloud.ask("update_termination_protection", StackName="s", EnableTerminationProtection=True)
        with pytest.raises(Rejected, match=r"Stack \[s\] cannot be deleted while TerminationProtection is enabled"):
            subject.cloud.ask("delete_stack", StackName="s")
    end()
    subject.cloud.settle()
