"""What an operator reads before saying yes to a bootstrap."""

from __future__ import annotations

import io
from pathlib import PurePosixPath

from flowops.cli.context import Invocation
from flowops.cli.view.bootstrap import LONGEST_VALUE, bootstrap_result, plan_table, render_result
from flowops.cli.view.result import envelope
from flowops.cli.view.tables import writer
from flowops.errors import OperationFailed, PartlyDone
from flowops.model.bootstrap import BootstrapPlan, BootstrapResult, StackAction, StackOutcome, StackPlan, StackResult
from flowops.model.rendering import RenderedFile, RenderResult, RenderState
from flowops.model.stack_changes import ChangeAction, ChangeSet, ResourceChange
from flowops.model.stack_drift import DriftedResource, PropertyDrift, StackDrift
from flowops.model.stacks import StackSpec

SPEC = StackSpec("flowops-environment", "dev", "222222222222", "environment-account.yaml", {}, {})
CHANGE = ChangeSet(
    "flowops-environment", "arn", False, (ResourceChange(ChangeAction.MODIFY, "Role", "AWS::IAM::Role"),)
)


def shown(*stacks: StackPlan) -> str:
    stream = io.StringIO()
    writer(stream).print(plan_table(BootstrapPlan(("dev",), stacks)))
    return stream.getvalue()


def test_what_is_changed_behind_a_stacks_back_stands_under_its_changes_with_both_values() -> None:
    drift = StackDrift(
        (
            DriftedResource("Boundary", "AWS::IAM::ManagedPolicy", deleted=True),
            DriftedResource("Role", "AWS::IAM::Role", (PropertyDrift("/Description", "ours", "x" * 200),)),
        )
    )
    text = shown(StackPlan(SPEC, StackAction.UPDATE, CHANGE, drift=drift))
    assert text.splitlines()[-4:] == [
        "dev/flowops-environment: changed behind its back; the update overwrites this or fails on it:",
        f"  Role (AWS::IAM::Role) /Description: ours in its template, {'x' * LONGEST_VALUE}… now",
        "dev/flowops-environment: changed behind its back; the update does not touch this:",
        "  Boundary (AWS::IAM::ManagedPolicy) was deleted",
    ]


def test_a_detection_that_failed_does_not_look_like_no_drift() -> None:
    text = shown(StackPlan(SPEC, StackAction.UPDATE, CHANGE, drift=StackDrift(trouble="it takes too long")))
    assert "whether it was changed behind its back cannot be told: it takes too long" in text


def test_one_trouble_of_many_stacks_is_explained_once() -> None:
    needed = OperationFailed("flowops-security failed, which everything else needs.", next_step="flowops bootstrap")
    failed = StackResult("security", "flowops-security", StackOutcome.FAILED, OperationFailed("the template is wrong"))
    left = [StackResult(account, "flowops-environment", StackOutcome.NOT_RUN, needed) for account in ("dev", "prod")]
    stream = io.StringIO()
    writer(stream).print(bootstrap_result(BootstrapResult((failed, *left)), str).text)
    told = stream.getvalue().splitlines()
    assert "security/flowops-security: the template is wrong" in told
    assert told.count("flowops-security failed, which everything else needs.") == 1


def test_no_drift_is_not_worth_a_line() -> None:
    assert "behind" not in shown(StackPlan(SPEC, StackAction.UPDATE, CHANGE))


def test_what_deleting_again_takes_along_is_listed_like_a_change() -> None:
    goes = (ResourceChange(ChangeAction.REMOVE, "Boundary", "AWS::IAM::ManagedPolicy"),)
    plan = StackPlan(SPEC, StackAction.DELETE_AGAIN, note="its deletion failed and is tried again", removals=goes)
    row = " ".join(shown(plan).split())
    assert "dev/flowops-environment delete again remove Boundary AWS::IAM::ManagedPolicy" in row
    assert "dev/flowops-environment: its deletion failed and is tried again" in row


def test_each_survivor_of_a_stack_that_cannot_be_planned_has_its_own_line() -> None:
    error = OperationFailed(
        "Stack is ROLLBACK_FAILED:\n  Bucket (AWS::S3::Bucket states): not empty\n  Key (k): [kept]"
    )
    lines = shown(StackPlan(SPEC, StackAction.FAILED, error=error)).splitlines()
    assert "  Bucket (AWS::S3::Bucket states): not empty" in lines
    assert "  Key (k): [kept]" in lines


def test_a_stack_policy_that_is_still_lifted_stands_beside_why_the_stack_failed() -> None:
    lifted = PartlyDone("The stack policy of dev/flowops-environment is still lifted: no connection")
    failed = StackResult(
        "dev", "flowops-environment", StackOutcome.FAILED, OperationFailed("Role failed"), touched=True, lifted=lifted
    )
    result = bootstrap_result(BootstrapResult((failed,)), str)
    stream = io.StringIO()
    writer(stream).print(result.text)
    assert "is still lifted: no connection" in stream.getvalue()
    assert [it["happened"] for it in envelope(result)["errors"]] == ["Role failed", lifted.happened]


def test_what_to_type_next_is_in_the_envelope_and_leads_where_the_command_was_led() -> None:
    error = OperationFailed("Role failed", next_step="flowops bootstrap dev")
    failed = StackResult("dev", "flowops-environment", StackOutcome.FAILED, error)
    result = bootstrap_result(BootstrapResult((failed,)), Invocation(rehearsal=True).pointed)
    assert envelope(result)["errors"] == [
        {
            "happened": "Role failed",
            "not_done": "Nothing was changed.",
            "next": "flowops --rehearsal bootstrap dev",
        }
    ]


def test_what_a_file_that_cannot_be_rendered_waits_for_leads_where_the_command_was_led() -> None:
    skipped = RenderedFile(PurePosixPath("dev/account.hcl"), RenderState.SKIPPED, "no facts", "flowops bootstrap dev")
    result = render_result(RenderResult((skipped,)), Invocation(rehearsal=True).pointed)
    stream = io.StringIO()
    writer(stream).print(result.text)
    assert "flowops --rehearsal bootstrap dev" in " ".join(stream.getvalue().split())
    assert result.data[0]["reason"] == "no facts: flowops --rehearsal bootstrap dev"
