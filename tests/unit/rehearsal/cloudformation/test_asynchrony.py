"""Operations run beside their callers: who polls sees them going on, and a state taken meanwhile is whole."""

from __future__ import annotations

import json
import pickle

import pytest

from flowops.rehearsal.cloudformation.engine import INTERRUPTED, Engine
from flowops.rehearsal.cloudformation.errors import Rejected
from tests.unit.rehearsal.cloudformation.world import TYPES, Cloud, template, thing

TWO = template(A={}, B=thing(DependsOn="A"))


def restored(cloud: Cloud) -> Cloud:
    """Return the same cloud as another process would have it from a pickled state."""
    state = pickle.loads(pickle.dumps(cloud.engine.state()))
    engine = Engine(lambda _: cloud.world, types=TYPES)
    engine.restore(state)
    return Cloud(engine=engine, world=cloud.world)


def test_a_call_returns_while_the_stack_is_being_made() -> None:
    cloud = Cloud()
    door = cloud.world.hold("create B")

    cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(TWO))

    assert door.reached.wait(10)
    assert cloud.status("s") == "CREATE_IN_PROGRESS"
    assert cloud.resources("s") == {"A": "CREATE_COMPLETE"}
    assert cloud.events("s")[-1] == ("B", "CREATE_IN_PROGRESS")
    door.opened.set()
    cloud.settle()
    assert cloud.status("s") == "CREATE_COMPLETE"
    assert cloud.events("s")[-1] == ("s", "CREATE_COMPLETE")


def test_events_only_grow_and_their_times_never_go_back() -> None:
    cloud = Cloud()
    door = cloud.world.hold("create B")
    cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(TWO))
    assert door.reached.wait(10)
    before = cloud.events("s")
    door.opened.set()
    cloud.settle()

    assert cloud.events("s")[: len(before)] == before
    times = [event["Timestamp"] for event in cloud.ask("describe_stack_events", StackName="s")["StackEvents"]]
    assert times == sorted(times, reverse=True)


def test_an_operation_keeps_others_away_from_its_stack() -> None:
    cloud = Cloud()
    door = cloud.world.hold("create B")
    cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(TWO))
    assert door.reached.wait(10)

    with pytest.raises(Rejected, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        cloud.ask("update_stack", StackName="s", TemplateBody=json.dumps(template(A={})))
    with pytest.raises(Rejected, match=r"Stack \[s\] cannot be deleted while in status CREATE_IN_PROGRESS"):
        cloud.ask("delete_stack", StackName="s")
    door.opened.set()
    cloud.settle()


def test_two_stacks_are_made_side_by_side() -> None:
    cloud = Cloud()
    first, second = cloud.world.hold("create A"), cloud.world.hold("create X")
    cloud.ask("create_stack", StackName="one", TemplateBody=json.dumps(template(A={})))
    cloud.ask("create_stack", StackName="two", TemplateBody=json.dumps(template(X={})))

    assert first.reached.wait(10)
    assert second.reached.wait(10)
    first.opened.set()
    second.opened.set()
    cloud.settle()
    assert (cloud.status("one"), cloud.status("two")) == ("CREATE_COMPLETE", "CREATE_COMPLETE")


def test_a_second_deletion_while_the_first_runs_changes_nothing() -> None:
    cloud = Cloud()
    cloud.create("s", TWO)
    door = cloud.world.hold("delete B")
    cloud.ask("delete_stack", StackName="s")
    assert door.reached.wait(10)

    cloud.ask("delete_stack", StackName="s")

    door.opened.set()
    cloud.settle()
    assert cloud.world.calls.count("delete B") == 1


def test_settling_gives_up_after_its_patience() -> None:
    cloud = Cloud()
    door = cloud.world.hold("create A")
    cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(TWO))

    assert cloud.engine.settle(0.01) is False
    door.opened.set()
    cloud.settle()


def test_every_change_is_announced_also_those_after_the_last_call() -> None:
    announced: list[str] = []
    cloud = Cloud()
    engine = Engine(lambda _: cloud.world, types=TYPES, changed=lambda: announced.append("change"))
    cloud.engine = engine
    door = cloud.world.hold("configure B")
    cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(TWO))
    assert door.reached.wait(10)
    so_far = len(announced)
    door.opened.set()
    cloud.settle()

    assert len(announced) > so_far > 0


def test_a_state_survives_its_process() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}, outputs={"A": {"Value": {"Ref": "A"}, "Export": {"Name": "a"}}}))
    cloud.change_set("s", "c", template(A={"Value": "2"}))

    later = restored(cloud)

    assert later.stack("s") == cloud.stack("s")
    assert later.events("s") == cloud.events("s")
    assert later.ask("list_exports") == cloud.ask("list_exports")
    later.ask("execute_change_set", StackName="s", ChangeSetName="c")
    later.settle()
    assert later.status("s") == "UPDATE_COMPLETE"
    assert cloud.status("s") == "CREATE_COMPLETE"


def test_a_creation_that_was_interrupted_has_failed_and_can_be_deleted() -> None:
    cloud = Cloud()
    door = cloud.world.hold("create B")
    cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(TWO))
    assert door.reached.wait(10)

    later = restored(cloud)

    door.opened.set()
    cloud.settle()
    assert later.status("s") == "CREATE_FAILED"
    assert later.stack("s")["StackStatusReason"] == INTERRUPTED
    later.delete("s")
    assert later.ask("describe_stacks")["Stacks"] == []


def test_an_update_that_was_interrupted_can_be_rolled_back() -> None:
    cloud = Cloud()
    cloud.create("s", template(A={"Value": "1"}, B={"Value": "1"}))
    door = cloud.world.hold("update B")
    cloud.change_set("s", "c", template(A={"Value": "2"}, B=thing({"Value": "2"}, DependsOn="A")))
    cloud.ask("execute_change_set", StackName="s", ChangeSetName="c")
    assert door.reached.wait(10)

    later = restored(cloud)

    cloud.world.held.clear()
    door.opened.set()
    cloud.settle()
    assert later.status("s") == "UPDATE_ROLLBACK_FAILED"
    described = later.ask("describe_change_set", StackName="s", ChangeSetName="c")
    assert described["ExecutionStatus"] == "EXECUTE_FAILED"
    later.ask("continue_update_rollback", StackName="s")
    later.settle()
    assert later.status("s") == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.world.things == {"A#1": {"Value": "1"}, "B#2": {"Value": "1"}}


def test_a_defect_in_a_handler_ends_the_operation_instead_of_leaving_it_running() -> None:
    cloud = Cloud()

    def broken(verb: str, name: str) -> None:
        raise KeyError("oops")

    cloud.world.does = broken  # type: ignore[method-assign]

    assert cloud.create("s", TWO) == "CREATE_FAILED"
    assert cloud.stack("s")["StackStatusReason"] == "Internal Failure: KeyError: 'oops'"
