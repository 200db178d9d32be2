"""Every status of a stack, template unchanged and changed: the documented action, done by the real adapter."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from flowops.errors import Declined, Exit
from flowops.model.bootstrap import BootstrapResult, StackAction, StackOutcome
from flowops.model.facts import AccountFacts, Facts
from flowops.model.stack_changes import stack_policy
from flowops.model.stack_status import WAYS, Way
from flowops.model.stacks import ENVIRONMENT_STACK, ENVIRONMENT_TEMPLATE, environment_stack
from tests.fakes.aws import DEV, ORGANIZATION, World, config
from tests.unit.operations.bootstrapping import run, stood_up
from tests.unit.rehearsal.cloudformation.account import Account
from tests.unit.rehearsal.cloudformation.statuses import Subject, bring, two_things

EXTERNAL_ID = "an-external-id-of-27-letters"
Course = tuple[tuple[StackAction, ...], StackOutcome]

# What is planned, phase after phase, and what comes of it, once the cause of the failure is mended.
UNCHANGED: Course = ((StackAction.NONE,), StackOutcome.UNCHANGED)
UPDATED: Course = ((StackAction.UPDATE,), StackOutcome.UPDATED)
CREATED: Course = ((StackAction.CREATE,), StackOutcome.CREATED)
MADE_ANEW: Course = ((StackAction.CLEAR, StackAction.CREATE), StackOutcome.CREATED)
NOT_DONE: Course = ((StackAction.FAILED,), StackOutcome.FAILED)
EXPECTED = {
    # status: (template unchanged, template changed)
    "CREATE_IN_PROGRESS": (UNCHANGED, UPDATED),
    "CREATE_COMPLETE": (UNCHANGED, UPDATED),
    "CREATE_FAILED": (MADE_ANEW, MADE_ANEW),
    "ROLLBACK_IN_PROGRESS": (MADE_ANEW, MADE_ANEW),
    "ROLLBACK_COMPLETE": (MADE_ANEW, MADE_ANEW),
    "ROLLBACK_FAILED": (NOT_DONE, NOT_DONE),
    "DELETE_IN_PROGRESS": (CREATED, CREATED),
    "DELETE_COMPLETE": (CREATED, CREATED),
    "DELETE_FAILED": (((StackAction.DELETE_AGAIN, StackAction.CREATE), StackOutcome.CREATED),) * 2,
    "REVIEW_IN_PROGRESS": (CREATED, CREATED),
    "UPDATE_IN_PROGRESS": (UNCHANGED, UPDATED),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": (UNCHANGED, UPDATED),
    "UPDATE_COMPLETE": (UNCHANGED, UPDATED),
    "UPDATE_FAILED": (UPDATED, UPDATED),
    "UPDATE_ROLLBACK_IN_PROGRESS": (UNCHANGED, UPDATED),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": (UNCHANGED, UPDATED),
    "UPDATE_ROLLBACK_COMPLETE": (UNCHANGED, UPDATED),
    "UPDATE_ROLLBACK_FAILED": (
        ((StackAction.ROLL_BACK, StackAction.NONE), StackOutcome.RECOVERED),
        ((StackAction.ROLL_BACK, StackAction.UPDATE), StackOutcome.UPDATED),
    ),
    "IMPORT_IN_PROGRESS": (UNCHANGED, UPDATED),
    "IMPORT_COMPLETE": (UNCHANGED, UPDATED),
    "IMPORT_ROLLBACK_IN_PROGRESS": (UNCHANGED, UPDATED),
    "IMPORT_ROLLBACK_COMPLETE": (UNCHANGED, UPDATED),
    "IMPORT_ROLLBACK_FAILED": (NOT_DONE, NOT_DONE),
}


@dataclass
class Case:
    """One account whose stack is brought into a status before the bootstrap."""

    status: str
    world: World = field(default_factory=stood_up)
    account: Account = field(default_factory=Account)

    def __post_init__(self) -> None:
        door: Any = self.account
        self.world.cloud.doors["dev"] = door
        self.world.facts_file.facts = Facts(ORGANIZATION, {"dev": AccountFacts(DEV, {}, EXTERNAL_ID)})
        self.world.stack_templates.texts[ENVIRONMENT_TEMPLATE] = json.dumps(self.subject.body)
        end = bring(self.subject, self.status)
        self.account.cloud.world.refusals.clear()
        self.account.meanwhile = end
        if self.status.startswith(("CREATE_COMPLETE", "CREATE_IN", "UPDATE", "IMPORT")):
            # As flowops leaves them; those that are to be deleted were never secured.
            name = ENVIRONMENT_STACK
            self.account.cloud.ask("set_stack_policy", StackName=name, StackPolicyBody=stack_policy())
            self.account.cloud.ask("update_termination_protection", StackName=name, EnableTerminationProtection=True)

    @property
    def subject(self) -> Subject:
        outputs = self.world.stacks("security").kept["flowops-security"].stack.outputs
        spec = environment_stack(config(), "dev", ORGANIZATION.id, outputs, EXTERNAL_ID)
        declared = {name: {"Type": "String"} for name in spec.parameters}
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in spec.parameters.items()]
        tags = [{"Key": key, "Value": value} for key, value in spec.tags.items()]
        given = {"Parameters": parameters, "Tags": tags}
        return Subject(self.account.cloud, ENVIRONMENT_STACK, two_things(Parameters=declared), given)

    def change(self) -> None:
        self.world.stack_templates.change(ENVIRONMENT_TEMPLATE, "Resources", "B", "Properties", "Value", to="2")

    def run(self, **given: Any) -> BootstrapResult:
        return run(self.world, "dev", **given)

    @property
    def standing(self) -> tuple[object, ...]:
        """Return everything there is: what the stacks made, and the stacks with their change sets."""
        stacks = self.account.cloud.engine.stacks(self.account.cloud.scope)
        alive = [(it.name, str(it.status), sorted(it.change_sets)) for it in stacks if it.alive]
        return {**self.account.cloud.world.things}, alive

    @property
    def actions(self) -> tuple[StackAction, ...]:
        return tuple(it.action for plan in self.world.console.shown for it in plan.stacks)


def test_the_table_has_all_statuses() -> None:
    assert EXPECTED.keys() == WAYS.keys()
    assert len(EXPECTED) == 23


@pytest.mark.parametrize("changed", [False, True], ids=["unchanged", "changed"])
@pytest.mark.parametrize("status", EXPECTED)
def test_every_status_has_its_documented_action(status: str, changed: bool) -> None:
    case = Case(status)
    if changed:
        case.change()
    result = case.run()
    actions, outcome = EXPECTED[status][changed]
    assert case.actions == actions, [it.error for it in result.stacks]
    assert result.stacks[0].outcome is outcome
    assert result.exit_code is (Exit.FINE if outcome is not StackOutcome.FAILED else Exit.FAILED)
    waited = f"dev/{ENVIRONMENT_STACK}: {status} since "
    assert any(line.startswith(waited) for line in case.world.console.lines) is (WAYS[status] is Way.WAIT)
    if outcome is not StackOutcome.FAILED:
        assert case.account.cloud.world.things.keys() == {
            case.account.cloud.physical_id(ENVIRONMENT_STACK, name) for name in ("A", "B")
        }


@pytest.mark.parametrize("status", EXPECTED)
def test_a_bootstrap_after_a_bootstrap_finds_nothing_to_do(status: str) -> None:
    case = Case(status)
    if case.run().exit_code is Exit.FINE:
        case.world.console.shown.clear()
        case.run()
        assert case.actions == (StackAction.NONE,)


@pytest.mark.parametrize("status", [it for it, (_, changed) in EXPECTED.items() if changed is not NOT_DONE])
def test_nobody_who_says_no_loses_anything(status: str) -> None:
    case = Case(status)
    case.change()
    case.account.end()
    before = case.standing
    case.world.console.answers = [False]
    with pytest.raises(Declined):
        case.run()
    case.account.end()
    assert case.standing == before


@pytest.mark.parametrize("status", [it for it, (_, changed) in EXPECTED.items() if changed is NOT_DONE])
def test_what_cannot_be_planned_stays_as_it_is(status: str) -> None:
    case = Case(status)
    before = case.standing
    error = case.run().stacks[0].error
    assert case.standing == before
    assert error is not None
    assert status in error.happened
    assert f"--stack-name {ENVIRONMENT_STACK} --region eu-central-1 --profile flw-dev" in error.next_step
