"""The calls about change sets."""

from __future__ import annotations

from dataclasses import replace

from flowops.rehearsal.cloudformation.actions.stacks import (
    INITIATED,
    check_updatable,
    start_creating,
    start_updating,
)
from flowops.rehearsal.cloudformation.call import Answer, Call, is_repeated, remember, revision_of, stack_of
from flowops.rehearsal.cloudformation.changes import NO_CHANGES, is_empty, preview
from flowops.rehearsal.cloudformation.checks import check_capabilities
from flowops.rehearsal.cloudformation.drift import actual_resources
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.errors import (
    AlreadyExists,
    ChangeSetNotFound,
    InvalidChangeSetStatus,
    Rejected,
)
from flowops.rehearsal.cloudformation.stack import ChangeSet, Stack, Status, arn
from flowops.rehearsal.cloudformation.views import change_set_summary_view, change_set_view

_EXECUTED = ("EXECUTE_COMPLETE", "EXECUTE_FAILED", "EXECUTE_IN_PROGRESS")


def create_change_set(engine: Engine, call: Call) -> Answer:
    """Start finding out what a revision would change; a new stack stands under review until then."""
    name, creates = call.text("ChangeSetName"), call.text("ChangeSetType") == "CREATE"
    if call.text("ChangeSetType") == "IMPORT":
        raise Rejected("This emulator does not know change sets of type IMPORT")
    existing = _existing(engine, call, name, creates)
    revision = revision_of(engine, call, existing)
    check_capabilities(revision.template, engine.types, revision.capabilities)
    stack = existing or _reviewed(engine, call)
    _check_name(stack, name)
    made = ChangeSet(
        name=name,
        arn=arn(call.scope, "changeSet", name),
        creates=creates,
        revision=revision,
        description=call.text("Description"),
        on_failure=call.text("OnStackFailure") or "ROLLBACK",
        created=engine.now(),
        reverts=call.text("DeploymentMode") == "REVERT_DRIFT",
    )
    engine.change(stack, secrets=stack.secrets | revision.secrets())
    _keep(engine, stack, made)
    engine.start(stack, lambda: _examine(engine, stack, made))
    return {"Id": made.arn, "StackId": stack.arn}


def _existing(engine: Engine, call: Call, name: str, creates: bool) -> Stack | None:
    if not creates:
        stack = stack_of(engine, call, "Stack [{name}] does not exist")
        check_updatable(stack)
        return stack
    found = engine.find(call.scope, call.text("StackName"))
    if found is not None and found.alive and found.status is not Status.REVIEW_IN_PROGRESS:
        raise Rejected(f"Stack [{found.name}] already exists and cannot be created again with the changeSet [{name}].")
    return found if found is not None and found.alive else None


def _reviewed(engine: Engine, call: Call) -> Stack:
    stack = Stack(call.text("StackName"), call.scope, role=call.text("RoleARN"), created=engine.now())
    engine.add(stack)
    engine.say(stack, Status.REVIEW_IN_PROGRESS, INITIATED)
    return stack


def _check_name(stack: Stack, name: str) -> None:
    known = stack.change_sets.get(name)
    if known is not None and known.execution not in _EXECUTED:
        raise AlreadyExists(f"ChangeSet {name} already exists")


def _examine(engine: Engine, stack: Stack, change_set: ChangeSet) -> None:
    # The services are asked without the lock, as by a drift detection.
    actual = actual_resources(engine, stack) if change_set.reverts else dict(stack.resources)
    with engine.lock:
        if stack.change_sets.get(change_set.name) is not change_set:
            return  # Deleted meanwhile.
        try:
            _keep(engine, stack, _examined(engine, replace(stack, resources=actual), change_set))
        except Rejected as refusal:
            _keep(engine, stack, replace(change_set, status="FAILED", reason=str(refusal)))


def _examined(engine: Engine, stack: Stack, change_set: ChangeSet) -> ChangeSet:
    exports = engine.exports(stack.scope)
    changes = preview(stack, change_set.revision, exports, engine.types)
    if not change_set.creates and is_empty(stack, change_set.revision, changes, exports):
        return replace(change_set, status="FAILED", reason=NO_CHANGES)
    found = replace(change_set, status="CREATE_COMPLETE", execution="AVAILABLE", changes=changes)
    return replace(found, actual=stack.resources) if change_set.reverts else found


def execute_change_set(engine: Engine, call: Call) -> Answer:
    """Start what a change set describes; the stack's other change sets are void from then on."""
    stack, change_set = _found(engine, call)
    if is_repeated(stack, call, change_set.arn):
        return {}
    if change_set.execution != "AVAILABLE":
        state = change_set.execution if change_set.execution in _EXECUTED else change_set.status
        raise InvalidChangeSetStatus(
            f"ChangeSet [{change_set.arn}] cannot be executed in its current status of [{state}]"
        )
    if not change_set.creates:
        check_updatable(stack)
    token = remember(engine, stack, call, change_set.arn)
    disable = call.flag("DisableRollback")
    running = replace(change_set, execution="EXECUTE_IN_PROGRESS")
    engine.change(stack, change_sets={change_set.name: running}, disable_rollback=disable)

    def conclude() -> None:
        done = stack.status in (Status.CREATE_COMPLETE, Status.UPDATE_COMPLETE)
        _keep(engine, stack, replace(running, execution="EXECUTE_COMPLETE" if done else "EXECUTE_FAILED"))

    if change_set.creates:
        on_failure = "DO_NOTHING" if disable else change_set.on_failure
        start_creating(engine, stack, change_set.revision, on_failure, token, conclude)
    else:
        if change_set.reverts:
            engine.change(stack, resources=change_set.actual)
        start_updating(engine, stack, change_set.revision, stack.policy, token, conclude)
    return {}


def describe_change_set(engine: Engine, call: Call) -> Answer:
    """Return a change set with its changes."""
    stack, change_set = _found(engine, call)
    return change_set_view(stack, change_set)


def list_change_sets(engine: Engine, call: Call) -> Answer:
    """Return the change sets of a stack."""
    stack = stack_of(engine, call, "Stack [{name}] does not exist")
    return {"Summaries": [change_set_summary_view(stack, each) for each in stack.change_sets.values()]}


def delete_change_set(engine: Engine, call: Call) -> Answer:
    """Forget a change set."""
    try:
        stack, change_set = _found(engine, call)
    except ChangeSetNotFound:
        return {}
    kept = {name: each for name, each in stack.change_sets.items() if each is not change_set}
    engine.change(stack, change_sets=kept)
    return {}


def _found(engine: Engine, call: Call) -> tuple[Stack, ChangeSet]:
    name, stack_name = call.text("ChangeSetName"), call.text("StackName")
    for stack in engine.stacks(call.scope):
        for change_set in stack.change_sets.values():
            if change_set.arn == name:
                return stack, change_set
            if change_set.name == name and stack_name in (stack.arn, stack.name) and stack.alive:
                return stack, change_set
    raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")


def _keep(engine: Engine, stack: Stack, change_set: ChangeSet) -> None:
    engine.change(stack, change_sets={**stack.change_sets, change_set.name: change_set})
