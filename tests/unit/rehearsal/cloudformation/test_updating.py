"""A stack goes from one revision to the next, or back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowops.rehearsal.cloudformation.errors import Rejected
from tests.unit.rehearsal.cloudformation.world import Cloud, template, thing

ALLOW = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def policy(*actions: str, resource: str) -> str:
    deny = {"Effect": "Deny", "Action": list(actions), "Principal": "*", "Resource": f"LogicalResourceId/{resource}"}
    return json.dumps({"Statement": [ALLOW, deny]})


def stood_up(body: Any) -> Cloud:
    cloud = Cloud()
    assert cloud.create("s", body) == "CREATE_COMPLETE"
    cloud.world.calls.clear()
    return cloud


def test_only_what_changed_is_touched() -> None:
    cloud = stood_up(template(A={"Value": "1"}, B={"Value": "1"}))

    assert cloud.update("s", template(A={"Value": "2"}, B={"Value": "1"})) == "UPDATE_COMPLETE"

    assert cloud.world.calls == ["update A"]
    assert ("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") in cloud.events("s")


def test_new_metadata_or_policies_change_a_resource_without_its_service() -> None:
    cloud = stood_up(template(A={"Value": "1"}))

    noted = template(A=thing({"Value": "1"}, Metadata={"why": "because"}, DeletionPolicy="Retain"))
    assert cloud.update("s", noted) == "UPDATE_COMPLETE"

    assert cloud.world.calls == []
    assert ("A", "UPDATE_COMPLETE") in cloud.events("s")
    cloud.delete("s")
    assert set(cloud.world.things) == {"A#1"}


def test_an_update_without_a_change_is_refused() -> None:
    cloud = stood_up(template(A={"Value": "1"}))

    with pytest.raises(Rejected, match=r"^No updates are to be performed.$"):
        cloud.update("s", {"Description": "only words", **template(A={"Value": "1"})})


def test_a_new_output_alone_is_a_change() -> None:
    cloud = stood_up(template(A={}))

    cloud.update("s", template(A={}, outputs={"A": {"Value": {"Ref": "A"}}}))

    assert cloud.outputs("s") == {"A": "A#1"}
    assert cloud.world.calls == []


def test_what_went_from_the_template_is_removed_after_everything_else() -> None:
    cloud = stood_up(template(Old={}, Stays={"Value": "1"}))

    cloud.update("s", template(Stays={"Value": "2"}, New={}))

    assert cloud.world.calls == ["update Stays", "create New", "configure New", "delete Old"]
    assert cloud.resources("s").keys() == {"Stays", "New"}


def test_a_replacement_is_made_first_and_the_old_one_removed_last() -> None:
    cloud = stood_up(template(A={"Kind": "x"}, B={"Value": {"Ref": "A"}}))

    cloud.update("s", template(A={"Kind": "y"}, B={"Value": {"Ref": "A"}}))

    assert cloud.world.calls == ["create A", "configure A", "update B", "delete A"]
    assert cloud.physical_id("s", "A") == "A#3"
    assert cloud.world.things["B#2"] == {"Value": "A#3"}


def test_update_replace_policy_keeps_the_old_one_and_deletion_policy_does_not_count_for_it() -> None:
    before = template(
        A=thing({"Kind": "x"}, UpdateReplacePolicy="Retain"), B=thing({"Kind": "x"}, DeletionPolicy="Retain")
    )
    cloud = stood_up(before)

    after = json.loads(json.dumps(before).replace('"x"', '"y"'))
    cloud.update("s", after)

    assert {"A#1", "A#3", "B#4"} == set(cloud.world.things)


def test_a_custom_named_resource_is_not_replaced() -> None:
    cloud = stood_up(template(A={"Kind": "x", "Name": "own"}))

    assert cloud.update("s", template(A={"Kind": "y", "Name": "own"})) == "UPDATE_ROLLBACK_COMPLETE"
    reason = cloud.reason("s", "A", "UPDATE_FAILED")
    assert reason.endswith("Rename own and update the stack again.")


def test_a_failed_update_undoes_what_it_did() -> None:
    cloud = stood_up(template(A={"Value": "1"}, B={"Kind": "x"}, outputs={"V": {"Value": {"Fn::GetAtt": "A.Value"}}}))
    cloud.world.refusals.add("create D")

    status = cloud.update(
        "s",
        template(A={"Value": "2"}, B={"Kind": "y"}, C={}, D=thing(DependsOn="C"), outputs={"V": {"Value": "new"}}),
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.world.things == {"A#1": {"Value": "1"}, "B#2": {"Kind": "x"}}
    assert cloud.resources("s") == {"A": "UPDATE_COMPLETE", "B": "UPDATE_COMPLETE"}
    assert cloud.outputs("s") == {"V": "1"}
    assert json.loads(cloud.ask("get_template", StackName="s")["TemplateBody"])["Resources"].keys() == {"A", "B"}
    assert cloud.reason("s", "s", "UPDATE_ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to update: [D]. "
    )


def test_a_failed_update_is_undone_from_its_last_step_to_its_first() -> None:
    cloud = stood_up(template(A={"Value": "1"}, B=thing({"Value": "1"}, DependsOn="A")))
    cloud.world.refusals.add("create C")

    cloud.update("s", template(A={"Value": "2"}, B=thing({"Value": "2"}, DependsOn="A"), C=thing(DependsOn="B")))

    assert cloud.world.calls == ["update A", "update B", "create C", "update B", "update A"]


def test_a_rolled_back_stack_can_be_updated_again() -> None:
    cloud = stood_up(template(A={"Value": "1"}))
    cloud.world.refusals.add("create B")
    cloud.update("s", template(A={"Value": "2"}, B={}))
    cloud.world.refusals.clear()

    assert cloud.update("s", template(A={"Value": "2"}, B={})) == "UPDATE_COMPLETE"


def test_with_rollback_switched_off_a_failed_update_stays_and_can_go_on() -> None:
    cloud = stood_up(template(A={"Value": "1"}))
    cloud.world.refusals.add("create B")
    after = template(A={"Value": "2"}, B={})

    assert cloud.update("s", after, DisableRollback=True) == "UPDATE_FAILED"
    assert cloud.world.things == {"A#1": {"Value": "2"}}
    cloud.world.refusals.clear()
    assert cloud.update("s", after) == "UPDATE_COMPLETE"
    assert cloud.resources("s") == {"A": "UPDATE_COMPLETE", "B": "CREATE_COMPLETE"}


def test_a_rollback_that_fails_waits_to_be_continued() -> None:
    cloud = stood_up(template(A={"Value": "1"}, B={"Value": "1"}))
    after = template(A={"Value": "2"}, B={"Value": "2"}, C=thing(DependsOn=["A", "B"]))
    broken = cloud.world.hold("create C")
    cloud.world.refusals.add("create C")
    cloud.ask("update_stack", StackName="s", TemplateBody=json.dumps(after))
    assert broken.reached.wait(10)
    cloud.world.refusals.add("update A")
    broken.opened.set()
    cloud.settle()

    assert cloud.status("s") == "UPDATE_ROLLBACK_FAILED"
    assert cloud.resources("s") == {"A": "UPDATE_FAILED", "B": "UPDATE_COMPLETE", "C": "CREATE_FAILED"}
    with pytest.raises(Rejected, match="is in UPDATE_ROLLBACK_FAILED state and can not be updated"):
        cloud.update("s", after)
    cloud.world.refusals.discard("update A")
    cloud.ask("continue_update_rollback", StackName="s")
    cloud.settle()
    assert cloud.status("s") == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.world.things == {"A#1": {"Value": "1"}, "B#2": {"Value": "1"}}


def stuck() -> Cloud:
    """Return a stack whose A can neither go forward nor back."""
    cloud = stood_up(template(A={"Value": "1"}, B={"Value": "1"}))
    cloud.world.refusals.add("update A")
    assert cloud.update("s", template(A={"Value": "2"}, B={"Value": "1"})) == "UPDATE_ROLLBACK_FAILED"
    return cloud


def test_a_stuck_rollback_goes_on_without_the_resources_to_skip() -> None:
    cloud = stuck()

    with pytest.raises(Rejected, match=r"not in the UPDATE_FAILED state: \[B\]"):
        cloud.ask("continue_update_rollback", StackName="s", ResourcesToSkip=["A", "B"])
    cloud.ask("continue_update_rollback", StackName="s", ResourcesToSkip=["A"])
    cloud.settle()

    assert cloud.status("s") == "UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_that_still_fails_stays_stuck() -> None:
    cloud = stuck()

    cloud.ask("continue_update_rollback", StackName="s")
    cloud.settle()

    assert cloud.status("s") == "UPDATE_ROLLBACK_FAILED"


def test_only_a_stuck_rollback_is_continued() -> None:
    cloud = stood_up(template(A={}))

    with pytest.raises(Rejected, match="is in CREATE_COMPLETE state and its rollback can not be continued"):
        cloud.ask("continue_update_rollback", StackName="s")


def test_what_cannot_be_cleaned_up_leaves_the_stack_and_the_update_stands() -> None:
    cloud = stood_up(template(A={"Kind": "x"}, Old={}))
    cloud.world.refusals |= {"delete A", "delete Old"}

    assert cloud.update("s", template(A={"Kind": "y"})) == "UPDATE_COMPLETE"

    assert cloud.stack("s")["StackStatusReason"] == "Update successful. One or more resources could not be deleted."
    assert cloud.resources("s") == {"A": "UPDATE_COMPLETE"}
    assert {"A#1", "Old#2", "A#3"} == set(cloud.world.things)


@pytest.mark.parametrize(
    ("action", "after"),
    [
        ("Update:Modify", template(A={"Kind": "x", "Value": "2"}, B={})),
        ("Update:Replace", template(A={"Kind": "y", "Value": "1"}, B={})),
        ("Update:Delete", template(B={})),
    ],
)
def test_a_stack_policy_stops_an_update_before_it_touches_anything(action: str, after: Any) -> None:
    cloud = stood_up(template(A={"Kind": "x", "Value": "1"}, B={}))
    cloud.ask("set_stack_policy", StackName="s", StackPolicyBody=policy(action, resource="A"))

    assert cloud.update("s", after) == "UPDATE_ROLLBACK_COMPLETE"

    assert cloud.world.calls == []
    assert f"does not allow [{action}] for resource [LogicalResourceId/A]" in cloud.reason("s", "A", "UPDATE_FAILED")


def test_a_stack_policy_lets_other_changes_pass_and_can_be_overridden_once() -> None:
    cloud = stood_up(template(A={"Value": "1"}, B={"Value": "1"}))
    cloud.ask("set_stack_policy", StackName="s", StackPolicyBody=policy("Update:*", resource="A"))

    assert cloud.update("s", template(A={"Value": "1"}, B={"Value": "2"})) == "UPDATE_COMPLETE"
    once = json.dumps({"Statement": [ALLOW]})
    after = template(A={"Value": "2"}, B={"Value": "2"})
    assert cloud.update("s", after, StackPolicyDuringUpdateBody=once) == "UPDATE_COMPLETE"
    assert cloud.ask("get_stack_policy", StackName="s")["StackPolicyBody"] == policy("Update:*", resource="A")


def test_a_cancelled_update_stops_before_its_next_resource_and_rolls_back() -> None:
    cloud = stood_up(template(A={"Value": "1"}, B={"Value": "1"}))
    door = cloud.world.hold("update A")
    after = template(A={"Value": "2"}, B={"Value": "2"})
    cloud.ask("update_stack", StackName="s", TemplateBody=json.dumps(after))
    assert door.reached.wait(10)

    cloud.ask("cancel_update_stack", StackName="s")
    door.opened.set()
    cloud.settle()

    assert cloud.status("s") == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.world.calls == ["update A", "update A"]


def test_only_a_running_update_is_cancelled() -> None:
    cloud = stood_up(template(A={}))

    with pytest.raises(Rejected, match="CancelUpdateStack cannot be called from current stack status"):
        cloud.ask("cancel_update_stack", StackName="s")


def test_a_resource_cannot_change_its_type() -> None:
    cloud = stood_up(template(A={}))

    with pytest.raises(Rejected, match=r"Update of resource type is not permitted.* \[A\]"):
        cloud.update("s", template(A={"Type": "Test::World::Role"}), Capabilities=["CAPABILITY_IAM"])


def test_a_stack_that_was_rolled_back_at_creation_is_not_updated() -> None:
    cloud = Cloud()
    cloud.world.refusals.add("create A")
    cloud.create("s", template(A={}))

    with pytest.raises(Rejected, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        cloud.update("s", template(A={"Value": "2"}))


def test_tags_that_are_not_given_stay() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}), Tags=[{"Key": "k", "Value": "v"}])

    cloud.update("s", template(A={"Value": "2"}))

    assert cloud.stack("s")["Tags"] == [{"Key": "k", "Value": "v"}]
    assert cloud.world.things["A#1"]["Tags"] == [{"Key": "k", "Value": "v"}]
