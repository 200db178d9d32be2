"""Our own client at the engine: what it says about operations, change sets, failures and drift."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.errors import OperationFailed
from flowops.model.stack_drift import DriftedResource, PropertyDrift, StackDrift
from flowops.model.stacks import StackSpec
from tests.unit.rehearsal.cloudformation.account import Account, EngineSession
from tests.unit.rehearsal.cloudformation.world import PATIENCE, ROLE, THING, template, thing

SPEC = StackSpec("s", "dev", "222222222222", "template.json", {}, {})


@pytest.fixture
def account() -> Account:
    return Account()


def apply(account: Account, body: Mapping[str, Any]) -> None:
    account.stacks.execute(account.stacks.propose(SPEC, json.dumps(body)), _silent)


def waiting(account: Account) -> list[str]:
    """Return the change sets that could be executed; the one that made the stack could not."""
    summaries = account.cloud.ask("list_change_sets", StackName="s")["Summaries"]
    return [it["ChangeSetName"] for it in summaries if it["ExecutionStatus"] != "EXECUTE_COMPLETE"]


def stuck(account: Account) -> Account:
    """Let the rollback of the stack fail on A."""
    apply(account, template(A={"Value": "1"}, B={"Value": "1"}))
    account.cloud.world.refusals.add("update A")
    with pytest.raises(OperationFailed, match="UPDATE_ROLLBACK_FAILED"):
        apply(account, template(A={"Value": "2"}, B={"Value": "1"}))
    return account


@pytest.mark.parametrize(
    ("token", "who"),
    [
        ("Console-CreateStack-1234", ", begun in the console"),
        ("flowops-1234", ", begun by flowops"),
        ("1234-abcd", ""),
        ("", ""),
    ],
)
def test_what_is_waited_for_is_told_with_its_beginning_and_by_whom(account: Account, token: str, who: str) -> None:
    door = account.cloud.world.hold("create A")
    body = json.dumps(template(A={}))
    account.cloud.ask("create_stack", StackName="s", TemplateBody=body, ClientRequestToken=token)
    assert door.reached.wait(PATIENCE)
    account.meanwhile = door.opened.set
    lines: list[str] = []
    found = account.stacks.settle("s", lines.append)
    assert found is not None
    assert found.status == "CREATE_COMPLETE"
    begun = rf"CREATE_IN_PROGRESS since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC{who}: waiting for it, 60 minutes at most"
    assert re.fullmatch(begun, lines[0])
    assert lines[-1] == "CREATE_COMPLETE s (AWS::CloudFormation::Stack)"


def test_an_operation_that_does_not_end_is_left_running(account: Account) -> None:
    door = account.cloud.world.hold("create A")
    account.cloud.ask("create_stack", StackName="s", TemplateBody=json.dumps(template(A={})))
    assert door.reached.wait(PATIENCE)
    session: Any = EngineSession(account.cloud)
    hours = itertools.count(step=1800)
    impatient = CloudFormation(session, sleep=lambda _: None, monotonic=lambda: next(hours))
    with pytest.raises(OperationFailed, match="longer than 60 minutes") as failed:
        impatient.settle("s", _silent)
    assert failed.value.not_done == "CloudFormation goes on with it by itself."
    assert account.cloud.status("s") == "CREATE_IN_PROGRESS"
    door.opened.set()
    account.cloud.settle()


def test_a_missing_capability_is_named(account: Account) -> None:
    account.capabilities = ()
    with pytest.raises(OperationFailed) as failed:
        account.stacks.propose(SPEC, json.dumps(template(A={"Type": ROLE})))
    assert failed.value.happened == (
        "CloudFormation refuses template.json for stack dev/s: it needs CAPABILITY_IAM, which flowops does not give: "
        "Requires capabilities : [CAPABILITY_IAM]"
    )
    assert failed.value.next_step == "flowops bootstrap, after mending the template"


def test_a_template_that_makes_no_sense_is_named(account: Account) -> None:
    with pytest.raises(OperationFailed) as failed:
        account.stacks.propose(SPEC, json.dumps(template(A={"Value": {"Ref": "Nobody"}})))
    assert failed.value.happened == (
        "CloudFormation refuses template.json for stack dev/s: Template format error: Unresolved resource dependencies "
        "[Nobody] in the Resources block of the template"
    )
    assert failed.value.not_done == "s was not changed."


def test_an_operation_that_somebody_began_just_now_is_waited_for_the_next_time(account: Account) -> None:
    apply(account, template(A={"Value": "1"}))
    door = account.cloud.world.hold("update A")
    body = json.dumps(template(A={"Value": "2"}))
    account.cloud.ask("update_stack", StackName="s", TemplateBody=body)
    assert door.reached.wait(PATIENCE)
    with pytest.raises(OperationFailed, match="UPDATE_IN_PROGRESS state") as failed:
        account.stacks.propose(SPEC, body)
    assert failed.value.next_step == "flowops bootstrap, which waits for what is under way"
    door.opened.set()
    account.cloud.settle()


def test_a_change_set_that_fails_names_its_reason_and_leaves_nothing(account: Account) -> None:
    apply(account, template(A={}))
    with pytest.raises(OperationFailed, match=r"cannot plan stack dev/s: Update of resource type .* \[A\]"):
        account.stacks.propose(SPEC, json.dumps(template(A={"Type": ROLE})))
    assert waiting(account) == []


def test_nothing_to_change_is_no_failure_and_leaves_nothing(account: Account) -> None:
    apply(account, template(A={}))
    assert account.stacks.propose(SPEC, json.dumps(template(A={}))).empty
    assert waiting(account) == []


def test_what_was_shown_is_not_executed_on_a_stack_that_changed_since(account: Account) -> None:
    apply(account, template(A={"Value": "1"}))
    shown = account.stacks.propose(SPEC, json.dumps(template(A={"Value": "2"})))
    account.cloud.update("s", template(A={"Value": "3"}))
    account.cloud.ask("delete_change_set", StackName="s", ChangeSetName=shown.id)
    with pytest.raises(OperationFailed, match="that was shown can no longer be executed") as failed:
        account.stacks.execute(shown, _silent)
    assert failed.value.not_done == "s was not changed."
    assert failed.value.next_step == "flowops bootstrap, which shows what would change now"
    assert account.cloud.world.things == {"A#1": {"Value": "3"}}


def test_a_change_set_that_was_executed_waits_for_nobody(account: Account) -> None:
    apply(account, template(A={"Value": "1"}))
    assert account.stacks.waiting(account.stacks.propose(SPEC, json.dumps(template(A={"Value": "2"})))) == ()


def test_the_change_sets_of_others_are_known_by_name_and_time(account: Account) -> None:
    account.cloud.change_set("s", "by-hand", template(A={}), ChangeSetType="CREATE")
    ours = account.stacks.propose(SPEC, json.dumps(template(A={})))
    (other,) = account.stacks.waiting(ours)
    assert account.stacks.propose(SPEC, json.dumps(template(A={}))).id == ours.id
    assert re.fullmatch(r"by-hand of \d{4}-\d\d-\d\d \d\d:\d\d UTC", other)


def test_a_rollback_is_continued_as_often_as_it_takes(account: Account) -> None:
    stuck(account)
    assert account.stacks.roll_back("s", (), _silent).status == "UPDATE_ROLLBACK_FAILED"
    assert [it.logical_id for it in account.stacks.resources("s") if it.stuck] == ["A"]
    account.cloud.world.refusals.clear()
    lines: list[str] = []
    assert account.stacks.roll_back("s", (), lines.append).status == "UPDATE_ROLLBACK_COMPLETE"
    assert f"UPDATE_COMPLETE A ({THING})" in lines


def test_what_is_skipped_stays_as_it_is(account: Account) -> None:
    stuck(account)
    assert account.stacks.roll_back("s", ("A",), _silent).status == "UPDATE_ROLLBACK_COMPLETE"


def test_only_what_failed_can_be_skipped(account: Account) -> None:
    stuck(account)
    with pytest.raises(OperationFailed, match=r"not in the UPDATE_FAILED state: \[B\]"):
        account.stacks.roll_back("s", ("B",), _silent)


def test_a_deletion_that_fails_names_what_resisted_and_can_leave_it_behind(account: Account) -> None:
    apply(account, template(A={}, B=thing(DependsOn="A")))
    account.cloud.world.refusals.add("delete A")
    with pytest.raises(
        OperationFailed, match=r"s cannot be deleted and is DELETE_FAILED: .*refuses to delete A"
    ) as failed:
        account.stacks.delete("s", _silent)
    assert failed.value.next_step == "flowops bootstrap, after mending the cause"
    account.stacks.delete("s", _silent, retain=("A",))
    assert account.stacks.describe("s") is None
    assert set(account.cloud.world.things) == {"A#1"}


def test_drift_is_told_with_both_values(account: Account) -> None:
    apply(account, template(A={"Value": "1"}, B={}, C={"Value": "1"}))
    account.cloud.world.things["A#1"]["Value"] = "by \x1b[31mhand"
    del account.cloud.world.things["B#2"]
    assert account.stacks.drift("s") == StackDrift(
        (
            DriftedResource("A", THING, (PropertyDrift("/Value", "1", "by hand"),), physical_id="A#1"),
            DriftedResource("B", THING, deleted=True, physical_id="B#2"),
        )
    )


def test_drift_that_is_known_only_in_part_is_never_all_there_is(account: Account) -> None:
    apply(account, template(A={"Value": "1"}, B={"Value": "1"}))
    account.cloud.world.things["A#1"]["Value"] = "2"
    account.cloud.world.refusals.add("read B")
    found = account.stacks.drift("s")
    assert [it.logical_id for it in found.resources] == ["A"]
    assert found.trouble.startswith("Failed to detect drift on resources [B: the world refuses to read B")


def test_the_drift_of_a_stuck_stack_can_be_told_and_of_a_half_made_one_not(account: Account) -> None:
    stuck(account)
    assert account.stacks.drift("s").trouble == ""
    account.cloud.world.refusals.add("create X")
    account.cloud.create("half", template(X={}), OnFailure="DO_NOTHING")
    with pytest.raises(OperationFailed, match="Drift detection cannot be performed on stack"):
        account.stacks.drift("half")


def _silent(line: str) -> None:
    """Hear nothing."""
