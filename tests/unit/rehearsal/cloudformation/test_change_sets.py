"""Change sets say what would happen, and then make it happen once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowops.rehearsal.cloudformation.errors import (
    AlreadyExists,
    ChangeSetNotFound,
    InvalidChangeSetStatus,
    Rejected,
    TokenReused,
)
from tests.unit.rehearsal.cloudformation.world import Cloud, template, thing


def rows(change_set: Any) -> dict[str, tuple[str, str | None, tuple[str, ...]]]:
    """Return action, replacement and scope by logical id."""
    found = [change["ResourceChange"] for change in change_set["Changes"]]
    return {
        each["LogicalResourceId"]: (each["Action"], each.get("Replacement"), tuple(each["Scope"])) for each in found
    }


def execute(cloud: Cloud, stack: str, name: str, **given: Any) -> str:
    cloud.ask("execute_change_set", StackName=stack, ChangeSetName=name, **given)
    cloud.settle()
    return cloud.status(stack)


def test_a_new_stack_stands_under_review_until_its_change_set_is_executed() -> None:
    cloud = Cloud()

    proposed = cloud.change_set("s", "first", template(A={}), ChangeSetType="CREATE")

    assert (proposed["Status"], proposed["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert rows(proposed) == {"A": ("Add", None, ())}
    assert cloud.status("s") == "REVIEW_IN_PROGRESS"
    assert cloud.world.calls == []
    assert execute(cloud, "s", "first") == "CREATE_COMPLETE"
    described = cloud.ask("describe_change_set", StackName="s", ChangeSetName=proposed["ChangeSetId"])
    assert described["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_the_rows_tell_modification_replacement_and_removal_apart() -> None:
    cloud = Cloud()
    cloud.create(
        "s",
        template(
            Same={"Value": "1"},
            Changed={"Value": "1"},
            Replaced=thing({"Kind": "x"}, UpdateReplacePolicy="Retain"),
            Follows={"Kind": {"Ref": "Replaced"}},
            Tagged={"Tags": [{"Key": "a", "Value": "b"}]},
            Gone=thing(DeletionPolicy="Retain"),
        ),
    )

    proposed = cloud.change_set(
        "s",
        "c",
        template(
            Same={"Value": "1"},
            Changed=thing({"Value": "2"}, DeletionPolicy="Retain"),
            Replaced=thing({"Kind": "y"}, UpdateReplacePolicy="Retain"),
            Follows={"Kind": {"Ref": "Replaced"}},
            Tagged={"Tags": [{"Key": "a", "Value": "c"}]},
            New={},
        ),
    )

    assert rows(proposed) == {
        "Changed": ("Modify", "False", ("Properties", "DeletionPolicy")),
        "Replaced": ("Modify", "True", ("Properties",)),
        "Follows": ("Modify", "Conditional", ("Properties",)),
        "Tagged": ("Modify", "False", ("Tags",)),
        "New": ("Add", None, ()),
        "Gone": ("Remove", None, ()),
    }
    by_id = {change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"] for change in proposed["Changes"]}
    assert by_id["Replaced"]["PolicyAction"] == "ReplaceAndRetain"
    assert by_id["Gone"]["PolicyAction"] == "Retain"
    assert by_id["Replaced"]["PhysicalResourceId"] == "Replaced#3"
    assert by_id["Replaced"]["Details"] == [
        {
            "Target": {"Attribute": "Properties", "Name": "Kind", "RequiresRecreation": "Always"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
    ]
    assert by_id["Follows"]["Details"][0]["Evaluation"] == "Dynamic"


def test_a_changed_parameter_shows_where_it_is_used() -> None:
    body = template(
        parameters={"V": {"Type": "String"}, "W": {"Type": "String", "Default": "w"}}, A={"Value": {"Ref": "V"}}, B={}
    )
    cloud = Cloud()
    cloud.create("s", body, Parameters=[{"ParameterKey": "V", "ParameterValue": "1"}])

    proposed = cloud.change_set("s", "c", body, Parameters=[{"ParameterKey": "V", "ParameterValue": "2"}])

    assert rows(proposed) == {"A": ("Modify", "False", ("Properties",))}


def test_a_change_set_without_changes_has_failed_and_says_so() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={}))

    proposed = cloud.change_set("s", "c", template(A={}))

    assert (proposed["Status"], proposed["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert proposed["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(InvalidChangeSetStatus, match=r"cannot be executed in its current status of \[FAILED\]"):
        execute(cloud, "s", "c")


def test_a_change_set_that_cannot_be_worked_out_has_failed_with_the_reason() -> None:
    cloud = Cloud()

    proposed = cloud.change_set("s", "c", template(A={"Value": {"Fn::ImportValue": "x"}}), ChangeSetType="CREATE")

    assert (proposed["Status"], proposed["StatusReason"]) == ("FAILED", "No export named x found.")


def test_executing_one_change_set_voids_the_others() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}))
    cloud.change_set("s", "one", template(A={"Value": "2"}))
    cloud.change_set("s", "two", template(A={"Value": "3"}))

    assert execute(cloud, "s", "one") == "UPDATE_COMPLETE"

    listed = cloud.ask("list_change_sets", StackName="s")["Summaries"]
    assert [(each["ChangeSetName"], each["ExecutionStatus"]) for each in listed] == [("one", "EXECUTE_COMPLETE")]
    with pytest.raises(ChangeSetNotFound):
        execute(cloud, "s", "two")


def test_a_change_set_is_executed_once_however_often_the_same_token_asks() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}))
    cloud.change_set("s", "c", template(A={"Value": "2"}))

    execute(cloud, "s", "c", ClientRequestToken="hash-1")
    execute(cloud, "s", "c", ClientRequestToken="hash-1")

    assert cloud.world.calls.count("update A") == 1
    with pytest.raises(InvalidChangeSetStatus, match="EXECUTE_COMPLETE"):
        execute(cloud, "s", "c", ClientRequestToken="hash-2")
    tokens = {
        event["ResourceStatus"]: event.get("ClientRequestToken")
        for event in cloud.ask("describe_stack_events", StackName="s")["StackEvents"]
    }
    assert tokens["UPDATE_IN_PROGRESS"] == tokens["UPDATE_COMPLETE"] == "hash-1"
    assert tokens["CREATE_COMPLETE"] is None


def test_a_token_of_another_operation_is_refused() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}), ClientRequestToken="token")

    with pytest.raises(TokenReused):
        cloud.update("s", template(A={"Value": "2"}), ClientRequestToken="token")


def test_a_refused_call_does_not_use_up_its_token() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}))
    with pytest.raises(Rejected, match="No updates"):
        cloud.update("s", template(A={"Value": "1"}), ClientRequestToken="t")

    assert cloud.update("s", template(A={"Value": "2"}), ClientRequestToken="t") == "UPDATE_COMPLETE"


def test_imports_are_refused_instead_of_taken_for_updates() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={}))

    with pytest.raises(Rejected, match="IMPORT"):
        cloud.change_set("s", "c", template(A={}, B={}), ChangeSetType="IMPORT")


def test_creating_and_updating_again_with_the_same_token_change_nothing() -> None:
    cloud = Cloud()
    first = cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(template(A={})), ClientRequestToken="t")
    cloud.settle()

    again = cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(template(A={})), ClientRequestToken="t")
    cloud.update("s", template(A={"Value": "2"}), ClientRequestToken="u")
    cloud.update("s", template(A={"Value": "2"}), ClientRequestToken="u")

    assert first == again
    assert cloud.world.calls.count("update A") == 1


def test_names_are_unique_until_a_change_set_was_executed() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}))
    cloud.change_set("s", "c", template(A={"Value": "2"}))

    with pytest.raises(AlreadyExists, match="ChangeSet c already exists"):
        cloud.change_set("s", "c", template(A={"Value": "3"}))
    execute(cloud, "s", "c")
    assert cloud.change_set("s", "c", template(A={"Value": "3"}))["ExecutionStatus"] == "AVAILABLE"


def test_a_failed_execution_is_shown_on_the_change_set() -> None:
    cloud = Cloud()
    cloud.world.refusals.add("create A")
    cloud.change_set("s", "c", template(A={}), ChangeSetType="CREATE")

    assert execute(cloud, "s", "c") == "ROLLBACK_COMPLETE"
    described = cloud.ask("describe_change_set", StackName="s", ChangeSetName="c")
    assert described["ExecutionStatus"] == "EXECUTE_FAILED"


def test_an_existing_stack_is_not_created_again_and_a_missing_one_not_updated() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={}))

    with pytest.raises(
        Rejected, match=r"Stack \[s\] already exists and cannot be created again with the changeSet \[c\]"
    ):
        cloud.change_set("s", "c", template(A={}), ChangeSetType="CREATE")
    with pytest.raises(Rejected, match=r"Stack \[t\] does not exist"):
        cloud.change_set("t", "c", template(A={}))


def test_a_stack_under_review_can_be_deleted() -> None:
    cloud = Cloud()
    cloud.change_set("s", "c", template(A={}), ChangeSetType="CREATE")

    cloud.delete("s")

    assert cloud.ask("describe_stacks")["Stacks"] == []


def test_a_deleted_change_set_is_forgotten() -> None:
    cloud = Cloud()
    cloud.change_set("s", "c", template(A={}), ChangeSetType="CREATE")

    cloud.ask("delete_change_set", StackName="s", ChangeSetName="c")

    with pytest.raises(ChangeSetNotFound):
        cloud.ask("describe_change_set", StackName="s", ChangeSetName="c")


def test_the_previous_template_and_values_can_be_used_again() -> None:
    body = template(parameters={"V": {"Type": "String"}, "W": {"Type": "String"}}, A={"Value": {"Fn::Sub": "${V}${W}"}})
    cloud = Cloud()
    cloud.create("s", body, Parameters=[{"ParameterKey": name, "ParameterValue": name} for name in "VW"])

    cloud.ask(
        "create_change_set",
        StackName="s",
        ChangeSetName="c",
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "V", "UsePreviousValue": True},
            {"ParameterKey": "W", "ParameterValue": "2"},
        ],
    )
    cloud.settle()
    execute(cloud, "s", "c")

    assert cloud.world.things["A#1"] == {"Value": "V2"}
