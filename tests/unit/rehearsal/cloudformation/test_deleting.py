"""A stack goes away, with what it made."""

from __future__ import annotations

import pytest

from flowops.rehearsal.cloudformation.errors import Rejected
from tests.unit.rehearsal.cloudformation.world import Cloud, template, thing

CHAIN = template(A={}, B={"Value": {"Ref": "A"}}, C={"Value": {"Ref": "B"}})


def test_resources_go_before_those_they_need_and_the_stack_stays_known_by_its_arn() -> None:
    cloud = Cloud()
    cloud.create("s", CHAIN)
    arn = cloud.stack("s")["StackId"]

    cloud.delete("s")

    assert cloud.world.calls[-3:] == ["delete C", "delete B", "delete A"]
    assert cloud.status(arn) == "DELETE_COMPLETE"
    assert cloud.events(arn)[-1] == ("s", "DELETE_COMPLETE")
    with pytest.raises(Rejected, match="Stack with id s does not exist"):
        cloud.stack("s")


def test_deleting_what_is_not_there_is_no_error() -> None:
    cloud = Cloud()

    cloud.delete("nothing")

    assert cloud.ask("list_stacks")["StackSummaries"] == []


def test_what_somebody_removed_already_is_fine() -> None:
    cloud = Cloud()
    cloud.create("s", CHAIN)
    arn = cloud.stack("s")["StackId"]
    cloud.world.things.clear()

    cloud.delete("s")

    assert cloud.status(arn) == "DELETE_COMPLETE"


def test_retained_resources_stay() -> None:
    cloud = Cloud()
    cloud.create("s", template(A=thing(DeletionPolicy="Retain"), B=thing(DeletionPolicy="RetainExceptOnCreate"), C={}))
    arn = cloud.stack("s")["StackId"]

    cloud.delete("s")

    assert set(cloud.world.things) == {"A#1", "B#2"}
    assert cloud.resources(arn) == {"A": "DELETE_SKIPPED", "B": "DELETE_SKIPPED", "C": "DELETE_COMPLETE"}


def test_termination_protection_is_obeyed_until_it_is_switched_off() -> None:
    cloud = Cloud()
    cloud.create("s", CHAIN, EnableTerminationProtection=True)

    with pytest.raises(Rejected, match=r"Stack \[s\] cannot be deleted while TerminationProtection is enabled"):
        cloud.delete("s")
    assert cloud.stack("s")["EnableTerminationProtection"] is True
    cloud.ask("update_termination_protection", StackName="s", EnableTerminationProtection=False)
    cloud.delete("s")
    assert cloud.world.things == {}


def resisting() -> Cloud:
    """Return a stack whose B resisted; A, which B needs, and C, which needs B, tell the difference."""
    cloud = Cloud()
    cloud.create("s", CHAIN)
    cloud.world.refusals.add("delete B")
    cloud.delete("s")
    return cloud


def test_a_resource_that_resists_fails_the_deletion_and_keeps_what_it_needs() -> None:
    cloud = resisting()

    assert cloud.status("s") == "DELETE_FAILED"
    assert cloud.stack("s")["StackStatusReason"] == "The following resource(s) failed to delete: [B]. "
    assert cloud.resources("s") == {"A": "CREATE_COMPLETE", "B": "DELETE_FAILED", "C": "DELETE_COMPLETE"}


def test_a_failed_deletion_can_leave_resources_behind() -> None:
    cloud = resisting()
    arn = cloud.stack("s")["StackId"]

    with pytest.raises(Rejected, match=r"DELETE_COMPLETE state: \[C\]"):
        cloud.delete("s", RetainResources=["B", "C"])
    cloud.delete("s", RetainResources=["B"])

    assert cloud.status(arn) == "DELETE_COMPLETE"
    assert set(cloud.world.things) == {"B#2"}


def test_a_failed_deletion_can_be_forced() -> None:
    cloud = resisting()
    arn = cloud.stack("s")["StackId"]

    cloud.delete("s", DeletionMode="FORCE_DELETE_STACK")

    assert cloud.status(arn) == "DELETE_COMPLETE"


@pytest.mark.parametrize("given", [{"RetainResources": ["A"]}, {"DeletionMode": "FORCE_DELETE_STACK"}])
def test_retaining_and_forcing_need_a_failed_deletion(given: dict[str, object]) -> None:
    cloud = Cloud()
    cloud.create("s", CHAIN)

    with pytest.raises(Rejected, match="only when the stack is in the DELETE_FAILED state"):
        cloud.delete("s", **given)


def test_a_stuck_stack_can_be_deleted_with_what_its_rollback_left() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}, B={"Kind": "x"}))
    cloud.world.refusals |= {"update A"}
    cloud.update("s", template(A=thing({"Value": "2"}, DependsOn="B"), B={"Kind": "y"}))
    assert cloud.status("s") == "UPDATE_ROLLBACK_FAILED"

    cloud.delete("s")

    assert cloud.world.things == {}


def test_an_export_in_use_keeps_its_stack() -> None:
    cloud = Cloud()
    shared = {"Name": {"Value": {"Ref": "A"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-name"}}}}
    cloud.create("giver", template(A={}, outputs=shared))
    cloud.create("taker", template(B={"Value": {"Fn::ImportValue": "giver-name"}}))

    cloud.delete("giver")

    assert cloud.status("giver") == "CREATE_COMPLETE"
    assert cloud.stack("giver")["StackStatusReason"] == ("Export giver-name cannot be deleted as it is in use by taker")
    assert cloud.ask("list_imports", ExportName="giver-name") == {"Imports": ["taker"]}
    assert [export["Value"] for export in cloud.ask("list_exports")["Exports"]] == ["A#1"]
    cloud.delete("taker")
    cloud.delete("giver")
    assert cloud.world.things == {}


def test_an_export_in_use_is_neither_changed_nor_taken_twice() -> None:
    cloud = Cloud()
    shared = {"Name": {"Value": {"Fn::GetAtt": "A.Value"}, "Export": {"Name": "shared"}}}
    cloud.create("giver", template(A={"Value": "1"}, outputs=shared))
    cloud.create("taker", template(B={"Value": {"Fn::ImportValue": "shared"}}))

    assert cloud.update("giver", template(A={"Value": "2"}, outputs=shared)) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.reason("giver", "giver", "UPDATE_ROLLBACK_IN_PROGRESS") == (
        "Export shared cannot be updated as it is in use by taker"
    )
    assert cloud.create("other", template(A={}, outputs=shared)) == "ROLLBACK_COMPLETE"
    reason = cloud.reason("other", "other", "ROLLBACK_IN_PROGRESS")
    assert reason.startswith("Export with name shared is already exported by stack giver")


def test_an_import_in_a_branch_that_does_not_hold_is_none() -> None:
    cloud = Cloud()
    body = template(
        conditions={"Never": {"Fn::Equals": ["a", "b"]}},
        A={"Value": {"Fn::If": ["Never", {"Fn::ImportValue": "nobody"}, "own"]}},
        B=thing({"Value": {"Fn::ImportValue": "nobody"}}, Condition="Never"),
    )

    assert cloud.create("s", body) == "CREATE_COMPLETE"
    assert cloud.world.things == {"A#1": {"Value": "own"}}


def test_an_import_of_nothing_fails_before_any_resource() -> None:
    cloud = Cloud()

    assert cloud.create("taker", template(B={"Value": {"Fn::ImportValue": "nobody"}})) == "ROLLBACK_COMPLETE"
    assert cloud.world.calls == []
    assert cloud.reason("taker", "taker", "ROLLBACK_IN_PROGRESS").startswith("No export named nobody found.")
