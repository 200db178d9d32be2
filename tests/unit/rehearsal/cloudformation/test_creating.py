"""A stack comes into being, or goes away again where that fails."""

from __future__ import annotations

import pytest

from flowops.rehearsal.cloudformation.errors import AlreadyExists, InsufficientCapabilities, Rejected
from tests.unit.rehearsal.cloudformation.world import ROLE, SCOPE, Cloud, template, thing

CHAIN = template(
    Third={"Value": {"Fn::GetAtt": ["Second", "Arn"]}},
    First={},
    Second={"Value": {"Ref": "First"}},
    outputs={"Arn": {"Value": {"Fn::GetAtt": ["Third", "Arn"]}, "Description": "of the third"}},
)


def test_resources_are_made_after_those_they_need() -> None:
    cloud = Cloud()

    assert cloud.create("chain", CHAIN) == "CREATE_COMPLETE"

    made = [name for name, status in cloud.events("chain") if status == "CREATE_COMPLETE"]
    assert made == ["First", "Second", "Third", "chain"]
    assert cloud.world.things["Second#2"] == {"Value": "First#1"}
    assert cloud.stack("chain")["Outputs"] == [
        {"OutputKey": "Arn", "OutputValue": "arn:Third#3", "Description": "of the third"}
    ]


def test_each_resource_tells_its_story_in_events() -> None:
    cloud = Cloud()
    cloud.create("one", template(A={}))

    assert cloud.events("one") == [
        ("one", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_COMPLETE"),
        ("one", "CREATE_COMPLETE"),
    ]


def test_depends_on_orders_what_does_not_refer_to_each_other() -> None:
    cloud = Cloud()
    cloud.create("ordered", template(A=thing(DependsOn="B"), B=thing(DependsOn=["C"]), C={}))

    assert [call for call in cloud.world.calls if call.startswith("create")] == ["create C", "create B", "create A"]


def test_a_circle_is_said_and_nothing_is_made() -> None:
    cloud = Cloud()

    with pytest.raises(Rejected, match=r"Circular dependency between resources: \[A, B\]"):
        cloud.change_set(
            "circle", "c", template(A={"Value": {"Ref": "B"}}, B={"Value": {"Ref": "A"}}), ChangeSetType="CREATE"
        )
    assert cloud.world.calls == []


def test_conditions_leave_out_resources_and_outputs() -> None:
    body = template(
        parameters={"Kind": {"Type": "String"}},
        conditions={"Prod": {"Fn::Equals": [{"Ref": "Kind"}, "prod"]}},
        A={"Value": {"Fn::If": ["Prod", {"Ref": "B"}, "none"]}},
        B=thing(Condition="Prod"),
        outputs={"B": {"Condition": "Prod", "Value": {"Ref": "B"}}, "A": {"Value": {"Ref": "A"}}},
    )
    cloud = Cloud()

    cloud.create("dev", body, Parameters=[{"ParameterKey": "Kind", "ParameterValue": "dev"}])
    cloud.create("prod", body, Parameters=[{"ParameterKey": "Kind", "ParameterValue": "prod"}])

    assert cloud.resources("dev").keys() == {"A"}
    assert cloud.outputs("dev").keys() == {"A"}
    assert cloud.resources("prod").keys() == {"A", "B"}
    assert cloud.world.things[cloud.physical_id("prod", "A")] == {"Value": cloud.physical_id("prod", "B")}


def test_the_stack_s_tags_go_onto_resources_that_have_not_their_own() -> None:
    cloud = Cloud()
    own = {"Tags": [{"Key": "owner", "Value": "mine"}]}

    cloud.create(
        "tagged", template(A=own), Tags=[{"Key": "owner", "Value": "x"}, {"Key": "project", "Value": "flowable"}]
    )

    tags = cloud.world.things["A#1"]["Tags"]
    assert tags == [{"Key": "owner", "Value": "mine"}, {"Key": "project", "Value": "flowable"}]


def test_a_failure_removes_what_was_made_and_says_which_resource_it_was() -> None:
    cloud = Cloud()
    cloud.world.refusals.add("create Second")

    assert cloud.create("chain", CHAIN) == "ROLLBACK_COMPLETE"

    assert cloud.world.things == {}
    assert cloud.reason("chain", "Second", "CREATE_FAILED").startswith("the world refuses to create Second")
    reason = "The following resource(s) failed to create: [Second]. Rollback requested by user."
    assert cloud.reason("chain", "chain", "ROLLBACK_IN_PROGRESS") == reason
    assert cloud.resources("chain") == {"First": "DELETE_COMPLETE", "Second": "CREATE_FAILED"}


def test_a_resource_that_was_made_but_not_configured_is_removed_too() -> None:
    cloud = Cloud()
    cloud.world.refusals.add("configure First")

    assert cloud.create("chain", CHAIN) == "ROLLBACK_COMPLETE"
    assert cloud.world.things == {}


def test_a_rollback_retains_what_is_to_be_retained_except_on_create() -> None:
    cloud = Cloud()
    cloud.world.refusals.add("create Last")
    body = template(
        Kept=thing(DeletionPolicy="Retain"),
        Gone=thing(DeletionPolicy="RetainExceptOnCreate"),
        Last=thing(DependsOn=["Kept", "Gone"]),
    )

    cloud.create("retained", body)

    assert [name.split("#")[0] for name in cloud.world.things] == ["Kept"]
    assert cloud.resources("retained")["Kept"] == "DELETE_SKIPPED"


def test_a_rollback_that_cannot_remove_something_has_failed_and_leaves_what_that_needs() -> None:
    cloud = Cloud()
    cloud.world.refusals |= {"create Third", "delete Second"}

    assert cloud.create("chain", CHAIN) == "ROLLBACK_FAILED"

    assert cloud.stack("chain")["StackStatusReason"] == "The following resource(s) failed to delete: [Second]."
    assert set(cloud.world.things) == {"First#1", "Second#2"}
    assert cloud.resources("chain")["Second"] == "DELETE_FAILED"


@pytest.mark.parametrize("given", [{"DisableRollback": True}, {"OnFailure": "DO_NOTHING"}])
def test_without_rollback_what_was_made_stays(given: dict[str, object]) -> None:
    cloud = Cloud()
    cloud.world.refusals.add("create Second")

    assert cloud.create("chain", CHAIN, **given) == "CREATE_FAILED"
    assert set(cloud.world.things) == {"First#1"}


def test_on_failure_delete_leaves_no_stack() -> None:
    cloud = Cloud()
    cloud.world.refusals.add("create Second")
    arn = cloud.ask("create_stack", StackName="chain", TemplateBody=str(CHAIN).replace("'", '"'), OnFailure="DELETE")
    cloud.settle()

    assert cloud.status(arn["StackId"]) == "DELETE_COMPLETE"


def test_a_property_of_the_wrong_type_fails_its_resource() -> None:
    cloud = Cloud()

    assert cloud.create("typed", template(A={"Size": {"Fn::Join": ["", ["x"]]}})) == "ROLLBACK_COMPLETE"
    reason = cloud.reason("typed", "A", "CREATE_FAILED")
    assert (
        reason
        == "Properties validation failed for resource A with message: #/Size: expected type: Number, found: String"
    )


def test_a_name_is_free_again_only_after_the_stack_is_gone() -> None:
    cloud = Cloud()
    cloud.create("taken", template(A={}))

    with pytest.raises(AlreadyExists, match=r"Stack \[taken\] already exists"):
        cloud.create("taken", template(A={}))
    cloud.delete("taken")
    assert cloud.create("taken", template(A={})) == "CREATE_COMPLETE"


def test_capabilities_are_asked_for_before_anything_happens() -> None:
    cloud = Cloud()
    body = template(A={"Type": ROLE, "Properties": {"Name": "x"}})

    with pytest.raises(InsufficientCapabilities):
        cloud.create("iam", body, Capabilities=["CAPABILITY_IAM"])
    assert cloud.ask("describe_stacks")["Stacks"] == []
    assert cloud.create("iam", body, Capabilities=["CAPABILITY_NAMED_IAM"]) == "CREATE_COMPLETE"


def test_a_template_longer_than_the_api_takes_is_rejected() -> None:
    with pytest.raises(Rejected, match="less than or equal to 51200"):
        Cloud().create("long", " " * 51_200 + "{}")


def test_a_stack_is_known_in_its_own_account_and_region_only() -> None:
    cloud = Cloud()
    cloud.create("here", template(A={}))
    elsewhere = Cloud(type(SCOPE)(SCOPE.account, "us-east-1"), engine=cloud.engine)

    with pytest.raises(Rejected, match="Stack with id here does not exist"):
        elsewhere.stack("here")
