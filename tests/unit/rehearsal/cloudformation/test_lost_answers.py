"""Every call is sent twice, as it is when its answer gets lost on the way: nothing happens twice, nothing fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.errors import OperationFailed
from flowops.model.stacks import StackSpec
from tests.unit.rehearsal.cloudformation.account import Account, EngineSession
from tests.unit.rehearsal.cloudformation.world import template

SPEC = StackSpec("s", "dev", "222222222222", "template.json", {}, {})
STARTING = {"ExecuteChangeSet", "ContinueUpdateRollback", "DeleteStack"}
"""What sets CloudFormation to work; everything else only asks, or prepares."""


@dataclass(frozen=True)
class Stutter(EngineSession):
    """Sends each call again before its work is done, and hears the second answer only."""

    sent: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        self.sent.append((operation, parameters))
        if not operation.startswith(("Describe", "List", "Get")):
            super().call(service, operation, **parameters)
        return super().call(service, operation, **parameters)

    @property
    def tokens(self) -> list[tuple[str, str]]:
        """Return what was started, and by which token."""
        return [(it, given["ClientRequestToken"]) for it, given in self.sent if it in STARTING]


@dataclass
class Line:
    """An account at the end of a bad line."""

    account: Account = field(default_factory=Account)

    def __post_init__(self) -> None:
        self.session = Stutter(self.account.cloud)
        session: Any = self.session
        self.stacks = CloudFormation(session, sleep=lambda _: self.account.end())

    def apply(self, body: Mapping[str, Any]) -> None:
        self.stacks.execute(self.stacks.propose(SPEC, json.dumps(body)), _silent)

    def starts(self) -> list[str]:
        """Return how each operation of the stack began, oldest first."""
        events = self.account.cloud.ask("describe_stack_events", StackName="s")["StackEvents"]
        return [it["ResourceStatus"] for it in reversed(events) if it.get("ResourceStatusReason") == "User Initiated"]


def _silent(line: str) -> None:
    """Say nothing."""


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_stack_is_made_and_changed_once(line: Line) -> None:
    line.apply(template(A={"Value": "1"}))
    line.apply(template(A={"Value": "2"}))
    assert line.starts()[-1] == "UPDATE_IN_PROGRESS"
    assert line.starts().count("UPDATE_IN_PROGRESS") == 1


def test_a_change_set_that_was_taken_back_twice_is_gone(line: Line) -> None:
    line.apply(template(A={"Value": "1"}))
    line.stacks.discard(line.stacks.propose(SPEC, json.dumps(template(A={"Value": "2"}))))
    assert line.account.cloud.status("s") == "CREATE_COMPLETE"


def test_a_rollback_is_continued_once(line: Line) -> None:
    line.apply(template(A={"Value": "1"}))
    line.account.cloud.world.refusals.add("update A")
    with pytest.raises(OperationFailed, match="UPDATE_ROLLBACK_FAILED"):
        line.apply(template(A={"Value": "2"}))
    line.account.cloud.world.refusals.clear()
    assert line.stacks.roll_back("s", (), _silent).status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_stack_is_deleted_once(line: Line) -> None:
    line.apply(template(A={"Value": "1"}))
    line.stacks.delete("s", _silent)
    assert line.stacks.describe("s") is None


def test_what_starts_something_says_by_its_token_that_it_was_flowops(line: Line) -> None:
    line.apply(template(A={"Value": "1"}))
    line.apply(template(A={"Value": "2"}))
    line.stacks.delete("s", _silent)
    tokens = [token for _, token in line.session.tokens]
    assert [it for it, _ in line.session.tokens] == ["ExecuteChangeSet", "ExecuteChangeSet", "DeleteStack"]
    assert all(it.startswith("flowops-") for it in tokens)
    assert len(set(tokens)) == 3
    assert not {"CreateStack", "UpdateStack"} & {it for it, _ in line.session.sent}
